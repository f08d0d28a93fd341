/* Bytes to keys: known sequences at every split, unknown ones swallowed. */
#include "backend/base/mem.h"
#include "tui/input.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka needs the four above first. */
#include <cmocka.h>

struct got {
    struct key keys[64];
    size_t n;
    char paste[128];
    int pastes;
};

static void on_event(void *arg, const struct input_event *e)
{
    struct got *g = arg;
    if (e->kind == INPUT_PASTE) {
        g->pastes++;
        snprintf(g->paste, sizeof(g->paste), "%.*s", (int)e->paste_len,
                 e->paste);
    } else if (g->n < ARRAY_LEN(g->keys)) {
        g->keys[g->n++] = e->key;
    }
}

static const struct {
    const char *bytes;
    uint32_t code;
    uint8_t mods;
} known[] = {
    {"a", 'a', 0},          {"R", 'R', 0},
    {"\x12", 'r', K_CTRL},  {"\r", K_ENTER, 0},
    {"\t", K_TAB, 0},       {"\x7f", K_BACKSPACE, 0},
    {"\x08", K_BACKSPACE, 0}, {"\x03", 'c', K_CTRL},
    {"\x1a", 'z', K_CTRL},  {"\xc3\xa9", 0xe9, 0},
    {"\xe5\xb1\xb1", 0x5c71, 0}, {"\xf0\x9f\x98\x80", 0x1f600, 0},
    {"\033[A", K_UP, 0},    {"\033OA", K_UP, 0},
    {"\033[B", K_DOWN, 0},  {"\033OB", K_DOWN, 0},
    {"\033[C", K_RIGHT, 0}, {"\033[D", K_LEFT, 0},
    {"\033[H", K_HOME, 0},  {"\033OH", K_HOME, 0},
    {"\033[1~", K_HOME, 0}, {"\033[7~", K_HOME, 0},
    {"\033[F", K_END, 0},   {"\033[4~", K_END, 0},
    {"\033[8~", K_END, 0},  {"\033[2~", K_INSERT, 0},
    {"\033[3~", K_DELETE, 0}, {"\033[5~", K_PAGE_UP, 0},
    {"\033[6~", K_PAGE_DOWN, 0}, {"\033[Z", K_BACKTAB, 0},
    {"\033OP", K_F1, 0},    {"\033[11~", K_F1, 0},
    {"\033[[A", K_F1, 0},   {"\033[[E", K_F5, 0},
    {"\033[15~", K_F5, 0},  {"\033[24~", K_F12, 0},
    {"\033[1;5A", K_UP, K_CTRL}, {"\033[1;2B", K_DOWN, K_SHIFT},
    {"\033[1;3C", K_RIGHT, K_ALT}, {"\033[5;5~", K_PAGE_UP, K_CTRL},
    {"\033x", 'x', K_ALT},  {"\033\033[A", K_UP, K_ALT},
};

/* Feed bytes[0..cut) and the rest apart. */
static void feed(struct got *g, const char *bytes, size_t n, size_t cut)
{
    struct input in;
    input_init(&in, 25, 0x7f);
    *g = (struct got){0};
    input_feed(&in, bytes, cut, on_event, g);
    input_feed(&in, bytes + cut, n - cut, on_event, g);
    assert_int_equal(in.bytes, n);
    input_release(&in);
}

static void known_sequences_at_every_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        size_t n = strlen(known[i].bytes);
        for (size_t cut = 0; cut <= n; cut++) {
            struct got g;
            feed(&g, known[i].bytes, n, cut);
            if (g.n != 1 || g.keys[0].code != known[i].code ||
                g.keys[0].mods != known[i].mods)
                fail_msg("sequence %zu cut at %zu: %zu keys, first %x/%d", i,
                         cut, g.n, g.n ? g.keys[0].code : 0,
                         g.n ? g.keys[0].mods : 0);
        }
    }
}

static void unknown_sequences_never_turn_into_keys(void **state)
{
    static const char *const unknown[] = {
        "\033[99~", "\033[?1;2c", "\033[>41;354;0c",
        "\033[1;2;3;4x", "\033[<0;10;20M", "\033[<0;10;20m", "\033[I",
        "\033[O", "\033]11;rgb:0/0/0\a", "\033]52;c;QQ==\033\\",
        "\033P1$r0m\033\\", "\033_hidden\033\\", "\033^pm\033\\",
        "\033[200", "\033O9", "\xff", "\xc0\x80", "\x80", "\033[M !!"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(unknown); i++) {
        size_t n = strlen(unknown[i]);
        for (size_t cut = 0; cut <= n; cut++) {
            struct got g;
            feed(&g, unknown[i], n, cut);
            for (size_t k = 0; k < g.n; k++)
                if (g.keys[k].code < 0x110000)
                    fail_msg("sequence %zu cut at %zu leaks '%c'", i, cut,
                             (int)g.keys[k].code);
            assert_int_equal(g.pastes, 0);
        }
    }
}

static void a_lone_escape_waits_for_its_time(void **state)
{
    struct input in;
    struct got g = {0};
    (void)state;
    input_init(&in, 25, 0x7f);
    assert_int_equal(input_timeout_ms(&in), -1);
    input_feed(&in, "\033", 1, on_event, &g);
    assert_int_equal(g.n, 0);
    assert_int_equal(input_timeout_ms(&in), 25);
    input_timeout(&in, on_event, &g);
    assert_int_equal(g.n, 1);
    assert_int_equal(g.keys[0].code, K_ESC);
    assert_int_equal(g.keys[0].mods, 0);
    input_feed(&in, "\033\033", 2, on_event, &g);
    input_timeout(&in, on_event, &g);
    assert_int_equal(g.n, 3);
    /* Half a sequence whose tail never comes is dropped, not typed. */
    input_feed(&in, "\033[1", 3, on_event, &g);
    assert_true(input_timeout_ms(&in) > 1000);
    input_timeout(&in, on_event, &g);
    input_feed(&in, "q", 1, on_event, &g);
    assert_int_equal(g.n, 4);
    assert_int_equal(g.keys[3].code, 'q');
    input_release(&in);
}

static void a_paste_is_one_event_at_every_split(void **state)
{
    static const char bytes[] = "\033[200~S6\r\r\033[A q\033[201~x";
    size_t n = sizeof(bytes) - 1;
    (void)state;
    for (size_t cut = 0; cut <= n; cut++) {
        struct got g;
        feed(&g, bytes, n, cut);
        assert_int_equal(g.pastes, 1);
        assert_string_equal(g.paste, "S6\r\r\033[A q");
        assert_int_equal(g.n, 1);
        assert_int_equal(g.keys[0].code, 'x');
    }
}

static void an_endless_paste_is_capped(void **state)
{
    struct input in;
    struct got g = {0};
    (void)state;
    input_init(&in, 25, 0x7f);
    input_feed(&in, "\033[200~", 6, on_event, &g);
    for (int i = 0; i < 200000; i++)
        input_feed(&in, "y", 1, on_event, &g);
    assert_true(in.paste.len <= INPUT_PASTE_MAX + 16);
    input_feed(&in, "\033[201~", 6, on_event, &g);
    assert_int_equal(g.pastes, 1);
    assert_int_equal(g.n, 0);
    input_release(&in);
}

/* What is broken or unknown takes nothing of the next key with it. */
static void the_key_after_rubbish_is_read(void **state)
{
    static const char *const rubbish[] = {
        "\xff", "\x80", "\xc3", "\xe5\xb1", "\xf0\x9f\x98", "\xc0\x80",
        "\xed\xa0\x80", "\xf8\x88", "\033[99~", "\033[M !!",
        "\033[<0;10;20M", "\033]0;title\a", "\033P1$r0m\033\\",
        "\033[1;2;3;4;5;6;7;8;9;10;11;12;13;14;15;16;17;18;19;20;21x"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rubbish); i++) {
        char bytes[96];
        size_t n = (size_t)snprintf(bytes, sizeof(bytes), "%sq", rubbish[i]);
        for (size_t cut = 0; cut <= n; cut++) {
            struct got g;
            feed(&g, bytes, n, cut);
            if (!g.n || g.keys[g.n - 1].code != 'q' || g.keys[g.n - 1].mods)
                fail_msg("sequence %zu cut at %zu: no q", i, cut);
            for (size_t k = 0; k + 1 < g.n; k++)
                if (g.keys[k].code < 0x110000)
                    fail_msg("sequence %zu leaks %x", i, g.keys[k].code);
        }
    }
}

/* On a slow link the tail of a sequence comes after its ESC has been taken
 * for a key: it is swallowed, for its letters change things. */
static void a_tail_that_comes_late_is_no_key(void **state)
{
    static const char *const tails[] = {"[B", "[1;5B", "OB", "[3~", "[99~",
                                        "[R", "OS", "[K", "[<0;1;1M"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(tails); i++) {
        for (size_t cut = 1; cut <= strlen(tails[i]); cut++) {
            struct input in;
            struct got g = {0};
            input_init(&in, 25, 0x7f);
            input_feed(&in, "\033", 1, on_event, &g);
            input_timeout(&in, on_event, &g);
            assert_int_equal(g.n, 1);
            assert_false(input_waits(&in));
            input_feed(&in, tails[i], cut, on_event, &g);
            assert_int_equal(g.n, 1);
            input_feed(&in, tails[i] + cut, strlen(tails[i]) - cut, on_event,
                       &g);
            if (g.n != 1)
                fail_msg("%s cut at %zu leaks", tails[i], cut);
            input_feed(&in, "j", 1, on_event, &g);
            assert_int_equal(g.n, 2);
            assert_int_equal(g.keys[1].code, 'j');
            input_release(&in);
        }
    }
}

/* A person's [ after Esc is only a little later; other keys are at once. */
static void keys_after_an_escape_are_keys(void **state)
{
    struct input in;
    struct got g = {0};
    (void)state;
    input_init(&in, 25, 0x7f);
    input_feed(&in, "\033", 1, on_event, &g);
    input_timeout(&in, on_event, &g);
    input_feed(&in, "[", 1, on_event, &g);
    assert_in_range(input_timeout_ms(&in), 50, 300);
    input_timeout(&in, on_event, &g);
    assert_int_equal(g.n, 2);
    assert_int_equal(g.keys[1].code, '[');
    input_feed(&in, "B\033", 2, on_event, &g);
    assert_int_equal(g.n, 3);
    assert_int_equal(g.keys[2].code, 'B');
    input_timeout(&in, on_event, &g);
    input_feed(&in, "q", 1, on_event, &g);
    assert_int_equal(g.n, 5);
    assert_int_equal(g.keys[4].code, 'q');
    input_feed(&in, "\033", 1, on_event, &g);
    input_timeout(&in, on_event, &g);
    assert_true(input_timeout_ms(&in) > 250); /* and then it is over */
    input_timeout(&in, on_event, &g);
    assert_int_equal(input_timeout_ms(&in), -1);
    input_feed(&in, "[B", 2, on_event, &g);
    assert_int_equal(g.n, 8);
    input_release(&in);
}

static void the_terminals_erase_character_erases(void **state)
{
    static const struct {
        unsigned char erase, byte;
        uint32_t code;
    } rows[] = {{0, 0x7f, K_BACKSPACE},   {0x7f, 0x7f, K_BACKSPACE},
                {0x08, 0x08, K_BACKSPACE}, {0x08, 0x7f, K_BACKSPACE},
                {'#', '#', K_BACKSPACE},  {0x7f, '#', '#'}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct input in;
        struct got g = {0};
        input_init(&in, 25, rows[i].erase);
        input_feed(&in, &rows[i].byte, 1, on_event, &g);
        assert_int_equal(g.n, 1);
        assert_int_equal(g.keys[0].code, rows[i].code);
        input_release(&in);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_sequences_at_every_split),
        cmocka_unit_test(unknown_sequences_never_turn_into_keys),
        cmocka_unit_test(a_lone_escape_waits_for_its_time),
        cmocka_unit_test(a_paste_is_one_event_at_every_split),
        cmocka_unit_test(an_endless_paste_is_capped),
        cmocka_unit_test(the_key_after_rubbish_is_read),
        cmocka_unit_test(a_tail_that_comes_late_is_no_key),
        cmocka_unit_test(keys_after_an_escape_are_keys),
        cmocka_unit_test(the_terminals_erase_character_erases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
