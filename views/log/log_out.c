/* Lines that leave the log: into a file, or to a command. What is shown, as
 * far as the filter and the window let it through, up to the line that was the
 * newest at the key press; a slice a turn. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/aws/session.h"
#include "backend/base/clock.h"
#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "backend/base/safefile.h"
#include "backend/net/child.h"
#include "views/log/log.h"
#include "views/log/log_format.h"

#define SLICE_BYTES ((size_t)256 << 10)
#define SLICE_LINES 2000
#define OUTPUT_MAX ((size_t)1 << 20) /* of a command, kept */

struct log_out {
    struct log_view *lv;
    struct log_format format;
    struct log_event event;
    struct strbuf out;
    struct logbuf_mark last, end; /* of the line before, and of the last one */
    struct timer timer;
    struct scope scope;  /* of the command */
    struct child *child; /* it reads the lines; NULL = into fd */
    int fd;              /* -1 = none */
    char *name;          /* path or command */
    char *lend;          /* the file is temporary, for this command; or NULL */
    size_t lines;
    bool all;            /* the command has been given them */
};

void log_out_free(struct log_view *lv)
{
    struct log_out *o = lv->out;

    if (!o)
        return;
    lv->out = NULL;
    timer_stop(lv->view.app->o.clock, &o->timer);
    scope_cancel(&o->scope);
    if (o->fd >= 0)
        close(o->fd);
    app_lend_forget(lv->view.app, o);
    if (o->lend)
        unlink(o->name);
    free(o->lend);
    log_event_release(&o->event);
    strbuf_release(&o->out);
    free(o->name);
    free(o);
}

static struct log_out *out_new(struct log_view *lv, const char *name)
{
    struct log_out *o = xcalloc(1, sizeof(*o));
    size_t n;

    log_settle(lv);
    n = log_shown(lv);
    o->lv = lv;
    o->format = (struct log_format){.src = lv->src};
    o->fd = -1;
    o->name = xstrdup(name);
    if (n)
        o->end = log_mark(lv, n - 1);
    scope_init(&o->scope, &lv->view.scope);
    lv->out = o;
    return o;
}

/* More of the lines into out. True when there are none left. */
static bool gather(struct log_out *o)
{
    struct log_view *lv = o->lv;
    bool exact = false;
    size_t k, n;

    log_settle(lv);
    n = log_shown(lv);
    k = o->last.seq ? log_number(lv, o->last, &exact) : 0;
    for (size_t i = 0; i < SLICE_LINES && o->out.len < SLICE_BYTES; i++) {
        size_t at = k + exact + i;
        struct logbuf_line l;
        if (at >= n || o->last.seq == o->end.seq) {
            log_event_end(&o->event, &o->format, &o->out);
            return true;
        }
        logbuf_get(lv->buf, log_index(lv, at), &l);
        if (!l.more || l.kind != LOG_TEXT)
            log_event_end(&o->event, &o->format, &o->out);
        if (l.kind == LOG_TEXT)
            log_event_add(&o->event, &o->format, &l);
        else
            log_format_note(&o->format, &l, &o->out);
        if (o->format.output == LOG_OUTPUT_TEXT && log_left_out(lv, at)) {
            log_event_end(&o->event, &o->format, &o->out);
            strbuf_puts(&o->out, "--\n");
        }
        o->last = log_mark(lv, at);
        o->lines++;
    }
    return false;
}

/* ---- into a file ----------------------------------------------------- */

static bool write_out(struct log_out *o)
{
    const char *at = strbuf_get(&o->out);
    size_t left = o->out.len;

    while (left) {
        ssize_t n = write(o->fd, at, left);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        at += n;
        left -= (size_t)n;
    }
    strbuf_clear(&o->out);
    return true;
}

/* Some disks say only at the end that they are full. */
static bool close_out(struct log_out *o)
{
    int fd = o->fd;

    o->fd = -1;
    return close(fd) == 0;
}

static void lent(void *arg, int status)
{
    struct log_out *o = arg;
    struct log_view *lv = o->lv;
    struct app *a = lv->view.app;

    if (status == 127)
        app_say(a, MSG_ERROR, "%s was not found: set PAGER or EDITOR to a "
                "program that shows a file.", o->lend);
    else if (status)
        app_say(a, MSG_WARN, "%s: it failed.", o->lend);
    log_out_free(lv);
}

static void save_more(struct timer *t, void *arg)
{
    struct log_out *o = arg;
    struct log_view *lv = o->lv;
    struct app *a = lv->view.app;
    char count[32];
    bool all = gather(o);

    (void)t;
    if (!write_out(o) || (all && !close_out(o))) {
        app_say(a, MSG_ERROR, "%s is not whole: %s.", o->name,
                strerror(errno));
        log_out_free(lv);
    } else if (all && o->lend) {
        if (!app_lend(a, o->lend, o->name, lent, o))
            log_out_free(lv);
    } else if (all) {
        app_say(a, MSG_OK, "Saved %s lines to %s%s.",
                fmt_count((int64_t)o->lines, count), o->name,
                o->format.output == LOG_OUTPUT_JSON ? "" : ", text as it came");
        log_out_free(lv);
    } else {
        timer_start(a->o.clock, &o->timer, 0, save_more, o);
    }
    app_dirty(a, PAINT_DATA);
}

static const char *env_or(const char *name, const char *other)
{
    struct aws_env env = aws_env_process();
    const char *v = aws_env_get(&env, name);
    return v && *v ? v : other;
}

static bool ends_in(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n >= m && strcmp(s + n - m, end) == 0;
}

static bool is_busy(struct log_view *lv)
{
    if (lv->out)
        app_say(lv->view.app, MSG_WARN, "%s still takes the lines; C-c ends "
                "that.", lv->out->name);
    return lv->out != NULL;
}

/* `~/` as shells have it. NULL: there is no home, and that was said. */
static char *whole_path(struct log_view *lv, const char *path)
{
    const char *home = env_or("HOME", NULL);

    if (strncmp(path, "~/", 2) != 0)
        return xstrdup(path);
    if (home)
        return xasprintf("%s%s", home, path + 1);
    app_say(lv->view.app, MSG_WARN, "HOME is not set, so there is no ~: "
            "name the whole path.");
    return NULL;
}

static void save_to(void *arg, enum prompt_result r, const char *typed)
{
    struct log_view *lv = arg;
    struct err err = {0};
    struct log_out *o;
    char *path;
    int fd;

    if (r != PROMPT_ACCEPTED || !*typed || is_busy(lv))
        return;
    path = whole_path(lv, typed);
    if (!path)
        return;
    fd = safefile_create(path, &err);
    if (fd < 0) {
        app_say_err(lv->view.app, "save", &err);
        free(path);
        return;
    }
    o = out_new(lv, path);
    o->fd = fd;
    if (ends_in(path, ".json") || ends_in(path, ".jsonl") ||
        ends_in(path, ".ndjson"))
        o->format.output = LOG_OUTPUT_JSON;
    timer_start(lv->view.app->o.clock, &o->timer, 0, save_more, o);
    free(path);
}

void log_save_ask(struct log_view *lv)
{
    char at[20], *path;

    if (is_busy(lv))
        return;
    fmt_amz_date(app_now(lv->view.app), at);
    path = xasprintf("%s-%s.log", lv->name, at);
    for (char *c = path; *c; c++)
        if (*c == '/' || *c == ' ')
            *c = '-';
    app_ask(lv->view.app, "save to: ", path, HISTORY_FILE, NULL, NULL, save_to,
            lv);
    free(path);
}

/* ---- to a program that takes the terminal ---------------------------- */

void log_lend(struct log_view *lv, bool edit)
{
    const char *command = edit ? env_or("VISUAL", env_or("EDITOR", NULL))
                               : env_or("PAGER", "less");
    const char *dir = env_or("XDG_RUNTIME_DIR", env_or("TMPDIR", "/tmp"));
    struct log_out *o;
    char *path;
    int fd;

    if (is_busy(lv))
        return;
    if (!command) {
        app_say(lv->view.app, MSG_WARN, "There is no editor: set VISUAL or "
                "EDITOR.");
        return;
    }
    path = xasprintf("%s/ecsdash-log-XXXXXX", dir);
    fd = mkostemp(path, O_CLOEXEC); /* 0600 */
    if (fd < 0) {
        app_say(lv->view.app, MSG_ERROR, "No temporary file in %s: %s.", dir,
                strerror(errno));
    } else {
        o = out_new(lv, path);
        o->fd = fd;
        o->lend = xstrdup(command);
        timer_start(lv->view.app->o.clock, &o->timer, 0, save_more, o);
    }
    free(path);
}

/* ---- to a command ---------------------------------------------------- */

static void fill(struct view *v, void *arg, struct doc *out)
{
    const char *at = arg;
    struct logtext clean = {0};

    (void)v;
    while (*at) {
        size_t n = strcspn(at, "\n"), len = n;
        const char *text = logtext_clean(&clean, at, &len, 8000);
        struct strbuf line = STRBUF_INIT;
        int col = 0;
        logtext_put_tabs(&line, text, len, &col);
        doc_line(out);
        doc_put(out, ROLE_TEXT, strbuf_get(&line));
        strbuf_release(&line);
        at += n + (at[n] == '\n');
    }
    logtext_release(&clean);
}

static void show_output(struct log_view *lv, const struct child_result *r)
{
    static const struct text_view_spec spec = {
        .name = "output", .context = CONTEXT_TEXT, .fill = fill,
        .free_arg = free};

    if (!r->out_len && !r->log_len)
        return;
    app_push(lv->view.app,
             text_view_new(lv->view.app, "output", &spec,
                           xasprintf("%s%s", r->out, r->log)));
}

static void piped(void *arg, struct child_result *r, const struct err *err)
{
    struct log_out *o = arg;
    struct log_view *lv = o->lv;
    struct app *a = lv->view.app;
    char count[32];

    fmt_count((int64_t)o->lines, count);
    if (app_top(a) == &lv->view)
        show_output(lv, r);
    if (err)
        app_say_err(a, o->name, err);
    else if (r->signal)
        app_say(a, MSG_WARN, "%s: ended by signal %d after %s lines.", o->name,
                r->signal, count);
    else
        app_say(a, r->status ? MSG_WARN : MSG_OK,
                "%s: exit status %d after %s lines, text as it came.",
                o->name, r->status, count);
    o->child = NULL;
    log_out_free(lv);
    app_dirty(a, PAINT_DATA);
}

static void pipe_more(struct timer *t, void *arg)
{
    struct log_out *o = arg;

    (void)t;
    o->all = gather(o);
    /* When it reads no more, it has ended or will; that is told then. */
    if (child_write(o->child, strbuf_get(&o->out), o->out.len) != 0)
        return;
    if (o->all)
        child_end_input(o->child);
    else if (!o->out.len)
        timer_start(o->lv->view.app->o.clock, &o->timer, 0, pipe_more, o);
    strbuf_clear(&o->out); /* the rest when these have been taken */
}

static void drained(void *arg, struct child *child)
{
    struct log_out *o = arg;

    if (o->child == child && !o->all && !timer_armed(&o->timer))
        timer_start(o->lv->view.app->o.clock, &o->timer, 0, pipe_more, o);
}

static void pipe_to(void *arg, enum prompt_result r, const char *command)
{
    struct log_view *lv = arg;
    const char *const argv[] = {"/bin/sh", "-c", command, NULL};
    struct aws_env env = aws_env_process();
    struct err err = {0};
    struct log_out *o;

    if (r != PROMPT_ACCEPTED || !*command || is_busy(lv))
        return;
    o = out_new(lv, command);
    o->child = child_start(lv->view.app->o.loop, &o->scope,
                           &(struct child_request){
                               .argv = argv, .env = aws_env_all(&env),
                               .stream = true, .drained = drained,
                               .deadline_ms = -1, .max_output = OUTPUT_MAX},
                           piped, o, &err);
    if (!o->child) {
        app_say_err(lv->view.app, command, &err);
        log_out_free(lv);
        return;
    }
    timer_start(lv->view.app->o.clock, &o->timer, 0, pipe_more, o);
}

void log_pipe_ask(struct log_view *lv)
{
    if (!is_busy(lv))
        app_ask(lv->view.app, "|", "", HISTORY_SHELL, NULL, NULL, pipe_to, lv);
}

bool log_out_cancel(struct log_view *lv)
{
    if (!lv->out)
        return false;
    app_say(lv->view.app, MSG_WARN, "%s: stopped.", lv->out->name);
    log_out_free(lv);
    return true;
}
