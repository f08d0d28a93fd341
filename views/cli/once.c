#include "views/cli/once.h"

#include "backend/aws/client.h"
#include "backend/base/clock.h"
#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "backend/base/scope.h"
#include "backend/base/strbuf.h"
#include "backend/base/utf8.h"
#include "backend/net/loop.h"
#include "views/cli/exit_status.h"
#include "views/table/table_model.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { RETRY_MS = 250 };

struct once {
    const struct once_options *o;
    struct scope scope;
    struct subscription *sub;
    struct aws_identity identity;
    struct err identity_error;
    bool identity_done;
    int64_t asked_ms; /* mono: the identity */
};

int once_format_find(const char *name)
{
    static const char *const names[] = {
        [ONCE_TABLE] = "table", [ONCE_TSV] = "tsv", [ONCE_JSON] = "json"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strcmp(names[i], name) == 0)
            return (int)i;
    return -1;
}

static void on_identity(void *arg, const struct aws_identity *id,
                        const struct err *err)
{
    struct once *x = arg;
    x->identity_done = true;
    if (err)
        x->identity_error = *err;
    else
        x->identity = *id;
}

static void on_snapshot(void *arg, const struct snapshot *snap)
{
    (void)arg;
    (void)snap;
}

/* ---- one row in each format ------------------------------------------ */

static void put_json_value(struct strbuf *b, const struct column *c,
                           const struct cell_value *v)
{
    char iso[40];
    if (!v->text)
        strbuf_puts(b, "null");
    else if (c->flags & COL_BOOL)
        strbuf_puts(b, v->num ? "true" : "false");
    else if (c->flags & COL_TIME)
        strbuf_printf(b, "\"%s\"", fmt_iso(v->num, FMT_UTC, iso));
    else if (c->flags & COL_NUM && v->is_num)
        strbuf_printf(b, "%lld", (long long)v->num);
    else
        strbuf_put_json(b, v->text, strlen(v->text));
}

static void put_json_row(struct strbuf *b, const struct kind *k,
                         const void *row, int64_t now)
{
    bool first = true;
    strbuf_putc(b, '{');
    for (size_t i = 0; i < k->n_columns; i++) {
        struct cell_value v = {0};
        if (k->columns[i].flags & COL_SCREEN)
            continue;
        k->columns[i].cell(row, now, &v);
        strbuf_printf(b, "%s\"%s\":", first ? "" : ",", k->columns[i].id);
        put_json_value(b, &k->columns[i], &v);
        first = false;
    }
    strbuf_putc(b, '}');
}

static void put_tsv_row(struct strbuf *b, const struct kind *k,
                        const void *row, int64_t now)
{
    bool first = true;
    for (size_t i = 0; i < k->n_columns; i++) {
        struct cell_value v = {0};
        char iso[40];
        if (k->columns[i].flags & COL_SCREEN)
            continue;
        if (row)
            k->columns[i].cell(row, now, &v);
        else
            v.text = k->columns[i].id;
        if (row && v.text && k->columns[i].flags & COL_TIME)
            v.text = fmt_iso(v.num, FMT_UTC, iso);
        if (!first)
            strbuf_putc(b, '\t');
        if (v.text)
            utf8_sanitise(b, v.text, strlen(v.text));
        first = false;
    }
    strbuf_putc(b, '\n');
}

/* 0 = no terminal, or it doesn't say. */
static int terminal_cols(void)
{
    struct winsize size = {0};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
        return 0;
    return size.ws_col;
}

/* The line that begins there: no wider than that (0 = as it is), no blanks at
 * its end. */
static void end_line(struct strbuf *b, size_t from, int cols)
{
    size_t len = b->len - from;
    if (cols)
        len = utf8_fit(strbuf_get(b) + from, len, cols, NULL);
    while (len && b->data[from + len - 1] == ' ')
        len--;
    b->len = from + len;
    strbuf_putc(b, '\n');
}

/* The widest cell decides; on a terminal a row is a line. */
static void put_table(struct strbuf *b, struct table_model *m, int64_t now,
                      int cols)
{
    const struct kind *k = m->kind;
    int *widths = xcalloc(k->n_columns, sizeof(*widths));
    size_t last = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t r = 0; r <= m->n; r++) {
            size_t from = b->len;
            for (size_t i = 0; i < k->n_columns; i++) {
                const struct column *c = &k->columns[i];
                struct cell_value v = {.text = c->title};
                if (!table_model_shows(m, c))
                    continue;
                if (r) {
                    v.text = NULL;
                    c->cell(table_model_row(m, r - 1)->data, now, &v);
                }
                const char *t = v.text ? v.text : "-";
                int w = utf8_width(t, strlen(t));
                if (!pass) {
                    widths[i] = w > widths[i] ? w : widths[i];
                    last = i;
                    continue;
                }
                int pad = widths[i] - w;
                if (c->flags & COL_NUM)
                    strbuf_printf(b, "%*s", pad, "");
                utf8_sanitise(b, t, strlen(t)); /* cells are cut at bytes */
                if (i != last)
                    strbuf_printf(b, "%*s", (c->flags & COL_NUM ? 0 : pad) + 2,
                                  "");
            }
            if (pass)
                end_line(b, from, cols);
        }
    }
    free(widths);
}

/* ---- the whole ------------------------------------------------------- */

static void put_error(struct strbuf *b, bool *first, const char *what,
                      const struct err *err)
{
    if (err->code == ERR_NONE)
        return;
    strbuf_printf(b, "%s{\"what\":\"%s\",\"code\":\"%s\",\"message\":",
                  *first ? "" : ",", what,
                  err->aws_code[0] ? err->aws_code : err_code_name(err->code));
    strbuf_put_json(b, err->message, strlen(err->message));
    strbuf_puts(b, ",\"request_id\":");
    strbuf_put_json(b, err->request_id, strlen(err->request_id));
    strbuf_putc(b, '}');
    *first = false;
}

static void put_json_string(struct strbuf *b, const char *s)
{
    if (s && *s)
        strbuf_put_json(b, s, strlen(s));
    else
        strbuf_puts(b, "null");
}

static void put_json(struct strbuf *b, struct once *x, struct table_model *m,
                     int64_t now, const struct err *err)
{
    bool first = true;
    strbuf_printf(b, "{\"view\":\"%s\",\"context\":{\"account\":",
                  m->kind->name);
    put_json_string(b, x->identity.account);
    strbuf_puts(b, ",\"region\":");
    put_json_string(b, aws_client_region(x->o->client));
    strbuf_puts(b, ",\"cluster\":");
    put_json_string(b, x->o->query.cluster);
    strbuf_puts(b, "},\"rows\":[");
    for (size_t i = 0; i < m->n; i++) {
        if (i)
            strbuf_putc(b, ',');
        put_json_row(b, m->kind, table_model_row(m, i)->data, now);
    }
    strbuf_puts(b, "],\"errors\":[");
    put_error(b, &first, "identity", &x->identity_error);
    put_error(b, &first, m->kind->name, err);
    strbuf_puts(b, "]}\n");
}

static int write_all(const struct strbuf *b)
{
    const char *p = strbuf_get(b);
    size_t left = b->len;
    while (left) {
        ssize_t n = write(STDOUT_FILENO, p, left);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        p += n;
        left -= (size_t)n;
    }
    return 0;
}

/* What is not there though nothing failed. */
static void note_gaps(const struct once *x, const struct snapshot *snap,
                      const struct table_model *m, struct err *err)
{
    const char *cluster = x->o->query.cluster;
    if (!snap || err->code != ERR_NONE)
        return;
    if (x->o->service && x->o->kind == &kind_services && !m->n)
        err_set(err, ERR_NOT_FOUND, "There is no service %s in %s%s.",
                x->o->service, cluster ? "cluster " : "any cluster",
                cluster ? cluster : "");
    else if (snap->n_lacks)
        err_set(err, ERR_DENIED, "%s: not allowed (%s).",
                snap->lacks[0]->what, snap->lacks[0]->action);
}

static int print(struct once *x, const struct snapshot *snap, int *death)
{
    struct table_model m;
    struct strbuf b = STRBUF_INIT;
    struct err err = {0}, bad = {0};
    int64_t now = clock_wall_ms(loop_clock(x->o->loop));
    int status;
    table_model_init(&m, x->o->kind);
    m.one_service = x->o->query.service != NULL;
    if (snap) {
        err = snap->error;
        table_model_set(&m, snap, now);
    }
    if (x->o->filter && table_model_filter(&m, x->o->filter, &bad)) {
        fprintf(stderr, "ecsdash: %s\n", bad.message);
        table_model_release(&m);
        return 2;
    }
    note_gaps(x, snap, &m, &err);
    if (x->o->format == ONCE_JSON) {
        put_json(&b, x, &m, now, &err);
    } else if (x->o->format == ONCE_TABLE) {
        put_table(&b, &m, now, terminal_cols());
    } else {
        put_tsv_row(&b, m.kind, NULL, now);
        for (size_t i = 0; i < m.n; i++)
            put_tsv_row(&b, m.kind, table_model_row(&m, i)->data, now);
    }
    status = exit_status_of(&err);
    if (!status && x->identity_error.code == ERR_CREDENTIALS)
        status = 3;
    if (err.code != ERR_NONE)
        fprintf(stderr, "ecsdash: %s\n", err.message);
    int failed = write_all(&b) ? errno : 0;
    if (failed == EPIPE) {
        *death = SIGPIPE;
    } else if (failed) {
        fprintf(stderr, "ecsdash: The output can't be written: %s.\n",
                strerror(failed));
        status = status ? status : 1;
    }
    strbuf_release(&b);
    table_model_release(&m);
    return status;
}

static int64_t now_ms(const struct once *x)
{
    return clock_mono_ms(loop_clock(x->o->loop));
}

static void identify(struct once *x)
{
    struct err err = {0};
    err_clear(&x->identity_error);
    x->asked_ms = now_ms(x);
    x->identity_done = false;
    if (aws_identify(x->o->client, &x->scope, on_identity, x, &err))
        on_identity(x, NULL, &err);
}

/* How long it is worth trying again: an endpoint that restarts, a throttle;
 * a little where the answer makes no sense. */
static int64_t patience(const struct once *x, const struct err *err)
{
    enum { A_LITTLE_MS = 2000 };
    int64_t most = x->o->wait_ms;
    switch (err->code) {
    case ERR_NET:
    case ERR_TIMEOUT:
    case ERR_THROTTLED:
        return most;
    case ERR_PARSE:
    case ERR_TOO_LARGE:
        return most < A_LITTLE_MS ? most : A_LITTLE_MS;
    case ERR_AWS:
        return err->retryable ? most : 0;
    default:
        return 0;
    }
}

static bool over(struct once *x, int64_t start)
{
    const struct snapshot *snap = subscription_snapshot(x->sub);
    int64_t took = now_ms(x) - start;
    if (x->identity_done && took < patience(x, &x->identity_error)) {
        if (now_ms(x) - x->asked_ms >= RETRY_MS)
            identify(x);
        return false;
    }
    return subscription_settled(x->sub) && x->identity_done &&
           took >= patience(x, &snap->error);
}

int once_run(const struct once_options *o, int *death)
{
    struct once x = {.o = o};
    int64_t start = now_ms(&x);
    int status;
    scope_init(&x.scope, NULL);
    if (o->wait_ms)
        store_set_retry(o->store, RETRY_MS);
    identify(&x);
    x.sub = store_subscribe(o->store, &o->query, on_snapshot, &x);
    subscription_set_visible(x.sub, true);
    while (!over(&x, start))
        loop_turn(o->loop, RETRY_MS);
    status = print(&x, subscription_snapshot(x.sub), death);
    subscription_close(x.sub);
    scope_cancel(&x.scope);
    return status;
}
