#include "views/cli/demo.h"

#include "backend/base/mem.h"
#include "backend/base/words.h"
#include "views/cli/options.h"

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <unistd.h>

#define START_MS 20000 /* a generated world of 20,000 tasks takes a while */

/* What a program needs to find itself and to speak; never the keys, tokens
 * and proxy passwords that lie in the user's environment. */
static char **environment(void)
{
    static const char *const names[] = {
        "LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH", "ASAN_OPTIONS",
        "UBSAN_OPTIONS", "LSAN_OPTIONS"};
    char **env = xcalloc(ARRAY_LEN(names) + 1, sizeof(*env));
    size_t n = 0;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *value = getenv(names[i]);
        if (value)
            env[n++] = xasprintf("%s=%s", names[i], value);
    }
    return env;
}

static void child(int out, const char *const *args, char *const *env,
                  pid_t parent)
{
    const char *argv[24] = {"ecsdash", "--sim-server", "127.0.0.1:0"};
    size_t n = 3;
    for (size_t i = 0; args && args[i] && n < 23; i++)
        argv[n++] = args[i];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    setsid(); /* no ^C or ^Z of the terminal */
    dup2(out, STDOUT_FILENO);
    int null = open("/dev/null", O_RDWR);
    dup2(null, STDIN_FILENO);
    /* What the shell left open is not the simulator's (Linux before 5.11
     * can't say so; our own descriptors close by themselves). */
    (void)close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    execve("/proc/self/exe", (char *const *)argv, env);
    _exit(127);
}

/* One line, or -1 after START_MS or when the child has died. */
static int read_line(int fd, char *buf, size_t size)
{
    size_t n = 0;
    for (int left = START_MS; left > 0; left -= 100) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (poll(&p, 1, 100) <= 0)
            continue;
        ssize_t got = read(fd, buf + n, size - 1 - n);
        if (got <= 0)
            return -1;
        n += (size_t)got;
        buf[n] = '\0';
        if (memchr(buf, '\n', n))
            return 0;
        if (n == size - 1)
            return -1;
    }
    return -1;
}

static void take(json_t *o, const char *key, char *out, size_t size)
{
    const char *s = json_string_value(json_object_get(o, key));
    snprintf(out, size, "%s", s ? s : "");
}

static int spawn(struct demo *d, const char *const *args, struct err *err)
{
    int fds[2];
    char line[16384];
    pid_t self = getpid();
    *d = (struct demo){.pid = -1, .out = -1};
    if (pipe2(fds, O_CLOEXEC))
        return err_set_errno(err, errno, "No pipe to the simulator");
    char **env = environment();
    d->pid = fork();
    if (d->pid == 0)
        child(fds[1], args, env, self);
    words_free(env);
    close(fds[1]);
    d->out = fds[0];
    if (d->pid < 0 || read_line(d->out, line, sizeof(line))) {
        demo_stop(d);
        return err_set(err, ERR_SYS, "The simulator did not start.");
    }
    json_t *o = json_loads(line, 0, NULL);
    take(o, "endpoint", d->endpoint, sizeof(d->endpoint));
    take(o, "access_key_id", d->access_key, sizeof(d->access_key));
    take(o, "secret_access_key", d->secret, sizeof(d->secret));
    take(o, "region", d->region, sizeof(d->region));
    json_decref(o);
    return 0;
}

int demo_start(struct demo *d, const struct options *o, struct err *err)
{
    const struct {
        const char *name, *value;
    } passed[] = {
        {"--sim-world", o->sim_world},
        {"--sim-clock", o->sim_clock},
        {"--sim-faults", o->sim_faults},
        {"--sim-creds", o->sim_creds},
        {"--sim-deny", o->sim_deny},
        {"--sim-journal", o->sim_journal},
    };
    char seed[48], scenario[80];
    const char *args[2 * ARRAY_LEN(passed) + 4];
    size_t n = 0;
    if (o->scenario) {
        snprintf(scenario, sizeof(scenario), "--demo=%s", o->scenario);
        args[n++] = scenario;
    }
    for (size_t i = 0; i < ARRAY_LEN(passed); i++) {
        if (!passed[i].value)
            continue;
        args[n++] = passed[i].name;
        args[n++] = passed[i].value;
    }
    if (o->seed) {
        snprintf(seed, sizeof(seed), "%llu", (unsigned long long)o->seed);
        args[n++] = "--seed";
        args[n++] = seed;
    }
    args[n] = NULL;
    return spawn(d, args, err);
}

static const char *value_of(void *arg, const char *name)
{
    const struct demo *d = arg;
    if (strcmp(name, "AWS_ACCESS_KEY_ID") == 0)
        return d->access_key;
    if (strcmp(name, "AWS_SECRET_ACCESS_KEY") == 0)
        return d->secret;
    if (strcmp(name, "AWS_REGION") == 0)
        return d->region;
    return NULL;
}

struct aws_env demo_env(const struct demo *d)
{
    return (struct aws_env){.get = value_of, .arg = (void *)(uintptr_t)d};
}

void demo_stop(struct demo *d)
{
    if (d->pid > 0) {
        kill(d->pid, SIGKILL);
        waitpid(d->pid, NULL, 0);
    }
    if (d->out >= 0)
        close(d->out);
    d->pid = d->out = -1;
}
