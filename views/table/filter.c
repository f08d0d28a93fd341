#include "views/table/filter.h"

#include "backend/base/mem.h"
#include "backend/base/nearest.h"
#include "backend/base/strbuf.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <ctype.h>
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

struct term {
    bool negate;
    const struct column *column; /* NULL = any */
    char *text;                  /* substring, or NULL */
    pcre2_code *re;              /* or a pattern */
};

struct filter {
    const struct kind *kind;
    char *text;
    struct term *terms;
    size_t n, cap;
    pcre2_match_data *md;
    pcre2_match_context *mc;
};

static const struct column *find_column(const struct kind *k, const char *name,
                                        size_t len)
{
    for (size_t i = 0; i < k->n_columns; i++) {
        const struct column *c = &k->columns[i];
        if ((strlen(c->id) == len && strncasecmp(c->id, name, len) == 0) ||
            (strlen(c->title) == len &&
             strncasecmp(c->title, name, len) == 0))
            return c;
    }
    return NULL;
}

static int compile(struct term *t, const char *pattern, struct err *err)
{
    int code;
    PCRE2_SIZE at;
    t->re = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
                          PCRE2_CASELESS | PCRE2_UTF | PCRE2_MATCH_INVALID_UTF,
                          &code, &at, NULL);
    if (t->re)
        return 0;
    PCRE2_UCHAR msg[120];
    pcre2_get_error_message(code, msg, sizeof(msg));
    return err_set(err, ERR_USAGE, "The pattern %s is wrong at %zu: %s.",
                   pattern, (size_t)at, (const char *)msg);
}

/* "stat:ok" means a column; an ARN, a URL, a time and "web:143" hold colons,
 * too. */
static bool means_column(const char *word, const char *colon)
{
    static const char *const others[] = {"arn", "http", "https"};
    size_t len = (size_t)(colon - word);

    if (!len || strspn(word, LETTERS) != len || isdigit((unsigned char)colon[1]))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        if (strlen(others[i]) == len && strncasecmp(others[i], word, len) == 0)
            return false;
    return true;
}

static int refuse_column(const struct kind *k, const char *word, size_t len,
                         struct err *err)
{
    struct nearest n = nearest_to(word, len);

    for (size_t i = 0; i < k->n_columns; i++) {
        nearest_offer(&n, k->columns[i].id);
        nearest_offer(&n, k->columns[i].title);
    }
    if (nearest_get(&n))
        return err_set(err, ERR_USAGE, "There is no column %.*s; did you mean "
                       "%s? ~%s finds it as text.", (int)len, word,
                       nearest_get(&n), word);
    return err_set(err, ERR_USAGE, "There is no column %.*s; ~%s finds it as "
                   "text.", (int)len, word, word);
}

static int add_term(struct filter *f, const char *word, struct err *err)
{
    struct term t = {0};
    if (*word == '!') {
        t.negate = true;
        word++;
    }
    const char *colon = strchr(word, ':');
    if (colon && colon > word)
        t.column = find_column(f->kind, word, (size_t)(colon - word));
    if (t.column)
        word = colon + 1;
    else if (colon && means_column(word, colon))
        return refuse_column(f->kind, word, (size_t)(colon - word), err);
    if (*word == '~') {
        if (compile(&t, word + 1, err))
            return -1;
    } else {
        t.text = xstrdup(word);
    }
    f->terms = xgrow(f->terms, &f->cap, f->n + 1, sizeof(*f->terms));
    f->terms[f->n++] = t;
    return 0;
}

struct filter *filter_new(const struct kind *kind, const char *text,
                          struct err *err)
{
    struct filter *f = xcalloc(1, sizeof(*f));
    f->kind = kind;
    f->text = xstrdup(text);
    f->mc = pcre2_match_context_create(NULL);
    pcre2_set_match_limit(f->mc, 20000);
    f->md = pcre2_match_data_create(8, NULL);
    char *copy = xstrdup(text), *save = NULL;
    for (char *w = strtok_r(copy, " ", &save); w;
         w = strtok_r(NULL, " ", &save)) {
        if (strcmp(w, "!") == 0)
            continue;
        if (add_term(f, w, err)) {
            free(copy);
            filter_free(f);
            return NULL;
        }
    }
    free(copy);
    return f;
}

void filter_free(struct filter *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->n; i++) {
        free(f->terms[i].text);
        pcre2_code_free(f->terms[i].re);
    }
    free(f->terms);
    free(f->text);
    pcre2_match_data_free(f->md);
    pcre2_match_context_free(f->mc);
    free(f);
}

const char *filter_text(const struct filter *f)
{
    return f->text;
}

static bool cell_matches(const struct filter *f, const struct term *t,
                         const struct column *c, const void *row,
                         int64_t now_ms)
{
    struct cell_value v = {0};
    c->cell(row, now_ms, &v);
    if (!v.text)
        return t->text && !*t->text;
    if (t->text)
        return strcasestr(v.text, t->text) != NULL;
    return pcre2_match(t->re, (PCRE2_SPTR)v.text, strlen(v.text), 0, 0, f->md,
                       f->mc) >= 0;
}

static bool term_matches(const struct filter *f, const struct term *t,
                         const void *row, int64_t now_ms)
{
    if (t->column)
        return cell_matches(f, t, t->column, row, now_ms);
    for (size_t i = 0; i < f->kind->n_columns; i++)
        if (!(f->kind->columns[i].flags & COL_DATA) &&
            cell_matches(f, t, &f->kind->columns[i], row, now_ms))
            return true;
    /* The short id in the table stands for the whole one. */
    const char *name = f->kind->row_name(row);
    return t->text && name && strcasestr(name, t->text);
}

bool filter_match(const struct filter *f, const void *row, int64_t now_ms)
{
    for (size_t i = 0; i < f->n; i++)
        if (term_matches(f, &f->terms[i], row, now_ms) ==
            f->terms[i].negate)
            return false;
    return true;
}
