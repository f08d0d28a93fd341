/* What text from outside becomes before a terminal sees it: valid, without
 * controls, as wide as it says, and clean twice is clean once. */
#include "tests/fuzz/fuzz.h"

#include "backend/base/strbuf.h"
#include "backend/base/utf8.h"
#include "backend/svc/logbuf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct strbuf a = STRBUF_INIT, b = STRBUF_INIT;
    const char *s = (const char *)data;
    int used;

    utf8_sanitise(&a, s, size);
    MUST(utf8_is_clean(strbuf_get(&a), a.len));
    MUST(utf8_valid(strbuf_get(&a), a.len));
    for (size_t i = 0; i < a.len; i++)
        MUST((unsigned char)a.data[i] >= 0x20 && a.data[i] != 0x7f);
    utf8_sanitise(&b, strbuf_get(&a), a.len);
    MUST(a.len == b.len && memcmp(strbuf_get(&a), strbuf_get(&b), a.len) == 0);
    size_t n = utf8_fit(strbuf_get(&a), a.len, 20, &used);
    MUST(n <= a.len && used <= 20 &&
         utf8_width(strbuf_get(&a), n) == used);
    for (size_t at = 0; at < a.len; at += n) { /* rows go on to the end */
        n = utf8_row(strbuf_get(&a) + at, a.len - at, 20);
        MUST(n > 0 && n <= a.len - at);
        MUST(utf8_width(strbuf_get(&a) + at, n) <= 20 ||
             a.data[at + n - 1] == ' ');
    }
    strbuf_clear(&b);
    utf8_put_middle(&b, strbuf_get(&a), 11);
    MUST(utf8_width(strbuf_get(&b), b.len) <= 11);
    strbuf_clear(&b);
    utf8_put_end(&b, strbuf_get(&a), 11);
    MUST(utf8_width(strbuf_get(&b), b.len) <= 11);
    log_level_of(s, size);
    strbuf_release(&a);
    strbuf_release(&b);
    return 0;
}
