#include "backend/base/safefile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/base/mem.h"

/* O_NONBLOCK: a FIFO must not hang us; it is refused afterwards. */
static const int OPEN_FLAGS = O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

static int open_error(const char *path, int e, struct err *err)
{
    if (e == ELOOP)
        return err_set(err, ERR_SYS,
                       "%s is not used: it is a symbolic link.", path);
    err_set_errno(err, e, "Cannot open %s", path);
    if (err && (e == ENOENT || e == ENOTDIR))
        err->code = ERR_NOT_FOUND;
    return -1;
}

static int check_fd(int fd, const char *path, unsigned checks,
                    struct err *err)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return err_set_errno(err, errno, "Cannot look at %s", path);
    if (!S_ISREG(st.st_mode))
        return err_set(err, ERR_SYS, "%s is not used: it is not a plain "
                       "file.", path);
    if ((checks & SAFEFILE_OWNED) && st.st_uid != geteuid() && st.st_uid != 0)
        return err_set(err, ERR_SYS, "%s is not used: it belongs to somebody "
                       "else.", path);
    if ((checks & SAFEFILE_UNSHARED) && (st.st_mode & 022))
        return err_set(err, ERR_SYS, "%s is not used: others can write to it. "
                       "Run: chmod go-w %s", path, path);
    return 0;
}

/* An open descriptor, or -1. */
static int open_checked(const char *path, unsigned checks, struct err *err)
{
    int nofollow = checks & SAFEFILE_NOFOLLOW ? O_NOFOLLOW : 0;
    int fd = open(path, O_RDONLY | nofollow | OPEN_FLAGS);

    if (fd < 0)
        return open_error(path, errno, err);
    if (check_fd(fd, path, checks, err) == 0)
        return fd;
    close(fd);
    return -1;
}

int safefile_check(const char *path, unsigned checks, struct err *err)
{
    int fd = open_checked(path, checks, err);

    if (fd < 0)
        return -1;
    close(fd);
    return 0;
}

int safefile_read(const char *path, unsigned checks, size_t max,
                  struct strbuf *out, struct err *err)
{
    int fd = open_checked(path, checks, err);
    ssize_t n = 1;

    if (fd < 0)
        return -1;
    out->cap = max + 2; /* one byte more than allowed, and the NUL */
    out->data = xmalloc(out->cap);
    while (n != 0 && out->len <= max) {
        n = read(fd, out->data + out->len, max + 1 - out->len);
        if (n < 0 && errno != EINTR)
            break;
        out->len += n > 0 ? (size_t)n : 0;
    }
    if (n < 0)
        err_set_errno(err, errno, "Cannot read %s", path);
    else if (out->len > max)
        n = err_set(err, ERR_TOO_LARGE, "%s is larger than %zu bytes.", path,
                    max);
    out->data[out->len] = '\0';
    close(fd);
    if (n < 0) {
        strbuf_release_secret(out);
        return -1;
    }
    return 0;
}

/* ---- writing ---- */

static int write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        data += n;
        len -= (size_t)n;
    }
    return 0;
}

/* A rename is only durable once its folder is. A file system that can't do
 * it is no reason to fail. */
static void sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *dir = slash ? xstrndup(path, (size_t)(slash - path + 1))
                      : xstrdup(".");
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
    free(dir);
}

static int check_target(const char *path, struct err *err)
{
    struct stat st;

    if (lstat(path, &st) != 0)
        return errno == ENOENT ? 0
                               : err_set_errno(err, errno, "Cannot look at %s",
                                               path);
    if (S_ISREG(st.st_mode) && st.st_uid == geteuid())
        return 0;
    return err_set(err, ERR_SYS, "%s is not replaced: it is not a plain file "
                   "of yours.", path);
}

int safefile_replace(const char *path, const void *data, size_t len,
                     struct err *err)
{
    char *temp;
    int fd, rc = -1;

    if (check_target(path, err) != 0)
        return -1;
    temp = xasprintf("%s.XXXXXX", path);
    fd = mkostemp(temp, O_CLOEXEC); /* O_EXCL, 0600 */
    if (fd < 0) {
        err_set_errno(err, errno, "Cannot write beside %s", path);
        goto out;
    }
    if (write_all(fd, data, len) != 0 || fsync(fd) != 0) {
        err_set_errno(err, errno, "Cannot write %s", temp);
    } else if (rename(temp, path) != 0) {
        err_set_errno(err, errno, "Cannot replace %s", path);
    } else {
        sync_folder(path);
        rc = 0;
    }
    if (rc != 0)
        unlink(temp);
    close(fd);
out:
    free(temp);
    return rc;
}

int safefile_append(const char *path, struct err *err)
{
    struct stat st;
    int fd = open(path,
                  O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | OPEN_FLAGS,
                  0600);

    if (fd < 0)
        return open_error(path, errno, err);
    if (check_fd(fd, path, 0, err) != 0)
        goto fail;
    if (fstat(fd, &st) != 0 || st.st_uid != geteuid()) {
        err_set(err, ERR_SYS, "%s is not used: it belongs to somebody else.",
                path);
        goto fail;
    }
    if ((st.st_mode & 077) && fchmod(fd, 0600) != 0) {
        err_set_errno(err, errno, "Cannot make %s private", path);
        goto fail;
    }
    return fd;
fail:
    close(fd);
    return -1;
}

int safefile_create(const char *path, struct err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | OPEN_FLAGS,
                  0600);

    if (fd < 0 && errno == EEXIST)
        return err_set(err, ERR_USAGE, "%s is there already: choose another "
                       "name.", path);
    if (fd < 0 && errno == ENOENT)
        return err_set(err, ERR_NOT_FOUND, "Cannot create %s: its folder does "
                       "not exist. Make it, or choose another.", path);
    if (fd < 0)
        return err_set_errno(err, errno, "Cannot create %s", path);
    return fd;
}

int safefile_mkdirs(const char *path, struct err *err)
{
    char *p = xstrdup(path);
    struct stat st;

    for (char *slash = strchr(p + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(p, 0700); /* the last one tells */
        *slash = '/';
    }
    free(p);
    if (mkdir(path, 0700) == 0)
        return 0;
    if (errno != EEXIST)
        return err_set_errno(err, errno, "Cannot create the folder %s", path);
    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
        return err_set(err, ERR_SYS, "%s is in the way: it is not a folder.",
                       path);
    return 0;
}
