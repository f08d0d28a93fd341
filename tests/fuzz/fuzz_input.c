/* Terminal input: split anywhere, the same keys come out. */
#include "tests/fuzz/fuzz.h"

#include "keymaps/keyspec.h"
#include "tui/input.h"

struct seen {
    uint64_t hash;
    size_t n;
};

static void note(void *arg, const struct input_event *e)
{
    struct seen *s = arg;
    const unsigned char *p = (const unsigned char *)e->paste;
    char spec[KEYSPEC_SIZE];

    s->n++;
    s->hash = s->hash * 31 + (uint64_t)e->kind;
    if (e->kind == INPUT_PASTE) {
        for (size_t i = 0; i < e->paste_len; i++)
            s->hash = s->hash * 31 + p[i];
        return;
    }
    keyspec_print(e->key, spec);
    for (const char *c = spec; *c; c++)
        s->hash = s->hash * 31 + (unsigned char)*c;
}

static struct seen run(const uint8_t *data, size_t size, size_t step)
{
    struct input in;
    struct seen s = {0};

    input_init(&in, 25, 0);
    for (size_t at = 0; at < size; at += step)
        input_feed(&in, data + at, size - at < step ? size - at : step, note,
                   &s);
    if (input_timeout_ms(&in) >= 0)
        input_timeout(&in, note, &s);
    input_release(&in);
    return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seen whole = run(data, size, size ? size : 1);

    for (size_t step = 1; step < 4; step++) {
        struct seen s = run(data, size, step);

        MUST(s.n == whole.n && s.hash == whole.hash);
    }
    return 0;
}
