#include "backend/base/ini.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/base/map.h"
#include "backend/base/mem.h"

enum { MAX_FILE = 1024 * 1024 };

struct entry {
    char *key;   /* lower-cased */
    char *sub;   /* NULL: a plain value */
    char *value; /* may be a secret */
};

struct section {
    char *name;
    struct entry *entries;
    size_t len, cap;
};

struct ini {
    struct section *sections;
    size_t len, cap;
    struct map *index; /* name to struct section */
};

/* Where the reader stands. As in Python's configparser, a line indented
 * deeper than the line of the last key continues that key's value, empty lines
 * between the two included; a comment is a line whose first visible character
 * is '#' or ';', wherever it is. */
struct reader {
    struct ini *ini;
    struct section *section; /* NULL: lines are skipped until a header */
    char *key;               /* of the last key line; NULL after a header */
    bool nested;             /* that key's own line had no value */
    size_t indent;           /* of that line, or of the header */
    size_t blanks;           /* empty lines since the last of that value */
    int line;
    void (*warn)(void *arg, int line, const char *what);
    void *arg;
    bool told; /* lines before the first header were reported */
};

/* A piece of the text, not NUL-terminated. */
struct span {
    const char *s;
    size_t n;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static struct span trim(struct span t)
{
    while (t.n && is_blank(t.s[0]))
        t.s++, t.n--;
    while (t.n && is_blank(t.s[t.n - 1]))
        t.n--;
    return t;
}

static void free_secret_string(char *s)
{
    if (s)
        xfree_secret(s, strlen(s) + 1);
}

static void entry_release(struct entry *e)
{
    free(e->key);
    free(e->sub);
    free_secret_string(e->value);
}

static void section_release(struct section *s)
{
    for (size_t i = 0; i < s->len; i++)
        entry_release(&s->entries[i]);
    free(s->entries);
    free(s->name);
}

static void warn(struct reader *r, const char *what)
{
    if (r->warn)
        r->warn(r->arg, r->line, what);
}

static void forget_key(struct reader *r)
{
    free(r->key);
    r->key = NULL;
    r->nested = false;
    r->blanks = 0;
}

/* A line that makes no sense: its section is not to be trusted. */
static void lose_section(struct reader *r, const char *what)
{
    struct ini *ini = r->ini;

    warn(r, what);
    forget_key(r);
    if (!r->section)
        return;
    section_release(r->section);
    *r->section = (struct section){0};
    /* Close the gap: the order of the others stays. */
    memmove(r->section, r->section + 1,
            (size_t)(ini->sections + ini->len - 1 - r->section) *
                sizeof(*r->section));
    ini->len--;
    r->section = NULL;
}

static struct section *find_section(const struct ini *ini, const char *name)
{
    for (size_t i = 0; i < ini->len; i++)
        if (!strcmp(ini->sections[i].name, name))
            return &ini->sections[i];
    return NULL;
}

static struct entry *find_entry(const struct section *s, const char *key,
                                const char *sub)
{
    for (size_t i = 0; i < s->len; i++) {
        struct entry *e = &s->entries[i];

        if (strcasecmp(e->key, key) || !e->sub != !sub)
            continue;
        if (!sub || !strcasecmp(e->sub, sub))
            return e;
    }
    return NULL;
}

static char *lower_dup(struct span t)
{
    char *p = xstrndup(t.s, t.n);

    for (char *c = p; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c += 'a' - 'A';
    return p;
}

/* Takes key and sub. */
static void add_entry(struct section *s, char *key, char *sub,
                      struct span value)
{
    s->entries = xgrow(s->entries, &s->cap, s->len + 1, sizeof(*s->entries));
    s->entries[s->len++] = (struct entry){
        .key = key, .sub = sub, .value = xstrndup(value.s, value.n)};
}

/* The last writer wins, over plain and nested values alike. True: there was
 * one. */
static bool remove_key(struct section *s, const char *key)
{
    size_t n = 0;
    bool found;

    for (size_t i = 0; i < s->len; i++) {
        if (!strcmp(s->entries[i].key, key))
            entry_release(&s->entries[i]);
        else
            s->entries[n++] = s->entries[i];
    }
    found = n < s->len;
    s->len = n;
    return found;
}

static bool has_comment_tail(struct span v)
{
    for (size_t i = 1; i < v.n; i++)
        if ((v.s[i] == '#' || v.s[i] == ';') &&
            (v.s[i - 1] == ' ' || v.s[i - 1] == '\t'))
            return true;
    return false;
}

static void check_value(struct reader *r, struct span v)
{
    if (has_comment_tail(v))
        warn(r, "a comment after a value is part of the value");
}

/* Where the name behind '[' ends: at the last ']' of the line, unless that one
 * is in a comment behind an earlier one. 0: nowhere. */
static size_t header_end(struct span t)
{
    size_t end = 0;

    for (size_t i = 0; i < t.n; i++) {
        struct span rest;

        if (t.s[i] != ']')
            continue;
        end = i;
        rest = trim((struct span){t.s + i + 1, t.n - i - 1});
        if (rest.n && (rest.s[0] == '#' || rest.s[0] == ';'))
            break;
    }
    return end;
}

static void header_line(struct reader *r, struct span t)
{
    struct ini *ini = r->ini;
    struct span name = {t.s + 1, t.n - 1};
    char *text;

    forget_key(r);
    r->section = NULL;
    r->told = true;
    name.n = header_end(name);
    name = trim(name);
    if (!name.n) {
        warn(r, "a section header that makes no sense");
        return;
    }
    text = xstrndup(name.s, name.n);
    r->section = find_section(ini, text);
    if (r->section) {
        warn(r, "a section for the second time, which the AWS CLI refuses");
        free(text);
        return;
    }
    ini->sections = xgrow(ini->sections, &ini->cap, ini->len + 1,
                          sizeof(*ini->sections));
    r->section = &ini->sections[ini->len++];
    *r->section = (struct section){.name = text};
}

static void key_line(struct reader *r, struct span t)
{
    struct span key = t, value;
    size_t eq = 0;

    forget_key(r);
    /* configparser takes either, whichever comes first. */
    while (eq < t.n && t.s[eq] != '=' && t.s[eq] != ':')
        eq++;
    key.n = eq;
    key = trim(key);
    if (eq == t.n) {
        lose_section(r, "a line that is neither a key nor a section");
        return;
    }
    if (!key.n) {
        lose_section(r, "a value without a key");
        return;
    }
    value = trim((struct span){t.s + eq + 1, t.n - eq - 1});
    check_value(r, value);
    r->key = lower_dup(key);
    r->nested = value.n == 0;
    if (remove_key(r->section, r->key))
        warn(r, "a key for the second time, which the AWS CLI refuses");
    add_entry(r->section, xstrdup(r->key), NULL, value);
}

/* "  endpoint_url = x" below "ecs =". */
static void nested_line(struct reader *r, struct span t)
{
    const char *eq = memchr(t.s, '=', t.n);
    struct span value;
    struct entry *e;
    char *sub;

    if (!eq) {
        lose_section(r, "a nested line without \"=\"");
        return;
    }
    sub = lower_dup(trim((struct span){t.s, (size_t)(eq - t.s)}));
    value = trim((struct span){eq + 1, (size_t)(t.s + t.n - eq) - 1});
    check_value(r, value);
    /* The key is a group now; it has no value of its own. */
    if (find_entry(r->section, r->key, NULL))
        remove_key(r->section, r->key);
    e = find_entry(r->section, r->key, sub);
    if (e) {
        free_secret_string(e->value);
        e->value = xstrndup(value.s, value.n);
        free(sub);
        return;
    }
    add_entry(r->section, xstrdup(r->key), sub, value);
}

/* More of a value: joined with newlines. Not realloc, which could leave a copy
 * of a secret behind. */
static void continuation_line(struct reader *r, struct span t)
{
    struct entry *e = find_entry(r->section, r->key, NULL);
    size_t n = strlen(e->value), gap = r->blanks + 1;
    char *joined = xmalloc(n + gap + t.n + 1);

    memcpy(joined, e->value, n);
    memset(joined + n, '\n', gap);
    memcpy(joined + n + gap, t.s, t.n);
    joined[n + gap + t.n] = '\0';
    r->blanks = 0;
    free_secret_string(e->value);
    e->value = joined;
}

static void read_line(struct reader *r, struct span line)
{
    struct span t = trim(line);
    size_t indent = (size_t)(t.s - line.s);

    if (!t.n)
        r->blanks++;
    if (!t.n || t.s[0] == '#' || t.s[0] == ';')
        return;
    if (memchr(line.s, '\0', line.n)) {
        lose_section(r, "a NUL byte");
        return;
    }
    if (r->key && indent > r->indent) {
        if (r->nested)
            nested_line(r, t);
        else
            continuation_line(r, t);
        return;
    }
    r->indent = indent;
    if (t.s[0] == '[') {
        header_line(r, t);
    } else if (r->section) {
        key_line(r, t);
    } else if (!r->told) {
        r->told = true;
        warn(r, "a line before the first section");
    }
}

/* As Python reads text: LF, CRLF and a lone CR end a line. */
static size_t line_end(const char *text, size_t at, size_t len)
{
    while (at < len && text[at] != '\n' && text[at] != '\r')
        at++;
    return at;
}

struct ini *ini_parse(const char *text, size_t len,
                      void (*warn_fn)(void *arg, int line, const char *what),
                      void *arg)
{
    struct reader r = {
        .ini = xcalloc(1, sizeof(*r.ini)), .warn = warn_fn, .arg = arg};
    size_t at = 0;

    if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
        at = 3;
    while (at < len) {
        size_t end = line_end(text, at, len);

        r.line++;
        read_line(&r, (struct span){text + at, end - at});
        at = end + 1;
        if (at < len && text[end] == '\r' && text[at] == '\n')
            at++;
    }
    forget_key(&r);
    r.ini->index = map_new();
    for (size_t i = 0; i < r.ini->len; i++)
        map_put(r.ini->index, r.ini->sections[i].name, &r.ini->sections[i]);
    return r.ini;
}

/* The whole file into *out (wiped by the caller); *n is its length. */
static int slurp(int fd, const char *path, char *out, size_t *n,
                 struct err *err)
{
    *n = 0;
    while (*n <= MAX_FILE) {
        ssize_t got = read(fd, out + *n, MAX_FILE + 1 - *n);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_set_errno(err, errno, "Cannot read %s", path);
        if (got == 0)
            return 0;
        *n += (size_t)got;
    }
    return err_set(err, ERR_TOO_LARGE, "%s is larger than 1 MiB", path);
}

struct ini *ini_read(const char *path,
                     void (*warn_fn)(void *arg, int line, const char *what),
                     void *arg, struct err *err)
{
    struct ini *ini = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    char *text;
    size_t n;

    if (fd < 0) {
        bool missing = errno == ENOENT || errno == ENOTDIR;

        err_set_errno(err, errno, "Cannot open %s", path);
        if (missing && err)
            err->code = ERR_NOT_FOUND;
        return NULL;
    }
    /* Of full size at once: growing would leave copies of secrets. */
    text = xmalloc(MAX_FILE + 1);
    if (!slurp(fd, path, text, &n, err))
        ini = ini_parse(text, n, warn_fn, arg);
    xfree_secret(text, n);
    close(fd);
    return ini;
}

void ini_free(struct ini *ini)
{
    if (!ini)
        return;
    for (size_t i = 0; i < ini->len; i++)
        section_release(&ini->sections[i]);
    map_free(ini->index, NULL);
    free(ini->sections);
    free(ini);
}

static const char *get(const struct ini *ini, const char *section,
                       const char *key, const char *sub)
{
    const struct section *s = map_get(ini->index, section);
    const struct section *common = map_get(ini->index, "DEFAULT");
    const struct entry *e = s ? find_entry(s, key, sub) : NULL;

    if (!e && s && common)
        e = find_entry(common, key, sub);
    return e ? e->value : NULL;
}

const char *ini_get(const struct ini *ini, const char *section,
                    const char *key)
{
    return get(ini, section, key, NULL);
}

const char *ini_get_nested(const struct ini *ini, const char *section,
                           const char *key, const char *sub)
{
    return get(ini, section, key, sub);
}

size_t ini_sections(const struct ini *ini)
{
    return ini->len;
}

const char *ini_section_name(const struct ini *ini, size_t i)
{
    return i < ini->len ? ini->sections[i].name : NULL;
}

int ini_has_section(const struct ini *ini, const char *section)
{
    return map_get(ini->index, section) != NULL;
}
