#include "tui/crash.h"

#include "backend/base/mem.h"
#include "tui/term.h"

#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static pid_t owner; /* of the terminal */

static void on_crash(int sig)
{
    static const char text[] = "\necsdash: crashed; the terminal is restored."
                               " Backtrace:\n";
    void *frames[64];
    if (getpid() != owner) {
        /* A child, before it became another program: the terminal is its
         * parent's, who will hear of it. */
        raise(sig);
        return;
    }
    term_emergency_reset();
    /* A terminal that nobody reads must not hold the end up. The flag is also
     * the shell's, so it is given back. */
    int flags = fcntl(STDERR_FILENO, F_GETFL);
    fcntl(STDERR_FILENO, F_SETFL, flags | O_NONBLOCK);
    ssize_t ignored = write(STDERR_FILENO, text, sizeof(text) - 1);
    (void)ignored;
    backtrace_symbols_fd(frames, backtrace(frames, ARRAY_LEN(frames)),
                         STDERR_FILENO);
    fcntl(STDERR_FILENO, F_SETFL, flags);
    raise(sig); /* SA_RESETHAND: the default action now */
}

void crash_install(void)
{
    static const int fatal[] = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL};
    static char stack_memory[64 * 1024];
    stack_t stack = {.ss_sp = stack_memory, .ss_size = sizeof(stack_memory)};
    struct sigaction sa = {.sa_handler = on_crash,
                           .sa_flags = (int)SA_RESETHAND | SA_ONSTACK};
    void *warm[1];
    owner = getpid();
    /* The first call loads libgcc: not something to do inside a crash. */
    backtrace(warm, 1);
    sigaltstack(&stack, NULL);
    sigemptyset(&sa.sa_mask);
    for (size_t i = 0; i < ARRAY_LEN(fatal); i++)
        sigaction(fatal[i], &sa, NULL);
}
