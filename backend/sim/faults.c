/* The fault plan: which request meets which fate. */
#include "backend/sim/sim_internal.h"

#include "backend/base/fmt.h"
#include "backend/base/mem.h"

#include <stdlib.h>
#include <string.h>

/* `name` is the word of the text form. An empty code: the fault does not
 * answer by itself. */
static const struct {
    const char *name;
    int status;
    const char *code, *message;
} plan[FAULT_N] = {
    [FAULT_THROTTLE] = {"throttle", 400, "ThrottlingException",
                        "Rate exceeded"},
    [FAULT_500] = {"500", 500, "ServerException", "Service unavailable."},
    [FAULT_503_HTML] = {"503", 503, NULL, NULL},
    [FAULT_DENY] = {"deny", 400, "AccessDeniedException",
                    "User: arn:aws:sts::123456789012:assumed-role/oncall/demo"
                    " is not authorized to perform this action because no "
                    "identity-based policy allows it"},
    [FAULT_EXPIRED] = {"expired", 400, "ExpiredTokenException",
                       "The security token included in the request is "
                       "expired"},
    [FAULT_SKEW] = {"skew", 400, "InvalidSignatureException",
                    "Signature expired: the request is now earlier than the "
                    "oldest one allowed (5 min.)"},
    [FAULT_RESET_BEFORE] = {"reset-before", 0, NULL, NULL},
    [FAULT_RESET_AFTER] = {"reset-after", 0, NULL, NULL},
    [FAULT_TRUNCATE] = {"truncate", 0, NULL, NULL},
    [FAULT_CUT] = {"cut", 0, NULL, NULL},
    [FAULT_DELAY] = {"delay", 0, NULL, NULL},
    [FAULT_UNKNOWN_MEMBERS] = {"unknown", 0, NULL, NULL},
};

void sim_fault_add(struct sim *s, const char *operation, enum sim_fault f,
                   int skip, int count, int delay_ms)
{
    s->faults = xgrow(s->faults, &s->cap_faults, s->n_faults + 1,
                      sizeof(*s->faults));
    struct fault *x = &s->faults[s->n_faults++];
    *x = (struct fault){
        .kind = f, .skip = skip, .count = count, .delay_ms = delay_ms};
    snprintf(x->operation, sizeof(x->operation), "%s",
             operation ? operation : "");
}

void sim_fault_clear(struct sim *s)
{
    s->n_faults = 0;
}

void sim_set_latency(struct sim *s, int ms)
{
    s->latency_ms = ms;
}

const struct fault *sim_fault_due(struct sim *s, const char *operation)
{
    for (size_t i = 0; i < s->n_faults; i++) {
        struct fault *f = &s->faults[i];
        if (f->operation[0] && strcmp(f->operation, operation) != 0)
            continue;
        if (f->count == 0)
            continue;
        if (f->skip > 0) {
            f->skip--;
            continue;
        }
        if (f->count > 0)
            f->count--;
        return f;
    }
    return NULL;
}

bool sim_fault_answer(const struct fault *f, struct sim_reply *out,
                      struct sim_ending *end)
{
    if (!f)
        return false;
    end->delay_ms += f->delay_ms;
    end->cut = f->kind == FAULT_CUT;
    end->reset = f->kind == FAULT_RESET_BEFORE || f->kind == FAULT_RESET_AFTER;
    if (f->kind == FAULT_503_HTML) {
        out->status = plan[f->kind].status;
        out->type = "text/html";
        strbuf_puts(&out->body, "<html><body><h1>503 Service Unavailable"
                    "</h1></body></html>");
        return true;
    }
    if (plan[f->kind].code)
        sim_put_error(out, plan[f->kind].status, plan[f->kind].code,
                      plan[f->kind].message);
    return plan[f->kind].code || f->kind == FAULT_RESET_BEFORE;
}

/* ---- the text form --------------------------------------------------- */

static int parse_number(const char *word, const char *name, int *out)
{
    size_t n = strlen(name);
    int64_t v;
    if (strncmp(word, name, n) != 0 || word[n] != '=')
        return 0;
    if (strcmp(name, "count") == 0 && strcmp(word + n + 1, "all") == 0) {
        *out = -1;
        return 1;
    }
    if (fmt_parse_int(word + n + 1, 0, 1000000, &v))
        return 0;
    *out = (int)v;
    return 1;
}

static int parse_one(struct sim *s, char *text, struct err *err)
{
    char *save = NULL, *word = strtok_r(text, ":", &save);
    const char *operation = NULL;
    int kind = 0, skip = 0, count = 1, ms = 0;
    while (kind < FAULT_N && (!word || strcmp(plan[kind].name, word)))
        kind++;
    if (kind == FAULT_N)
        return err_set(err, ERR_USAGE, "There is no fault named %s.",
                       word ? word : "(nothing)");
    for (bool first = true; (word = strtok_r(NULL, ":", &save));
         first = false) {
        if (parse_number(word, "skip", &skip) ||
            parse_number(word, "count", &count) ||
            parse_number(word, "ms", &ms))
            continue;
        if (!first || strchr(word, '='))
            return err_set(err, ERR_USAGE, "A fault takes an operation, "
                           "skip=N, count=N (or all) and ms=N, not %s.",
                           word);
        operation = strcmp(word, "*") == 0 ? NULL : word;
    }
    sim_fault_add(s, operation, (enum sim_fault)kind, skip, count, ms);
    return 0;
}

int sim_fault_parse(struct sim *s, const char *spec, struct err *err)
{
    char *copy = xstrdup(spec), *save = NULL;
    int rc = 0;
    for (char *w = strtok_r(copy, ",", &save); w && !rc;
         w = strtok_r(NULL, ",", &save))
        rc = parse_one(s, w, err);
    free(copy);
    return rc;
}
