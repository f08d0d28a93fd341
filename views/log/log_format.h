/* log_format.h - log events as lines of text or JSON, for other programs.
 *
 * Nothing but what is written here ever leaves: text is harmless already
 * (svc/logtext.h), names are made so, and colours are our own SGR sequences.
 *
 * Text: "2026-11-21T14:31:57.204Z 9c1f2e88 app MESSAGE", each line of an event
 * with the same beginning.
 *
 * JSON, a contract, one object a line:
 * time            when the application wrote it: ISO 8601, UTC, milliseconds
 * ingestion_time  when CloudWatch had it
 * service         "CLUSTER/SERVICE", or null where that isn't known
 * task, container id of the task, name of the container ("" = unknown)
 * revision        of the task definition: a number, or null
 * group, stream   of CloudWatch Logs
 * level           "error" (FATAL, CRITICAL and their like, too), "warn" or
 *                 null, as far as the message says
 * late            true: it came when newer ones had been printed
 * message         lines are separated by "\n", TABs are kept; control
 *                 sequences are taken out, characters that must not reach a
 *                 terminal are U+FFFD */
#ifndef ECSDASH_VIEWS_LOG_LOG_FORMAT_H
#define ECSDASH_VIEWS_LOG_LOG_FORMAT_H

#include "backend/base/strbuf.h"
#include "backend/svc/logsrc.h"

#include <stdbool.h>

enum log_output { LOG_OUTPUT_TEXT, LOG_OUTPUT_JSON };

struct log_format {
    const struct logsrc *src;
    enum log_output output;
    bool color;   /* TEXT: the application's colours, and ours for names */
    /* May be NULL. "CLUSTER/SERVICE" of a task, or NULL. */
    const char *(*service)(void *arg, const char *task);
    void *arg;
    bool name_service; /* TEXT: say it in each line */
};

/* An event while its lines come; zero it before first use. */
struct log_event {
    bool open;
    struct logbuf_line head; /* its text is not valid */
    struct strbuf message;   /* lines separated by "\n" */
    struct strbuf text;      /* TEXT: as they are printed */
};

/* One more line: the first of an event, or one that continues it. */
void log_event_add(struct log_event *e, const struct log_format *f,
                   const struct logbuf_line *line);
/* Append the event to out; it is over then. */
void log_event_end(struct log_event *e, const struct log_format *f,
                   struct strbuf *out);
/* A line of ours: a task that started, a gap. TEXT: "TIME -- ... --", JSON:
 * nothing. */
void log_format_note(const struct log_format *f, const struct logbuf_line *line,
                     struct strbuf *out);
void log_event_drop(struct log_event *e); /* over, not printed */
void log_event_release(struct log_event *e);

/* "text", "json": -1 when it is none. */
int log_output_find(const char *name);

#endif
