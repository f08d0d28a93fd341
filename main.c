/* main: options, composition of the rooms, exit code. */
#include "backend/base/harden.h"
#include "backend/sim/sim.h"
#include "tui/crash.h"
#include "views/cli/completions.h"
#include "views/cli/exit_status.h"
#include "views/cli/manual.h"
#include "views/cli/once.h"
#include "views/cli/program.h"
#include "views/cli/start.h"
#include "views/kind.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <locale.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

/* What was printed has been taken: a full disk is no success. */
static int printed(void)
{
    struct err err = {0};
    if (fflush(stdout) == 0 && !ferror(stdout))
        return EXIT_FINE;
    err_set_errno(&err, errno, "Standard output could not be written");
    return complain(&err);
}

static int print_version(void)
{
    const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);
    printf("ecsdash %s\nlibcurl %s with %s, libuv %s, jansson %s\n",
           ECSDASH_VERSION, curl->version,
           curl->ssl_version ? curl->ssl_version : "no TLS",
           uv_version_string(), jansson_version_str());
    return printed();
}

static int run(struct program *p, const struct kind *kind, int *death)
{
    struct err err = {0};
    if (program_open(p, &err))
        return complain(&err);
    if (p->o.doctor)
        return start_doctor(p, death);
    if (p->o.tail)
        return start_tail(p, death);
    if (p->o.once || !isatty(STDOUT_FILENO))
        return start_once(p, kind, death);
    return start_dashboard(p, kind, death);
}

/* A descriptor 0, 1 or 2 that is closed would be given to a socket. */
static void open_standard(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= 2);
    if (fd > 2)
        close(fd);
}

int main(int argc, char **argv)
{
    struct program p = PROGRAM_INIT;
    struct err err = {0};
    const struct kind *kind = NULL;
    int death = 0;
    harden_process();
    open_standard();
    setlocale(LC_CTYPE, "");
    /* One worker parses, in the heap that all threads share: what is freed in
     * a thread's own heap is not given back. */
    setenv("UV_THREADPOOL_SIZE", "1", 0);
    mallopt(M_ARENA_MAX, 1);
    if (options_parse(&p.o, argc, argv, &err))
        return complain(&err);
    if (p.o.help) {
        options_help(stdout, p.o.help_all);
        return printed();
    }
    if (p.o.version)
        return print_version();
    if (p.o.print_keys || p.o.print_man) {
        (p.o.print_keys ? manual_keys : manual_mdoc)(stdout);
        return printed();
    }
    if (p.o.completion)
        return completions_print(stdout, p.o.completion, &err) ? complain(&err)
                                                               : printed();
    if (p.o.output && !p.o.tail && once_format_find(p.o.output) < 0) {
        err_set(&err, ERR_USAGE, "--output takes table, tsv or json, not %s.",
                p.o.output);
        return complain(&err);
    }
    if (p.o.view && !(kind = kind_named(p.o.view, &err)))
        return complain(&err);
    if (p.o.sim_faults && strcmp(p.o.sim_faults, "help") == 0) {
        sim_fault_help(stdout);
        return printed();
    }
    if (p.o.sim_server)
        return start_simulator(&p.o);
    crash_install();
    /* A connection may end at any time. What only prints, above, dies of it
     * where nobody reads; the others tell of it as `death`. */
    signal(SIGPIPE, SIG_IGN);
    int status = run(&p, kind, &death);
    program_close(&p);
    if (death) {
        signal(death, SIG_DFL);
        raise(death);
    }
    return status;
}
