/* Each allocation of a target fails once, and from then on: N = 1, 2, 3 ...
 * until it is not reached, in a child each. Ours end it with their sentence
 * (base/mem.h), and so do jansson's (aws/json_tree.h); a reply that can't be
 * read for want of it is an error. The linker gives us all calls of our own
 * code (--wrap). */
#include "tests/fuzz/fuzz.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/aws/json_tree.h"

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

static size_t asked, fail_at;
static bool always;

static bool fails(void)
{
    asked++;
    return fail_at && (always ? asked >= fail_at : asked == fail_at);
}

void *__wrap_malloc(size_t n)
{
    return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
    return fails() ? NULL : __real_realloc(p, n);
}

/* NULL, or what is wrong. */
static const char *one(const uint8_t *data, size_t n)
{
    static const char sentence[] = "ecsdash: out of memory\n";
    static char said[4000];
    int out[2], status;
    size_t len = 0;

    if (pipe(out) != 0)
        return "no pipe";
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(out[1], STDERR_FILENO);
        signal(SIGABRT, SIG_DFL);
        asked = 0;
        LLVMFuzzerTestOneInput(data, n);
        _exit(asked < fail_at ? 3 : 0);
    }
    close(out[1]);
    for (ssize_t got = 1; got > 0 && len < sizeof(said) - 1; len += (size_t)got)
        if ((got = read(out[0], said + len, sizeof(said) - 1 - len)) < 0)
            got = 0;
    said[len] = '\0';
    close(out[0]);
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return "no child";
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return NULL;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT &&
        strcmp(said, sentence) == 0)
        return NULL;
    return *said ? said : "ended without a word";
}

bool memory_fails_everywhere(const uint8_t *data, size_t n, size_t runs,
                             size_t *sites)
{
    bool good = true;

    json_tree_init();
    fail_at = 0;
    LLVMFuzzerTestOneInput(data, n); /* what is made once, is made */
    asked = 0;
    LLVMFuzzerTestOneInput(data, n);
    size_t total = asked, step = total / runs + 1;
    for (size_t at = 1; at <= total; at += at < runs / 2 ? 1 : step) {
        for (int how = 0; how < 2; how++) {
            fail_at = at;
            always = how == 1;
            const char *wrong = one(data, n);
            if (!wrong)
                continue;
            printf("allocation %zu of %zu%s: %s\n", at, total,
                   how ? " and all after it" : "", wrong);
            good = false;
        }
    }
    fail_at = 0;
    *sites += total;
    return good;
}
