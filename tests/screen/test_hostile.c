/* Log lines that try to take over the terminal (backend/sim/simlog_hostile.c):
 * whatever the reader does, a parser of the bytes that reach the terminal
 * finds our own grammar and nothing else. */
#include "tests/screen/scene.h"

#include "backend/base/mem.h"
#include "backend/base/utf8.h"

#include <locale.h>

struct parser {
    const unsigned char *s;
    size_t n, i;
    size_t texts, controls;
};

static void bad(const struct parser *p, size_t from, const char *what)
{
    char text[200] = "";
    for (size_t i = from > 20 ? from - 20 : 0; i < from + 40 && i < p->n; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text),
                 p->s[i] >= 0x20 && p->s[i] < 0x7f ? "%c" : "\\x%02x",
                 p->s[i]);
    fail_msg("%s at byte %zu: %s", what, from, text);
}

/* CSI: what terminfo's xterm entries and our own modes use. */
static void csi(struct parser *p, size_t from)
{
    static const char *const modes[] = {"?1049", "?25",  "?2004", "?1",
                                        "?12",   "?12;25", "4",   "?7"};
    size_t start = p->i;
    while (p->i < p->n && p->s[p->i] >= 0x20 && p->s[p->i] < 0x40)
        p->i++;
    if (p->i == p->n)
        return; /* cut by the end of the reading */
    char final = (char)p->s[p->i++], params[40];
    snprintf(params, sizeof(params), "%.*s", (int)(p->i - 1 - start),
             (const char *)p->s + start);
    if (final == 'h' || final == 'l') {
        for (size_t i = 0; i < ARRAY_LEN(modes); i++)
            if (strcmp(params, modes[i]) == 0)
                return;
        bad(p, from, "a mode that is not ours");
    }
    if (strspn(params, "0123456789;") != strlen(params) &&
        !(final == 't' && strcmp(params, "22;0;0") == 0))
        bad(p, from, "odd parameters");
    if (!strchr("ABCDGHJKLMPSTX@dmrbt", final))
        bad(p, from, "a sequence that is not ours");
    if (final == 't' && strcmp(params, "22;0;0") != 0 &&
        strcmp(params, "23;0;0") != 0)
        bad(p, from, "a window sequence that is not ours");
}

/* OSC: the idle marker of tests only. */
static void osc(struct parser *p, size_t from)
{
    const unsigned char *end = memchr(p->s + p->i, '\a', p->n - p->i);
    if (!end)
        return;
    if (strncmp((const char *)p->s + p->i, "7717;idle;", 10) != 0)
        bad(p, from, "an OSC that is not ours");
    for (p->i += 10; p->s + p->i < end; p->i++)
        if (!strchr("0123456789;", p->s[p->i]))
            bad(p, from, "an OSC that is not ours");
    p->i++;
}

static void escape(struct parser *p)
{
    size_t from = p->i++;
    p->controls++;
    if (p->i == p->n)
        return;
    unsigned char c = p->s[p->i++];
    if (c == '[')
        csi(p, from);
    else if (c == ']')
        osc(p, from);
    else if (c == '(' && p->i < p->n && strchr("B0", p->s[p->i]))
        p->i++;
    else if (!strchr("=>M78", c))
        bad(p, from, "an escape that is not ours");
}

static void check_grammar(struct screen *s)
{
    struct parser p = {0};
    p.s = (const unsigned char *)screen_raw(s, &p.n);
    while (p.i < p.n) {
        unsigned char c = p.s[p.i];
        uint32_t cp;
        if (c == 0x1b) {
            escape(&p);
            continue;
        }
        if (c == '\r' || c == '\n' || c == '\b' || c == '\t') {
            p.i++;
            continue;
        }
        size_t used = utf8_decode((const char *)p.s + p.i, p.n - p.i, &cp);
        if (p.n - p.i < 4 && cp == 0xfffd && used == 1)
            break; /* cut by the end of the reading */
        if ((cp == 0xfffd && used == 1) || utf8_cp_width(cp) < 0)
            bad(&p, p.i, "text that must not reach a terminal");
        p.texts++;
        p.i += used;
    }
    assert_true(p.texts > 1000);
    assert_true(p.controls > 100);
}

static void nothing_of_a_line_reaches_the_terminal(void **state)
{
    static const char *const keys[] = {
        "l", "J", "J", "w", "w", "t", "t", "t", "t", "t", "k", "\006", "g",
        "\006", "\006", "&OSC|C1|json\r", "+", "w", "P", "\033", "\033",
        "w", "/pwned|after\r", "n", "n", "\033", "g", "P", "\033", "e", "P",
        "\033", "/\033[200~a\033]0;pwned\007b\033[201~\r", "\033",
        "hafter\r", "Xm", "0", "&!INFO\r", "J", "/INFO  big\r", "\033",
        "\033", "/INFO  big\r", "P", "\006", "w", "\033", "\033", "q"};
    static const struct scene sc = {
        .rows = 50, .cols = 120,
        .args = {"--sim-world",
                 "clusters=1,services=1,tasks=1,lines=2,hostile=1"}};
    static const struct scene vt100 = {
        .term = "vt100",
        .args = {"--sim-world",
                 "clusters=1,services=1,tasks=1,lines=2,hostile=1"}};
    const struct scene *const scenes[] = {&sc, &vt100};

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(scenes); k++) {
        struct screen *s = scene_start(scenes[k]);
        assert_true(screen_wait(s, "services(1)"));
        assert_true(screen_idle(s));
        for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
            scene_type(s, keys[i]);
            if (strchr(keys[i], 'l') && i == 0)
                scene_shows(s, "after");
        }
        if (k == 0)
            check_grammar(s);
        assert_false(scene_raw_has(s, "cHduZWQ=\a"));
        assert_false(scene_raw_has(s, "\033]0;"));
        assert_false(scene_raw_has(s, "\033]52"));
        assert_false(scene_raw_has(s, "\033[6n"));
        assert_false(scene_raw_has(s, "\342\200\256"));
        screen_free(s);
    }
}

/* Lines of 900 kB are drawn in part, and say so. */
static void huge_lines_are_drawn_capped(void **state)
{
    static const struct scene sc = {
        .rows = 50, .cols = 120,
        .args = {"--sim-world",
                 "clusters=1,services=1,tasks=1,lines=2,hostile=1"}};
    (void)state;
    struct screen *s = scene_start(&sc);
    assert_true(screen_wait(s, "services(1)"));
    scene_type(s, "l");
    scene_shows(s, "after");
    scene_type(s, "&INFO  big\r");
    scene_type(s, "g");
    scene_shows(s, "big  data  data");
    scene_type(s, "w");
    scene_shows(s, " ...+");
    scene_shows(s, " bytes");
    screen_free(s);
}

/* The colours of the application are on the screen. */
static void colors_of_the_application_show(void **state)
{
    static const char *const none[] = {"NO_COLOR=1"};
    (void)state;
    for (int plain = 0; plain < 2; plain++) {
        struct scene sc = {
            .rows = 50, .cols = 120,
            .args = {"--sim-world",
                     "clusters=1,services=1,tasks=1,lines=1,hostile=1"},
            .env = {plain ? none[0] : NULL}};
        struct screen *s = scene_start(&sc);
        assert_true(screen_wait(s, "services(1)"));
        scene_type(s, "l");
        scene_shows(s, "SGR redorange");
        int row = screen_find(s, "SGR redorange");
        char *line = screen_row(s, row);
        int col = (int)(strstr(line, "redorange") - line);
        free(line);
        struct screen_cell red = screen_cell(s, row, col);
        struct screen_cell orange = screen_cell(s, row, col + 3);
        assert_int_equal(red.colored, !plain);
        assert_int_equal(orange.colored, !plain);
        if (!plain)
            assert_true(red.fg_g != orange.fg_g);
        screen_free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_of_a_line_reaches_the_terminal),
        cmocka_unit_test(huge_lines_are_drawn_capped),
        cmocka_unit_test(colors_of_the_application_show),
    };
    if (!setlocale(LC_CTYPE, "C.UTF-8"))
        return 1;
    return cmocka_run_group_tests_name("screen hostile", tests, NULL, NULL);
}
