#include "views/log/log_match.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"

/* A word in small letters that JSON would not escape is in the text as it
 * came if it is in what is shown. */
static bool same_as_shown(const char *pattern)
{
    return strspn(pattern, "abcdefghijklmnopqrstuvwxyz0123456789_-") ==
           strlen(pattern);
}

enum regex_result log_match_text(struct regex *re, const char *text, size_t n,
                                 const struct logjson_fields *fields,
                                 struct strbuf *scratch)
{
    enum regex_result r = regex_find(re, text, n, 0, NULL, NULL);

    if (r == REGEX_HIT || !memchr(text, '{', n) ||
        same_as_shown(regex_text(re)))
        return r;
    strbuf_clear(scratch);
    if (!logjson_compact(text, n, fields, scratch))
        return r;
    return regex_find(re, strbuf_get(scratch), scratch->len, 0, NULL, NULL);
}

bool log_match_tag(struct regex *re, const struct logsrc *src, uint16_t source)
{
    char *tag = xasprintf("%.8s %s", logsrc_task(src, source),
                          logsrc_container(src, source));
    enum regex_result r = regex_find(re, tag, strlen(tag), 0, NULL, NULL);

    free(tag);
    return r == REGEX_HIT;
}
