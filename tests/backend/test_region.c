/* Which region: what can be one, and who is asked where nobody says. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/aws/region_names.h"
#include "backend/aws/session.h"
#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/rng.h"
#include "backend/base/scope.h"
#include "backend/net/loop.h"
#include "tests/lib/miniserver.h"

#define WALL 1795271527000 /* 2026-11-21T14:32:07Z */

struct lab {
    struct clock *clock;
    struct loop *loop;
    struct rng rng;
    const char *endpoint; /* AWS_ENDPOINT_URL, or NULL */
    struct miniserver *meta, *ecs; /* of the tests that ask an instance */
    struct aws_session *session;
    struct scope scope;
    int found; /* how often the session told that a search has ended */
};

static const char *lookup(void *arg, const char *name)
{
    const struct lab *l = arg;

    if (strcmp(name, "AWS_ENDPOINT_URL") == 0)
        return l->endpoint;
    if (strcmp(name, "AWS_ACCESS_KEY_ID") == 0)
        return "AKIDEXAMPLE";
    if (strcmp(name, "AWS_SECRET_ACCESS_KEY") == 0)
        return "s";
    if (strcmp(name, "AWS_EC2_METADATA_DISABLED") == 0)
        return l->meta ? NULL : "true";
    if (strcmp(name, "AWS_EC2_METADATA_SERVICE_ENDPOINT") == 0)
        return mini_url(l->meta);
    return NULL;
}

static int set_up(void **state)
{
    struct lab *l = xcalloc(1, sizeof(*l));

    l->clock = clock_new_driven(WALL);
    l->loop = loop_new(l->clock);
    rng_seed(&l->rng, 1);
    scope_init(&l->scope, NULL);
    *state = l;
    return 0;
}

static int tear_down(void **state)
{
    struct lab *l = *state;

    scope_cancel(&l->scope);
    aws_session_free(l->session);
    if (l->meta) {
        mini_free(l->meta);
        mini_free(l->ecs);
    }
    loop_free(l->loop);
    clock_free(l->clock);
    free(l);
    return 0;
}

static struct aws_session *session(struct lab *l, const char *region,
                                   const char *const *regions,
                                   struct err *err)
{
    struct aws_session_options o = {
        .env = {lookup, l}, .no_files = true, .region = region,
        .regions = regions};

    return aws_session_new(l->loop, &l->rng, &o, err);
}

static void every_listed_region_looks_like_one(void **state)
{
    static const char *const parts[] = {
        "us-east-1", "cn-north-1", "us-gov-west-1", "eusc-de-east-1",
        "us-iso-east-1", "us-isob-east-1", "eu-isoe-west-1",
        "us-isof-south-1"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        size_t n;
        const struct region_name *list = region_names(parts[i], &n);

        assert_true(n > 0);
        for (size_t k = 0; k < n; k++) {
            assert_true(region_looks_real(list[k].name));
            assert_true(region_is_listed(list[k].name));
            assert_string_equal(region_nearest(list[k].name), list[k].name);
        }
    }
}

/* Each name, what is said of it, and by whom. */
static void what_cannot_be_a_region_is_refused(void **state)
{
    static const struct {
        const char *name, *says;
    } rows[] = {
        {"mars", "\"mars\" (from --region) is no region of AWS: they are "
                 "named like eu-west-1."},
        {"EU-WEST-1", "did you mean eu-west-1?"},
        {"eu-west1", "did you mean eu-west-1?"},
        {"euwest1", "did you mean eu-west-1?"},
        {"ueewst-1", "did you mean eu-west-1?"},
        {"us-east-", "\"us-east-\" (from --region) can't be a region"},
        {"aws-global", "is no region of AWS"},
        {"us-east-1a", "did you mean us-east-1?"},
        {"1", "is no region of AWS"},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
         "they are named like"},
    };
    struct lab *l = *state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = {0};

        if (session(l, rows[i].name, NULL, &err))
            fail_msg("%s is taken", rows[i].name);
        assert_int_equal(err.code, ERR_CONFIG);
        if (!strstr(err.message, rows[i].says))
            fail_msg("%s: %s", rows[i].name, err.message);
    }
}

static void a_region_newer_than_the_list_is_doubted(void **state)
{
    static const struct {
        const char *name, *says; /* NULL: no doubt */
    } rows[] = {
        {"eu-west-1", NULL},
        {"us-gov-west-1", NULL},
        {"xx-moon-1", "none of the regions that were known when this program "
                      "was made."},
        {"eu-wset-1", "did you mean eu-west-1?"},
    };
    struct lab *l = *state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct aws_session *s = session(l, rows[i].name, NULL, NULL);
        char text[300] = "";

        assert_non_null(s);
        assert_int_equal(aws_session_region_doubt(s, text, sizeof(text)),
                         rows[i].says != NULL);
        if (rows[i].says && !strstr(text, rows[i].says))
            fail_msg("%s: %s", rows[i].name, text);
        aws_session_free(s);
    }
}

/* Moto, LocalStack and the like are anywhere; the demo has what it has. */
static void an_endpoint_of_ones_own_may_be_anywhere(void **state)
{
    static const char *const all[] = {"eu-west-1", "us-east-1", NULL};
    struct lab *l = *state;
    struct err err = {0};
    char text[300];

    l->endpoint = "http://127.0.0.1:9";
    struct aws_session *s = session(l, "mars", NULL, &err);
    assert_non_null(s);
    assert_false(aws_session_region_doubt(s, text, sizeof(text)));
    aws_session_free(s);
    assert_null(session(l, "eu-west-2", all, &err));
    assert_int_equal(err.code, ERR_CONFIG);
    assert_non_null(strstr(err.message, "there are eu-west-1, us-east-1."));
    assert_null(session(l, "mars.example.org/", NULL, &err));
}

/* ---- where nobody says: the instance ----------------------------------- */

static const struct aws_op list_op = {
    .service = AWS_ECS, .name = "ListClusters", .bucket = AWS_B_CLUSTER_READ,
    .timeout_ms = 5000};

struct got {
    int n;
    struct err err;
};

static void on_done(void *arg, const struct aws_reply *reply,
                    const struct err *err)
{
    struct got *g = arg;

    (void)reply;
    g->n++;
    if (err)
        g->err = *err;
}

static void on_region(void *arg)
{
    struct lab *l = arg;

    l->found++;
}

static void on_instance(struct lab *l)
{
    struct err err = {0};

    l->meta = mini_new(l->loop);
    l->ecs = mini_new(l->loop);
    l->endpoint = mini_url(l->ecs);
    struct aws_session_options o = {.env = {lookup, l}, .no_files = true,
                                    .ask_metadata = true};
    l->session = aws_session_new(l->loop, &l->rng, &o, &err);
    if (!l->session)
        fail_msg("%s", err.message);
    aws_session_on_region(l->session, on_region, l);
}

static void call(struct lab *l, const char *region, struct got *g)
{
    struct aws_call_opts opts = {.region = region};

    assert_int_equal(aws_call(aws_session_client(l->session), &l->scope,
                              &list_op, NULL, &opts, on_done, g, NULL), 0);
}

/* Until what is awaited has happened; far longer than it takes. */
static void turns(struct lab *l, const int *n, int want)
{
    for (int i = 0; i < 2000 && *n < want; i++) {
        loop_turn(l->loop, 10);
        clock_advance(l->clock, 1);
    }
    assert_int_equal(*n, want);
}

static void until_asked(struct lab *l, size_t n)
{
    for (int i = 0; i < 2000 && mini_count(l->meta) < n; i++)
        loop_turn(l->loop, 10);
    assert_int_equal(mini_count(l->meta), n);
}

static void signed_for(struct lab *l, size_t i, const char *region)
{
    char auth[600], scope[100];

    assert_non_null(mini_header(l->ecs, i, "Authorization", auth,
                                sizeof(auth)));
    snprintf(scope, sizeof(scope), "/%s/ecs/aws4_request", region);
    if (!strstr(auth, scope))
        fail_msg("not for %s: %s", region, auth);
}

static void calls_wait_for_the_region_of_the_instance(void **state)
{
    struct lab *l = *state;
    struct got g[3] = {{0}}, elsewhere = {0};

    on_instance(l);
    assert_string_equal(aws_session_region(l->session)->name, "");
    assert_true(aws_session_finds_region(l->session));
    mini_push(l->meta, &(struct mini_step){.act = MINI_HOLD, .body = "token"});
    mini_reply(l->meta, 200, "ap-south-1b");
    for (size_t i = 0; i < 4; i++)
        mini_reply(l->ecs, 200, "{}");
    for (size_t i = 0; i < ARRAY_LEN(g); i++)
        call(l, NULL, &g[i]);
    until_asked(l, 1);
    /* What names its region need not wait. */
    call(l, "eu-west-3", &elsewhere);
    turns(l, &elsewhere.n, 1);
    assert_int_equal(mini_count(l->ecs), 1);
    signed_for(l, 0, "eu-west-3");
    mini_release(l->meta);
    for (size_t i = 0; i < ARRAY_LEN(g); i++) {
        turns(l, &g[i].n, 1);
        assert_int_equal(g[i].err.code, ERR_NONE);
        signed_for(l, i + 1, "ap-south-1");
    }
    assert_int_equal(l->found, 1);
    assert_string_equal(aws_session_region(l->session)->source,
                        "instance metadata");
    assert_string_equal(aws_client_region(aws_session_client(l->session)),
                        "ap-south-1");
    assert_null(aws_session_lacks_region(l->session));
}

static void without_an_answer_they_fail_until_it_is_asked_again(void **state)
{
    struct lab *l = *state;
    struct got g[4] = {{0}};

    on_instance(l);
    mini_reply(l->meta, 200, "token");
    mini_reply(l->meta, 404, "");
    call(l, NULL, &g[0]);
    turns(l, &g[0].n, 1);
    assert_int_equal(g[0].err.code, ERR_CONFIG);
    assert_non_null(strstr(g[0].err.message, "No region is set."));
    assert_non_null(aws_session_lacks_region(l->session));
    call(l, NULL, &g[1]);
    turns(l, &g[1].n, 1);
    assert_int_equal(g[1].err.code, ERR_CONFIG);
    assert_int_equal(mini_count(l->ecs), 0);

    mini_reply(l->meta, 200, "token");
    mini_reply(l->meta, 200, "ap-south-1b");
    mini_reply(l->ecs, 200, "{}");
    aws_session_find_region(l->session);
    aws_session_find_region(l->session); /* it is being asked already */
    call(l, NULL, &g[2]);
    turns(l, &g[2].n, 1);
    assert_int_equal(g[2].err.code, ERR_NONE);
    signed_for(l, 0, "ap-south-1");
    assert_int_equal(mini_count(l->meta), 4);
    assert_int_equal(l->found, 2);
    aws_session_find_region(l->session); /* it is known */
    assert_false(aws_session_finds_region(l->session));
}

/* Whatever ends while it waits: the sanitiser looks on. */
static void what_waits_can_be_left(void **state)
{
    struct lab *l = *state;
    struct got g[3] = {{0}};
    struct scope own;

    on_instance(l);
    mini_push(l->meta, &(struct mini_step){.act = MINI_HOLD, .body = "token"});
    scope_init(&own, NULL);
    call(l, NULL, &g[0]);
    assert_int_equal(aws_call(aws_session_client(l->session), &own, &list_op,
                              NULL, NULL, on_done, &g[1], NULL), 0);
    call(l, NULL, &g[2]);
    until_asked(l, 1);
    scope_cancel(&own);
    scope_cancel(&l->scope);
    aws_session_free(l->session);
    l->session = NULL;
    mini_release(l->meta);
    loop_turn(l->loop, 10);
    for (size_t i = 0; i < ARRAY_LEN(g); i++)
        assert_int_equal(g[i].n, 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(every_listed_region_looks_like_one),
        T(what_cannot_be_a_region_is_refused),
        T(a_region_newer_than_the_list_is_doubted),
        T(an_endpoint_of_ones_own_may_be_anywhere),
        T(calls_wait_for_the_region_of_the_instance),
        T(without_an_answer_they_fail_until_it_is_asked_again),
        T(what_waits_can_be_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
