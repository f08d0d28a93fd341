#include "backend/net/pool.h"

#include "backend/base/mem.h"
#include "backend/net/loop.h"

#include <stdlib.h>
#include <uv.h>

struct job {
    uv_work_t req;
    struct loop *loop;
    void (*work)(void *arg);
    void (*done)(void *arg);
    void *arg;
};

static void on_work(uv_work_t *req)
{
    struct job *j = req->data;
    j->work(j->arg);
}

static void on_done(uv_work_t *req, int status)
{
    struct job *j = req->data;
    (void)status; /* UV_ECANCELED can't be: nobody cancels it */
    loop_work_end(j->loop);
    j->done(j->arg);
    free(j);
}

void pool_run(struct loop *loop, void (*work)(void *arg),
              void (*done)(void *arg), void *arg)
{
    struct job *j = xcalloc(1, sizeof(*j));
    j->loop = loop;
    j->work = work;
    j->done = done;
    j->arg = arg;
    j->req.data = j;
    loop_work_begin(loop);
    uv_queue_work(loop_uv(loop), &j->req, on_work, on_done);
}
