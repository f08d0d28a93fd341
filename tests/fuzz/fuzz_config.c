/* The config's grammar, the keys files and the themes on the same bytes: each
 * mistake names its place, and what a keymap prints it can read. */
#include "tests/fuzz/fuzz.h"

#include "backend/base/grammar.h"
#include "backend/base/mem.h"
#include "backend/base/strbuf.h"
#include "keymaps/keymap.h"
#include "themes/theme.h"

static void report(void *arg, const struct err *err)
{
    (void)arg;
    MUST(strncmp(err->message, "f:", 2) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct grammar *g =
        grammar_parse("f", (const char *)data, size, report, NULL);
    struct keymap *k = keymap_new(), *again = keymap_new();
    char *text = xstrndup((const char *)data, size);
    struct strbuf out = STRBUF_INIT, twice = STRBUF_INIT;
    struct theme theme = {.name = "f"};
    struct err err;
    char **argv;
    int argc;

    grammar_free(g);
    keymap_parse(k, "f", (const char *)data, size, report, NULL);
    keymap_print(k, &out);
    MUST(keymap_parse(again, "f", strbuf_get(&out), out.len, report, NULL) ==
         0);
    keymap_print(again, &twice);
    MUST(strcmp(strbuf_get(&out), strbuf_get(&twice)) == 0);
    theme_parse(&theme, "f", text, &err);
    if (grammar_words(text, &argc, &argv, &err) == 0)
        grammar_words_free(argv);
    strbuf_release(&out);
    strbuf_release(&twice);
    keymap_free(k);
    keymap_free(again);
    free(text);
    return 0;
}
