#include "backend/net/child.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "backend/base/mem.h"
#include "backend/base/scope.h"
#include "backend/net/loop.h"

enum {
    DEADLINE_MS = 60000,
    GRACE_MS = 500,
    LINGER_MS = 100, /* twice, for pipes that a descendant keeps open */
    MAX_OUTPUT = 64 * 1024
};

/* One pipe from the child. The buffer has its full size from the start: one
 * that moves would leave copies behind. */
struct output {
    uv_pipe_t pipe;
    char *data; /* max + 2 bytes: one to see the cap passed, one for NUL */
    size_t len;
    bool open;
};

/* Freed when the last handle has closed. `told` from done or cancel on. */
struct child {
    struct work work;
    struct loop *loop;
    uv_process_t process;
    uv_timer_t timer;
    uv_pipe_t input;
    struct output out, log;
    size_t max;
    int handles; /* not yet closed */
    bool input_open, want_input_end;
    bool running, told;
    bool killing;  /* SIGTERM has gone out */
    bool lingered; /* the first of two waits is over */
    int grace_ms;
    int status, signal;
    struct err err;
    child_drained_fn *drained;
    child_done_fn *done;
    void *arg;
    char name[64]; /* argv[0] without its folders, for messages */
};

struct write {
    uv_write_t req;
    struct child *child;
    size_t len;
    char data[];
};

/* ---- the end ---- */

static void buffers_free(struct child *c)
{
    struct output *all[] = {&c->out, &c->log};

    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        if (all[i]->data)
            explicit_bzero(all[i]->data, all[i]->len);
        free(all[i]->data);
    }
    free(c);
}

static void on_closed(uv_handle_t *h)
{
    struct child *c = h->data;

    if (--c->handles == 0)
        buffers_free(c);
}

static void close_handle(void *handle)
{
    if (!uv_is_closing(handle))
        uv_close(handle, on_closed);
}

static void close_output(struct output *o)
{
    o->open = false;
    close_handle(&o->pipe);
}

static void close_input(struct child *c)
{
    c->input_open = false;
    close_handle(&c->input);
}

static void close_all(struct child *c)
{
    close_output(&c->out);
    close_output(&c->log);
    close_input(c);
    close_handle(&c->timer);
    close_handle(&c->process);
}

static void signal_group(struct child *c, int sig)
{
    /* setsid() made the child's number that of its group. */
    kill(-c->process.pid, sig);
}

/* Done when the child has ended and nobody holds its pipes. */
static void settle(struct child *c)
{
    struct child_result r;

    if (c->running || c->told || c->out.open || c->log.open)
        return;
    c->told = true;
    scope_remove(&c->work);
    loop_work_end(c->loop);
    if (c->out.len > c->max)
        c->out.len = c->max;
    if (c->log.len > c->max)
        c->log.len = c->max;
    c->out.data[c->out.len] = '\0';
    c->log.data[c->log.len] = '\0';
    r = (struct child_result){.status = c->signal ? -1 : c->status,
                              .signal = c->signal,
                              .out = c->out.data,
                              .out_len = c->out.len,
                              .log = c->log.data,
                              .log_len = c->log.len};
    c->done(c->arg, &r, c->err.code ? &c->err : NULL);
    close_all(c);
}

static void on_linger(uv_timer_t *t)
{
    struct child *c = t->data;

    /* After a stall the timer comes before what is there to read. */
    if (!c->lingered) {
        c->lingered = true;
        uv_timer_start(t, on_linger, LINGER_MS, 0);
        return;
    }
    close_output(&c->out);
    close_output(&c->log);
    settle(c);
}

static void on_ended(uv_process_t *p, int64_t status, int sig)
{
    struct child *c = p->data;

    c->running = false;
    c->status = (int)status;
    c->signal = sig;
    if (c->killing)
        signal_group(c, SIGKILL); /* those that took no notice of SIGTERM */
    if (c->told) { /* cancelled: this was all that was waited for */
        loop_work_end(c->loop);
        close_all(c);
        return;
    }
    close_input(c);
    if (c->out.open || c->log.open)
        uv_timer_start(&c->timer, on_linger, LINGER_MS, 0);
    else
        uv_timer_stop(&c->timer);
    settle(c);
}

/* ---- its limits ---- */

static void on_grace(uv_timer_t *t)
{
    signal_group(t->data, SIGKILL);
}

static void stop(struct child *c)
{
    if (!c->running || c->killing)
        return;
    c->killing = true;
    signal_group(c, SIGTERM);
    uv_timer_start(&c->timer, on_grace, (uint64_t)c->grace_ms, 0);
}

static void on_deadline(uv_timer_t *t)
{
    struct child *c = t->data;

    err_set(&c->err, ERR_TIMEOUT, "%s did not finish in time and was ended.",
            c->name);
    stop(c);
}

static void cancel(struct work *w)
{
    struct child *c = container_of(w, struct child, work);

    c->told = true;
    if (!c->running) { /* only its pipes were still open */
        loop_work_end(c->loop);
        close_all(c);
        return;
    }
    c->killing = true;
    signal_group(c, SIGKILL);
    close_output(&c->out);
    close_output(&c->log);
    close_input(c);
    uv_timer_stop(&c->timer);
}

/* ---- its output ---- */

static void on_alloc(uv_handle_t *h, size_t hint, uv_buf_t *buf)
{
    struct child *c = h->data;
    struct output *o = h == (uv_handle_t *)&c->out.pipe ? &c->out : &c->log;

    (void)hint;
    *buf = uv_buf_init(o->data + o->len, (unsigned)(c->max + 1 - o->len));
}

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
    struct child *c = s->data;
    struct output *o = s == (uv_stream_t *)&c->out.pipe ? &c->out : &c->log;

    (void)buf;
    if (n < 0) {
        close_output(o);
        settle(c);
        return;
    }
    o->len += (size_t)n;
    if (o->len <= c->max)
        return;
    if (!c->err.code)
        err_set(&c->err, ERR_TOO_LARGE,
                "%s wrote more than %zu bytes and was ended.", c->name,
                c->max);
    close_output(o);
    stop(c);
    settle(c);
}

/* ---- its input ---- */

static void on_written(uv_write_t *req, int status)
{
    struct write *w = container_of(req, struct write, req);
    struct child *c = w->child;

    xfree_secret(w, sizeof(*w) + w->len);
    if (!c->input_open)
        return;
    if (status < 0) /* nobody reads: done tells how it ended */
        close_input(c);
    else if (uv_stream_get_write_queue_size((uv_stream_t *)&c->input) > 0)
        return;
    else if (c->want_input_end)
        close_input(c);
    if (c->drained && !c->told)
        c->drained(c->arg, c);
}

static void put(struct child *c, const void *data, size_t len)
{
    struct write *w = xmalloc(sizeof(*w) + len);
    uv_buf_t buf;

    assert(data);
    w->child = c;
    w->len = len;
    memcpy(w->data, data, len);
    buf = uv_buf_init(w->data, (unsigned)len);
    if (uv_write(&w->req, (uv_stream_t *)&c->input, &buf, 1, on_written)) {
        xfree_secret(w, sizeof(*w) + len);
        close_input(c);
    }
}

int child_write(struct child *c, const void *data, size_t len)
{
    if (c->input_open && !c->want_input_end && len > 0)
        put(c, data, len);
    return c->input_open && !c->want_input_end ? 0 : -1;
}

size_t child_queued(const struct child *c)
{
    return c->input_open ? uv_stream_get_write_queue_size(
                               (const uv_stream_t *)&c->input)
                         : 0;
}

void child_end_input(struct child *c)
{
    if (c->input_open && child_queued(c) == 0)
        close_input(c);
    c->want_input_end = true;
}

/* ---- the start ---- */

static void handle_init(struct child *c, void *handle)
{
    ((uv_handle_t *)handle)->data = c;
    c->handles++;
}

/* Libraries open descriptors without asking us: none may leak. */
static void mark_cloexec(void)
{
    if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
        return;
    for (int fd = 3, n = (int)sysconf(_SC_OPEN_MAX); fd < n; fd++) {
        int flags = fcntl(fd, F_GETFD);

        if (flags >= 0 && !(flags & FD_CLOEXEC))
            fcntl(fd, F_SETFD, flags | FD_CLOEXEC);
    }
}

static struct child *child_new(struct loop *loop,
                               const struct child_request *r)
{
    struct child *c = xcalloc(1, sizeof(*c));
    const char *slash = strrchr(r->argv[0], '/');

    c->loop = loop;
    c->max = r->max_output ? r->max_output : MAX_OUTPUT;
    c->grace_ms = r->grace_ms ? r->grace_ms : GRACE_MS;
    c->out.data = xmalloc(c->max + 2);
    c->log.data = xmalloc(c->max + 2);
    snprintf(c->name, sizeof(c->name), "%s", slash ? slash + 1 : r->argv[0]);
    uv_timer_init(loop_uv(loop), &c->timer);
    handle_init(c, &c->timer);
    uv_pipe_init(loop_uv(loop), &c->input, 0);
    handle_init(c, &c->input);
    uv_pipe_init(loop_uv(loop), &c->out.pipe, 0);
    handle_init(c, &c->out.pipe);
    uv_pipe_init(loop_uv(loop), &c->log.pipe, 0);
    handle_init(c, &c->log.pipe);
    return c;
}

/* Real pipes: with libuv's socket pairs a script can't open /dev/stderr. The
 * child's ends stay in ends[] until it is started. */
static int open_pipe(uv_pipe_t *ours, bool we_write, uv_file *theirs)
{
    uv_file p[2];
    int rc = uv_pipe(p, we_write ? 0 : UV_NONBLOCK_PIPE,
                     we_write ? UV_NONBLOCK_PIPE : 0);

    if (rc != 0)
        return rc;
    *theirs = p[!we_write];
    rc = uv_pipe_open(ours, p[we_write]);
    if (rc != 0)
        close(p[we_write]);
    return rc;
}

static int open_pipes(struct child *c, bool with_input, uv_file ends[3])
{
    int rc = with_input ? open_pipe(&c->input, true, &ends[0]) : 0;

    c->input_open = with_input && rc == 0;
    if (rc == 0)
        rc = open_pipe(&c->out.pipe, false, &ends[1]);
    if (rc == 0)
        rc = open_pipe(&c->log.pipe, false, &ends[2]);
    return rc;
}

static int spawn(struct child *c, const struct child_request *r,
                 const uv_file ends[3])
{
    static const char *const empty[] = {NULL};
    uv_stdio_container_t stdio[3];
    uv_process_options_t o = {.exit_cb = on_ended, .file = r->argv[0]};
    int rc;

    for (int i = 0; i < 3; i++) {
        stdio[i].flags = ends[i] < 0 ? UV_IGNORE : UV_INHERIT_FD;
        stdio[i].data.fd = ends[i];
    }
    o.args = (char **)(uintptr_t)r->argv;
    o.env = (char **)(uintptr_t)(r->env ? r->env : empty);
    o.flags = UV_PROCESS_DETACHED;
    o.stdio_count = 3;
    o.stdio = stdio;
    mark_cloexec();
    rc = uv_spawn(loop_uv(c->loop), &c->process, &o);
    handle_init(c, &c->process); /* also after a failure */
    return rc;
}

static int start_error(const struct child *c, int rc, struct err *err)
{
    if (rc == UV_ENOENT)
        return err_set(err, ERR_NOT_FOUND,
                       "The program %s was not found: install it or correct "
                       "PATH.", c->name);
    return err_set(err, ERR_SYS, "%s could not be started: %s.", c->name,
                   uv_strerror(rc));
}

struct child *child_start(struct loop *loop, struct scope *scope,
                          const struct child_request *r, child_done_fn *done,
                          void *arg, struct err *err)
{
    struct child *c = child_new(loop, r);
    uv_file ends[3] = {-1, -1, -1};
    int rc = open_pipes(c, r->input || r->stream, ends);

    if (rc == 0)
        rc = spawn(c, r, ends);
    for (int i = 0; i < 3; i++)
        if (ends[i] >= 0)
            close(ends[i]);
    if (rc != 0) {
        start_error(c, rc, err);
        goto fail;
    }
    c->running = true;
    loop_work_begin(loop);
    if (scope_add(scope, &c->work, cancel) != 0) {
        err_set(err, ERR_SYS, "%s was cancelled.", c->name);
        cancel(&c->work);
        return NULL;
    }
    c->done = done;
    c->arg = arg;
    c->drained = r->drained;
    c->out.open = uv_read_start((uv_stream_t *)&c->out.pipe, on_alloc,
                                on_read) == 0;
    c->log.open = uv_read_start((uv_stream_t *)&c->log.pipe, on_alloc,
                                on_read) == 0;
    if (r->deadline_ms >= 0) {
        uv_update_time(loop_uv(loop));
        uv_timer_start(&c->timer, on_deadline,
                       (uint64_t)(r->deadline_ms ? r->deadline_ms
                                                 : DEADLINE_MS), 0);
    }
    c->want_input_end = !r->stream;
    if (c->input_open && r->input_len > 0)
        put(c, r->input, r->input_len);
    else if (c->input_open && !r->stream)
        close_input(c);
    return c;
fail:
    if (c->process.data == NULL) { /* never initialised */
        close_output(&c->out);
        close_output(&c->log);
        close_input(c);
        close_handle(&c->timer);
    } else {
        close_all(c);
    }
    return NULL;
}
