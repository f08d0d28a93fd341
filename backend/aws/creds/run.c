#include "backend/aws/creds/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/aws/creds/secret_json.h"
#include "backend/base/clock.h"
#include "backend/base/mem.h"

static const char *const passed_on[] = {
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "LC_ALL",
    "LC_CTYPE", "LC_MESSAGES", "TZ", "TMPDIR", "XDG_RUNTIME_DIR",
    "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME",
    "DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "BROWSER",
    "http_proxy", "https_proxy", "no_proxy", "all_proxy", "HTTP_PROXY",
    "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE", "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE", "AWS_LOGIN_CACHE_DIRECTORY", "AWS_REGION",
    "AWS_DEFAULT_REGION", "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT", "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_SIGNIN", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_DATA_PATH",
};

char **cred_child_env(const struct aws_env *env)
{
    char **out = xcalloc(ARRAY_LEN(passed_on) + 2, sizeof(*out));
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_LEN(passed_on); i++) {
        const char *v = aws_env_get(env, passed_on[i]);

        if (v)
            out[n++] = xasprintf("%s=%s", passed_on[i], v);
    }
    return out;
}

/* The last line that is not empty; it is what programs die with. */
static const char *last_line(char *text, size_t len)
{
    char *line;

    while (len > 0 && strchr(" \t\r\n", text[len - 1]))
        text[--len] = '\0';
    line = strrchr(text, '\n');
    return line ? line + 1 : text;
}

static int how_it_ended(const char *name, const struct child_result *r,
                        struct err *err)
{
    const char *why;

    if (r->signal)
        return err_set(err, ERR_CREDENTIALS, "%s was ended by signal %d.",
                       name, r->signal);
    if (r->status == 0)
        return 0;
    why = last_line(r->log, r->log_len);
    return err_set(err, ERR_CREDENTIALS, "%s ended with status %d%s%s", name,
                   r->status, why[0] ? ": " : ".", why);
}

/* Nothing of the text goes into a message: it holds secrets. */
static int read_output(const char *name, const struct child_result *r,
                       int64_t now_ms, struct aws_creds *c, struct err *err)
{
    json_t *j = secret_json_parse(r->out, r->out_len);
    const char *key, *secret, *token, *account;
    int rc = -1;

    if (!j)
        return err_set(err, ERR_CREDENTIALS,
                       "%s did not print a JSON object.", name);
    key = secret_json_get(j, "AccessKeyId");
    secret = secret_json_get(j, "SecretAccessKey");
    token = secret_json_get(j, "SessionToken");
    account = secret_json_get(j, "AccountId");
    if (json_integer_value(json_object_get(j, "Version")) != 1) {
        err_set(err, ERR_CREDENTIALS,
                "%s must print \"Version\": 1; no other is known.", name);
    } else if (!key || !secret) {
        err_set(err, ERR_CREDENTIALS, "%s printed no %s.", name,
                key ? "SecretAccessKey" : "AccessKeyId");
    } else if (!json_is_null(json_object_get(j, "Expiration")) &&
               json_object_get(j, "Expiration") &&
               secret_json_time(j, "Expiration", &c->expires_ms) != 0) {
        err_set(err, ERR_CREDENTIALS,
                "%s printed an Expiration that is no ISO 8601 time.", name);
    } else if (c->expires_ms && c->expires_ms <= now_ms) {
        err_set(err, ERR_EXPIRED,
                "%s printed credentials that have expired.", name);
    } else {
        c->access_key = xstrdup(key);
        c->secret = xstrdup(secret);
        c->token = xstrdup(token);
        if (account)
            snprintf(c->account, sizeof(c->account), "%s", account);
        rc = 0;
    }
    json_decref(j);
    return rc;
}

void cred_take_output(struct cred_turn *turn, const char *what,
                      const struct child_result *r, const struct err *err)
{
    const struct cred_context *cx = turn->context;
    struct aws_creds c = {0};
    struct err why;
    char name[120];

    snprintf(name, sizeof(name), "The %s of profile \"%.60s\"", what,
             cred_profile(cx));
    if (err) {
        why = *err;
        err_prefix(&why, "%s failed", name);
    } else if (how_it_ended(name, r, &why) == 0 &&
               read_output(name, r, clock_wall_ms(cx->clock), &c, &why) ==
                   0) {
        snprintf(c.source, sizeof(c.source), "%s of profile %s", what,
                 cred_profile(cx));
        cred_provide(turn, &c);
        return;
    }
    cred_fail(turn, &why);
}
