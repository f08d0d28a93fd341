/* err.h - one error, owned by the caller, always a whole sentence.
 *
 * Fallible functions take a `struct err *err` last and set it once. `err` may
 * be NULL where the caller only wants the return value. Messages never hold a
 * secret; text from outside is sanitised by err_set(). */
#ifndef ECSDASH_BASE_ERR_H
#define ECSDASH_BASE_ERR_H

#include <stdbool.h>

enum err_code {
    ERR_NONE = 0,
    ERR_SYS,         /* a system call failed */
    ERR_NET,         /* no connection, DNS, reset */
    ERR_TIMEOUT,     /* deadline passed */
    ERR_TLS,         /* certificate or handshake */
    ERR_TOO_LARGE,   /* a cap was passed */
    ERR_PARSE,       /* a reply, file or spec that makes no sense */
    ERR_AWS,         /* the service said no, see aws_code */
    ERR_THROTTLED,   /* the service said slower */
    ERR_DENIED,      /* the identity may not */
    ERR_CREDENTIALS, /* none, or wrong */
    ERR_EXPIRED,     /* credentials were right once */
    ERR_NOT_FOUND,   /* the thing named does not exist */
    ERR_USAGE,       /* bad command line or command */
    ERR_CONFIG,      /* bad configuration file */
    ERR_READ_ONLY,   /* a mutation under --read-only */
    ERR_OUTCOME_UNKNOWN, /* a mutation was sent, no answer came */
    ERR_TERMINAL,    /* the terminal can't be used */
    ERR_N
};

struct err {
    enum err_code code;
    int http_status;     /* 0 when no reply came */
    bool retryable;      /* another try may succeed by itself */
    char aws_code[64];   /* "ThrottlingException", or "" */
    char request_id[80]; /* x-amzn-requestid, or "" */
    char message[1200];  /* a sentence; longer ones end in "..." */
};

/* Set code and message (printf style, sanitised, cut with "..." when too
 * long). Clears the other fields. No-op when err is NULL. Always returns -1,
 * so that `return err_set(...)` reads well. */
int err_set(struct err *err, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Like err_set, with ": <strerror(errno_value)>" appended. code is ERR_SYS. */
int err_set_errno(struct err *err, int errno_value, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Put a prefix "<text>: " before the message, keeping the rest. */
void err_prefix(struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void err_clear(struct err *err);
/* A short word for the code ("denied", "throttled"), never NULL. */
const char *err_code_name(enum err_code code);

#endif
