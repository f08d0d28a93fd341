/* creds_bed.h - a home of its own, an environment of its own, a driven clock
 * and one provider at a time: what the tests of the providers share. */
#ifndef ECSDASH_TESTS_CREDS_BED_H
#define ECSDASH_TESTS_CREDS_BED_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/aws/creds.h"
#include "backend/aws/profile.h"
#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/safefile.h"
#include "backend/net/http.h"
#include "backend/net/loop.h"
#include "tests/lib/miniserver.h"

#define WALL 1795271527000 /* 2026-11-21T14:32:07Z */
#define MINUTES(n) ((int64_t)(n) * 60 * 1000)

struct bed_var {
    char name[48];
    char *value;
};

struct bed {
    char home[48];
    struct bed_var vars[24];
    size_t n_vars;
    struct clock *clock;
    struct loop *loop;
    struct http *http;
    struct miniserver *server;
    struct scope scope;
    struct profile *profile;
    const struct cred_provider *table[2];
    struct cred_chain *chain;
    const char *region; /* NULL = not known */
    /* The outcome. */
    int n;
    char key[128], secret[128], token[128], source[200], account[32];
    int64_t expires_ms;
    struct err err;
};

static inline const char *bed_lookup(void *arg, const char *name)
{
    const struct bed *b = arg;

    for (size_t i = 0; i < b->n_vars; i++) {
        if (strcmp(b->vars[i].name, name) == 0)
            return b->vars[i].value;
    }
    return NULL;
}

static inline void bed_set(struct bed *b, const char *name, const char *value)
{
    size_t i = 0;

    while (i < b->n_vars && strcmp(b->vars[i].name, name) != 0)
        i++;
    assert_true(i < ARRAY_LEN(b->vars));
    if (i == b->n_vars)
        b->n_vars++;
    else
        free(b->vars[i].value);
    snprintf(b->vars[i].name, sizeof(b->vars[i].name), "%s", name);
    b->vars[i].value = xstrdup(value);
}

static inline struct bed *bed_new(const struct cred_provider *provider)
{
    struct bed *b = xcalloc(1, sizeof(*b));

    signal(SIGPIPE, SIG_IGN);
    snprintf(b->home, sizeof(b->home), "/tmp/ecsdash-creds-XXXXXX");
    assert_non_null(mkdtemp(b->home));
    bed_set(b, "HOME", b->home);
    bed_set(b, "PATH", "/usr/bin:/bin");
    b->clock = clock_new_driven(WALL);
    b->loop = loop_new(b->clock);
    b->http = http_new(b->loop, NULL);
    assert_non_null(b->http);
    b->server = mini_new(b->loop);
    scope_init(&b->scope, NULL);
    b->table[0] = provider;
    return b;
}

static inline void bed_chain_free(struct bed *b)
{
    cred_chain_free(b->chain);
    profile_free(b->profile);
    b->chain = NULL;
    b->profile = NULL;
}

static inline void bed_free(struct bed *b)
{
    char command[100];

    scope_cancel(&b->scope);
    bed_chain_free(b);
    http_free(b->http);
    mini_free(b->server);
    loop_free(b->loop);
    clock_free(b->clock);
    for (size_t i = 0; i < b->n_vars; i++)
        free(b->vars[i].value);
    snprintf(command, sizeof(command), "rm -rf -- '%s'", b->home);
    assert_int_equal(system(command), 0);
    free(b);
}

/* A path below the home; heap. */
static inline char *bed_path(const struct bed *b, const char *name)
{
    return xasprintf("%s/%s", b->home, name);
}

/* A file below the home, with its folders. */
static inline void bed_put(struct bed *b, const char *name, const char *text,
                           mode_t mode)
{
    char *path = bed_path(b, name), *dir = xstrdup(path);
    int fd;

    *strrchr(dir, '/') = '\0';
    assert_int_equal(safefile_mkdirs(dir, NULL), 0);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (int)strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
    free(dir);
    free(path);
}

/* Its text; heap; NULL when absent. */
static inline char *bed_read(struct bed *b, const char *name)
{
    struct strbuf text = STRBUF_INIT;
    char *path = bed_path(b, name);
    int rc = safefile_read(path, 0, 100000, &text, NULL);

    free(path);
    return rc == 0 ? strbuf_detach(&text) : NULL;
}

static inline void bed_on_creds(void *arg, const struct aws_creds *c,
                                const struct err *err)
{
    struct bed *b = arg;

    b->n++;
    err_clear(&b->err);
    b->key[0] = b->secret[0] = b->token[0] = b->source[0] = '\0';
    b->account[0] = '\0';
    b->expires_ms = 0;
    if (err) {
        b->err = *err;
        return;
    }
    snprintf(b->key, sizeof(b->key), "%s", c->access_key);
    snprintf(b->secret, sizeof(b->secret), "%s", c->secret);
    snprintf(b->token, sizeof(b->token), "%s", c->token ? c->token : "-");
    snprintf(b->source, sizeof(b->source), "%s", c->source);
    snprintf(b->account, sizeof(b->account), "%s", c->account);
    b->expires_ms = c->expires_ms;
}

static inline bool bed_told(void *arg)
{
    return ((struct bed *)arg)->n > 0;
}

static inline void bed_start(struct bed *b, const char *profile)
{
    struct cred_context cx = {.loop = b->loop,
                              .http = b->http,
                              .clock = b->clock,
                              .region = b->region,
                              .env = {.get = bed_lookup, .arg = b}};

    bed_chain_free(b);
    b->profile = profile_load(&cx.env, profile, &b->err);
    if (!b->profile)
        fail_msg("%s", b->err.message);
    cx.profile = b->profile;
    b->chain = cred_chain_new(&cx, b->table);
    b->n = 0;
    assert_int_equal(
        cred_chain_wait(b->chain, &b->scope, bed_on_creds, b, NULL), 0);
}

/* A chain anew, and its first answer. */
static inline void bed_fetch(struct bed *b, const char *profile)
{
    bed_start(b, profile);
    assert_true(loop_until(b->loop, bed_told, b, 20000));
}

static inline void assert_provides(struct bed *b, const char *key)
{
    if (b->err.code)
        fail_msg("%s", b->err.message);
    assert_string_equal(b->key, key);
}

static inline void assert_fails(struct bed *b, const char *why)
{
    assert_int_not_equal(b->err.code, ERR_NONE);
    if (!strstr(b->err.message, why))
        fail_msg("\"%s\" is not in \"%s\"", why, b->err.message);
}

#endif
