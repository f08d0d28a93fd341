/* Keys and tokens: made, found, out of date. */
#include "backend/sim/creds.h"

#include "backend/base/fmt.h"
#include "backend/base/map.h"
#include "backend/base/mem.h"
#include "backend/sim/sim_internal.h"

#include <stdlib.h>
#include <string.h>

#define SSO_LIFE_S 28800

struct grant {
    enum sim_grant kind;
    int64_t expires_ms; /* 0 = never */
    char text[64];
};

static void random_text(char *out, const char *head, size_t n)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    unsigned char bytes[64];
    size_t k = strlen(head);
    rng_os_bytes(bytes, sizeof(bytes));
    memcpy(out, head, k);
    for (size_t i = k; i < n; i++)
        out[i] = letters[bytes[i % 64] & 31];
    out[n] = '\0';
}

/* ---- how long ---------------------------------------------------------- */

int sim_lives_parse(struct sim_lives *l, const char *spec, struct err *err)
{
    const struct {
        const char *name;
        int *to;
    } keys[] = {
        {"ttl", &l->ttl_s},     {"told", &l->told_s},
        {"key", &l->key_s},     {"sso", &l->sso_s},
        {"no-imds-v1", &l->no_v1}, {"no-imds-v2", &l->no_v2},
    };
    char *copy = xstrdup(spec), *save = NULL;
    int rc = 0;
    for (char *w = strtok_r(copy, ",", &save); w && !rc;
         w = strtok_r(NULL, ",", &save)) {
        char *eq = strchr(w, '=');
        int64_t v;
        size_t i = 0;
        if (eq)
            *eq = '\0';
        while (i < ARRAY_LEN(keys) && strcmp(keys[i].name, w))
            i++;
        if (!eq || i == ARRAY_LEN(keys) ||
            fmt_parse_int(eq + 1, 0, 1000000, &v))
            rc = err_set(err, ERR_USAGE, "--sim-creds takes ttl, told, key "
                         "and sso as KEY=SECONDS, and no-imds-v1=1 or "
                         "no-imds-v2=1, not %s.", w);
        else
            *keys[i].to = (int)v;
    }
    free(copy);
    return rc;
}

bool sim_expired(const struct sim *s, const struct sim_ident *i)
{
    return i->expires_ms && sim_now(s) >= i->expires_ms;
}

/* ---- who ---------------------------------------------------------------- */

static void free_ident(void *p)
{
    struct sim_ident *i = p;
    free(i->token);
    free(i);
}

struct sim_ident *sim_ident(const struct sim *s, const char *key)
{
    return map_get(s->creds.idents, key);
}

static void put_ident(struct sim *s, struct sim_ident *i)
{
    struct sim_ident *old = map_put(s->creds.idents, i->key, i);
    if (old)
        free_ident(old);
}

/* Those that ended an hour ago are forgotten when there are many: a day of a
 * fast clock gives out a lot of them. */
static void sweep(struct sim *s)
{
    const char *key;
    void *value;
    if (map_len(s->creds.idents) < 4096)
        return;
    for (size_t i = 0; map_next(s->creds.idents, &i, &key, &value);) {
        struct sim_ident *x = value;
        if (x->expires_ms && x->expires_ms + 3600000 < sim_now(s) &&
            x != s->creds.home)
            free_ident(map_remove(s->creds.idents, key));
    }
}

static struct sim_ident *new_user(struct sim *s, int n)
{
    struct sim_ident *i = xcalloc(1, sizeof(*i));
    random_text(i->key, "AKIA", 20);
    random_text(i->secret, "", 40);
    /* The last two are of the other account: a profile of keys alone can
     * change the account. */
    snprintf(i->account, sizeof(i->account), "%s",
             n > SIM_USERS - 2 ? SIM_OTHER_ACCOUNT : SIM_ACCOUNT);
    snprintf(i->arn, sizeof(i->arn), "arn:aws:iam::%s:user/user-%d",
             i->account, n);
    snprintf(i->user_id, sizeof(i->user_id), "AIDASIMULATEDUSER%03d", n);
    i->issued = true;
    put_ident(s, i);
    return i;
}

/* The key of the first line; it belongs to a session of the role oncall, as
 * keys that people paste mostly do. */
static void add_home(struct sim *s, const struct sim_options *o)
{
    struct sim_ident *i = xcalloc(1, sizeof(*i));
    random_text(i->key, "AKIA", 20);
    random_text(i->secret, "", 40);
    if (o->access_key)
        snprintf(i->key, sizeof(i->key), "%s", o->access_key);
    if (o->secret)
        snprintf(i->secret, sizeof(i->secret), "%s", o->secret);
    i->token = xstrdup(o->session_token);
    snprintf(i->account, sizeof(i->account), SIM_ACCOUNT);
    snprintf(i->arn, sizeof(i->arn), "arn:aws:sts::" SIM_ACCOUNT
             ":assumed-role/oncall/demo");
    snprintf(i->user_id, sizeof(i->user_id), "AROASIMULATEDROLEID1:demo");
    i->issued = true;
    if (s->creds.lives.key_s)
        i->expires_ms = s->start_ms + s->creds.lives.key_s * 1000LL;
    put_ident(s, i);
    s->creds.home = i;
}

void sim_creds_init(struct sim *s, const struct sim_options *o)
{
    struct sim_creds *k = &s->creds;
    char body[601];
    k->idents = map_new();
    k->grants = map_new();
    add_home(s, o);
    for (int i = 0; i < SIM_USERS; i++)
        k->users[i] = new_user(s, i + 1);
    random_text(body, "", 600);
    snprintf(k->web_token, sizeof(k->web_token), "eyJhbGciOiJub25lIn0.%s.sim",
             body);
    random_text(k->container_token, "Basic-", 40);
    random_text(k->client_id, "sim-client-", 28);
    random_text(k->client_secret, "", 40);
    snprintf(k->sso_token, sizeof(k->sso_token), "%s",
             sim_grant_new(s, GRANT_SSO, k->lives.sso_s));
    snprintf(k->refresh_token, sizeof(k->refresh_token), "%s",
             sim_grant_new(s, GRANT_REFRESH, 0));
    sim_login_init(s);
}

void sim_creds_release(struct sim *s)
{
    if (s->creds.idents)
        map_free(s->creds.idents, free_ident);
    if (s->creds.grants)
        map_free(s->creds.grants, free);
    free(s->creds.login_key);
}

/* ---- giving out --------------------------------------------------------- */

static struct sim_ident *issue(struct sim_call *c, int seconds,
                               int64_t *told_ms, char *secret_told)
{
    struct sim *s = c->sim;
    const struct sim_lives *l = &s->creds.lives;
    struct sim_ident *i = xcalloc(1, sizeof(*i));
    char token[201];
    sweep(s);
    random_text(i->key, "ASIA", 20);
    random_text(i->secret, "", 40);
    random_text(token, "IQoJb3JpZ2luX2VjE", 200);
    i->token = xstrdup(token);
    i->issued = true;
    i->expires_ms = sim_now(s) + (l->ttl_s ? l->ttl_s : seconds) * 1000LL;
    snprintf(secret_told, 44, "%s", i->secret);
    if (c->fault && c->fault->kind == FAULT_EXPIRED)
        i->expires_ms = sim_now(s) - 60000;
    if (c->fault && c->fault->kind == FAULT_WRONG)
        random_text(secret_told, "", 40);
    *told_ms = l->told_s ? sim_now(s) + l->told_s * 1000LL : i->expires_ms;
    put_ident(s, i);
    return i;
}

struct sim_ident *sim_issue(struct sim_call *c, const struct sim_role *role,
                            const char *session, int seconds,
                            int64_t *told_ms, char *secret_told)
{
    struct sim_ident *i = issue(c, seconds, told_ms, secret_told);
    i->role = role;
    snprintf(i->account, sizeof(i->account), "%s", role->account);
    snprintf(i->arn, sizeof(i->arn), "arn:aws:sts::%s:assumed-role/%s/%.64s",
             role->account, role->name, session);
    snprintf(i->user_id, sizeof(i->user_id), "AROASIM%.13s:%.64s",
             i->key + 4, session);
    return i;
}

struct sim_ident *sim_issue_again(struct sim_call *c, int seconds,
                                  int64_t *told_ms, char *secret_told)
{
    struct sim_ident *i = issue(c, seconds, told_ms, secret_told);
    snprintf(i->account, sizeof(i->account), "%s", c->who->account);
    snprintf(i->arn, sizeof(i->arn), "%s", c->who->arn);
    snprintf(i->user_id, sizeof(i->user_id), "%s", c->who->user_id);
    i->role = c->who->role;
    return i;
}

/* ---- bearer tokens ------------------------------------------------------ */

const char *sim_grant_new(struct sim *s, enum sim_grant kind, int seconds)
{
    static const char *const heads[] = {[GRANT_SSO] = "aoaAAAAAG",
                                        [GRANT_REFRESH] = "aorAAAAAG",
                                        [GRANT_IMDS] = "AQAEA",
                                        [GRANT_LOGIN] = "aolAAAAAG"};
    struct grant *g = xcalloc(1, sizeof(*g));
    g->kind = kind;
    if (kind == GRANT_SSO && !seconds)
        seconds = SSO_LIFE_S;
    g->expires_ms = seconds ? sim_now(s) + seconds * 1000LL : 0;
    random_text(g->text, heads[kind], 56);
    map_put(s->creds.grants, g->text, g);
    return g->text;
}

void sim_grant_note(struct sim *s, enum sim_grant kind, const char *text)
{
    struct grant *g = xcalloc(1, sizeof(*g));
    g->kind = kind;
    snprintf(g->text, sizeof(g->text), "%s", text);
    free(map_put(s->creds.grants, g->text, g));
}

int sim_grant_check(const struct sim *s, enum sim_grant kind,
                    const char *text)
{
    const struct grant *g = text ? map_get(s->creds.grants, text) : NULL;
    if (!g || g->kind != kind)
        return -1;
    return g->expires_ms && sim_now(s) >= g->expires_ms ? -2 : 0;
}
