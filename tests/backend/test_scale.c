/* Stores over the real client against the simulator, all on one driven clock:
 * how many calls a large account costs, in which order, and what ten users do
 * to its quotas. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "backend/aws/budget.h"
#include "backend/aws/session.h"
#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/rng.h"
#include "backend/net/loop.h"
#include "backend/sim/sim.h"
#include "backend/store/store.h"

#define WALL 1795271527000 /* 2026-11-21T14:32:07Z */

enum { USERS = 10, SCREEN = 40 };

struct user {
    struct aws_session *session;
    struct store *store;
    struct subscription *sub;
};

struct lab {
    struct clock *clock;
    struct loop *loop;
    struct rng rng;
    struct sim *sim;
    struct user users[USERS];
    size_t n;
};

static const char *lookup(void *arg, const char *name)
{
    struct lab *l = arg;

    if (strcmp(name, "AWS_ACCESS_KEY_ID") == 0)
        return sim_access_key(l->sim);
    return strcmp(name, "AWS_SECRET_ACCESS_KEY") == 0 ? sim_secret(l->sim)
                                                      : NULL;
}

static void open_lab(struct lab *l, const char *world, const char *faults)
{
    struct err err = {0};

    memset(l, 0, sizeof(*l));
    signal(SIGPIPE, SIG_IGN);
    l->clock = clock_new_driven(WALL);
    l->loop = loop_new(l->clock);
    rng_seed(&l->rng, 5);
    l->sim = sim_new(loop_uv(l->loop),
                     &(struct sim_options){.world = world, .seed = 7,
                                           .mode = SIM_CLOCK_DRIVEN,
                                           .clock = l->clock,
                                           .faults = faults}, &err);
    if (!l->sim)
        fail_msg("%s", err.message);
}

static void on_snapshot(void *arg, const struct snapshot *snap)
{
    (void)arg;
    (void)snap;
}

static struct user *add_user(struct lab *l, bool unlimited)
{
    struct user *u = &l->users[l->n++];
    struct err err = {0};

    u->session = aws_session_new(
        l->loop, &l->rng,
        &(struct aws_session_options){
            .env = {lookup, l}, .no_files = true,
            .region = sim_region(l->sim),
            .endpoint_url = sim_endpoint(l->sim),
            .budget_unlimited = unlimited}, &err);
    if (!u->session)
        fail_msg("%s", err.message);
    u->store = store_new(l->loop, aws_session_client(u->session),
                         &(struct store_options){.seed = 100 + l->n});
    return u;
}

static struct subscription *watch(struct user *u, enum query_kind kind)
{
    struct query q = {.kind = kind};

    return store_subscribe(u->store, &q, on_snapshot, NULL);
}

static void close_lab(struct lab *l)
{
    for (size_t i = 0; i < l->n; i++) {
        subscription_close(l->users[i].sub);
        store_free(l->users[i].store);
        aws_session_free(l->users[i].session);
    }
    sim_free(l->sim);
    loop_free(l->loop);
    clock_free(l->clock);
}

/* What a table does: the first rows are on screen. */
static void look(struct subscription *sub, size_t from)
{
    const struct snapshot *s = subscription_snapshot(sub);
    const char *keys[SCREEN];
    size_t n = 0;

    for (; s && n < SCREEN && from + n < s->n_rows; n++)
        keys[n] = s->rows[from + n].key;
    if (n)
        subscription_set_window(sub, keys, n);
}

static void turn(struct lab *l, int ms)
{
    clock_advance(l->clock, ms);
    assert_true(loop_until_idle(l->loop, 120000));
}

static void pass(struct lab *l, int ms)
{
    for (; ms > 0; ms -= 250)
        turn(l, 250);
}

static size_t ceil_div(size_t n, size_t k)
{
    return (n + k - 1) / k;
}

/* Requests of that operation whose body holds the text. */
static size_t asked(struct lab *l, const char *op, const char *text)
{
    size_t n = 0;

    for (size_t i = 0; i < sim_requests(l->sim); i++) {
        const struct sim_request *r = sim_request_at(l->sim, i);

        n += strcmp(r->operation, op) == 0 && strstr(r->body, text) != NULL;
    }
    return n;
}

static size_t throttled(struct lab *l)
{
    size_t n = 0;

    for (size_t i = 0; i < sim_requests(l->sim); i++)
        n += sim_request_at(l->sim, i)->status == 400;
    return n;
}

static void settle(struct lab *l, struct subscription *sub)
{
    for (int i = 0; i < 400 && !subscription_settled(sub); i++)
        turn(l, 5);
    assert_true(subscription_settled(sub));
    assert_true(subscription_snapshot(sub)->complete);
}

static void a_refresh_is_its_list_pages_and_full_batches(void **state)
{
    struct lab l;
    struct user *u;
    struct subscription *tasks;
    size_t running = 0, stopped = 0;

    (void)state;
    open_lab(&l, "clusters=1,services=2000,tasks=20000", NULL);
    u = add_user(&l, true);
    u->sub = watch(u, QUERY_SERVICES);
    settle(&l, u->sub);
    assert_int_equal(subscription_snapshot(u->sub)->loaded, 2000);
    assert_int_equal(sim_count(l.sim, "ListClusters"), 1);
    assert_int_equal(sim_count(l.sim, "ListServices"), 20);
    assert_int_equal(sim_count(l.sim, "DescribeServices"), 200);
    assert_int_equal(asked(&l, "ListTasks", "RUNNING"), 0);
    tasks = watch(u, QUERY_TASKS);
    settle(&l, tasks);
    for (size_t i = 0; i < subscription_snapshot(tasks)->n_rows; i++) {
        const struct task_row *r = subscription_snapshot(tasks)->rows[i].data;

        bool runs = strcmp(r->task->desired_status, "RUNNING") == 0;

        running += runs;
        stopped += !runs;
    }
    assert_true(running >= 19000);
    assert_int_equal(asked(&l, "ListTasks", "RUNNING"),
                     ceil_div(running, 100));
    assert_int_equal(asked(&l, "ListTasks", "STOPPED"),
                     stopped ? ceil_div(stopped, 100) : 1);
    assert_in_range(sim_count(l.sim, "DescribeTasks"),
                    ceil_div(running + stopped, 100),
                    ceil_div(running, 100) + ceil_div(stopped, 100));
    assert_int_equal(sim_count(l.sim, "DescribeServices"), 200);
    assert_int_equal(sim_count(l.sim, "ListClusters"), 1);
    subscription_close(tasks);
    close_lab(&l);
}

/* With the default share: the screen first, all of it within a minute, and
 * then at most 8 % of AWS's rate. */
static void a_large_cluster_is_usable_at_once(void **state)
{
    struct lab l;
    struct user *u;
    const struct snapshot *s;
    size_t before, after;
    int ms = 0;

    (void)state;
    open_lab(&l, "clusters=1,services=2000,tasks=20000", NULL);
    u = add_user(&l, false);
    u->sub = watch(u, QUERY_SERVICES);
    turn(&l, 1);
    turn(&l, 1);
    assert_true(subscription_snapshot(u->sub)->n_rows >= 100);
    look(u->sub, 0);
    pass(&l, 1000);
    s = subscription_snapshot(u->sub);
    for (size_t i = 0; i < SCREEN; i++)
        assert_false(((const struct service_row *)s->rows[i].data)->loading);
    assert_true(s->n_rows > s->loaded); /* the rest is counted */
    /* Scrolled far down: that comes next. */
    pass(&l, 4000);
    look(u->sub, subscription_snapshot(u->sub)->n_rows - SCREEN);
    before = subscription_snapshot(u->sub)->n_rows - SCREEN;
    s = snapshot_ref(subscription_snapshot(u->sub));
    pass(&l, 2000);
    for (size_t i = 0; i < SCREEN; i++) {
        const struct snap_row *row = snapshot_find(
            subscription_snapshot(u->sub), s->rows[before + i].key);

        assert_false(((const struct service_row *)row->data)->loading);
    }
    snapshot_unref(s);
    for (ms = 7000; !subscription_snapshot(u->sub)->complete && ms < 90000;
         ms += 250)
        turn(&l, 250);
    assert_true(ms <= 60000);
    pass(&l, 30000);
    before = sim_count(l.sim, "DescribeServices") +
             sim_count(l.sim, "ListServices");
    after = sim_count(l.sim, "ListTasks") + sim_count(l.sim, "DescribeTasks");
    pass(&l, 120000);
    before = sim_count(l.sim, "DescribeServices") +
             sim_count(l.sim, "ListServices") - before;
    after = sim_count(l.sim, "ListTasks") + sim_count(l.sim, "DescribeTasks") -
            after;
    assert_true(before <= 2 * 96 && after <= 2 * 96); /* 8 % of 20/s */
    close_lab(&l);
}

static void ten_users_stay_within_the_quotas_of_an_account(void **state)
{
    struct lab l;
    size_t early, late;

    (void)state;
    open_lab(&l, "clusters=1,services=300,tasks=1500", "quota");
    for (int i = 0; i < USERS; i++) {
        struct user *u = add_user(&l, false);

        u->sub = watch(u, QUERY_SERVICES);
    }
    for (int i = 0; i < 240; i++) { /* two minutes */
        turn(&l, 500);
        for (size_t k = 0; k < USERS; k++)
            look(l.users[k].sub, 0);
    }
    early = throttled(&l);
    assert_true(early * 10 <= sim_requests(l.sim)); /* all at one instant */
    sim_forget_requests(l.sim);
    for (size_t k = 0; k < USERS; k++) {
        const struct snapshot *s = subscription_snapshot(l.users[k].sub);

        assert_int_equal(s->loaded, 300);
    }
    pass(&l, 180000);
    late = throttled(&l);
    assert_true(late * 100 <= sim_requests(l.sim));
    for (size_t k = 0; k < USERS; k++) {
        const struct snapshot *s = subscription_snapshot(l.users[k].sub);

        assert_true(s->complete);
        assert_int_equal(s->error.code, ERR_NONE);
        assert_true(clock_wall_ms(l.clock) - s->fetched_ms <= 10000);
    }
    close_lab(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refresh_is_its_list_pages_and_full_batches),
        cmocka_unit_test(a_large_cluster_is_usable_at_once),
        cmocka_unit_test(ten_users_stay_within_the_quotas_of_an_account),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
