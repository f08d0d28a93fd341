/* What the app says, and the calls that failed, which it only counts. */
#include "views/app/app.h"

#include "backend/aws/client.h"
#include "backend/aws/op.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* The text, with the name of a realm that the app is not in. */
static char *sentence(struct app *a, const struct realm *r, const char *fmt,
                      va_list ap)
{
    struct strbuf b = STRBUF_INIT;
    char label[160];
    if (r != a->realm)
        strbuf_printf(&b, "[%s] ", realm_label(r, label, sizeof(label)));
    strbuf_vprintf(&b, fmt, ap);
    log_line(a->o.log, "%s", strbuf_get(&b));
    app_dirty(a, PAINT_DATA);
    return strbuf_detach(&b);
}

static void say(struct app *a, const struct realm *r,
                enum message_level level, const char *fmt, va_list ap)
{
    char *text = sentence(a, r, fmt, ap);
    messages_add(&a->messages, level, app_now(a), text);
    free(text);
}

void app_say_progress_in(struct app *a, const struct realm *r,
                         enum message_level level, const char *of,
                         const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *text = sentence(a, r, fmt, ap);
    va_end(ap);
    messages_progress(&a->messages, level, app_now(a), of, text);
    free(text);
}

void app_hint(struct app *a, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *text = sentence(a, a->realm, fmt, ap);
    va_end(ap);
    messages_hint(&a->messages, app_now(a), text);
    free(text);
}

void app_note_call(void *arg, const struct aws_call_event *e)
{
    struct app *a = arg;
    bool again = e->kind == AWS_EVENT_RETRY;
    size_t n = strlen(e->op->name);
    bool named = strncmp(e->err->message, e->op->name, n) == 0;
    char *of = xasprintf("%s %s %d %s %d", e->op->name, e->region,
                         (int)e->err->code, e->err->aws_code, again);
    char *text = xasprintf(
        "%s%s%s%s (%s%s%s%s%s)", named ? "" : e->op->name, named ? "" : ": ",
        e->err->message, again ? " It was tried again." : "", e->region,
        *e->subject ? ", " : "", e->subject,
        *e->request_id ? ", last request " : "", e->request_id);
    messages_tally(&a->calls, again ? MSG_WARN : MSG_ERROR, app_now(a), of,
                   text);
    free(of);
    free(text);
}

void app_say(struct app *a, enum message_level level, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    say(a, a->realm, level, fmt, ap);
    va_end(ap);
}

void app_say_in(struct app *a, const struct realm *r,
                enum message_level level, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    say(a, r, level, fmt, ap);
    va_end(ap);
}

void app_say_err(struct app *a, const char *what, const struct err *err)
{
    app_say_err_in(a, a->realm, what, err);
}

void app_say_err_in(struct app *a, const struct realm *r, const char *what,
                    const struct err *err)
{
    app_say_in(a, r, MSG_ERROR, "%s: %s%s%s%s%s", what, err->message,
            realm_advice(r, err->code), err->request_id[0] ? " (request " : "",
            err->request_id, err->request_id[0] ? ")" : "");
}
