/* kind.h - a resource as a descriptor over the one generic table.
 *
 * Adding a resource is a decoder, a kind file in views/kinds/, a simulator
 * entry and their tests. Drawing, sorting, filtering, selection, copying and
 * `--once` are generic. Everything here is pure: same row and time, same
 * cell. */
#ifndef ECSDASH_VIEWS_KIND_H
#define ECSDASH_VIEWS_KIND_H

#include "backend/store/store.h"
#include "keymaps/actions.h"
#include "themes/theme.h"
#include "tui/status.h"
#include "views/doc.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a cell shows and sorts by. */
struct cell_value {
    const char *text;  /* points into the row or to buf; NULL = nothing */
    char buf[192];
    enum role role;
    bool is_num;       /* num is the value for sorting and JSON */
    bool has_rank;     /* rank, not the text, is what it sorts by */
    int64_t num;
    int64_t rank;
};

enum column_flags {
    COL_NUM = 1,       /* right-aligned; a number (or null) in JSON */
    COL_DATA = 2,      /* only in --once json/tsv, not on the screen */
    COL_SCREEN = 4,    /* only on the screen (composed of others) */
    COL_MIDDLE = 8,    /* cut in the middle when too long */
    COL_CLUSTER = 16,  /* shown when rows of several clusters are mixed */
    COL_TIME = 32,     /* num is wall ms: JSON prints ISO 8601 */
    COL_BOOL = 64,     /* num is 0/1: JSON prints false/true */
    COL_RANKED = 128,  /* screen: descending first when sorted by it */
    COL_SERVICE = 256, /* not shown in a table of one service */
    COL_FIT = 512,     /* at least as wide as the widest cell yet, up to max */
};

struct column {
    const char *id;    /* AWS's own member name where it is a plain field */
    const char *title; /* as on the screen, upper case */
    const char *help;
    unsigned flags;
    int min, max;      /* columns; max 0 = as wide as there is room */
    int weight;        /* share of left-over room; 0 = none */
    int keep;          /* drops first when narrow: lower goes earlier;
                          100 = never */
    int wide;          /* only shown when the table has that many columns */
    void (*cell)(const void *row, int64_t now_ms, struct cell_value *out);
};

struct kind {
    const char *name;            /* "services" */
    const char *const *aliases;  /* NULL-terminated: "svc", "service" */
    const char *help;
    enum query_kind query;
    enum context context;        /* its own key context */
    const char *order;           /* name of the default order */
    const struct hint *hints;    /* for the last row */
    size_t n_hints;
    const struct column *columns;
    size_t n_columns;
    const char *empty;           /* "no services" */
    const char *child;           /* kind opened by Enter, or NULL */
    const enum action_id *actions;  /* actions this kind offers, ACTION_NONE ends */
    /* Default order: worst (or newest) first; ties are the table's job. */
    int (*compare)(const void *a, const void *b);
    const char *(*row_name)(const void *row);
    const char *(*row_arn)(const void *row);
    const char *(*row_cluster)(const void *row); /* cluster ARN or name */
    bool (*row_loading)(const void *row);
    bool (*row_dim)(const void *row); /* may be NULL */
    /* The query of the view that Enter opens (strings borrowed from row). */
    void (*child_query)(const void *row, struct query *out);
    /* Row 2: counts in words. */
    void (*summary)(const struct snapshot *s, struct doc *out);
    /* The pane below: why, at most `rows` lines of `cols`. May be NULL. */
    void (*explain)(const void *row, int64_t now_ms, int cols, int rows,
                    struct doc *out);
    const char *(*explain_title)(const void *row, int64_t now_ms, char *buf,
                                 size_t n);
    /* `d`: everything that the row knows. */
    void (*detail)(const void *row, int64_t now_ms, struct doc *out);
    /* Whether and how the row is shown again: the describe call of this row,
     * as op plus params; NULL op = none. Member of the reply that holds it. */
    const struct aws_op *(*describe)(const void *row, json_t **params,
                                     const char **member);
    /* The row with what that reply says of it, o being the first item of the
     * member: a new one in the arena, which also borrows from the old one.
     * NULL when o makes no sense. May be NULL: then the row stays as it is. */
    const void *(*renew)(const void *row, json_t *o, struct arena *a);
};

extern const struct kind kind_clusters, kind_services, kind_tasks,
    kind_containers;

/* All kinds, NULL-terminated. */
extern const struct kind *const kinds[];
const struct kind *kind_find(const char *name_or_alias); /* NULL if unknown */
/* The kind of rows that the first word of the command line names; NULL with
 * err (ERR_USAGE): unknown, or nothing to begin with. */
const struct kind *kind_named(const char *word, struct err *err);
bool kind_offers(const struct kind *k, enum action_id a);

/* Role of a service state, shared by kinds. */
enum role svc_state_role(enum svc_state s);

/* For the summary, right after how many there are: what the counts that
 * follow leave out, so that it is never what is cut. `loading` rows are not
 * read yet, `denied` ones never will be; `unknown` is what nobody knows where
 * stopped tasks may not be read ("crashes"), NULL = nothing. */
void summary_gaps(const struct snapshot *s, size_t loading, size_t denied,
                  const char *unknown, struct doc *out);
/* What keeps stopped tasks from being read; NULL = nothing. */
const struct store_lack *stops_lack(const struct snapshot *s);

/* Helpers for cell functions. */
void cell_text(struct cell_value *out, const char *text);
void cell_num(struct cell_value *out, int64_t n); /* n < 0 shows "-" */
void cell_age(struct cell_value *out, int64_t since_ms, int64_t now_ms);
void cell_printf(struct cell_value *out, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
