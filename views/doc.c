#include "views/doc.h"

#include "backend/base/mem.h"
#include "backend/base/strbuf.h"
#include "backend/base/utf8.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { LABEL_COLS = 18 };

void doc_clear(struct doc *d)
{
    text_clear(&d->text);
}

void doc_release(struct doc *d)
{
    text_release(&d->text);
}

static size_t doc_lines(const struct doc *d)
{
    return d->text.n;
}

static struct text_line line_at(const struct doc *d, size_t i)
{
    struct pager_source src = text_source(&d->text);
    struct text_line line = {0};
    src.line(src.ctx, i, &line);
    return line;
}

int doc_width(const struct doc *d)
{
    if (!d->text.n)
        return 0;
    struct text_line last = line_at(d, d->text.n - 1);
    return utf8_width(last.text, last.len);
}

void doc_line(struct doc *d)
{
    text_add(&d->text, ROLE_TEXT, "");
}

void doc_put(struct doc *d, enum role role, const char *text)
{
    if (text && *text)
        text_append(&d->text, role, text);
}

void doc_put_line(struct doc *d, const struct doc *from)
{
    if (!from->text.n)
        return;
    struct text_line line = line_at(from, from->text.n - 1);
    for (size_t i = 0; i < line.n_spans; i++) {
        const struct text_span *span = &line.spans[i];
        char *text = xstrndup(line.text + span->start, span->len);
        doc_put(d, span->role, text);
        free(text);
    }
}

static void put_formatted(struct doc *d, enum role role, const char *fmt,
                          va_list ap)
{
    struct strbuf b = STRBUF_INIT;
    strbuf_vprintf(&b, fmt, ap);
    doc_put(d, role, strbuf_get(&b));
    strbuf_release(&b);
}

void doc_printf(struct doc *d, enum role role, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    put_formatted(d, role, fmt, ap);
    va_end(ap);
}

void doc_pad(struct doc *d, int col)
{
    int used = doc_width(d);
    doc_printf(d, ROLE_TEXT, "%*s", col > used ? col - used : 1, "");
}

static void label(struct doc *d, const char *text)
{
    doc_line(d);
    doc_put(d, ROLE_MUTED, text);
    doc_pad(d, LABEL_COLS);
    text_hang(&d->text, LABEL_COLS);
}

void doc_field(struct doc *d, const char *name, const char *value)
{
    if (!value || !*value)
        return;
    label(d, name);
    doc_put(d, ROLE_TEXT, value);
}

void doc_fieldf(struct doc *d, const char *name, const char *fmt, ...)
{
    va_list ap;
    label(d, name);
    va_start(ap, fmt);
    put_formatted(d, ROLE_TEXT, fmt, ap);
    va_end(ap);
}

void doc_heading(struct doc *d, const char *text)
{
    if (doc_lines(d))
        doc_line(d);
    text_add(&d->text, ROLE_PANE, text);
}

struct pager_source doc_source(const struct doc *d)
{
    return text_source(&d->text);
}

void doc_draw(const struct doc *d, struct surface *s, struct rect r)
{
    struct pager p;
    struct pager_source src = doc_source(d);
    pager_init(&p);
    pager_sync(&p, &src, r.rows, r.cols);
    pager_draw(&p, &src, NULL, s, r);
}

char *doc_text(const struct doc *d)
{
    struct strbuf b = STRBUF_INIT;
    for (size_t i = 0; i < doc_lines(d); i++) {
        struct text_line line = line_at(d, i);
        if (i)
            strbuf_putc(&b, '\n');
        strbuf_append(&b, line.text, line.len);
    }
    return strbuf_detach(&b);
}
