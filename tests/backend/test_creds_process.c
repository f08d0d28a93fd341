/* credential_process. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/backend/creds_bed.h"

static int setup(void **state)
{
    *state = bed_new(&cred_process);
    return 0;
}

static int teardown(void **state)
{
    bed_free(*state);
    return 0;
}

/* The script prints the file "out"; `extra` comes after. */
static void use_script(struct bed *b, const char *out, const char *extra)
{
    char *text = xasprintf("#!/bin/sh\ncat '%s/out'\n%s\n", b->home, extra);
    char *config = xasprintf("[profile p]\ncredential_process = %s/run\n",
                             b->home);

    bed_put(b, "out", out, 0600);
    bed_put(b, "run", text, 0700);
    bed_put(b, ".aws/config", config, 0600);
    free(text);
    free(config);
}

static void use_command(struct bed *b, const char *command)
{
    char *config = xasprintf("[profile p]\ncredential_process = %s\n",
                             command);

    bed_put(b, ".aws/config", config, 0600);
    free(config);
}

#define GOOD "{\"Version\":1,\"AccessKeyId\":\"AKIA1\","                      \
             "\"SecretAccessKey\":\"s3cr3t\""

static void a_whole_answer_is_taken(void **state)
{
    struct bed *b = *state;

    use_script(b, GOOD ",\"SessionToken\":\"tok\",\"AccountId\":"
               "\"123456789012\",\"Expiration\":"
               "\"2026-11-21T15:32:07+00:00\"}\n", "");
    bed_fetch(b, "p");
    assert_provides(b, "AKIA1");
    assert_string_equal(b->secret, "s3cr3t");
    assert_string_equal(b->token, "tok");
    assert_string_equal(b->account, "123456789012");
    assert_int_equal(b->expires_ms, WALL + MINUTES(60));
    assert_string_equal(b->source, "credential_process of profile p");
}

static void without_expiration_they_never_expire(void **state)
{
    struct bed *b = *state;

    use_script(b, GOOD ",\"Expiration\":null}", "");
    bed_fetch(b, "p");
    assert_provides(b, "AKIA1");
    assert_string_equal(b->token, "-");
    assert_int_equal(b->expires_ms, 0);
    clock_advance(b->clock, MINUTES(60 * 24 * 365));
    assert_non_null(cred_chain_current(b->chain));
}

static void words_are_split_without_a_shell(void **state)
{
    struct bed *b = *state;

    use_command(b, "printf '{\"Version\":1,\"AccessKeyId\":\"%s\","
                   "\"SecretAccessKey\":\"%s\"}' \"$HOME;x\" `id`");
    bed_fetch(b, "p");
    assert_provides(b, "$HOME;x");
    assert_string_equal(b->secret, "`id`");
}

static void what_it_prints_amiss_is_a_sentence(void **state)
{
    static const struct {
        const char *out, *why;
    } rows[] = {
        {"", "did not print a JSON object"},
        {"[]", "did not print a JSON object"},
        {"{\"AccessKeyId\":\"planted", "did not print a JSON object"},
        {GOOD "} planted", "did not print a JSON object"},
        {"{\"AccessKeyId\":\"planted\",\"SecretAccessKey\":\"planted\"}",
         "must print \"Version\": 1"},
        {"{\"Version\":2,\"AccessKeyId\":\"planted\"}",
         "must print \"Version\": 1"},
        {"{\"Version\":\"1\",\"AccessKeyId\":\"planted\"}",
         "must print \"Version\": 1"},
        {"{\"Version\":1,\"SecretAccessKey\":\"planted\"}",
         "printed no AccessKeyId"},
        {"{\"Version\":1,\"AccessKeyId\":\"planted\"}",
         "printed no SecretAccessKey"},
        {GOOD ",\"Expiration\":\"planted\"}", "no ISO 8601 time"},
        {GOOD ",\"Expiration\":\"2026-11-21T14:32:07Z\"}", "have expired"},
    };
    struct bed *b = *state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        use_script(b, rows[i].out, "");
        bed_fetch(b, "p");
        assert_fails(b, rows[i].why);
        assert_fails(b, "credential_process of profile \"p\"");
        assert_null(strstr(b->err.message, "planted"));
    }
}

static void a_failure_shows_the_last_line_of_stderr(void **state)
{
    struct bed *b = *state;

    use_script(b, GOOD "}", "echo first >&2; printf 'log in: \\033[31mx\\n\\n'"
               " >&2; exit 7");
    bed_fetch(b, "p");
    assert_fails(b, "ended with status 7: log in: ");
    assert_null(strstr(b->err.message, "first"));
    assert_null(strchr(b->err.message, '\033'));
    assert_null(strstr(b->err.message, "s3cr3t"));
    use_script(b, GOOD "}", "kill -9 $$");
    bed_fetch(b, "p");
    assert_fails(b, "ended by signal 9");
}

static void a_huge_output_is_refused(void **state)
{
    struct bed *b = *state;

    use_command(b, "yes planted");
    bed_fetch(b, "p");
    assert_int_equal(b->err.code, ERR_TOO_LARGE);
    assert_fails(b, "wrote more than");
    assert_null(strstr(b->err.message, "planted"));
}

static void a_program_that_is_not_there_is_named(void **state)
{
    struct bed *b = *state;

    use_command(b, "/no/such/helper --planted");
    bed_fetch(b, "p");
    assert_fails(b, "The program helper was not found");
    use_command(b, "helper 'planted");
    bed_fetch(b, "p");
    assert_fails(b, "has no end");
    assert_null(strstr(b->err.message, "planted"));
}

/* Neither the config file nor the credentials file, whichever names it. */
static void a_file_that_others_can_write_is_not_obeyed(void **state)
{
    static const mode_t modes[] = {0620, 0602, 0666};
    struct bed *b = *state;
    char *path;

    use_script(b, GOOD "}", "touch \"$HOME/ran\"");
    path = bed_path(b, ".aws/config");
    for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
        assert_int_equal(chmod(path, modes[i]), 0);
        bed_fetch(b, "p");
        assert_fails(b, "was not run");
        assert_fails(b, "others can write to it. Run: chmod go-w ");
    }
    free(path);
    bed_put(b, ".aws/credentials", "[p]\ncredential_process = true\n", 0602);
    path = bed_path(b, ".aws/config");
    assert_int_equal(chmod(path, 0600), 0);
    free(path);
    bed_fetch(b, "p");
    assert_fails(b, ".aws/credentials is not used");
    path = bed_path(b, "ran");
    assert_int_equal(access(path, F_OK), -1);
    free(path);
}

static void a_file_of_somebody_else_is_not_obeyed(void **state)
{
    struct bed *b = *state;
    char *path;

    if (geteuid() != 0) {
        skip(); /* only root can give a file away */
        return;
    }
    use_script(b, GOOD "}", "");
    path = bed_path(b, ".aws/config");
    assert_int_equal(chown(path, 12345, 12345), 0);
    free(path);
    bed_fetch(b, "p");
    assert_fails(b, "belongs to somebody else");
}

static void the_child_is_gone_with_its_chain(void **state)
{
    struct bed *b = *state;
    char *text = NULL;
    pid_t pid;

    use_script(b, "", "echo $$ >\"$HOME/pid\"; exec sleep 60");
    bed_start(b, "p");
    while (!text || !text[0]) {
        free(text);
        loop_turn(b->loop, 1);
        text = bed_read(b, "pid");
    }
    pid = (pid_t)strtol(text, NULL, 10);
    free(text);
    bed_chain_free(b);
    assert_true(loop_until_idle(b->loop, 5000));
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(b->n, 0);
}

static void it_gets_the_users_whole_environment(void **state)
{
    struct bed *b = *state;
    struct cred_context cx = {.loop = b->loop,
                              .http = b->http,
                              .clock = b->clock,
                              .env = aws_env_process()};
    char *path = bed_path(b, ".aws/config");

    use_command(b, "sh -c 'printf \"{\\\"Version\\\":1,\\\"AccessKeyId\\\":"
                   "\\\"$VAULT\\\",\\\"SecretAccessKey\\\":\\\"x\\\"}\"'");
    setenv("VAULT", "open", 1);
    setenv("AWS_CONFIG_FILE", path, 1);
    setenv("AWS_SHARED_CREDENTIALS_FILE", "/no/such/file", 1);
    b->profile = profile_load(&cx.env, "p", NULL);
    assert_non_null(b->profile);
    cx.profile = b->profile;
    b->chain = cred_chain_new(&cx, b->table);
    assert_int_equal(
        cred_chain_wait(b->chain, &b->scope, bed_on_creds, b, NULL), 0);
    assert_true(loop_until(b->loop, bed_told, b, 20000));
    assert_provides(b, "open");
    unsetenv("VAULT");
    unsetenv("AWS_CONFIG_FILE");
    unsetenv("AWS_SHARED_CREDENTIALS_FILE");
    free(path);
}

static void a_profile_without_one_is_passed_over(void **state)
{
    struct bed *b = *state;

    bed_put(b, ".aws/config", "[profile p]\nregion = x\n", 0600);
    bed_fetch(b, "p");
    assert_fails(b, "no credential_process for profile \"p\"");
}

/* Nothing of it may stay behind in memory that is still ours: the needle is
 * put together here only while it is looked for. */
static bool memory_holds(const char *a, const char *z)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    int mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    size_t na = strlen(a), nz = strlen(z);
    char line[512], mode[8], *block = xmalloc(4 << 20);
    unsigned long from, to;
    bool found = false;

    while (fgets(line, sizeof(line), maps)) {
        if (sscanf(line, "%lx-%lx %7s", &from, &to, mode) != 3 ||
            mode[1] != 'w' || to - from > (256UL << 20) || /* shadows */
            ((uintptr_t)block >= from && (uintptr_t)block < to))
            continue;
        for (; from < to && !found; from += (1 << 20) - 64) {
            size_t want = to - from < (1 << 20) ? to - from : 1 << 20;
            ssize_t n = pread(mem, block, want, (off_t)from);

            char *end = block + (n > 0 ? n : 0), *at = block;

            while (!found && (at = memmem(at, (size_t)(end - at), a, na))) {
                at += na;
                found = (size_t)(end - at) >= nz && !memcmp(at, z, nz);
            }
        }
    }
    fclose(maps);
    close(mem);
    explicit_bzero(block, 4 << 20);
    free(block);
    return found;
}

static void no_secret_stays_in_memory(void **state)
{
    struct bed *b = *state;

    /* 32 bytes that are never whole in this program, behind others that
     * the allocator may overwrite by itself. */
    use_command(b, "sh -c 'printf \"{\\\"Version\\\":1,\\\"AccessKeyId\\\":"
                   "\\\"AK\\\",\\\"SecretAccessKey\\\":\\\"%s%s%s\\\"}\" "
                   "................................................ "
                   "0123456789abcdef fedcba9876543210'");
    bed_fetch(b, "p");
    assert_provides(b, "AK");
    /* The bed's own copy is found, so the search works. */
    assert_true(memory_holds("0123456789abcdef", "fedcba9876543210"));
    bed_chain_free(b);
    explicit_bzero(b->secret, sizeof(b->secret));
    assert_false(memory_holds("0123456789abcdef", "fedcba9876543210"));
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_whole_answer_is_taken),
        T(without_expiration_they_never_expire),
        T(words_are_split_without_a_shell),
        T(what_it_prints_amiss_is_a_sentence),
        T(a_failure_shows_the_last_line_of_stderr),
        T(a_huge_output_is_refused),
        T(a_program_that_is_not_there_is_named),
        T(a_file_that_others_can_write_is_not_obeyed),
        T(a_file_of_somebody_else_is_not_obeyed),
        T(the_child_is_gone_with_its_chain),
        T(it_gets_the_users_whole_environment),
        T(a_profile_without_one_is_passed_over),
        T(no_secret_stays_in_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
