/* What changes AWS: every dialog, what it refuses, and that the table tells
 * the result. The simulator's clock runs, so that services move. */
#include "tests/screen/scene.h"

static struct screen *live(const char *filter)
{
    static const struct scene sc = {.live = true};
    struct screen *s = scene_ready(&sc);
    char keys[120];
    snprintf(keys, sizeof(keys), "/%s\r", filter);
    scene_type(s, keys);
    scene_shows(s, "rows 1-1 of 1");
    return s;
}

/* action: scale action: focus-next action: focus-prev action: press */
static void scaling_shows_the_new_count_in_the_table(void **state)
{
    (void)state;
    struct screen *s = live("checkout-web cluster:main");
    scene_selects(s, "/8");
    scene_type(s, "S");
    scene_shows(s, "SCALE checkout-web");
    assert_true(screen_has(s, "account 123456789012"));
    assert_true(screen_has(s, "cluster prod-main"));
    assert_true(screen_has(s, "desired count 8"));
    /* The last row is the dialog's while it is there. */
    assert_true(screen_has(s, "Enter presses Cancel"));
    assert_false(screen_has(s, "Enter tasks"));
    scene_type(s, "6");
    scene_shows(s, "desired count 6");
    assert_true(screen_has(s, "Enter goes on to Scale"));
    scene_type(s, "\t");  /* Cancel */
    scene_type(s, "\t");  /* Scale */
    scene_type(s, "\033[Z\033[Z\t\t");
    scene_type(s, "\r");
    scene_gone(s, "SCALE checkout-web");
    scene_shows(s, "Scaling checkout-web 8 -> 6");
    scene_selects(s, "/6 ");
    screen_free(s);
}

/* Nothing typed before a dialog was painted can press its buttons. */
static void keys_typed_ahead_never_confirm(void **state)
{
    static const char *const ahead[] = {"S6\r\r", "S6\t\t\r\r", "R\t\r\r",
                                        "R\r\r\r"};
    (void)state;
    for (size_t i = 0; i < sizeof(ahead) / sizeof(ahead[0]); i++) {
        struct screen *s = live("checkout-web cluster:main");
        scene_type(s, ahead[i]);
        screen_read(s, 300);
        assert_false(screen_has(s, "Scaling checkout-web"));
        assert_false(screen_has(s, "(request "));
        scene_selects(s, "/8");
        screen_free(s);
    }
}

static void a_paste_never_confirms(void **state)
{
    (void)state;
    struct screen *s = live("checkout-web cluster:main");
    scene_type(s, "S");
    scene_shows(s, "SCALE checkout-web");
    scene_type(s, "\033[200~5\r\r\t\t\r\033[201~");
    screen_read(s, 300);
    assert_true(screen_has(s, "SCALE checkout-web"));
    assert_false(screen_has(s, "(request "));
    scene_type(s, "\033");
    scene_gone(s, "SCALE checkout-web");
    scene_selects(s, "/8");
    /* In a table a paste is not a row of keys either. */
    scene_type(s, "\033[200~R\r\rQ\033[201~");
    screen_read(s, 300);
    assert_false(screen_has(s, "RESTART"));
    scene_selects(s, "checkout-web");
    screen_free(s);
}

/* action: restart action: dismiss */
static void restart_forces_a_new_deployment(void **state)
{
    (void)state;
    struct screen *s = live("auth-api cluster:main");
    scene_selects(s, "steady");
    scene_type(s, "R");
    scene_shows(s, "forceNewDeployment=true");
    scene_type(s, "\r"); /* Cancel has the focus */
    scene_gone(s, "forceNewDeployment");
    scene_shows(s, "nothing was sent");
    scene_type(s, "R");
    scene_shows(s, "forceNewDeployment=true");
    scene_type(s, "\033");
    scene_gone(s, "forceNewDeployment");
    scene_type(s, "R");
    scene_shows(s, "forceNewDeployment=true");
    scene_type(s, "\t");
    scene_type(s, "\r");
    scene_gone(s, "forceNewDeployment");
    /* Twenty times faster than life it may be done before it is seen. */
    scene_gone(s, "nothing was sent");
    scene_shows(s, "auth-api");
    scene_selects(s, "auth-api");
    scene_shows(s, "completed.");
    screen_free(s);
}

/* action: rollback */
static void rollback_wants_the_name_typed(void **state)
{
    (void)state;
    struct screen *s = live("payments-api cluster:main");
    scene_selects(s, ":142>:143");
    scene_type(s, "B");
    scene_shows(s, "ROLL BACK payments-api");
    assert_true(screen_has(s, "payments-api:142"));
    scene_type(s, "payments");
    scene_type(s, "\t\t");
    scene_type(s, "\r");
    screen_read(s, 200);
    assert_false(screen_has(s, "(request "));
    scene_type(s, "\033");
    scene_gone(s, "ROLL BACK");
    scene_type(s, "B");
    scene_shows(s, "ROLL BACK payments-api");
    scene_type(s, "payments-api");
    scene_type(s, "\t");
    scene_type(s, "\t");
    scene_type(s, "\r");
    scene_gone(s, "ROLL BACK");
    scene_shows(s, "olling payments-api back");
    scene_gone(s, ":143  ");
    screen_free(s);
}

/* action: stop */
static void a_stopped_task_is_seen_stopping(void **state)
{
    (void)state;
    struct screen *s = live("auth-api cluster:main");
    scene_type(s, "\r");
    scene_shows(s, "4 running");
    scene_selects(s, "RUNNING");
    scene_type(s, "K");
    scene_shows(s, "StopTask for 1 task");
    scene_type(s, "\033");
    scene_gone(s, "StopTask");
    scene_type(s, "K");
    scene_shows(s, "StopTask for 1 task");
    scene_type(s, "\t"); /* from Cancel to Stop */
    scene_type(s, "\r");
    scene_gone(s, "StopTask");
    int row = -1;
    for (int i = 0; i < 200 && row < 0; i++) {
        static const char *const words[] = {"DEACTIVATING", "DEPROVISIONING",
                                            "STOPPING", "STOPPED", "DEACT",
                                            "DEPROV"};
        for (size_t k = 0; k < sizeof(words) / sizeof(words[0]); k++)
            if (row < 0)
                row = screen_find(s, words[k]);
        screen_read(s, 50);
    }
    assert_true(row > 0);
    screen_free(s);
}

static void read_only_refuses_all_four(void **state)
{
    static const struct scene sc = {.args = {"--read-only"}};
    static const char *const keys[] = {"S", "R", "B"};
    (void)state;
    struct screen *s = scene_ready(&sc);
    assert_true(scene_row_has(s, 0, "READ-ONLY"));
    for (size_t i = 0; i < 3; i++) {
        scene_type(s, keys[i]);
        scene_shows(s, "ead-only");
        assert_false(screen_has(s, "Cancel ]"));
        int row = screen_find(s, "--read-only");
        if (row < 0)
            row = screen_find(s, "read-only");
        assert_true(row > 4);
        scene_type(s, "j");
    }
    scene_type(s, "/auth-api cluster:main\r");
    scene_type(s, "\r");
    scene_shows(s, "4 running");
    scene_type(s, "K");
    assert_false(screen_has(s, "Cancel ]"));
    assert_true(screen_find(s, "read-only") > 4);
    screen_free(s);
}

static void scaling_to_zero_wants_the_name(void **state)
{
    (void)state;
    struct screen *s = live("checkout-web cluster:main");
    scene_type(s, "S");
    scene_shows(s, "SCALE checkout-web");
    scene_type(s, "0");
    scene_type(s, "\t\t");
    scene_type(s, "\r");
    /* A second dialog, with one more thing to do. */
    scene_shows(s, "type the name");
    scene_shows(s, "desiredCount=0");
    scene_type(s, "checkout");
    scene_type(s, "\t"); /* Scale can't be reached: Tab stays at Cancel */
    scene_type(s, "\r");
    scene_gone(s, "type the name");
    assert_false(screen_has(s, "caling checkout-web"));
    scene_shows(s, "nothing was sent");
    scene_selects(s, "/8 ");
    screen_free(s);
}

static void a_daemon_service_is_not_scaled(void **state)
{
    (void)state;
    struct screen *s = live("node-agent");
    scene_type(s, "S");
    scene_shows(s, "DAEMON");
    assert_false(screen_has(s, "Cancel ]"));
    screen_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scaling_shows_the_new_count_in_the_table),
        cmocka_unit_test(keys_typed_ahead_never_confirm),
        cmocka_unit_test(a_paste_never_confirms),
        cmocka_unit_test(restart_forces_a_new_deployment),
        cmocka_unit_test(rollback_wants_the_name_typed),
        cmocka_unit_test(a_stopped_task_is_seen_stopping),
        cmocka_unit_test(read_only_refuses_all_four),
        cmocka_unit_test(scaling_to_zero_wants_the_name),
        cmocka_unit_test(a_daemon_service_is_not_scaled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
