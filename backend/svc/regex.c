#include "backend/svc/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <ctype.h>
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"

#define SHORT_MATCHES 5000      /* match limit for texts up to REGEX_LONG */
#define LONG_MATCHES 200000
#define LONG_HEAP_KIB 4096
#define LONG_STEPS ((size_t)2 << 20) /* bytes that the steps may pass over */

/* A callout before each item of the pattern adds up what was passed over. */
struct work {
    size_t left, at;
};

struct regex {
    char *text;
    bool plain;
    uint32_t options;
    pcre2_code *code;    /* compiled to machine code where that is possible */
    pcre2_code *stepped; /* with callouts; made for the first long text */
    pcre2_match_data *data;
    pcre2_match_context *quick, *slow;
};

static bool has_capital(const char *s, bool plain)
{
    for (; *s; s++) {
        if (*s == '\\' && !plain && s[1])
            s++;
        else if (isupper((unsigned char)*s))
            return true;
    }
    return false;
}

static pcre2_code *compile(const struct regex *re, uint32_t more, int *code,
                           PCRE2_SIZE *at)
{
    return pcre2_compile((PCRE2_SPTR)re->text, PCRE2_ZERO_TERMINATED,
                         re->options | more, code, at, NULL);
}

static struct regex *make(const char *text, bool plain, struct err *err)
{
    struct regex *re;
    PCRE2_SIZE at;
    PCRE2_UCHAR why[120];
    int code;

    if (strlen(text) > REGEX_MAX_PATTERN) {
        err_set(err, ERR_USAGE, "The pattern is longer than %d bytes.",
                REGEX_MAX_PATTERN);
        return NULL;
    }
    re = xcalloc(1, sizeof(*re));
    re->text = xstrdup(text);
    re->plain = plain;
    re->options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C;
    if (plain)
        re->options = PCRE2_LITERAL | PCRE2_UTF | PCRE2_MATCH_INVALID_UTF;
    if (!has_capital(text, plain))
        re->options |= PCRE2_CASELESS;
    re->code = compile(re, 0, &code, &at);
    if (!re->code && plain) { /* not UTF-8: bytes, then */
        re->options &= PCRE2_LITERAL | PCRE2_CASELESS;
        re->code = compile(re, 0, &code, &at);
    }
    if (!re->code) {
        pcre2_get_error_message(code, why, sizeof(why));
        err_set(err, ERR_USAGE, "The pattern %s is wrong at %zu: %s.", text,
                (size_t)at, (const char *)why);
        regex_free(re);
        return NULL;
    }
    pcre2_jit_compile(re->code, PCRE2_JIT_COMPLETE); /* or interpreted */
    re->data = pcre2_match_data_create(1, NULL);
    re->quick = pcre2_match_context_create(NULL);
    pcre2_set_match_limit(re->quick, SHORT_MATCHES);
    return re;
}

struct regex *regex_new(const char *pattern, struct err *err)
{
    return make(pattern, false, err);
}

struct regex *regex_new_plain(const char *text)
{
    struct err err = {0};
    char cut[REGEX_MAX_PATTERN + 1];
    size_t n = strlen(text);

    if (n < sizeof(cut))
        return make(text, true, &err);
    n = REGEX_MAX_PATTERN;
    while (n && ((unsigned char)text[n] & 0xc0) == 0x80)
        n--; /* not inside a code point */
    memcpy(cut, text, n);
    cut[n] = '\0';
    return make(cut, true, &err);
}

void regex_free(struct regex *re)
{
    if (!re)
        return;
    pcre2_code_free(re->code);
    pcre2_code_free(re->stepped);
    pcre2_match_data_free(re->data);
    pcre2_match_context_free(re->quick);
    pcre2_match_context_free(re->slow);
    free(re->text);
    free(re);
}

const char *regex_text(const struct regex *re)
{
    return re->text;
}

bool regex_is_plain(const struct regex *re)
{
    return re->plain;
}

static int step(pcre2_callout_block *b, void *arg)
{
    struct work *w = arg;
    size_t passed = b->current_position > w->at ? b->current_position - w->at
                                                : w->at - b->current_position;

    w->at = b->current_position;
    if (w->left <= passed + 1)
        return PCRE2_ERROR_CALLOUT;
    w->left -= passed + 1;
    return 0;
}

static int match_long(struct regex *re, const char *text, size_t n,
                      size_t from)
{
    struct work work = {LONG_STEPS, from};
    PCRE2_SIZE at;
    int code;

    /* Nothing in a plain text can nest. */
    if (re->plain)
        return pcre2_match(re->code, (PCRE2_SPTR)text, n, from, 0, re->data,
                           NULL);
    if (!re->stepped) {
        re->stepped = compile(re, PCRE2_AUTO_CALLOUT, &code, &at);
        re->slow = pcre2_match_context_create(NULL);
        pcre2_set_match_limit(re->slow, LONG_MATCHES);
        pcre2_set_heap_limit(re->slow, LONG_HEAP_KIB);
    }
    if (!re->stepped)
        return PCRE2_ERROR_CALLOUT;
    pcre2_set_callout(re->slow, step, &work);
    return pcre2_match(re->stepped, (PCRE2_SPTR)text, n, from, 0, re->data,
                       re->slow);
}

enum regex_result regex_find(struct regex *re, const char *text, size_t n,
                             size_t from, size_t *start, size_t *len)
{
    int rc;

    if (from > n)
        return REGEX_NONE;
    rc = n > REGEX_LONG
             ? match_long(re, text, n, from)
             : pcre2_match(re->code, (PCRE2_SPTR)text, n, from, 0, re->data,
                           re->quick);
    if (rc == PCRE2_ERROR_NOMATCH)
        return REGEX_NONE;
    if (rc < 0)
        return REGEX_HARD;
    PCRE2_SIZE *v = pcre2_get_ovector_pointer(re->data);
    if (start)
        *start = v[0];
    if (len) /* \K in a lookahead can put the end before the start */
        *len = v[1] > v[0] ? v[1] - v[0] : 0;
    return REGEX_HIT;
}
