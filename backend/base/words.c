#include "backend/base/words.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* One word from *at on into out (which has room); -1 when it has no end. */
static int one_word(const char **at, char *out)
{
    const char *s = *at;
    char quote = 0;

    for (; *s && (quote || !is_blank(*s)); s++) {
        if (quote && *s == quote) {
            quote = 0;
        } else if (!quote && (*s == '\'' || *s == '"')) {
            quote = *s;
        } else if (*s == '\\' && quote != '\'') {
            if (!s[1])
                return -1;
            if (quote && s[1] != '\\' && s[1] != quote)
                *out++ = *s;
            *out++ = *++s;
        } else {
            *out++ = *s;
        }
    }
    *out = '\0';
    *at = s;
    return quote ? -1 : 0;
}

char **words_split(const char *text, struct err *err)
{
    size_t room = strlen(text) + 1, n = 0, cap = 0;
    char *word = xmalloc(room), **words = NULL;
    int rc = 0;

    while (rc == 0) {
        while (is_blank(*text))
            text++;
        if (!*text)
            break;
        rc = one_word(&text, word);
        words = xgrow(words, &cap, n + 2, sizeof(*words));
        words[n++] = rc == 0 ? xstrdup(word) : NULL;
        words[n] = NULL;
    }
    xfree_secret(word, room);
    if (rc == 0 && n > 0)
        return words;
    words_free(words);
    if (rc != 0)
        err_set(err, ERR_CONFIG, "A quote or a backslash has no end.");
    else
        err_set(err, ERR_CONFIG, "The command is empty.");
    return NULL;
}

void words_free(char **words)
{
    for (size_t i = 0; words && words[i]; i++)
        xfree_secret(words[i], strlen(words[i]));
    free(words);
}
