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
    for (size_t i = 0, end; i < n; i = end + 1) { /* clean between TABs */
        const char *tab = memchr(text + i, '\t', n - i);
        end = tab ? (size_t)(tab - text) : n;
        MUST(utf8_is_clean(text + i, end - i));
    }
    struct strbuf shown = STRBUF_INIT;
    int col = 0;
    logtext_put_tabs(&shown, text, n, &col);
    MUST(utf8_is_clean(strbuf_get(&shown), shown.len));
    MUST(col == utf8_width(strbuf_get(&shown), shown.len));
    strbuf_release(&shown);
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
