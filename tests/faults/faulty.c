/* faulty.so: makes the N-th call of a kind fail, `once` or from then on
 * (`always`).
 *
 *   LD_PRELOAD=faulty.so FAULTY=connect:3:once FAULTY_COUNT=FILE program
 *
 * FILE gets the number of calls of that kind as 8 bytes, kept up to date
 * through a mapping, so that it is right also after an abort. N = 0 only
 * counts. Calls that libc makes inside itself are not seen. Kinds and what
 * they fail with are in the table. Reads and writes count for regular files
 * only; the allocator's calls count for everybody: ours, curl, jansson,
 * libuv, ncurses, OpenSSL. */

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { NONE, ALLOC, SOCKET, CONNECT, SEND, RECV, OPEN, READ, WRITE,
            RENAME, FORK, INTR };

static const struct {
    const char *name;
    enum kind kind;
    int error;
} kinds[] = {
    {"alloc", ALLOC, ENOMEM},     {"socket", SOCKET, EMFILE},
    {"connect", CONNECT, ECONNREFUSED}, {"send", SEND, ECONNRESET},
    {"recv", RECV, ECONNRESET},   {"open", OPEN, EMFILE},
    {"read", READ, EIO},          {"write", WRITE, ENOSPC},
    {"rename", RENAME, EIO},      {"fork", FORK, EAGAIN},
    {"intr", INTR, EINTR},
};

static enum kind active;
static int failure;
static uint64_t at, *count, spare;
static bool on;

__attribute__((constructor)) static void start(void)
{
    const char *plan = getenv("FAULTY"), *path = getenv("FAULTY_COUNT");
    count = &spare;
    if (!plan)
        return;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        size_t n = strlen(kinds[i].name);
        if (strncmp(plan, kinds[i].name, n) == 0 && plan[n] == ':') {
            at = strtoull(plan + n + 1, NULL, 10);
            on = strstr(plan + n, ":always") != NULL;
            failure = kinds[i].error;
            active = kinds[i].kind;
        }
    }
    /* A child of the program is not the one under test. */
    unsetenv("FAULTY");
    int fd = path ? (int)syscall(2 /* open */, path, O_RDWR | O_CREAT, 0600)
                  : -1;
    if (fd >= 0 && ftruncate(fd, 8) == 0) {
        void *p = mmap(NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (p != MAP_FAILED)
            count = p;
    }
    if (fd >= 0)
        close(fd);
}

static bool fails(enum kind k)
{
    if (k != active || !count)
        return false;
    uint64_t n = __atomic_add_fetch(count, 1, __ATOMIC_RELAXED);
    if (at == 0 || (on ? n < at : n != at))
        return false;
    errno = failure;
    return true;
}

static bool regular(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

#define REAL(name) \
    static __typeof__(name) *real; \
    if (!real) \
        real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

/* glibc's own names: dlsym() allocates, so the usual way would recurse. */
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);

void *malloc(size_t n)
{
    return fails(ALLOC) ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    return fails(ALLOC) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
    return fails(ALLOC) ? NULL : __libc_realloc(p, n);
}

int socket(int domain, int type, int protocol)
{
    REAL(socket);
    return fails(SOCKET) ? -1 : real(domain, type, protocol);
}

int connect(int fd, const struct sockaddr *to, socklen_t len)
{
    REAL(connect);
    return fails(CONNECT) ? -1 : real(fd, to, len);
}

ssize_t send(int fd, const void *data, size_t n, int flags)
{
    REAL(send);
    return fails(SEND) ? -1 : real(fd, data, n, flags);
}

ssize_t recv(int fd, void *data, size_t n, int flags)
{
    REAL(recv);
    return fails(RECV) ? -1 : real(fd, data, n, flags);
}

int open(const char *path, int flags, ...)
{
    mode_t mode = 0;
    REAL(open);
    if (flags & (O_CREAT | O_TMPFILE)) {
        va_list ap;
        va_start(ap, flags);
        mode = va_arg(ap, mode_t);
        va_end(ap);
    }
    return fails(OPEN) ? -1 : real(path, flags, mode);
}

ssize_t read(int fd, void *data, size_t n)
{
    REAL(read);
    if (fails(INTR) || (active == READ && regular(fd) && fails(READ)))
        return -1;
    return real(fd, data, n);
}

ssize_t write(int fd, const void *data, size_t n)
{
    REAL(write);
    if (fails(INTR) || (active == WRITE && regular(fd) && fails(WRITE)))
        return -1;
    return real(fd, data, n);
}

ssize_t writev(int fd, const struct iovec *v, int n)
{
    REAL(writev);
    if (fails(INTR) || (active == WRITE && regular(fd) && fails(WRITE)))
        return -1;
    return real(fd, v, n);
}

int rename(const char *from, const char *to)
{
    REAL(rename);
    return fails(RENAME) ? -1 : real(from, to);
}

pid_t fork(void)
{
    REAL(fork);
    return fails(FORK) ? -1 : real();
}
