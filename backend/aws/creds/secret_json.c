#include "backend/aws/creds/secret_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "backend/base/strbuf.h"

json_t *secret_json_parse(const char *text, size_t len)
{
    json_t *j = json_loadb(text, len, 0, NULL);

    if (json_is_object(j))
        return j;
    json_decref(j);
    return NULL;
}

const char *secret_json_get(const json_t *object, const char *key)
{
    const char *s = json_string_value(json_object_get(object, key));

    return s && s[0] ? s : NULL;
}

int secret_json_time(const json_t *object, const char *key, int64_t *wall_ms)
{
    const char *s = secret_json_get(object, key);
    size_t n = s ? strlen(s) : 0;
    char buf[48];

    if (!s || n >= sizeof(buf))
        return -1;
    snprintf(buf, sizeof(buf), "%s", s);
    if (n > 3 && strcmp(buf + n - 3, "UTC") == 0) {
        buf[n - 3] = 'Z';
        buf[n - 2] = '\0';
    }
    return fmt_parse_iso(buf, wall_ms);
}

char *secret_json_refresh(const json_t *held, const char *const *names,
                          size_t n)
{
    struct strbuf b = STRBUF_INIT;
    size_t room = 64;

    /* Of full size at once: growing would leave copies. */
    for (size_t i = 0; i < n; i++)
        room += 6 * strlen(secret_json_get(held, names[i])) + 32;
    b.data = xmalloc(room);
    b.cap = room;
    strbuf_puts(&b, "{\"grantType\":\"refresh_token\"");
    for (size_t i = 0; i < n; i++) {
        const char *v = secret_json_get(held, names[i]);

        strbuf_printf(&b, ",\"%s\":", names[i]);
        strbuf_put_json(&b, v, strlen(v));
    }
    strbuf_puts(&b, "}");
    return strbuf_detach(&b);
}
