#include "themes/theme.h"

#include "backend/base/fmt.h"
#include "backend/base/grammar.h"
#include "backend/base/mem.h"
#include "backend/base/strbuf.h"
#include "themes/embed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *help;
} roles[ROLE_N] = {
#define X(id, name, help) [ROLE_##id] = {name, help},
    THEME_ROLES(X)
#undef X
};

static const struct {
    const char *name;
    int32_t color;
} colors[] = {
    {"default", -1},     {"black", 0},          {"red", 1},
    {"green", 2},        {"yellow", 3},         {"blue", 4},
    {"magenta", 5},      {"cyan", 6},           {"white", 7},
    {"brightblack", 8},  {"brightred", 9},      {"brightgreen", 10},
    {"brightyellow", 11}, {"brightblue", 12},   {"brightmagenta", 13},
    {"brightcyan", 14},  {"brightwhite", 15},   {"gray", 8},
};

static const struct {
    const char *name;
    uint8_t attr;
} attrs[] = {
    {"bold", ATTR_BOLD},           {"dim", ATTR_DIM},
    {"reverse", ATTR_REVERSE},     {"underline", ATTR_UNDERLINE},
    {"italic", ATTR_ITALIC},
};

const char *theme_role_name(enum role r)
{
    return r < ROLE_N ? roles[r].name : "?";
}

const char *theme_role_help(enum role r)
{
    return r < ROLE_N ? roles[r].help : "";
}

int theme_role_find(const char *name)
{
    for (int i = 0; i < ROLE_N; i++)
        if (strcmp(roles[i].name, name) == 0)
            return i;
    return -1;
}

static int parse_color(const char *word, int32_t *out)
{
    int64_t n;
    for (size_t i = 0; i < ARRAY_LEN(colors); i++) {
        if (strcmp(colors[i].name, word) == 0) {
            *out = colors[i].color;
            return 0;
        }
    }
    if (word[0] == '#' && strlen(word) == 7 &&
        strspn(word + 1, "0123456789abcdefABCDEF") == 6) {
        *out = 0x1000000 | (int32_t)strtol(word + 1, NULL, 16);
        return 0;
    }
    if (fmt_parse_int(word, 0, 255, &n) == 0) {
        *out = (int32_t)n;
        return 0;
    }
    return -1;
}

int theme_set(struct theme *t, int argc, char **argv, struct err *err)
{
    struct theme_style s = {.fg = -1, .bg = -1};
    if (argc < 3)
        return err_set(err, ERR_CONFIG, "color takes a role, a foreground "
                       "and a background, then attributes.");
    int role = theme_role_find(argv[0]);
    if (role < 0)
        return err_set(err, ERR_CONFIG, "There is no role %s.", argv[0]);
    if (parse_color(argv[1], &s.fg) || parse_color(argv[2], &s.bg))
        return err_set(err, ERR_CONFIG, "%s is not a colour: use a name, "
                       "0 to 255, or #rrggbb.",
                       parse_color(argv[1], &s.fg) ? argv[1] : argv[2]);
    for (int i = 3; i < argc; i++) {
        size_t k = 0;
        while (k < ARRAY_LEN(attrs) && strcmp(attrs[k].name, argv[i]))
            k++;
        if (k == ARRAY_LEN(attrs))
            return err_set(err, ERR_CONFIG, "%s is not an attribute: use "
                           "bold, dim, reverse, underline or italic.",
                           argv[i]);
        s.attrs |= attrs[k].attr;
    }
    t->roles[role] = s;
    return 0;
}

int theme_parse(struct theme *t, const char *file, const char *text,
                struct err *err)
{
    struct theme copy = *t;
    struct grammar *g = grammar_parse_strict(file, text, strlen(text), err);
    int rc = g ? 0 : -1;
    for (size_t i = 0; !rc && i < g->n; i++) {
        const struct grammar_stmt *s = &g->stmts[i];
        if (strcmp(s->argv[0], "color") != 0 || s->has_block)
            rc = grammar_fail(g, s, err, "A theme holds only lines "
                              "`color ROLE FG BG [ATTRIBUTE]...`, not %s.",
                              s->argv[0]);
        else if (theme_set(&copy, s->argc - 1, s->argv + 1, err))
            rc = grammar_locate(g, s, err);
    }
    grammar_free(g);
    if (!rc)
        *t = copy;
    return rc ? -1 : 0;
}

bool theme_builtin_name(size_t i, char name[32])
{
    for (const struct embedded_file *f = embedded_files; f->path; f++)
        if (sscanf(f->path, "themes/%31[^.].theme", name) == 1 && i-- == 0)
            return true;
    return false;
}

static const char *builtin_text(const char *path)
{
    for (const struct embedded_file *f = embedded_files; f->path; f++)
        if (strcmp(f->path, path) == 0)
            return f->text;
    return NULL;
}

static int say_unknown(const char *name, struct err *err)
{
    struct strbuf known = STRBUF_INIT;
    char other[32];
    for (size_t i = 0; theme_builtin_name(i, other); i++)
        strbuf_printf(&known, "%s%s", i ? ", " : "", other);
    err_set(err, ERR_USAGE, "There is no theme %s; there are %s.", name,
            strbuf_get(&known));
    strbuf_release(&known);
    return -1;
}

int theme_builtin(struct theme *t, const char *name, struct err *err)
{
    struct theme fresh = {0};
    char path[64];
    snprintf(path, sizeof(path), "themes/%.32s.theme", name);
    const char *text = builtin_text(path);
    if (!text)
        return say_unknown(name, err);
    for (int i = 0; i < ROLE_N; i++)
        fresh.roles[i] = (struct theme_style){.fg = -1, .bg = -1};
    snprintf(fresh.name, sizeof(fresh.name), "%.31s", name);
    if (theme_parse(&fresh, path, text, err))
        return -1;
    *t = fresh;
    return 0;
}

/* ---- fitting a colour to what the terminal has ------------------------ */

static const uint8_t base16[16][3] = {
    {0, 0, 0},       {205, 0, 0},     {0, 205, 0},     {205, 205, 0},
    {0, 0, 238},     {205, 0, 205},   {0, 205, 205},   {229, 229, 229},
    {127, 127, 127}, {255, 0, 0},     {0, 255, 0},     {255, 255, 0},
    {92, 92, 255},   {255, 0, 255},   {0, 255, 255},   {255, 255, 255},
};

static void rgb_of(int32_t color, int rgb[3])
{
    if (color & 0x1000000) {
        rgb[0] = (color >> 16) & 255;
        rgb[1] = (color >> 8) & 255;
        rgb[2] = color & 255;
    } else if (color < 16) {
        for (int i = 0; i < 3; i++)
            rgb[i] = base16[color][i];
    } else if (color < 232) {
        static const int step[] = {0, 95, 135, 175, 215, 255};
        rgb[0] = step[(color - 16) / 36];
        rgb[1] = step[(color - 16) / 6 % 6];
        rgb[2] = step[(color - 16) % 6];
    } else {
        rgb[0] = rgb[1] = rgb[2] = 8 + (color - 232) * 10;
    }
}

static int nearest(int32_t color, int from, int to)
{
    int want[3], have[3], best = from;
    long best_d = -1;
    rgb_of(color, want);
    for (int i = from; i < to; i++) {
        long d = 0;
        rgb_of(i, have);
        for (int k = 0; k < 3; k++)
            d += (long)(want[k] - have[k]) * (want[k] - have[k]);
        if (best_d < 0 || d < best_d) {
            best_d = d;
            best = i;
        }
    }
    return best;
}

int theme_fit_color(int32_t color, int n)
{
    if (color < 0 || n < 8)
        return -1;
    if (n >= 1 << 24)
        return color;
    if (color & 0x1000000)
        return n >= 256 ? nearest(color, 16, 256)
                        : nearest(color, 0, n >= 16 ? 16 : 8);
    if (color < n)
        return color;
    return color < 16 ? color - 8 : nearest(color, 0, n >= 16 ? 16 : 8);
}
