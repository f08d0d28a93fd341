#include "views/app/app_tty.h"

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/strbuf.h"
#include "backend/net/loop.h"
#include "tui/input.h"
#include "tui/term.h"
#include "views/app/app.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#define FRAME_MS 33 /* data paints at most 30 times a second */

enum { SIG_WINCH, SIG_TERM, SIG_INT, SIG_HUP, SIG_TSTP, N_SIGNALS };
static const int signals[N_SIGNALS] = {SIGWINCH, SIGTERM, SIGINT, SIGHUP,
                                       SIGTSTP};

struct app_tty {
    struct app *app;
    struct app_tty_options o;
    struct term *term;
    struct input input;
    uv_poll_t poll;
    uv_signal_t signal[N_SIGNALS];
    struct timer escape, frame;
    int64_t last_frame_ms; /* mono */
    uint64_t frames;
    uint64_t idle_told;    /* frame and input of the last marker */
    uint64_t idle_bytes;
    int events;            /* what is polled for now */
    int open_handles;
    bool put_off;          /* data waits for a turn, since this one was long */
    bool painted_due;      /* a frame is on its way: confirm when it is out */
    uv_process_t *guest;   /* has the terminal; NULL = it is ours */
    bool closing;
    int death;             /* signal that ends us */
};

static void paint(struct app_tty *t);

/* ---- keys in --------------------------------------------------------- */

static void on_input(void *arg, const struct input_event *e)
{
    struct app_tty *t = arg;
    if (t->app->quitting)
        return;
    if (e->kind == INPUT_PASTE)
        app_paste(t->app, e->paste, e->paste_len);
    else
        app_key(t->app, e->key);
}

static void on_escape(struct timer *timer, void *arg)
{
    struct app_tty *t = arg;
    (void)timer;
    input_timeout(&t->input, on_input, t);
}

static void hang_up(struct app_tty *t)
{
    t->death = SIGHUP;
    app_quit(t->app, 1);
}

static void read_keys(struct app_tty *t)
{
    char buf[4096];
    int n;
    while ((n = term_read(t->term, buf, sizeof(buf))) > 0)
        input_feed(&t->input, buf, (size_t)n, on_input, t);
    if (n < 0) {
        hang_up(t);
        return;
    }
    int wait = input_timeout_ms(&t->input);
    if (wait >= 0)
        timer_start(t->app->o.clock, &t->escape, wait, on_escape, t);
    else
        timer_stop(t->app->o.clock, &t->escape);
}

/* ---- frames out ------------------------------------------------------ */

static void on_poll(uv_poll_t *p, int status, int events);

static void set_events(struct app_tty *t)
{
    int want = UV_READABLE | UV_DISCONNECT;
    if (term_wants_write(t->term))
        want |= UV_WRITABLE;
    if (want == t->events || t->closing || t->guest)
        return;
    t->events = want;
    uv_poll_start(&t->poll, want, on_poll);
}

static void flush(struct app_tty *t)
{
    if (term_write(t->term)) {
        hang_up(t);
        return;
    }
    set_events(t);
    if (t->painted_due && !term_wants_write(t->term)) {
        t->painted_due = false;
        app_painted(t->app);
    }
}

static void on_poll(uv_poll_t *p, int status, int events)
{
    struct app_tty *t = p->data;
    if (status < 0) {
        hang_up(t);
        return;
    }
    if (events & UV_WRITABLE)
        flush(t);
    if (events & (UV_READABLE | UV_DISCONNECT))
        read_keys(t);
}

/* OSC 52, selector c: the one that mosh takes too. Under tmux the passthrough
 * is off by default; tmux's own set-clipboard takes it when it is on. */
static void send_copy(struct app_tty *t)
{
    static const char b64[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    struct strbuf *c = &t->app->copied;
    struct strbuf out = STRBUF_INIT;
    if (!c->len)
        return;
    strbuf_puts(&out, "\033]52;c;");
    for (size_t i = 0; i < c->len && i < 50000; i += 3) {
        unsigned char in[3] = {0};
        size_t n = c->len - i < 3 ? c->len - i : 3;
        memcpy(in, c->data + i, n);
        strbuf_putc(&out, b64[in[0] >> 2]);
        strbuf_putc(&out, b64[(in[0] & 3) << 4 | in[1] >> 4]);
        strbuf_putc(&out, n > 1 ? b64[(in[1] & 15) << 2 | in[2] >> 6] : '=');
        strbuf_putc(&out, n > 2 ? b64[in[2] & 63] : '=');
    }
    strbuf_putc(&out, '\a');
    term_raw(t->term, out.data, out.len);
    strbuf_release(&out);
    strbuf_clear(c);
}

static void paint(struct app_tty *t)
{
    int rows, cols;
    term_size(t->term, &rows, &cols);
    if (t->app->redraw_wanted) {
        t->app->redraw_wanted = false;
        term_redraw(t->term);
    }
    app_draw(t->app, rows, cols);
    term_frame(t->term, &t->app->surface, t->app->o.theme);
    send_copy(t);
    t->frames++;
    t->put_off = false;
    t->last_frame_ms = clock_mono_ms(t->app->o.clock);
    t->painted_due = true;
    flush(t);
}

static void on_frame_due(struct timer *timer, void *arg)
{
    (void)timer;
    (void)arg; /* the turn hook paints */
}

/* In test mode: after a frame with nothing in flight, say so, with how many
 * bytes of input that frame has seen. */
static void tell_idle(struct app_tty *t)
{
    char marker[96];
    if (!t->o.test || !app_idle(t->app) || term_wants_write(t->term) ||
        input_waits(&t->input) ||
        (t->idle_told == t->frames && t->idle_bytes == t->input.bytes))
        return;
    t->idle_told = t->frames;
    t->idle_bytes = t->input.bytes;
    int n = snprintf(marker, sizeof(marker),
                     "\033]7717;idle;%llu;%llu\a",
                     (unsigned long long)t->input.bytes,
                     (unsigned long long)t->frames);
    term_raw(t->term, marker, (size_t)n);
    flush(t);
}

static void suspend(struct app_tty *t)
{
    t->app->suspend_wanted = false;
    app_show(t->app, false);
    dialog_mark_hidden(&t->app->dialog);
    store_pause(t->app->realm->store, true);
    term_suspend(t->term);
    /* Stop for real, with the default action, from a safe point. */
    uv_signal_stop(&t->signal[SIG_TSTP]);
    kill(0, SIGTSTP);
    term_resume(t->term);
    flush(t); /* nothing is painted before what is queued has left */
    store_pause(t->app->realm->store, false);
    app_show(t->app, true);
    app_say(t->app, MSG_INFO, "Resumed; refreshing.");
    app_do(t->app, ACTION_REFRESH);
    t->app->redraw_wanted = true;
}

static void on_signal(uv_signal_t *s, int num);

/* ---- the terminal lent to a program ---------------------------------- */

static void on_guest_closed(uv_handle_t *h)
{
    struct app_tty *t = h->data;
    t->open_handles--;
    free(h);
}

static void take_back(struct app_tty *t, int status)
{
    t->guest = NULL;
    term_resume(t->term);
    t->events = 0;
    set_events(t);
    flush(t);
    t->app->redraw_wanted = true;
    app_show(t->app, true);
    app_lend_end(t->app, status);
    app_dirty(t->app, PAINT_KEY);
}

static void on_guest_exit(uv_process_t *p, int64_t status, int signal)
{
    struct app_tty *t = p->data;
    uv_close((uv_handle_t *)p, on_guest_closed);
    take_back(t, signal ? -1 : (int)status);
}

/* The command stays in our process group: it must be in the foreground. */
static void lend(struct app_tty *t)
{
    char *script = xasprintf("%s \"$1\"", t->app->lend_command);
    const char *argv[] = {"/bin/sh", "-c", script, "sh", t->app->lend_file, NULL};
    int tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    uv_stdio_container_t io[3];
    for (int i = 0; i < 3; i++)
        io[i] = (uv_stdio_container_t){.flags = UV_INHERIT_FD, .data.fd = tty};
    uv_process_options_t o = {.file = argv[0],
                              .args = (char **)(uintptr_t)argv, .stdio = io,
                              .stdio_count = 3, .exit_cb = on_guest_exit};
    timer_stop(t->app->o.clock, &t->escape);
    timer_stop(t->app->o.clock, &t->frame);
    uv_poll_stop(&t->poll);
    app_show(t->app, false);
    term_suspend(t->term);
    t->guest = xcalloc(1, sizeof(*t->guest));
    t->guest->data = t;
    t->open_handles++;
    /* Without a terminal the spawn fails by the descriptor, as it must. */
    if (uv_spawn(loop_uv(t->app->o.loop), t->guest, &o)) {
        uv_close((uv_handle_t *)t->guest, on_guest_closed);
        take_back(t, -1);
    }
    if (tty >= 0)
        close(tty);
    free(script);
}

/* Once per turn: a key paints in its own turn; data waits for its place in
 * thirty frames a second; nothing is painted while the last is on its way. */
static void on_turn(void *arg)
{
    struct app_tty *t = arg;
    struct app *a = t->app;
    if (a->quitting || t->guest)
        return;
    if (a->lend_command) {
        lend(t);
        return;
    }
    if (a->suspend_wanted) {
        suspend(t);
        uv_signal_start(&t->signal[SIG_TSTP], on_signal, SIGTSTP);
    }
    if (a->paint != PAINT_NONE && term_ready(t->term)) {
        int64_t now = clock_mono_ms(a->o.clock);
        int64_t wait = t->last_frame_ms + FRAME_MS - now;
        bool key = a->paint == PAINT_KEY || a->redraw_wanted;
        if (!key && !t->put_off && wait <= 0 && loop_turn_long(a->o.loop)) {
            t->put_off = true;
            timer_start(a->o.clock, &t->frame, 0, on_frame_due, t);
        } else if (key || wait <= 0 || clock_is_driven(a->o.clock)) {
            paint(t);
        } else if (!timer_armed(&t->frame)) {
            timer_start(a->o.clock, &t->frame, wait, on_frame_due, t);
        }
    } else if (a->paint != PAINT_NONE && !term_wants_write(t->term) &&
               !timer_armed(&t->frame)) {
        timer_start(a->o.clock, &t->frame, FRAME_MS, on_frame_due, t);
    }
    tell_idle(t);
}

/* ---- signals --------------------------------------------------------- */

static void on_signal(uv_signal_t *s, int num)
{
    struct app_tty *t = s->data;
    if (t->guest && num == SIGINT)
        return; /* the guest's */
    if (t->guest && num == SIGTSTP) {
        kill(getpid(), SIGSTOP); /* it has stopped itself, too */
        return;
    }
    switch (num) {
    case SIGWINCH:
        /* There and back again may come as one signal with the old size, and
         * yet the terminal has lost what it showed. */
        t->app->redraw_wanted = true;
        app_dirty(t->app, PAINT_KEY);
        break;
    case SIGTSTP:
        t->app->suspend_wanted = true;
        break;
    default:
        t->death = num;
        app_quit(t->app, 128 + num);
        break;
    }
}

static void start_signals(struct app_tty *t)
{
    for (int i = 0; i < N_SIGNALS; i++) {
        uv_signal_init(loop_uv(t->app->o.loop), &t->signal[i]);
        t->signal[i].data = t;
        t->open_handles++;
        uv_signal_start(&t->signal[i], on_signal, signals[i]);
        uv_unref((uv_handle_t *)&t->signal[i]);
    }
}

struct app_tty *app_tty_new(struct app *a, const struct app_tty_options *o,
                            struct err *err)
{
    struct app_tty *t = xcalloc(1, sizeof(*t));
    t->app = a;
    t->o = *o;
    /* Before curses, which takes only signals that are still at default. */
    start_signals(t);
    struct term_options to = {.type = o->type, .mono = o->mono};
    t->term = term_new(&to, err);
    if (!t->term) {
        app_tty_free(t);
        return NULL;
    }
    input_init(&t->input, o->escape_ms, term_erase_char(t->term));
    uv_poll_init(loop_uv(a->o.loop), &t->poll, term_fd(t->term));
    t->poll.data = t;
    t->open_handles++;
    set_events(t);
    loop_set_turn_hook(a->o.loop, on_turn, t);
    paint(t);
    return t;
}

static void on_closed(uv_handle_t *h)
{
    struct app_tty *t = h->data;
    t->open_handles--;
}

int app_tty_free(struct app_tty *t)
{
    int death = t->death;
    struct app *a = t->app;
    t->closing = true;
    if (t->guest) {
        uv_process_kill(t->guest, SIGTERM);
        uv_close((uv_handle_t *)t->guest, on_guest_closed);
    }
    loop_set_turn_hook(a->o.loop, NULL, NULL);
    timer_stop(a->o.clock, &t->escape);
    timer_stop(a->o.clock, &t->frame);
    if (t->poll.data)
        uv_poll_stop(&t->poll);
    if (t->term) {
        /* First of all the screen: whatever hangs later, it is restored. */
        term_free(t->term);
        input_release(&t->input);
        uv_close((uv_handle_t *)&t->poll, on_closed);
    }
    for (int i = 0; i < N_SIGNALS; i++)
        uv_close((uv_handle_t *)&t->signal[i], on_closed);
    while (t->open_handles > 0)
        loop_turn(a->o.loop, 10);
    free(t);
    return death;
}
