/* table_view_internal.h - the parts that the table view and its drawing share.
 */
#ifndef ECSDASH_VIEWS_TABLE_VIEW_INTERNAL_H
#define ECSDASH_VIEWS_TABLE_VIEW_INTERNAL_H

#include "views/app/app.h"
#include "views/table/table_model.h"
#include "views/view.h"

struct table_view {
    struct view view; /* first: views are freed through it */
    struct table_model model;
    struct table_widget widget;
    struct subscription *sub;
    struct query query; /* strings are ours */
    struct doc pane;     /* made again by each draw */
    struct doc summary;  /* made again for each snapshot */
    uint64_t summary_of; /* its generation */
};

/* The draw of its view_ops: table, empty text and pane into r. Tells the store
 * which rows are on screen. */
void table_view_draw(struct view *v, struct surface *s, struct rect r);

#endif
