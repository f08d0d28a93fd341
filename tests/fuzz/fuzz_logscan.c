/* FilterLogEvents replies: what jansson takes, the scanner takes, with as many
 * usable events. (Two members of one name aside: see logscan.h.) */
#include "tests/fuzz/fuzz.h"

#include <jansson.h>

#include "backend/base/mem.h"
#include "backend/svc/logscan.h"

static size_t usable(json_t *root)
{
    json_t *events = json_object_get(root, "events"), *o;
    size_t i, n = 0;

    json_array_foreach(events, i, o)
        n += json_is_integer(json_object_get(o, "timestamp")) &&
             json_is_string(json_object_get(o, "message"));
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *body = xstrndup((const char *)data, size);
    size_t len = strlen(body), n = 0;
    json_t *root = json_loadb(body, len,
                              JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, NULL);
    struct logscan s;
    struct logscan_event e;
    enum logscan_result r;

    logscan_begin(&s, body, len);
    while ((r = logscan_next(&s, &e)) == LOGSCAN_EVENT) {
        MUST(e.message >= body && e.message + e.len <= body + len);
        n++;
    }
    if (json_is_object(root) && r == LOGSCAN_END)
        MUST(n == usable(root));
    MUST(r == LOGSCAN_END || s.token == NULL);
    json_decref(root);
    free(body);
    return 0;
}
