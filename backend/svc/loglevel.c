/* What level a line claims. No regular expressions: this runs once for every
 * line that comes in. */
#include "backend/svc/logbuf.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "backend/base/mem.h"

#define PLAIN_SCAN 300 /* levels stand near the start */
#define JSON_SCAN 4096

struct word {
    const char *text;
    enum log_level level;
};

/* Values of a level member, any case. */
static const struct word values[] = {
    {"error", LOG_LEVEL_ERROR},     {"err", LOG_LEVEL_ERROR},
    {"fatal", LOG_LEVEL_FATAL},     {"critical", LOG_LEVEL_FATAL},
    {"crit", LOG_LEVEL_FATAL},      {"panic", LOG_LEVEL_FATAL},
    {"dpanic", LOG_LEVEL_FATAL},    {"severe", LOG_LEVEL_ERROR},
    {"emerg", LOG_LEVEL_FATAL},     {"emergency", LOG_LEVEL_FATAL},
    {"alert", LOG_LEVEL_FATAL},     {"warn", LOG_LEVEL_WARN},
    {"warning", LOG_LEVEL_WARN},
};

/* Words of plain text, in capitals. */
static const struct word words[] = {
    {"ERROR", LOG_LEVEL_ERROR},  {"FATAL", LOG_LEVEL_FATAL},
    {"CRITICAL", LOG_LEVEL_FATAL}, {"PANIC", LOG_LEVEL_FATAL},
    {"SEVERE", LOG_LEVEL_ERROR}, {"EMERG", LOG_LEVEL_FATAL},
    {"WARN", LOG_LEVEL_WARN},    {"WARNING", LOG_LEVEL_WARN},
};

/* Lines that are trouble by how they begin. */
static const struct word starts[] = {
    {"panic:", LOG_LEVEL_FATAL},
    {"fatal error:", LOG_LEVEL_FATAL},
    {"error:", LOG_LEVEL_ERROR},
    {"Traceback (most recent call last)", LOG_LEVEL_ERROR},
    {"Exception in thread", LOG_LEVEL_ERROR},
    {"Unhandled exception", LOG_LEVEL_ERROR},
    {"warning:", LOG_LEVEL_WARN},
    {"[error]", LOG_LEVEL_ERROR},
    {"[warn]", LOG_LEVEL_WARN},
};

static enum log_level value_level(const char *s, size_t n)
{
    for (size_t i = 0; i < ARRAY_LEN(values); i++)
        if (strlen(values[i].text) == n &&
            strncasecmp(values[i].text, s, n) == 0)
            return values[i].level;
    return LOG_LEVEL_NONE;
}

/* The value behind a key: "x", x or a number (pino and bunyan: 40 warns, 50
 * is an error, 60 and above are fatal). */
static enum log_level level_at(const char *s, const char *end)
{
    while (s < end && *s == ' ')
        s++;
    if (s < end && *s == '"')
        s++;
    const char *from = s;
    while (s < end && isalnum((unsigned char)*s))
        s++;
    if (s > from && isdigit((unsigned char)*from))
        return s - from != 2    ? LOG_LEVEL_NONE
               : *from >= '6'   ? LOG_LEVEL_FATAL
               : *from == '5'   ? LOG_LEVEL_ERROR
               : *from == '4'   ? LOG_LEVEL_WARN
                                : LOG_LEVEL_NONE;
    return value_level(from, (size_t)(s - from));
}

/* Members may be anywhere; a text member that holds the word is not one,
 * since a key ends with `":`. True when a key was there. */
static bool json_level(const char *text, size_t n, enum log_level *out)
{
    static const char *const keys[] = {"level\"", "severity\"", "lvl\"",
                                       "loglevel\"", "levelname\""};
    const char *end = text + (n < JSON_SCAN ? n : JSON_SCAN);

    for (const char *q = text; (q = memchr(q, '"', (size_t)(end - q))); q++) {
        const char *key = q + 1;
        if (end - key > 4 && strncmp(key, "log.", 4) == 0)
            key += 4;
        for (size_t k = 0; k < ARRAY_LEN(keys); k++) {
            size_t len = strlen(keys[k]);
            if ((size_t)(end - key) <= len ||
                strncasecmp(key, keys[k], len) != 0)
                continue;
            const char *v = key + len;
            while (v < end && *v == ' ')
                v++;
            if (v < end && *v == ':') {
                *out = level_at(v + 1, end);
                return true;
            }
        }
    }
    return false;
}

static bool is_word_char(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static enum log_level plain_level(const char *text, size_t n)
{
    size_t end = n < PLAIN_SCAN ? n : PLAIN_SCAN;

    for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
        size_t len = strlen(starts[i].text);
        if (n >= len && strncasecmp(text, starts[i].text, len) == 0)
            return starts[i].level;
    }
    for (size_t i = 0; i < end; i++) {
        if (i && is_word_char(text[i - 1]))
            continue;
        if (n - i > 6 && strncmp(text + i, "level=", 6) == 0)
            return level_at(text + i + 6, text + n);
        if (!isupper((unsigned char)text[i]))
            continue;
        for (size_t k = 0; k < ARRAY_LEN(words); k++) {
            size_t len = strlen(words[k].text);
            if (n - i >= len && memcmp(text + i, words[k].text, len) == 0 &&
                (n - i == len || !is_word_char(text[i + len])))
                return words[k].level;
        }
    }
    return LOG_LEVEL_NONE;
}

enum log_level log_level_of(const char *text, size_t n)
{
    enum log_level level = LOG_LEVEL_NONE;
    size_t i = 0;

    while (i < n && text[i] == ' ')
        i++;
    if (i < n && text[i] == '{' && json_level(text + i, n - i, &level))
        return level;
    return plain_level(text + i, n - i);
}
