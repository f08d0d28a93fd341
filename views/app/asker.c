#include "views/app/asker.h"

#include "backend/base/mem.h"
#include "backend/net/pool.h"
#include "views/app/app.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define TTY_MS 120000 /* as long as a person may look for the device */

struct question {
    struct work work; /* in the chain's scope */
    struct question *next;
    struct asker *k;
    const struct realm *realm;
    char *prompt;
    cred_answer_fn *answer;
    void *arg;
    bool open;        /* its dialog is on the screen */
    struct tty_job *job;
};

struct asker {
    struct loop *loop;
    struct app *app;
    struct question *first; /* oldest first */
};

/* A line read on a thread; outlives a cancelled question. */
struct tty_job {
    struct question *q; /* NULL once cancelled; the loop's */
    atomic_bool cancelled;
    int fd;
    char *prompt;
    char text[128];
    bool given;
};

static void unlink_question(struct question *q)
{
    struct question **at = &q->k->first;
    while (*at != q)
        at = &(*at)->next;
    *at = q->next;
}

/* The end of a question; text NULL = refused. */
static void finish(struct question *q, const char *text)
{
    unlink_question(q);
    scope_remove(&q->work);
    q->answer(q->arg, text);
    free(q->prompt);
    free(q);
}

static void close_dialog(struct app *a)
{
    struct strbuf *typed = &a->dialog.edit.text;
    if (typed->data)
        explicit_bzero(typed->data, typed->len);
    app_dialog_close(a);
}

static void question_cancel(struct work *w)
{
    struct question *q = container_of(w, struct question, work);
    if (q->open)
        close_dialog(q->k->app);
    if (q->job) {
        q->job->q = NULL;
        atomic_store(&q->job->cancelled, true);
    }
    unlink_question(q);
    free(q->prompt);
    free(q);
}

/* ---- in the dashboard ------------------------------------------------ */

static void on_dialog(void *arg, enum dialog_result r)
{
    struct question *q = arg;
    struct app *a = q->k->app;
    if (r == DIALOG_CONFIRMED && *dialog_text(&a->dialog)) {
        char *text = xstrdup(dialog_text(&a->dialog));
        q->open = false;
        close_dialog(a);
        finish(q, text);
        explicit_bzero(text, strlen(text));
        free(text);
    } else if (r == DIALOG_CANCELLED) {
        q->open = false;
        app_say(a, MSG_WARN, "No code was given: r asks again.");
        finish(q, NULL);
    }
}

void asker_next(struct asker *k)
{
    struct app *a = k->app;
    struct question *q = k->first;
    if (!q || !a || a->dialog.open || a->menu.open || a->prompt.open)
        return;
    q->open = true;
    struct dialog *d = app_dialog(a, "MFA code", "Send", on_dialog, q);
    dialog_add(d, ROLE_DIALOG, "for", "%s", q->prompt);
    dialog_add(d, ROLE_DIALOG, "note", "without it this identity cannot be "
               "taken; Esc leaves it at that");
    dialog_ask_secret(d, "code");
}

void asker_leave(struct asker *k, const struct realm *r)
{
    struct question *next;
    for (struct question *q = k->first; q; q = next) {
        next = q->next;
        if (q->realm != r || q->job)
            continue;
        if (q->open)
            close_dialog(k->app);
        q->open = false;
        finish(q, NULL);
    }
}

/* ---- on the terminal ------------------------------------------------- */

/* True with a whole line; erase keys work, ^C and ^D refuse. */
static bool tty_line(struct tty_job *j)
{
    size_t n = 0;
    for (int waited = 0; waited < TTY_MS && !atomic_load(&j->cancelled);) {
        struct pollfd p = {.fd = j->fd, .events = POLLIN};
        char c;
        int ready = poll(&p, 1, 200);
        if (ready <= 0) {
            waited += 200;
            continue;
        }
        if (read(j->fd, &c, 1) != 1 || c == 3 || c == 4)
            return false;
        if (c == '\r' || c == '\n') {
            j->text[n] = '\0';
            return n > 0;
        }
        if ((c == 127 || c == '\b') && n > 0)
            n--;
        else if (c >= ' ' && c != 127 && n + 1 < sizeof(j->text))
            j->text[n++] = c;
    }
    return false;
}

static void put(int fd, const char *text)
{
    size_t n = strlen(text);
    while (n > 0) {
        ssize_t w = write(fd, text, n);
        if (w <= 0 && errno != EINTR)
            return;
        if (w > 0) {
            text += w;
            n -= (size_t)w;
        }
    }
}

static void tty_work(void *arg)
{
    struct tty_job *j = arg;
    struct termios was, now;
    if (tcgetattr(j->fd, &was))
        return;
    now = was;
    /* Signals come as characters, so that the echo is always put back. */
    now.c_lflag &= ~(tcflag_t)(ECHO | ICANON | ISIG);
    now.c_cc[VMIN] = 1;
    now.c_cc[VTIME] = 0;
    if (tcsetattr(j->fd, TCSAFLUSH, &now) == 0) {
        put(j->fd, j->prompt);
        put(j->fd, ": ");
        j->given = tty_line(j);
        put(j->fd, "\n");
        tcsetattr(j->fd, TCSAFLUSH, &was);
    }
}

static void tty_done(void *arg)
{
    struct tty_job *j = arg;
    struct question *q = j->q;
    if (q) {
        q->job = NULL;
        finish(q, j->given ? j->text : NULL);
    }
    close(j->fd);
    explicit_bzero(j->text, sizeof(j->text));
    free(j->prompt);
    free(j);
}

static int ask_on_terminal(struct question *q, struct err *err)
{
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return err_set(err, ERR_CREDENTIALS, "%s is wanted, and there is no "
                       "terminal to ask on: run ecsdash in a terminal, or "
                       "let the AWS CLI ask first (its cache is read).",
                       q->prompt);
    struct tty_job *j = xcalloc(1, sizeof(*j));
    j->q = q;
    j->fd = fd;
    j->prompt = xstrdup(q->prompt);
    q->job = j;
    pool_run(q->k->loop, tty_work, tty_done, j);
    return 0;
}

/* ---- asking ---------------------------------------------------------- */

static int start(void *who, const struct realm *r, struct scope *scope,
                 const char *prompt, cred_answer_fn *answer, void *arg,
                 struct err *err)
{
    struct asker *k = who;
    if (r->left)
        return err_set(err, ERR_CREDENTIALS, "%s is wanted for a context "
                       "that was left.", prompt);
    struct question *q = xcalloc(1, sizeof(*q));
    q->k = k;
    q->realm = r;
    q->prompt = xstrdup(prompt);
    q->answer = answer;
    q->arg = arg;
    struct question **at = &k->first;
    while (*at)
        at = &(*at)->next;
    if (scope_add(scope, &q->work, question_cancel)) {
        free(q->prompt);
        free(q);
        return err_set(err, ERR_CREDENTIALS, "The question was cancelled.");
    }
    *at = q;
    if (k->app) {
        asker_next(k);
    } else if (ask_on_terminal(q, err)) {
        unlink_question(q);
        scope_remove(&q->work);
        free(q->prompt);
        free(q);
        return -1;
    }
    return 0;
}

struct realm_ask asker_ask(struct asker *k)
{
    return (struct realm_ask){start, k};
}

struct asker *asker_new(struct loop *loop)
{
    struct asker *k = xcalloc(1, sizeof(*k));
    k->loop = loop;
    return k;
}

void asker_attach(struct asker *k, struct app *app)
{
    k->app = app;
}

void asker_free(struct asker *k)
{
    free(k);
}
