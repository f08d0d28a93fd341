/* CloudWatch Logs filter patterns, the part of them that people type:
 *   word "a phrase" -without ?either ?or
 *   { $.level = "error" }   with = != < > <= >= and one condition */
#include "backend/sim/wire_pattern.h"

#include "backend/base/mem.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TERMS 32

struct term {
    char *text;
    char sign; /* ' ', '-' or '?' */
};

struct sim_pattern {
    struct term terms[MAX_TERMS];
    size_t n;
    char *path, op[3], *value; /* of the JSON form; path NULL otherwise */
};

void sim_pattern_free(struct sim_pattern *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->n; i++)
        free(p->terms[i].text);
    free(p->path);
    free(p->value);
    free(p);
}

static const char *blanks(const char *s)
{
    return s + strspn(s, " \t\n");
}

/* A word or a "phrase" from *s, which moves on; NULL when broken. */
static char *take_word(const char **s, const char *stop)
{
    const char *p = *s;
    if (*p != '"') {
        size_t n = strcspn(p, stop);
        *s = p + n;
        return n ? xstrndup(p, n) : NULL;
    }
    const char *end = strchr(p + 1, '"');
    if (!end)
        return NULL;
    *s = end + 1;
    return xstrndup(p + 1, (size_t)(end - p - 1));
}

static int parse_json(struct sim_pattern *p, const char *s)
{
    s = blanks(s + 1);
    if (strncmp(s, "$.", 2) != 0)
        return -1;
    s += 2;
    p->path = take_word(&s, " =!<>}");
    s = blanks(s);
    size_t n = strspn(s, "=!<>");
    if (!p->path || n < 1 || n > 2)
        return -1;
    memcpy(p->op, s, n);
    s = blanks(s + n);
    p->value = take_word(&s, " }");
    s = blanks(s);
    return p->value && *s == '}' && *blanks(s + 1) == '\0' ? 0 : -1;
}

static int parse_terms(struct sim_pattern *p, const char *s)
{
    for (s = blanks(s); *s; s = blanks(s)) {
        if (p->n == MAX_TERMS)
            return -1;
        char sign = *s == '-' || *s == '?' ? *s++ : ' ';
        char *text = take_word(&s, " \t\n");
        if (!text)
            return -1;
        p->terms[p->n++] = (struct term){text, sign};
    }
    return 0;
}

struct sim_pattern *sim_pattern_new(const char *text)
{
    struct sim_pattern *p = xcalloc(1, sizeof(*p));
    const char *s = blanks(text);
    if (*s == '{' ? parse_json(p, s) : parse_terms(p, s)) {
        sim_pattern_free(p);
        return NULL;
    }
    return p;
}

static bool compare(const char *op, double d)
{
    return strcmp(op, "=") == 0    ? d == 0
           : strcmp(op, "!=") == 0 ? d != 0
           : strcmp(op, "<") == 0  ? d < 0
           : strcmp(op, ">") == 0  ? d > 0
           : strcmp(op, "<=") == 0 ? d <= 0
           : strcmp(op, ">=") == 0 ? d >= 0
                                   : false;
}

static bool match_json(const struct sim_pattern *p, const char *message)
{
    json_t *root = json_loads(message, 0, NULL), *v = root;
    char *path = xstrdup(p->path), *save = NULL;
    bool yes = false;
    for (char *w = strtok_r(path, ".", &save); w;
         w = strtok_r(NULL, ".", &save))
        v = json_object_get(v, w);
    if (json_is_number(v))
        yes = compare(p->op, json_number_value(v) - strtod(p->value, NULL));
    else if (json_is_string(v))
        yes = compare(p->op, strcmp(json_string_value(v), p->value));
    free(path);
    json_decref(root);
    return yes;
}

bool sim_pattern_match(const struct sim_pattern *p, const char *message)
{
    bool wants_one = false, has_one = false;
    if (!p)
        return true;
    if (p->path)
        return match_json(p, message);
    for (size_t i = 0; i < p->n; i++) {
        bool in = strstr(message, p->terms[i].text) != NULL;
        if (p->terms[i].sign == '?') {
            wants_one = true;
            has_one = has_one || in;
        } else if (in == (p->terms[i].sign == '-')) {
            return false;
        }
    }
    return !wants_one || has_one;
}
