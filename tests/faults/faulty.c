/* faulty.so: makes the N-th call of a kind fail, `once` or from then on
 * (`always`).
 *
 *   LD_PRELOAD=faulty.so FAULTY=connect:3:once FAULTY_COUNT=FILE program
 *
 * FILE gets the number of calls of that kind as 8 bytes, kept up to date
 * through a mapping, so that it is right also after an abort. N = 0 only
 * counts. FAULTY_UNDER=FOLDER: of files, only those below it. Calls that libc
 * makes inside itself are not seen. Kinds and what they fail with are in the
 * table; `short` writes half, once, or half and then nothing more as on a
 * full disk; `resolve` waits for ever; `close` closes and complains, as NFS does. Files are regular
 * ones; a descriptor is anything that is opened or made.
 *
 * Memory (stacks.c): `alloc` counts the calls of everybody: ours, curl,
 * jansson, libuv, ncurses, OpenSSL; `stack` each distinct call stack once, and
 * not those of the last two. Its N is the stack's number, in hexadecimal:
 * FILE holds them after the count. */

#include "tests/faults/faulty.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static const struct {
    const char *name;
    enum kind kind;
    int error;
} kinds[] = {
    {"alloc", ALLOC, ENOMEM},     {"stack", STACK, ENOMEM},
    {"descriptor", DESCRIPTOR, EMFILE},
    {"connect", CONNECT, ECONNREFUSED}, {"send", SEND, ECONNRESET},
    {"recv", RECV, ECONNRESET},   {"open", OPEN, EMFILE},
    {"create", CREATE, ENOSPC},   {"read", READ, EIO},
    {"write", WRITE, ENOSPC},     {"short", SHORT, ENOSPC},
    {"fsync", FSYNC, EIO},        {"close", CLOSE, EIO},
    {"rename", RENAME, EIO},      {"fork", FORK, EAGAIN},
    {"intr", INTR, EINTR},        {"resolve", RESOLVE, 0},
};

struct faulty faulty = {.page = &(struct page){0}};
static int failure;
static char *under;

__attribute__((constructor)) static void start(void)
{
    const char *plan = getenv("FAULTY"), *path = getenv("FAULTY_COUNT");
    if (!plan)
        return;
    under = getenv("FAULTY_UNDER");
    int fd = path ? (int)syscall(SYS_open, path, O_RDWR | O_CREAT, 0600) : -1;
    if (fd >= 0 && ftruncate(fd, sizeof(struct page)) == 0) {
        void *p = mmap(NULL, sizeof(struct page), PROT_READ | PROT_WRITE,
                       MAP_SHARED, fd, 0);
        if (p != MAP_FAILED)
            faulty.page = p;
    }
    if (fd >= 0)
        syscall(SYS_close, fd);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        size_t n = strlen(kinds[i].name);
        if (strncmp(plan, kinds[i].name, n) == 0 && plan[n] == ':') {
            faulty.at = strtoull(plan + n + 1, NULL,
                                 kinds[i].kind == STACK ? 16 : 10);
            faulty.on = strstr(plan + n, ":always") != NULL;
            failure = kinds[i].error;
            faulty.kind = kinds[i].kind;
        }
    }
    /* A child of the program is not the one under test. */
    unsetenv("FAULTY");
}

bool fails(enum kind k)
{
    if (k != faulty.kind)
        return false;
    uint64_t n = __atomic_add_fetch(&faulty.page->count, 1, __ATOMIC_RELAXED);
    if (faulty.at == 0 || (faulty.on ? n < faulty.at : n != faulty.at))
        return false;
    errno = failure;
    return true;
}

#define REAL(name) \
    static __typeof__(name) *real; \
    if (!real) \
        real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

/* ---- files ------------------------------------------------------------ */

static bool is_under(const char *path)
{
    return !under || strncmp(path, under, strlen(under)) == 0;
}

/* An open file that counts. */
static bool counts(int fd)
{
    char link[40], path[4096];
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return false;
    if (!under)
        return true;
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof(path) - 1);
    path[n > 0 ? n : 0] = '\0';
    return is_under(path);
}

static bool file_fails(enum kind k, int fd)
{
    return k == faulty.kind && counts(fd) && fails(k);
}

static bool open_fails(const char *path, int flags)
{
    if (!is_under(path))
        return fails(DESCRIPTOR);
    return fails(OPEN) || fails(DESCRIPTOR) ||
           ((flags & O_CREAT) && fails(CREATE));
}

#define OPENS(name) \
    int name(const char *path, int flags, ...); \
    int name(const char *path, int flags, ...) \
    { \
        mode_t mode = 0; \
        REAL(name); \
        if (flags & (O_CREAT | O_TMPFILE)) { \
            va_list ap; \
            va_start(ap, flags); \
            mode = va_arg(ap, mode_t); \
            va_end(ap); \
        } \
        return open_fails(path, flags) ? -1 : real(path, flags, mode); \
    }
OPENS(open)
OPENS(open64)
OPENS(__open_2)
OPENS(__open64_2)

int mkostemp(char *path, int flags)
{
    REAL(mkostemp);
    return open_fails(path, O_CREAT) ? -1 : real(path, flags);
}

int mkdir(const char *path, mode_t mode)
{
    REAL(mkdir);
    return is_under(path) && fails(CREATE) ? -1 : real(path, mode);
}

FILE *fopen(const char *path, const char *mode)
{
    REAL(fopen);
    return open_fails(path, *mode == 'r' ? 0 : O_CREAT) ? NULL
                                                        : real(path, mode);
}

ssize_t read(int fd, void *data, size_t n)
{
    REAL(read);
    return fails(INTR) || file_fails(READ, fd) ? -1 : real(fd, data, n);
}

ssize_t write(int fd, const void *data, size_t n)
{
    REAL(write);
    if (fails(INTR) || file_fails(WRITE, fd))
        return -1;
    if (!file_fails(SHORT, fd))
        return real(fd, data, n);
    return faulty.page->count > faulty.at ? -1 : real(fd, data, n / 2);
}

ssize_t writev(int fd, const struct iovec *v, int n)
{
    REAL(writev);
    return fails(INTR) || file_fails(WRITE, fd) ? -1 : real(fd, v, n);
}

int fsync(int fd)
{
    REAL(fsync);
    return file_fails(FSYNC, fd) ? -1 : real(fd);
}

int close(int fd)
{
    REAL(close);
    bool bad = file_fails(CLOSE, fd);
    int rc = real(fd);
    if (bad)
        errno = failure;
    return bad ? -1 : rc;
}

int rename(const char *from, const char *to)
{
    REAL(rename);
    return is_under(to) && fails(RENAME) ? -1 : real(from, to);
}

/* ---- descriptors, the network, children, signals ----------------------- */

int socket(int domain, int type, int protocol)
{
    REAL(socket);
    return fails(DESCRIPTOR) ? -1 : real(domain, type, protocol);
}

int socketpair(int domain, int type, int protocol, int fds[2])
{
    REAL(socketpair);
    return fails(DESCRIPTOR) ? -1 : real(domain, type, protocol, fds);
}

int pipe2(int fds[2], int flags)
{
    REAL(pipe2);
    return fails(DESCRIPTOR) ? -1 : real(fds, flags);
}

int eventfd(unsigned n, int flags)
{
    REAL(eventfd);
    return fails(DESCRIPTOR) ? -1 : real(n, flags);
}

int epoll_create1(int flags)
{
    REAL(epoll_create1);
    return fails(DESCRIPTOR) ? -1 : real(flags);
}

int memfd_create(const char *name, unsigned flags)
{
    REAL(memfd_create);
    return fails(DESCRIPTOR) ? -1 : real(name, flags);
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

int poll(struct pollfd *fds, nfds_t n, int ms)
{
    REAL(poll);
    return fails(INTR) ? -1 : real(fds, n, ms);
}

int epoll_pwait(int fd, struct epoll_event *events, int n, int ms,
                const sigset_t *mask)
{
    REAL(epoll_pwait);
    return fails(INTR) ? -1 : real(fd, events, n, ms, mask);
}

int getaddrinfo(const char *name, const char *service,
                const struct addrinfo *hints, struct addrinfo **out)
{
    REAL(getaddrinfo);
    while (fails(RESOLVE))
        sleep(1000);
    return real(name, service, hints, out);
}

pid_t fork(void)
{
    REAL(fork);
    return fails(FORK) ? -1 : real();
}
