/* One line in a view of its own: where it comes from, and all of it, JSON
 * indented, with the further lines of its event. */
#include <stdlib.h>
#include <string.h>

#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "views/log/log.h"

#define EVENT_LINES 200

/* A copy: the line may leave the buffer while it is read. */
struct pretty {
    struct doc doc;
};

static void fill(struct view *v, void *arg, struct doc *out)
{
    struct pretty *p = arg;

    (void)v;
    struct pager_source src = doc_source(&p->doc);
    for (size_t i = 0; i < src.n_lines; i++) {
        struct text_line l;
        src.line(src.ctx, i, &l);
        text_add(&out->text, l.role, "");
        for (size_t k = 0; k < l.n_spans; k++) {
            char *part = xstrndup(l.text + l.spans[k].start, l.spans[k].len);
            text_append(&out->text, l.spans[k].role, part);
            free(part);
        }
        text_hang(&out->text, l.hang);
    }
}

static void free_arg(void *arg)
{
    struct pretty *p = arg;

    doc_release(&p->doc);
    free(p);
}

/* `  "msg": "..."`: what says what has gone wrong stands out. */
static enum role json_role(const char *line, bool bad)
{
    static const char *const keys[] = {"\"msg\":", "\"message\":",
                                       "\"error\":", "\"err\":",
                                       "\"level\":", "\"reason\":"};

    line += strspn(line, " ");
    for (size_t i = 0; bad && i < ARRAY_LEN(keys); i++)
        if (strncmp(line, keys[i], strlen(keys[i])) == 0)
            return ROLE_LOG_ERROR;
    return *line == '|' ? ROLE_LOG_WARN : ROLE_TEXT;
}

static void put_text(struct doc *out, const struct logbuf_line *l)
{
    struct strbuf text = STRBUF_INIT;
    bool bad = l->level >= LOG_LEVEL_ERROR;

    if (!logjson_pretty(l->text, l->len, &text)) {
        int col = 0;
        logtext_put_tabs(&text, l->text, l->len, &col);
        doc_line(out);
        doc_put(out, bad ? ROLE_LOG_ERROR : ROLE_TEXT, strbuf_get(&text));
    } else {
        char *at = text.data, *line;
        while ((line = strsep(&at, "\n"))) {
            doc_line(out);
            doc_put(out, json_role(line, bad), line);
        }
    }
    strbuf_release(&text);
}

static void put_origin(struct log_view *lv, struct doc *out,
                       const struct logbuf_line *l)
{
    char iso[40], when[40], age[24];
    struct logsrc_source s;

    doc_fieldf(out, "time", "%s, %s ago", fmt_iso_ms(l->timestamp_ms, iso),
               fmt_duration(app_now(lv->view.app) - l->timestamp_ms, age));
    if (l->kind != LOG_TEXT)
        return;
    logsrc_source(lv->src, l->source, &s);
    doc_fieldf(out, "ingested", "%s%s", fmt_iso_ms(l->ingestion_ms, when),
               l->late ? ", after its neighbours were shown" : "");
    doc_fieldf(out, "task", "%s%s%s %s", s.task, *s.revision ? " " : "",
               s.revision, s.container);
    doc_fieldf(out, "stream", "%s %s%s%s", s.group, s.stream,
               *s.region ? " in " : "", s.region);
}

void log_pretty(struct log_view *lv)
{
    static const struct text_view_spec spec = {
        .name = "line", .context = CONTEXT_TEXT, .fill = fill,
        .free_arg = free_arg};
    size_t n = log_shown(lv);
    struct logbuf_line l;
    struct pretty *p;
    size_t i;

    if (!n)
        return;
    i = log_index(lv, log_hand(lv));
    /* From any line of an event to all of it. */
    for (int back = 0; back < EVENT_LINES && log_goes_on(lv, i); back++)
        i--;
    logbuf_get(lv->buf, i, &l);
    p = xcalloc(1, sizeof(*p));
    put_origin(lv, &p->doc, &l);
    doc_line(&p->doc);
    put_text(&p->doc, &l);
    for (int k = 0; k < EVENT_LINES && log_goes_on(lv, ++i); k++) {
        logbuf_get(lv->buf, i, &l);
        put_text(&p->doc, &l);
    }
    app_push(lv->view.app,
             text_view_new(lv->view.app, "line", &spec, p));
}
