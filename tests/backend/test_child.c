#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/scope.h"
#include "backend/base/strbuf.h"
#include "backend/net/child.h"
#include "backend/net/loop.h"

struct env {
    struct clock *clock;
    struct loop *loop;
    struct scope scope;
    int done;
    int status, signal;
    struct strbuf out, log;
    struct err err;
    struct child *child;
    size_t fed; /* bytes of the streaming test */
    int drained;
};

static int setup(void **state)
{
    struct env *e = xcalloc(1, sizeof(*e));

    signal(SIGPIPE, SIG_IGN);
    e->clock = clock_new_real();
    e->loop = loop_new(e->clock);
    scope_init(&e->scope, NULL);
    *state = e;
    return 0;
}

static int teardown(void **state)
{
    struct env *e = *state;

    scope_cancel(&e->scope);
    loop_free(e->loop);
    clock_free(e->clock);
    strbuf_release(&e->out);
    strbuf_release(&e->log);
    free(e);
    return 0;
}

static void on_done(void *arg, struct child_result *r, const struct err *err)
{
    struct env *e = arg;

    e->done++;
    e->status = r->status;
    e->signal = r->signal;
    strbuf_append(&e->out, r->out, r->out_len);
    strbuf_append(&e->log, r->log, r->log_len);
    assert_int_equal(r->out[r->out_len], 0);
    if (err)
        e->err = *err;
}

static bool is_done(void *arg)
{
    return ((struct env *)arg)->done > 0;
}

static const char *const ENV[] = {"PATH=/usr/bin:/bin", "GIVEN=yes", NULL};

static struct child *begin(struct env *e, const char *script,
                           struct child_request r)
{
    const char *argv[] = {"sh", "-c", script, NULL};

    r.argv = argv;
    r.env = ENV;
    e->child = child_start(e->loop, &e->scope, &r, on_done, e, &e->err);
    return e->child;
}

static void run(struct env *e, const char *script, struct child_request r)
{
    assert_non_null(begin(e, script, r));
    assert_true(loop_until(e->loop, is_done, e, 20000));
}

static void outputs_and_status_are_collected(void **state)
{
    struct env *e = *state;

    run(e, "echo out; echo err >/dev/stderr; exit 3",
        (struct child_request){0});
    assert_int_equal(e->err.code, ERR_NONE);
    assert_int_equal(e->status, 3);
    assert_int_equal(e->signal, 0);
    assert_string_equal(strbuf_get(&e->out), "out\n");
    assert_string_equal(strbuf_get(&e->log), "err\n");
    assert_int_equal(loop_work_pending(e->loop), 0);
}

static void a_signal_is_told_apart_from_a_status(void **state)
{
    struct env *e = *state;

    run(e, "kill -USR1 $$", (struct child_request){0});
    assert_int_equal(e->err.code, ERR_NONE);
    assert_int_equal(e->status, -1);
    assert_int_equal(e->signal, SIGUSR1);
}

static void only_the_given_environment_is_there(void **state)
{
    struct env *e = *state;

    setenv("NOT_GIVEN", "secret", 1);
    run(e, "echo ${GIVEN-unset} ${NOT_GIVEN-unset}",
        (struct child_request){0});
    unsetenv("NOT_GIVEN");
    assert_string_equal(strbuf_get(&e->out), "yes unset\n");
}

static void input_is_dev_null_unless_given(void **state)
{
    struct env *e = *state;

    run(e, "readlink /proc/$$/fd/0; cat", (struct child_request){0});
    assert_string_equal(strbuf_get(&e->out), "/dev/null\n");
}

static void input_is_delivered_whole(void **state)
{
    struct env *e = *state;
    size_t n = 300000;
    char *text = xmalloc(n);

    memset(text, 'x', n);
    run(e, "wc -c", (struct child_request){.input = text, .input_len = n});
    free(text);
    assert_int_equal(strtol(strbuf_get(&e->out), NULL, 10), 300000);
}

static void a_child_that_does_not_read_is_no_error(void **state)
{
    struct env *e = *state;
    size_t n = 300000;
    char *text = xcalloc(1, n);

    run(e, "exec <&-; echo fine",
        (struct child_request){.input = text, .input_len = n});
    free(text);
    assert_int_equal(e->err.code, ERR_NONE);
    assert_string_equal(strbuf_get(&e->out), "fine\n");
}

/* Even descriptors that a library opened without close-on-exec. */
static void no_descriptor_leaks(void **state)
{
    struct env *e = *state;
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int fd = fcntl(null, F_DUPFD, 77);

    assert_true(fd >= 77);
    run(e, "for f in /proc/$$/fd/*; do n=${f##*/}; "
           "[ $n -gt 2 ] && [ -e $f ] && echo leaked $n; done; true",
        (struct child_request){0});
    close(fd);
    close(null);
    assert_string_equal(strbuf_get(&e->out), "");
}

static void a_session_of_its_own_has_no_terminal(void **state)
{
    struct env *e = *state;
    char own[32];

    /* pid, then pgrp and session: fields 1, 5, 6; 7 is the terminal. */
    run(e, "read -r a b c d p s t rest </proc/$$/stat; "
           "[ $p = $$ ] && [ $s = $$ ] && echo own $t; "
           ": </dev/tty", (struct child_request){0});
    snprintf(own, sizeof(own), "own 0\n");
    assert_string_equal(strbuf_get(&e->out), own);
    assert_true(e->status > 0); /* no /dev/tty */
}

static void signals_are_as_at_login(void **state)
{
    struct env *e = *state;
    sigset_t set, old;

    signal(SIGUSR2, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, &old);
    /* 32 and 33 are the C library's: whoever started us decides on them. */
    run(e, "grep -E '^Sig(Blk|Ign)' /proc/self/status | "
           "sed 's/00000001800/00000000000/'",
        (struct child_request){0});
    sigprocmask(SIG_SETMASK, &old, NULL);
    signal(SIGUSR2, SIG_DFL);
    assert_string_equal(strbuf_get(&e->out),
                        "SigBlk:\t0000000000000000\n"
                        "SigIgn:\t0000000000000000\n");
}

static bool gone(pid_t pid)
{
    char path[64], line[256] = "";
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    f = fopen(path, "re");
    if (!f)
        return true;
    if (!fgets(line, sizeof(line), f))
        line[0] = '\0';
    fclose(f);
    return strstr(line, ") Z ") || strstr(line, ") X ") || !line[0];
}

static bool is_gone(void *arg)
{
    return gone(*(pid_t *)arg);
}

/* The grandchild takes no notice of SIGTERM; its number is printed first. */
#define STUBBORN                                                              \
    "sh -c 'trap \"\" TERM; echo $$; while :; do sleep 1; done' & wait"

static void a_deadline_ends_the_whole_group(void **state)
{
    struct env *e = *state;
    pid_t pid;

    run(e, STUBBORN, (struct child_request){.deadline_ms = 300,
                                            .grace_ms = 50});
    assert_int_equal(e->err.code, ERR_TIMEOUT);
    assert_string_equal(e->err.message,
                        "sh did not finish in time and was ended.");
    pid = (pid_t)strtol(strbuf_get(&e->out), NULL, 10);
    assert_true(pid > 1);
    assert_true(loop_until(e->loop, is_gone, &pid, 5000));
}

static void a_child_deaf_to_sigterm_is_killed(void **state)
{
    struct env *e = *state;

    run(e, "trap '' TERM; while :; do sleep 0.1; done",
        (struct child_request){.deadline_ms = 100, .grace_ms = 100});
    assert_int_equal(e->err.code, ERR_TIMEOUT);
    assert_int_equal(e->signal, SIGKILL);
}

static void a_child_may_clean_up_after_sigterm(void **state)
{
    struct env *e = *state;

    run(e, "trap 'echo bye; exit 4' TERM; while :; do sleep 0.05; done",
        (struct child_request){.deadline_ms = 500, .grace_ms = 10000});
    assert_int_equal(e->err.code, ERR_TIMEOUT);
    assert_int_equal(e->status, 4);
    assert_string_equal(strbuf_get(&e->out), "bye\n");
}

static void output_is_capped(void **state)
{
    struct env *e = *state;

    run(e, "yes", (struct child_request){.max_output = 1000});
    assert_int_equal(e->err.code, ERR_TOO_LARGE);
    assert_int_equal(e->out.len, 1000);
    assert_string_equal(e->err.message,
                        "sh wrote more than 1000 bytes and was ended.");
}

static void output_of_exactly_the_cap_is_fine(void **state)
{
    struct env *e = *state;

    run(e, "printf 12345678", (struct child_request){.max_output = 8});
    assert_int_equal(e->err.code, ERR_NONE);
    assert_string_equal(strbuf_get(&e->out), "12345678");
}

static void a_daemon_that_keeps_the_pipes_is_not_waited_for(void **state)
{
    struct env *e = *state;
    pid_t pid;

    run(e, "sleep 60 & echo $!", (struct child_request){0});
    assert_int_equal(e->err.code, ERR_NONE);
    assert_int_equal(e->status, 0);
    pid = (pid_t)strtol(strbuf_get(&e->out), NULL, 10);
    assert_true(pid > 1);
    kill(pid, SIGKILL);
}

static void a_missing_program_is_a_sentence(void **state)
{
    struct env *e = *state;
    const char *argv[] = {"/no/such/ecsdash-helper", NULL};
    struct child_request r = {.argv = argv, .env = ENV};

    assert_null(child_start(e->loop, &e->scope, &r, on_done, e, &e->err));
    assert_int_equal(e->err.code, ERR_NOT_FOUND);
    assert_string_equal(e->err.message,
                        "The program ecsdash-helper was not found: install "
                        "it or correct PATH.");
    loop_until_idle(e->loop, 5000);
    assert_int_equal(e->done, 0);
}

static bool is_idle(void *arg)
{
    return loop_work_pending(((struct env *)arg)->loop) == 0;
}

static void cancel_kills_reaps_and_stays_silent(void **state)
{
    struct env *e = *state;
    char path[] = "/tmp/ecsdash-child-XXXXXX";
    char script[200], line[32] = "";
    int fd = mkstemp(path);
    pid_t pid;

    assert_true(fd >= 0);
    snprintf(script, sizeof(script), "echo $$ >%s; trap '' TERM; exec sleep 60",
             path);
    assert_non_null(begin(e, script, (struct child_request){0}));
    while (pread(fd, line, sizeof(line) - 1, 0) <= 0)
        loop_turn(e->loop, 1);
    pid = (pid_t)strtol(line, NULL, 10);
    scope_cancel(&e->scope);
    assert_true(loop_until(e->loop, is_idle, e, 5000));
    assert_int_equal(kill(pid, 0), -1); /* not even a zombie */
    assert_int_equal(errno, ESRCH);
    assert_int_equal(e->done, 0);
    close(fd);
    unlink(path);
}

/* teardown's loop_free() must wait for the end of the child. */
static void the_loop_may_be_freed_right_after_cancel(void **state)
{
    struct env *e = *state;

    assert_non_null(begin(e, "exec sleep 60", (struct child_request){0}));
    scope_cancel(&e->scope);
    assert_int_equal(e->done, 0);
}

static void a_dead_scope_starts_nothing(void **state)
{
    struct env *e = *state;

    scope_cancel(&e->scope);
    assert_null(begin(e, "exec sleep 60", (struct child_request){0}));
    assert_true(loop_until(e->loop, is_idle, e, 5000));
    assert_int_equal(e->done, 0);
}

/* 4 MiB in pieces, never more than one piece in memory. */
static void on_drained(void *arg, struct child *child)
{
    struct env *e = arg;
    static const char piece[65536];

    e->drained++;
    if (e->fed == 64 * sizeof(piece)) {
        child_end_input(child);
        return;
    }
    assert_int_equal(child_queued(child), 0);
    if (child_write(child, piece, sizeof(piece)) == 0)
        e->fed += sizeof(piece);
}

static void a_stream_is_fed_as_it_is_taken(void **state)
{
    struct env *e = *state;

    begin(e, "wc -c", (struct child_request){.stream = true,
                                             .deadline_ms = -1,
                                             .drained = on_drained});
    assert_non_null(e->child);
    assert_int_equal(child_write(e->child, "x", 1), 0);
    assert_true(loop_until(e->loop, is_done, e, 20000));
    assert_int_equal(strtol(strbuf_get(&e->out), NULL, 10), 64 * 65536 + 1);
}

static void a_stream_nobody_reads_fails_writes(void **state)
{
    struct env *e = *state;

    begin(e, "exec <&-; sleep 0.2; exit 2",
          (struct child_request){.stream = true, .drained = on_drained});
    assert_non_null(e->child);
    assert_int_equal(child_write(e->child, "x", 1), 0);
    assert_true(loop_until(e->loop, is_done, e, 20000));
    assert_int_equal(e->status, 2);
    assert_true(e->fed < 64 * 65536);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(outputs_and_status_are_collected),
        T(a_signal_is_told_apart_from_a_status),
        T(only_the_given_environment_is_there),
        T(input_is_dev_null_unless_given),
        T(input_is_delivered_whole),
        T(a_child_that_does_not_read_is_no_error),
        T(no_descriptor_leaks),
        T(a_session_of_its_own_has_no_terminal),
        T(signals_are_as_at_login),
        T(a_deadline_ends_the_whole_group),
        T(a_child_deaf_to_sigterm_is_killed),
        T(a_child_may_clean_up_after_sigterm),
        T(output_is_capped),
        T(output_of_exactly_the_cap_is_fine),
        T(a_daemon_that_keeps_the_pipes_is_not_waited_for),
        T(a_missing_program_is_a_sentence),
        T(cancel_kills_reaps_and_stays_silent),
        T(the_loop_may_be_freed_right_after_cancel),
        T(a_dead_scope_starts_nothing),
        T(a_stream_is_fed_as_it_is_taken),
        T(a_stream_nobody_reads_fails_writes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
