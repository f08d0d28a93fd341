/* Trees whose memory goes at once: the same as jansson's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "backend/aws/json_tree.h"
#include "backend/base/mem.h"
#include "backend/base/strbuf.h"

static void same_as_jansson(const char *text)
{
    struct json_tree t;
    json_error_t e = {0}, f = {0};
    json_t *plain = json_loadb(text, strlen(text), 0, &e);
    int rc = json_tree_parse(&t, text, strlen(text), false, &f);

    assert_int_equal(rc, plain ? 0 : -1);
    assert_string_equal(e.text, f.text);
    assert_int_equal(e.position, f.position);
    if (plain)
        assert_true(json_equal(plain, t.root));
    else
        assert_null(t.root);
    json_decref(plain);
    json_tree_free(&t);
    assert_null(t.root);
}

/* n small objects, which take more blocks than one, and a long string. */
static char *large(int n)
{
    struct strbuf b = STRBUF_INIT;
    char *wide = xcalloc(1, 200001);

    memset(wide, 'x', 200000);
    strbuf_printf(&b, "{\"wide\":\"%s\",\"list\":[{}", wide);
    for (int i = 0; i < n; i++)
        strbuf_printf(&b, ",{\"a%d\":%d,\"b\":[1.5,null,true],\"c\":"
                          "\"\\u00e9\\ud83d\\ude00\"}", i, i);
    strbuf_puts(&b, "]}");
    free(wide);
    return b.data;
}

static void trees_equal(void **state)
{
    char *text = large(3000);

    (void)state;
    same_as_jansson("{}");
    same_as_jansson("[]");
    same_as_jansson("{\"a\":[1,2,{\"b\":\"\\n\"}],\"a\":null}");
    same_as_jansson("");
    same_as_jansson("{\"a\":[1,2,{\"b\":\"\\n\"");
    same_as_jansson("{\"a\":\"\xff\"}");
    same_as_jansson("[[[[[[[[[[1]]]]]]]]]] x");
    same_as_jansson(text);
    text[strlen(text) - 1] = '\0';
    same_as_jansson(text);
    free(text);
}

/* What is made of a tree outlives it, and other JSON lives beside it. */
static void copies_outlive(void **state)
{
    struct json_tree t;
    json_t *mine = json_pack("{s:i}", "n", 1), *copy;
    char *text = large(10), *dump;

    (void)state;
    assert_int_equal(json_tree_parse(&t, text, strlen(text), true, NULL), 0);
    json_object_set_new(mine, "m", json_integer(2));
    copy = json_deep_copy(t.root);
    json_incref(json_object_get(t.root, "list"));
    json_decref(json_object_get(t.root, "list"));
    dump = json_dumps(t.root, JSON_COMPACT);
    json_tree_free(&t);
    json_tree_free(&t);
    json_object_update_new(mine, copy);
    assert_int_equal(json_array_size(json_object_get(mine, "list")), 11);
    assert_int_equal(json_integer_value(json_object_get(mine, "m")), 2);
    assert_non_null(strstr(dump, "\"a9\":9"));
    json_decref(mine);
    free(dump);
    free(text);
}

static void *parse_many(void *arg)
{
    intptr_t bad = 0;

    for (int i = 0; i < 40; i++) {
        struct json_tree t, u;

        bad += json_tree_parse(&t, arg, strlen(arg), false, NULL) != 0;
        bad += json_tree_parse(&u, arg, strlen(arg), false, NULL) != 0;
        bad += !json_equal(t.root, u.root);
        json_tree_free(&t);
        if (i % 8 == 0)
            json_tree_trim();
        json_tree_free(&u);
    }
    return (void *)bad;
}

static void threads_have_their_own(void **state)
{
    pthread_t other;
    char *text = large(300);
    void *bad;

    (void)state;
    assert_int_equal(pthread_create(&other, NULL, parse_many, text), 0);
    assert_null(parse_many(text));
    pthread_join(other, &bad);
    assert_null(bad);
    free(text);
    json_tree_trim();
}

static int init(void **state)
{
    (void)state;
    json_object_seed(1);
    json_tree_init();
    json_tree_init();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trees_equal),
        cmocka_unit_test(copies_outlive),
        cmocka_unit_test(threads_have_their_own),
    };

    return cmocka_run_group_tests(tests, init, NULL);
}
