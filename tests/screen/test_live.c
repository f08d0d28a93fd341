/* The live tail on a real screen, the smallest usual one. */
#include "tests/screen/scene.h"

static struct screen *asked(const struct scene *sc)
{
    struct screen *s = scene_ready(sc);
    scene_type(s, "l");
    scene_shows(s, "574 lines");
    scene_type(s, "T");
    scene_shows(s, "- LIVE TAIL payments-api -");
    return s;
}

/* action: live */
static void the_price_is_read_before_it_begins(void **state)
{
    static const struct scene sc = {0};
    (void)state;
    struct screen *s = asked(&sc);
    assert_true(screen_has(s, "123456789012 eu-west-1"));
    assert_true(screen_has(s, "about 0.01 USD a minute"));
    assert_true(screen_has(s, "[ Cancel ]  [ Start ]"));
    scene_type(s, "\033");
    scene_shows(s, "No live tail was begun.");
    assert_false(screen_has(s, "LIVE"));
    scene_type(s, "T\r"); /* in one go: it has not been seen */
    scene_shows(s, "[ Start ]");
    scene_type(s, "\t");
    scene_type(s, "\r");
    scene_shows(s, "FOLLOW  LIVE ");
    scene_type(s, "k"); /* reading on costs on, and says so */
    scene_shows(s, "LIVE ");
    assert_true(screen_has(s, "PAUSED"));
    scene_type(s, "?");
    scene_shows(s, "> help");
    scene_type(s, "\033");
    scene_shows(s, "LIVE ");
    scene_type(s, "T");
    scene_shows(s, "Live tail ended; polling goes on.");
    scene_gone(s, " LIVE ");
    screen_free(s);
}

static void a_refusal_is_a_sentence_without_colours(void **state)
{
    static const struct scene sc = {.term = "vt100", .env = {"NO_COLOR=1"},
                                    .args = {"--sim-deny",
                                             "logs:StartLiveTail"}};
    (void)state;
    struct screen *s = asked(&sc);
    scene_type(s, "\t");
    scene_type(s, "\r");
    scene_shows(s, "logs:StartLiveTail is not allowed. Polling");
    assert_false(screen_has(s, "LIVE"));
    assert_true(screen_has(s, "FOLLOW"));
    screen_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_price_is_read_before_it_begins),
        cmocka_unit_test(a_refusal_is_a_sentence_without_colours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
