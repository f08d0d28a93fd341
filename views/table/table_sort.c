/* The order of the rows of a table. */
#include "views/table/table_model.h"

#include "backend/base/arena.h"
#include "backend/base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What a row sorts by, when that is a column: cells are made once a row, not
 * once a comparison. */
struct sort_key {
    const char *text; /* NULL: no value yet */
    int64_t num;
    bool has_num;
};

struct sorter {
    const struct table_model *m;
    struct sort_key *keys; /* by snapshot index; NULL = the default order */
    size_t *spare;
};

static void make_keys(struct sorter *s, size_t from, struct arena *a)
{
    const struct table_model *m = s->m;
    const struct column *c = &m->kind->columns[m->sort_column];

    s->keys = xcalloc(m->snap->n_rows + 1, sizeof(*s->keys));
    for (size_t i = from; i < m->n; i++) {
        struct sort_key *k = &s->keys[m->order[i]];
        struct cell_value v = {0};
        c->cell(m->snap->rows[m->order[i]].data, m->now_ms, &v);
        k->has_num = v.has_rank || v.is_num;
        k->num = v.has_rank ? v.rank : v.num;
        k->text = v.text == v.buf ? arena_strdup(a, v.buf) : v.text;
    }
}

/* Whether d is settled by who has a value at all: those go first either way. */
static bool by_presence(const struct sort_key *u, const struct sort_key *v,
                        int *d)
{
    if (!u->text != !v->text)
        *d = u->text ? -1 : 1;
    else if (u->has_num != v->has_num)
        *d = u->has_num ? -1 : 1;
    else
        return false;
    return true;
}

/* One comparison for all sorts; the default order breaks ties, so that equal
 * rows never swap places. */
static int compare_rows(const struct sorter *s, size_t a, size_t b)
{
    const struct table_model *m = s->m;
    const struct snap_row *x = &m->snap->rows[a], *y = &m->snap->rows[b];
    int d = 0;
    if (s->keys) {
        const struct sort_key *u = &s->keys[a], *v = &s->keys[b];
        if (by_presence(u, v, &d))
            return d;
        if (u->has_num)
            d = u->num < v->num ? -1 : u->num > v->num;
        else
            d = strcasecmp(u->text ? u->text : "", v->text ? v->text : "");
    } else {
        d = m->kind->compare(x->data, y->data);
    }
    if (m->sort_inverted)
        d = -d;
    if (!d && s->keys)
        d = m->kind->compare(x->data, y->data);
    return d ? d : strcmp(x->key, y->key);
}

/* v[0..mid) and v[mid..n) are in order each. */
static void merge(const struct sorter *s, size_t *v, size_t mid, size_t n)
{
    size_t i = 0, k = mid, at = 0;

    memcpy(s->spare, v, mid * sizeof(*v));
    while (i < mid)
        v[at++] = k < n && compare_rows(s, v[k], s->spare[i]) < 0
                      ? v[k++]
                      : s->spare[i++];
}

/* Where the run that begins at `from` ends. */
static size_t run_end(const struct sorter *s, const size_t *v, size_t from,
                      size_t n)
{
    while (++from < n)
        if (compare_rows(s, v[from - 1], v[from]) > 0)
            return from;
    return n;
}

/* Snapshots come nearly in order: the runs that are there are merged, so that
 * n rows in order cost n comparisons. */
static void sort_runs(const struct sorter *s, size_t *v, size_t n)
{
    size_t *ends = NULL, n_runs = 0, cap = 0;

    for (size_t at = 0; at < n; n_runs++) {
        ends = xgrow(ends, &cap, n_runs + 1, sizeof(*ends));
        ends[n_runs] = at = run_end(s, v, at, n);
    }
    while (n_runs > 1) {
        size_t from = 0, kept = 0;
        for (size_t i = 0; i < n_runs; i += 2) {
            size_t end = ends[i + 1 < n_runs ? i + 1 : i];
            if (end > ends[i])
                merge(s, v + from, ends[i] - from, end - from);
            from = ends[kept++] = end;
        }
        n_runs = kept;
    }
    free(ends);
}

void table_sort_rows(struct table_model *m, size_t from)
{
    struct sorter s = {.m = m};
    struct arena *a;

    if (m->n <= from + 1)
        return;
    a = arena_new();
    if (m->sort_column >= 0)
        make_keys(&s, from, a);
    s.spare = xreallocarray(NULL, m->n - from, sizeof(*s.spare));
    sort_runs(&s, m->order + from, m->n - from);
    free(s.spare);
    free(s.keys);
    arena_free(a);
}
