/* A key that parses prints to a spec that parses to the same key. */
#include "tests/fuzz/fuzz.h"

#include "backend/base/mem.h"
#include "keymaps/keyspec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *spec = xstrndup((const char *)data, size), out[KEYSPEC_SIZE],
         again[KEYSPEC_SIZE];
    struct key key, back;
    struct err err;

    if (keyspec_parse(spec, &key, &err) == 0) {
        keyspec_print(key, out);
        MUST(keyspec_parse(out, &back, &err) == 0);
        MUST(strcmp(out, keyspec_print(back, again)) == 0);
        keyspec_show(key, out);
    }
    free(spec);
    return 0;
}
