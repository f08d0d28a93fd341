/* What the dialog of a roll-back says beside the revisions: which images come
 * back, why this revision, and whether it would undo another roll-back. */
#include "views/mutate/mutate_internal.h"

#include "backend/base/fmt.h"
#include "backend/base/strbuf.h"
#include "backend/store/store.h"

#include <stdio.h>
#include <string.h>

#define IMAGES_MS 250
#define MOST_IMAGES 3 /* that are named; a dialog has few rows */

/* ---- images ---------------------------------------------------------- */

/* Where the tag or digest begins: at ':' or '@', or the end. */
static const char *tag_at(const char *image)
{
    const char *slash = strrchr(image, '/');
    const char *from = slash ? slash : image;
    return from + strcspn(from, ":@");
}

/* "2024.11.2-9f3c1aa", or as much of a digest as tells it from others. */
static void put_tag(struct strbuf *b, const char *image)
{
    const char *at = tag_at(image), *digest = strstr(at, "@sha256:");
    int n = digest ? (int)(digest - at) + 20 : (int)strlen(at);
    if (*at)
        strbuf_printf(b, "%.*s", n - 1, at + 1);
    else
        strbuf_puts(b, "latest");
}

static void put_change(struct strbuf *b, const char *from, const char *to)
{
    size_t repo = (size_t)(tag_at(to) - to);
    if (!from) {
        strbuf_printf(b, "none -> %s", to);
    } else if ((size_t)(tag_at(from) - from) != repo ||
               strncmp(from, to, repo) != 0) {
        strbuf_printf(b, "%s -> %s", from, to);
    } else {
        put_tag(b, from);
        strbuf_puts(b, " -> ");
        put_tag(b, to);
    }
}

static const char *image_in(const struct ecs_taskdef *td, const char *name)
{
    for (size_t i = 0; i < td->n_containers; i++)
        if (td->containers[i].name && strcmp(td->containers[i].name, name) == 0)
            return td->containers[i].image;
    return NULL;
}

static void put_images(struct strbuf *b, const struct ecs_taskdef *from,
                       const struct ecs_taskdef *to)
{
    size_t changed = 0;
    bool alone = from->n_containers == 1 && to->n_containers == 1;
    for (size_t i = 0; i < to->n_containers; i++) {
        const struct ecs_container_def *c = &to->containers[i];
        const char *was = c->name ? image_in(from, c->name) : NULL;
        if (!c->image || (was && strcmp(was, c->image) == 0))
            continue;
        if (++changed > MOST_IMAGES)
            continue;
        strbuf_printf(b, "%s%s%s", changed > 1 ? "; " : "",
                      alone || !c->name ? "" : c->name, alone ? "" : " ");
        put_change(b, was, c->image);
    }
    if (changed > MOST_IMAGES)
        strbuf_printf(b, "; and %zu more", changed - MOST_IMAGES);
    if (!changed)
        strbuf_puts(b, "the same in both definitions");
}

static enum images_said say_images(const struct pending *p, struct strbuf *b)
{
    struct store *s = p->realm->store;
    if (!s) { /* left */
        strbuf_puts(b, "not known");
        return IMAGES_KNOWN;
    }
    const char *now = p->seen.task_definition;
    const struct ecs_taskdef *from = store_taskdef(s, now);
    const struct ecs_taskdef *to = store_taskdef(s, p->definition);
    if (from && to) {
        put_images(b, from, to);
        return IMAGES_KNOWN;
    }
    if (store_taskdef_failed(s, now) ||
        store_taskdef_failed(s, p->definition)) {
        strbuf_puts(b, "not known: the task definition could not be read");
        return IMAGES_DENIED;
    }
    strbuf_puts(b, "looking it up");
    return IMAGES_LOOKED_FOR;
}

/* They come while the dialog is there. What already shows is left alone: a
 * line that is set again holds up the confirmation. */
static void on_images_timer(struct timer *t, void *arg)
{
    struct pending *p = arg;
    struct strbuf b = STRBUF_INIT;
    if (p->stage != STAGE_TYPED)
        return;
    enum images_said said = say_images(p, &b);
    if (said != p->images) {
        p->images = said;
        dialog_revise(&p->app->dialog, ROLE_DIALOG, "image", "%s",
                      strbuf_get(&b));
        app_dirty(p->app, PAINT_DATA);
    }
    strbuf_release(&b);
    if (said != IMAGES_KNOWN)
        timer_start(p->app->o.clock, t, IMAGES_MS, on_images_timer, p);
}

/* ---- undoing a roll-back --------------------------------------------- */

/* Ours is known; that somebody else or ECS rolls back can be seen. */
static void warn_of_undoing(const struct pending *p, struct dialog *d)
{
    const struct seen *s = &p->seen;
    const char *to = taskdef_revision(p->definition);
    const char *now = taskdef_revision(s->task_definition);
    char ago[24];
    bool moves = s->several || strcmp(s->rollout, "IN_PROGRESS") == 0;
    if (p->undoes_ms)
        dialog_add(d, ROLE_WARN, "warning", "the roll-back %s -> %s was sent "
                   "%s ago%s: this would undo it", to, now,
                   fmt_duration(app_now(p->app) - p->undoes_ms, ago),
                   moves ? " and is under way" : "");
    else if (moves && strstr(s->reason, "rolling back"))
        dialog_add(d, ROLE_WARN, "warning", "ECS is rolling back to %s itself",
                   now);
    else if (back_is_later(p))
        dialog_add(d, ROLE_WARN, "warning", "%s is later than %s: if somebody "
                   "has rolled back to %s, this would undo it", to, now, now);
}

void back_lines(struct pending *p, struct dialog *d)
{
    struct strbuf b = STRBUF_INIT;
    p->images = say_images(p, &b);
    dialog_add(d, ROLE_DIALOG, "image", "%s", strbuf_get(&b));
    strbuf_release(&b);
    if (p->images != IMAGES_KNOWN && p->stage == STAGE_TYPED)
        timer_start(p->app->o.clock, &p->timer, IMAGES_MS, on_images_timer,
                    p);
    dialog_add(d, ROLE_DIALOG, "why", "%s %s", taskdef_revision(p->definition),
               p->why_definition);
    warn_of_undoing(p, d);
}
