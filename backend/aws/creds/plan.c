/* When a chain fetches by itself: ahead of expiry, after failures, and when a
 * file changes. */
#include "backend/aws/creds/chain_internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "backend/base/mem.h"

static const int64_t MINUTE = 60 * 1000;
/* botocore's windows. */
static const int64_t ADVISORY_MS = 15 * MINUTE, MANDATORY_MS = 10 * MINUTE;
/* Between two fetches that succeed: some sources hand out the same
 * credentials until their end. */
static const int64_t APART_MS = 10 * 1000;
static const int64_t PAUSE_MS = 5 * 1000, LONGEST_PAUSE_MS = 5 * MINUTE;
static const int64_t WATCH_MS = 3 * 1000;
/* The timer runs on mono time, which may stand still in a sleeping machine:
 * look at the wall clock this often. */
static const int64_t LONGEST_WAIT_MS = 30 * MINUTE;

static void on_timer(struct timer *t, void *arg);

static int64_t mono(const struct cred_chain *c)
{
    return clock_mono_ms(c->context.clock);
}

static int64_t left_ms(const struct cred_chain *c)
{
    return c->creds.expires_ms - clock_wall_ms(c->context.clock);
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t advisory_ms(const struct cred_chain *c)
{
    return smaller(ADVISORY_MS, c->plan.life_ms / 2);
}

bool plan_alive(const struct cred_chain *c)
{
    return c->creds.access_key && (!c->creds.expires_ms || left_ms(c) > 0);
}

bool plan_must_renew(const struct cred_chain *c)
{
    return c->creds.expires_ms &&
           left_ms(c) <= smaller(MANDATORY_MS, c->plan.life_ms / 4);
}

bool plan_pausing(const struct cred_chain *c)
{
    return mono(c) < c->plan.not_before_ms;
}

/* ---- files ---- */

static void look_at(struct watched *w)
{
    struct stat st;

    if (stat(w->path, &st) != 0) {
        *w = (struct watched){.path = w->path, .size = -1};
        return;
    }
    w->size = st.st_size;
    w->inode = st.st_ino;
    w->mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
}

static bool file_changed(const struct watched *w)
{
    struct watched now = *w;

    look_at(&now);
    return now.size != w->size || now.inode != w->inode ||
           now.mtime_ns != w->mtime_ns;
}

bool plan_files_changed(const struct cred_chain *c)
{
    for (size_t i = 0; i < c->plan.n_files; i++) {
        if (file_changed(&c->plan.files[i]))
            return true;
    }
    return false;
}

void cred_watch(struct cred_turn *turn, const char *path)
{
    struct cred_chain *c = turn->chain;
    struct plan *p;

    while (c->parent)
        c = c->parent;
    p = &c->plan;
    for (size_t i = 0; i < p->n_files; i++) {
        if (strcmp(p->files[i].path, path) == 0)
            return;
    }
    p->files = xgrow(p->files, &p->cap_files, p->n_files + 1,
                     sizeof(*p->files));
    p->files[p->n_files] = (struct watched){.path = xstrdup(path)};
    look_at(&p->files[p->n_files++]);
}

static void forget_files(struct plan *p)
{
    for (size_t i = 0; i < p->n_files; i++)
        free(p->files[i].path);
    p->n_files = 0;
}

/* ---- the timer ---- */

/* A source's chain plans nothing: the role's chain does it for both. */
static void set_timer(struct cred_chain *c)
{
    struct plan *p = &c->plan;
    int64_t wait;

    timer_stop(c->context.clock, &p->timer);
    if (c->parent || c->fetching)
        return;
    if (c->trouble.code || p->doubted) {
        wait = WATCH_MS;
    } else if (c->creds.access_key && c->creds.expires_ms) {
        wait = left_ms(c) - advisory_ms(c);
        if (mono(c) + wait < p->not_before_ms)
            wait = p->not_before_ms - mono(c);
        wait = smaller(wait, LONGEST_WAIT_MS);
    } else {
        return;
    }
    timer_start(c->context.clock, &p->timer, wait > 0 ? wait : 0, on_timer, c);
}

static void on_timer(struct timer *t, void *arg)
{
    struct cred_chain *c = arg;
    struct plan *p = &c->plan;
    bool due = c->creds.access_key && c->creds.expires_ms &&
               left_ms(c) <= advisory_ms(c);

    (void)t;
    if (p->doubted && mono(c) - p->given_ms >= MINUTE)
        p->doubted = false;
    if ((c->trouble.code || p->doubted) && plan_files_changed(c)) {
        if (p->doubted)
            aws_creds_release(&c->creds);
        plan_reset(c);
        cred_chain_fetch(c);
    } else if ((due || c->trouble.code) && !plan_pausing(c)) {
        cred_chain_fetch(c);
    } else {
        set_timer(c);
    }
}

/* ---- what happened ---- */

void plan_begin(struct cred_chain *c)
{
    timer_stop(c->context.clock, &c->plan.timer);
    forget_files(&c->plan);
}

void plan_success(struct cred_chain *c)
{
    struct plan *p = &c->plan;

    p->given_ms = mono(c);
    p->life_ms = c->creds.expires_ms ? left_ms(c) : 0;
    p->pause_ms = 0;
    p->not_before_ms = mono(c) + APART_MS;
    set_timer(c);
}

void plan_failure(struct cred_chain *c, bool refused)
{
    struct plan *p = &c->plan;

    p->pause_ms = p->pause_ms ? smaller(2 * p->pause_ms, LONGEST_PAUSE_MS)
                              : PAUSE_MS;
    p->not_before_ms = refused ? INT64_MAX : mono(c) + p->pause_ms;
    set_timer(c);
}

bool plan_complaint(struct cred_chain *c)
{
    struct plan *p = &c->plan;
    int64_t lived = mono(c) - p->given_ms;
    bool counts = lived >= p->reject_ms;

    p->doubted = true;
    /* In a storm the next complaint comes as soon as it counts; what was good
     * for much longer just has a short life. */
    if (lived >= MINUTE || lived >= 2 * p->reject_ms)
        p->reject_ms = 0;
    if (counts)
        p->reject_ms = p->reject_ms ? smaller(2 * p->reject_ms, MINUTE)
                                    : PAUSE_MS;
    set_timer(c);
    return counts;
}

void plan_reset(struct cred_chain *c)
{
    struct plan *p = &c->plan;

    p->not_before_ms = p->pause_ms = p->reject_ms = 0;
    p->doubted = false;
}

void plan_release(struct cred_chain *c)
{
    timer_stop(c->context.clock, &c->plan.timer);
    forget_files(&c->plan);
    free(c->plan.files);
}
