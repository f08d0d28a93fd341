/* Tokens and pages. A token is the position, masked, behind a check value
 * made of the operation, its parameters and a key of this run: nobody can
 * read it, make one up, or carry it to another request. */
#include "backend/sim/wire.h"

#include "backend/base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TEXT 400

static uint64_t hash(uint64_t h, const char *s)
{
    for (; s && *s; s++)
        h = (h ^ (unsigned char)*s) * 1099511628211ULL;
    return h ^ (h >> 29);
}

/* Of everything that a token is bound to. */
static uint64_t scope_of(const struct sim_call *c, const char *but)
{
    static const char *const free_ones[] = {"nextToken", "maxResults",
                                            "limit"};
    json_t *in = json_copy(c->in);
    char *copy = xstrdup(but ? but : ""), *save = NULL;
    for (size_t i = 0; i < ARRAY_LEN(free_ones); i++)
        json_object_del(in, free_ones[i]);
    for (char *w = strtok_r(copy, " ", &save); w;
         w = strtok_r(NULL, " ", &save))
        json_object_del(in, w);
    char *text = json_dumps(in, JSON_COMPACT | JSON_SORT_KEYS);
    uint64_t h = hash(hash(c->token_key, c->op->name), text);
    free(text);
    free(copy);
    json_decref(in);
    return h;
}

static unsigned char mask(uint64_t scope, size_t i)
{
    uint64_t x = (scope + i) * 0x9e3779b97f4a7c15ULL;
    return (unsigned char)((x ^ (x >> 31)) >> 13);
}

char *sim_token(const struct sim_call *c, const char *but, const char *text)
{
    uint64_t scope = scope_of(c, but);
    struct strbuf b = STRBUF_INIT;
    strbuf_printf(&b, "%016llx", (unsigned long long)hash(scope, text));
    for (size_t i = 0; text[i]; i++)
        strbuf_printf(&b, "%02x", (unsigned char)text[i] ^ mask(scope, i));
    return strbuf_detach(&b);
}

int sim_in_token(struct sim_call *c, const char *but, char **out)
{
    const char *t = sim_in_text(c, "nextToken");
    uint64_t scope = scope_of(c, but);
    char text[MAX_TEXT + 1], check[17];
    *out = NULL;
    if (!t)
        return 0;
    size_t n = strlen(t), len = n >= 16 ? (n - 16) / 2 : 0;
    if (n >= 16 && n % 2 == 0 && len <= MAX_TEXT &&
        strspn(t, "0123456789abcdef") == n) {
        for (size_t i = 0; i < len; i++) {
            unsigned x = 0;
            sscanf(t + 16 + 2 * i, "%2x", &x);
            text[i] = (char)(x ^ mask(scope, i));
        }
        text[len] = '\0';
        snprintf(check, sizeof(check), "%016llx",
                 (unsigned long long)hash(scope, text));
        if (strncmp(t, check, 16) == 0 && strlen(text) == len) {
            *out = xstrdup(text);
            return 0;
        }
    }
    sim_fail(c, "InvalidParameterException",
             "The specified nextToken is invalid.");
    return -1;
}

/* ---- pages ------------------------------------------------------------ */

int sim_page_begin(struct sim_call *c, struct sim_page *p, const char *limit,
                   int def, int max)
{
    int n = sim_in_range(c, limit, def, 1, max);
    *p = (struct sim_page){0};
    if (n < 0 || sim_in_token(c, NULL, &p->after))
        return -1;
    p->max = (size_t)n;
    return 0;
}

static int order(const struct sim_page *p, const char *a, const char *b)
{
    return p->descending ? strcmp(b, a) : strcmp(a, b);
}

/* Keeps the max + 1 first ones, sorted: the last tells that there is more. */
void sim_page_offer(struct sim_page *p, const char *key, void *item)
{
    if (p->after && order(p, key, p->after) <= 0)
        return;
    if (p->n == p->max + 1 && order(p, key, p->at[p->n - 1].key) >= 0)
        return;
    size_t i = p->n;
    while (i > 0 && order(p, key, p->at[i - 1].key) < 0)
        i--;
    if (i > 0 && strcmp(key, p->at[i - 1].key) == 0)
        return; /* the same again: families and groups are */
    if (p->n <= p->max)
        p->n++;
    memmove(&p->at[i + 1], &p->at[i], (p->n - 1 - i) * sizeof(p->at[0]));
    p->at[i].key = key;
    p->at[i].item = item;
}

void sim_page_end(struct sim_call *c, struct sim_page *p)
{
    if (p->n > p->max) {
        p->n = p->max;
        char *t = sim_token(c, NULL, p->at[p->n - 1].key);
        json_object_set_new(c->out, "nextToken", json_string(t));
        free(t);
    }
    free(p->after);
    p->after = NULL;
}
