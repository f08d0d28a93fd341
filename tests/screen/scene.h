/* scene.h - what every screen test starts with: the demo, frozen or live,
 * and asserts about its rows. Static inline, since each test is a program of
 * its own. */
#ifndef ECSDASH_TESTS_SCREEN_SCENE_H
#define ECSDASH_TESTS_SCREEN_SCENE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/screen/harness.h"

#define SCENE_UP "\033[A"
#define SCENE_DOWN "\033[B"

struct scene {
    int rows, cols;
    const char *term;
    const char *args[8];
    const char *env[4];
    bool live; /* the clock runs twenty times too fast, else it stands */
};

static inline struct screen *scene_start(const struct scene *sc)
{
    const char *argv[24] = {
        NULL, "--demo", "--seed", "7", "--sim-clock",
        sc->live ? "x20" : "frozen@2026-11-21T14:32:07Z"};
    const char *env[8] = {0};
    size_t n = 0;
    for (size_t i = 0; i < 8 && sc->args[i]; i++)
        argv[6 + i] = sc->args[i];
    for (size_t i = 0; i < 4 && sc->env[i]; i++)
        env[n++] = sc->env[i];
    /* 2026-11-21T14:32:07Z, so that ages agree on both sides. */
    if (!sc->live)
        env[n++] = "ECSDASH_TEST=frozen:1795271527000";
    struct screen_options o = {.rows = sc->rows ? sc->rows : 24,
                               .cols = sc->cols ? sc->cols : 80,
                               .term = sc->term, .argv = argv, .env = env};
    return screen_start(&o);
}

/* Started, loaded and quiet. */
static inline struct screen *scene_ready(const struct scene *sc)
{
    struct screen *s = scene_start(sc);
    assert_true(screen_wait(s, "of 49"));
    assert_true(screen_wait(s, "39 ok"));
    assert_true(screen_idle(s));
    return s;
}

/* One frozen screen of 80x24, the usual case. */
static inline struct screen *scene_demo(void)
{
    static const struct scene sc = {0};
    return scene_ready(&sc);
}

/* Keys, and everything they caused. */
static inline void scene_type(struct screen *s, const char *keys)
{
    screen_keys(s, keys);
    if (!screen_idle(s)) {
        char *all = screen_text(s);
        print_error("not idle; screen is:\n%s\n", all);
        free(all);
        fail();
    }
}

static inline void scene_shows(struct screen *s, const char *text)
{
    if (!screen_wait(s, text))
        fail_msg("\"%s\" never came", text);
}

static inline void scene_gone(struct screen *s, const char *text)
{
    if (!screen_wait_gone(s, text)) {
        char *all = screen_text(s);
        print_error("\"%s\" stays; screen is:\n%s\n", text, all);
        free(all);
        fail();
    }
}

static inline bool scene_row_has(struct screen *s, int row, const char *text)
{
    char *line = screen_row(s, row);
    bool hit = strstr(line, text) != NULL;
    if (!hit)
        print_message("row %d is: %s\n", row, line);
    free(line);
    return hit;
}

/* The row with the cursor sign, which must be the only reversed one that
 * starts so; -1 when there is none. */
static inline int scene_selected(struct screen *s)
{
    for (int row = 0; row < screen_rows(s); row++) {
        struct screen_cell c = screen_cell(s, row, 0);
        if (c.ch == '>' && c.reverse)
            return row;
    }
    return -1;
}

/* Waits until the selected row holds the text. */
static inline void scene_selects(struct screen *s, const char *text)
{
    for (int i = 0; i < 100; i++) {
        int row = scene_selected(s);
        char *line = row >= 0 ? screen_row(s, row) : NULL;
        bool hit = line && strstr(line, text);
        free(line);
        if (hit)
            return;
        screen_read(s, 50);
    }
    char *all = screen_text(s);
    print_error("not selected: \"%s\"; screen is:\n%s\n", text, all);
    free(all);
    fail();
}

static inline bool scene_raw_has(struct screen *s, const char *bytes)
{
    size_t n;
    const char *raw = screen_raw(s, &n);
    return memmem(raw, n, bytes, strlen(bytes)) != NULL;
}

/* The screen was left as it was found: modes, alternate screen, cursor. */
static inline void scene_restored(struct screen *s)
{
    struct termios before, now;
    screen_stty(s, &before, &now);
    assert_int_equal(before.c_iflag, now.c_iflag);
    assert_int_equal(before.c_oflag, now.c_oflag);
    assert_int_equal(before.c_lflag, now.c_lflag);
    assert_memory_equal(before.c_cc, now.c_cc, sizeof(now.c_cc));
    assert_true(scene_raw_has(s, "\033[?1049h"));
    assert_true(scene_raw_has(s, "\033[?1049l"));
    size_t n;
    const char *raw = screen_raw(s, &n), *on = NULL, *off = NULL;
    for (size_t i = 0; i + 8 <= n; i++) {
        if (!memcmp(raw + i, "\033[?1049h", 8))
            on = raw + i;
        if (!memcmp(raw + i, "\033[?1049l", 8))
            off = raw + i;
    }
    assert_true(off > on);
    if (scene_raw_has(s, "\033[?2004h"))
        assert_true(scene_raw_has(s, "\033[?2004l"));
}

#endif
