/* table_model.h - snapshot + filter + sort + marks -> row order. Knows no
 * terminal, so it is tested whole. Selection, marks and targets are keys
 * (ARNs), never indexes. */
#ifndef ECSDASH_VIEWS_TABLE_MODEL_H
#define ECSDASH_VIEWS_TABLE_MODEL_H

#include "tui/table.h"
#include "views/kind.h"

#include <stdbool.h>
#include <stddef.h>

struct filter;
struct map;

struct table_model {
    const struct kind *kind;
    const struct snapshot *snap; /* a reference of ours; NULL before any */
    size_t *order;               /* rows that pass, as snapshot indexes */
    size_t n, cap;
    struct filter *filter;       /* NULL = all rows pass */
    int sort_column;             /* index into kind->columns; -1 = default */
    bool sort_inverted;
    struct map *marks;           /* key -> itself */
    bool *changed;               /* by snapshot index: another state word */
    bool mixed_clusters;         /* show COL_CLUSTER columns */
    bool one_service;            /* hide COL_SERVICE ones; the owner's to set */
    int fit;                     /* widest cell yet of the COL_FIT one: it never
                                    shrinks, so that columns stay in place */
    bool held;                   /* order is held: only additions/removals */
    int64_t now_ms;              /* as of the last rebuild */
    struct table_column cols[TABLE_MAX_COLS]; /* on screen, for the widget */
    size_t col_of[TABLE_MAX_COLS];            /* -> kind->columns */
    size_t n_cols;
};

void table_model_init(struct table_model *m, const struct kind *kind);
void table_model_release(struct table_model *m);
/* Take a new snapshot (a reference is added) and rebuild. */
void table_model_set(struct table_model *m, const struct snapshot *snap,
                     int64_t now_ms);
void table_model_rebuild(struct table_model *m, int64_t now_ms);
/* table_sort.c: puts order[from..n) in order. */
void table_sort_rows(struct table_model *m, size_t from);
/* text "" or NULL clears. 0, or -1 with err for a bad pattern (unchanged). */
int table_model_filter(struct table_model *m, const char *text,
                       struct err *err);
const char *table_model_filter_text(const struct table_model *m); /* or "" */
/* By column index, -1 for the default order. */
void table_model_sort(struct table_model *m, int column, bool inverted);
/* "worst-first", "PEND v" (v descending, ^ ascending). */
const char *table_model_sort_text(const struct table_model *m, char *buf,
                                  size_t n);
const struct snap_row *table_model_row(const struct table_model *m, size_t i);
/* Index in order of a key, or -1. */
int table_model_find(const struct table_model *m, const char *key);
/* Marks. */
void table_model_toggle(struct table_model *m, const char *key);
void table_model_mark_all(struct table_model *m);
void table_model_unmark_all(struct table_model *m);
size_t table_model_marked(const struct table_model *m);
bool table_model_is_marked(const struct table_model *m, const char *key);
/* Is it for people, and does it tell rows apart? */
bool table_model_shows(const struct table_model *m, const struct column *c);
/* Choose screen columns for a width; call before drawing. */
void table_model_layout(struct table_model *m, int width);
/* The adapter for the widget; valid until the model changes. */
struct table_source table_model_source(const struct table_model *m);

#endif
