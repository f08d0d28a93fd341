#include "views/app/history_file.h"

#include "backend/base/mem.h"
#include "backend/base/safefile.h"
#include "backend/base/strbuf.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST ((size_t)256 << 10)

static size_t count_lines(const struct strbuf *b)
{
    size_t n = 0;
    for (size_t i = 0; i < b->len; i++)
        n += b->data[i] == '\n';
    return n;
}

void history_file_load(const char *path, struct history *h)
{
    struct strbuf text = STRBUF_INIT;
    if (path && safefile_read(path, SAFEFILE_STRICT, MOST, &text, NULL) == 0) {
        history_load(h, strbuf_get(&text), text.len);
        if (count_lines(&text) > (size_t)2 * HISTORY_MAX) {
            strbuf_clear(&text);
            history_print(h, &text);
            safefile_replace(path, strbuf_get(&text), text.len, NULL);
        }
    }
    strbuf_release(&text);
}

static bool may_be_secret(const char *line)
{
    static const char *const words[] = {"secret", "password", "passwd",
                                        "token", "AKIA", "ASIA"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strcasestr(line, words[i]))
            return true;
    return false;
}

void history_file_add(const char *path, const char *line)
{
    const char *slash = path ? strrchr(path, '/') : NULL;
    if (!slash || !*line || strchr(line, '\n') || may_be_secret(line))
        return;
    char *dir = xstrndup(path, (size_t)(slash - path));
    char *text = xasprintf("%s\n", line);
    safefile_mkdirs(dir, NULL); /* what goes wrong the next call tells */
    int fd = safefile_append(path, NULL);
    if (fd >= 0) {
        ssize_t ignored = write(fd, text, strlen(text));
        (void)ignored;
        close(fd);
    }
    free(text);
    free(dir);
}
