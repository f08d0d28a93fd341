/* What may be a secret in a reply is masked, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "backend/base/strbuf.h"
#include "backend/svc/mask.h"

static const char reply[] =
    "{'name':'td','containerDefinitions':[{'name':'app','environment':"
    "[{'name':'A','value':'planted1'},{'name':'B','value':''},{'name':'C'}],"
    "'secrets':[{'name':'S','valueFrom':'arn:x'}],"
    "'logConfiguration':{'logDriver':'splunk','options':"
    "{'splunk-token':'planted2','splunk-url':'u'}}}],"
    "'overrides':{'containerOverrides':[{'name':'side','environment':"
    "[{'name':'D','value':'planted3'}]}]},"
    "'environment':'kept','deep':[[{'environment':[{'value':'planted4'}]}]]}";

static json_t *parse(const char *text)
{
    struct strbuf b = STRBUF_INIT;
    json_t *o;

    for (; *text; text++)
        strbuf_putc(&b, *text == '\'' ? '"' : *text);
    o = json_loads(strbuf_get(&b), 0, NULL);
    strbuf_release(&b);
    assert_non_null(o);
    return o;
}

static void only_values_are_masked_and_only_in_the_copy(void **state)
{
    json_t *o = parse(reply), *before = json_deep_copy(o), *want;
    bool found = false;
    json_t *copy = mask_copy(o, &found);

    (void)state;
    want = parse(
        "{'name':'td','containerDefinitions':[{'name':'app','environment':"
        "[{'name':'A','value':'***'},{'name':'B','value':'***'},{'name':'C'}],"
        "'secrets':[{'name':'S','valueFrom':'arn:x'}],"
        "'logConfiguration':{'logDriver':'splunk','options':"
        "{'splunk-token':'***','splunk-url':'u'}}}],"
        "'overrides':{'containerOverrides':[{'name':'side','environment':"
        "[{'name':'D','value':'***'}]}]},"
        "'environment':'kept','deep':[[{'environment':[{'value':'***'}]}]]}");
    assert_true(found);
    assert_true(json_equal(copy, want));
    assert_true(json_equal(o, before));
    json_decref(copy);
    json_decref(o);
    json_decref(before);
    json_decref(want);
}

static void a_reply_without_any_is_not_said_to_have_some(void **state)
{
    json_t *o = parse("{'taskArn':'a','overrides':{'containerOverrides':"
                      "[{'name':'app','environment':[]}]}}");
    bool found = true;
    json_t *copy = mask_copy(o, &found);

    (void)state;
    assert_false(found);
    assert_true(json_equal(copy, o));
    json_decref(copy);
    json_decref(o);
}

static void put(void *arg, const char *where, const char *name,
                const char *value)
{
    strbuf_printf(arg, "%s.%s=%s;", where, name, value);
}

static void each_value_comes_with_its_container(void **state)
{
    json_t *o = parse(reply);
    struct strbuf b = STRBUF_INIT;

    (void)state;
    mask_each(o, put, &b);
    assert_string_equal(strbuf_get(&b),
                        "app.A=planted1;app.B=;app.splunk-token=planted2;"
                        "side.D=planted3;td.=planted4;");
    strbuf_release(&b);
    json_decref(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_values_are_masked_and_only_in_the_copy),
        cmocka_unit_test(a_reply_without_any_is_not_said_to_have_some),
        cmocka_unit_test(each_value_comes_with_its_container),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
