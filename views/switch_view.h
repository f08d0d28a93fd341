/* switch_view.h - `:profile`, `:region` and `:whoami`. */
#ifndef ECSDASH_VIEWS_SWITCH_VIEW_H
#define ECSDASH_VIEWS_SWITCH_VIEW_H

#include "views/app/command.h"

struct app;
struct view;

/* `:profile NAME [REGION]` and `:region NAME` go there at once; without a name
 * they open a list. Region lists begin with those used in this run. */
void switch_profile(struct app *a, int argc, char **argv);
void switch_region(struct app *a, int argc, char **argv);
/* Names for completion; they are read from the files now. */
command_complete_fn switch_complete_profile, switch_complete_region;
/* Which account, identity, region and endpoint, and who said so. */
struct view *whoami_view_new(struct app *a);

#endif
