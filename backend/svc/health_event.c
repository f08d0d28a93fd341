/* The words of service events and stop reasons, for a person in a hurry. */
#include "backend/base/mem.h"
#include "backend/base/strbuf.h"
#include "backend/base/utf8.h"
#include "backend/svc/health.h"

#include <stdio.h>
#include <string.h>

bool event_is_trouble(const char *m)
{
    static const char *const words[] = {
        "unable", "unhealthy", "failed", "fail ", "throttle", "error",
        "missing", "rolling back", "insufficient", "reached the limit",
        "alarm detected"};
    for (size_t i = 0; m && i < ARRAY_LEN(words); i++)
        if (strcasestr(m, words[i]))
            return true;
    return false;
}

const char *event_body(const char *m, size_t *len)
{
    const char *cut = m && strncmp(m, "(service ", 9) == 0 ? strstr(m, ") ")
                                                           : NULL;
    const char *body = cut ? cut + 2 : m ? m : "";
    const char *advice = strstr(body, " For more information, see ");
    *len = advice && advice > body ? (size_t)(advice - body) : strlen(body);
    return body;
}

/* Bytes of the task or instance id that starts here: 32 digits, or a UUID. */
static size_t id_len(const char *s, size_t n)
{
    size_t i = 0;
    while (i < n && s[i] && strchr("0123456789abcdef-", s[i]))
        i++;
    return i == 32 || i == 36 ? i : 0;
}

static bool is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z') || c == '-';
}

const char *event_text(const char *message, struct arena *arena)
{
    enum { SHORT_ID = 8 };
    struct strbuf b = STRBUF_INIT;
    size_t n;
    const char *s = event_body(message, &n);
    for (size_t i = 0; i < n;) {
        size_t id = i && is_word(s[i - 1]) ? 0 : id_len(s + i, n - i);
        strbuf_append(&b, s + i, id ? SHORT_ID : 1);
        i += id ? id : 1;
    }
    const char *out = arena_strdup(arena, strbuf_get(&b));
    strbuf_release(&b);
    return out;
}

/* The wordings are those of the guide's "Service event messages", and of
 * StartTask's and RunTask's failure reasons, which ECS quotes in them. */
static const struct {
    const char *says, *cause;
} causes[] = {
    {"insufficient memory", "insufficient memory"},
    {"RESOURCE:MEMORY", "insufficient memory"},
    {"insufficient CPU", "insufficient CPU"},
    {"RESOURCE:CPU", "insufficient CPU"},
    {"insufficient GPU", "insufficient GPU"},
    {"RESOURCE:GPU", "insufficient GPU"},
    {"using a port required", "port taken"},
    {"RESOURCE:PORTS", "port taken"},
    {"RESOURCE:ENI", "no free network interface"},
    {"missing an attribute", "missing attribute"},
    {"encountered error \"AGENT\"", "agent not connected"},
    {"No Container Instances were found", "no container instances"},
    {"Capacity is unavailable", "capacity unavailable"},
};

const char *event_cause(const char *message, struct arena *arena)
{
    if (!message || !strstr(message, "unable to place a task"))
        return NULL;
    for (size_t i = 0; i < ARRAY_LEN(causes); i++)
        if (strcasestr(message, causes[i].says))
            return causes[i].cause;
    const char *why = strstr(message, "Reason: ");
    if (!why)
        return NULL;
    why += strlen("Reason: ");
    const char *end = strstr(why, ". ");
    size_t n = end ? (size_t)(end - why) : strlen(why);
    while (n && why[n - 1] == '.')
        n--;
    return n ? arena_printf(arena, "%.*s", (int)n, why) : NULL;
}

const char *reason_fit(const char *reason, int cols, struct arena *arena)
{
    struct strbuf b = STRBUF_INIT;
    utf8_put_middle(&b, reason ? reason : "", cols > 0 ? cols : 0);
    const char *out = arena_strdup(arena, strbuf_get(&b));
    strbuf_release(&b);
    return out;
}
