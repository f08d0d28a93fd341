/* text_lines.c - lines that own their text, for the pager. */
#include "tui/pager.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/strbuf.h"
#include "backend/base/utf8.h"

struct text_entry {
    struct strbuf text;
    enum role role;
    struct text_span *spans;
    size_t n_spans, cap_spans;
    int hang;
};

void text_init(struct text_lines *t)
{
    *t = (struct text_lines){0};
}

void text_clear(struct text_lines *t)
{
    for (size_t i = 0; i < t->n; i++) {
        strbuf_release(&t->entries[i].text);
        free(t->entries[i].spans);
    }
    t->n = 0;
}

void text_release(struct text_lines *t)
{
    text_clear(t);
    free(t->entries);
    text_init(t);
}

static struct text_entry *new_entry(struct text_lines *t, enum role role)
{
    t->entries = xgrow(t->entries, &t->cap, t->n + 1, sizeof(*t->entries));
    t->entries[t->n] = (struct text_entry){.role = role};
    return &t->entries[t->n++];
}

void text_add(struct text_lines *t, enum role role, const char *text)
{
    for (;;) {
        size_t n = strcspn(text, "\n");

        utf8_sanitise(&new_entry(t, role)->text, text, n);
        if (text[n] == '\0') {
            return;
        }
        text += n + 1;
    }
}

void text_hang(struct text_lines *t, int cols)
{
    if (t->n > 0) {
        t->entries[t->n - 1].hang = cols;
    }
}

void text_append(struct text_lines *t, enum role role, const char *text)
{
    struct text_entry *e;
    struct text_span span;

    e = t->n > 0 ? &t->entries[t->n - 1] : new_entry(t, role);
    span = (struct text_span){
        .start = e->text.len, .role = role, .fg = -1, .bg = -1};
    utf8_sanitise(&e->text, text, strlen(text));
    span.len = e->text.len - span.start;
    if (span.len == 0) {
        return;
    }
    e->spans = xgrow(e->spans, &e->cap_spans, e->n_spans + 1, sizeof(span));
    e->spans[e->n_spans++] = span;
}

static void get_line(const void *ctx, size_t i, struct text_line *out)
{
    const struct text_lines *t = ctx;
    const struct text_entry *e = &t->entries[i];

    *out = (struct text_line){
        .text = strbuf_get(&e->text),
        .len = e->text.len,
        .role = e->role,
        .spans = e->spans,
        .n_spans = e->n_spans,
        .hang = e->hang,
    };
}

struct pager_source text_source(const struct text_lines *t)
{
    return (struct pager_source){.ctx = t, .n_lines = t->n, .line = get_line};
}
