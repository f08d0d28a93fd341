/* The follower through the whole client against the simulator, whose faults
 * are on the wire: what it shows is what the world wrote. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "backend/aws/session.h"
#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/rng.h"
#include "backend/net/loop.h"
#include "backend/sim/sim.h"
#include "backend/sim/simlog.h"
#include "backend/svc/logsrc.h"

#define WALL 1795271527000
#define GROUP "/ecs/cart"

struct lab {
    struct clock *clock;
    struct loop *loop;
    struct rng rng;
    struct sim *sim;
    struct aws_session *session;
    struct logsrc *src;
    bool live; /* with a live tail, which is begun again when it ended */
};

static const char *lookup(void *arg, const char *name)
{
    struct lab *l = arg;
    if (strcmp(name, "AWS_ACCESS_KEY_ID") == 0)
        return sim_access_key(l->sim);
    if (strcmp(name, "AWS_SECRET_ACCESS_KEY") == 0)
        return sim_secret(l->sim);
    if (strcmp(name, "AWS_CONFIG_FILE") == 0 ||
        strcmp(name, "AWS_SHARED_CREDENTIALS_FILE") == 0)
        return "/nonexistent";
    return strcmp(name, "AWS_EC2_METADATA_DISABLED") == 0 ? "true" : NULL;
}

static int set_up(void **state)
{
    struct lab *l = xcalloc(1, sizeof(*l));
    struct err err;
    signal(SIGPIPE, SIG_IGN);
    l->clock = clock_new_driven(WALL);
    l->loop = loop_new(l->clock);
    rng_seed(&l->rng, 3);
    l->sim = sim_new(loop_uv(l->loop), &(struct sim_options){
        .seed = 7, .mode = SIM_CLOCK_DRIVEN, .start_ms = WALL,
        .clock = l->clock,
        .faults = "throttle:FilterLogEvents:skip=3:count=9,"
                  "reset-before:FilterLogEvents:skip=6:count=7,"
                  "truncate:FilterLogEvents:skip=20:count=2,"
                  "500:FilterLogEvents:skip=30:count=8,"
                  "expired:FilterLogEvents:skip=40:count=6"}, &err);
    assert_non_null(l->sim);
    l->session = aws_session_new(l->loop, &l->rng, &(struct
        aws_session_options){.env = {lookup, l}, .region = sim_region(l->sim),
                             .endpoint_url = sim_endpoint(l->sim),
                             .budget_unlimited = true}, &err);
    if (!l->session)
        fail_msg("%s", err.message);
    l->src = logsrc_new(&(struct logsrc_options){
        .clock = l->clock, .client = aws_session_client(l->session)});
    *state = l;
    return 0;
}

static int tear_down(void **state)
{
    struct lab *l = *state;
    logsrc_free(l->src);
    aws_session_free(l->session);
    sim_free(l->sim);
    loop_free(l->loop);
    clock_free(l->clock);
    free(l);
    return 0;
}

/* The first lines of the events that are shown. */
static size_t shown(struct lab *l, struct logbuf_line *out, size_t max)
{
    struct logbuf *b = logsrc_buf(l->src);
    size_t n = 0;
    for (size_t i = 0; i < logbuf_len(b) && n < max; i++) {
        logbuf_get(b, i, &out[n]);
        assert_int_not_equal(out[n].kind, LOG_GAP);
        n += out[n].kind == LOG_TEXT && !out[n].more;
    }
    return n;
}

static int by_times(const void *a, const void *b)
{
    const struct sim_log_event *x = a, *y = b;
    if (x->timestamp != y->timestamp)
        return x->timestamp < y->timestamp ? -1 : 1;
    return x->ingestion < y->ingestion ? -1 : x->ingestion > y->ingestion;
}

static void keep_live(struct lab *l)
{
    struct logsrc_live now;
    struct err err;
    logsrc_live(l->src, &now);
    if (l->live && (now.state == LOGSRC_LIVE_OFF ||
                    now.state == LOGSRC_LIVE_ENDED) &&
        logsrc_live_start(l->src, "aws", sim_world_of(l->sim)->account, &err))
        fail_msg("%s", err.message);
}

static void what_is_shown_is_what_was_written(void **state)
{
    struct lab *l = *state;
    struct err err;
    struct logsrc_stats s;
    struct sim_world *w = sim_world_of(l->sim);
    assert_int_equal(logsrc_add_group(l->src, NULL, GROUP, NULL, &err), 0);
    for (int i = 0; i < 400; i++) {
        keep_live(l);
        clock_advance(l->clock, 1000);
        assert_true(loop_until_idle(l->loop, 20000));
    }
    struct sim_stream *streams;
    struct sim_log_event *e = NULL;
    size_t n = 0, cap = 0;
    size_t n_streams = simlog_streams(w, GROUP, w->now_ms, &streams, NULL);
    for (size_t i = 0; i < n_streams; i++)
        simlog_events(w, &streams[i], WALL - 14 * 60000,
                      sim_now(l->sim) - 60000, sim_now(l->sim), &e, &n, &cap);
    qsort(e, n, sizeof(*e), by_times);
    assert_true(n > 300);
    size_t max = logbuf_len(logsrc_buf(l->src)) + 1, at = 0;
    struct logbuf_line *lines = xcalloc(max, sizeof(*lines));
    max = shown(l, lines, max);
    while (at < max && lines[at].timestamp_ms < WALL - 14 * 60000)
        at++;
    for (size_t i = 0; i < n; i++, at++) {
        assert_true(at < max);
        assert_int_equal(lines[at].timestamp_ms, e[i].timestamp);
        assert_int_equal(lines[at].ingestion_ms, e[i].ingestion);
    }
    logsrc_stats(l->src, &s);
    assert_true(s.failures >= 8 && s.duplicates > 0 && s.empty_pages > 0);
    assert_true(s.late > 0 && s.gaps == 0);
    assert_int_equal(s.live > 0, l->live);
    assert_string_equal(logsrc_status(l->src), "");
    free(lines);
    simlog_free(e, n);
    free(streams);
}

static void what_is_told_live_is_what_was_written(void **state)
{
    struct lab *l = *state;
    struct logsrc_stats s;
    struct err err;
    l->live = true;
    assert_int_equal(sim_fault_parse(l->sim,
        "deny:StartLiveTail:count=1,"
        "throttle:StartLiveTail:count=4,"
        "live-error:StartLiveTail:ms=9000:count=1,"
        "live-reset:StartLiveTail:ms=9000:count=1,"
        "live-end:StartLiveTail:ms=9000:count=1,"
        "live-mute:StartLiveTail:ms=9000:count=1,"
        "live-sample:StartLiveTail:bytes=2:ms=9000:count=1,"
        "expired:StartLiveTail:count=1", &err), 0);
    what_is_shown_is_what_was_written(state);
    logsrc_stats(l->src, &s);
    assert_true(s.live > 100 && s.live_confirmed > 50);
    assert_true(s.live_sampled > 10 && s.live_breaks >= 4);
    assert_int_equal(s.live_unconfirmed, 0);
    assert_true(sim_count(l->sim, "StartLiveTail") >= 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_shown_is_what_was_written,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_told_live_is_what_was_written,
                                        set_up, tear_down),
    };
    setlocale(LC_ALL, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
