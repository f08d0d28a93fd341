/* Whatever is under way, it may be closed after any turn of the loop: each
 * view by Esc, each question by Esc, and the whole program at once. ASan sees
 * what is touched after it is gone; loop_free() what is left open. */
#include "tests/flow/lab.h"

#include "views/view.h"

enum { MAX_TURNS = 400 };

/* From the services of a cluster; the last key starts what is closed. */
static const struct course {
    const char *name;
    const char *keys[8];
} courses[] = {
    {"clusters", {"CLUSTERS"}},
    {"tasks", {"t"}},
    {"containers", {"t", "<Enter>"}},
    {"detail", {"d"}},
    {"json", {"y"}},
    {"events", {"e"}},
    {"log", {"l"}},
    {"log of a task", {"t", "l"}},
    {"last log", {"t", "p"}},
    {"window of a log", {"l", "6"}},
    {"detail of a task", {"t", "d"}},
    {"whoami", {"W"}},
    {"refresh", {"r"}},
    {"scale dialog", {"S"}},
    {"restart dialog", {"R"}},
    {"rollback dialog", {"B"}},
    {"stop dialog", {"t", "K"}},
    {"restart confirmed", {"R", "<Tab>", "<Enter>"}},
    {"stop confirmed", {"t", "K", "<Tab>", "<Enter>"}},
    {"region", {"%"}},
};

static void to_root(struct lab *l)
{
    to_services(l, "catalog-api");
    pass(l, 500);
}

static void start(struct lab *l, const struct course *c)
{
    for (size_t i = 0; i < 8 && c->keys[i]; i++) {
        step(l, c->keys[i]);
        if (i + 1 < 8 && c->keys[i + 1]) {
            settle(l);
            pass(l, 500);
        }
    }
}

/* One turn, with what is due in it. False when nothing is under way. */
static bool turn(struct lab *l)
{
    clock_advance(l->clock, 2);
    loop_turn(l->loop, 2);
    return loop_work_pending(l->loop) > 0;
}

/* k turns; true when it was over before. */
static bool turns(struct lab *l, int k)
{
    int quiet = 0;
    for (int i = 0; i < k; i++) {
        quiet = turn(l) ? 0 : quiet + 1;
        if (quiet == 3)
            return true;
    }
    return false;
}

static void close_all(struct lab *l)
{
    for (int i = 0; i < 10 && (l->app->depth > 1 || l->app->dialog.open ||
                               l->app->menu.open || l->app->prompt.open);
         i++)
        key(l, "<Esc>");
    assert_int_equal(l->app->depth, 1);
    assert_false(l->app->dialog.open || l->app->menu.open);
}

static void a_view_may_be_closed_after_any_turn(void **state)
{
    struct lab *l = *state;
    open_app(l, "quiet", false, &kind_services, "catalog-api");
    int closed = 0;
    for (size_t c = 0; c < ARRAY_LEN(courses); c++) {
        bool over = false;
        for (int k = 0; !over; k++) {
            if (k == MAX_TURNS)
                fail_msg("%s never comes to rest", courses[c].name);
            to_root(l);
            start(l, &courses[c]);
            over = turns(l, k);
            close_all(l);
            closed++;
            /* What was left behind may still come: it finds nobody. */
            if (k % 2)
                settle(l);
        }
        settle(l);
        pass(l, 1000);
        assert_int_equal(l->app->depth, 1);
    }
    assert_true(closed > 5 * (int)ARRAY_LEN(courses));
}

/* The program ends amid all of it. */
static void the_program_may_end_after_any_turn(void **state)
{
    (void)state;
    int ended = 0;
    for (size_t c = 0; c < ARRAY_LEN(courses); c++) {
        bool over = false;
        /* All of the first turns, then every third. */
        for (int k = 0; !over; k += k < 12 ? 1 : 3) {
            void *fresh = NULL;
            if (k >= MAX_TURNS)
                fail_msg("%s never comes to rest", courses[c].name);
            set_up(&fresh);
            struct lab *l = fresh;
            open_app(l, "quiet", false, &kind_services, "catalog-api");
            start(l, &courses[c]);
            over = turns(l, k);
            tear_down(&fresh);
            ended++;
        }
    }
    assert_true(ended > 5 * (int)ARRAY_LEN(courses));
}

/* And before there was a first row. */
static void the_program_may_end_while_it_starts(void **state)
{
    (void)state;
    for (int k = 0; k < 60; k++) {
        void *fresh = NULL;
        set_up(&fresh);
        struct lab *l = fresh;
        l->early = true;
        open_app(l, "default", false, &kind_services, NULL);
        turns(l, k);
        tear_down(&fresh);
    }
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_view_may_be_closed_after_any_turn),
        cmocka_unit_test(the_program_may_end_after_any_turn),
        cmocka_unit_test(the_program_may_end_while_it_starts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
