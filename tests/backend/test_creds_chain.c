/* The chain itself: sharing, windows, pauses, watched files, notes; with one
 * provider that does what the test says. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/aws/creds.h"
#include "backend/base/clock.h"
#include "backend/base/mem.h"

#define WALL 1795271527000 /* 2026-11-21T14:32:07Z */
#define MIN (60 * 1000)

/* A provider is const: its state is here. */
static struct {
    int starts;
    struct cred_turn *turn;
    const char *watch;
} late;

static void late_start(struct cred_turn *turn)
{
    late.starts++;
    late.turn = turn;
    if (late.watch)
        cred_watch(turn, late.watch);
}

static void never_start(struct cred_turn *turn)
{
    cred_pass(turn, "profile \"%s\" has no such key", "x\033[2J");
}

static const struct cred_provider late_provider = {
    .name = "late", .help = "helps late", .start = late_start};
static const struct cred_provider never_provider = {
    .name = "never", .help = "helps never", .start = never_start};
static const struct cred_provider *const table[] = {
    &never_provider, &late_provider, &never_provider, NULL};

struct got {
    int n;
    char key[64];
    struct err err;
};

static void on_creds(void *arg, const struct aws_creds *c,
                     const struct err *err)
{
    struct got *g = arg;

    g->n++;
    err_clear(&g->err);
    g->key[0] = '\0';
    if (err)
        g->err = *err;
    else
        snprintf(g->key, sizeof(g->key), "%s", c->access_key);
}

struct bed {
    struct clock *clock;
    struct cred_chain *chain;
    struct scope scope;
    struct got got;
};

static void setup(struct bed *b)
{
    struct cred_context cx = {0};

    memset(&late, 0, sizeof(late));
    memset(b, 0, sizeof(*b));
    b->clock = clock_new_driven(WALL);
    cx.clock = b->clock;
    b->chain = cred_chain_new(&cx, table);
    scope_init(&b->scope, NULL);
}

static void teardown(struct bed *b)
{
    scope_cancel(&b->scope);
    cred_chain_free(b->chain);
    clock_free(b->clock);
}

static void ask(struct bed *b)
{
    assert_int_equal(
        cred_chain_wait(b->chain, &b->scope, on_creds, &b->got, NULL), 0);
}

/* life_ms 0 = for ever. */
static void provide(struct bed *b, const char *key, int64_t life_ms)
{
    struct aws_creds c = {.access_key = xstrdup(key), .secret = xstrdup("s")};

    if (life_ms)
        c.expires_ms = clock_wall_ms(b->clock) + life_ms;
    snprintf(c.source, sizeof(c.source), "test");
    cred_provide(late.turn, &c);
    assert_null(c.access_key); /* taken */
    clock_run_due(b->clock);
}

static void refuse(struct bed *b, enum err_code code)
{
    struct err err;

    err_set(&err, code, "Run this and that.");
    cred_fail(late.turn, &err);
    clock_run_due(b->clock);
}

static const char *current(struct bed *b)
{
    const struct aws_creds *c = cred_chain_current(b->chain);

    return c ? c->access_key : "";
}

/* ---- sharing ---- */

static void one_fetch_serves_fifty(void **state)
{
    struct bed b;
    struct scope other;
    struct got gone = {0};

    (void)state;
    setup(&b);
    scope_init(&other, NULL);
    for (int i = 0; i < 50; i++)
        ask(&b);
    cred_chain_wait(b.chain, &other, on_creds, &gone, NULL);
    scope_cancel(&other);
    assert_int_equal(late.starts, 1);
    assert_false(late.turn->quiet);
    provide(&b, "K1", 60 * MIN);
    assert_int_equal(b.got.n, 50);
    assert_string_equal(b.got.key, "K1");
    assert_int_equal(gone.n, 0);
    assert_string_equal(current(&b), "K1");
    ask(&b); /* what is good is not fetched again */
    clock_run_due(b.clock);
    assert_int_equal(b.got.n, 51);
    assert_int_equal(late.starts, 1);
    teardown(&b);
}

/* What a fetch found is told in the next turn; a person asks for another one
 * before that. */
static void a_fetch_before_the_last_was_told_serves_all(void **state)
{
    struct aws_creds c = {0};
    struct err err;
    struct bed b;

    (void)state;
    setup(&b);
    ask(&b);
    err_set(&err, ERR_NET, "No network.");
    cred_fail(late.turn, &err);
    cred_chain_retry(b.chain);
    assert_int_equal(late.starts, 2);
    clock_run_due(b.clock);
    assert_int_equal(b.got.n, 0);
    provide(&b, "K1", 0);
    assert_int_equal(b.got.n, 1);
    assert_string_equal(b.got.key, "K1");

    ask(&b); /* also when both end within a turn */
    c.access_key = xstrdup("K2");
    c.secret = xstrdup("s");
    cred_chain_retry(b.chain);
    cred_provide(late.turn, &c);
    ask(&b);
    cred_chain_retry(b.chain);
    provide(&b, "K3", 0);
    assert_int_equal(b.got.n, 3);
    assert_string_equal(b.got.key, "K3");
    teardown(&b);
}

static void freed_in_the_middle_or_by_a_waiter(void **state)
{
    struct bed b;

    (void)state;
    setup(&b);
    ask(&b);
    teardown(&b);
    assert_int_equal(b.got.n, 0);
}

static struct cred_chain *to_free;

static void on_creds_free(void *arg, const struct aws_creds *c,
                          const struct err *err)
{
    int *n = arg;

    (void)c;
    (void)err;
    ++*n;
    cred_chain_free(to_free);
}

static void a_waiter_may_free_the_chain(void **state)
{
    struct bed b;
    int n = 0;

    (void)state;
    setup(&b);
    to_free = b.chain;
    cred_chain_wait(b.chain, &b.scope, on_creds_free, &n, NULL);
    ask(&b);
    provide(&b, "K", 0);
    assert_int_equal(n, 1);
    assert_int_equal(b.got.n, 0); /* silence */
    b.chain = NULL;
    scope_cancel(&b.scope);
    clock_free(b.clock);
}

/* ---- windows ---- */

static void refreshed_ahead_in_the_background(void **state)
{
    struct bed b;

    (void)state;
    setup(&b);
    ask(&b);
    provide(&b, "K1", 60 * MIN);
    clock_advance(b.clock, 45 * MIN - 1);
    assert_int_equal(late.starts, 1);
    clock_advance(b.clock, 1);
    assert_int_equal(late.starts, 2);
    assert_true(late.turn->quiet);
    assert_string_equal(current(&b), "K1"); /* nobody waits */
    refuse(&b, ERR_NET);
    assert_string_equal(current(&b), "K1");
    assert_non_null(cred_chain_trouble(b.chain));
    clock_advance(b.clock, 4999); /* a pause, then by itself */
    assert_int_equal(late.starts, 2);
    clock_advance(b.clock, 3000);
    assert_int_equal(late.starts, 3);
    clock_advance(b.clock, 5 * MIN); /* ten minutes before: callers wait */
    assert_string_equal(current(&b), "");
    ask(&b);
    assert_int_equal(late.starts, 3);
    provide(&b, "K2", 60 * MIN);
    assert_string_equal(b.got.key, "K2");
    assert_null(cred_chain_trouble(b.chain));
    teardown(&b);
}

static void old_ones_go_on_while_they_live(void **state)
{
    struct bed b;

    (void)state;
    setup(&b);
    ask(&b);
    provide(&b, "K1", 60 * MIN);
    clock_advance(b.clock, 51 * MIN);
    ask(&b);
    refuse(&b, ERR_EXPIRED);
    assert_int_equal(b.got.n, 2);
    assert_string_equal(b.got.key, "K1");
    assert_string_equal(current(&b), "K1");
    assert_string_equal(cred_chain_trouble(b.chain)->message,
                        "Run this and that.");
    clock_advance(b.clock, 9 * MIN); /* over */
    assert_string_equal(current(&b), "");
    ask(&b);
    refuse(&b, ERR_EXPIRED);
    assert_int_equal(b.got.err.code, ERR_EXPIRED);
    teardown(&b);
}

static void access_that_was_taken_away_is_an_error_at_once(void **state)
{
    struct bed b;

    (void)state;
    setup(&b);
    ask(&b);
    provide(&b, "K1", 60 * MIN);
    clock_advance(b.clock, 45 * MIN);
    refuse(&b, ERR_DENIED);
    assert_string_equal(current(&b), "K1"); /* too early to matter */
    clock_advance(b.clock, 6 * MIN);
    refuse(&b, ERR_DENIED);
    assert_string_equal(current(&b), "");
    ask(&b);
    refuse(&b, ERR_DENIED);
    assert_int_equal(b.got.err.code, ERR_DENIED);
    teardown(&b);
}

/* A source that hands out the same few seconds again and again. */
static void short_lives_cause_no_storm(void **state)
{
    struct bed b;
    int64_t end;

    (void)state;
    setup(&b);
    ask(&b);
    provide(&b, "K", 4 * MIN);
    end = clock_wall_ms(b.clock) + 4 * MIN;
    for (int s = 0; s < 4 * 60 - 1; s++) {
        int before = late.starts;

        clock_advance(b.clock, 1000);
        if (!current(&b)[0])
            ask(&b);
        if (late.starts > before)
            provide(&b, "K", end - clock_wall_ms(b.clock));
    }
    assert_in_range(late.starts, 2, 10);
    assert_int_equal(cred_chain_generation(b.chain), 1); /* no news */
    teardown(&b);
}

static void what_has_expired_already_is_an_error(void **state)
{
    struct bed b;

    (void)state;
    setup(&b);
    ask(&b);
    provide(&b, "K", -1000);
    assert_int_equal(b.got.err.code, ERR_EXPIRED);
    assert_non_null(strstr(b.got.err.message, "2026-11-21T14:32:06Z"));
    teardown(&b);
}

/* ---- complaints ---- */

static void a_complaint_counts_once_and_never_storms(void **state)
{
    struct bed b;
    unsigned gen;

    (void)state;
    setup(&b);
    ask(&b);
    provide(&b, "K1", 0);
    gen = cred_chain_generation(b.chain);
    cred_chain_expire(b.chain, gen - 1); /* an old call's */
    assert_string_equal(current(&b), "K1");
    cred_chain_expire(b.chain, gen);
    assert_string_equal(current(&b), "");
    ask(&b);
    assert_true(late.turn->rejected);
    provide(&b, "K1", 0);
    gen = cred_chain_generation(b.chain);
    cred_chain_expire(b.chain, gen); /* it was just fetched for that */
    assert_string_equal(current(&b), "K1");
    clock_advance(b.clock, 5000);
    cred_chain_expire(b.chain, gen);
    assert_string_equal(current(&b), "");
    ask(&b);
    provide(&b, "K2", 0);
    clock_advance(b.clock, 2 * MIN);
    cred_chain_expire(b.chain, cred_chain_generation(b.chain));
    assert_string_equal(current(&b), "");
    teardown(&b);
}

/* An instance's keys that end every twelve seconds without a word: each end
 * is believed at once, also the tenth. */
static void short_lives_are_no_storm_of_complaints(void **state)
{
    struct bed b;
    char key[8];

    (void)state;
    setup(&b);
    for (int i = 0; i < 10; i++) {
        ask(&b);
        snprintf(key, sizeof(key), "K%d", i);
        provide(&b, key, 0);
        clock_advance(b.clock, 12000);
        cred_chain_expire(b.chain, cred_chain_generation(b.chain));
        assert_string_equal(current(&b), "");
    }
    teardown(&b);
}

/* ---- after a failure ---- */

static void the_last_error_counts_for_a_while(void **state)
{
    struct bed b;

    (void)state;
    setup(&b);
    ask(&b);
    refuse(&b, ERR_CREDENTIALS);
    for (int i = 0; i < 20; i++) {
        ask(&b);
        clock_run_due(b.clock);
    }
    assert_int_equal(late.starts, 1);
    assert_int_equal(b.got.n, 21);
    assert_string_equal(b.got.err.message, "Run this and that.");
    clock_advance(b.clock, 6000); /* by itself */
    assert_int_equal(late.starts, 2);
    assert_true(late.turn->quiet);
    refuse(&b, ERR_CREDENTIALS);
    clock_run_due(b.clock);
    ask(&b); /* a person waits now: the quiet answer does not count */
    assert_int_equal(late.starts, 3);
    assert_false(late.turn->quiet);
    refuse(&b, ERR_CREDENTIALS);
    ask(&b);
    clock_run_due(b.clock);
    assert_int_equal(late.starts, 3);
    cred_chain_retry(b.chain); /* the user's own wish */
    cred_chain_retry(b.chain);
    ask(&b);
    assert_int_equal(late.starts, 4);
    assert_false(late.turn->quiet);
    provide(&b, "K", 0);
    assert_string_equal(b.got.key, "K");
    cred_chain_retry(b.chain); /* costs nothing that is good */
    assert_int_equal(late.starts, 5);
    assert_string_equal(current(&b), "K");
    refuse(&b, ERR_NET);
    assert_string_equal(current(&b), "K");
    teardown(&b);
}

static void pauses_grow(void **state)
{
    struct bed b;

    (void)state;
    setup(&b);
    ask(&b);
    refuse(&b, ERR_CREDENTIALS);
    for (int s = 0; s < 3600; s++) {
        int before = late.starts;

        clock_advance(b.clock, 1000);
        if (late.starts > before)
            refuse(&b, ERR_CREDENTIALS);
    }
    /* 5, 10, .. 160 s, then each 5 min. */
    assert_in_range(late.starts, 15, 19);
    teardown(&b);
}

static void a_refusal_is_not_asked_again(void **state)
{
    struct bed b;

    (void)state;
    setup(&b);
    ask(&b);
    late.turn->refused = true;
    refuse(&b, ERR_CREDENTIALS);
    clock_advance(b.clock, 60 * MIN);
    ask(&b);
    clock_run_due(b.clock);
    assert_int_equal(late.starts, 1);
    assert_int_equal(b.got.err.code, ERR_CREDENTIALS);
    cred_chain_retry(b.chain);
    ask(&b);
    assert_int_equal(late.starts, 2);
    teardown(&b);
}

static void a_changed_file_is_noticed(void **state)
{
    const char *dir = getenv("TMPDIR");
    char *path = xasprintf("%s/ecsdash-watch-XXXXXX", dir ? dir : "/tmp");
    int fd = mkstemp(path);
    struct bed b;

    (void)state;
    setup(&b);
    late.watch = path;
    ask(&b);
    late.turn->refused = true;
    refuse(&b, ERR_EXPIRED);
    clock_advance(b.clock, 30000);
    assert_int_equal(late.starts, 1);
    assert_int_equal(write(fd, "new", 3), 3);
    clock_advance(b.clock, 3000);
    assert_int_equal(late.starts, 2);
    refuse(&b, ERR_EXPIRED);
    unlink(path);
    clock_advance(b.clock, 3000); /* before the pause is over */
    assert_int_equal(late.starts, 3);
    provide(&b, "K", 0);
    assert_string_equal(current(&b), "K");
    close(fd);
    free(path);
    teardown(&b);
}

/* ---- the record ---- */

static void count(void *arg)
{
    ++*(int *)arg;
}

static void what_each_said_can_be_asked(void **state)
{
    struct bed b;
    int told = 0;
    const struct cred_note *n;

    (void)state;
    setup(&b);
    cred_chain_set_observer(b.chain, count, &told);
    assert_int_equal(cred_chain_n_notes(b.chain), 0);
    ask(&b);
    provide(&b, "K", 0);
    assert_int_equal(told, 1);
    assert_int_equal(cred_chain_n_notes(b.chain), 3);
    n = cred_chain_note(b.chain, 0);
    assert_string_equal(n->name, "never");
    assert_string_equal(n->help, "helps never");
    assert_int_equal(n->said, CRED_PASSED);
    assert_null(strchr(n->why, '\033'));
    n = cred_chain_note(b.chain, 1);
    assert_int_equal(n->said, CRED_PROVIDED);
    assert_string_equal(n->why, "test");
    assert_int_equal(cred_chain_note(b.chain, 2)->said, CRED_NOT_ASKED);
    cred_chain_retry(b.chain);
    ask(&b);
    /* Until the next fetch has ended the last one's record stands. */
    assert_int_equal(cred_chain_note(b.chain, 1)->said, CRED_PROVIDED);
    refuse(&b, ERR_NET);
    assert_int_equal(told, 2);
    assert_int_equal(cred_chain_note(b.chain, 1)->said, CRED_FAILED);
    assert_non_null(strstr(cred_chain_note(b.chain, 1)->why, "Run this"));
    teardown(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_fetch_serves_fifty),
        cmocka_unit_test(a_fetch_before_the_last_was_told_serves_all),
        cmocka_unit_test(freed_in_the_middle_or_by_a_waiter),
        cmocka_unit_test(a_waiter_may_free_the_chain),
        cmocka_unit_test(refreshed_ahead_in_the_background),
        cmocka_unit_test(old_ones_go_on_while_they_live),
        cmocka_unit_test(access_that_was_taken_away_is_an_error_at_once),
        cmocka_unit_test(short_lives_cause_no_storm),
        cmocka_unit_test(what_has_expired_already_is_an_error),
        cmocka_unit_test(a_complaint_counts_once_and_never_storms),
        cmocka_unit_test(short_lives_are_no_storm_of_complaints),
        cmocka_unit_test(the_last_error_counts_for_a_while),
        cmocka_unit_test(pauses_grow),
        cmocka_unit_test(a_refusal_is_not_asked_again),
        cmocka_unit_test(a_changed_file_is_noticed),
        cmocka_unit_test(what_each_said_can_be_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
