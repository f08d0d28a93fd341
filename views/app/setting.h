/* setting.h - `:set NAME VALUE`: what can be changed for this run. */
#ifndef ECSDASH_VIEWS_SETTING_H
#define ECSDASH_VIEWS_SETTING_H

#include "views/app/command.h"

/* argv[1] is the name, argv[2] the value; anything else is answered with the
 * settings there are. */
void setting_run(struct app *a, int argc, char **argv);
/* Names of settings, then values of those that take words. */
command_complete_fn setting_complete;

#endif
