/* Query services: forms in, XML out; the operations see JSON both ways. */
#include "backend/sim/wire.h"

#include "backend/base/fmt.h"
#include "backend/base/mem.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_INDEX 1000
#define MAX_DEPTH 8
#define MAX_FIELDS 2000

/* ---- forms ---------------------------------------------------------- */

static int hex_digit(char c)
{
    return isdigit((unsigned char)c) ? c - '0'
           : isxdigit((unsigned char)c)
               ? tolower((unsigned char)c) - 'a' + 10
               : -1;
}

static char *decode(const char *s, size_t n)
{
    struct strbuf b = STRBUF_INIT;
    for (size_t i = 0; i < n; i++) {
        int hi = s[i] == '%' && i + 2 < n ? hex_digit(s[i + 1]) : -1;
        int lo = hi >= 0 ? hex_digit(s[i + 2]) : -1;
        if (lo >= 0 && (hi || lo)) { /* no NUL comes in this way */
            strbuf_putc(&b, (char)(hi * 16 + lo));
            i += 2;
        } else {
            strbuf_putc(&b, s[i] == '+' ? ' ' : s[i]);
        }
    }
    return strbuf_detach(&b);
}

char *sim_form_value(const char *form, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = form; p; p = strchr(p, '&')) {
        p += *p == '&';
        if (strncmp(p, name, n) == 0 && p[n] == '=')
            return decode(p + n + 1, strcspn(p + n + 1, "&"));
    }
    return NULL;
}

static json_t *typed(const char *text, const struct sim_member *m)
{
    int64_t v;
    if (m && m->type == T_INT && !fmt_parse_int(text, INT64_MIN, INT64_MAX,
                                                &v))
        return json_integer(v);
    if (m && m->type == T_BOOL &&
        (!strcmp(text, "true") || !strcmp(text, "false")))
        return json_boolean(text[0] == 't');
    return json_string(text);
}

static json_t *child_of(json_t *o, const char *word, bool number, json_t *v)
{
    if (!number)
        return json_object_set_new(o, word, v) ? NULL
                                               : json_object_get(o, word);
    size_t i = (size_t)strtoul(word, NULL, 10) - 1;
    while (json_array_size(o) <= i)
        json_array_append_new(o, json_null());
    return json_array_set_new(o, i, v) ? NULL : json_array_get(o, i);
}

static bool is_index(const char *word)
{
    int64_t v;
    return word && fmt_parse_int(word, 1, MAX_INDEX, &v) == 0;
}

/* "A.member.2.B" = text into the tree; what makes no sense is left out. */
static void put_path(json_t *root, char *name, json_t *value)
{
    char *words[MAX_DEPTH], *save = NULL;
    size_t n = 0;
    json_t *at = root;
    for (char *w = strtok_r(name, ".", &save); w && n < MAX_DEPTH;
         w = strtok_r(NULL, ".", &save))
        if (strcmp(w, "member") != 0)
            words[n++] = w;
    for (size_t i = 0; i < n && at; i++) {
        bool number = is_index(words[i]), last = i + 1 == n;
        if (number != json_is_array(at))
            break;
        json_t *have =
            number ? json_array_get(at, (size_t)strtoul(words[i], NULL, 10) - 1)
                   : json_object_get(at, words[i]);
        if (last)
            child_of(at, words[i], number, json_incref(value));
        else if (json_is_array(have) || json_is_object(have))
            at = have;
        else
            at = child_of(at, words[i], number,
                          is_index(words[i + 1]) ? json_array()
                                                 : json_object());
    }
    json_decref(value);
}

json_t *sim_form_json(const char *form, const struct sim_member *members,
                      bool nested)
{
    json_t *root = json_object();
    int fields = 0;
    for (const char *p = form; *p && fields < MAX_FIELDS; fields++) {
        size_t n = strcspn(p, "&"), k = strcspn(p, "=&");
        char *name = decode(p, k);
        char *text = decode(k < n ? p + k + 1 : "", k < n ? n - k - 1 : 0);
        const struct sim_member *m = members;
        while (m && m->name && strcmp(m->name, name))
            m++;
        json_t *v = typed(text, m && m->name ? m : NULL);
        if (!v || !*name || (nested && (!strcmp(name, "Action") ||
                                        !strcmp(name, "Version"))))
            json_decref(v);
        else if (nested)
            put_path(root, name, v);
        else
            json_object_set_new(root, name, v);
        free(name);
        free(text);
        p += n;
        p += *p == '&';
    }
    return root;
}

/* ---- XML ------------------------------------------------------------ */

void sim_put_xml_text(struct strbuf *b, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '&':
            strbuf_puts(b, "&amp;");
            break;
        case '<':
            strbuf_puts(b, "&lt;");
            break;
        case '>':
            strbuf_puts(b, "&gt;");
            break;
        default:
            strbuf_putc(b, *text);
        }
    }
}

static void put_value(struct strbuf *b, json_t *v, const char *item);

static void put_element(struct strbuf *b, const char *name, json_t *v,
                        const char *item)
{
    strbuf_printf(b, "<%s>", name);
    put_value(b, v, item);
    strbuf_printf(b, "</%s>", name);
}

static void put_value(struct strbuf *b, json_t *v, const char *item)
{
    const char *key;
    size_t i;
    json_t *inner;
    if (json_is_array(v))
        json_array_foreach(v, i, inner) put_element(b, item, inner, item);
    else if (json_is_object(v))
        json_object_foreach(v, key, inner) put_element(b, key, inner, item);
    else if (json_is_string(v))
        sim_put_xml_text(b, json_string_value(v));
    else if (json_is_integer(v))
        strbuf_printf(b, "%lld", (long long)json_integer_value(v));
    else if (json_is_real(v))
        strbuf_printf(b, "%.13g", json_real_value(v));
    else if (json_is_boolean(v))
        strbuf_puts(b, json_is_true(v) ? "true" : "false");
}

void sim_put_xml(struct strbuf *b, const struct sim_service_info *info,
                 const char *op, json_t *out, const char *request_id)
{
    bool ec2 = info->protocol == P_EC2;
    const char *item = ec2 ? "item" : "member";
    strbuf_printf(b, "<%sResponse xmlns=\"%s\">\n", op, info->xmlns);
    if (ec2)
        strbuf_printf(b, "<requestId>%s</requestId>", request_id);
    else
        strbuf_printf(b, "<%sResult>", op);
    put_value(b, out, item);
    if (!ec2)
        strbuf_printf(b, "</%sResult>\n<ResponseMetadata><RequestId>%s"
                      "</RequestId></ResponseMetadata>", op, request_id);
    strbuf_printf(b, "\n</%sResponse>\n", op);
}
