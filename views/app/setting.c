/* `:set`: one table of what can be changed while running. */
#include "views/app/setting.h"

#include <string.h>

#include "backend/aws/budget.h"
#include "backend/base/fmt.h"
#include "backend/base/grammar.h"
#include "backend/base/mem.h"
#include "views/app/app.h"
#include "views/app/config.h"
#include "views/log/log_command.h"

static bool set_refresh(struct app *a, const char *value)
{
    int64_t seconds;
    if (fmt_parse_int(value, 1, 3600, &seconds))
        return false;
    a->o.refresh_ms = seconds * 1000;
    a->o.realm.store.refresh_ms = a->o.refresh_ms;
    store_set_refresh(a->realm->store, a->o.refresh_ms);
    app_say(a, MSG_OK, "Refreshing every %lld s.", (long long)seconds);
    return true;
}

static bool set_budget(struct app *a, const char *value)
{
    struct aws_session_options *o = &a->o.realm.aws;
    struct budget *b = aws_client_budget(a->realm->client);
    if (budget_parse(value, &o->budget_percent, &o->budget_unlimited))
        return false;
    int percent = o->budget_percent ? o->budget_percent : 25;
    if (b)
        budget_set_share(b, percent, o->budget_unlimited);
    if (o->budget_unlimited)
        app_say(a, MSG_WARN, "Calls are not held back any more; the account's "
                "quotas are shared with everybody.");
    else
        app_say(a, MSG_OK, "At most %d %% of each quota's refill.", percent);
    return true;
}

static bool set_log_buffer(struct app *a, const char *value)
{
    int64_t mib;
    if (fmt_parse_int(value, 1, CONFIG_LOG_BUFFER_MAX, &mib))
        return false;
    log_command_buffer(a, mib);
    return true;
}

static bool set_theme(struct app *a, const char *value)
{
    struct theme theme;
    struct err err = {0};
    if (theme_builtin(&theme, value, &err)) {
        app_say(a, MSG_ERROR, "%s", err.message);
        return true;
    }
    *a->o.theme = theme;
    a->redraw_wanted = true;
    return true;
}

/* A way in, none out: what was marked as safe stays so. */
static bool set_read_only(struct app *a, const char *value)
{
    bool on;
    const char *why = app_read_only(a);
    if (grammar_bool(value, &on)) {
        app_say(a, MSG_WARN, "readonly takes yes, not %s.", value);
    } else if (on) {
        if (!a->o.read_only)
            app_set_read_only(a, "it was set to readonly while running");
        app_say(a, MSG_OK, "Read-only until the program ends.");
    } else if (why) {
        app_say(a, MSG_WARN, "Read-only is not lifted while running: %s.",
                why);
    } else {
        app_say(a, MSG_INFO, "It is not read-only.");
    }
    return true;
}

static const struct setting {
    const char *name;
    bool (*set)(struct app *a, const char *value); /* false: not a value */
    const char *word; /* a value that is no number; or NULL */
} settings[] = {
    {"refresh", set_refresh, NULL},
    {"budget", set_budget, "unlimited"},
    {"log-buffer", set_log_buffer, NULL},
    {"theme", set_theme, NULL},
    {"readonly", set_read_only, "yes"},
    {"read-only", set_read_only, "yes"}, /* as the option spells it */
};

static const struct setting *find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(settings); i++)
        if (strcmp(settings[i].name, name) == 0)
            return &settings[i];
    return NULL;
}

void setting_run(struct app *a, int argc, char **argv)
{
    const struct setting *s = argc == 3 ? find(argv[1]) : NULL;
    if (!s || !s->set(a, argv[2]))
        app_say(a, MSG_WARN, "Use :set refresh SECONDS, :set budget PERCENT, "
                ":set log-buffer MIB, :set theme NAME or :set readonly yes.");
}

void setting_complete(const struct app *a, const struct command_word *w,
                      struct completion *out)
{
    const struct setting *s = w->nth == 2 ? find(w->before) : NULL;
    char theme[32];
    (void)a;
    for (size_t i = 0; w->nth == 1 && i < ARRAY_LEN(settings); i++)
        completion_offer(out, settings[i].name, w->text, w->len);
    if (s && s->word)
        completion_offer(out, s->word, w->text, w->len);
    for (size_t i = 0; s && s->set == set_theme &&
                       theme_builtin_name(i, theme); i++)
        completion_offer(out, theme, w->text, w->len);
}
