/* table_layout.c - which columns are shown and how wide they are. */
#include "tui/table.h"

#include <assert.h>

/* Columns that the shown ones take at their present widths. */
static int total_width(const int *widths, size_t n)
{
    int total = 0;

    for (size_t i = 0; i < n; i++) {
        total += widths[i] > 0 ? widths[i] + 1 : 0;
    }
    return total > 0 ? total - 1 : 0;
}

/* The shown column to drop next, or n when only priority 0 is left. */
static size_t victim(const struct table_column *cols, const int *widths,
                     size_t n)
{
    size_t found = n;

    for (size_t i = 0; i < n; i++) {
        if (widths[i] > 0 && cols[i].priority > 0 &&
            (found == n || cols[i].priority >= cols[found].priority)) {
            found = i;
        }
    }
    return found;
}

/* Not even the priority 0 columns fit: cut from the right. */
static void squeeze(int *widths, size_t n, int avail)
{
    for (size_t i = 0; i < n; i++) {
        if (widths[i] == 0) {
            continue;
        }
        if (widths[i] > avail) {
            widths[i] = avail > 0 ? avail : 0;
        }
        avail -= widths[i] + 1;
    }
}

/* Give the spare room by weight; what one column can't take goes round
 * again. The last columns of a round get the rest that doesn't divide. */
static void grow(const struct table_column *cols, int *widths, size_t n,
                 int spare)
{
    while (spare > 0) {
        int weights = 0;
        int given = 0;

        for (size_t i = 0; i < n; i++) {
            if (widths[i] > 0 && (!cols[i].max || widths[i] < cols[i].max)) {
                weights += cols[i].weight;
            }
        }
        if (weights == 0) {
            return;
        }
        for (size_t i = 0; i < n; i++) {
            int share;

            if (widths[i] == 0 || cols[i].weight == 0 ||
                (cols[i].max && widths[i] >= cols[i].max)) {
                continue;
            }
            share = spare * cols[i].weight / weights;
            if (share == 0 && given < spare) {
                share = 1;
            }
            if (share > spare - given) {
                share = spare - given;
            }
            if (cols[i].max && widths[i] + share > cols[i].max) {
                share = cols[i].max - widths[i];
            }
            widths[i] += share;
            given += share;
        }
        spare -= given;
    }
}

void table_layout(const struct table_column *cols, size_t n, size_t skip,
                  int total, int *widths)
{
    int avail = total - TABLE_GUTTER;
    size_t loose = 0;

    assert(n <= TABLE_MAX_COLS);
    for (size_t i = 0; i < n; i++) {
        widths[i] = cols[i].fixed || loose++ >= skip ? cols[i].min : 0;
    }
    while (total_width(widths, n) > avail) {
        size_t i = victim(cols, widths, n);

        if (i == n) {
            squeeze(widths, n, avail);
            return;
        }
        widths[i] = 0;
    }
    grow(cols, widths, n, avail - total_width(widths, n));
}
