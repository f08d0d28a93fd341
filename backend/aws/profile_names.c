#include "backend/aws/profile_names.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/strbuf.h"

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                              "abcdefghijklmnopqrstuvwxyz0123456789_";

static bool is_gap(char c)
{
    return c == ' ' || c == '\t';
}

/* Appends the next word of *s as Python's shlex reads it: 1, or 0 when there
 * is none, -1 for an open quote or a backslash at the end. */
static int next_word(const char **s, struct strbuf *out)
{
    const char *p = *s;
    char quote = 0;

    while (is_gap(*p))
        p++;
    if (!*p)
        return 0;
    for (; *p && (quote || !is_gap(*p)); p++) {
        bool escapes = *p == '\\' && quote != '\'';

        if (*p == quote) {
            quote = 0;
        } else if (!quote && (*p == '"' || *p == '\'')) {
            quote = *p;
        } else if (escapes && !p[1]) {
            return -1;
        } else {
            /* Between double quotes a backslash stays unless it hides a quote
             * or itself. */
            if (escapes && (!quote || p[1] == '"' || p[1] == '\\'))
                p++;
            strbuf_putc(out, *p);
        }
    }
    *s = p;
    return quote ? -1 : 1;
}

char *profile_section_name(const char *header)
{
    static const char *const kinds[] = {"profile", "sso-session", "services"};
    struct strbuf kind = STRBUF_INIT, name = STRBUF_INIT, more = STRBUF_INIT;
    char *result = NULL;
    size_t i = 0;

    if (strcmp(header, "default") == 0)
        return xstrdup("profile default");
    while (i < ARRAY_LEN(kinds) &&
           strncmp(header, kinds[i], strlen(kinds[i])) != 0)
        i++;
    if (i == ARRAY_LEN(kinds))
        return xstrdup(header);
    if (next_word(&header, &kind) == 1 && next_word(&header, &name) == 1 &&
        next_word(&header, &more) == 0 && name.len)
        result = xasprintf("%s %s", kinds[i], strbuf_get(&name));
    strbuf_release(&kind);
    strbuf_release(&name);
    strbuf_release(&more);
    return result;
}

/* Writes the variable at *s ("$NAME", "${NAME}") and moves on; a "$" that is
 * none stays. */
static void put_variable(const struct aws_env *env, const char **s,
                         struct strbuf *out)
{
    bool braces = (*s)[1] == '{';
    const char *name = *s + 1 + braces;
    size_t n = braces ? strcspn(name, "}") : strspn(name, letters);
    const char *end = name + n + (braces && name[n] == '}');
    char *key = xstrndup(name, n);
    const char *v = n && (!braces || name[n]) ? aws_env_get(env, key) : NULL;

    free(key);
    if (v) {
        strbuf_puts(out, v);
        *s = end;
    } else {
        strbuf_putc(out, '$');
        (*s)++;
    }
}

char *profile_expand_path(const struct aws_env *env, const char *path)
{
    struct strbuf b = STRBUF_INIT;
    const char *home = aws_env_get(env, "HOME");
    const char *text;
    char *result;

    while (*path) {
        if (*path == '$')
            put_variable(env, &path, &b);
        else
            strbuf_putc(&b, *path++);
    }
    text = strbuf_get(&b);
    if (text[0] != '~' || (text[1] && text[1] != '/'))
        result = xstrdup(text);
    else
        result = home ? xasprintf("%s%s", home, text + 1) : NULL;
    strbuf_release(&b);
    return result;
}
