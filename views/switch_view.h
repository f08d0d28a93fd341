/* switch_view.h - `:profile`, `:region` and `:whoami`. */
#ifndef ECSDASH_VIEWS_SWITCH_VIEW_H
#define ECSDASH_VIEWS_SWITCH_VIEW_H

#include "tui/complete.h"

#include <stddef.h>

struct app;
struct view;

/* `:profile NAME [REGION]` and `:region NAME` go there at once; without a name
 * they open a list. Region lists begin with those used in this run. */
void switch_profile(struct app *a, int argc, char **argv);
void switch_region(struct app *a, int argc, char **argv);
/* Names for completion; they are read from the files now. */
void switch_complete_profile(const struct app *a, struct completion *out,
                             const char *word, size_t n);
void switch_complete_region(const struct app *a, struct completion *out,
                            const char *word, size_t n);
/* Which account, identity, region and endpoint, and who said so. */
struct view *whoami_view_new(struct app *a);

#endif
