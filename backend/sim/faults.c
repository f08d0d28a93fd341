/* The fault plan: which request meets which fate. */
#include "backend/sim/sim_internal.h"

#include "backend/base/fmt.h"
#include "backend/base/mem.h"

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* `name` is the word of the text form. An empty code: the fault does not
 * answer by itself. */
static const struct {
    const char *name, *help;
    int status;
    const char *code, *message;
} plan[FAULT_N] = {
    [FAULT_THROTTLE] = {"throttle", "400 ThrottlingException", 400,
                        "ThrottlingException", "Rate exceeded"},
    [FAULT_QUOTA] = {"quota", "the same, for what exceeds p=PERCENT of AWS's "
                     "token buckets", 400, "ThrottlingException",
                     "Rate exceeded"},
    [FAULT_500] = {"500", "500 ServerException", 500, "ServerException",
                   "Service unavailable."},
    [FAULT_503_HTML] = {"503", "503 with an HTML page", 503, NULL,
                        "Service Unavailable"},
    [FAULT_HTML] = {"html", "200 with an HTML page", 200, NULL,
                    "Welcome, please log in"},
    [FAULT_DENY] = {"deny", "400 AccessDeniedException", 400,
                    "AccessDeniedException",
                    "User: arn:aws:sts::123456789012:assumed-role/oncall/demo"
                    " is not authorized to perform this action because no "
                    "identity-based policy allows it"},
    [FAULT_EXPIRED] = {"expired", "400 ExpiredTokenException; metadata gives "
                       "old credentials", 400,
                       "ExpiredTokenException",
                       "The security token included in the request is "
                       "expired"},
    [FAULT_SKEW] = {"skew", "400 InvalidSignatureException, expired", 400,
                    "InvalidSignatureException",
                    "Signature expired: the request is now earlier than the "
                    "oldest one allowed (5 min.)"},
    [FAULT_IDP] = {"idp", "400 IDPCommunicationError", 400,
                   "IDPCommunicationError",
                   "The identity provider could not be reached."},
    [FAULT_REDIRECT] = {"redirect", "307 to /elsewhere", 307, NULL, NULL},
    [FAULT_RESET_BEFORE] = {"reset-before", "connection reset, nothing "
                            "applied", 0, NULL, NULL},
    [FAULT_REFUSE] = {"refuse", "the same; nobody can connect for ms", 0,
                      NULL, NULL},
    [FAULT_RESET_AFTER] = {"reset-after", "applied, then connection reset", 0,
                           NULL, NULL},
    [FAULT_WRONG] = {"wrong", "credentials with a false secret, or 400 "
                     "UnrecognizedClient", 400,
                     "UnrecognizedClientException",
                     "The security token included in the request is invalid."},
    [FAULT_TRUNCATE] = {"truncate", "half of the body, well framed", 0, NULL,
                        NULL},
    [FAULT_CUT] = {"cut", "the connection ends amid the answer", 0, NULL,
                   NULL},
    [FAULT_DRIP] = {"drip", "in pieces of bytes, ms apart", 0, NULL, NULL},
    [FAULT_DELAY] = {"delay", "answered late", 0, NULL, NULL},
    [FAULT_MALFORMED] = {"malformed", "no JSON or XML any more", 0, NULL,
                         NULL},
    [FAULT_TYPES] = {"types", "values of other types", 0, NULL, NULL},
    [FAULT_NULLS] = {"nulls", "members that are null", 0, NULL, NULL},
    [FAULT_ENUMS] = {"enums", "words that nobody knows yet", 0, NULL, NULL},
    [FAULT_UNKNOWN_MEMBERS] = {"unknown", "members that nobody knows yet", 0,
                               NULL, NULL},
    [FAULT_HUGE] = {"huge", "bytes (64 MiB) of blanks in front", 0, NULL,
                    NULL},
    [FAULT_BOMB] = {"bomb", "the same (256 MiB), gzipped", 0, NULL, NULL},
    [FAULT_LOOP] = {"loop", "the first page again, with the same token", 0,
                    NULL, NULL},
    [FAULT_ENDLESS] = {"endless", "the first page again, with a new token", 0,
                       NULL, NULL},
    [FAULT_CHANGE] = {"change", "after this, things come and go", 0, NULL,
                      NULL},
    [FAULT_CLOCK] = {"clock", "the server's clock is by=SECONDS ahead", 0,
                     NULL, NULL},
    [FAULT_LIVE_END] = {"live-end", "a live tail times out after ms", 0, NULL,
                        NULL},
    [FAULT_LIVE_ERROR] = {"live-error", "it ends with an error after ms", 0,
                          NULL, NULL},
    [FAULT_LIVE_RESET] = {"live-reset", "its connection is reset after ms", 0,
                          NULL, NULL},
    [FAULT_LIVE_MUTE] = {"live-mute", "it says nothing after ms", 0, NULL,
                         NULL},
    [FAULT_LIVE_SAMPLE] = {"live-sample", "bytes=N (3) events an update, a "
                           "sample", 0, NULL, NULL},
};

const char *sim_fault_name(const struct fault *f)
{
    return f ? plan[f->kind].name : "";
}

static bool same_letter(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

bool sim_glob(const char *pattern, const char *text)
{
    const char *star = NULL, *again = NULL;
    while (*text) {
        if (*pattern == '*') {
            star = ++pattern;
            again = text;
        } else if (same_letter(*pattern, *text)) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star;
            text = ++again;
        } else {
            return false;
        }
    }
    return pattern[strspn(pattern, "*")] == '\0';
}

static struct fault *add(struct sim *s, const struct fault *f)
{
    s->faults = xgrow(s->faults, &s->cap_faults, s->n_faults + 1,
                      sizeof(*s->faults));
    s->faults[s->n_faults] = *f;
    return &s->faults[s->n_faults++];
}

void sim_fault_add(struct sim *s, const char *operation, enum sim_fault f,
                   int skip, int count, int delay_ms)
{
    struct fault *x = add(s, &(struct fault){.kind = f, .skip = skip,
                                             .count = count, .every = 1,
                                             .percent = 100,
                                             .delay_ms = delay_ms});
    snprintf(x->pattern, sizeof(x->pattern), "%s", operation ? operation : "*");
}

void sim_fault_clear(struct sim *s)
{
    s->n_faults = 0;
}

void sim_set_latency(struct sim *s, int ms)
{
    s->latency_ms = ms;
}

static bool is_meant(const struct fault *f, const char *action)
{
    return sim_glob(f->pattern, strchr(f->pattern, ':')
                                    ? action
                                    : strchr(action, ':') + 1);
}

/* Its chance, or that a bucket is empty. */
static bool strikes(struct sim *s, const struct fault *f, const char *action)
{
    if (f->kind == FAULT_QUOTA)
        return sim_quota_over(s, action, f->percent);
    return (int)rng_below(&s->fault_rng, 100) < f->percent;
}

const struct fault *sim_fault_due(struct sim *s, const char *service,
                                  const char *operation)
{
    int64_t age = sim_now(s) - s->start_ms;
    char action[96];
    snprintf(action, sizeof(action), "%s:%s", service, operation);
    for (size_t i = 0; i < s->n_faults; i++) {
        struct fault *f = &s->faults[i];
        if (f->count == 0 || !is_meant(f, action) ||
            age < (int64_t)f->from_s * 1000 ||
            (f->for_s && age >= (int64_t)(f->from_s + f->for_s) * 1000))
            continue;
        if (f->skip > 0) {
            f->skip--;
            continue;
        }
        if (f->turn++ % f->every || !strikes(s, f, action))
            continue;
        if (f->count > 0)
            f->count--;
        return f;
    }
    return NULL;
}

/* What happens to the connection. */
static void end_it(const struct fault *f, struct sim_ending *end)
{
    enum sim_fault k = f->kind;
    if (k >= FAULT_LIVE_END && k <= FAULT_LIVE_SAMPLE)
        return; /* the session sees to it */
    if (k == FAULT_DRIP) {
        end->drip_bytes = f->bytes ? f->bytes : 16;
        end->drip_ms = f->delay_ms ? f->delay_ms : 20;
        return;
    }
    if (k == FAULT_REFUSE)
        end->refuse_ms = f->delay_ms ? f->delay_ms : 1000;
    else
        end->delay_ms += f->delay_ms;
    end->cut = k == FAULT_CUT;
    end->reset = k == FAULT_RESET_BEFORE || k == FAULT_RESET_AFTER ||
                 k == FAULT_REFUSE;
}

bool sim_fault_answer(struct sim *s, const struct sim_ask *ask,
                      struct sim_reply *out, struct sim_ending *end)
{
    const struct fault *f = ask->fault;
    bool gives = ask->op && ask->op->gives;
    if (!f)
        return false;
    end_it(f, end);
    if ((f->kind == FAULT_WRONG && gives) ||
        (f->kind == FAULT_EXPIRED && gives && ask->protocol == P_TEXT))
        return false; /* sim_issue() sees to it */
    if (plan[f->kind].code) {
        sim_put_error(out, plan[f->kind].status, plan[f->kind].code,
                      plan[f->kind].message);
        return true;
    }
    if (!plan[f->kind].status)
        return end->reset && f->kind != FAULT_RESET_AFTER;
    out->status = plan[f->kind].status;
    out->type = "text/html";
    if (f->kind == FAULT_REDIRECT)
        strbuf_printf(&out->headers, "Location: %s/elsewhere\r\n",
                      s->endpoint);
    else
        strbuf_printf(&out->body, "<html><body><h1>%d %s</h1></body></html>",
                      out->status, plan[f->kind].message);
    return true;
}

/* ---- the text form --------------------------------------------------- */

#define NUMBER(word, field, low, high) \
    {word, offsetof(struct fault, field), low, high}

static const struct {
    const char *name;
    size_t at; /* of an int */
    int low, high;
} numbers[] = {
    NUMBER("skip", skip, 0, 1000000),   NUMBER("count", count, 0, 1000000),
    NUMBER("every", every, 1, 1000000), NUMBER("p", percent, 0, 100),
    NUMBER("from", from_s, 0, 1000000), NUMBER("for", for_s, 0, 1000000),
    NUMBER("ms", delay_ms, 0, 1000000), NUMBER("by", by_s, -100000, 100000),
    NUMBER("bytes", bytes, 1, 1 << 30),
};

/* "count=3"; "count=all" has no end. */
static bool take_number(struct fault *f, const char *word)
{
    const char *eq = strchr(word, '=');
    int64_t v;
    for (size_t i = 0; eq && i < ARRAY_LEN(numbers); i++) {
        int *to = (int *)(void *)((char *)f + numbers[i].at);
        if (strncmp(word, numbers[i].name, (size_t)(eq - word)) != 0 ||
            numbers[i].name[eq - word])
            continue;
        if (to == &f->count && strcmp(eq + 1, "all") == 0) {
            *to = -1;
            return true;
        }
        if (fmt_parse_int(eq + 1, numbers[i].low, numbers[i].high, &v))
            return false;
        *to = (int)v;
        return true;
    }
    return false;
}

/* "ListTasks", "Describe*", "ecs:List*": two words at most, of which the
 * first is a service (in small letters) or a star. */
static bool take_pattern(struct fault *f, const char *word)
{
    size_t n = strlen(f->pattern);
    if (strchr(word, '=') || strchr(f->pattern, ':') ||
        n + strlen(word) + 2 > sizeof(f->pattern))
        return false;
    for (size_t i = 0; i < n; i++)
        if (isupper((unsigned char)f->pattern[i]))
            return false;
    snprintf(f->pattern + n, sizeof(f->pattern) - n, "%s%s", n ? ":" : "",
             word);
    return true;
}

static int parse_one(struct sim *s, char *text, struct err *err)
{
    char *save = NULL, *word = strtok_r(text, ":", &save);
    struct fault f = {.count = 1, .every = 1, .percent = 100};
    int kind = 0;
    bool pattern_over = false;
    while (kind < FAULT_N && (!word || strcmp(plan[kind].name, word)))
        kind++;
    if (kind == FAULT_N)
        return err_set(err, ERR_USAGE, "There is no fault named %s; "
                       "--sim-faults help lists them.",
                       word ? word : "(nothing)");
    f.kind = (enum sim_fault)kind;
    if (kind == FAULT_QUOTA)
        f.count = -1; /* a quota does not wear off */
    while ((word = strtok_r(NULL, ":", &save))) {
        bool number = take_number(&f, word);
        if (!number && (pattern_over || !take_pattern(&f, word)))
            return err_set(err, ERR_USAGE, "A fault takes an action and then "
                           "skip=N, count=N (or all), every=N, p=PERCENT, "
                           "from=SECONDS, for=SECONDS, ms=N, bytes=N or "
                           "by=SECONDS, not %s.",
                           word);
        pattern_over |= number;
    }
    if (!f.pattern[0])
        snprintf(f.pattern, sizeof(f.pattern), "*");
    add(s, &f);
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

void sim_fault_help(FILE *out)
{
    fputs("--sim-faults FAULT[:ACTION][:KEY=N...],...\n\n"
          "ACTION is an operation (ListTasks), a pattern (Describe*, "
          "logs:*) or nothing for\nall. Of the requests that match, skip=N "
          "pass first, then every=N-th is met with\nprobability p=PERCENT, "
          "count=N times (1; or all), from=SECONDS after the start\non, "
          "for=SECONDS; each answer waits ms=N.\n\nfaults:\n", out);
    for (size_t i = 0; i < FAULT_N; i++)
        fprintf(out, "  %-14s  %s\n", plan[i].name, plan[i].help);
}
