/* tail_print.h - prints a log to a descriptor, in order of time, each event
 * once, however the buffer is filled and emptied meanwhile. */
#ifndef ECSDASH_VIEWS_TAIL_PRINT_H
#define ECSDASH_VIEWS_TAIL_PRINT_H

#include "backend/base/err.h"
#include "backend/svc/logsrc.h"
#include "backend/svc/regex.h"
#include "views/log/log_format.h"

#include <stdbool.h>
#include <stddef.h>

/* Lines that go when the buffer is full are printed before they do. */
struct tail_print {
    struct log_format format;
    struct regex *filter; /* borrowed; NULL = everything */
    bool invert;          /* only what does not match */
    int fd;
    struct logbuf *buf;
    struct logbuf_watch watch;
    struct logbuf_mark printed; /* the last line; seq 0 = none */
    struct log_event event;
    struct log_event late;      /* came behind `printed` */
    struct strbuf out;
    struct strbuf shown;        /* scratch of the filter */
    int error;                  /* errno of the write that failed; then
                                   nothing more is printed */
};

/* The other fields are set by the caller; zero them before. */
void tail_print_begin(struct tail_print *p);
void tail_print_end(struct tail_print *p);
/* Print what has an earlier timestamp than settled_ms, and was written and
 * ingested before held_ms. Blocks as long as the reader does. */
void tail_print_upto(struct tail_print *p, int64_t settled_ms,
                     int64_t held_ms);
/* The reader of a pipe has gone: sets error. Costs a system call. */
bool tail_print_is_over(struct tail_print *p);

#endif
