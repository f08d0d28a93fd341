/* What can be said of the options of `tail` without asking anybody. */
#include "views/tail/tail_internal.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "views/log/log_command.h"

#define SOMEDAY_MS ((int64_t)4102444800000)
#define NAME_BYTES                                                            \
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

int tail_split(const char *name, char **cluster, char **service)
{
    const char *at = name, *slash;

    if (strncmp(name, "arn:", 4) == 0) {
        at = strstr(name, ":service/");
        if (!at)
            return -1;
        at += strlen(":service/");
    }
    slash = strchr(at, '/');
    if (!slash || slash == at || !slash[1] || strchr(slash + 1, '/'))
        return -1;
    if (strspn(at, NAME_BYTES "/") != strlen(at) || strlen(at) > 511)
        return -1;
    *cluster = xasprintf("%.*s", (int)(slash - at), at);
    *service = xstrdup(slash + 1);
    return 0;
}

void tail_since(const char *text, int64_t now, int64_t *ago_ms,
                int64_t *from_ms)
{
    char *ago = xasprintf("-%s", text);
    int64_t t = log_parse_time(ago, now, true);

    free(ago);
    *ago_ms = t < 0 ? 0 : now - t > 0 ? now - t : 1;
    *from_ms = t < 0 ? log_parse_time(text, now, true) : 0;
    if (*from_ms < 0)
        *from_ms = 0;
}

int tail_check(const struct tail_options *o, struct err *err)
{
    int64_t ago = 1, from = 0;
    struct regex *re;
    char *cluster, *service;

    if (!o->n_names)
        return err_set(err, ERR_USAGE, "tail wants CLUSTER/SERVICE, for "
                       "example: ecsdash tail prod/web.");
    for (size_t i = 0; i < o->n_names; i++) {
        if (tail_split(o->names[i], &cluster, &service))
            return err_set(err, ERR_USAGE, "tail takes CLUSTER/SERVICE or a "
                           "service's ARN, not %s.", o->names[i]);
        free(cluster);
        free(service);
    }
    if (o->follow && o->until_stable)
        return err_set(err, ERR_USAGE, "Either --follow or --until-stable.");
    if (o->since)
        tail_since(o->since, SOMEDAY_MS, &ago, &from);
    if (!ago && !from)
        return err_set(err, ERR_USAGE, "--since takes 90s, 15m, 1h30m, 2d, "
                       "14:03 or 2026-11-21T14:03:00Z, not %s.", o->since);
    if (o->filter) {
        re = regex_new(o->filter + (*o->filter == '!'), err);
        if (!re)
            return -1;
        regex_free(re);
    }
    return 0;
}
