/* internal.h - the store's own structures; for the files of backend/store.
 *
 * A *watch* is one cluster: its services and tasks as *entries*, and the jobs
 * that keep them fresh. A *feed* is one distinct query with its subscribers;
 * it renders entries into snapshots. An *ask* is one call (or walk of pages)
 * in flight. Entries hold what ECS said in refcounted *pages*; a snapshot
 * holds the pages its rows point into, so rows that did not change are shared
 * between generations.
 *
 * Watches and service entries live until store_free(); task entries go when
 * ECS has forgotten them and they are not remembered. */
#ifndef ECSDASH_STORE_INTERNAL_H
#define ECSDASH_STORE_INTERNAL_H

#include "backend/aws/client.h"
#include "backend/base/clock.h"
#include "backend/base/map.h"
#include "backend/base/rng.h"
#include "backend/base/scope.h"
#include "backend/base/strtab.h"
#include "backend/store/store.h"

enum {
    SVC_BATCH = 10,   /* DescribeServices */
    TASK_BATCH = 100, /* DescribeTasks, DescribeClusters */
    MAX_EVENTS = 3    /* kept per service */
};

/* An arena and how many entries, rows and snapshots point into it. */
struct page {
    struct arena *arena;
    size_t refs;
    uint64_t mark; /* the last snapshot that collected it */
};
/* refs 1; strings: the table of its arena, or NULL. */
struct page *page_new(struct strtab *strings);
void page_unref(struct page *p); /* NULL is fine */
/* *slot drops what it held and holds p (a new reference; NULL = nothing). */
void page_set(struct page **slot, struct page *p);

/* A snapshot under construction: rows and the pages they need. */
struct snap_builder {
    struct snap_row *rows;
    size_t n_rows, cap_rows;
    struct page **pages;
    size_t n_pages, cap_pages;
    struct page *last[4]; /* neighbours share pages */
    size_t n_last;
    uint64_t mark;
};
void snap_add_page(struct snap_builder *b, struct page *p); /* NULL is fine */
void snap_add_row(struct snap_builder *b, const char *key, const void *data,
                  uint32_t slot);
/* Takes the builder's arrays; the caller fills the other fields of the result
 * (refcount 1) before anybody sees it. */
struct snapshot *snap_finish(struct snap_builder *b);

/* How much somebody wants something. */
enum want { WANT_NO, WANT_HIDDEN, WANT_VISIBLE };

/* One repeated question and how it went. */
struct job {
    int in_flight;
    bool ok_once;
    bool force;           /* ask at once */
    int failures;         /* in a row */
    int strikes;          /* answers in a row that failed their items only */
    int64_t due_ms;       /* mono: the retry, while it fails */
    int64_t started_ms;   /* mono: the last start */
    int64_t ended_ms;     /* mono: the last success */
    int jitter;           /* permille, for the next period */
    int64_t ok_wall_ms;
    struct err err;       /* code ERR_NONE while fine */
    int64_t err_since_ms; /* wall */
    int64_t retry_wall_ms;
};

/* How often in a row an entry could not be described though an answer came
 * (without it, or one that speaks of what was asked for). */
struct tries {
    int fails;
    int64_t at_ms; /* mono, the last; 0 = ask again at once */
};

/* Why entries of a watch can't be described: the newest reason. */
struct trouble {
    size_t n; /* entries that failed twice or more */
    struct err err;
    int64_t since_ms; /* wall */
};

/* What is due, as of the last look at all entries of a kind. */
struct scan {
    size_t due[8]; /* entries by class (poll.h) */
    int64_t at_ms; /* mono; 0 = look again */
    size_t pos;    /* where the next look begins */
    struct due {
        void *entry;   /* NULL: taken, or gone */
        size_t behind; /* the place after its own, then */
    } *queue;          /* who has a class that is due, once */
    size_t n_queue, cap_queue, head;
};

enum td_state { TD_IDLE, TD_WANTED, TD_ASKING, TD_KNOWN };

struct td_entry {
    char *arn;
    enum td_state state;
    bool needed;  /* a stop cause waits for it */
    bool failed;
    bool urgent;  /* store_taskdef() asked */
    int64_t retry_ms; /* mono */
    struct page *page;
    const struct ecs_taskdef *td;
};

struct watch;

struct svc_entry {
    struct watch *watch;
    char *name, *arn; /* arn NULL until known */
    uint32_t number;  /* snap_row.slot */
    struct page *data; /* what ECS said, NULL until described */
    const struct ecs_service *svc;
    struct page *row_page; /* the row made of it */
    const struct service_row *row;
    struct td_entry *td; /* of the primary */
    bool listed;   /* ListServices names it */
    bool missing;  /* a describe said so */
    bool hot;      /* the STOPPED sweep named it, or somebody asked */
    bool dirty;    /* row to be made again */
    bool timed;    /* its state may change by time alone */
    bool in_flight;
    enum want want_tasks; /* a tasks view of it is open */
    uint64_t seen;   /* the last sighting in a list */
    uint64_t window; /* stamp: on screen at that pump */
    uint64_t sig;    /* counts, deployments, newest event */
    int64_t described_ms; /* mono; 0 = never */
    int64_t boost_ms;     /* mono: touched until */
    int jitter;           /* permille, shared by a batch */
    struct tries tries;
    bool answered;        /* by the answer that is being read */
    int cls;              /* of the last scan; -1 = not in its counts */
    char *acked;          /* deployment id */
    struct job *run;      /* ListTasks RUNNING of this service; NULL until a
                             tasks view of it was open */
    uint64_t run_sig;     /* sig when run was started */
    struct task_entry **stops;
    size_t n_stops, cap_stops;
};

struct task_entry {
    struct watch *watch;
    struct svc_entry *svc; /* NULL: standalone or unknown */
    const char *arn; /* an id only, until described; own or of task */
    char *own;
    size_t slot; /* in watch->tasks */
    uint32_t number; /* snap_row.slot */
    struct page *data;
    const struct ecs_task *task;
    struct page *row_page;
    const struct task_row *row;
    const char *row_key; /* in the row's pages */
    struct td_entry *td;
    bool final;     /* lastStatus STOPPED: never asked again */
    bool in_stops;  /* counted in svc->stops */
    bool in_sweep;  /* the last whole sweep listed it */
    bool remembered;
    bool gone;      /* left the RUNNING list: ask how it ended */
    bool missing;   /* a describe said so */
    bool moving;    /* not RUNNING and meant to be */
    bool unplaced;  /* not where its age belongs in watch->tasks */
    bool dirty, in_flight;
    enum want pinned; /* its containers are open */
    uint64_t seen;    /* sighting in a RUNNING list */
    uint64_t swept;   /* sighting in a STOPPED list */
    uint64_t window;
    int64_t described_ms, boost_ms;
    int jitter, cls;
    struct tries tries;
    bool answered;
};

struct watch {
    struct store *store;
    struct watch *next;
    char *name, *arn; /* arn NULL until known */
    bool listed;      /* ListClusters names it */
    uint64_t seen;
    struct page *data;
    const struct ecs_cluster *cluster;
    int64_t described_ms;
    struct tries tries;
    bool missing;   /* a describe said so */
    bool answered;
    bool in_flight; /* in a DescribeClusters */
    struct map *svc_by_name;
    struct svc_entry **svcs; /* also those that are not listed (any more) */
    size_t n_svcs, cap_svcs, n_listed;
    struct task_entry **tasks;
    size_t n_tasks, cap_tasks;
    bool unordered; /* tasks came, stopped or went since they were sorted */
    struct scan svc_scan, task_scan;
    size_t n_troubled; /* services, at that scan */
    struct job list, sweep, run, svc_desc, task_desc;
    struct trouble svc_trouble, task_trouble;
    int sweep_pages;
    bool list_page, run_page, sweep_named; /* something has come */
    /* Demand, computed by each pump. */
    enum want want_services, want_sweep, want_tasks, want_pins;
    int64_t boost_ms;
};

/* What the cluster can be asked for by. */
static inline const char *watch_ref(const struct watch *w)
{
    return w->arn != NULL ? w->arn : w->name;
}

struct subscription {
    struct feed *feed;
    struct subscription *next;
    snapshot_fn *cb;
    void *arg;
    bool visible;
    bool dead; /* closed while the feed was publishing */
    char **window;
    size_t n_window;
};

struct feed {
    struct store *store;
    struct feed *next;
    enum query_kind kind;
    struct watch *watch;    /* NULL = all clusters */
    struct svc_entry *svc;  /* tasks of a service */
    struct task_entry *task; /* containers; NULL when ECS has forgotten it */
    char *task_name;
    struct subscription *subs;
    const struct snapshot *snap;
    uint64_t generation;
    bool dirty, publishing, doomed;
    uint8_t put_off; /* how often for this publish */
    struct timer timer;
    int64_t published_ms; /* mono */
};

enum ask_kind {
    ASK_CLUSTERS,
    ASK_CLUSTER_DESC,
    ASK_SERVICES,
    ASK_SVC_DESC,
    ASK_STOPPED,
    ASK_RUNNING, /* of ask->svc, or of the cluster */
    ASK_TASK_DESC,
    ASK_TASKDEF,
    ASK_KIND_N
};

struct list; /* fetch_list.c */

struct ask {
    struct ask *prev, *next;
    struct store *store;
    enum ask_kind kind;
    struct watch *watch;
    struct svc_entry *svc;
    struct td_entry *td;
    struct job *job;
    struct scope scope;
    uint64_t seen0; /* sightings up to here are older than the walk */
    const struct list *list; /* of a walk */
    int pages;
    void **items;   /* svc_entry, task_entry or watch pointers */
    size_t n_items;
};

struct store {
    struct loop *loop;
    struct clock *clock;
    struct aws_client *client;
    struct store_options opts;
    struct rng rng;
    struct scope scope;
    struct map *watch_by_name, *svc_by_arn, *task_by_id, *taskdefs;
    struct strtab *strings; /* of what was described */
    struct watch *watches, **watch_tail;
    size_t n_watches;
    struct feed *feeds;
    struct ask *asks;
    int flying[ASK_KIND_N];
    struct job clusters, cluster_desc, tdjob;
    struct trouble cluster_trouble;
    bool clusters_page;
    enum want want_clusters, want_cluster_desc; /* demand */
    struct timer pump_timer, eval_timer;
    uint32_t numbers; /* handed out so far */
    uint32_t *free_numbers; /* of tasks that are gone */
    size_t n_free_numbers, cap_free_numbers;
    uint64_t seq;    /* sightings */
    uint64_t stamp;  /* pumps, for windows */
    uint64_t marks;  /* snapshots */
    size_t n_remembered, n_td_wanted;
    size_t eval_pos; /* services looked at by the eval timer so far */
    struct svc_entry **dirty_svcs;
    size_t n_dirty_svcs, cap_dirty_svcs;
    struct task_entry **dirty_tasks;
    size_t n_dirty_tasks, cap_dirty_tasks;
    int64_t retry_ms; /* 0 = not hasty */
    bool pump_put_off; /* for a turn, since the last was long */
    bool paused;
};

int64_t store_now(const struct store *s);  /* mono */
int64_t store_wall(const struct store *s); /* wall, server's clock */

/* entry.c: the maps of entries; get or create. */
void entries_init(struct store *s);
struct watch *watch_get(struct store *s, const char *name_or_arn);
struct svc_entry *svc_get(struct watch *w, const char *name_or_arn);
struct task_entry *task_get(struct watch *w, const char *id_or_arn);
/* Forget a task; the caller knows it is not in flight. */
void task_drop(struct task_entry *e);
struct td_entry *td_get(struct store *s, const char *arn);
void entries_free(struct store *s);
/* Drop closed subscriptions, and the feed when it was the last one. */
void feed_sweep(struct feed *f);

/* job.c: schedules, errors and asks. */
/* 900 to 1100 permille, so that many watches don't ask in step. */
int jitter(struct store *s);
void job_ok(struct store *s, struct job *j);
/* When it is due (mono) if it is to be asked every period_ms. */
int64_t job_due(const struct job *j, int64_t period_ms);
void job_fail(struct store *s, struct job *j, const struct err *err);
/* An error that speaks of what was asked for fails the job only when nothing
 * else comes through either. */
void job_strike(struct store *s, struct job *j, const struct err *err);
/* Ask at once, unless it is denied: that only a person asks again. */
void job_hurry(struct job *j);
bool job_denied(const struct job *j);
/* The cluster is not there: that is final, until its name is listed again
 * (job_come_back) or a person asks. */
bool job_no_cluster(const struct job *j);
void job_come_back(struct job *j);
/* One more failure of an entry, for this reason; or the end of them. */
void tries_fail(struct store *s, struct tries *t, struct trouble *of,
                const struct err *err);
void tries_end(struct tries *t, struct trouble *of);
/* When to try again (mono). */
int64_t tries_due(const struct store *s, const struct tries *t);
/* Tried in vain, as far as somebody is concerned who waits for it. */
bool tries_failed(const struct tries *t);
struct ask *ask_new(struct store *s, enum ask_kind kind, struct watch *w,
                    struct job *job);
/* Unlinks, clears the in_flight marks of its items, frees. */
void ask_free(struct ask *a);
/* ask_free() for one that has not been answered: its calls are cancelled. */
void ask_cancel(struct ask *a);

/* poll.c */
void pump_soon(struct store *s);
/* Drops asks that no subscription wants any more. */
void poll_reap(struct store *s);
void poll_demand(struct store *s);

/* fetch_list.c, fetch_desc.c, fetch_tasks.c: start one ask. */
void fetch_clusters(struct store *s, enum aws_priority prio);
void fetch_services(struct watch *w, enum aws_priority prio);
void fetch_stopped(struct watch *w, enum aws_priority prio);
/* e NULL: of the whole cluster. */
void fetch_running(struct watch *w, struct svc_entry *e,
                   enum aws_priority prio);
void fetch_cluster_desc(struct store *s, struct watch **w, size_t n,
                        enum aws_priority prio);
/* e: svc_entry pointers. */
void fetch_svc_desc(struct watch *w, void *const *e, size_t n,
                    enum aws_priority prio);
/* e: task_entry pointers. */
void fetch_task_desc(struct watch *w, void *const *e, size_t n,
                     enum aws_priority prio);
void fetch_taskdef(struct store *s, struct td_entry *td,
                   enum aws_priority prio);

/* eval.c: rows. */
void svc_dirty(struct svc_entry *e);
void task_dirty(struct task_entry *e);
/* Makes rows of what is dirty; true when there is more. */
bool eval_slice(struct store *s);
/* Starts or stops the timer that looks again at states that depend on time. */
void eval_schedule(struct store *s);
void td_want(struct store *s, struct td_entry *td, bool needed);
/* Everything that points at td is made again. */
void td_arrived(struct store *s, struct td_entry *td);
bool svc_troubled(const struct svc_entry *e);
/* What must change for the list of its tasks to be worth asking for. */
uint64_t svc_signature(const struct ecs_service *svc);

/* The entries of a large cluster are in no cache: each walk over them would
 * wait for memory twenty thousand times. */
static inline void fetch_ahead(const struct watch *w, size_t i)
{
    if (i + 8 < w->n_tasks) {
        const char *e = (const char *)w->tasks[i + 8];

        for (size_t at = 0; at < sizeof(struct task_entry); at += 64)
            __builtin_prefetch(e + at);
    }
}

/* feed.c */
bool feed_shows(const struct feed *f, const struct task_entry *e);
bool feed_covers(const struct feed *f, const struct watch *w);
/* Publish soon; at most thirty times a second, less often for long lists. */
void feed_dirty(struct feed *f);
void feeds_dirty_all(struct store *s);
/* The feeds that show clusters, or services or tasks of this watch. */
void feeds_dirty_clusters(struct store *s);
void feeds_dirty_services(struct watch *w);
void feeds_dirty_tasks(struct watch *w, const struct svc_entry *e);
/* Is all there (complete), or at least tried (settled)? */
void feed_state(struct feed *f, bool *complete, bool *settled);
/* feed_state.c: all that snap says beside its rows. */
void feed_note(struct feed *f, struct snapshot *snap);

#endif
