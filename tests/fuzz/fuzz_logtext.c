/* Whatever an application writes becomes harmless, and its colours stay within
 * the text and in order. */
#include "tests/fuzz/fuzz.h"

#include "backend/base/utf8.h"
#include "backend/svc/logbuf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct logtext t = {0};
    size_t max = size ? 1 + data[0] * 4u : 1, n = size;
    const char *text = logtext_clean(&t, (const char *)data, &n, max);

    MUST(n <= max);
    MUST(utf8_is_clean(text, n));
    MUST(t.n_sgr <= LOGTEXT_MAX_SGR);
    for (size_t i = 0; i < t.n_sgr; i++) {
        MUST(t.sgr[i].at < n);
        MUST(i == 0 || t.sgr[i].at > t.sgr[i - 1].at);
        MUST(t.sgr[i].fg >= -1 && t.sgr[i].fg <= (LOGTEXT_RGB | 0xffffff));
    }
    log_level_of(text, n);
    logtext_release(&t);
    return 0;
}
