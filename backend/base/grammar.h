/* grammar.h - the one grammar of config, keys and theme files.
 *
 *   set refresh 5                       # a comment
 *   color failed red default bold; color ok green
 *   bind table P ":services prod-main /pay"
 *   context 123456789012 { prod yes; readonly yes
 *                          confirm type }
 *   alias long "services prod-main" \
 *         /pay                          # continued line
 *
 * A statement is a line of words; it ends at the line's end, at `;` or at the
 * `}` of the block it stands in. A block `{ ... }` belongs to the statement
 * before it. Words are parted by blanks. "..." knows \" \\ \n and \t,
 * '...' knows nothing; a quote opens only at the start of a word and spans no
 * lines. Outside quotes a backslash takes the next character as it is, and
 * joins lines at a line's end. `#` at the start of a word begins a comment,
 * except for a colour (# and exactly 6 hex digits) that is not the first word.
 * `;`, `{` and `}` are words only in quotes.
 *
 * Mistakes never lose the rest of the file: the line (and the block it opens)
 * is dropped, the mistake is reported with file:line. */
#ifndef ECSDASH_BASE_GRAMMAR_H
#define ECSDASH_BASE_GRAMMAR_H

#include "backend/base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct strbuf;

/* Caps; beyond them a statement is a mistake (a file: one mistake in all). */
#define GRAMMAR_MAX_FILE ((size_t)1 << 20)
#define GRAMMAR_MAX_WORDS 64
#define GRAMMAR_MAX_DEPTH 4
#define GRAMMAR_MAX_MISTAKES 50

struct grammar_stmt {
    int line;           /* 1-based, where the first word stands */
    int argc;           /* >= 1 */
    char **argv;        /* argv[argc] is NULL; words are valid UTF-8 */
    bool has_block;     /* `{}` counts even when empty */
    size_t n_block;
    struct grammar_stmt *block;
};

struct grammar {
    char *file; /* as given, for messages */
    size_t n;
    struct grammar_stmt *stmts;
};

/* Called once a mistake; err->message begins with "file:line: ". */
typedef void grammar_report_fn(void *arg, const struct err *err);

/* Parse text (not kept). Never NULL; report (may be NULL) hears of mistakes
 * before the function returns. */
struct grammar *grammar_parse(const char *file, const char *text, size_t len,
                              grammar_report_fn *report, void *arg);
/* Strict: NULL with err set at the first mistake. */
struct grammar *grammar_parse_strict(const char *file, const char *text,
                                     size_t len, struct err *err);
/* Read a file and parse it. NULL with err when it can't be read (a missing
 * one is ERR_NOT_FOUND) or is above GRAMMAR_MAX_FILE. */
struct grammar *grammar_read(const char *path, grammar_report_fn *report,
                             void *arg, struct err *err);
void grammar_free(struct grammar *g); /* NULL is fine */

/* Set err to ERR_CONFIG, "file:line: <text>". Returns -1. */
int grammar_fail(const struct grammar *g, const struct grammar_stmt *s,
                 struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* Put "file:line: " before a message that another function has set. */
int grammar_locate(const struct grammar *g, const struct grammar_stmt *s,
                   struct err *err);

/* Split one line (a command line): quotes and backslash as above, but
 * # ; { } are ordinary. *argv (NULL-terminated) is freed by
 * grammar_words_free. 0/-1. */
int grammar_words(const char *line, int *argc, char ***argv, struct err *err);
void grammar_words_free(char **argv); /* NULL is fine */

/* Append word so that it parses back as one word (quoted only if needed). */
void grammar_quote(struct strbuf *out, const char *word);

/* "yes/no/on/off/true/false/1/0" into *out; -1 if none of these. */
int grammar_bool(const char *word, bool *out);

#endif
