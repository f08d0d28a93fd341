#include "backend/base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "backend/base/safefile.h"
#include "backend/base/strbuf.h"
#include "backend/base/utf8.h"

enum { ROTATE_AT = 8 * 1024 * 1024 };

struct log {
    int fd; /* -1: drop everything */
    char *path;
    struct clock *clock;
    off_t size;
};

/* An open descriptor, or -1 with err. */
static int open_file(const char *path, off_t *size, struct err *err)
{
    struct stat st;
    int fd = safefile_append(path, err);

    if (fd < 0) {
        err_prefix(err, "The log can't be written");
        return -1;
    }
    *size = fstat(fd, &st) == 0 ? st.st_size : 0;
    return fd;
}

/* Keep writing to the old file when the new one can't be had. */
static void rotate(struct log *l)
{
    char *old = xasprintf("%s.1", l->path);
    off_t size = 0;
    int fd;

    l->size = 0; /* whatever happens: don't try again at every line */
    if (rename(l->path, old) == 0) {
        fd = open_file(l->path, &size, NULL);
        if (fd >= 0) {
            close(l->fd);
            l->fd = fd;
            l->size = size;
        }
    }
    free(old);
}

struct log *log_open(const char *path, struct clock *clock, struct err *err)
{
    struct log *l = xcalloc(1, sizeof(*l));

    l->fd = -1;
    l->clock = clock;
    if (!path)
        return l;
    l->fd = open_file(path, &l->size, err);
    if (l->fd < 0) {
        free(l);
        return NULL;
    }
    l->path = xstrdup(path);
    if (l->size > ROTATE_AT)
        rotate(l);
    return l;
}

void log_close(struct log *l)
{
    if (!l)
        return;
    if (l->fd >= 0)
        close(l->fd);
    free(l->path);
    free(l);
}

void log_line(struct log *l, const char *fmt, ...)
{
    struct strbuf raw = STRBUF_INIT, line = STRBUF_INIT;
    char stamp[40], ms[20];
    int64_t now;
    ssize_t n;
    va_list ap;

    if (!l || l->fd < 0)
        return;
    va_start(ap, fmt);
    strbuf_vprintf(&raw, fmt, ap);
    va_end(ap);
    now = clock_wall_ms(l->clock);
    /* "2026-11-21T" from the one, "14:32:07.204Z" from the other. */
    fmt_iso(now, FMT_UTC, stamp);
    fmt_clock_ms(now, FMT_UTC, ms);
    strbuf_printf(&line, "%.11s%s ", stamp, ms);
    utf8_sanitise(&line, strbuf_get(&raw), raw.len);
    strbuf_putc(&line, '\n');
    if (l->size > ROTATE_AT)
        rotate(l);
    /* One write a line, so that two programs don't mix theirs. A full disk
     * loses the line: there is nobody to tell. */
    do
        n = write(l->fd, line.data, line.len);
    while (n < 0 && errno == EINTR);
    if (n > 0)
        l->size += n;
    strbuf_release(&raw);
    strbuf_release(&line);
}
