/* grammar_util.c - reading files, placing messages, writing words. */
#include "backend/base/grammar.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/base/mem.h"
#include "backend/base/strbuf.h"

/* 0/-1; reads at most one byte beyond the cap. */
static int read_all(const char *path, struct strbuf *out, struct err *err)
{
    struct stat st;
    char buf[16384];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    int rc = -1;

    if (fd < 0) {
        int e = errno;

        err_set_errno(err, e, "Can't read %s", path);
        if (err && e == ENOENT) {
            err->code = ERR_NOT_FOUND;
        }
        return -1;
    }
    if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
        err_set(err, ERR_CONFIG, "%s is a directory, not a file.", path);
        goto out;
    }
    while (out->len <= GRAMMAR_MAX_FILE) {
        ssize_t n = read(fd, buf, sizeof(buf));

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            err_set_errno(err, errno, "Can't read %s", path);
            goto out;
        }
        if (n == 0) {
            rc = 0;
            goto out;
        }
        strbuf_append(out, buf, (size_t)n);
    }
    err_set(err, ERR_CONFIG, "%s is larger than 1 MiB.", path);
out:
    close(fd);
    return rc;
}

struct grammar *grammar_read(const char *path, grammar_report_fn *report,
                             void *arg, struct err *err)
{
    struct strbuf text = STRBUF_INIT;
    struct grammar *g = NULL;

    if (read_all(path, &text, err) == 0) {
        g = grammar_parse(path, strbuf_get(&text), text.len, report, arg);
    }
    strbuf_release(&text);
    return g;
}

int grammar_fail(const struct grammar *g, const struct grammar_stmt *s,
                 struct err *err, const char *fmt, ...)
{
    struct strbuf text = STRBUF_INIT;
    va_list ap;

    va_start(ap, fmt);
    strbuf_vprintf(&text, fmt, ap);
    va_end(ap);
    err_set(err, ERR_CONFIG, "%s:%d: %s", g->file, s->line,
            strbuf_get(&text));
    strbuf_release(&text);
    return -1;
}

int grammar_locate(const struct grammar *g, const struct grammar_stmt *s,
                   struct err *err)
{
    err_prefix(err, "%s:%d", g->file, s->line);
    return -1;
}

void grammar_quote(struct strbuf *out, const char *word)
{
    if (*word != '\0' && !strpbrk(word, " \t\r\n;{}\\\"'#")) {
        strbuf_puts(out, word);
        return;
    }
    strbuf_putc(out, '"');
    for (const char *p = word; *p; p++) {
        switch (*p) {
        case '\n':
            strbuf_puts(out, "\\n");
            break;
        case '\t':
            strbuf_puts(out, "\\t");
            break;
        case '"':
        case '\\':
            strbuf_putc(out, '\\');
            strbuf_putc(out, *p);
            break;
        default:
            strbuf_putc(out, *p);
        }
    }
    strbuf_putc(out, '"');
}

int grammar_bool(const char *word, bool *out)
{
    static const struct {
        const char *word;
        bool value;
    } words[] = {
        {.word = "yes", .value = true},   {.word = "no", .value = false},
        {.word = "on", .value = true},    {.word = "off", .value = false},
        {.word = "true", .value = true},  {.word = "false", .value = false},
        {.word = "1", .value = true},     {.word = "0", .value = false},
    };

    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (strcasecmp(word, words[i].word) == 0) {
            *out = words[i].value;
            return 0;
        }
    }
    return -1;
}
