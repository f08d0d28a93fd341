#include "views/app/config.h"

#include "backend/aws/budget.h"
#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "backend/base/strbuf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *config_dir(const char *xdg, const char *home)
{
    if (xdg && xdg[0] == '/')
        return xasprintf("%s/ecsdash", xdg);
    if (home && home[0] == '/')
        return xasprintf("%s/.config/ecsdash", home);
    return NULL;
}

static int read_text(const char *path, struct strbuf *out, struct err *err)
{
    char buf[4096];
    ssize_t n;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        int e = errno;
        err_set_errno(err, e, "Cannot read %s", path);
        if (err && e == ENOENT)
            err->code = ERR_NOT_FOUND;
        return -1;
    }
    strbuf_limit(out, (size_t)1 << 20);
    while ((n = read(fd, buf, sizeof(buf))) > 0)
        strbuf_append(out, buf, (size_t)n);
    close(fd);
    if (n < 0)
        return err_set_errno(err, errno, "Cannot read %s", path);
    if (out->overflow)
        return err_set(err, ERR_TOO_LARGE, "%s is larger than 1 MiB.", path);
    return 0;
}

int config_theme(struct theme *theme, const char *dir, const char *name,
                 struct err *err)
{
    struct strbuf text = STRBUF_INIT;
    int rc = -1;
    if (dir && name[0] && !strchr(name, '/') && name[0] != '.') {
        char *path = xasprintf("%s/%s.theme", dir, name);
        if (read_text(path, &text, NULL) == 0) {
            if (theme_builtin(theme, "default", err) == 0)
                rc = theme_parse(theme, path, strbuf_get(&text), err);
            free(path);
            strbuf_release(&text);
            return rc;
        }
        free(path);
    }
    strbuf_release(&text);
    return theme_builtin(theme, name, err);
}

int config_keys(struct keymap *keymap, const char *dir, const char *name,
                grammar_report_fn *report, void *arg, struct err *err)
{
    struct strbuf text = STRBUF_INIT;
    char *path = strchr(name, '/') || !dir
                     ? xstrdup(name)
                     : xasprintf("%s/%s%s", dir, name,
                                 strstr(name, ".keys") ? "" : ".keys");
    int rc = read_text(path, &text, err);
    if (!rc)
        rc = keymap_parse(keymap, path, strbuf_get(&text), text.len, report,
                          arg);
    strbuf_release(&text);
    free(path);
    return rc;
}

static int yes_no(const char *name, const char *word, bool *out,
                  struct err *err)
{
    if (grammar_bool(word, out) == 0)
        return 0;
    return err_set(err, ERR_CONFIG, "%s takes yes or no, not %s.", name,
                   word);
}

static int set_statement(struct config *c, struct theme *theme,
                         const char *dir, const struct grammar_stmt *s,
                         struct err *err)
{
    int64_t n;
    if (s->argc != 3)
        return err_set(err, ERR_CONFIG, "set takes a name and a value.");
    const char *name = s->argv[1], *value = s->argv[2];
    if (strcmp(name, "refresh") == 0) {
        if (fmt_parse_int(value, 1, 3600, &n))
            return err_set(err, ERR_CONFIG, "refresh takes 1 to 3600 "
                           "seconds, not %s.", value);
        c->refresh_ms = n * 1000;
    } else if (strcmp(name, "budget") == 0) {
        if (budget_parse(value, &c->budget, &c->unlimited))
            return err_set(err, ERR_CONFIG, "budget takes 1 to 100 percent "
                           "or unlimited, not %s.", value);
    } else if (strcmp(name, "log-buffer") == 0) {
        if (fmt_parse_int(value, 1, CONFIG_LOG_BUFFER_MAX, &n))
            return err_set(err, ERR_CONFIG, "log-buffer takes 1 to %d MiB, "
                           "not %s.", CONFIG_LOG_BUFFER_MAX, value);
        c->log_buffer = (size_t)n << 20;
    } else if (strcmp(name, "theme") == 0) {
        return config_theme(theme, dir, value, err);
    } else if (strcmp(name, "readonly") == 0 ||
               strcmp(name, "read-only") == 0) {
        return yes_no(name, value, &c->read_only, err);
    } else {
        return err_set(err, ERR_CONFIG, "There is no setting %s; there are "
                       "refresh, budget, log-buffer, theme and readonly.", name);
    }
    return 0;
}

static int context_setting(struct config_context *x,
                           const struct grammar_stmt *b, struct err *err)
{
    const char *name = b->argv[0];
    bool *flag = strcmp(name, "prod") == 0       ? &x->prod
                 : strcmp(name, "readonly") == 0 ? &x->read_only
                                                 : NULL;
    bool confirm = strcmp(name, "confirm") == 0;
    if (b->argc != 2 || (!flag && !confirm))
        return err_set(err, ERR_CONFIG, "A context knows prod, readonly and "
                       "confirm, each with a value, not %s.", name);
    if (flag)
        return yes_no(name, b->argv[1], flag, err);
    if (strcmp(b->argv[1], "type") != 0 && strcmp(b->argv[1], "ask") != 0)
        return err_set(err, ERR_CONFIG, "confirm takes type (the name is "
                       "typed for every action) or ask, not %s.", b->argv[1]);
    x->confirm_type = b->argv[1][0] == 't';
    return 0;
}

/* A mistake in a block takes away that one setting: the others protect the
 * account. */
static int context_statement(struct config *c, const struct grammar_stmt *s,
                             struct err *err)
{
    struct config_context *x = NULL;
    int rc = 0;
    if (s->argc != 2 || !s->has_block || strlen(s->argv[1]) != 12 ||
        strspn(s->argv[1], "0123456789") != 12)
        return err_set(err, ERR_CONFIG, "context takes an account of twelve "
                       "digits and a block: context 123456789012 { prod yes "
                       "}.");
    for (size_t i = 0; i < c->n_contexts && !x; i++)
        if (strcmp(c->contexts[i].account, s->argv[1]) == 0)
            x = &c->contexts[i];
    if (!x && c->n_contexts == ARRAY_LEN(c->contexts))
        return err_set(err, ERR_CONFIG, "There are more than %zu contexts.",
                       ARRAY_LEN(c->contexts));
    if (!x) {
        x = &c->contexts[c->n_contexts++];
        snprintf(x->account, sizeof(x->account), "%s", s->argv[1]);
    }
    for (size_t i = 0; i < s->n_block; i++)
        if (context_setting(x, &s->block[i], rc ? NULL : err))
            rc = -1;
    return rc;
}

static int statement(struct config *c, struct keymap *keymap,
                     struct theme *theme, const char *dir,
                     const struct grammar_stmt *s, struct err *err)
{
    if (strcmp(s->argv[0], "set") == 0)
        return set_statement(c, theme, dir, s, err);
    if (strcmp(s->argv[0], "context") == 0)
        return context_statement(c, s, err);
    if (strcmp(s->argv[0], "color") == 0)
        return theme_set(theme, s->argc - 1, s->argv + 1, err);
    if (keymap_is_statement(s->argv[0]))
        return keymap_set(keymap, s->argc, s->argv, err);
    return err_set(err, ERR_CONFIG, "There is no statement %s; there are "
                   "set, bind, unbind, color and context.", s->argv[0]);
}

void config_read(struct config *c, const char *path, struct keymap *keymap,
                 struct theme *theme, const char *dir,
                 grammar_report_fn *report, void *arg)
{
    struct err err = {0};
    struct grammar *g = grammar_read(path, report, arg, &err);
    if (!g) {
        if (err.code != ERR_NOT_FOUND) {
            c->mistakes++;
            report(arg, &err);
        }
        return;
    }
    for (size_t i = 0; i < g->n; i++) {
        struct err e = {0};
        if (statement(c, keymap, theme, dir, &g->stmts[i], &e) == 0)
            continue;
        grammar_locate(g, &g->stmts[i], &e);
        c->mistakes++;
        report(arg, &e);
    }
    grammar_free(g);
}

const struct config_context *config_of(const struct config *c,
                                       const char *account)
{
    for (size_t i = 0; i < c->n_contexts; i++)
        if (strcmp(c->contexts[i].account, account) == 0)
            return &c->contexts[i];
    return NULL;
}
