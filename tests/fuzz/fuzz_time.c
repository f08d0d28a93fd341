/* Times and numbers in replies, headers and commands. */
#include "tests/fuzz/fuzz.h"

#include "backend/base/fmt.h"
#include "backend/base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *s = xstrndup((const char *)data, size), out[40];
    int64_t t, n, back;

    if (fmt_parse_iso(s, &t) == 0) {
        fmt_iso(t, FMT_UTC, out);
        MUST(fmt_parse_iso(out, &back) == 0);
        /* Whole seconds come back, within the years that have four digits. */
        MUST(back / 1000 == t / 1000 || t < 0 || t >= 253402300800000);
    }
    if (fmt_parse_http_date(s, &t) == 0) {
        fmt_http_date(t, out);
        MUST(fmt_parse_http_date(out, &back) == 0 && back == t);
    }
    if (fmt_parse_int(s, -5, 1000, &n) == 0)
        MUST(n >= -5 && n <= 1000);
    free(s);
    return 0;
}
