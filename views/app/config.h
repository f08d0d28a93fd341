/* config.h - the user's file: `set`, `bind`, `color`, `context`.
 *
 *   set refresh 5
 *   set theme colorblind
 *   set log-buffer 64
 *   bind table R restart
 *   color bad red default bold
 *   context 123456789012 { prod yes; readonly yes; confirm type }
 *
 * A mistake names file and line and is passed over; nothing is ever written
 * back. */
#ifndef ECSDASH_VIEWS_CONFIG_H
#define ECSDASH_VIEWS_CONFIG_H

#include "backend/base/err.h"
#include "backend/base/grammar.h"
#include "keymaps/keymap.h"
#include "themes/theme.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_LOG_BUFFER_MAX 4096 /* MiB */

struct config_context { /* of one account */
    char account[16];
    bool prod, read_only, confirm_type;
};

struct config {
    int64_t refresh_ms; /* 0 = not set */
    int budget;         /* percent; 0 = not set */
    bool unlimited;
    size_t log_buffer;  /* bytes; 0 = not set */
    bool read_only;
    struct config_context contexts[64];
    size_t n_contexts;
    int mistakes;
};

/* Where the user's files are: $XDG_CONFIG_HOME/ecsdash or ~/.config/ecsdash;
 * heap, NULL when there is no home. XDG values that are not absolute are
 * ignored. */
char *config_dir(const char *xdg_config_home, const char *home);
/* Apply DIR/config over c, keymap and theme. A missing file is fine; each
 * mistake is reported. */
void config_read(struct config *c, const char *path, struct keymap *keymap,
                 struct theme *theme, const char *dir,
                 grammar_report_fn *report, void *arg);
/* A theme by name: DIR/NAME.theme over the built-in ones. 0/-1. */
int config_theme(struct theme *theme, const char *dir, const char *name,
                 struct err *err);
/* A keys file by path, or NAME in DIR. Returns the number of mistakes, -1
 * when it can't be read (err). */
int config_keys(struct keymap *keymap, const char *dir, const char *name,
                grammar_report_fn *report, void *arg, struct err *err);
/* The settings of an account, or NULL. */
const struct config_context *config_of(const struct config *c,
                                       const char *account);

#endif
