#include "backend/base/err.h"

#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/strbuf.h"
#include "backend/base/utf8.h"

static const char *const code_names[ERR_N] = {
    [ERR_NONE] = "none",
    [ERR_SYS] = "system",
    [ERR_NET] = "network",
    [ERR_TIMEOUT] = "timeout",
    [ERR_TLS] = "tls",
    [ERR_TOO_LARGE] = "too large",
    [ERR_PARSE] = "parse",
    [ERR_AWS] = "refused",
    [ERR_THROTTLED] = "throttled",
    [ERR_DENIED] = "denied",
    [ERR_CREDENTIALS] = "credentials",
    [ERR_EXPIRED] = "expired",
    [ERR_NOT_FOUND] = "not found",
    [ERR_USAGE] = "usage",
    [ERR_CONFIG] = "config",
    [ERR_READ_ONLY] = "read-only",
    [ERR_OUTCOME_UNKNOWN] = "outcome unknown",
    [ERR_TERMINAL] = "terminal",
};

/* raw -> err->message: sanitised, cut at a character with "..." */
static void store_message(struct err *err, const struct strbuf *raw)
{
    struct strbuf clean = STRBUF_INIT;
    size_t room = sizeof(err->message) - 1;
    size_t n;

    utf8_sanitise(&clean, strbuf_get(raw), raw->len);
    n = clean.len;
    if (n > room) {
        n = room - 3;
        while (n > 0 && ((unsigned char)clean.data[n] & 0xc0) == 0x80)
            n--;
    }
    memcpy(err->message, strbuf_get(&clean), n);
    if (n < clean.len) {
        memcpy(err->message + n, "...", 3);
        n += 3;
    }
    err->message[n] = '\0';
    strbuf_release(&clean);
}

/* The arguments may point into *err itself, so format first, clear after. */
static void set_formatted(struct err *err, enum err_code code,
                          const struct strbuf *raw)
{
    err_clear(err);
    err->code = code;
    store_message(err, raw);
}

int err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
    struct strbuf raw = STRBUF_INIT;
    va_list ap;

    if (!err)
        return -1;
    va_start(ap, fmt);
    strbuf_vprintf(&raw, fmt, ap);
    va_end(ap);
    set_formatted(err, code, &raw);
    strbuf_release(&raw);
    return -1;
}

int err_set_errno(struct err *err, int errno_value, const char *fmt, ...)
{
    struct strbuf raw = STRBUF_INIT;
    char buf[128] = "";
    va_list ap;

    if (!err)
        return -1;
    va_start(ap, fmt);
    strbuf_vprintf(&raw, fmt, ap);
    va_end(ap);
    /* GNU strerror_r: the text may or may not be in buf. */
    strbuf_printf(&raw, ": %s", strerror_r(errno_value, buf, sizeof(buf)));
    set_formatted(err, ERR_SYS, &raw);
    strbuf_release(&raw);
    return -1;
}

void err_prefix(struct err *err, const char *fmt, ...)
{
    struct strbuf raw = STRBUF_INIT;
    va_list ap;

    if (!err)
        return;
    va_start(ap, fmt);
    strbuf_vprintf(&raw, fmt, ap);
    va_end(ap);
    strbuf_printf(&raw, ": %s", err->message);
    store_message(err, &raw);
    strbuf_release(&raw);
}

void err_clear(struct err *err)
{
    if (!err)
        return;
    /* Ends, not all 800 bytes: this runs on every call. */
    err->code = ERR_NONE;
    err->http_status = 0;
    err->retryable = false;
    err->aws_code[0] = '\0';
    err->request_id[0] = '\0';
    err->message[0] = '\0';
}

const char *err_code_name(enum err_code code)
{
    if ((unsigned)code >= ARRAY_LEN(code_names))
        return "unknown";
    return code_names[code];
}
