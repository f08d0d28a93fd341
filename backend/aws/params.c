#include "backend/aws/params.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/aws/sigv4.h"
#include "backend/base/mem.h"

static void put_pair(struct strbuf *out, const char *name, const char *value)
{
    strbuf_putc(out, '&');
    sigv4_encode(out, name, strlen(name), 0);
    strbuf_putc(out, '=');
    sigv4_encode(out, value, strlen(value), 0);
}

/* {"A":{"B":[1,2]}} is A.B.member.1=1&A.B.member.2=2; EC2 leaves out the
 * "member". */
static void put_form(struct strbuf *out, const char *name, const json_t *v,
                     bool ec2)
{
    const char *key;
    json_t *item;
    size_t i;
    char *sub;
    char number[40];

    switch (json_typeof(v)) {
    case JSON_OBJECT:
        json_object_foreach((json_t *)(uintptr_t)v, key, item) {
            sub = name[0] ? xasprintf("%s.%s", name, key) : xstrdup(key);
            put_form(out, sub, item, ec2);
            free(sub);
        }
        break;
    case JSON_ARRAY:
        json_array_foreach(v, i, item) {
            sub = xasprintf(ec2 ? "%s.%zu" : "%s.member.%zu", name, i + 1);
            put_form(out, sub, item, ec2);
            free(sub);
        }
        break;
    case JSON_STRING:
        put_pair(out, name, json_string_value(v));
        break;
    case JSON_INTEGER:
        snprintf(number, sizeof(number), "%lld",
                 (long long)json_integer_value(v));
        put_pair(out, name, number);
        break;
    case JSON_REAL:
        snprintf(number, sizeof(number), "%.17g", json_real_value(v));
        put_pair(out, name, number);
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        put_pair(out, name, json_is_true(v) ? "true" : "false");
        break;
    case JSON_NULL:
        break;
    }
}

int params_body(const struct aws_op *op, const json_t *params,
                struct strbuf *out)
{
    const struct aws_service_info *info = aws_service_info(op->service);
    char *text;

    if (info->protocol == AWS_QUERY || info->protocol == AWS_QUERY_EC2) {
        strbuf_printf(out, "Action=%s&Version=%s", op->name, info->version);
        if (params)
            put_form(out, "", params, info->protocol == AWS_QUERY_EC2);
        return 0;
    }
    if (!params) {
        strbuf_puts(out, "{}");
        return 0;
    }
    text = json_dumps(params, JSON_COMPACT | JSON_PRESERVE_ORDER);
    if (!text)
        return -1;
    strbuf_puts(out, text);
    free(text);
    return 0;
}
