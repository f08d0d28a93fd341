/* Which AWS context the app is in: who we are, what may be done, and going
 * from one to another. */
#include "views/app/app.h"

#include "backend/aws/creds.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/net/loop.h"
#include "views/app/asker.h"
#include "views/app/config.h"
#include "views/kind.h"
#include "views/mutate/mutate.h"

#include <stdlib.h>
#include <string.h>

#define ASK_AGAIN_MS 20000 /* while nobody says who we are */

/* ---- views ----------------------------------------------------------- */

void view_init(struct view *v, const struct view_ops *ops, struct app *app)
{
    *v = (struct view){.ops = ops, .app = app, .realm = app->realm->number};
    scope_init(&v->scope, &app->scope);
}

bool view_is_current(const struct view *v)
{
    return v->realm == v->app->realm->number;
}

/* ---- what may be done ------------------------------------------------ */

const struct config_context *app_settings(const struct app *a,
                                          const struct realm *r)
{
    return a->o.config && r->identity_known
               ? config_of(a->o.config, r->identity.account)
               : NULL;
}

const char *app_read_only(const struct app *a)
{
    const struct config_context *c = app_settings(a, a->realm);
    if (a->o.read_only)
        return a->o.read_only;
    return c && c->read_only ? "your config marks this account as readonly"
                             : NULL;
}

bool app_is_prod(const struct app *a)
{
    const struct config_context *c = app_settings(a, a->realm);
    return c && c->prod;
}

void app_set_read_only(struct app *a, const char *why)
{
    a->o.read_only = why;
    a->o.realm.aws.read_only = true;
    aws_client_set_read_only(a->realm->client, true);
    app_dirty(a, PAINT_KEY);
}

static unsigned generation(const struct realm *r)
{
    return cred_chain_generation(aws_session_creds(r->session));
}

bool app_identity_sure(const struct app *a, char *why, size_t n)
{
    const struct realm *r = a->realm;
    if (r->identity_known && r->generation == generation(r))
        return true;
    if (r->identity_known)
        snprintf(why, n, "the credentials have just changed, and whose they "
                 "are is being asked");
    else if (r->identity_error.code != ERR_NONE)
        snprintf(why, n, "it is not known which account and role this is: %s",
                 r->identity_error.message);
    else
        snprintf(why, n, "it is not known yet which account and role this "
                 "is");
    return false;
}

bool app_identity_coming(const struct app *a)
{
    const struct realm *r = a->realm;
    return r->identity_known && r->generation != generation(r);
}

/* ---- who we are ------------------------------------------------------ */

static void identity_failed(struct app *a, const struct err *err)
{
    struct realm *r = a->realm;
    /* That there is no region is told by on_region(). */
    bool news = strcmp(r->identity_error.message, err->message) != 0 &&
                !aws_session_lacks_region(r->session);
    r->identity_error = *err;
    r->identity_due_ms = clock_mono_ms(a->o.clock) + ASK_AGAIN_MS;
    if (news)
        app_say_err(a, err->code == ERR_EXPIRED
                           ? "The credentials have expired"
                       : err->code == ERR_CREDENTIALS
                           ? "Credentials"
                           : "It is not known whose the credentials are", err);
    mutations_identified(a->mutations);
}

/* Other credentials in the same place may be of another account: then nothing
 * on the screen is of this one. */
static bool another_account(struct app *a, const struct aws_identity *id)
{
    struct realm *r = a->realm;
    struct err err = {0};
    char was[16];
    if (!r->identity_known ||
        strcmp(r->identity.account, id->account) == 0)
        return false;
    snprintf(was, sizeof(was), "%s", r->identity.account);
    r->identity_known = false;
    if (app_switch(a, r->profile, r->region, &err))
        app_say(a, MSG_ERROR, "%s", err.message);
    app_say(a, MSG_WARN, "The credentials are of account %s now, not of %s.",
            id->account, was);
    return true;
}

static void on_alias(void *arg, const char *alias, const struct err *err)
{
    struct app *a = arg;
    if (!err)
        snprintf(a->realm->alias, sizeof(a->realm->alias), "%s", alias);
    app_dirty(a, PAINT_DATA);
}

/* Once: not to be allowed to ask is nothing to speak of. */
static void ask_alias(struct app *a)
{
    struct realm *r = a->realm;
    if (r->alias_asked)
        return;
    r->alias_asked = true;
    struct err err = {0};
    aws_account_alias(r->client, &r->scope, on_alias, a, &err);
}

static void on_identity(void *arg, const struct aws_identity *id,
                        const struct err *err)
{
    struct app *a = arg;
    struct realm *r = a->realm;
    r->identifying = false;
    if (err) {
        identity_failed(a, err);
    } else if (!another_account(a, id)) {
        bool other = r->identity_known;
        r->generation = generation(r);
        r->identity = *id;
        r->identity_known = true;
        r->identity_error = (struct err){0};
        const struct config_context *c = app_settings(a, r);
        if (c && c->read_only)
            aws_client_set_read_only(r->client, true);
        ask_alias(a);
        if (other) /* these may be allowed more */
            app_refresh(a);
        mutations_identified(a->mutations);
    }
    app_dirty(a, PAINT_DATA);
}

static void identify(struct app *a)
{
    struct realm *r = a->realm;
    struct err err = {0};
    r->identifying = true;
    r->asked_of = generation(r);
    if (aws_identify(r->client, &r->scope, on_identity, a, &err)) {
        r->identifying = false;
        identity_failed(a, &err);
    }
}

static void reap(struct app *a)
{
    for (struct realm **at = &a->left; *at;) {
        struct realm *r = *at;
        if (!realm_done(r)) {
            at = &r->next;
            continue;
        }
        *at = r->next;
        realm_free(r);
    }
}

void app_realm_tick(struct app *a)
{
    struct realm *r = a->realm;
    reap(a);
    if (a->o.asker)
        asker_next(a->o.asker);
    if (r->identifying ||
        (r->identity_known && r->generation == generation(r)))
        return;
    /* New credentials at once; those that were refused now and then. */
    if ((r->identity_known && r->asked_of != generation(r)) ||
        clock_mono_ms(a->o.clock) >= r->identity_due_ms)
        identify(a);
}

/* A fetch of credentials has ended. What failed is told once; when all is
 * well again, what waited for it is asked at once. */
static void on_creds(void *arg)
{
    struct app *a = arg;
    struct realm *r = a->realm;
    const struct err *e = cred_chain_trouble(aws_session_creds(r->session));
    if (e && strcmp(e->message, r->trouble) != 0) {
        snprintf(r->trouble, sizeof(r->trouble), "%s", e->message);
        /* Who we are not is told by the one who asks that. */
        if (r->identity_known)
            app_say_err(a, "The credentials could not be renewed", e);
    } else if (!e && r->trouble[0]) {
        r->trouble[0] = '\0';
        r->identity_due_ms = 0;
        app_say(a, MSG_OK, "The credentials are fine again.");
        app_refresh(a);
    }
    app_realm_tick(a);
}

/* The instance has told its region, or nobody does. Later contexts of the
 * run need not ask. */
static void on_region(void *arg)
{
    struct app *a = arg;
    if (aws_session_lacks_region(a->realm->session)) {
        app_say(a, MSG_ERROR, "No region is set, and no instance tells one: "
                ":region lists them to choose from.");
    } else {
        snprintf(a->instance_region, sizeof(a->instance_region), "%s",
                 aws_client_region(a->realm->client));
        a->o.realm.aws.metadata_region = a->instance_region;
    }
    app_dirty(a, PAINT_DATA);
}

void app_realm_start(struct app *a)
{
    aws_session_on_region(a->realm->session, on_region, a);
    if (a->realm->number == 1)
        app_say_doubt(a, NULL);
    cred_chain_set_observer(aws_session_creds(a->realm->session), on_creds,
                            a);
    a->realm->on_failed = app_note_call;
    a->realm->failed_arg = a;
    identify(a);
}

void app_realm_end(struct app *a)
{
    if (a->realm)
        realm_free(a->realm);
    a->realm = NULL;
    reap(a);
    if (a->o.asker)
        asker_attach(a->o.asker, NULL);
}

void app_refresh(struct app *a)
{
    struct view *v = app_top(a);
    if (v && v->ops->refresh)
        v->ops->refresh(v);
}

void app_realm_retry(struct app *a)
{
    struct realm *r = a->realm;
    struct cred_chain *chain = aws_session_creds(r->session);
    aws_session_find_region(r->session);
    if (cred_chain_trouble(chain))
        cred_chain_retry(chain);
    if (!r->identity_known)
        r->identity_due_ms = 0;
    app_realm_tick(a);
}

void app_say_doubt(struct app *a, const char *was)
{
    char text[400];
    if (!aws_session_region_doubt(a->realm->session, text, sizeof(text)))
        return;
    if (was && *was)
        app_say(a, MSG_WARN, "%s :region %s goes back.", text, was);
    else
        app_say(a, MSG_WARN, "%s :region goes to another.", text);
}

/* ---- another one ----------------------------------------------------- */

/* Questions hold views and rows of the old realm. */
void app_drop_questions(struct app *a)
{
    if (a->prompt.open)
        prompt_close(&a->prompt);
    if (a->menu.open) {
        menu_close(&a->menu);
        a->menu_fn(a->menu_arg, -1);
    }
    if (a->dialog.open)
        app_dialog_close(a);
    a->prompt_fn = NULL;
    a->menu_fn = NULL;
}

int app_switch(struct app *a, const char *profile, const char *region,
               struct err *err)
{
    struct realm *old = a->realm;
    const struct kind *kind = view_is_table(a->stack[0]) &&
                                      table_view_kind(a->stack[0]) ==
                                          &kind_clusters
                                  ? &kind_clusters
                                  : &kind_services;
    /* Where it is not being asked for, there is one to stay in, or none. */
    if (!aws_session_finds_region(old->session))
        a->o.realm.aws.ask_metadata = false;
    struct realm *r = realm_new(&a->o.realm, old->number + 1, profile, region,
                                err);
    if (!r)
        return -1;
    mutations_leave(a->mutations);
    if (a->o.asker)
        asker_leave(a->o.asker, old);
    app_drop_questions(a);
    app_close_views(a);
    /* Names given at the start are of the first context. */
    free((char *)a->o.cluster);
    free((char *)a->o.service);
    a->o.cluster = a->o.service = NULL;
    a->paused = false;
    a->realm = r;
    realm_leave(old);
    old->next = a->left;
    a->left = old;
    app_root(a, table_view_new(a, kind, &(struct query){.kind = kind->query}));
    app_realm_start(a);
    const struct region *reg = aws_session_region(r->session);
    const char *name = aws_session_profile_name(r->session);
    if (aws_session_finds_region(r->session))
        app_say(a, MSG_INFO, "Now in profile %s, asking this instance for its "
                "region.", name);
    else
        app_say(a, MSG_INFO, "Now in %s%s%sregion %s (from %s).",
                *name ? "profile " : "", name, *name ? ", " : "", reg->name,
                reg->source);
    return 0;
}
