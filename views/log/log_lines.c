/* How log lines look: sign, time stamp, tag, text in its colours. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "backend/base/utf8.h"
#include "views/log/log.h"

#define DRAWN_BYTES 4000 /* more of a line is not shown */
#define CONTAINER_COLS 12
#define SERVICE_COLS 24
#define TERM_HITS 50     /* of one term in one line */

enum { PART_SERVICE, PART_TASK, PART_REVISION, PART_CONTAINER };

/* "web", "9c1f2e88", ":143", "app". Of a long name the head and the tail. */
static void part_of(const struct log_view *lv, size_t source, int part,
                    char out[64])
{
    struct strbuf cut = STRBUF_INIT;
    struct logsrc_source s;

    logsrc_source(lv->src, (uint16_t)source, &s);
    const struct {
        const char *text;
        int cols;
    } parts[LOG_TAG_PARTS] = {[PART_SERVICE] = {s.service, SERVICE_COLS},
                              [PART_TASK] = {s.task, 8},
                              [PART_REVISION] = {s.revision, CONTAINER_COLS},
                              [PART_CONTAINER] = {s.container, CONTAINER_COLS}};
    const char *text = parts[part].text;
    if (part == PART_TASK) /* as everywhere: its head */
        strbuf_append(&cut, text,
                      utf8_fit(text, strlen(text), parts[part].cols, NULL));
    else
        utf8_put_middle(&cut, text, parts[part].cols);
    snprintf(out, 64, "%s", strbuf_get(&cut));
    strbuf_release(&cut);
}

/* Tags name what differs, or everything but the service of all lines. */
static void plan_tags(struct log_view *lv)
{
    size_t n = logsrc_sources(lv->src);
    char first[64], text[64];

    if (n == lv->tag_sources)
        return;
    lv->tag_sources = n;
    for (int part = 0; part < LOG_TAG_PARTS; part++) {
        bool differs = lv->tags == TAGS_ALL && part != PART_SERVICE;
        int widest = 0;
        for (size_t i = 0; i < n && lv->tags != TAGS_OFF; i++) {
            part_of(lv, i, part, text);
            if (i == 0)
                memcpy(first, text, sizeof(first));
            differs |= part != PART_REVISION && strcmp(text, first) != 0;
            int cols = utf8_width(text, strlen(text));
            widest = cols > widest ? cols : widest;
        }
        lv->tag_cols[part] = differs ? widest : 0;
    }
}

static void put_stamp(struct log_view *lv, const struct logbuf_line *l)
{
    char text[32] = "", age[16];

    switch (lv->stamps) {
    case STAMPS_UTC:
    case STAMPS_LOCAL:
        fmt_clock_ms(l->timestamp_ms,
                     lv->stamps == STAMPS_UTC ? FMT_UTC : FMT_LOCAL, text);
        break;
    case STAMPS_INGESTION:
        fmt_clock_ms(l->ingestion_ms, FMT_UTC, text);
        break;
    case STAMPS_AGE:
        snprintf(text, sizeof(text), "%4s",
                 fmt_age(lv->now_ms - l->timestamp_ms, age));
        break;
    default:
        return;
    }
    /* The further lines of an event have its time. */
    if (l->more && l->kind == LOG_TEXT)
        strbuf_printf(&lv->line, "%*s", (int)strlen(text) + 1, "");
    else
        strbuf_printf(&lv->line, "%s%c", text, l->late ? '~' : ' ');
}

static void put_tag(struct log_view *lv, const struct logbuf_line *l)
{
    char text[64] = "";

    for (int part = 0; part < LOG_TAG_PARTS; part++) {
        if (!lv->tag_cols[part])
            continue;
        if (!l->more)
            part_of(lv, l->source, part, text);
        strbuf_printf(&lv->line, "%s%*s", text,
                      lv->tag_cols[part] - utf8_width(text, strlen(text)) + 1,
                      "");
    }
}

static enum role line_role(const struct logbuf_line *l)
{
    if (l->kind != LOG_TEXT)
        return l->kind == LOG_GAP ? ROLE_STALE : ROLE_LOG_SEP;
    return l->level >= LOG_LEVEL_ERROR  ? ROLE_LOG_ERROR
           : l->level == LOG_LEVEL_WARN ? ROLE_LOG_WARN
                                        : ROLE_TEXT;
}

/* ---- spans ----------------------------------------------------------- */

static void add_span(struct log_view *lv, size_t start, size_t len,
                     enum role role)
{
    if (len && lv->n_spans < LOG_SPANS)
        lv->spans[lv->n_spans++] = (struct text_span){
            .start = start, .len = len, .role = role, .fg = -1, .bg = -1};
}

static int16_t color_of(int32_t c)
{
    return (int16_t)theme_fit_color(c, 256);
}

/* The application's own colours. Text in the colour of its ground would be
 * there and not be seen: that stays as the theme has it. */
static void add_color(struct log_view *lv, const struct logtext_sgr *g,
                      size_t start, size_t len, enum role role)
{
    if (!len || (g->fg < 0 && g->bg < 0 && !g->attr) ||
        lv->n_spans == LOG_SPANS)
        return;
    add_span(lv, start, len, role);
    struct text_span *s = &lv->spans[lv->n_spans - 1];
    s->attrs = (uint8_t)((g->attr & LOGTEXT_BOLD ? ATTR_BOLD : 0) |
                         (g->attr & LOGTEXT_DIM ? ATTR_DIM : 0) |
                         (g->attr & LOGTEXT_ITALIC ? ATTR_ITALIC : 0) |
                         (g->attr & LOGTEXT_UNDERLINE ? ATTR_UNDERLINE : 0) |
                         (g->attr & LOGTEXT_REVERSE ? ATTR_REVERSE : 0));
    if (g->fg != g->bg) {
        s->fg = color_of(g->fg);
        s->bg = color_of(g->bg);
    }
}

/* Up to each change of colour, TABs as blanks. */
static void put_colored(struct log_view *lv, const char *text, size_t shown,
                        const struct logbuf_line *l, size_t n_sgr)
{
    int col = 0;
    size_t at = 0;

    for (size_t i = 0; i <= n_sgr; i++) {
        size_t to = i < n_sgr && l->sgr[i].at < shown ? l->sgr[i].at : shown;
        size_t start = lv->line.len;
        logtext_put_tabs(&lv->line, text + at, to - at, &col);
        if (i)
            add_color(lv, &l->sgr[i - 1], start, lv->line.len - start,
                      line_role(l));
        at = to;
    }
}

static void add_terms(struct log_view *lv)
{
    size_t end = lv->line.len;
    const char *text = strbuf_get(&lv->line);

    for (size_t t = 0; t < LOG_TERMS; t++) {
        size_t from = lv->prefix, start, len;
        if (!lv->terms[t])
            continue;
        for (int hits = 0; hits < TERM_HITS && from < end; hits++) {
            if (regex_find(lv->terms[t], text, end, from, &start, &len) !=
                REGEX_HIT)
                break;
            add_span(lv, start, len, (enum role)(ROLE_HIGHLIGHT1 + t));
            from = start + (len ? len : 1);
        }
    }
}

/* ---- lines ----------------------------------------------------------- */

/* At most so much of a long line, and how much more there is. */
static size_t cut(const char *text, size_t n)
{
    if (n <= DRAWN_BYTES)
        return n;
    n = DRAWN_BYTES;
    while (n && ((unsigned char)text[n] & 0xc0) == 0x80)
        n--;
    return n;
}

/* The times of a gap are in the zone of the stamps. */
static void put_gap(struct log_view *lv, const struct logbuf_line *l)
{
    struct logsrc_gap gap = {0};
    bool known = logsrc_gap(lv->src, l->seq, &gap);
    const char *of = strstr(l->text, " of ");
    char span[LOGSRC_GAP_TEXT];

    strbuf_puts(&lv->line, "-- ");
    if (known && gap.state == LOGSRC_GAP_LOST)
        strbuf_puts(&lv->line, "r reads on: ");
    if (lv->stamps == STAMPS_LOCAL && of &&
        logsrc_gap_text(lv->src, l->seq, FMT_LOCAL, span))
        strbuf_printf(&lv->line, "%s%s --", span, of);
    else
        strbuf_printf(&lv->line, "%s --", l->text);
}

static void put_text(struct log_view *lv, const struct logbuf_line *l)
{
    const char *text = l->text;
    size_t n = l->len, shown;
    char count[32];

    if (l->kind == LOG_GAP) {
        put_gap(lv, l);
        return;
    }
    if (l->kind != LOG_TEXT) {
        strbuf_printf(&lv->line, "-- %s --", l->text);
        return;
    }
    strbuf_clear(&lv->plain);
    if (!lv->raw && !l->n_sgr && memchr(text, '{', n) &&
        logjson_compact(text, n, &lv->fields, &lv->plain)) {
        text = strbuf_get(&lv->plain);
        n = lv->plain.len;
    }
    shown = cut(text, n);
    put_colored(lv, text, shown, l, text == l->text ? l->n_sgr : 0);
    add_terms(lv);
    if (shown < n)
        strbuf_printf(&lv->line, " ...+%s bytes",
                      fmt_count((int64_t)(n - shown), count));
}

static char sign(const struct log_view *lv, size_t k, uint64_t seq)
{
    if (lv->pager.has_hit && lv->pager.hit == k)
        return '>';
    return lv->n_marks && log_is_marked(lv, seq) ? '*' : ' ';
}

static void get_line(const void *ctx, size_t k, struct text_line *out)
{
    /* The view lends its scratch; its state does not change. */
    struct log_view *lv = (struct log_view *)ctx;
    struct logbuf_line l;
    size_t stamp;
    char c;

    logbuf_get(lv->buf, log_index(lv, k), &l);
    lv->n_spans = 0;
    c = sign(lv, k, l.seq);
    strbuf_clear(&lv->line);
    strbuf_putc(&lv->line, c);
    put_stamp(lv, &l);
    stamp = lv->line.len;
    if (l.kind == LOG_TEXT)
        put_tag(lv, &l);
    lv->prefix = lv->line.len;
    /* The current line is reversed up to its text, which keeps its colours. */
    if (c == '>') {
        add_span(lv, 0, lv->prefix, ROLE_CURSOR);
    } else {
        add_span(lv, 0, stamp, c == '*' ? ROLE_MARK : ROLE_MUTED);
        add_span(lv, stamp, lv->prefix - stamp,
                 (enum role)(ROLE_TAG1 + l.source % 6));
    }
    put_text(lv, &l);
    *out = (struct text_line){
        .text = strbuf_get(&lv->line), .len = lv->line.len,
        .role = line_role(&l), .spans = lv->spans, .n_spans = lv->n_spans,
        .hang = (int)stamp}; /* times stand alone in their columns */
}

static bool left_out(const void *ctx, size_t k)
{
    return log_left_out(ctx, k);
}

struct pager_source log_source(struct log_view *lv)
{
    plan_tags(lv);
    return (struct pager_source){.ctx = lv, .n_lines = log_shown(lv),
                                 .line = get_line,
                                 .break_below = left_out};
}

/* Hits in the text only, not in stamp and tag. */
bool log_find_in_line(const void *ctx, const char *text, size_t n,
                      size_t from, struct match_range *out)
{
    const struct log_view *lv = ctx;

    from = from < lv->prefix ? lv->prefix : from;
    return regex_find(lv->search.re, text, n, from, &out->start,
                      &out->len) == REGEX_HIT;
}
