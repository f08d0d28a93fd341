#include "backend/base/grammar.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/strbuf.h"
#include "backend/base/utf8.h"

/* A hand-written scanner with one character of look-ahead and a recursive
 * descent over blocks. Depth and words are capped, so no input can exhaust
 * the stack. */
struct scan {
    const char *file;
    const char *text, *p, *end;
    int line;
    bool plain; /* a command line: # ; { } are ordinary */
    int mistakes;
    grammar_report_fn *report;
    void *arg;
};

enum token { TOK_WORD, TOK_END, TOK_OPEN, TOK_CLOSE, TOK_EOF, TOK_BAD };

static void mistake(struct scan *s, int line, const char *what)
{
    struct err err;

    s->mistakes++;
    if (!s->report || s->mistakes > GRAMMAR_MAX_MISTAKES) {
        return;
    }
    if (s->mistakes == GRAMMAR_MAX_MISTAKES) {
        what = "too many mistakes, the rest is not reported";
    }
    err_set(&err, ERR_CONFIG, "%s:%d: %s", s->file, line, what);
    s->report(s->arg, &err);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
           (c >= 'A' && c <= 'F');
}

/* May this character end a bare word? */
static bool ends_word(const struct scan *s, const char *p)
{
    if (p >= s->end || is_blank(*p) || *p == '\n') {
        return true;
    }
    return !s->plain && (*p == ';' || *p == '{' || *p == '}');
}

static bool is_color(const struct scan *s)
{
    const char *p = s->p + 1;

    for (int i = 0; i < 6; i++, p++) {
        if (p >= s->end || !is_hex(*p)) {
            return false;
        }
    }
    return ends_word(s, p);
}

static void skip_line(struct scan *s)
{
    while (s->p < s->end && *s->p != '\n') {
        s->p++;
    }
}

/* At a backslash before a line's end? Then step over both. */
static bool skip_continuation(struct scan *s)
{
    const char *p = s->p;

    if (s->plain || p >= s->end || *p != '\\') {
        return false;
    }
    p++;
    while (p < s->end && *p == '\r') {
        p++;
    }
    if (p >= s->end || *p != '\n') {
        return false;
    }
    s->p = p + 1;
    s->line++;
    return true;
}

static const char *quoted_word(struct scan *s, struct strbuf *out)
{
    char quote = *s->p++;

    for (; s->p < s->end && *s->p != '\n' && *s->p != quote; s->p++) {
        char c = *s->p;

        if (quote == '"' && c == '\\') {
            if (++s->p >= s->end) {
                break;
            }
            switch (*s->p) {
            case 'n':
                c = '\n';
                break;
            case 't':
                c = '\t';
                break;
            case '"':
            case '\\':
                c = *s->p;
                break;
            default:
                return "in quotes, \\ is followed by \" \\ n or t";
            }
        } else if ((unsigned char)c < 0x20 && c != '\t') {
            return "a control character is in a word";
        }
        strbuf_putc(out, c);
    }
    if (s->p >= s->end || *s->p != quote) {
        return "a quote is never closed on its line";
    }
    s->p++;
    if (!ends_word(s, s->p)) {
        return "a blank is missing after the closing quote";
    }
    return NULL;
}

/* NULL, or what is wrong. */
static const char *read_word(struct scan *s, struct strbuf *out)
{
    const char *bad = NULL;

    strbuf_clear(out);
    if (*s->p == '"' || *s->p == '\'') {
        bad = quoted_word(s, out);
    } else {
        while (!ends_word(s, s->p)) {
            if (skip_continuation(s)) {
                continue;
            }
            if (*s->p == '\\') {
                s->p++;
                if (s->p >= s->end || *s->p == '\n') {
                    bad = "a \\ stands at the end";
                    break;
                }
            }
            if ((unsigned char)*s->p < 0x20 || *s->p == 0x7f) {
                bad = "a control character is in a word";
                break;
            }
            strbuf_putc(out, *s->p++);
        }
    }
    if (!bad && !utf8_valid(strbuf_get(out), out->len)) {
        bad = "a word is not valid UTF-8";
    }
    return bad;
}

static void skip_blanks(struct scan *s)
{
    while (s->p < s->end && (is_blank(*s->p) || skip_continuation(s))) {
        if (s->p < s->end && is_blank(*s->p)) {
            s->p++;
        }
    }
}

/* The next token; `first` when a statement could begin here. */
static enum token next_token(struct scan *s, bool first, struct strbuf *word,
                             const char **bad)
{
    skip_blanks(s);
    if (s->p < s->end && !s->plain && *s->p == '#' &&
        (first || !is_color(s))) {
        skip_line(s);
    }
    if (s->p >= s->end) {
        return TOK_EOF;
    }
    if (*s->p == '\n') {
        s->p++;
        s->line++;
        return TOK_END;
    }
    if (!s->plain) {
        switch (*s->p) {
        case ';':
            s->p++;
            return TOK_END;
        case '{':
            s->p++;
            return TOK_OPEN;
        case '}':
            s->p++;
            return TOK_CLOSE;
        default:
            break;
        }
    }
    *bad = read_word(s, word);
    return *bad ? TOK_BAD : TOK_WORD;
}

/* A word could not be read: drop the rest of its line. Returns 1 if that
 * opened a block, else 0. */
static int skip_bad_line(struct scan *s)
{
    const char *last;

    skip_line(s);
    last = s->p;
    /* An open quote has swallowed the brace: look at the line's last sign,
     * whatever it was taken for. */
    while (last > s->text && is_blank(last[-1])) {
        last--;
    }
    return last > s->text && last[-1] == '{';
}

static void stmt_release(struct grammar_stmt *st)
{
    grammar_words_free(st->argv);
    for (size_t i = 0; i < st->n_block; i++) {
        stmt_release(&st->block[i]);
    }
    free(st->block);
}

/* After a `{`: drop everything up to its `}`. */
static void skip_block(struct scan *s, int line)
{
    struct strbuf word = STRBUF_INIT;
    const char *bad;
    bool first = true;
    int depth = 1;

    while (depth > 0) {
        enum token t = next_token(s, first, &word, &bad);

        first = t != TOK_WORD && t != TOK_BAD;
        if (t == TOK_OPEN) {
            depth++;
        } else if (t == TOK_CLOSE) {
            depth--;
        } else if (t == TOK_BAD) {
            depth += skip_bad_line(s);
        } else if (t == TOK_EOF) {
            mistake(s, line, "the block opened here is never closed");
            break;
        }
    }
    strbuf_release(&word);
}

struct stmt_list {
    struct grammar_stmt *items;
    size_t n, cap;
};

static bool parse_list(struct scan *s, int depth, struct stmt_list *out);

/* One statement, appended to out unless it is mistaken. Returns the token
 * that ended it: TOK_END, TOK_CLOSE or TOK_EOF. */
static enum token parse_stmt(struct scan *s, int depth, struct stmt_list *out)
{
    struct grammar_stmt st = {0};
    struct strbuf word = STRBUF_INIT;
    struct stmt_list block = {0};
    const char *bad = NULL;
    size_t cap = 0;
    int open_line;
    enum token t;

    while ((t = next_token(s, st.argc == 0, &word, &bad)) == TOK_WORD) {
        if (st.argc == 0) {
            st.line = s->line;
        }
        if (st.argc == GRAMMAR_MAX_WORDS) {
            bad = "there are too many words";
            t = TOK_BAD;
            break;
        }
        st.argv = xgrow(st.argv, &cap, (size_t)st.argc + 2, sizeof(char *));
        st.argv[st.argc++] = xstrdup(strbuf_get(&word));
        st.argv[st.argc] = NULL;
    }
    open_line = s->line;
    if (t == TOK_BAD) {
        mistake(s, s->line, bad);
        if (skip_bad_line(s)) {
            skip_block(s, open_line);
        }
        t = TOK_END;
        goto drop;
    }
    if (t == TOK_OPEN) {
        t = TOK_END;
        if (st.argc == 0 || depth == GRAMMAR_MAX_DEPTH) {
            mistake(s, open_line, st.argc == 0 ? "a { stands without a word "
                                                 "before it"
                                               : "blocks are nested too deep");
            skip_block(s, open_line);
            goto drop;
        }
        st.has_block = true;
        if (!parse_list(s, depth + 1, &block)) {
            mistake(s, open_line, "the block opened here is never closed");
            t = TOK_EOF;
        }
        st.block = block.items;
        st.n_block = block.n;
        if (t == TOK_EOF) {
            goto drop;
        }
    }
    strbuf_release(&word);
    if (st.argc > 0) {
        out->items = xgrow(out->items, &out->cap, out->n + 1, sizeof(st));
        out->items[out->n++] = st;
    }
    return t;
drop:
    strbuf_release(&word);
    stmt_release(&st);
    return t;
}

/* Statements up to the end of the file (depth 0) or the closing brace; false
 * when a block meets the end of the file. */
static bool parse_list(struct scan *s, int depth, struct stmt_list *out)
{
    for (;;) {
        enum token t = parse_stmt(s, depth, out);

        if (t == TOK_EOF) {
            return depth == 0;
        }
        if (t == TOK_CLOSE) {
            if (depth > 0) {
                return true;
            }
            mistake(s, s->line, "a } closes nothing");
        }
    }
}

struct grammar *grammar_parse(const char *file, const char *text, size_t len,
                              grammar_report_fn *report, void *arg)
{
    struct grammar *g = xcalloc(1, sizeof(*g));
    struct stmt_list list = {0};
    struct scan s = {
        .file = file,
        .text = text,
        .p = text,
        .end = text + len,
        .line = 1,
        .report = report,
        .arg = arg,
    };

    g->file = xstrdup(file);
    if (len > GRAMMAR_MAX_FILE) {
        mistake(&s, 1, "the file is larger than 1 MiB, all of it is ignored");
        return g;
    }
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        s.p += 3;
    }
    parse_list(&s, 0, &list);
    g->stmts = list.items;
    g->n = list.n;
    return g;
}

struct first_mistake {
    struct err *err;
    bool seen;
};

static void keep_first(void *arg, const struct err *err)
{
    struct first_mistake *f = arg;

    if (!f->seen && f->err) {
        *f->err = *err;
    }
    f->seen = true;
}

struct grammar *grammar_parse_strict(const char *file, const char *text,
                                     size_t len, struct err *err)
{
    struct first_mistake f = {.err = err};
    struct grammar *g = grammar_parse(file, text, len, keep_first, &f);

    if (f.seen) {
        grammar_free(g);
        return NULL;
    }
    return g;
}

void grammar_free(struct grammar *g)
{
    if (!g) {
        return;
    }
    for (size_t i = 0; i < g->n; i++) {
        stmt_release(&g->stmts[i]);
    }
    free(g->stmts);
    free(g->file);
    free(g);
}

int grammar_words(const char *line, int *argc, char ***argv, struct err *err)
{
    struct scan s = {
        .text = line,
        .p = line,
        .end = line + strlen(line),
        .line = 1,
        .plain = true,
    };
    struct strbuf word = STRBUF_INIT;
    const char *bad = NULL;
    char **words = xcalloc(1, sizeof(*words));
    size_t cap = 1;
    int n = 0;
    enum token t;

    while ((t = next_token(&s, n == 0, &word, &bad)) != TOK_EOF) {
        if (t == TOK_WORD && n == GRAMMAR_MAX_WORDS) {
            t = TOK_BAD;
            bad = "there are too many words";
        }
        if (t == TOK_BAD) {
            strbuf_release(&word);
            grammar_words_free(words);
            return err_set(err, ERR_USAGE, "Can't read \"%s\": %s.", line,
                           bad);
        }
        if (t == TOK_WORD) {
            words = xgrow(words, &cap, (size_t)n + 2, sizeof(*words));
            words[n++] = xstrdup(strbuf_get(&word));
            words[n] = NULL;
        }
    }
    strbuf_release(&word);
    *argc = n;
    *argv = words;
    return 0;
}

void grammar_words_free(char **argv)
{
    for (char **w = argv; w && *w; w++) {
        free(*w);
    }
    free(argv);
}
