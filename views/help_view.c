/* Help from the live bindings, and the messages view. */
#include "views/app/app.h"
#include "views/kind.h"
#include "views/view.h"

#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "backend/svc/health.h"
#include "keymaps/keyspec.h"

#include <stdlib.h>
#include <string.h>

struct help {
    enum context ctx[VIEW_MAX_CONTEXTS];
    size_t n;
};

/* One line an action: all its keys, name, help. Keys that do the same stand
 * together; under read-only what would be refused is left out. */
static void help_action(const struct app *a, const struct help *h,
                        enum action_id id, struct doc *out)
{
    char keys[64];
    const struct action *act = action_get(id);
    if (app_read_only(a) && action_mutates(id))
        return;
    keymap_keys_text(a->o.keymap, h->ctx, h->n, id, 4, keys, sizeof(keys));
    if (!*keys)
        return;
    doc_line(out);
    doc_put(out, ROLE_TEXT, "  ");
    doc_put(out, ROLE_KEY, keys);
    doc_pad(out, 20);
    doc_put(out, ROLE_TEXT, act->help);
    doc_pad(out, 62);
    doc_printf(out, ROLE_MUTED, ":%s", act->name);
}

static void help_fill(struct view *v, void *arg, struct doc *out)
{
    const struct help *h = arg;
    const struct binding *b;
    size_t i;
    for (size_t c = 0; c < h->n; c++) {
        bool head = false;
        for (enum action_id id = ACTION_NONE + 1; id < ACTION_N; id++) {
            if (action_get(id)->context != h->ctx[c])
                continue;
            if (!head)
                doc_heading(out, context_help(h->ctx[c]));
            head = true;
            help_action(v->app, h, id, out);
        }
    }
    bool head = false;
    i = 0;
    while ((b = keymap_each(v->app->o.keymap, h->ctx, h->n, &i))) {
        char key[KEYSPEC_SIZE];
        if (!b->command)
            continue;
        if (!head)
            doc_heading(out, "your commands");
        head = true;
        doc_line(out);
        doc_printf(out, ROLE_KEY, "  %s",
                   keyspec_show(b->key, key));
        doc_pad(out, 20);
        doc_printf(out, ROLE_TEXT, ":%s", b->command);
    }
    doc_heading(out, "states of a service, worst first");
    for (int s = 0; s < SVC_STATE_N; s++) {
        doc_line(out);
        doc_put(out, ROLE_TEXT, "  ");
        doc_put(out, svc_state_role((enum svc_state)s),
                svc_state_name((enum svc_state)s));
        doc_pad(out, 20);
        doc_put(out, ROLE_TEXT, svc_state_help((enum svc_state)s));
    }
    doc_heading(out, "command line");
    static const char *const commands[] = {
        ":services CLUSTER /FILTER", "a view, its scope and a filter at once",
        ":scale N", "scale the selected service",
        ":logs :restart :acknowledge :messages ...", "any action by its name",
        ":profile NAME   :region NAME", "go elsewhere; without a name a list",
        ":whoami", "account, identity, region, and who said so",
        ":-", "the last view",
        ":set theme NAME   :set refresh SECONDS", "settings of this run"};
    for (i = 0; i < ARRAY_LEN(commands); i += 2) {
        doc_line(out);
        doc_printf(out, ROLE_KEY, "  %s", commands[i]);
        doc_pad(out, 44);
        doc_put(out, ROLE_TEXT, commands[i + 1]);
    }
}

static const struct text_view_spec help_spec = {
    .name = "help",
    .context = CONTEXT_HELP,
    .fill = help_fill,
    .free_arg = free,
};

struct view *help_view_new(struct app *app, const struct view *of)
{
    struct help *h = xcalloc(1, sizeof(*h));
    h->n = of->ops->contexts(of, h->ctx);
    return text_view_new(app, "help", &help_spec, h);
}

static void messages_fill(struct view *v, void *arg, struct doc *out)
{
    const struct messages *m = &v->app->messages, *calls = &v->app->calls;
    char at[40];
    (void)arg;
    /* Both are in the order of time: newest first. */
    for (size_t i = m->n, k = calls->n; i || k;) {
        bool call = !i || (k && calls->items[k - 1].last_ms >=
                                    m->items[i - 1].last_ms);
        const struct message *e = call ? &calls->items[--k] : &m->items[--i];
        doc_line(out);
        doc_printf(out, ROLE_MUTED, "%s ",
                   fmt_iso(e->last_ms, FMT_UTC, at));
        if (e->count > 1)
            doc_printf(out, ROLE_MUTED, "x%d ", e->count);
        doc_put(out, message_role(e->level), e->text);
    }
    if (!m->n && !calls->n) {
        doc_line(out);
        doc_put(out, ROLE_MUTED, "nothing has been said yet");
    }
}

static const struct text_view_spec messages_spec = {
    .name = "messages",
    .context = CONTEXT_MESSAGES,
    .fill = messages_fill,
    .live = true,
};

struct view *messages_view_new(struct app *app)
{
    return text_view_new(app, "messages", &messages_spec, NULL);
}
