/* Going elsewhere by name or from a list. */
#include "views/switch_view.h"

#include "backend/aws/endpoint.h"
#include "backend/aws/profile.h"
#include "backend/aws/region_names.h"
#include "backend/base/mem.h"
#include "views/app/app.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the rows of an open list stand for. */
struct picks {
    struct app *app;
    bool regions;
    char **names;
    size_t n, cap;
};

static void picks_free(struct picks *p)
{
    for (size_t i = 0; i < p->n; i++)
        free(p->names[i]);
    free(p->names);
    free(p);
}

static void remember_region(struct app *a, const char *region)
{
    size_t i = 0;
    if (!*region)
        return;
    while (i < a->n_recent && strcmp(a->recent[i], region) != 0)
        i++;
    if (i == APP_RECENT)
        i--; /* the oldest makes room */
    if (i == a->n_recent)
        a->n_recent++;
    memmove(a->recent + 1, a->recent, i * sizeof(*a->recent));
    snprintf(a->recent[0], sizeof(a->recent[0]), "%s", region);
}

static void go_region(struct app *a, const char *region)
{
    struct err err = {0};
    char was[64];
    snprintf(was, sizeof(was), "%s", aws_client_region(a->realm->client));
    if (app_switch(a, a->realm->profile, region, &err)) {
        app_say(a, MSG_ERROR, "Still %s%s: %s", *was ? "in " : "nowhere", was,
                err.message);
        return;
    }
    app_say_doubt(a, was);
    remember_region(a, was);
    remember_region(a, aws_client_region(a->realm->client));
}

/* The region is the one that a start with this profile would find; where
 * that is none, the present one serves. */
static void go_profile(struct app *a, const char *profile, const char *region)
{
    struct err err = {0}, second = {0};
    char was[64];
    snprintf(was, sizeof(was), "%s", aws_client_region(a->realm->client));
    if (app_switch(a, profile, region, &err)) {
        if (region || err.code != ERR_CONFIG ||
            app_switch(a, profile, was, &second))
            app_say(a, MSG_ERROR, "Still where it was: %s", err.message);
        else
            app_say(a, MSG_WARN, "Still in region %s: %s", was, err.message);
    } else {
        app_say_doubt(a, was);
    }
    remember_region(a, was);
    remember_region(a, aws_client_region(a->realm->client));
}

static void picked(void *arg, int choice)
{
    struct picks *p = arg;
    if (choice >= 0 && (size_t)choice < p->n) {
        if (p->regions)
            go_region(p->app, p->names[choice]);
        else
            go_profile(p->app, p->names[choice], NULL);
    }
    picks_free(p);
}

static struct picks *open_list(struct app *a, const char *title, bool regions)
{
    struct picks *p = xcalloc(1, sizeof(*p));
    p->app = a;
    p->regions = regions;
    app_menu(a, title, picked, p);
    return p;
}

static void offer(struct picks *p, const char *name, const char *note,
                  bool current)
{
    for (size_t i = 0; i < p->n; i++)
        if (strcmp(p->names[i], name) == 0)
            return;
    p->names = xgrow(p->names, &p->cap, p->n + 1, sizeof(*p->names));
    p->names[p->n++] = xstrdup(name);
    menu_add(&p->app->menu, name, note, current);
}

/* ---- profiles -------------------------------------------------------- */

/* The files as they are now; NULL in the demo. The array is the caller's. */
static size_t profiles(const struct app *a, struct profile_info **list)
{
    struct profile *p = aws_session_profile(a->realm->session);
    *list = NULL;
    if (!p)
        return 0;
    profile_reload(p, NULL);
    return profile_list(p, list);
}

void switch_profile(struct app *a, int argc, char **argv)
{
    struct profile_info *list;
    if (a->o.realm.aws.no_files) {
        app_say(a, MSG_WARN, "The demo has no profiles: it reads no file of "
                "yours.");
        return;
    }
    if (argc == 2 || argc == 3) {
        go_profile(a, argv[1], argc == 3 ? argv[2] : NULL);
        return;
    }
    if (argc != 1) {
        app_say(a, MSG_WARN, "Use :profile NAME [REGION].");
        return;
    }
    size_t n = profiles(a, &list);
    const char *here = aws_session_profile_name(a->realm->session);
    if (!n)
        app_say(a, MSG_WARN, "There are no profiles in the AWS config "
                "files.");
    struct picks *p = n ? open_list(a, "Profile", false) : NULL;
    for (size_t i = 0; i < n; i++) {
        char note[120];
        snprintf(note, sizeof(note), "%-14s %s",
                 list[i].region ? list[i].region : "-",
                 profile_kind_name(list[i].kind));
        offer(p, list[i].name, note, strcmp(list[i].name, here) == 0);
    }
    free(list);
}

void switch_complete_profile(const struct app *a,
                             const struct command_word *w,
                             struct completion *out)
{
    struct profile_info *list;
    size_t count;
    if (w->nth > 1) {
        switch_complete_region(a, w, out);
        return;
    }
    count = profiles(a, &list);
    for (size_t i = 0; i < count; i++)
        completion_offer(out, list[i].name, w->text, w->len);
    free(list);
}

/* ---- regions --------------------------------------------------------- */

void switch_region(struct app *a, int argc, char **argv)
{
    const char *here = aws_client_region(a->realm->client);
    struct profile_info *list;
    char note[120];
    size_t n;
    if (argc == 2) {
        go_region(a, argv[1]);
        return;
    }
    if (argc != 1) {
        app_say(a, MSG_WARN, "Use :region NAME.");
        return;
    }
    struct picks *p = open_list(a, "Region", true);
    const char *const *all = a->o.realm.aws.regions;
    for (size_t i = 0; all && all[i]; i++)
        offer(p, all[i], "", strcmp(all[i], here) == 0);
    if (all)
        return;
    const struct region_name *names = region_names(here, &n);
    const struct partition *part = partition_of(here, NULL);
    size_t count = profiles(a, &list);
    if (*here)
        offer(p, here, "", true);
    for (size_t i = 0; i < a->n_recent; i++)
        if (partition_of(a->recent[i], NULL) == part)
            offer(p, a->recent[i], "used before", false);
    for (size_t i = 0; i < count; i++) {
        if (!list[i].region || partition_of(list[i].region, NULL) != part)
            continue;
        snprintf(note, sizeof(note), "profile %s", list[i].name);
        offer(p, list[i].region, note, false);
    }
    for (size_t i = 0; i < n; i++)
        offer(p, names[i].name, names[i].where, false);
    free(list);
}

void switch_complete_region(const struct app *a,
                            const struct command_word *w,
                            struct completion *out)
{
    size_t count;
    const char *const *all = a->o.realm.aws.regions;
    for (size_t i = 0; all && all[i]; i++)
        completion_offer(out, all[i], w->text, w->len);
    if (all)
        return;
    const struct region_name *names =
        region_names(aws_client_region(a->realm->client), &count);
    for (size_t i = 0; i < a->n_recent; i++)
        completion_offer(out, a->recent[i], w->text, w->len);
    for (size_t i = 0; i < count; i++)
        completion_offer(out, names[i].name, w->text, w->len);
}
