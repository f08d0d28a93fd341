#include "views/table/table_model.h"

#include "backend/base/map.h"
#include "backend/base/mem.h"
#include "backend/base/utf8.h"
#include "views/table/filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void table_model_init(struct table_model *m, const struct kind *kind)
{
    *m = (struct table_model){.kind = kind, .sort_column = -1};
    m->marks = map_new();
}

void table_model_release(struct table_model *m)
{
    if (m->snap)
        snapshot_unref(m->snap);
    filter_free(m->filter);
    map_free(m->marks, NULL);
    free(m->changed);
    free(m->order);
    *m = (struct table_model){0};
}

static void filter_rows(struct table_model *m)
{
    m->n = 0;
    m->order = xgrow(m->order, &m->cap, m->snap->n_rows + 1,
                     sizeof(*m->order));
    for (size_t i = 0; i < m->snap->n_rows; i++)
        if (!m->filter ||
            filter_match(m->filter, m->snap->rows[i].data, m->now_ms))
            m->order[m->n++] = i;
}

void table_model_rebuild(struct table_model *m, int64_t now_ms)
{
    m->now_ms = now_ms;
    m->n = 0;
    if (!m->snap)
        return;
    filter_rows(m);
    table_sort_rows(m, 0);
}

/* Index + 1 in the old snapshot of each row of the new one; 0 = not there. */
static uint32_t *trace_rows(const struct snapshot *old,
                            const struct snapshot *snap)
{
    uint32_t top = 0, *at;
    uint32_t *was = xcalloc(snap->n_rows + 1, sizeof(*was));
    if (!old)
        return was;
    for (size_t i = 0; i < old->n_rows; i++)
        if (old->rows[i].slot > top)
            top = old->rows[i].slot;
    at = xcalloc((size_t)top + 1, sizeof(*at));
    for (size_t i = 0; i < old->n_rows; i++)
        at[old->rows[i].slot] = (uint32_t)(i + 1);
    for (size_t i = 0; i < snap->n_rows; i++) {
        const struct snap_row *r = &snap->rows[i], *o;
        uint32_t k = r->slot && r->slot <= top ? at[r->slot] : 0;
        o = k ? &old->rows[k - 1] : NULL;
        if (o && (o->data == r->data || strcmp(o->key, r->key) == 0)) {
            was[i] = k;
        } else if (o || !r->slot) {
            o = snapshot_find(old, r->key);
            was[i] = o ? (uint32_t)(o - old->rows + 1) : 0;
        }
    }
    free(at);
    return was;
}

/* Held order: rows stay where they were; new ones go to the end, sorted.
 * `place` is where each row of the old snapshot stood, plus one. */
static void order_held(struct table_model *m, const uint32_t *was,
                       const uint32_t *place, size_t n_places)
{
    size_t *stood = xcalloc(n_places + 1, sizeof(*stood)), n = 0, kept = 0;
    for (size_t i = 0; i < m->n; i++) {
        size_t row = m->order[i];
        uint32_t at = was[row] ? place[was[row] - 1] : 0;
        if (at) {
            stood[at - 1] = row + 1;
            kept++;
        } else {
            m->order[n++] = row;
        }
    }
    memmove(m->order + kept, m->order, n * sizeof(*m->order));
    n = 0;
    for (size_t i = 0; i < n_places; i++)
        if (stood[i])
            m->order[n++] = stood[i] - 1;
    free(stood);
    table_sort_rows(m, kept);
}

static const char *state_word(const struct table_model *m, const void *row,
                              struct cell_value *v)
{
    m->kind->columns[0].cell(row, m->now_ms, v);
    return v->text ? v->text : "";
}

/* Marks the rows that have another state word than before. The same data
 * means the same word. */
static void note_changes(struct table_model *m, const struct snapshot *old,
                         const uint32_t *was)
{
    free(m->changed);
    m->changed = xcalloc(m->snap->n_rows + 1, sizeof(*m->changed));
    for (size_t i = 0; i < m->snap->n_rows; i++) {
        const void *row = m->snap->rows[i].data;
        const void *before = was[i] ? old->rows[was[i] - 1].data : row;
        struct cell_value u = {0}, v = {0};
        if (row == before || m->kind->row_loading(row) ||
            m->kind->row_loading(before))
            continue;
        m->changed[i] = strcmp(state_word(m, before, &u),
                               state_word(m, row, &v)) != 0;
    }
}

/* Rows that were there before are of one cluster if they were then. */
static bool has_many_clusters(const struct table_model *m,
                              const struct snapshot *old, const uint32_t *was)
{
    const char *first = NULL;
    bool one_known = false;
    for (size_t i = 0; i < m->snap->n_rows; i++) {
        const void *row = m->snap->rows[i].data;
        if (!m->mixed_clusters && was[i] &&
            old->rows[was[i] - 1].data == row) {
            if (one_known)
                continue;
            one_known = true;
        }
        const char *c = m->kind->row_cluster(row);
        if (!first)
            first = c;
        else if (c && strcmp(first, c) != 0)
            return true;
    }
    return false;
}

static void note_widths(struct table_model *m, const struct snapshot *old,
                        const uint32_t *was)
{
    const struct column *c = m->kind->columns;
    while (c < m->kind->columns + m->kind->n_columns && !(c->flags & COL_FIT))
        c++;
    if (c == m->kind->columns + m->kind->n_columns)
        return;
    for (size_t i = 0; i < m->snap->n_rows && m->fit < c->max; i++) {
        const void *row = m->snap->rows[i].data;
        struct cell_value v = {0};
        if (was[i] && old->rows[was[i] - 1].data == row)
            continue; /* it has been as wide before */
        c->cell(row, m->now_ms, &v);
        int w = v.text ? utf8_width(v.text, strlen(v.text)) : 0;
        m->fit = w > m->fit ? w : m->fit;
    }
}

void table_model_set(struct table_model *m, const struct snapshot *snap,
                     int64_t now_ms)
{
    const struct snapshot *old = m->snap;
    uint32_t *was = trace_rows(old, snap), *place = NULL;
    size_t n_places = m->n;
    if (m->held && old && m->n) {
        place = xcalloc(old->n_rows, sizeof(*place));
        for (size_t i = 0; i < m->n; i++)
            place[m->order[i]] = (uint32_t)(i + 1);
    }
    m->snap = snapshot_ref(snap);
    m->now_ms = now_ms;
    note_changes(m, old, was);
    note_widths(m, old, was);
    m->mixed_clusters = has_many_clusters(m, old, was);
    filter_rows(m);
    if (place)
        order_held(m, was, place, n_places);
    else
        table_sort_rows(m, 0);
    free(place);
    free(was);
    if (old)
        snapshot_unref(old);
}

int table_model_filter(struct table_model *m, const char *text,
                       struct err *err)
{
    struct filter *f = NULL;
    if (text && *text) {
        f = filter_new(m->kind, text, err);
        if (!f)
            return -1;
    }
    filter_free(m->filter);
    m->filter = f;
    table_model_rebuild(m, m->now_ms);
    return 0;
}

const char *table_model_filter_text(const struct table_model *m)
{
    return m->filter ? filter_text(m->filter) : "";
}

void table_model_sort(struct table_model *m, int column, bool inverted)
{
    m->sort_column = column;
    m->sort_inverted = inverted;
    table_model_rebuild(m, m->now_ms);
}

const char *table_model_sort_text(const struct table_model *m, char *buf,
                                  size_t n)
{
    if (m->sort_column < 0)
        snprintf(buf, n, "%s%s", m->kind->order,
                 m->sort_inverted ? " inverted" : "");
    else
        snprintf(buf, n, "%s %s", m->kind->columns[m->sort_column].title,
                 m->sort_inverted ? "v" : "^");
    return buf;
}

const struct snap_row *table_model_row(const struct table_model *m, size_t i)
{
    return i < m->n ? &m->snap->rows[m->order[i]] : NULL;
}

int table_model_find(const struct table_model *m, const char *key)
{
    for (size_t i = 0; key && i < m->n; i++)
        if (strcmp(m->snap->rows[m->order[i]].key, key) == 0)
            return (int)i;
    return -1;
}

void table_model_toggle(struct table_model *m, const char *key)
{
    if (!map_remove(m->marks, key))
        map_put(m->marks, key, m);
}

void table_model_mark_all(struct table_model *m)
{
    for (size_t i = 0; i < m->n; i++)
        map_put(m->marks, m->snap->rows[m->order[i]].key, m);
}

void table_model_unmark_all(struct table_model *m)
{
    map_clear(m->marks, NULL);
}

size_t table_model_marked(const struct table_model *m)
{
    return map_len(m->marks);
}

bool table_model_is_marked(const struct table_model *m, const char *key)
{
    return map_get(m->marks, key) != NULL;
}

bool table_model_shows(const struct table_model *m, const struct column *c)
{
    return !(c->flags & COL_DATA) &&
           !(c->flags & COL_CLUSTER && !m->mixed_clusters) &&
           !(c->flags & COL_SERVICE && m->one_service);
}

static int least_width(const struct table_model *m, const struct column *c)
{
    if (!(c->flags & COL_FIT) || m->fit < c->min)
        return c->min;
    return m->fit < c->max ? m->fit : c->max;
}

void table_model_layout(struct table_model *m, int width)
{
    m->n_cols = 0;
    for (size_t i = 0; i < m->kind->n_columns; i++) {
        const struct column *c = &m->kind->columns[i];
        if (width < c->wide || !table_model_shows(m, c) ||
            m->n_cols == TABLE_MAX_COLS)
            continue;
        m->cols[m->n_cols] = (struct table_column){
            .title = c->title,
            .min = least_width(m, c),
            .max = c->max,
            .weight = c->weight,
            .priority = c->keep >= 100 ? 0 : 100 - c->keep,
            .align = c->flags & COL_NUM ? TABLE_RIGHT : TABLE_LEFT,
            .cut_middle = (c->flags & COL_MIDDLE) != 0,
            .fixed = c->keep >= 100,
        };
        m->col_of[m->n_cols++] = i;
    }
}

static void source_row(const void *ctx, size_t row, struct table_row *out)
{
    const struct table_model *m = ctx;
    const struct snap_row *r = table_model_row(m, row);
    out->key = r->key;
    out->dimmed = m->kind->row_dim && m->kind->row_dim(r->data);
    out->marked = map_get(m->marks, r->key) != NULL;
    out->changed = m->changed[m->order[row]];
}

static void source_cell(const void *ctx, size_t row, size_t col,
                        struct table_cell *out)
{
    const struct table_model *m = ctx;
    const struct snap_row *r = table_model_row(m, row);
    struct cell_value v = {0};
    m->kind->columns[m->col_of[col]].cell(r->data, m->now_ms, &v);
    out->role = v.role;
    if (!v.text)
        out->text = m->kind->row_loading(r->data) ? "" : "-";
    else if (v.text == v.buf) {
        size_t fits = utf8_fit(v.buf, strlen(v.buf), sizeof(out->buf) - 1,
                               NULL);
        if (fits >= sizeof(out->buf))
            fits = sizeof(out->buf) - 1;
        memcpy(out->buf, v.buf, fits);
        out->buf[fits] = '\0';
        out->text = out->buf;
    } else {
        out->text = v.text;
    }
}

static size_t source_find(const void *ctx, const char *key)
{
    const struct table_model *m = ctx;
    int i = table_model_find(m, key);
    return i < 0 ? m->n : (size_t)i;
}

struct table_source table_model_source(const struct table_model *m)
{
    return (struct table_source){.ctx = m,
                                 .n_rows = m->n,
                                 .n_cols = m->n_cols,
                                 .cols = m->cols,
                                 .row = source_row,
                                 .cell = source_cell,
                                 .find = source_find};
}
