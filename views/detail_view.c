/* Detail, raw JSON and events of one row. The row as it was at key press is
 * shown at once; then it is described again, and the fresh reply (or that the
 * thing is gone) replaces it. */
#include "views/app/app.h"
#include "views/kinds/services.h"
#include "views/view.h"

#include "backend/aws/client.h"
#include "backend/base/mem.h"
#include "backend/svc/mask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct detail {
    struct view *view; /* ours, once made */
    struct target t;
    json_t *fresh;     /* the object of the newest reply, or NULL */
    struct arena *arena; /* of what is decoded from it */
    const void *row;     /* renewed by it; NULL = as the table had it */
    struct err error;
    bool gone, asked;
    bool revealed; /* environment values are shown */
};

static void on_reply(void *arg, const struct aws_reply *reply,
                     const struct err *err)
{
    struct detail *d = arg;
    json_t *params = NULL;
    const char *member = NULL;
    if (!view_is_current(d->view))
        return;
    if (err) {
        d->error = *err;
        text_view_refill(d->view);
        return;
    }
    d->t.kind->describe(d->t.row, &params, &member);
    json_decref(params);
    json_t *o = json_array_get(json_object_get(reply->root, member), 0);
    d->gone = o == NULL;
    d->error = (struct err){0};
    if (o) {
        json_decref(d->fresh);
        d->fresh = json_deep_copy(o);
        arena_free(d->arena);
        d->arena = arena_new();
        d->row = d->t.kind->renew ? d->t.kind->renew(d->t.row, o, d->arena)
                                  : NULL;
    }
    text_view_refill(d->view);
}

static void ask(struct detail *d)
{
    json_t *params = NULL;
    const char *member = NULL;
    struct err err = {0};
    struct aws_call_opts opts = {.priority = AWS_PRIO_USER,
                                 .subject = d->t.key};
    const struct aws_op *op = d->t.kind->describe(d->t.row, &params, &member);
    d->asked = true;
    if (aws_call(d->view->app->realm->client, &d->view->scope, op, params, &opts,
                 on_reply, d, &err))
        d->error = err;
}

static void refresh(struct view *v, void *arg)
{
    (void)v;
    ask(arg);
}

static void note(const struct detail *d, struct doc *out)
{
    if (d->gone) {
        doc_line(out);
        doc_put(out, ROLE_WARN, "It is gone: ECS does not know it any more. "
                                "Below is what was seen last.");
    } else if (d->error.code != ERR_NONE) {
        doc_line(out);
        doc_printf(out, ROLE_ERROR, "Could not be read again: %s",
                   d->error.message);
    }
}

/* That values are hidden and which key shows them, or that they are shown. */
static void say_masked(const struct view *v, const struct detail *d,
                       struct doc *out)
{
    static const enum context ctx[] = {CONTEXT_DETAIL};
    char keys[32];
    doc_line(out);
    if (d->revealed) {
        doc_put(out, ROLE_WARN, "Values of the environment are shown until you "
                                "leave this view.");
        return;
    }
    keymap_keys_text(v->app->o.keymap, ctx, 1, ACTION_REVEAL, 1, keys,
                     sizeof(keys));
    doc_printf(out, ROLE_MUTED, "Values of the environment are masked; %s%s "
                                "shows them.", keys[0] ? keys : ":",
               keys[0] ? "" : "reveal");
}

static void put_value(void *arg, const char *where, const char *name,
                      const char *value)
{
    doc_fieldf(arg, where, "%s = %s", name, value);
}

static void environment(const struct view *v, const struct detail *d,
                        struct doc *out)
{
    bool found = false;
    json_decref(d->fresh ? mask_copy(d->fresh, &found) : NULL);
    if (!found)
        return;
    doc_heading(out, "Environment");
    say_masked(v, d, out);
    if (d->revealed)
        mask_each(d->fresh, put_value, out);
}

/* Until the same key again, or until the view is left. */
static bool act(struct view *v, void *arg, enum action_id action)
{
    struct detail *d = arg;
    if (action != ACTION_REVEAL)
        return false;
    d->revealed = !d->revealed;
    text_view_refill(v);
    return true;
}

static void left(struct view *v, void *arg)
{
    struct detail *d = arg;
    if (!d->revealed)
        return;
    d->revealed = false;
    text_view_refill(v);
}

/* As the latest reply has it, else as the table had it. */
static const void *newest(const struct detail *d)
{
    return d->row ? d->row : d->t.row;
}

static void detail_fill(struct view *v, void *arg, struct doc *out)
{
    struct detail *d = arg;
    note(d, out);
    d->t.kind->detail(newest(d), app_now(v->app), out);
    environment(v, d, out);
}

static void events_fill(struct view *v, void *arg, struct doc *out)
{
    struct detail *d = arg;
    note(d, out);
    const struct service_row *row = newest(d);
    services_events(row->svc, app_now(v->app), out);
    if (!d->fresh && !d->error.code) {
        doc_line(out);
        doc_put(out, ROLE_MUTED, "loading the rest ...");
    }
}

static void json_fill(struct view *v, void *arg, struct doc *out)
{
    struct detail *d = arg;
    note(d, out);
    if (!d->fresh) {
        doc_line(out);
        if (!d->gone && !d->error.code)
            doc_put(out, ROLE_MUTED, "loading ...");
        return;
    }
    bool found;
    json_t *masked = mask_copy(d->fresh, &found);
    if (found)
        say_masked(v, d, out);
    char *text = json_dumps(d->revealed ? d->fresh : masked,
                            JSON_INDENT(2) | JSON_SORT_KEYS);
    text_add(&out->text, ROLE_TEXT, text ? text : "");
    free(text);
    json_decref(masked);
}

static void detail_free(void *arg)
{
    struct detail *d = arg;
    target_release(&d->t);
    json_decref(d->fresh);
    arena_free(d->arena);
    free(d);
}

static struct view *make(struct app *app, const struct target *t,
                         const struct text_view_spec *spec)
{
    struct detail *d = xcalloc(1, sizeof(*d));
    char crumb[160];
    const char *name = t->kind->row_name(t->row);
    d->t = *t;
    snapshot_ref(d->t.snap);
    snprintf(crumb, sizeof(crumb), "%.120s %s", name ? name : "?",
             spec->name);
    d->view = text_view_new(app, crumb, spec, d);
    ask(d);
    return d->view;
}

struct view *detail_view_new(struct app *app, const struct target *t)
{
    static const struct text_view_spec spec = {
        .name = "detail", .context = CONTEXT_DETAIL, .fill = detail_fill,
        .free_arg = detail_free, .refresh = refresh, .act = act,
        .left = left};
    return make(app, t, &spec);
}

struct view *json_view_new(struct app *app, const struct target *t)
{
    static const struct text_view_spec spec = {
        .name = "json", .context = CONTEXT_DETAIL, .fill = json_fill,
        .free_arg = detail_free, .refresh = refresh, .act = act,
        .left = left};
    return make(app, t, &spec);
}

struct view *events_view_new(struct app *app, const struct target *t)
{
    static const struct text_view_spec spec = {
        .name = "events", .context = CONTEXT_DETAIL, .fill = events_fill,
        .free_arg = detail_free, .refresh = refresh};
    if (t->kind != &kind_services) {
        app_say(app, MSG_INFO, "Only services have events.");
        return NULL;
    }
    return make(app, t, &spec);
}
