/* Retry rules: the SDKs' vectors as tables, the settings, the adaptive rate,
 * and each mode on the wire. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/aws/profile.h"
#include "backend/aws/rate.h"
#include "backend/aws/retry.h"
#include "backend/aws/session.h"
#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/rng.h"
#include "backend/base/scope.h"
#include "backend/net/loop.h"
#include "tests/lib/miniserver.h"

#define WALL 1795271527000 /* 2026-11-21T14:32:07Z */

/* ---- delays and the bucket, rand = 1 ---- */

static void delays_follow_the_vectors(void **state)
{
    static const struct {
        const char *mode;
        bool of_2026;
        enum retry_kind kind;
        int i;
        double unit;
        int64_t hint;
        int64_t ms;
    } rows[] = {
        {"standard", true, RETRY_TRANSIENT, 0, 1, -1, 50},
        {"standard", true, RETRY_TRANSIENT, 1, 1, -1, 100},
        {"standard", true, RETRY_TIMEOUT, 1, 1, -1, 100},
        {"standard", true, RETRY_TRANSIENT, 20, 1, -1, 20000},
        {"standard", true, RETRY_TRANSIENT, 0, 0, -1, 0},
        {"standard", true, RETRY_TRANSIENT, 1, 0.5, -1, 50},
        {"standard", true, RETRY_THROTTLE, 0, 1, -1, 1000},
        {"standard", true, RETRY_THROTTLE, 9, 1, -1, 20000},
        {"standard", true, RETRY_TRANSIENT, 0, 1, 1500, 1500},
        {"standard", true, RETRY_TRANSIENT, 0, 1, 10000, 5050},
        {"standard", true, RETRY_TRANSIENT, 0, 1, 10, 50},
        {"adaptive", true, RETRY_TRANSIENT, 1, 1, -1, 100},
        {"standard", false, RETRY_TRANSIENT, 0, 1, -1, 1000},
        {"standard", false, RETRY_TRANSIENT, 1, 1, -1, 2000},
        {"standard", false, RETRY_THROTTLE, 2, 1, -1, 4000},
        {"standard", false, RETRY_TRANSIENT, 5, 1, -1, 20000},
        {"standard", false, RETRY_TRANSIENT, 0, 1, 1500, 1000},
        {"adaptive", false, RETRY_TRANSIENT, 1, 1, -1, 2000},
        {"legacy", false, RETRY_TRANSIENT, 0, 1, -1, 1000},
        {"legacy", false, RETRY_THROTTLE, 5, 1, -1, 32000},
        {"legacy", true, RETRY_TRANSIENT, 0, 1, 9000, 1000},
        {"legacy", true, RETRY_TRANSIENT, 99, 1, -1, 3600000},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct retry_rules *r = retry_rules_of(rows[i].mode,
                                                     rows[i].of_2026);
        int64_t ms = retry_delay_ms(r, rows[i].kind, rows[i].i, rows[i].unit,
                                    rows[i].hint);

        if (ms != rows[i].ms)
            fail_msg("row %zu: %lld", i, (long long)ms);
    }
    assert_int_equal(retry_parse_hint("1500"), 1500);
    assert_int_equal(retry_parse_hint("invalid"), -1);
    assert_int_equal(retry_parse_hint("-5"), -1);
    assert_int_equal(retry_parse_hint(NULL), -1);
}

/* A script of tries: the kind of each failure, '2' for a 200. */
static void bucket_follows_the_vectors(void **state)
{
    static const struct {
        const char *mode;
        bool of_2026;
        int start;
        const char *tries; /* e = 500, t = timeout, h = throttle, 2 = 200 */
        int quota[4];      /* after each */
        bool gave_up;      /* the bucket, not the count of tries */
    } rows[] = {
        {"standard", true, 500, "ee2", {486, 472, 486}, false},
        {"standard", true, 500, "ee", {486, 472}, false},
        {"standard", true, 500, "h2", {495, 500}, false},
        {"standard", true, 500, "t2", {486, 500}, false},
        {"standard", true, 500, "2", {500}, false},
        {"standard", true, 490, "2", {491}, false},
        {"standard", true, 14, "ee", {0, 0}, true},
        {"standard", true, 13, "e", {13}, true},
        {"standard", true, 4, "h", {4}, true},
        {"standard", false, 500, "ee2", {495, 490, 495}, false},
        {"standard", false, 500, "t2", {490, 500}, false},
        {"standard", false, 500, "h2", {495, 500}, false},
        {"standard", false, 5, "ee", {0, 0}, true},
        {"standard", false, 9, "t", {9}, true},
        {"adaptive", false, 500, "e2", {495, 500}, false},
        {"legacy", false, 0, "ehte", {0, 0, 0, 0}, false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct retry_rules *r = retry_rules_of(rows[i].mode,
                                                     rows[i].of_2026);
        struct retry_quota q;
        int paid = 0;
        bool gave_up = false;

        retry_quota_init(&q);
        assert_int_equal(q.tokens, 500);
        q.tokens = rows[i].start;
        for (size_t k = 0; rows[i].tries[k]; k++) {
            char c = rows[i].tries[k];

            if (c == '2')
                retry_refund(&q, paid);
            else
                gave_up = !retry_take(&q, r, c == 'e' ? RETRY_TRANSIENT
                                             : c == 't' ? RETRY_TIMEOUT
                                                        : RETRY_THROTTLE,
                                      &paid);
            if (q.tokens != rows[i].quota[k])
                fail_msg("row %zu, try %zu: %d", i, k, q.tokens);
        }
        assert_int_equal(gave_up, rows[i].gave_up);
    }
}

static void errors_ask_for_their_kind(void **state)
{
    static const struct {
        enum err_code code;
        bool retryable;
        enum retry_kind kind;
    } rows[] = {
        {ERR_THROTTLED, true, RETRY_THROTTLE},
        {ERR_TIMEOUT, true, RETRY_TIMEOUT},
        {ERR_NET, true, RETRY_TRANSIENT},
        {ERR_AWS, true, RETRY_TRANSIENT},
        {ERR_AWS, false, RETRY_NONE},
        {ERR_THROTTLED, false, RETRY_NONE},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = {.code = rows[i].code,
                          .retryable = rows[i].retryable};

        assert_int_equal(retry_kind_of(&err), rows[i].kind);
    }
}

/* ---- settings ---- */

struct settings {
    const char *mode, *most, *of_2026, *config;
};

static const char *lookup(void *arg, const char *name)
{
    const struct settings *s = arg;

    if (strcmp(name, "AWS_RETRY_MODE") == 0)
        return s->mode;
    if (strcmp(name, "AWS_MAX_ATTEMPTS") == 0)
        return s->most;
    if (strcmp(name, "AWS_NEW_RETRIES_2026") == 0)
        return s->of_2026;
    if (strcmp(name, "AWS_CONFIG_FILE") == 0)
        return s->config ? s->config : "/nonexistent";
    if (strcmp(name, "AWS_SHARED_CREDENTIALS_FILE") == 0)
        return "/nonexistent";
    if (strcmp(name, "AWS_ACCESS_KEY_ID") == 0)
        return "AKIDEXAMPLE";
    if (strcmp(name, "AWS_SECRET_ACCESS_KEY") == 0)
        return "s";
    return NULL;
}

static void settings_choose_the_rules(void **state)
{
    static const struct {
        struct settings s;
        const char *file; /* of the default profile */
        const char *name; /* NULL = an error that names... */
        bool of_2026;
        int attempts;
        const char *blamed;
    } rows[] = {
        {{0}, "", "standard", true, 3, NULL},
        {{.of_2026 = "false"}, "", "standard", false, 3, NULL},
        {{.mode = "standard"}, "", "standard", false, 3, NULL},
        {{.mode = "standard", .of_2026 = "true"}, "", "standard", true, 3,
         NULL},
        {{.mode = "Legacy"}, "", "legacy", false, 5, NULL},
        {{.mode = "adaptive"}, "", "adaptive", false, 3, NULL},
        {{.mode = "adaptive", .of_2026 = "true"}, "", "adaptive", true, 3,
         NULL},
        {{.mode = "legacy", .most = "7"}, "", "legacy", false, 7, NULL},
        {{.most = "1"}, "max_attempts = 9", "standard", true, 1, NULL},
        {{0}, "max_attempts = 9", "standard", true, 9, NULL},
        {{0}, "retry_mode = legacy", "legacy", false, 5, NULL},
        {{.mode = "adaptive"}, "retry_mode = legacy", "adaptive", false, 3,
         NULL},
        {{.mode = "eager"}, "", NULL, false, 0, "AWS_RETRY_MODE"},
        {{0}, "retry_mode = eager", NULL, false, 0, "retry_mode"},
        {{.most = "0"}, "", NULL, false, 0, "AWS_MAX_ATTEMPTS"},
        {{.most = "-1"}, "", NULL, false, 0, "AWS_MAX_ATTEMPTS"},
        {{.most = "many"}, "", NULL, false, 0, "AWS_MAX_ATTEMPTS"},
        {{0}, "max_attempts = 3x", NULL, false, 0, "max_attempts"},
    };
    const char *dir = getenv("TMPDIR");
    char *path = xasprintf("%s/ecsdash-test-XXXXXX", dir ? dir : "/tmp");

    (void)state;
    close(mkstemp(path));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct settings s = rows[i].s;
        struct aws_env env = {lookup, &s};
        struct profile *p;
        struct retry_policy policy;
        struct err err = {0};
        FILE *f = fopen(path, "w");
        int rc;

        fprintf(f, "[default]\n%s\n", rows[i].file);
        fclose(f);
        s.config = path;
        p = profile_load(&env, NULL, NULL);
        rc = retry_policy_resolve(&env, p, &policy, &err);
        profile_free(p);
        if (!rows[i].name) {
            assert_int_equal(rc, -1);
            assert_int_equal(err.code, ERR_CONFIG);
            assert_memory_equal(err.message, rows[i].blamed,
                                strlen(rows[i].blamed));
            continue;
        }
        assert_int_equal(rc, 0);
        if (policy.rules != retry_rules_of(rows[i].name, rows[i].of_2026) ||
            policy.attempts != rows[i].attempts)
            fail_msg("row %zu: %s, %d", i, policy.rules->name,
                     policy.attempts);
    }
    unlink(path);
    free(path);
}

/* ---- the adaptive rate ---- */

static void rate_grows_along_the_curve(void **state)
{
    /* 10 a second failed at second 5; by 0.4 (t-5-k)^3 + 10. */
    static const double want[] = {7.0, 9.648936, 10.000031, 10.453285,
                                  13.408697, 21.266268, 36.425999};
    struct rate r;

    (void)state;
    rate_init(&r, 5000);
    r.measured = 10;
    rate_update(&r, 5000, true);
    assert_true(fabs(r.max - 7.0) < 0.001);
    for (int s = 0; s < 7; s++) {
        struct rate at = r;

        at.measured = 1000; /* no other limit */
        at.bucket_s = 1000;
        rate_update(&at, 5000 + s * 1000, false);
        if (fabs(at.max - want[s]) > 0.001)
            fail_msg("second %d: %f", s, at.max);
    }
}

static void rate_is_at_most_twice_what_was_measured(void **state)
{
    struct rate r;

    (void)state;
    rate_init(&r, 0);
    r.measured = 10;
    rate_update(&r, 0, true);
    r.bucket_s = 1000;
    r.measured = 4;
    rate_update(&r, 6000, false); /* the curve says 36 */
    assert_true(fabs(r.max - 8.0) < 0.001);
}

static void rate_is_measured_in_smoothed_buckets(void **state)
{
    struct rate r;

    (void)state;
    rate_init(&r, 0);
    for (int i = 0; i < 5; i++) /* 0, 100 .. 400 ms: one bucket */
        rate_update(&r, i * 100, false);
    assert_true(r.measured == 0);
    rate_update(&r, 500, false); /* six in half a second, at 0.8 */
    assert_true(fabs(r.measured - 9.6) < 0.001);
    rate_update(&r, 1500, false); /* one in a second */
    assert_true(fabs(r.measured - (0.8 + 0.2 * 9.6)) < 0.001);
}

static void rate_holds_nothing_back_before_a_throttle(void **state)
{
    struct rate r;

    (void)state;
    rate_init(&r, 0);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(rate_take(&r, i), 0);
        rate_update(&r, i, false);
    }
    rate_init(&r, 0);
    rate_update(&r, 0, true); /* at once: the least rate, one in 2 s */
    assert_int_equal(rate_take(&r, 0), 2000);
    assert_int_equal(rate_take(&r, 0), 4000); /* behind the first */
    assert_int_equal(rate_take(&r, 60000), 0); /* the debt is paid */
}

/* ---- on the wire ---- */

static const struct aws_op list_op = {
    .service = AWS_ECS, .name = "ListServices", .bucket = AWS_B_SERVICE_READ};

struct lab {
    struct clock *clock;
    struct loop *loop;
    struct rng rng;
    struct miniserver *server;
    struct aws_session *session;
    struct scope scope;
    int n; /* completions */
    struct err err;
};

static void on_done(void *arg, const struct aws_reply *r,
                    const struct err *err)
{
    struct lab *l = arg;

    (void)r;
    l->n++;
    l->err = err ? *err : (struct err){0};
}

static void lab_open(struct lab *l, const struct settings *s)
{
    struct aws_session_options o = {
        .env = {lookup, (void *)(uintptr_t)s}, .region = "us-east-1"};

    memset(l, 0, sizeof(*l));
    l->clock = clock_new_driven(WALL);
    l->loop = loop_new(l->clock);
    rng_seed(&l->rng, 1);
    l->server = mini_new(l->loop);
    scope_init(&l->scope, NULL);
    o.endpoint_url = mini_url(l->server);
    l->session = aws_session_new(l->loop, &l->rng, &o, NULL);
    assert_non_null(l->session);
}

static void lab_close(struct lab *l)
{
    scope_cancel(&l->scope);
    aws_session_free(l->session);
    mini_free(l->server);
    loop_free(l->loop);
    clock_free(l->clock);
}

static void call(struct lab *l)
{
    assert_int_equal(aws_call(aws_session_client(l->session), &l->scope,
                              &list_op, NULL, NULL, on_done, l, NULL), 0);
    assert_true(loop_until_idle(l->loop, 20000));
}

/* Walks the clock until done; returns the simulated time that it took. */
static int64_t run(struct lab *l)
{
    int64_t start = clock_mono_ms(l->clock);

    l->n = 0;
    call(l);
    for (int i = 0; i < 2000 && l->n == 0; i++) {
        clock_advance(l->clock, 100);
        assert_true(loop_until_idle(l->loop, 20000));
    }
    assert_int_equal(l->n, 1);
    return clock_mono_ms(l->clock) - start;
}

static void modes_differ_on_the_wire(void **state)
{
    static const struct {
        struct settings s;
        size_t tries;
        int64_t most_ms; /* of waiting, were rand 1 */
    } rows[] = {
        {{0}, 3, 50 + 100},
        {{.mode = "standard"}, 3, 1000 + 2000},
        {{.mode = "legacy"}, 5, 1000 + 2000 + 4000 + 8000},
        {{.most = "1"}, 1, 0},
        {{.mode = "adaptive", .most = "2"}, 2, 1000},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct lab l;

        lab_open(&l, &rows[i].s);
        for (size_t k = 0; k < rows[i].tries; k++)
            mini_reply(l.server, 500, "{}");
        mini_reply(l.server, 200, "{}"); /* one too late */
        /* The walk is in steps of 100 ms, one a try. */
        assert_in_range(run(&l), 0,
                        rows[i].most_ms + 100 * (int64_t)rows[i].tries);
        assert_int_equal(l.err.http_status, 500);
        assert_int_equal(mini_count(l.server), rows[i].tries);
        lab_close(&l);
    }
}

static void adaptive_mode_slows_down_after_a_throttle(void **state)
{
    static const struct settings plain = {.mode = "standard"};
    static const struct settings adaptive = {.mode = "adaptive"};
    struct lab l;
    int64_t ms[2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        lab_open(&l, i ? &adaptive : &plain);
        mini_reply(l.server, 400, "{\"__type\":\"ThrottlingException\"}");
        for (int k = 0; k < 4; k++)
            mini_reply(l.server, 200, "{}");
        ms[i] = 0;
        for (int k = 0; k < 4; k++)
            ms[i] += run(&l);
        assert_int_equal(mini_count(l.server), 5);
        lab_close(&l);
    }
    /* The standard mode waits once, the other one before each try too. */
    assert_in_range(ms[0], 0, 1200);
    assert_true(ms[1] >= 2 * ms[0]);
}

static void calls_in_flight_share_one_clock_correction(void **state)
{
    static const struct settings s = {0};
    static const char reply[] = "{\"__type\":\"InvalidSignatureException\"}";
    struct lab l;

    (void)state;
    lab_open(&l, &s);
    for (int i = 0; i < 3; i++)
        mini_push(l.server, &(struct mini_step){
            .act = MINI_HOLD, .status = 403, .body = reply,
            .headers = "Date: Sat, 21 Nov 2026 15:32:07 GMT\r\n"});
    for (int i = 0; i < 3; i++)
        mini_reply(l.server, 200, "{}");
    for (int i = 0; i < 3; i++)
        assert_int_equal(aws_call(aws_session_client(l.session), &l.scope,
                                  &list_op, NULL, NULL, on_done, &l, NULL),
                         0);
    while (mini_count(l.server) < 3)
        loop_turn(l.loop, 1000);
    mini_release(l.server); /* all three were signed by the wrong clock */
    assert_true(loop_until_idle(l.loop, 20000));
    assert_int_equal(l.n, 3);
    assert_int_equal(l.err.code, 0);
    assert_int_equal(mini_count(l.server), 6);
    lab_close(&l);
}

/* Who is believed to be a clock, and from how far. Signed at 14:32:07. */
static void clock_is_corrected_by_the_rule(void **state)
{
    static const struct {
        const char *code, *date;
        bool retried;
    } rows[] = {
        {"InvalidSignatureException", "Sat, 21 Nov 2026 14:36:08 GMT", true},
        {"InvalidSignatureException", "Sat, 21 Nov 2026 14:36:07 GMT", false},
        {"InvalidSignatureException", "Sat, 21 Nov 2026 14:28:06 GMT", true},
        {"InvalidSignatureException", "Sat, 21 Nov 2026 14:28:07 GMT", false},
        {"SignatureDoesNotMatch", "Sat, 21 Nov 2026 15:32:07 GMT", true},
        {"AuthFailure", "Sat, 21 Nov 2026 15:32:07 GMT", true},
        {"RequestTimeTooSkewed", "Sat, 21 Nov 2026 15:32:07 GMT", true},
        {"AccessDeniedException", "Sat, 21 Nov 2026 15:32:07 GMT", true},
        {"RequestInTheFuture", "Sat, 21 Nov 2026 15:32:07 GMT", false},
        {"ClientException", "Sat, 21 Nov 2026 15:32:07 GMT", false},
        {"InvalidSignatureException", "yesterday", false},
    };
    static const struct settings s = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct lab l;
        char headers[100], body[100];

        lab_open(&l, &s);
        snprintf(headers, sizeof(headers), "Date: %s\r\n", rows[i].date);
        snprintf(body, sizeof(body), "{\"__type\":\"%s\"}", rows[i].code);
        mini_push(l.server, &(struct mini_step){
            .status = 403, .headers = headers, .body = body});
        /* Never more than one correction a call. */
        mini_push(l.server, &(struct mini_step){
            .status = 403, .headers = "Date: Sat, 21 Nov 2026 20:00:00 GMT"
            "\r\n", .body = body});
        run(&l);
        if (mini_count(l.server) != (rows[i].retried ? 2 : 1))
            fail_msg("row %zu: %zu tries", i, mini_count(l.server));
        assert_int_equal(l.err.http_status, 403);
        assert_int_equal(
            aws_client_clock_skew_ms(aws_session_client(l.session)) != 0,
            rows[i].retried);
        lab_close(&l);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delays_follow_the_vectors),
        cmocka_unit_test(bucket_follows_the_vectors),
        cmocka_unit_test(errors_ask_for_their_kind),
        cmocka_unit_test(settings_choose_the_rules),
        cmocka_unit_test(rate_grows_along_the_curve),
        cmocka_unit_test(rate_is_at_most_twice_what_was_measured),
        cmocka_unit_test(rate_is_measured_in_smoothed_buckets),
        cmocka_unit_test(rate_holds_nothing_back_before_a_throttle),
        cmocka_unit_test(modes_differ_on_the_wire),
        cmocka_unit_test(adaptive_mode_slows_down_after_a_throttle),
        cmocka_unit_test(calls_in_flight_share_one_clock_correction),
        cmocka_unit_test(clock_is_corrected_by_the_rule),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
