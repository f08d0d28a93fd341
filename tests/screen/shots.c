/* `make screenshots`: drives the demo by keys and writes what libvterm sees
 * as SVG pictures with colours. Reproducible: frozen clocks, fixed seed. */
#include "tests/screen/harness.h"

#include "backend/base/mem.h"
#include "backend/base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CELL_W 8.4
#define CELL_H 17

struct shot {
    const char *name;
    int rows, cols;
    const char *const *keys; /* NULL-terminated, idle after each */
    const char *wait;        /* text that must be there first */
    const char *args[4];
};

#define KEYS(...) (const char *const[]){__VA_ARGS__, NULL}

static const struct shot shots[] = {
    {"services-80x24", 24, 80, KEYS(""), "SHORT", {0}},
    {"services-120x40", 40, 120, KEYS("j"), "SHORT", {0}},
    {"services-200x60", 60, 200, KEYS("jj"), "SHORT", {0}},
    {"tasks", 30, 120, KEYS("/payments-api cluster:main\r", "\r"),
     "RUNNING", {0}},
    {"log", 30, 120, KEYS("/payments-api cluster:main\r", "l", "", "", "", "E"),
     "cannot reach the database", {0}},
    {"scale", 24, 80, KEYS("/checkout-web cluster:main\r", "S", "\x15" "10"),
     "8 -> 10", {0}},
    {"rollback", 24, 100, KEYS("/payments-api cluster:main\r", "B", ""),
     "type the", {0}},
    {"detail", 40, 100, KEYS("/recommendations\r", "d"), "Deployments", {0}},
    {"help", 40, 100, KEYS("?"), "everywhere", {0}},
    {"colorblind", 24, 80, KEYS(""), "SHORT", {"--theme", "colorblind"}},
};

static void put_char(FILE *f, uint32_t ch)
{
    char out[4];
    if (ch == '<')
        fputs("&lt;", f);
    else if (ch == '&')
        fputs("&amp;", f);
    else if (ch)
        fwrite(out, 1, utf8_encode(ch, out), f);
    else
        fputc(' ', f);
}

struct style {
    uint32_t fg, bg;
    bool bold, underline;
};

static struct style style_of(const struct screen_cell *c)
{
    uint32_t fg = c->colored ? (uint32_t)(c->fg_r << 16 | c->fg_g << 8 |
                                          c->fg_b)
                             : 0xd8dee9;
    uint32_t bg = c->bg_default ? 0x1c2128
                                : (uint32_t)(c->bg_r << 16 | c->bg_g << 8 |
                                             c->bg_b);
    /* The eight basic colours are too dark on a dark picture. */
    static const struct {
        uint32_t from, to;
    } soft[] = {{0xe00000, 0xff7b72}, {0x00e000, 0x7ee787},
                {0xe0e000, 0xf2cc60}, {0x0000e0, 0x79c0ff},
                {0xe000e0, 0xd2a8ff}, {0x00e0e0, 0x76e3ea}};
    for (size_t i = 0; i < ARRAY_LEN(soft); i++)
        if (fg == soft[i].from)
            fg = soft[i].to;
    struct style s = {fg, bg, c->bold, c->underline};
    if (c->reverse) {
        s.fg = bg;
        s.bg = fg;
    }
    return s;
}

static bool same(struct style a, struct style b)
{
    return a.fg == b.fg && a.bg == b.bg && a.bold == b.bold &&
           a.underline == b.underline;
}

static void run(FILE *f, struct screen *s, int row, int from, int to,
                struct style st)
{
    bool blank = true;
    for (int col = from; col < to; col++) {
        uint32_t ch = screen_cell(s, row, col).ch;
        blank &= ch == 0 || ch == ' ';
    }
    if (st.bg != 0x1c2128)
        fprintf(f, "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" "
                "fill=\"#%06x\"/>\n", 8 + from * CELL_W, 6 + row * CELL_H,
                (to - from) * CELL_W, CELL_H, st.bg);
    if (blank && !st.underline)
        return;
    fprintf(f, "<text x=\"%.1f\" y=\"%d\" fill=\"#%06x\"%s%s "
            "textLength=\"%.1f\" xml:space=\"preserve\">",
            8 + from * CELL_W, 6 + row * CELL_H + 13, st.fg,
            st.bold ? " font-weight=\"bold\"" : "",
            st.underline ? " text-decoration=\"underline\"" : "",
            (to - from) * CELL_W);
    for (int col = from; col < to; col++) {
        struct screen_cell c = screen_cell(s, row, col);
        if (c.ch != (uint32_t)-1)
            put_char(f, c.ch);
    }
    fputs("</text>\n", f);
}

static int write_svg(struct screen *s, const char *path)
{
    FILE *f = fopen(path, "w");
    if (!f)
        return -1;
    int rows = screen_rows(s), cols = screen_cols(s);
    fprintf(f, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" "
            "height=\"%d\" font-family=\"DejaVu Sans Mono,Menlo,Consolas,"
            "monospace\" font-size=\"14\">\n<rect width=\"100%%\" "
            "height=\"100%%\" rx=\"6\" fill=\"#1c2128\"/>\n",
            cols * CELL_W + 16, rows * CELL_H + 12);
    for (int row = 0; row < rows; row++) {
        int from = 0;
        struct screen_cell c = screen_cell(s, row, 0);
        struct style st = style_of(&c);
        for (int col = 1; col <= cols; col++) {
            struct style next = st;
            if (col < cols) {
                c = screen_cell(s, row, col);
                next = style_of(&c);
            }
            if (col < cols && same(st, next))
                continue;
            run(f, s, row, from, col, st);
            from = col;
            st = next;
        }
    }
    fputs("</svg>\n", f);
    return fclose(f);
}

/* The screen of a shot, keys typed; NULL when it never came. */
static struct screen *show(const struct shot *sh)
{
    const char *argv[16] = {NULL, "--demo", "--seed", "7", "--sim-clock",
                            "frozen@2026-11-21T14:32:07Z"};
    /* 2026-11-21T14:32:07Z, so that ages agree on both sides. */
    const char *env[] = {"ECSDASH_TEST=frozen:1795271527000", NULL};
    for (size_t i = 0; sh->args[i]; i++)
        argv[6 + i] = sh->args[i];
    struct screen_options o = {
        .rows = sh->rows, .cols = sh->cols, .argv = argv, .env = env};
    struct screen *s = screen_start(&o);
    int rc = screen_wait(s, "SHORT") && screen_idle(s) ? 0 : -1;
    for (size_t i = 0; sh->keys[i] && !rc; i++) {
        screen_keys(s, sh->keys[i]);
        rc = screen_idle(s) ? 0 : -1;
        screen_read(s, 900); /* timers: a log's second page, a publish */
        if (!screen_wait_gone(s, "reading back"))
            rc = -1;
    }
    if (!rc && !screen_wait(s, sh->wait))
        rc = -1;
    screen_read(s, 700);
    if (rc) {
        screen_free(s);
        return NULL;
    }
    return s;
}

static int shoot(const struct shot *sh, const char *dir)
{
    struct screen *s = show(sh);
    int rc = s ? 0 : -1;
    char *path = xasprintf("%s/%s.svg", dir, sh->name);
    if (!rc)
        rc = write_svg(s, path);
    printf("%s %s\n", rc ? "FAILED" : "wrote", path);
    free(path);
    if (s)
        screen_free(s);
    return rc;
}

/* Text of each row, then its looks, a letter a column: for the second reader
 * in tests/py/test_tmux.py. */
static int dump(const struct shot *sh)
{
    struct screen *s = show(sh);
    if (!s)
        return 1;
    for (int row = 0; row < sh->rows; row++) {
        char *text = screen_row(s, row);
        printf("%s\n", text);
        free(text);
        for (int col = 0; col < sh->cols; col++) {
            struct screen_cell c = screen_cell(s, row, col);
            putchar('0' + (c.bold ? 1 : 0) + (c.underline ? 2 : 0) +
                    (c.reverse ? 4 : 0));
        }
        putchar('\n');
    }
    screen_free(s);
    return 0;
}

int main(int argc, char **argv)
{
    int failed = 0;
    for (size_t i = 0; argc == 3 && i < ARRAY_LEN(shots); i++)
        if (strcmp(argv[1], "--dump") == 0 &&
            strcmp(argv[2], shots[i].name) == 0)
            return dump(&shots[i]);
    for (size_t i = 0; i < ARRAY_LEN(shots); i++)
        failed |= shoot(&shots[i], argc > 1 ? argv[1] : "screenshots");
    return failed ? 1 : 0;
}
