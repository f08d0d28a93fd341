#include "views/doc.h"

#include "backend/base/mem.h"
#include "backend/base/utf8.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void doc_clear(struct doc *d)
{
    for (size_t i = 0; i < d->n; i++) {
        free(d->lines[i].text);
        free(d->lines[i].spans);
    }
    d->n = 0;
}

void doc_release(struct doc *d)
{
    doc_clear(d);
    free(d->lines);
    *d = (struct doc)DOC_INIT;
}

void doc_line(struct doc *d)
{
    d->lines = xgrow(d->lines, &d->cap, d->n + 1, sizeof(*d->lines));
    d->lines[d->n++] = (struct doc_line){.text = xstrdup("")};
}

void doc_put(struct doc *d, enum role role, const char *text)
{
    if (!text || !*text)
        return;
    if (!d->n)
        doc_line(d);
    struct doc_line *l = &d->lines[d->n - 1];
    struct strbuf clean = STRBUF_INIT;
    utf8_sanitise(&clean, text, strlen(text));
    l->text = xrealloc(l->text, l->len + clean.len + 1);
    memcpy(l->text + l->len, strbuf_get(&clean), clean.len + 1);
    if (role != ROLE_TEXT) {
        l->spans =
            xreallocarray(l->spans, l->n_spans + 1, sizeof(*l->spans));
        l->spans[l->n_spans++] =
            (struct doc_span){.start = l->len, .len = clean.len, .role = role};
    }
    l->len += clean.len;
    strbuf_release(&clean);
}

void doc_printf(struct doc *d, enum role role, const char *fmt, ...)
{
    struct strbuf b = STRBUF_INIT;
    va_list ap;
    va_start(ap, fmt);
    strbuf_vprintf(&b, fmt, ap);
    va_end(ap);
    doc_put(d, role, strbuf_get(&b));
    strbuf_release(&b);
}

void doc_pad(struct doc *d, int col)
{
    int used = 0;
    if (d->n)
        used = utf8_width(d->lines[d->n - 1].text, d->lines[d->n - 1].len);
    int blanks = col > used ? col - used : 1;
    doc_printf(d, ROLE_TEXT, "%*s", blanks, "");
}

void doc_field(struct doc *d, const char *label, const char *value)
{
    if (!value || !*value)
        return;
    doc_line(d);
    doc_put(d, ROLE_MUTED, label);
    doc_pad(d, 18);
    doc_put(d, ROLE_TEXT, value);
}

void doc_fieldf(struct doc *d, const char *label, const char *fmt, ...)
{
    struct strbuf b = STRBUF_INIT;
    va_list ap;
    va_start(ap, fmt);
    strbuf_vprintf(&b, fmt, ap);
    va_end(ap);
    doc_field(d, label, strbuf_get(&b));
    strbuf_release(&b);
}

void doc_heading(struct doc *d, const char *text)
{
    if (d->n)
        doc_line(d);
    doc_line(d);
    doc_put(d, ROLE_PANE, text);
}

char *doc_text(const struct doc *d)
{
    struct strbuf b = STRBUF_INIT;
    for (size_t i = 0; i < d->n; i++) {
        strbuf_append(&b, d->lines[i].text, d->lines[i].len);
        strbuf_putc(&b, '\n');
    }
    return strbuf_detach(&b);
}
