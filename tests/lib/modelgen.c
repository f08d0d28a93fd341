#include "tests/lib/modelgen.h"

#include "backend/base/mem.h"
#include "backend/base/strbuf.h"
#include "backend/base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DEPTH = 12, MAX_ROWS = 2000 };

struct row {
    char *field[4]; /* as in the file */
};

struct modelgen {
    struct row rows[MAX_ROWS];
    size_t n;
    int64_t now_ms;
    int cluster; /* of the request: c0 or c1 */
    char service[80]; /* whose tasks were listed last */
    struct rng rng;
};

static uint64_t below(struct modelgen *g, uint64_t n)
{
    return rng_below(&g->rng, n);
}

struct modelgen *modelgen_new(const char *path, int64_t now_ms)
{
    char line[300];
    FILE *f = fopen(path, "r");
    if (!f)
        return NULL;
    struct modelgen *g = xcalloc(1, sizeof(*g));
    g->now_ms = now_ms;
    while (g->n < MAX_ROWS && fgets(line, sizeof(line), f)) {
        struct row *r = &g->rows[g->n++];
        char *p = line;
        line[strcspn(line, "\n")] = '\0';
        for (int i = 0; i < 4 && p; i++) {
            char *tab = strchr(p, '\t');
            r->field[i] = tab ? xstrndup(p, (size_t)(tab - p)) : xstrdup(p);
            p = tab ? tab + 1 : NULL;
        }
    }
    fclose(f);
    return g;
}

void modelgen_free(struct modelgen *g)
{
    for (size_t i = 0; g && i < g->n; i++)
        for (int k = 0; k < 4; k++)
            free(g->rows[i].field[k]);
    free(g);
}

void modelgen_seed(struct modelgen *g, uint64_t seed)
{
    rng_seed(&g->rng, seed);
    g->service[0] = '\0';
}

struct rng *modelgen_rng(struct modelgen *g)
{
    return &g->rng;
}

/* ---- text ------------------------------------------------------------ */

static const char *const pieces[] = {
    "payments-api", "a", " ", "  ", "prod", "0", "-1", "%s%n%d", "\\", "\"",
    "'", "<b>", "&amp;", "$(id)", "`id`", ";", "|", "../../etc", "\t", "\n",
    "\r", "\r\n",
    "(service x) has begun draining connections on 2 tasks.",
    "(service x) was unable to place a task because no container instance",
    "CannotPullContainerError: pull image manifest has been retried 5 time(s)",
    "OutOfMemoryError: Container killed due to memory usage",
    "{\"level\":\"error\",\"msg\":\"x\",\"deep\":[[[[{}]]]]}", "{", "ERROR",
    /* wide, combining, joined, variation, both directions */
    "\xe6\x9c\x8d\xe5\x8b\x99", "\xed\x95\x9c\xea\xb5\xad",
    "e\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81",
    "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb", "\xe2\x9d\xa4\xef\xb8\x8f",
    "\xd8\xb9\xd8\xb1\xd8\xa8\xd9\x8a", "\xe0\xb8\x81\xe0\xb8\xb3",
    "\xcc\x81", "\xe2\x80\xae" "evil", "\xe2\x81\xa6" "iso", "\xe2\x80\x8f",
    "\xf3\xa0\x81\x81\xf3\xa0\x81\x82", "\xe2\x80\x8b", "\xef\xbb\xbf",
    "\xe2\x80\xa8", "\xe2\x80\xa9", "\xc2\xad", "\xef\xbf\xbe", "\xef\xbf\xbf",
    "\xf4\x8f\xbf\xbf", "\xee\x80\x80", "\xe3\x80\x80", "\xc2\xa0",
    /* what a terminal would obey */
    "\033[97;97H", "\033[?9797h", "\033[8;97;97t", "\033]0;evil\007",
    "\033]52;c;ZXZpbA==\007", "\033]52;c;ZXZpbA==\033\\", "\033c", "\033Pq~\033\\",
    "\033_evil\033\\", "\033[3J", "\033#8", "\033[8m", "\033[31m", "\033[0m",
    "\033[1;9797m", "\033", "\033[", "\033]", "\007", "\b\b\b", "\016", "\017",
    "\005", "\030", "\x7f", "\xc2\x9b" "97;97H", "\xc2\x9d" "0;evil\xc2\x9c",
    "\xc2\x84", "\xc2\x90",
};

static const char *const broken[] = {
    "\xff", "\xc3", "\xed\xa0\x80", "\xf8\x88\x80\x80\x80", "\x9b" "97;97H",
    "\xc0\xaf", "\xf5\x80\x80\x80", "\xe2\x80",
};

char *modelgen_text(struct modelgen *g, bool raw)
{
    struct strbuf b = STRBUF_INIT;
    size_t n = below(g, 12) ? below(g, 5) : below(g, 400);
    for (size_t i = 0; i < n; i++) {
        char out[4];
        if (raw && !below(g, 3))
            strbuf_puts(&b, broken[below(g, ARRAY_LEN(broken))]);
        else if (!below(g, 8)) /* any code point but surrogates and NUL */
            strbuf_append(&b, out,
                          utf8_encode((uint32_t)(below(g, 2)
                                                     ? 1 + below(g, 0xd7ff)
                                                     : 0xe000 +
                                                           below(g, 0x102000)),
                                      out));
        else
            strbuf_puts(&b, pieces[below(g, ARRAY_LEN(pieces))]);
    }
    return strbuf_detach(&b);
}

static json_t *text(struct modelgen *g)
{
    char *s = modelgen_text(g, false);
    json_t *v = json_stringn_nocheck(s, strlen(s));
    free(s);
    return v;
}

static bool ends(const char *s, const char *end)
{
    size_t n = strlen(s), k = strlen(end);
    return n >= k && strcmp(s + n - k, end) == 0;
}

/* A name that could be one, so that references meet. */
static json_t *arn(struct modelgen *g, const char *what)
{
    char s[200];
    if (!below(g, 12))
        return text(g);
    snprintf(s, sizeof(s), "arn:aws:ecs:eu-west-1:123456789012:%s/c%d%s%d",
             what, below(g, 8) ? g->cluster : (int)below(g, 2),
             strcmp(what, "cluster") == 0 ? "" : "/thing", (int)below(g, 6));
    if (strcmp(what, "cluster") == 0)
        s[strlen(s) - 1] = '\0';
    else if (strcmp(what, "task-definition") == 0)
        snprintf(s, sizeof(s), "arn:aws:ecs:eu-west-1:123456789012:"
                 "task-definition/thing:%d", (int)below(g, 6));
    return json_string(s);
}

static json_t *string_of(struct modelgen *g, const char *member)
{
    static const char *const states[] = {
        "RUNNING", "STOPPED", "PENDING", "PROVISIONING", "ACTIVE", "INACTIVE",
        "DRAINING", "PRIMARY", "DEACTIVATING", "DEPROVISIONING", "DELETED"};
    static const char *const arns[][2] = {
        {"clusterArn", "cluster"},       {"clusterArns", "cluster"},
        {"serviceArn", "service"},       {"serviceArns", "service"},
        {"taskArn", "task"},             {"taskArns", "task"},
        {"taskDefinition", "task-definition"},
        {"taskDefinitionArn", "task-definition"},
        {"taskDefinitionArns", "task-definition"}};
    for (size_t i = 0; i < ARRAY_LEN(arns); i++)
        if (strcmp(member, arns[i][0]) == 0)
            return arn(g, arns[i][1]);
    if (ends(member, "oken"))
        return json_string("next");
    if (ends(member, "tatus") && below(g, 8))
        return json_string(states[below(g, ARRAY_LEN(states))]);
    if (ends(member, "Name") && below(g, 3))
        return json_sprintf("name-%d", (int)below(g, 6));
    if (strcmp(member, "group") == 0 && g->service[0] && below(g, 3))
        return json_sprintf("service:%s", g->service);
    if (strcmp(member, "group") == 0 && below(g, 6))
        return json_sprintf("service:thing%d", (int)below(g, 6));
    return text(g);
}

/* ---- numbers --------------------------------------------------------- */

static json_t *integer(struct modelgen *g, const char *member, bool is_long)
{
    static const json_int_t odd[] = {
        -1, INT32_MIN, INT32_MAX, (json_int_t)INT32_MAX + 1, 1000000,
        INT64_MAX, INT64_MIN, 9007199254740993};
    if (is_long && (ends(member, "imestamp") || ends(member, "Time")) &&
        below(g, 6))
        return json_integer(g->now_ms - (json_int_t)below(g, 600000));
    if (!below(g, 5))
        return json_integer(odd[below(g, ARRAY_LEN(odd))]);
    return json_integer((json_int_t)below(g, 20));
}

static json_t *timestamp(struct modelgen *g)
{
    static const double odd[] = {0, -1, 1e9, 253402300800.0, 1e15, 1e19, -1e19,
                                 1e300, -1e300, 0.0001, 4294967296.0,
                                 -62135596801.0};
    double now = (double)g->now_ms / 1000;
    if (!below(g, 6))
        return json_real(odd[below(g, ARRAY_LEN(odd))]);
    if (!below(g, 8))
        return json_real(now + (double)below(g, 100000)); /* not yet */
    return json_real(now - (double)below(g, below(g, 2) ? 600 : 90000000) -
                     0.25);
}

/* ---- shapes ---------------------------------------------------------- */

static const struct row *first(const struct modelgen *g, const char *name,
                               const char *kind)
{
    for (size_t i = 0; i < g->n; i++)
        if (strcmp(g->rows[i].field[1], name) == 0 &&
            (kind ? strcmp(g->rows[i].field[0], kind) == 0
                  : strcmp(g->rows[i].field[0], "op") != 0))
            return &g->rows[i];
    return NULL;
}

static json_t *make(struct modelgen *g, const char *shape, const char *member,
                    int depth);

static json_t *make_struct(struct modelgen *g, const char *shape, int depth)
{
    json_t *o = json_object();
    uint64_t fullness = 1 + below(g, 4); /* how much of it is there */
    for (size_t i = 0; i < g->n; i++) {
        const struct row *r = &g->rows[i];
        if (strcmp(r->field[0], "struct") || strcmp(r->field[1], shape))
            continue;
        bool key = ends(r->field[2], "Arn") || ends(r->field[2], "Arns") ||
                   ends(r->field[2], "tatus");
        if (!below(g, key ? 12 : 1 + fullness))
            continue;
        json_object_set_new(o, r->field[2],
                            below(g, 12) ? make(g, r->field[3], r->field[2],
                                                depth + 1)
                                         : json_null());
    }
    return o;
}

static json_t *make_list(struct modelgen *g, const struct row *r,
                         const char *member, int depth)
{
    json_t *list = json_array();
    size_t n = below(g, 20) ? below(g, depth < 3 ? 6 : 3) : below(g, 60);
    if (ends(member, "Arns") && below(g, 10))
        n += 3;
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, below(g, 40)
                                        ? make(g, r->field[2], member,
                                               depth + 1)
                                        : json_null());
    return list;
}

static json_t *make_map(struct modelgen *g, const struct row *r,
                        const char *member, int depth)
{
    json_t *o = json_object();
    for (size_t n = below(g, 4); n > 0; n--) {
        char *key = modelgen_text(g, false);
        json_object_set_new(o, key, make(g, r->field[2], member, depth + 1));
        free(key);
    }
    return o;
}

static json_t *make_enum(struct modelgen *g, const char *shape)
{
    size_t n = 0, pick;
    for (size_t i = 0; i < g->n; i++)
        n += strcmp(g->rows[i].field[0], "enum") == 0 &&
             strcmp(g->rows[i].field[1], shape) == 0;
    if (!below(g, 10))
        return below(g, 2) ? json_string("A_WORD_OF_TOMORROW") : text(g);
    pick = below(g, n);
    for (size_t i = 0; i < g->n; i++)
        if (strcmp(g->rows[i].field[0], "enum") == 0 &&
            strcmp(g->rows[i].field[1], shape) == 0 && pick-- == 0)
            return json_string(g->rows[i].field[2]);
    return json_null();
}

static json_t *make(struct modelgen *g, const char *shape, const char *member,
                    int depth)
{
    const struct row *r = first(g, shape, NULL);
    if (!r || depth > MAX_DEPTH)
        return json_null();
    switch (r->field[0][0]) {
    case 's':
        return r->field[0][3] == 'u' ? make_struct(g, shape, depth)
                                     : string_of(g, member);
    case 'l':
        return strcmp(r->field[0], "list") == 0
                   ? make_list(g, r, member, depth)
                   : integer(g, member, true);
    case 'm':
        return make_map(g, r, member, depth);
    case 'e':
        return make_enum(g, shape);
    case 'i':
        return integer(g, member, false);
    case 'd':
        return json_real((double)below(g, 1000) / 7);
    case 'b':
        return json_boolean(below(g, 2));
    default:
        return timestamp(g);
    }
}

/* What was asked for by name comes under that name, so that views have rows:
 * mostly, and sometimes in another order or twice. */
static void name_items(struct modelgen *g, json_t *out, const json_t *asked,
                       const char *list_member, const char *key)
{
    json_t *list = json_object_get(out, list_member);
    size_t n = json_array_size(asked);
    if (!n || !below(g, 15))
        return;
    char shape[64];
    snprintf(shape, sizeof(shape), "ecs.%c%.*s",
             list_member[0] - 'a' + 'A', (int)strlen(list_member) - 2,
             list_member + 1);
    if (!json_is_array(list)) {
        list = json_array();
        json_object_set_new(out, list_member, list);
    }
    json_array_clear(list);
    for (size_t i = 0; i < n; i++) {
        if (!below(g, 12))
            continue;
        json_t *item = make_struct(g, shape, 2);
        if (below(g, 15))
            json_object_set(item, key, json_array_get(asked, i));
        const char *arn = json_string_value(json_array_get(asked, i));
        const char *tail = arn ? strrchr(arn, '/') : NULL;
        if (tail && below(g, 4) && strcmp(key, "serviceArn") == 0)
            json_object_set_new(item, "serviceName", json_string(tail + 1));
        json_array_append_new(list, item);
    }
}

/* The definition that was asked for; its containers mostly log, and have the
 * names of those that run. */
static void give_logs(struct modelgen *g, json_t *out, const json_t *request)
{
    json_t *td = json_object_get(out, "taskDefinition"), *list, *c;
    if (!json_is_object(td) || !below(g, 10))
        return;
    if (below(g, 10))
        json_object_set(td, "taskDefinitionArn",
                        json_object_get(request, "taskDefinition"));
    list = json_object_get(td, "containerDefinitions");
    if (!json_array_size(list)) {
        list = json_array();
        json_object_set_new(td, "containerDefinitions", list);
        for (size_t n = 1 + below(g, 3); n > 0; n--)
            json_array_append_new(list,
                                  make_struct(g, "ecs.ContainerDefinition", 3));
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (!json_is_object(c = json_array_get(list, i)) || !below(g, 4))
            continue;
        json_object_set_new(c, "name",
                            json_sprintf("name-%d", (int)below(g, 6)));
        json_object_set_new(c, "logConfiguration",
                            json_pack("{s:s,s:{s:s,s:s,s:s}}", "logDriver",
                                      "awslogs", "options", "awslogs-group",
                                      "/ecs/group", "awslogs-region",
                                      "eu-west-1", "awslogs-stream-prefix",
                                      "p"));
    }
}

/* Lines of the streams that were asked for. */
static void give_streams(struct modelgen *g, json_t *out,
                         const json_t *request)
{
    json_t *names = json_object_get(request, "logStreamNames"), *event;
    json_t *events = json_object_get(out, "events");
    size_t i, n = json_array_size(names);
    json_array_foreach(events, i, event)
        if (n && json_is_object(event) && below(g, 10))
            json_object_set(event, "logStreamName",
                            json_array_get(names, below(g, n)));
}

json_t *modelgen_reply(struct modelgen *g, const char *operation,
                       const json_t *request)
{
    static const struct {
        const char *operation, *asked, *list, *key;
    } named[] = {
        {"DescribeClusters", "clusters", "clusters", "clusterArn"},
        {"DescribeServices", "services", "services", "serviceArn"},
        {"DescribeTasks", "tasks", "tasks", "taskArn"}};
    const struct row *r = first(g, operation, "op");
    const char *in =
        json_string_value(json_object_get(request, "cluster"));
    if (!r)
        return NULL;
    const char *service =
        json_string_value(json_object_get(request, "serviceName"));
    if (service) {
        const char *slash = strrchr(service, '/');
        snprintf(g->service, sizeof(g->service), "%s",
                 slash ? slash + 1 : service);
    }
    g->cluster = in && *in && in[strlen(in) - 1] == '0' ? 0 : 1;
    json_t *out = make_struct(g, r->field[2], 0);
    /* Pages end. A token that is given back is one that ends them. */
    if (json_object_get(request, "nextToken") || below(g, 4))
        json_object_del(out, "nextToken");
    for (size_t i = 0; i < ARRAY_LEN(named); i++)
        if (strcmp(named[i].operation, operation) == 0)
            name_items(g, out, json_object_get(request, named[i].asked),
                       named[i].list, named[i].key);
    if (strcmp(operation, "DescribeTaskDefinition") == 0)
        give_logs(g, out, request);
    give_streams(g, out, request);
    return out;
}
