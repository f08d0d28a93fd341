/* SSO: the token of a session, renewed and written back. */
#include "tests/backend/sso_bed.h"

static json_t *token_file(struct bed *b)
{
    char *text = bed_read(b, SESSION_FILE);
    json_t *j = text ? json_loads(text, 0, NULL) : NULL;

    free(text);
    return j;
}

static void assert_member(const json_t *j, const char *key, const char *want)
{
    assert_string_equal(json_string_value(json_object_get(j, key)), want);
}

static void a_token_near_its_end_is_renewed_and_written_back(void **state)
{
    static const char *const ends[] = {SOON, PAST,
                                       "2026-11-21T14:47:06Z"}; /* < 15 min */
    struct bed *b = *state;

    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        char *text = xasprintf(TOKEN("tok1", "%s"), ends[i]);
        char *path = bed_path(b, SESSION_FILE), buf[64];
        struct stat st;
        json_t *j, *sent;

        bed_put(b, SESSION_FILE, text, 0644);
        mini_reply(b->server, 200, RENEWED);
        mini_reply(b->server, 200, ROLE);
        bed_fetch(b, "p");
        assert_provides(b, "ASIA1");
        assert_int_equal(mini_count(b->server), 2 * i + 2);
        assert_non_null(strstr(mini_head(b->server, 2 * i), "POST /token "));
        assert_null(mini_header(b->server, 2 * i, "authorization", buf,
                                sizeof(buf)));
        sent = json_loads(mini_body(b->server, 2 * i), 0, NULL);
        assert_int_equal(json_object_size(sent), 4);
        assert_member(sent, "grantType", "refresh_token");
        assert_member(sent, "clientId", "cid");
        assert_member(sent, "clientSecret", "c\"sec");
        assert_member(sent, "refreshToken", "ref1");
        json_decref(sent);
        assert_bearer(b, 2 * i + 1, "new");
        j = token_file(b);
        assert_member(j, "accessToken", "new");
        assert_member(j, "expiresAt", "2026-11-21T22:32:07Z");
        assert_member(j, "refreshToken", "ref2");
        assert_member(j, "clientId", "cid");
        assert_member(j, "clientSecret", "c\"sec");
        assert_member(j, "registrationExpiresAt", "2027-01-01T00:00:00Z");
        assert_member(j, "startUrl", "https://corp.example/start");
        assert_int_equal(
            json_array_size(json_object_get(json_object_get(j, "unknown"),
                                            "kept")), 2);
        json_decref(j);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
        free(path);
        free(text);
    }
}

static void a_token_with_fifteen_minutes_left_is_not_renewed(void **state)
{
    struct bed *b = *state;

    bed_put(b, SESSION_FILE, TOKEN("tok1", "2026-11-21T14:47:07Z"), 0600);
    mini_reply(b->server, 200, ROLE);
    bed_fetch(b, "p");
    assert_bearer(b, 0, "tok1");
}

static void a_failed_renewal_leaves_a_token_that_still_serves(void **state)
{
    struct bed *b = *state;
    char *text;

    bed_put(b, SESSION_FILE, TOKEN("tok1", SOON), 0600);
    mini_reply(b->server, 400, "{\"error\":\"invalid_grant\"}");
    mini_reply(b->server, 200, ROLE);
    bed_fetch(b, "p");
    assert_provides(b, "ASIA1");
    assert_bearer(b, 1, "tok1");
    text = bed_read(b, SESSION_FILE);
    assert_string_equal(text, TOKEN("tok1", SOON));
    free(text);
}

static void a_failed_renewal_of_an_expired_token_says_what_to_run(void **state)
{
    struct bed *b = *state;

    bed_put(b, SESSION_FILE, TOKEN("tok1", PAST), 0600);
    mini_push(b->server, &(struct mini_step){
        .status = 400,
        .headers = "x-amzn-errortype: InvalidGrantException:http://x/\r\n",
        .body = "{\"error\":\"invalid_grant\",\"error_description\":\"no\"}"});
    bed_fetch(b, "p");
    assert_int_equal(b->err.code, ERR_EXPIRED);
    assert_fails(b, "could not be renewed (InvalidGrantException): run `aws "
                 "sso login --profile p`.");
    assert_null(strstr(b->err.message, "ref1"));
    assert_int_equal(mini_count(b->server), 1);
}

static void what_can_not_be_renewed_is_not_tried(void **state)
{
    static const char *const files[] = {
        "{\"accessToken\":\"a\",\"expiresAt\":\"" PAST "\",\"clientId\":\"c\","
        "\"clientSecret\":\"s\",\"registrationExpiresAt\":"
        "\"2027-01-01T00:00:00Z\"}",
        "{\"accessToken\":\"a\",\"expiresAt\":\"" PAST "\",\"clientId\":\"c\","
        "\"clientSecret\":\"s\",\"refreshToken\":\"r\","
        "\"registrationExpiresAt\":\"" PAST "\"}",
        "{\"accessToken\":\"a\",\"expiresAt\":\"soon\"}",
    };
    struct bed *b = *state;

    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        bed_put(b, SESSION_FILE, files[i], 0600);
        bed_fetch(b, "p");
        assert_fails(b, "has expired: run `aws sso login --profile p`.");
    }
    assert_int_equal(mini_count(b->server), 0);
}

/* Somebody logs in while our renewal is under way. */
static void a_newer_token_on_disk_wins(void **state)
{
    static const struct {
        int status;
        const char *body;
    } rows[] = {{200, RENEWED}, {400, "{\"error\":\"invalid_grant\"}"}};
    struct bed *b = *state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct miniserver *old = b->server;
        char *text;

        b->server = mini_new(b->loop);
        mini_free(old);
        bed_set(b, "AWS_ENDPOINT_URL_SSO", mini_url(b->server));
        bed_set(b, "AWS_ENDPOINT_URL_SSO_OIDC", mini_url(b->server));
        bed_put(b, SESSION_FILE, TOKEN("tok1", PAST), 0600);
        mini_push(b->server, &(struct mini_step){.act = MINI_HOLD,
                                                 .status = rows[i].status,
                                                 .body = rows[i].body});
        mini_reply(b->server, 200, ROLE);
        bed_start(b, "p");
        assert_true(loop_until(b->loop, one_request, b, 5000));
        bed_put(b, SESSION_FILE, TOKEN("theirs", LATER), 0600);
        mini_release(b->server);
        assert_true(loop_until(b->loop, bed_told, b, 5000));
        assert_provides(b, "ASIA1");
        assert_bearer(b, 1, "theirs");
        text = bed_read(b, SESSION_FILE);
        assert_string_equal(text, TOKEN("theirs", LATER));
        free(text);
    }
}

/* Theirs has expired already, but its refresh token belongs to another client
 * than ours: the file stays as they left it. */
static void a_file_changed_meanwhile_is_not_written(void **state)
{
    struct bed *b = *state;
    char *text;

    bed_put(b, SESSION_FILE, TOKEN("tok1", SOON), 0600);
    mini_push(b->server,
              &(struct mini_step){.act = MINI_HOLD, .body = RENEWED});
    mini_reply(b->server, 200, ROLE);
    bed_start(b, "p");
    assert_true(loop_until(b->loop, one_request, b, 5000));
    bed_put(b, SESSION_FILE, TOKEN("theirs", PAST), 0600);
    mini_release(b->server);
    assert_true(loop_until(b->loop, bed_told, b, 5000));
    assert_provides(b, "ASIA1");
    assert_bearer(b, 1, "new");
    text = bed_read(b, SESSION_FILE);
    assert_string_equal(text, TOKEN("theirs", PAST));
    free(text);
}

static void a_logout_meanwhile_is_not_undone(void **state)
{
    struct bed *b = *state;
    char *path = bed_path(b, SESSION_FILE);

    bed_put(b, SESSION_FILE, TOKEN("tok1", SOON), 0600);
    mini_push(b->server,
              &(struct mini_step){.act = MINI_HOLD, .body = RENEWED});
    mini_reply(b->server, 200, ROLE);
    bed_start(b, "p");
    assert_true(loop_until(b->loop, one_request, b, 5000));
    assert_int_equal(unlink(path), 0);
    mini_release(b->server);
    assert_true(loop_until(b->loop, bed_told, b, 5000));
    assert_int_equal(access(path, F_OK), -1);
    free(path);
}

static void a_token_is_renewed_once_a_minute_at_most(void **state)
{
    static const int64_t waits[] = {1000, 58000, 1001};
    struct bed *b = *state;

    bed_put(b, SESSION_FILE, TOKEN("tok1", PAST), 0600);
    mini_reply(b->server, 400, "{\"error\":\"slow\"}");
    bed_fetch(b, "p");
    assert_int_equal(mini_count(b->server), 1);
    mini_reply(b->server, 400, "{\"error\":\"slow\"}");
    for (size_t i = 0; i < 3; i++) { /* the same chain, asked again */
        b->n = 0;
        clock_advance(b->clock, waits[i]);
        cred_chain_retry(b->chain);
        assert_int_equal(cred_chain_wait(b->chain, &b->scope, bed_on_creds, b,
                                         NULL), 0);
        assert_true(loop_until(b->loop, bed_told, b, 5000));
        assert_int_equal(mini_count(b->server), i < 2 ? 1 : 2);
    }
}

static void a_link_or_a_file_of_others_is_not_read(void **state)
{
    struct bed *b = *state;
    char *path = bed_path(b, SESSION_FILE), *other = bed_path(b, "other");

    bed_put(b, SESSION_FILE, TOKEN("tok1", LATER), 0602);
    bed_fetch(b, "p");
    assert_fails(b, "others can write to it");
    bed_put(b, "other", TOKEN("tok1", LATER), 0600);
    bed_put(b, SESSION_FILE, TOKEN("tok1", LATER), 0600);
    if (geteuid() == 0) { /* only root can give a file away */
        assert_int_equal(chown(path, 12345, 12345), 0);
        bed_fetch(b, "p");
        assert_fails(b, "belongs to somebody else");
    }
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink(other, path), 0);
    bed_fetch(b, "p");
    assert_fails(b, "is a symbolic link");
    assert_int_equal(mini_count(b->server), 0);
    free(path);
    free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_token_near_its_end_is_renewed_and_written_back),
        T(a_token_with_fifteen_minutes_left_is_not_renewed),
        T(a_failed_renewal_leaves_a_token_that_still_serves),
        T(a_failed_renewal_of_an_expired_token_says_what_to_run),
        T(what_can_not_be_renewed_is_not_tried),
        T(a_newer_token_on_disk_wins),
        T(a_file_changed_meanwhile_is_not_written),
        T(a_logout_meanwhile_is_not_undone),
        T(a_token_is_renewed_once_a_minute_at_most),
        T(a_link_or_a_file_of_others_is_not_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
