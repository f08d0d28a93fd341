/* context_bed.h - two simulated accounts, one of each profile. */
#ifndef ECSDASH_TESTS_CONTEXT_BED_H
#define ECSDASH_TESTS_CONTEXT_BED_H

#include "tests/flow/lab.h"

static inline void write_config(struct lab *l, const char *more)
{
    FILE *f;
    l->aws_config = xasprintf("%s/config", l->dir);
    f = fopen(l->aws_config, "w");
    assert_non_null(f);
    const struct sim *sims[] = {l->sim, l->second};
    static const char *const names[] = {"first", "second"};
    for (size_t i = 0; i < 2; i++)
        fprintf(f,
                "[profile %s]\nregion = %s\nendpoint_url = %s\n"
                "aws_access_key_id = %s\naws_secret_access_key = %s\n",
                names[i], sim_region(sims[i]), sim_endpoint(sims[i]),
                sim_access_key(sims[i]), sim_secret(sims[i]));
    fputs(more, f);
    fclose(f);
}

static inline void open_two(struct lab *l, const char *filter)
{
    l->sim = lab_sim(l, "quiet", 7);
    l->second = lab_sim(l, "default", 8);
    write_config(l, "[profile keyless]\nregion = eu-west-1\n"
                    "[profile nowhere]\naws_access_key_id = AKIAX\n"
                    "aws_secret_access_key = x\noutput = json # odd\n");
    lab_open(l, "first", false, &kind_services, filter, NULL);
    assert_true(l->app->realm->identity_known);
}

static inline void go(struct lab *l, const char *profile)
{
    struct err err = {0};
    if (app_switch(l->app, profile, NULL, &err))
        fail_msg("%s", err.message);
}

static inline bool shows(struct lab *l, const char *text)
{
    paint(l);
    for (int row = 0; row < l->app->surface.rows; row++) {
        char *line = surface_row_text(&l->app->surface, row);
        bool hit = strstr(line, text) != NULL;
        free(line);
        if (hit)
            return true;
    }
    return false;
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
