/* The command line. One table of commands; every action is one too. */
#include "views/app/command.h"

#include "backend/base/fmt.h"
#include "backend/base/grammar.h"
#include "backend/base/mem.h"
#include "backend/base/nearest.h"
#include "backend/base/strbuf.h"
#include "views/app/app.h"
#include "views/app/history_file.h"
#include "views/app/setting.h"
#include "views/kind.h"
#include "views/log/log_command.h"
#include "views/mutate/mutate.h"
#include "views/switch_view.h"
#include "views/table/table_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct command {
    struct command_info info;
    void (*run)(struct app *a, int argc, char **argv);
    command_complete_fn *complete; /* or NULL */
};

/* A word of the filter's own kind and no cluster: its name has no colon, and
 * an ARN is as good as the name. */
static bool begins_filter(const char *word)
{
    return strspn(word, "/!~") > 0 ||
           (strchr(word, ':') && strncmp(word, "arn:", 4) != 0);
}

/* `:services prod /pay`: a kind, its cluster, a filter. `:clusters prod` is
 * one cluster: its services. */
static void run_kind(struct app *a, const struct kind *k, int argc,
                     char **argv)
{
    const char *cluster = NULL, *surplus = NULL;
    struct strbuf filter = STRBUF_INIT;
    struct err err = {0};
    for (int i = 1; i < argc; i++) {
        if (filter.len)
            strbuf_printf(&filter, " %s", argv[i]);
        else if (begins_filter(argv[i]))
            strbuf_puts(&filter, argv[i] + (*argv[i] == '/'));
        else if (!cluster)
            cluster = argv[i];
        else
            surplus = argv[i];
    }
    if (k == &kind_clusters && cluster)
        k = &kind_services;
    struct query q = {.kind = k->query, .cluster = cluster};
    if (!cluster && k != &kind_clusters)
        q.cluster = a->o.cluster;
    if (surplus) {
        app_say(a, MSG_WARN, "One cluster at a time: what is %s? A filter "
                "begins with /.", surplus);
    } else if (k == &kind_containers) {
        app_say(a, MSG_WARN, "Containers belong to a task: open one.");
    } else if (k == &kind_tasks && !q.cluster) {
        app_say(a, MSG_WARN, "Which cluster? :tasks CLUSTER [/FILTER]");
    } else {
        struct view *v = table_view_new(a, k, &q);
        if (filter.len &&
            table_view_set_filter(v, strbuf_get(&filter), &err))
            app_say(a, MSG_ERROR, "%s", err.message);
        app_push(a, v);
    }
    strbuf_release(&filter);
}

static void run_scale(struct app *a, int argc, char **argv)
{
    int64_t n;
    struct view *v = app_top(a);
    if (argc != 2 || fmt_parse_int(argv[1], 0, 5000, &n)) {
        app_say(a, MSG_WARN, "Use :scale NUMBER on a service.");
    } else if (app_read_only(a)) {
        app_do(a, ACTION_SCALE); /* says why it is refused */
    } else if (view_is_table(v) &&
               kind_offers(table_view_kind(v), ACTION_SCALE)) {
        mutate_start(a, ACTION_SCALE, v, n);
    } else {
        app_say(a, MSG_INFO, "There is nothing to scale in this view.");
    }
}

static void run_quit(struct app *a, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    app_quit(a, 0);
}

static const struct command commands[] = {
    {{"set", "NAME VALUE",
      "for this run: refresh SECONDS, budget PERCENT, log-buffer MIB, theme "
      "NAME, readonly yes"},
     setting_run, setting_complete},
    {{"profile", "[NAME [REGION]]",
      "go to another AWS profile; without a name a list"},
     switch_profile, switch_complete_profile},
    {{"region", "[NAME]", "go to another region; without a name a list"},
     switch_region, switch_complete_region},
    {{"scale", "[NUMBER]", "scale the selected service"}, run_scale,
     NULL},
    {{"logs", "[GROUP[@REGION][,GROUP...] [PREFIX]]",
      "whole log groups, of streams with that prefix; without a group the "
      "logs of the row"},
     log_command_groups, log_complete_groups},
    {{"goto", "TIME", "a time in the log: 14:03, -15m"}, log_command,
     NULL},
    {{"context", "NUMBER", "lines around those of the log's filter"},
     log_command, NULL},
    {{"fields", "[NAME,...]",
      "members that JSON lines of the log show: status,error.code"},
     log_command, NULL},
    {{"highlight", "[TERM]", "highlight a term in the log, or none"},
     log_command, NULL},
    {{"q", "", "quit"}, run_quit, NULL},
};

const struct command_info *command_at(size_t i)
{
    return i < ARRAY_LEN(commands) ? &commands[i].info : NULL;
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        if (strcmp(commands[i].info.name, name) == 0)
            return &commands[i];
    return NULL;
}

static void say_unknown(struct app *a, const char *word)
{
    struct nearest n = nearest_to(word, strlen(word));
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        nearest_offer(&n, commands[i].info.name);
    for (size_t i = 0; kinds[i]; i++)
        nearest_offer(&n, kinds[i]->name);
    for (enum action_id id = ACTION_NONE + 1; id < ACTION_N; id++)
        nearest_offer(&n, action_get(id)->name);
    if (nearest_get(&n))
        app_say(a, MSG_ERROR, "Unknown command %s; did you mean :%s?", word,
                nearest_get(&n));
    else
        app_say(a, MSG_ERROR, "Unknown command %s. Tab lists commands, ? the "
                "keys.", word);
}

static void say_no_argument(struct app *a, const char *word)
{
    app_say(a, MSG_WARN, ":%s takes no argument%s", word,
            strcmp(word, "rollback") == 0
                ? "; its dialog names the revision that it goes back to."
                : ".");
}

void command_run(struct app *a, const char *line)
{
    int argc;
    char **argv;
    struct err err = {0};
    while (*line == ':' || *line == ' ')
        line++;
    if (!*line)
        return;
    if (grammar_words(line, &argc, &argv, &err)) {
        app_say(a, MSG_ERROR, "%s", err.message);
        return;
    }
    if (argc) {
        const struct command *c = find_command(argv[0]);
        const struct kind *k = kind_find(argv[0]);
        const struct action *act = action_find(argv[0]);
        bool dash = strcmp(argv[0], "-") == 0;
        if (argc > 1 && (dash || (c ? !*c->info.args : act && !k)))
            say_no_argument(a, argv[0]);
        else if (dash)
            app_do(a, ACTION_LAST_VIEW);
        else if (c && !(argc == 1 && act))
            c->run(a, argc, argv);
        else if (k && !(argc == 1 && act))
            run_kind(a, k, argc, argv);
        else if (act && argc == 1)
            app_do(a, act->id);
        else
            say_unknown(a, argv[0]);
    }
    grammar_words_free(argv);
}

void app_command(struct app *a, const char *line)
{
    command_run(a, line);
    app_dirty(a, PAINT_KEY);
}

static void complete_name(const struct command_word *w, struct completion *out)
{
    for (size_t i = 0; kinds[i]; i++)
        completion_offer(out, kinds[i]->name, w->text, w->len);
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        completion_offer(out, commands[i].info.name, w->text, w->len);
    for (enum action_id id = ACTION_NONE + 1; id < ACTION_N; id++)
        completion_offer(out, action_get(id)->name, w->text, w->len);
}

/* Of the rows that the views have. */
static void complete_cluster(const struct app *a, const struct command_word *w,
                             struct completion *out)
{
    for (size_t d = 0; d < a->depth; d++) {
        struct view *v = a->stack[d];
        const struct snapshot *s = v->ops->snapshot ? v->ops->snapshot(v)
                                                    : NULL;
        if (!s || !view_is_table(v))
            continue;
        const struct kind *k = table_view_kind(v);
        for (size_t i = 0; i < s->n_rows; i++) {
            const char *c = k->row_cluster(s->rows[i].data);
            completion_offer(out, arn_tail(c), w->text, w->len);
        }
    }
}

/* First word: commands, kinds, actions; then what the first one takes. */
static void complete(void *ctx, const char *line, size_t cursor,
                     struct completion *out)
{
    const struct app *a = ctx;
    struct command_word w = {0};
    const char *at = line, *end = line + cursor;
    char name[32] = "", before[32] = "";
    while (at < end) {
        size_t n = strcspn(at, " ");
        if (at + n >= end)
            break;
        if (n && w.nth < 2)
            snprintf(w.nth ? before : name, sizeof(name), "%.*s", (int)n, at);
        w.nth += n > 0;
        at += n + 1;
    }
    out->start = (size_t)(at - line);
    w.text = at;
    w.len = (size_t)(end - at);
    w.before = w.nth > 1 ? before : "";
    if (!w.nth) {
        complete_name(&w, out);
        return;
    }
    const struct command *c = find_command(name);
    if (c && c->complete)
        c->complete(a, &w, out);
    else if (!c && kind_find(name) && w.nth == 1)
        complete_cluster(a, &w, out);
}

static void typed(void *arg, enum prompt_result r, const char *text)
{
    struct app *a = arg;
    if (r != PROMPT_ACCEPTED)
        return;
    history_file_add(a->o.history_path, text);
    command_run(a, text);
}

void command_ask(struct app *a, const char *text)
{
    app_ask(a, ":", text, HISTORY_COMMAND, complete, a, typed, a);
}
