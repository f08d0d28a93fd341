#define _XOPEN_SOURCE_EXTENDED 1
#include "tui/term.h"

#include "backend/base/mem.h"
#include "backend/base/strbuf.h"
#include "tui/flush.h"
#include "tui/terminfo.h"

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

struct term {
    int fd;          /* the tty, our own open file, non-blocking */
    int memfd;       /* where ncurses writes */
    FILE *out, *in;  /* ncurses' idea of a terminal */
    SCREEN *screen;
    struct termios saved, raw;
    struct flush flush;
    struct strbuf queue; /* not yet sent */
    size_t sent;         /* of queue */
    int rows, cols;
    bool one_screen; /* the terminal has no other to go back to */
    bool suspended;
};

/* For the crash handler only: what it needs and nothing else. */
static volatile int emergency_fd = -1;
static volatile bool emergency_clears;
static struct termios emergency_termios;

static const char paste_on[] = "\033[?2004h";
static const char paste_off[] = "\033[?2004l";

void term_emergency_reset(void)
{
    static const char reset[] =
        "\033[?2026l\033[?1006l\033[?1002l\033[?1000l\033[?2004l\033[?1l"
        "\033>\033[?25h\033[0m\033[?1049l";
    int fd = emergency_fd;
    if (fd < 0)
        return;
    emergency_fd = -1;
    ssize_t ignored = write(fd, reset, sizeof(reset) - 1);
    if (emergency_clears)
        ignored = write(fd, "\033[H\033[J", 6);
    (void)ignored;
    tcsetattr(fd, TCSANOW, &emergency_termios);
}

static int open_tty(struct err *err)
{
    for (int i = 0; i < 3; i++) {
        char name[128];
        if (!isatty(i) || ttyname_r(i, name, sizeof(name)))
            continue;
        int fd = open(name, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
        if (fd >= 0)
            return fd;
    }
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        err_set(err, ERR_TERMINAL, "There is no terminal to draw on; use "
                "--once for output without one.");
    return fd;
}

/* What ncurses has written since last time goes to the queue. */
static void collect(struct term *t)
{
    char buf[8192];
    fflush(t->out);
    off_t n = lseek(t->memfd, 0, SEEK_END);
    if (n <= 0)
        return;
    if (t->sent == t->queue.len) {
        strbuf_clear(&t->queue);
        t->sent = 0;
    }
    for (off_t at = 0; at < n;) {
        ssize_t got = pread(t->memfd, buf, sizeof(buf), at);
        if (got <= 0)
            break;
        strbuf_append(&t->queue, buf, (size_t)got);
        at += got;
    }
    if (ftruncate(t->memfd, 0) == 0)
        lseek(t->memfd, 0, SEEK_SET);
}

static void enter_raw(struct term *t)
{
    tcsetattr(t->fd, TCSANOW, &t->raw);
    emergency_termios = t->saved;
    emergency_clears = t->one_screen;
    emergency_fd = t->fd;
}

static void start_colors(struct term *t, bool mono)
{
    int colors = 0;
    if (!mono && has_colors()) {
        start_color();
        use_default_colors();
        colors = COLORS;
    }
    flush_init(&t->flush, colors,
               strcmp(nl_langinfo(CODESET), "UTF-8") == 0);
}

static int start_screen(struct term *t, const struct term_options *o,
                        struct err *err)
{
    struct winsize ws = {0};
    t->memfd = memfd_create("ecsdash-screen", MFD_CLOEXEC);
    if (t->memfd < 0)
        return err_set_errno(err, errno, "No memory file for the screen");
    t->out = fdopen(dup(t->memfd), "w");
    t->in = fopen("/dev/null", "r");
    unsetenv("LINES");
    unsetenv("COLUMNS");
    if (ioctl(t->fd, TIOCGWINSZ, &ws) == 0 && ws.ws_row && ws.ws_col) {
        /* ncurses can't ask a memfd how big the terminal is. */
        char n[16];
        snprintf(n, sizeof(n), "%d", ws.ws_row);
        setenv("LINES", n, 1);
        snprintf(n, sizeof(n), "%d", ws.ws_col);
        setenv("COLUMNS", n, 1);
    }
    if (t->out && t->in)
        t->screen = newterm((char *)o->type, t->out, t->in);
    unsetenv("LINES");
    unsetenv("COLUMNS");
    if (!t->screen)
        return err_set(err, ERR_TERMINAL,
                       "The terminal type %s could not be started.", o->type);
    set_term(t->screen);
    typeahead(-1);
    noecho();
    nonl();
    raw();
    t->one_screen = !terminfo_has_second_screen();
    start_colors(t, o->mono);
    t->rows = LINES;
    t->cols = COLS;
    return 0;
}

struct term *term_new(const struct term_options *o, struct err *err)
{
    if (terminfo_check(o->type, err))
        return NULL;
    struct term *t = xcalloc(1, sizeof(*t));
    t->memfd = -1;
    t->fd = open_tty(err);
    if (t->fd < 0 || tcgetattr(t->fd, &t->saved)) {
        if (t->fd >= 0)
            err_set_errno(err, errno, "The terminal does not answer");
        if (t->fd >= 0)
            close(t->fd);
        free(t);
        return NULL;
    }
    t->raw = t->saved;
    cfmakeraw(&t->raw);
    t->raw.c_cc[VMIN] = 1;
    t->raw.c_cc[VTIME] = 0;
    if (start_screen(t, o, err)) {
        close(t->fd);
        if (t->memfd >= 0)
            close(t->memfd);
        free(t);
        return NULL;
    }
    enter_raw(t);
    collect(t);
    term_raw(t, paste_on, sizeof(paste_on) - 1);
    return t;
}

int term_fd(const struct term *t)
{
    return t->fd;
}

unsigned char term_erase_char(const struct term *t)
{
    return t->saved.c_cc[VERASE];
}

void term_size(struct term *t, int *rows, int *cols)
{
    struct winsize ws = {0};
    if (ioctl(t->fd, TIOCGWINSZ, &ws) == 0 && ws.ws_row && ws.ws_col &&
        (ws.ws_row != t->rows || ws.ws_col != t->cols)) {
        t->rows = ws.ws_row;
        t->cols = ws.ws_col;
        resizeterm(t->rows, t->cols);
        clearok(curscr, TRUE);
    }
    *rows = t->rows;
    *cols = t->cols;
}

int term_read(struct term *t, void *buf, size_t n)
{
    ssize_t got;
    do
        got = read(t->fd, buf, n);
    while (got < 0 && errno == EINTR);
    if (got > 0)
        return (int)got;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return 0;
    return -1;
}

bool term_wants_write(const struct term *t)
{
    return t->sent < t->queue.len;
}

/* POLLOUT lies when a slow peer has filled the line: what the kernel still
 * holds counts too. On a pty the count is always 0. */
bool term_ready(const struct term *t)
{
    int held = 0;
    if (t->suspended || term_wants_write(t))
        return false;
    return ioctl(t->fd, TIOCOUTQ, &held) != 0 || held < 1024;
}

void term_frame(struct term *t, const struct surface *s,
                const struct theme *th)
{
    flush_surface(&t->flush, s, th);
    wnoutrefresh(stdscr);
    doupdate();
    collect(t);
}

void term_raw(struct term *t, const void *bytes, size_t n)
{
    strbuf_append(&t->queue, bytes, n);
}

int term_write(struct term *t)
{
    while (term_wants_write(t)) {
        ssize_t n = write(t->fd, t->queue.data + t->sent,
                          t->queue.len - t->sent);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
        t->sent += (size_t)n;
    }
    strbuf_clear(&t->queue);
    t->sent = 0;
    return 0;
}

void term_redraw(struct term *t)
{
    (void)t;
    clearok(curscr, TRUE);
}

/* Send what is queued, but never longer than a person would notice. */
static void drain(struct term *t, int max_ms)
{
    struct pollfd p = {.fd = t->fd, .events = POLLOUT};
    for (int left = max_ms; term_wants_write(t) && left > 0; left -= 20) {
        if (term_write(t))
            return;
        if (term_wants_write(t))
            poll(&p, 1, 20);
    }
}

static void leave_screen(struct term *t)
{
    term_raw(t, paste_off, sizeof(paste_off) - 1);
    curs_set(1);
    if (t->one_screen) {
        erase();
        clearok(curscr, TRUE);
        wnoutrefresh(stdscr);
        doupdate();
    }
    endwin();
    if (t->one_screen)
        mvcur(t->rows - 1, 0, 0, 0);
    collect(t);
    drain(t, 300);
    tcsetattr(t->fd, TCSANOW, &t->saved);
    emergency_fd = -1;
}

void term_suspend(struct term *t)
{
    if (t->suspended)
        return;
    leave_screen(t);
    t->suspended = true;
}

void term_resume(struct term *t)
{
    if (!t->suspended)
        return;
    t->suspended = false;
    enter_raw(t);
    int rows, cols;
    term_size(t, &rows, &cols);
    clearok(curscr, TRUE);
    wnoutrefresh(stdscr);
    doupdate();
    collect(t);
    term_raw(t, paste_on, sizeof(paste_on) - 1);
}

void term_free(struct term *t)
{
    if (!t)
        return;
    if (!t->suspended)
        leave_screen(t);
    delscreen(t->screen);
    fclose(t->out);
    fclose(t->in);
    close(t->memfd);
    close(t->fd);
    strbuf_release(&t->queue);
    free(t);
}
