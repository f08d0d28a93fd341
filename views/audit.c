/* The audit log: one JSON line a mutation, owner-only. time, account, who,
 * region, action, arn, before, after, outcome, request id. */
#include "views/mutate_internal.h"

#include "backend/base/fmt.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void put(struct strbuf *b, const char *key, const char *value)
{
    strbuf_printf(b, "%s\"%s\":", b->len > 1 ? "," : "", key);
    strbuf_put_json(b, value ? value : "", value ? strlen(value) : 0);
}

void audit_write(const struct pending *p, const char *arn, const char *after,
                 const char *outcome, const char *request_id)
{
    const struct app *a = p->app;
    char iso[40], before[400];
    struct strbuf b = STRBUF_INIT;
    struct stat st;
    if (!a->o.audit_path)
        return;
    snprintf(before, sizeof(before), "desired=%d taskDefinition=%s",
             p->seen.desired, p->seen.task_definition);
    strbuf_putc(&b, '{');
    put(&b, "time", fmt_iso(app_now(a), FMT_UTC, iso));
    put(&b, "account", a->identity.account);
    put(&b, "who", a->identity.arn);
    put(&b, "region", aws_client_region(a->o.client));
    put(&b, "action", action_get(p->action)->name);
    put(&b, "arn", arn);
    put(&b, "before", p->action == ACTION_STOP ? "" : before);
    put(&b, "after", after);
    put(&b, "outcome", outcome);
    put(&b, "request_id", request_id);
    strbuf_puts(&b, "}\n");
    int fd = open(a->o.audit_path,
                  O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
                  0600);
    if (fd < 0 || fstat(fd, &st) || st.st_uid != geteuid() ||
        write(fd, b.data, b.len) != (ssize_t)b.len)
        app_say(p->app, MSG_WARN, "The audit log %s could not be written.",
                a->o.audit_path);
    if (fd >= 0)
        close(fd);
    strbuf_release(&b);
}
