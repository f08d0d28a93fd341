#include "keymaps/keyspec.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "backend/base/mem.h"
#include "backend/base/utf8.h"

/* The names, the canonical one of a key first. Characters that are awkward to
 * write have names too. */
static const struct {
    const char *name;
    uint32_t code;
} names[] = {
    {.name = "Enter", .code = K_ENTER},
    {.name = "Return", .code = K_ENTER},
    {.name = "CR", .code = K_ENTER},
    {.name = "Tab", .code = K_TAB},
    {.name = "S-Tab", .code = K_BACKTAB},
    {.name = "BackTab", .code = K_BACKTAB},
    {.name = "Esc", .code = K_ESC},
    {.name = "Escape", .code = K_ESC},
    {.name = "Backspace", .code = K_BACKSPACE},
    {.name = "BS", .code = K_BACKSPACE},
    {.name = "Delete", .code = K_DELETE},
    {.name = "Del", .code = K_DELETE},
    {.name = "Insert", .code = K_INSERT},
    {.name = "Ins", .code = K_INSERT},
    {.name = "Up", .code = K_UP},
    {.name = "Down", .code = K_DOWN},
    {.name = "Left", .code = K_LEFT},
    {.name = "Right", .code = K_RIGHT},
    {.name = "Home", .code = K_HOME},
    {.name = "End", .code = K_END},
    {.name = "PgUp", .code = K_PAGE_UP},
    {.name = "PageUp", .code = K_PAGE_UP},
    {.name = "PgDn", .code = K_PAGE_DOWN},
    {.name = "PageDown", .code = K_PAGE_DOWN},
    {.name = "Space", .code = ' '},
    {.name = "lt", .code = '<'},
    {.name = "gt", .code = '>'},
    {.name = "Hash", .code = '#'},
    {.name = "Semicolon", .code = ';'},
    {.name = "Backslash", .code = '\\'},
};

static bool is_char(uint32_t code)
{
    return code != K_NONE && code < K_UP;
}

static int no_key(const char *spec, struct err *err)
{
    return err_set(err, ERR_CONFIG, "there is no key \"%s\"", spec);
}

/* One code point that fills s[0..n). */
static bool one_char(const char *s, size_t n, uint32_t *cp)
{
    return n > 0 && utf8_decode(s, n, cp) == n && *cp != 0xfffd &&
           utf8_cp_width(*cp) > 0;
}

static bool named(const char *s, size_t n, uint32_t *code)
{
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (strlen(names[i].name) == n &&
            strncasecmp(names[i].name, s, n) == 0) {
            *code = names[i].code;
            return true;
        }
    }
    if (n >= 2 && n <= 3 && (s[0] == 'F' || s[0] == 'f')) {
        int f = 0;

        for (size_t i = 1; i < n; i++) {
            if (s[i] < '0' || s[i] > '9') {
                return false;
            }
            f = f * 10 + (s[i] - '0');
        }
        *code = K_F1 + (uint32_t)f - 1;
        return s[1] != '0' && f >= 1 && f <= 12;
    }
    return false;
}

static unsigned modifier(char c)
{
    switch (c) {
    case 'C':
    case 'c':
        return K_CTRL;
    case 'A':
    case 'a':
    case 'M':
    case 'm':
        return K_ALT;
    case 'S':
    case 's':
        return K_SHIFT;
    default:
        return 0;
    }
}

/* What terminals can't tell apart is one key: Ctrl with a letter has no case,
 * ^I ^M ^J ^[ ^H are Tab, Enter, Esc, Backspace; Shift-Tab is its own key. */
static bool settle(struct key *k)
{
    static const struct {
        char ctrl;
        uint32_t code;
    } same[] = {
        {.ctrl = 'i', .code = K_TAB},       {.ctrl = 'm', .code = K_ENTER},
        {.ctrl = 'j', .code = K_ENTER},     {.ctrl = '[', .code = K_ESC},
        {.ctrl = 'h', .code = K_BACKSPACE},
    };

    if (is_char(k->code) && (k->mods & K_SHIFT)) {
        return false;
    }
    if (k->code == K_TAB && (k->mods & K_SHIFT)) {
        k->code = K_BACKTAB;
        k->mods &= (uint8_t)~K_SHIFT;
    }
    if (!(k->mods & K_CTRL) || !is_char(k->code)) {
        return true;
    }
    if (k->code >= 'A' && k->code <= 'Z') {
        k->code += 'a' - 'A';
    }
    for (size_t i = 0; i < ARRAY_LEN(same); i++) {
        if (k->code == (uint32_t)same[i].ctrl) {
            k->code = same[i].code;
            k->mods &= (uint8_t)~K_CTRL;
            return true;
        }
    }
    if (k->code == '@') {
        k->code = ' ';
    }
    return (k->code >= 'a' && k->code <= 'z') || k->code == ' ' ||
           k->code == '\\' || k->code == ']' ||
           k->code == '^' || k->code == '_';
}

int keyspec_parse(const char *spec, struct key *out, struct err *err)
{
    struct key k = {0};
    const char *s = spec;
    size_t n = strlen(spec);

    if (one_char(s, n, &k.code)) {
        if (k.code == ' ') {
            return no_key(spec, err);
        }
        *out = k;
        return 0;
    }
    if (n < 3 || s[0] != '<' || s[n - 1] != '>') {
        return no_key(spec, err);
    }
    s++;
    n -= 2;
    while (n > 2 && s[1] == '-' && modifier(s[0])) {
        unsigned mod = modifier(s[0]);

        if (k.mods & mod) {
            return no_key(spec, err);
        }
        k.mods |= (uint8_t)mod;
        s += 2;
        n -= 2;
    }
    if (!named(s, n, &k.code) && !one_char(s, n, &k.code)) {
        return no_key(spec, err);
    }
    if (!settle(&k)) {
        return err_set(err, ERR_CONFIG, "no terminal sends the key \"%s\"",
                       spec);
    }
    *out = k;
    return 0;
}

static const char *name_of(uint32_t code, bool plain)
{
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        /* Signs keep their plain form but where that would not parse. */
        if (names[i].code == code &&
            (!is_char(code) || code == ' ' || (plain && code == '<'))) {
            return names[i].name;
        }
    }
    return NULL;
}

/* Name or character without modifiers into out. */
static bool base_name(struct key key, char out[16], bool quoted)
{
    const char *name = name_of(key.code, quoted);

    if (name) {
        snprintf(out, 16, "%s", name);
    } else if (key.code >= K_F1 && key.code < K_F1 + 12) {
        snprintf(out, 16, "F%d", (int)(key.code - K_F1) + 1);
    } else if (is_char(key.code)) {
        uint32_t cp = key.code;

        if ((key.mods & K_CTRL) && cp >= 'a' && cp <= 'z') {
            cp -= 'a' - 'A';
        }
        out[utf8_encode(cp, out)] = '\0';
        return false;
    } else {
        snprintf(out, 16, "?");
    }
    return true;
}

const char *keyspec_print(struct key key, char out[KEYSPEC_SIZE])
{
    char base[16];
    bool is_name = base_name(key, base, true);

    if (!is_name && key.mods == 0) {
        snprintf(out, KEYSPEC_SIZE, "%s", base);
    } else {
        snprintf(out, KEYSPEC_SIZE, "<%s%s%s%s>",
                 key.mods & K_CTRL ? "C-" : "",
                 key.mods & K_ALT ? "A-" : "",
                 key.mods & K_SHIFT ? "S-" : "", base);
    }
    return out;
}

const char *keyspec_show(struct key key, char out[KEYSPEC_SIZE])
{
    char base[16];

    base_name(key, base, false);
    snprintf(out, KEYSPEC_SIZE, "%s%s%s%s", key.mods & K_ALT ? "A-" : "",
             key.mods & K_SHIFT ? "S-" : "",
             key.mods & K_CTRL ? "^" : "", base);
    return out;
}

size_t keyspec_text(struct key key, char out[4])
{
    if (!is_char(key.code) || key.mods || utf8_cp_width(key.code) < 0) {
        return 0;
    }
    return utf8_encode(key.code, out);
}
