/* aws_pages(): all pages of a list, one after the other; and when to stop
 * believing that a list has an end. */
#include <stdlib.h>
#include <string.h>

#include "backend/aws/client.h"
#include "backend/base/hash.h"
#include "backend/base/mem.h"
#include "backend/base/scope.h"

/* 100,000 rows: ECS allows 5,000 services in a cluster. */
enum {
    MAX_PAGES = 1000,
    BARREN_FULL = 25, /* a page that holds only what others held */
    BARREN_EMPTY = 1, /* legal now and then */
    BARREN_MAX = 50
};

/* A set of hashes, open addressing; 0 is an empty place. */
struct hashes {
    uint64_t *slots;
    size_t n, cap; /* cap: a power of two */
};

struct pages {
    struct work work; /* in the caller's scope */
    struct scope inner;
    struct aws_client *client;
    const struct aws_op *op;
    json_t *params;
    struct aws_call_opts opts; /* strings are ours */
    char *token;               /* last one sent, NULL on the first page */
    int page, max_pages;
    struct hashes seen; /* items */
    size_t items, spoilt;
    int barren;
    bool telling;   /* in the page callback */
    bool cancelled; /* during it */
    aws_page_fn *fn;
    void *arg;
};

/* False when it was there. */
static bool hashes_add(struct hashes *h, uint64_t key)
{
    size_t i;

    if (h->n * 2 >= h->cap) {
        struct hashes more = {.cap = h->cap ? h->cap * 2 : 256};

        more.slots = xcalloc(more.cap, sizeof(uint64_t));
        for (i = 0; i < h->cap; i++)
            if (h->slots[i])
                hashes_add(&more, h->slots[i]);
        free(h->slots);
        *h = more;
    }
    key += key == 0;
    for (i = key & (h->cap - 1); h->slots[i]; i = (i + 1) & (h->cap - 1))
        if (h->slots[i] == key)
            return false;
    h->slots[i] = key;
    h->n++;
    return true;
}

static bool is_new(struct pages *p, const json_t *item)
{
    char *text;
    bool fresh;

    if (json_is_string(item))
        return hashes_add(&p->seen, hash_text(json_string_value(item)));
    text = json_dumps(item, JSON_COMPACT);
    fresh = !text || hashes_add(&p->seen, hash_text(text));
    free(text);
    return fresh;
}

/* Reads over the items of a page. */
static void count_items(struct pages *p, const json_t *list)
{
    size_t i, n = json_array_size(list), fresh = 0;
    json_t *item;

    json_array_foreach(list, i, item) {
        if (!json_is_string(item) && !json_is_object(item))
            p->spoilt++;
        else
            fresh += is_new(p, item);
    }
    p->items += fresh;
    p->barren = fresh ? 0 : p->barren + (n ? BARREN_FULL : BARREN_EMPTY);
}

static void pages_free(struct pages *p)
{
    scope_cancel(&p->inner);
    json_decref(p->params);
    free((char *)(uintptr_t)p->opts.region);
    free((char *)(uintptr_t)p->opts.subject);
    free(p->token);
    free(p->seen.slots);
    free(p);
}

static void pages_cancel(struct work *w)
{
    struct pages *p = container_of(w, struct pages, work);

    if (p->telling)
        p->cancelled = true; /* on_page() frees when the callback returns */
    else
        pages_free(p);
}

static void finish(struct pages *p, const struct aws_reply *reply,
                   const struct err *err)
{
    scope_remove(&p->work);
    p->fn(p->arg, reply, err, true);
    pages_free(p);
}

static int next(struct pages *p, struct err *err);

static json_t *token_of(const struct pages *p, const struct aws_reply *reply)
{
    json_t *t = p->op->token_out
                    ? json_object_get(reply->root, p->op->token_out)
                    : NULL;

    return json_is_null(t) || (json_is_string(t) && !json_string_length(t))
               ? NULL
               : t;
}

/* Why the walk ends after this page without having seen the end; 0 when it
 * goes on, or has. */
static int doubt(const struct pages *p, const json_t *token, struct err *err)
{
    const char *op = p->op->name;

    if (!token && p->spoilt)
        return err_set(err, ERR_PARSE,
                       "%s: %zu of the %s can't be read; %zu read.", op,
                       p->spoilt, p->op->result, p->items);
    if (!token)
        return 0;
    if (!json_is_string(token))
        return err_set(err, ERR_PARSE,
                       "%s: the page token %s is no text; %zu read.", op,
                       p->op->token_out, p->items);
    if (p->token && strcmp(p->token, json_string_value(token)) == 0)
        return err_set(err, ERR_PARSE,
                       "%s: the service repeats its page token after %d "
                       "pages; %zu read.", op, p->page, p->items);
    if (p->barren >= BARREN_MAX)
        return err_set(err, ERR_PARSE,
                       "%s: the list has no end: page after page brings "
                       "nothing new; %zu read.", op, p->items);
    if (p->page >= p->max_pages)
        return err_set(err, ERR_PARSE,
                       "%s: the list has more than %d pages; %zu read.", op,
                       p->max_pages, p->items);
    return 0;
}

/* False when the caller is done with us (and we are gone). */
static bool tell(struct pages *p, const struct aws_reply *reply)
{
    bool go;

    p->telling = true;
    go = p->fn(p->arg, reply, NULL, false);
    p->telling = false;
    if (!p->cancelled && go)
        return true;
    scope_remove(&p->work);
    pages_free(p);
    return false;
}

static void on_page(void *arg, const struct aws_reply *reply,
                    const struct err *err)
{
    struct pages *p = arg;
    const char *list = p->op->result;
    json_t *token = NULL;
    struct err why;
    int rc;

    if (!err && list && !json_is_array(json_object_get(reply->root, list))) {
        err_set(&why, ERR_PARSE, "%s: the answer has no %s.", p->op->name,
                list);
        err = &why;
    }
    if (err) {
        finish(p, NULL, err);
        return;
    }
    p->page++;
    if (list)
        count_items(p, json_object_get(reply->root, list));
    token = token_of(p, reply);
    rc = doubt(p, token, &why);
    if (!token && rc == 0) {
        finish(p, reply, NULL);
        return;
    }
    if (rc == 0) {
        free(p->token);
        p->token = xstrdup(json_string_value(token));
    }
    if (!tell(p, reply))
        return;
    if (rc == 0) {
        json_object_set_new(p->params, p->op->token_in,
                            json_string(p->token));
        rc = next(p, &why);
    }
    if (rc != 0)
        finish(p, NULL, &why);
}

static int next(struct pages *p, struct err *err)
{
    return aws_call(p->client, &p->inner, p->op, json_incref(p->params),
                    &p->opts, on_page, p, err);
}

int aws_pages(struct aws_client *client, struct scope *scope,
              const struct aws_op *op, json_t *params,
              const struct aws_call_opts *opts, int max_pages,
              aws_page_fn *page, void *arg, struct err *err)
{
    struct pages *p = xcalloc(1, sizeof(*p));

    p->client = client;
    p->op = op;
    p->params = params ? params : json_object();
    p->opts = opts ? *opts
                   : (struct aws_call_opts){.priority = AWS_PRIO_NORMAL};
    p->opts.region = xstrdup(p->opts.region);
    p->opts.subject = xstrdup(p->opts.subject);
    p->max_pages = max_pages > 0 ? max_pages : MAX_PAGES;
    p->fn = page;
    p->arg = arg;
    scope_init(&p->inner, NULL);
    if (scope_add(scope, &p->work, pages_cancel) != 0) {
        err_set(err, ERR_NET, "%s was cancelled.", op->name);
        pages_free(p);
        return -1;
    }
    if (next(p, err) != 0) {
        scope_remove(&p->work);
        pages_free(p);
        return -1;
    }
    return 0;
}
