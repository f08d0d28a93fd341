#include "tests/screen/harness.h"

#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "backend/base/strbuf.h"
#include "backend/base/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <vterm.h>

#define DEADLINE_MS 30000

struct screen {
    pid_t pid;
    int fd;
    int slave;      /* kept open, so that stty can be read after the end */
    int rows, cols;
    VTerm *vt;
    VTermScreen *vs;
    struct strbuf raw;
    size_t scanned;     /* of raw, for markers */
    uint64_t sent;      /* bytes typed */
    uint64_t idle_seen; /* input bytes of the newest marker */
    bool any_idle;
    bool eof;
    int status;
    struct termios before;
};

static int64_t now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void run_child(const struct screen_options *o)
{
    const char *bin = getenv("ECSDASH_BIN");
    const char *home = getenv("HOME");
    const char *asan = getenv("ASAN_OPTIONS");
    char home_env[256], term[64], asan_env[256];
    char *env[32];
    size_t n = 0;
    const char *argv[32];
    size_t k = 0;
    snprintf(home_env, sizeof(home_env), "HOME=%s", home ? home : "/");
    snprintf(term, sizeof(term), "TERM=%s",
             o->term ? o->term : "xterm-256color");
    snprintf(asan_env, sizeof(asan_env), "ASAN_OPTIONS=%s",
             asan ? asan : "");
    /* The test's own entries first: getenv takes the first of a name. */
    for (size_t i = 0; o->env && o->env[i] && n < 20; i++)
        env[n++] = (char *)(uintptr_t)o->env[i];
    env[n++] = home_env;
    env[n++] = term;
    env[n++] = asan_env;
    env[n++] = (char *)"PATH=/usr/bin:/bin";
    env[n++] = (char *)"LC_ALL=C.UTF-8";
    env[n++] = (char *)"TZ=UTC";
    env[n++] = (char *)"ECSDASH_TEST=1";
    env[n++] = (char *)"AWS_EC2_METADATA_DISABLED=true";
    env[n] = NULL;
    argv[k++] = o->argv[0] ? o->argv[0] : bin;
    for (size_t i = 1; o->argv[i] && k < 31; i++)
        argv[k++] = o->argv[i];
    argv[k] = NULL;
    if (!argv[0])
        _exit(126);
    execve(argv[0], (char *const *)(uintptr_t)argv, env);
    _exit(127);
}

struct screen *screen_start(const struct screen_options *o)
{
    struct screen *s = xcalloc(1, sizeof(*s));
    struct winsize ws = {.ws_row = (unsigned short)o->rows,
                         .ws_col = (unsigned short)o->cols};
    int master;
    s->rows = o->rows;
    s->cols = o->cols;
    if (openpty(&master, &s->slave, NULL, NULL, &ws))
        abort();
    fcntl(master, F_SETFD, FD_CLOEXEC);
    fcntl(s->slave, F_SETFD, FD_CLOEXEC);
    tcgetattr(s->slave, &s->before);
    s->fd = master;
    s->vt = vterm_new(o->rows, o->cols);
    vterm_set_utf8(s->vt, 1);
    s->vs = vterm_obtain_screen(s->vt);
    vterm_screen_enable_altscreen(s->vs, 1);
    vterm_screen_reset(s->vs, 1);
    s->pid = fork();
    if (s->pid == 0) {
        setsid();
        ioctl(s->slave, TIOCSCTTY, 0);
        dup2(s->slave, 0);
        dup2(s->slave, 1);
        dup2(s->slave, 2);
        signal(SIGPIPE, SIG_DFL);
        run_child(o);
    }
    return s;
}

/* The newest idle marker that is whole in the raw bytes. */
static void scan(struct screen *s)
{
    static const char head[] = "\033]7717;idle;";
    while (s->scanned < s->raw.len) {
        const char *from = s->raw.data + s->scanned;
        const char *p = memmem(from, s->raw.len - s->scanned, head,
                               sizeof(head) - 1);
        if (!p) {
            size_t keep = sizeof(head);
            size_t left = s->raw.len - s->scanned;
            s->scanned += left > keep ? left - keep : 0;
            return;
        }
        const char *end =
            memchr(p, '\a', (size_t)(s->raw.data + s->raw.len - p));
        if (!end) {
            s->scanned = (size_t)(p - s->raw.data);
            return;
        }
        s->idle_seen = strtoull(p + sizeof(head) - 1, NULL, 10);
        s->any_idle = true;
        s->scanned = (size_t)(end + 1 - s->raw.data);
    }
}

/* One wait of at most ms; true when something came. */
static bool take(struct screen *s, int ms)
{
    struct pollfd p = {.fd = s->fd, .events = POLLIN};
    char buf[65536];
    if (s->eof || poll(&p, 1, ms) <= 0)
        return false;
    ssize_t n = read(s->fd, buf, sizeof(buf));
    if (n <= 0) {
        s->eof = true;
        return false;
    }
    strbuf_append(&s->raw, buf, (size_t)n);
    vterm_input_write(s->vt, buf, (size_t)n);
    scan(s);
    return true;
}

void screen_read(struct screen *s, int ms)
{
    int64_t end = now_ms() + ms;
    for (int64_t left = ms; left > 0 && !s->eof; left = end - now_ms())
        take(s, (int)left);
}

void screen_bytes(struct screen *s, const void *bytes, size_t n)
{
    const char *p = bytes;
    s->sent += n;
    while (n) {
        ssize_t put = write(s->fd, p, n);
        if (put < 0)
            return;
        p += put;
        n -= (size_t)put;
    }
}

void screen_keys(struct screen *s, const char *keys)
{
    screen_bytes(s, keys, strlen(keys));
}

bool screen_idle(struct screen *s)
{
    int64_t end = now_ms() + DEADLINE_MS;
    while (!(s->any_idle && s->idle_seen >= s->sent)) {
        if (now_ms() > end || s->eof)
            return false;
        take(s, 100);
    }
    while (take(s, 0))
        ;
    return true;
}

static int hang(struct screen *s)
{
    return kill(s->pid, 0) == 0 ? 0 : -1;
}

bool screen_wait(struct screen *s, const char *text)
{
    int64_t end = now_ms() + DEADLINE_MS;
    while (!screen_has(s, text)) {
        if (now_ms() > end || s->eof) {
            char *all = screen_text(s);
            fprintf(stderr, "waited for \"%s\" (%s), screen is:\n%s\n", text,
                    hang(s) ? "ended" : "running", all);
            free(all);
            return false;
        }
        take(s, 50);
    }
    return true;
}

bool screen_wait_gone(struct screen *s, const char *text)
{
    int64_t end = now_ms() + DEADLINE_MS;
    while (screen_has(s, text)) {
        if (now_ms() > end || s->eof)
            return false;
        take(s, 50);
    }
    return true;
}

char *screen_row(struct screen *s, int row)
{
    struct strbuf b = STRBUF_INIT;
    for (int col = 0; col < s->cols; col++) {
        VTermScreenCell c;
        VTermPos pos = {.row = row, .col = col};
        vterm_screen_get_cell(s->vs, pos, &c);
        if (c.chars[0] == (uint32_t)-1)
            continue;
        if (!c.chars[0])
            strbuf_putc(&b, ' ');
        for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && c.chars[i]; i++) {
            char out[4];
            strbuf_append(&b, out, utf8_encode(c.chars[i], out));
        }
    }
    while (b.len && b.data[b.len - 1] == ' ')
        b.data[--b.len] = '\0';
    return strbuf_detach(&b);
}

char *screen_text(struct screen *s)
{
    struct strbuf b = STRBUF_INIT;
    for (int row = 0; row < s->rows; row++) {
        char *line = screen_row(s, row);
        strbuf_printf(&b, "%s\n", line);
        free(line);
    }
    return strbuf_detach(&b);
}

int screen_find(struct screen *s, const char *text)
{
    for (int row = 0; row < s->rows; row++) {
        char *line = screen_row(s, row);
        bool hit = strstr(line, text) != NULL;
        free(line);
        if (hit)
            return row;
    }
    return -1;
}

bool screen_has(struct screen *s, const char *text)
{
    return screen_find(s, text) >= 0;
}

struct screen_cell screen_cell(struct screen *s, int row, int col)
{
    VTermScreenCell c;
    VTermPos pos = {.row = row, .col = col};
    vterm_screen_get_cell(s->vs, pos, &c);
    struct screen_cell out = {
        .ch = c.chars[0],
        .bold = c.attrs.bold,
        .reverse = c.attrs.reverse,
        .underline = c.attrs.underline != 0,
        .colored = !VTERM_COLOR_IS_DEFAULT_FG(&c.fg),
        .bg_default = VTERM_COLOR_IS_DEFAULT_BG(&c.bg),
        .width = c.width,
    };
    vterm_screen_convert_color_to_rgb(s->vs, &c.fg);
    vterm_screen_convert_color_to_rgb(s->vs, &c.bg);
    out.fg_r = c.fg.rgb.red;
    out.fg_g = c.fg.rgb.green;
    out.fg_b = c.fg.rgb.blue;
    out.bg_r = c.bg.rgb.red;
    out.bg_g = c.bg.rgb.green;
    out.bg_b = c.bg.rgb.blue;
    return out;
}

void screen_cursor(struct screen *s, int *row, int *col)
{
    VTermPos pos;
    vterm_state_get_cursorpos(vterm_obtain_state(s->vt), &pos);
    *row = pos.row;
    *col = pos.col;
}

void screen_resize(struct screen *s, int rows, int cols)
{
    struct winsize ws = {.ws_row = (unsigned short)rows,
                         .ws_col = (unsigned short)cols};
    while (take(s, 0))
        ;
    s->rows = rows;
    s->cols = cols;
    vterm_set_size(s->vt, rows, cols);
    s->any_idle = false;
    ioctl(s->fd, TIOCSWINSZ, &ws);
}

void screen_hang_up(struct screen *s)
{
    close(s->fd);
    close(s->slave);
    s->fd = s->slave = -1;
    s->eof = true;
}

void screen_signal(struct screen *s, int sig)
{
    kill(s->pid, sig);
}

int screen_end(struct screen *s)
{
    int64_t end = now_ms() + DEADLINE_MS;
    int st;
    while (s->pid > 0 && now_ms() < end) {
        if (!take(s, 20) && s->eof)
            usleep(5000);
        if (waitpid(s->pid, &st, WNOHANG) == s->pid) {
            s->pid = -1;
            while (take(s, 20))
                ;
            s->status = WIFSIGNALED(st) ? -WTERMSIG(st) : WEXITSTATUS(st);
            return s->status;
        }
    }
    return s->pid > 0 ? -1000 : s->status;
}

pid_t screen_pid(const struct screen *s)
{
    return s->pid;
}

const char *screen_raw(const struct screen *s, size_t *n)
{
    *n = s->raw.len;
    return strbuf_get(&s->raw);
}

void screen_stty(struct screen *s, struct termios *before,
                 struct termios *now)
{
    *before = s->before;
    tcgetattr(s->slave, now);
}

int screen_rows(const struct screen *s)
{
    return s->rows;
}

int screen_cols(const struct screen *s)
{
    return s->cols;
}

void screen_free(struct screen *s)
{
    if (s->pid > 0) {
        kill(s->pid, SIGKILL);
        waitpid(s->pid, NULL, 0);
    }
    if (s->fd >= 0)
        close(s->fd);
    if (s->slave >= 0)
        close(s->slave);
    vterm_free(s->vt);
    strbuf_release(&s->raw);
    free(s);
}

/* ---- a simulator beside it ------------------------------------------- */

bool sim_child_start(struct sim_child *c, const char *const *args)
{
    int fds[2];
    char line[16384];
    size_t n = 0;
    const char *bin = getenv("ECSDASH_BIN");
    *c = (struct sim_child){.pid = -1};
    if (!bin || pipe2(fds, O_CLOEXEC))
        return false;
    c->pid = fork();
    if (c->pid == 0) {
        const char *argv[16] = {bin, "--sim-server", "127.0.0.1:0"};
        size_t k = 3;
        for (size_t i = 0; args && args[i] && k < 15; i++)
            argv[k++] = args[i];
        dup2(fds[1], 1);
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a failed test stops nothing */
        execv(bin, (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    close(fds[1]);
    while (n < sizeof(line) - 1 && !memchr(line, '\n', n)) {
        struct pollfd p = {.fd = fds[0], .events = POLLIN};
        ssize_t got = poll(&p, 1, DEADLINE_MS) > 0
                          ? read(fds[0], line + n, sizeof(line) - 1 - n)
                          : 0;
        if (got <= 0)
            break;
        n += (size_t)got;
    }
    line[n] = '\0';
    close(fds[0]);
    json_t *o = json_loads(line, JSON_DISABLE_EOF_CHECK, NULL);
    static const struct {
        const char *key, *env;
    } names[] = {{"endpoint", "AWS_ENDPOINT_URL"},
                 {"access_key_id", "AWS_ACCESS_KEY_ID"},
                 {"secret_access_key", "AWS_SECRET_ACCESS_KEY"},
                 {"region", "AWS_REGION"}};
    for (size_t i = 0; o && i < ARRAY_LEN(names); i++) {
        const char *v = json_string_value(json_object_get(o, names[i].key));
        snprintf(c->env[i], sizeof(c->env[i]), "%s=%s", names[i].env,
                 v ? v : "");
        c->envp[i] = c->env[i];
        if (i == 0)
            snprintf(c->endpoint, sizeof(c->endpoint), "%s", v ? v : "");
    }
    bool ok = o != NULL;
    json_decref(o);
    return ok;
}

void sim_child_stop(struct sim_child *c)
{
    if (c->pid > 0) {
        kill(c->pid, SIGKILL);
        waitpid(c->pid, NULL, 0);
    }
    c->pid = -1;
}
