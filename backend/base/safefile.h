/* safefile.h - small files that matter (credentials, caches, logs): read with
 * checks, replaced whole, created for their owner only.
 *
 * A path may lie in a folder that others can write to, so nothing is trusted
 * but what fstat() says of the open descriptor. Nothing here waits on a pipe
 * that lies in place of a file. "Ours" is the effective user. Errors are
 * ERR_NOT_FOUND (no such file), ERR_TOO_LARGE, else ERR_SYS, and name the
 * path. */
#ifndef ECSDASH_BASE_SAFEFILE_H
#define ECSDASH_BASE_SAFEFILE_H

#include "backend/base/err.h"
#include "backend/base/strbuf.h"

#include <stddef.h>

enum safefile_check {
    SAFEFILE_NOFOLLOW = 1, /* the last part may be no symbolic link */
    SAFEFILE_OWNED = 2,    /* belongs to us or to root */
    SAFEFILE_UNSHARED = 4, /* neither group nor others may write it */
    SAFEFILE_STRICT = 7
};

/* Reads a regular file of at most max bytes into out, which must be empty.
 * The buffer has its full size at once and so leaves no copies behind:
 * strbuf_release_secret() wipes all there was. -1: out is empty. */
int safefile_read(const char *path, unsigned checks, size_t max,
                  struct strbuf *out, struct err *err);
/* Only the checks. */
int safefile_check(const char *path, unsigned checks, struct err *err);

/* Replaces or creates path, mode 0600, in one step: whoever reads sees the
 * old text or the new one. What is there already must be a regular file of
 * ours. The folder must exist. */
int safefile_replace(const char *path, const void *data, size_t len,
                     struct err *err);

/* A descriptor that appends to a regular file of ours, created or made 0600;
 * no link is followed. -1 on failure. */
int safefile_append(const char *path, struct err *err);

/* A descriptor of a new file of mode 0600. What is there already, a link too,
 * is left alone: ERR_USAGE. */
int safefile_create(const char *path, struct err *err);

/* The folder and those above it, as far as they are missing, mode 0700. */
int safefile_mkdirs(const char *path, struct err *err);

#endif
