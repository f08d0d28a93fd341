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
#include "backend/net/loop.h"

#define WALL 1795271527000 /* 2026-11-21T14:32:07Z */

struct lab {
    struct clock *clock;
    struct loop *loop;
    struct rng rng;
    const char *endpoint; /* AWS_ENDPOINT_URL, or NULL */
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
        return "true";
    return NULL;
}

static int set_up(void **state)
{
    struct lab *l = xcalloc(1, sizeof(*l));

    l->clock = clock_new_driven(WALL);
    l->loop = loop_new(l->clock);
    rng_seed(&l->rng, 1);
    *state = l;
    return 0;
}

static int tear_down(void **state)
{
    struct lab *l = *state;

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

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(every_listed_region_looks_like_one),
        T(what_cannot_be_a_region_is_refused),
        T(a_region_newer_than_the_list_is_doubted),
        T(an_endpoint_of_ones_own_may_be_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
