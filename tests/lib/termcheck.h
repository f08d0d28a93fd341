/* termcheck.h - does a stream of bytes hold only what our own output is made
 * of? Printable text, cursor movement, colours and the few modes that we set;
 * anything else came through from outside. Of the sequences that a terminal
 * knows, only those are allowed that terminfo's xterm entries and tui/term.c
 * use, with arguments that they use. */
#ifndef ECSDASH_TESTS_TERMCHECK_H
#define ECSDASH_TESTS_TERMCHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/strbuf.h"

struct termcheck {
    int rows, cols;       /* of the terminal: no cursor goes beyond */
    struct strbuf rest;   /* the head of a sequence that is not whole */
    char complaint[200];  /* the first thing that was wrong, or "" */
    size_t bytes, sequences, texts;
};

/* All-zero is ready; set rows and cols. */
void termcheck_release(struct termcheck *t);
/* False once something was wrong. */
bool termcheck_feed(struct termcheck *t, const char *bytes, size_t n);

#endif
