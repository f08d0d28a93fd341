#include "views/log/log_format.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "backend/base/utf8.h"

int log_output_find(const char *name)
{
    static const char *const names[] = {[LOG_OUTPUT_TEXT] = "text",
                                        [LOG_OUTPUT_JSON] = "json"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strcmp(names[i], name) == 0)
            return (int)i;
    return -1;
}

static void put_time(struct strbuf *out, int64_t ms)
{
    char iso[40];

    strbuf_puts(out, fmt_iso_ms(ms, iso));
}

static const char *service_of(const struct log_format *f,
                              const struct logsrc_source *s)
{
    return f->service ? f->service(f->arg, s->task) : NULL;
}

/* ---- text ------------------------------------------------------------ */

static void put_color(struct strbuf *out, int32_t c, int base)
{
    if (c < 0)
        return;
    if (c & LOGTEXT_RGB)
        strbuf_printf(out, ";%d;2;%d;%d;%d", base + 8, (int)(c >> 16 & 255),
                      (int)(c >> 8 & 255), (int)(c & 255));
    else
        strbuf_printf(out, ";%d;5;%d", base + 8, (int)c);
}

static void put_sgr(struct strbuf *out, const struct logtext_sgr *g)
{
    static const struct {
        uint32_t attr;
        char code;
    } attrs[] = {{LOGTEXT_BOLD, '1'}, {LOGTEXT_DIM, '2'},
                 {LOGTEXT_ITALIC, '3'}, {LOGTEXT_UNDERLINE, '4'},
                 {LOGTEXT_REVERSE, '7'}};

    strbuf_puts(out, "\033[0");
    for (size_t i = 0; i < ARRAY_LEN(attrs); i++)
        if (g->attr & attrs[i].attr)
            strbuf_printf(out, ";%c", attrs[i].code);
    /* In the colour of its ground it would be there and not be seen. */
    if (g->fg != g->bg) {
        put_color(out, g->fg, 30);
        put_color(out, g->bg, 40);
    }
    strbuf_putc(out, 'm');
}

static void put_colored(struct strbuf *out, const struct logbuf_line *l)
{
    size_t at = 0;

    for (size_t i = 0; i < l->n_sgr; i++) {
        size_t to = l->sgr[i].at < l->len ? l->sgr[i].at : l->len;
        strbuf_append(out, l->text + at, to - at);
        put_sgr(out, &l->sgr[i]);
        at = to;
    }
    strbuf_append(out, l->text + at, l->len - at);
    if (l->n_sgr)
        strbuf_puts(out, "\033[0m");
}

static void put_line(struct strbuf *out, const struct log_format *f,
                     const struct logbuf_line *l)
{
    struct logsrc_source s;

    logsrc_source(f->src, l->source, &s);
    put_time(out, l->timestamp_ms);
    strbuf_putc(out, ' ');
    if (f->color) /* six colours that are seen on light and dark */
        strbuf_printf(out, "\033[3%dm", 1 + l->source % 6);
    if (f->name_service) {
        const char *service = service_of(f, &s);
        strbuf_printf(out, "%s ", service ? service : "-");
    }
    if (*s.task)
        strbuf_printf(out, "%.8s ", s.task);
    utf8_sanitise(out, s.container, strlen(s.container));
    strbuf_puts(out, f->color ? "\033[0m " : " ");
    if (f->color)
        put_colored(out, l);
    else
        strbuf_append(out, l->text, l->len);
    strbuf_putc(out, '\n');
}

void log_format_note(const struct log_format *f, const struct logbuf_line *line,
                     struct strbuf *out)
{
    if (f->output != LOG_OUTPUT_TEXT)
        return;
    put_time(out, line->timestamp_ms);
    strbuf_puts(out, " -- ");
    strbuf_append(out, line->text, line->len);
    strbuf_puts(out, " --\n");
}

/* ---- JSON ------------------------------------------------------------ */

static void put_member(struct strbuf *out, const char *name, const char *value)
{
    struct strbuf clean = STRBUF_INIT;

    strbuf_printf(out, ",\"%s\":", name);
    if (value) {
        utf8_sanitise(&clean, value, strlen(value));
        strbuf_put_json(out, strbuf_get(&clean), clean.len);
    } else {
        strbuf_puts(out, "null");
    }
    strbuf_release(&clean);
}

static void put_json(struct strbuf *out, const struct log_format *f,
                     const struct log_event *e)
{
    static const char *const levels[] = {[LOG_LEVEL_WARN] = "warn",
                                         [LOG_LEVEL_ERROR] = "error",
                                         [LOG_LEVEL_FATAL] = "error"};
    const struct logbuf_line *l = &e->head;
    struct logsrc_source s;
    int64_t revision;

    logsrc_source(f->src, l->source, &s);
    strbuf_puts(out, "{\"time\":\"");
    put_time(out, l->timestamp_ms);
    strbuf_puts(out, "\",\"ingestion_time\":\"");
    put_time(out, l->ingestion_ms);
    strbuf_putc(out, '"');
    put_member(out, "service", service_of(f, &s));
    put_member(out, "task", s.task);
    put_member(out, "container", s.container);
    if (*s.revision &&
        fmt_parse_int(s.revision + 1, 0, INT64_MAX, &revision) == 0)
        strbuf_printf(out, ",\"revision\":%" PRId64, revision);
    else
        strbuf_puts(out, ",\"revision\":null");
    put_member(out, "group", s.group);
    put_member(out, "stream", s.stream);
    put_member(out, "level", levels[l->level]);
    strbuf_printf(out, ",\"late\":%s,\"message\":", l->late ? "true" : "false");
    strbuf_put_json(out, strbuf_get(&e->message), e->message.len);
    strbuf_puts(out, "}\n");
}

/* ---- events ---------------------------------------------------------- */

void log_event_add(struct log_event *e, const struct log_format *f,
                   const struct logbuf_line *line)
{
    if (e->open) {
        strbuf_putc(&e->message, '\n');
    } else {
        e->head = *line;
        e->head.text = NULL;
        e->head.sgr = NULL;
        e->open = true;
    }
    if (line->level > e->head.level)
        e->head.level = line->level;
    strbuf_append(&e->message, line->text, line->len);
    if (f->output == LOG_OUTPUT_TEXT)
        put_line(&e->text, f, line);
}

void log_event_drop(struct log_event *e)
{
    e->open = false;
    strbuf_clear(&e->message);
    strbuf_clear(&e->text);
}

void log_event_end(struct log_event *e, const struct log_format *f,
                   struct strbuf *out)
{
    if (!e->open)
        return;
    if (f->output == LOG_OUTPUT_JSON)
        put_json(out, f, e);
    else
        strbuf_append(out, strbuf_get(&e->text), e->text.len);
    log_event_drop(e);
}

void log_event_release(struct log_event *e)
{
    strbuf_release(&e->message);
    strbuf_release(&e->text);
    e->open = false;
}
