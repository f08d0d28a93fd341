/* table.h - the one table on screen: rows through an adapter, a cursor that
 * follows its row's key. Knows nothing of what the rows are.
 *
 *     STATE  SERVICE            RUN/DES      <- column titles
 *   > FAILED payments-api           2/4      <- `>` and reverse: the cursor
 *    *ROLL   search-indexer         1/2      <- `*`: marked, `~`: changed
 *
 * Use: fill a table_source, table_sync() whenever rows or size may have
 * changed (each frame is fine), table_draw(). Until the first key the cursor
 * stays on row 1; afterwards it follows its key; when that key is gone it
 * goes to the row that took its place. */
#ifndef ECSDASH_TUI_TABLE_H
#define ECSDASH_TUI_TABLE_H

#include "keymaps/actions.h"
#include "themes/theme.h"
#include "tui/match.h"
#include "tui/surface.h"

#include <stdbool.h>
#include <stddef.h>

#define TABLE_MAX_COLS 48 /* columns beyond are not drawn */
#define TABLE_GUTTER 2    /* columns for `>` and the sign */

enum table_align { TABLE_LEFT, TABLE_RIGHT };

struct table_column {
    const char *title;
    int min;      /* columns it needs at least, > 0 */
    int max;      /* columns it may grow to; 0 = no limit */
    int weight;   /* share of the spare room; 0 = stays at min */
    int priority; /* 0 is never dropped; the highest is dropped first */
    enum table_align align;
    bool cut_middle; /* too long: the middle goes, else the end */
    bool fixed;      /* stays when the table is scrolled sideways */
};

struct table_cell {
    const char *text; /* borrowed until the next call, or buf; "" when empty */
    enum role role;
    char buf[128];    /* room for text that has to be made */
};

struct table_row {
    const char *key; /* identity (ARN); borrowed until the rows change */
    bool dimmed;     /* the whole row in ROLE_OFF */
    bool marked;
    bool changed;
};

/* Calls are made with row < n_rows and col < n_cols only. */
struct table_source {
    const void *ctx;
    size_t n_rows, n_cols;
    const struct table_column *cols;
    void (*row)(const void *ctx, size_t row, struct table_row *out);
    void (*cell)(const void *ctx, size_t row, size_t col,
                 struct table_cell *out);
    /* Index of a key, or n_rows when gone. NULL: rows are searched. */
    size_t (*find)(const void *ctx, const char *key);
};

struct table_widget {
    char *key;      /* the cursor's row; kept while the table is empty */
    size_t cursor;  /* its index as of the last sync */
    size_t top;     /* first row shown */
    size_t page;    /* rows shown, as of the last sync */
    size_t skip;    /* columns scrolled away on the left */
    bool touched;   /* the cursor was moved, or left: follow its row */
    bool empty;     /* no rows as of the last sync */
};

void table_init(struct table_widget *t);
void table_release(struct table_widget *t);
/* Find the cursor's row again and keep it on screen; `rows` is the height of
 * the rectangle that will be drawn, title row included. Keeps the cursor on
 * its screen line where possible when rows above come and go. */
void table_sync(struct table_widget *t, const struct table_source *src,
                int rows);
/* DOWN UP PAGE_* HALF_* TOP BOTTOM LEFT RIGHT; false for any other action. */
bool table_act(struct table_widget *t, const struct table_source *src,
               enum action_id action);
/* Key under the cursor, NULL when there are no rows. Borrowed until the next
 * call that takes the widget. */
const char *table_key(const struct table_widget *t);
/* Titles in the first row of r, rows below. `match` (may be NULL) highlights
 * hits. Parks the surface's cursor on the selected row. */
void table_draw(const struct table_widget *t, const struct table_source *src,
                const struct matcher *match, struct surface *s,
                struct rect r);
/* "rows 1-9 of 42 v": ^ more above, v more below; "no rows". Returns out. */
const char *table_position(const struct table_widget *t,
                           const struct table_source *src, char out[64]);

/* Widths for a total of `cols` columns (gutter and the blank between columns
 * included): widths[i] is 0 for a dropped or scrolled-away column. n is at
 * most TABLE_MAX_COLS. */
void table_layout(const struct table_column *cols, size_t n, size_t skip,
                  int total, int *widths);

#endif
