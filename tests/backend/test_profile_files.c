/* Section headers, paths, the list of profiles. With arguments it is the other
 * half of tests/py/test_profile_files.py: "dump CONFIG CREDENTIALS KEY ..."
 * prints what we understand of two files, as JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/aws/profile.h"
#include "backend/aws/profile_names.h"
#include "backend/base/mem.h"
#include "backend/base/strbuf.h"
#include "tests/backend/made_env.h"

static void headers_are_split_as_a_shell_would(void **state)
{
    static const char *const rows[][2] = {
        {"default", "profile default"},
        {"profile dev", "profile dev"},
        {"profile \t dev ", "profile dev"},
        {"profile default", "profile default"},
        {"profile \"a b\"", "profile a b"},
        {"profile 'a]b'", "profile a]b"},
        {"profile a\\ b", "profile a b"},
        {"profile \"a\\b\"", "profile a\\b"},
        {"profile \"a\\\"b\"", "profile a\"b"},
        {"profile 'a\\'", "profile a\\"},
        {"profile a'b'\"c\"", "profile abc"},
        {"profile a b", NULL},
        {"profile", NULL},
        {"profile \"a", NULL},
        {"profile a\\", NULL},
        {"profile \"\"", NULL},
        {"profiles x", "profile x"}, /* the CLI looks at the start only */
        {"sso-session 'my sso'", "sso-session my sso"},
        {"services x", "services x"},
        {"preview", "preview"},
        {"plugins \"x", "plugins \"x"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *got = profile_section_name(rows[i][0]);

        if (!got != !rows[i][1] || (got && strcmp(got, rows[i][1]) != 0))
            fail_msg("[%s] gives \"%s\"", rows[i][0], got ? got : "-");
        free(got);
    }
}

static void paths_are_expanded(void **state)
{
    static const struct var vars[] = {{"HOME", "/h"}, {"X", "v"}, {NULL, NULL}};
    static const struct var bare[] = {{NULL, NULL}};
    static const char *const rows[][2] = {
        {"/a/b", "/a/b"},       {"~", "/h"},         {"~/a", "/h/a"},
        {"~user/a", "~user/a"}, {"a/~", "a/~"},      {"$X/b", "v/b"},
        {"${X}b", "vb"},        {"$NO/b", "$NO/b"},  {"${NO}b", "${NO}b"},
        {"${X", "${X"},         {"a$", "a$"},        {"$HOME/a", "/h/a"},
    };
    struct aws_env env = env_of(vars), none = env_of(bare);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *got = profile_expand_path(&env, rows[i][0]);

        assert_string_equal(got, rows[i][1]);
        free(got);
    }
    assert_null(profile_expand_path(&none, "~/a"));
}

static void all_profiles_are_listed(void **state)
{
    char *config = write_temp(
        "[DEFAULT]\noutput = json\n[default]\nregion = eu-west-1\n"
        "[profile sso]\nsso_session = s\n[profile role]\nrole_arn = r\n"
        "source_profile = keys\n[profile web]\nrole_arn = r\n"
        "web_identity_token_file = f\n[profile proc]\ncredential_process = p\n"
        "[profile login]\nlogin_session = l\n[sso-session s]\nregion = no\n"
        "[profile keys]\nregion = us-east-1 # home\n[other]\nregion = x\n");
    char *creds = write_temp("[keys]\naws_access_key_id = A\n"
                             "[alone]\naws_access_key_id = B\n");
    static const struct {
        const char *name, *region, *kind;
        enum profile_file file;
        bool both;
    } rows[] = {
        {"alone", NULL, "keys", PROFILE_CREDENTIALS, false},
        {"default", "eu-west-1", "", PROFILE_CONFIG, false},
        {"keys", "us-east-1 # home", "keys", PROFILE_CONFIG, true},
        {"login", NULL, "login", PROFILE_CONFIG, false},
        {"proc", NULL, "process", PROFILE_CONFIG, false},
        {"role", NULL, "role", PROFILE_CONFIG, false},
        {"sso", NULL, "sso", PROFILE_CONFIG, false},
        {"web", NULL, "web identity", PROFILE_CONFIG, false},
    };
    struct var vars[] = {{"AWS_CONFIG_FILE", config},
                         {"AWS_SHARED_CREDENTIALS_FILE", creds}, {NULL, NULL}};
    struct aws_env env = env_of(vars);
    struct profile *p = profile_load(&env, NULL, NULL);
    struct profile_info *list;
    char *warning = xasprintf("%s, line 20: a comment after a value is part "
                              "of the value.\n", config);

    (void)state;
    assert_int_equal(profile_list(p, &list), ARRAY_LEN(rows));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_string_equal(list[i].name, rows[i].name);
        assert_string_equal(profile_kind_name(list[i].kind), rows[i].kind);
        assert_int_equal(list[i].file, rows[i].file);
        assert_int_equal(list[i].in_both, rows[i].both);
        if (rows[i].region)
            assert_string_equal(list[i].region, rows[i].region);
        else
            assert_null(list[i].region);
    }
    assert_string_equal(profile_get_of(p, "role", "output"), "json");
    assert_string_equal(profile_warnings(p), warning);
    free(list);
    free(warning);
    profile_free(p);
    unlink(config);
    unlink(creds);
    free(config);
    free(creds);
}

static void a_long_list_is_cut(void **state)
{
    struct strbuf b = STRBUF_INIT;
    struct var vars[] = {{"AWS_CONFIG_FILE", NULL}, {NULL, NULL}};
    struct aws_env env = env_of(vars);
    struct err err;
    char *config;

    (void)state;
    for (int i = 0; i < 1000; i++)
        strbuf_printf(&b, "[profile account-%03d]\nregion = eu-west-1\n", i);
    config = write_temp(strbuf_get(&b));
    vars[0].value = config;
    assert_null(profile_load(&env, "nobody", &err));
    assert_int_equal(err.code, ERR_CONFIG);
    assert_non_null(strstr(err.message, "account-000, account-001, "));
    assert_non_null(strstr(err.message, " more."));
    strbuf_release(&b);
    unlink(config);
    free(config);
}

/* ---- the dump ---- */

static json_t *dump_profile(const struct aws_env *env, const char *name,
                            char **keys)
{
    struct profile *p = profile_load(env, name, NULL);
    json_t *o = json_object();

    for (; *keys; keys++) {
        char *dot = strchr(*keys, '.');
        char *group = dot ? xstrndup(*keys, (size_t)(dot - *keys)) : NULL;
        const char *v = group ? profile_get_service(p, group, dot + 1)
                              : profile_get(p, *keys);
        const char *session = profile_get(p, "sso_session");
        char *section = xasprintf("sso-session %s", session ? session : "");

        if (v)
            json_object_set_new(o, *keys, json_string(v));
        v = session && !group ? profile_get_section(p, section, *keys) : NULL;
        if (v) {
            char *key = xasprintf("session %s", *keys);

            json_object_set_new(o, key, json_string(v));
            free(key);
        }
        free(section);
        free(group);
    }
    profile_free(p);
    return o;
}

static int dump(char **argv)
{
    struct var vars[] = {{"AWS_CONFIG_FILE", argv[2]},
                         {"AWS_SHARED_CREDENTIALS_FILE", argv[3]},
                         {NULL, NULL}};
    struct aws_env env = env_of(vars);
    struct profile *p = profile_load(&env, NULL, NULL);
    struct profile_info *list;
    size_t n = profile_list(p, &list);
    json_t *o = json_object();

    for (size_t i = 0; i < n; i++)
        json_object_set_new(o, list[i].name,
                            dump_profile(&env, list[i].name, argv + 4));
    json_dumpf(o, stdout, JSON_SORT_KEYS);
    json_decref(o);
    free(list);
    profile_free(p);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_are_split_as_a_shell_would),
        cmocka_unit_test(paths_are_expanded),
        cmocka_unit_test(all_profiles_are_listed),
        cmocka_unit_test(a_long_list_is_cut),
    };

    if (argc > 4 && strcmp(argv[1], "dump") == 0)
        return dump(argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
