/* The audit log: one JSON line a mutation, owner-only. time, account, who,
 * region, action, arn, before, after, outcome, request id. */
#include "views/mutate/mutate_internal.h"

#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "backend/base/safefile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static void put(struct strbuf *b, const char *key, const char *value)
{
    strbuf_printf(b, "%s\"%s\":", b->len > 1 ? "," : "", key);
    strbuf_put_json(b, value ? value : "", value ? strlen(value) : 0);
}

/* Takes back a torn line that nothing stands behind. */
static bool cut_back(int fd, off_t to, size_t torn)
{
    struct stat now;
    return fstat(fd, &now) == 0 && now.st_size == to + (off_t)torn &&
           ftruncate(fd, to) == 0;
}

/* All of the line or nothing: a torn one would spoil the next. Several
 * programs write one file: to be cut, it must be locked. Nobody waits for the
 * lock: the line goes to the end all the same, in one write as a rule. */
static int write_whole(int fd, const char *data, size_t n)
{
    struct stat before;
    size_t done = 0;
    bool locked = flock(fd, LOCK_EX | LOCK_NB) == 0; /* until it is closed */
    if (fstat(fd, &before) != 0)
        return -1;
    while (done < n) {
        ssize_t w = write(fd, data + done, n - done);
        if (w < 0 && errno == EINTR)
            continue;
        if (w <= 0)
            break;
        done += (size_t)w;
    }
    if (done == n)
        return 0;
    if (locked && done)
        cut_back(fd, before.st_size, done);
    return -1;
}

/* The folder is made with the first entry, not by looking around. */
static int append(const char *path, const char *data, size_t n)
{
    const char *slash = strrchr(path, '/');
    char *dir = slash && slash > path ? xstrndup(path, (size_t)(slash - path))
                                      : NULL;
    if (dir)
        safefile_mkdirs(dir, NULL); /* what goes wrong the next call tells */
    free(dir);
    int fd = safefile_append(path, NULL);
    if (fd < 0)
        return -1;
    int rc = write_whole(fd, data, n);
    if (close(fd) != 0) /* where a network's disk says that it is full */
        rc = -1;
    return rc;
}

void audit_write(const struct pending *p, const char *arn, const char *before,
                 const char *after, const char *outcome,
                 const char *request_id)
{
    const struct app *a = p->app;
    char iso[40];
    struct strbuf b = STRBUF_INIT;
    if (!a->o.audit_path)
        return;
    strbuf_putc(&b, '{');
    put(&b, "time", fmt_iso(app_now(a), FMT_UTC, iso));
    put(&b, "account", p->realm->identity.account);
    put(&b, "who", p->realm->identity.arn);
    put(&b, "region", aws_client_region(p->realm->client));
    put(&b, "action", action_get(p->action)->name);
    put(&b, "arn", arn);
    put(&b, "before", before);
    put(&b, "after", after);
    put(&b, "outcome", outcome);
    put(&b, "request_id", request_id);
    strbuf_puts(&b, "}\n");
    if (append(a->o.audit_path, b.data, b.len))
        app_say_in(p->app, p->realm, MSG_WARN, "The audit log %s could not be written.",
                a->o.audit_path);
    strbuf_release(&b);
}
