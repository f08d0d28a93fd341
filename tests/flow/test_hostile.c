/* Replies that the service model allows and nobody wishes (lib/modelgen.h),
 * shown by the real views on a real terminal: nothing crashes or hangs, and
 * nothing but our own output grammar (lib/termcheck.h) reaches the terminal.
 * SEEDS=N tries that many worlds; SEED=N only that one. */
#include "tests/flow/lab.h"

#include <fcntl.h>
#include <pty.h>
#include <sys/ioctl.h>

#include "tests/lib/miniserver.h"
#include "tests/lib/modelgen.h"
#include "tests/lib/termcheck.h"
#include "views/app/app_tty.h"

struct stage {
    struct lab *lab;
    struct miniserver *server;
    struct modelgen *gen;
    struct strbuf body; /* of the last reply */
    struct app_tty *tty;
    int master, slave;
    struct termcheck check;
    uint64_t seed;
    size_t keys;
    size_t asked[3]; /* of all worlds: service calls, log calls, identities */
    char last[60][KEYSPEC_SIZE]; /* keys, for a failure's message */
};

/* ---- the service ----------------------------------------------------- */

static void put_xml(struct strbuf *b, const char *s)
{
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c < 0x20 || strchr("<>&\"'", c))
            strbuf_printf(b, "&#%d;", c < 0x20 ? 0xfffd : c);
        else
            strbuf_putc(b, *s);
    }
}

static void identity(struct stage *st)
{
    char *name = st->seed % 3 ? xstrdup("me")
                              : modelgen_text(st->gen, false);
    strbuf_puts(&st->body, "<GetCallerIdentityResponse><GetCallerIdentity"
                "Result><Account>123456789012</Account><UserId>x</UserId>"
                "<Arn>arn:aws:sts::123456789012:assumed-role/");
    put_xml(&st->body, name);
    strbuf_puts(&st->body, "/me</Arn></GetCallerIdentityResult>"
                "</GetCallerIdentityResponse>");
    free(name);
}

/* An error whose words are hostile, too. */
static int mishap(struct stage *st)
{
    static const char *const codes[] = {
        "ThrottlingException", "AccessDeniedException", "ServerException",
        "InvalidParameterException", "ClusterNotFoundException"};
    char *text = modelgen_text(st->gen, false);
    json_t *o = json_pack("{s:s}", "__type",
                          codes[rng_below(modelgen_rng(st->gen), 5)]);
    json_object_set_new(o, rng_below(modelgen_rng(st->gen), 2) ? "message"
                                                               : "Message",
                        json_stringn_nocheck(text, strlen(text)));
    char *s = json_dumps(o, 0);
    strbuf_puts(&st->body, s ? s : "{");
    free(s);
    json_decref(o);
    free(text);
    return 400;
}

static void serve(void *arg, const char *head, const char *body,
                  struct mini_step *step)
{
    struct stage *st = arg;
    char op[64] = "";
    const char *target = strcasestr(head, "\r\nx-amz-target:");
    const char *dot = target ? strchr(target, '.') : NULL;
    if (dot)
        snprintf(op, sizeof(op), "%.*s", (int)strcspn(dot + 1, "\r\n"),
                 dot + 1);
    strbuf_clear(&st->body);
    st->asked[!dot ? 2 : strstr(op, "Log") != NULL]++;
    json_t *request = json_loads(body, 0, NULL);
    if (!dot) {
        identity(st);
    } else if (rng_below(modelgen_rng(st->gen), 25) == 0) {
        step->status = mishap(st);
    } else {
        json_t *reply = modelgen_reply(st->gen, op, request);
        char *s = reply ? json_dumps(reply, JSON_COMPACT) : NULL;
        strbuf_puts(&st->body, s ? s : "{}");
        free(s);
        json_decref(reply);
    }
    json_decref(request);
    step->headers = "x-amzn-RequestId: \x1b[97;97Hid\r\n";
    step->body = strbuf_get(&st->body);
    step->body_len = st->body.len;
}

/* ---- the terminal ---------------------------------------------------- */

static void blame(struct stage *st, const char *what)
{
    print_error("seed %llu, %zu keys:", (unsigned long long)st->seed,
                st->keys);
    for (size_t i = st->keys > 60 ? st->keys - 60 : 0; i < st->keys; i++)
        print_error(" %s", st->last[i % 60]);
    print_error("\n%s\n", what);
    fail();
}

static void look(struct stage *st)
{
    const struct surface *s = &st->lab->app->surface;
    char buf[65536];
    ssize_t n;
    for (int i = 0; i < s->rows * s->cols; i++)
        for (int k = 0; k < 3 && s->cells[i].cp[k]; k++)
            if (s->cells[i].cp[k] < 0x20 || s->cells[i].cp[k] == 0x7f)
                blame(st, "a control character in a cell");
    while ((n = read(st->master, buf, sizeof(buf))) > 0)
        if (!termcheck_feed(&st->check, buf, (size_t)n))
            blame(st, st->check.complaint);
}

static void breathe(struct stage *st, int ms)
{
    for (int t = 0; t < ms; t += 250) {
        clock_advance(st->lab->clock, ms < 250 ? ms : 250);
        if (!loop_until_idle(st->lab->loop, 60000))
            blame(st, "it never became idle");
        look(st);
    }
    /* A terminal is no work: its keys are read, and its frame is taken. */
    int unread = 1;
    for (int i = 0; i < 3 || (i < 1000 && unread); i++) {
        loop_turn(st->lab->loop, 0);
        look(st);
        ioctl(st->slave, FIONREAD, &unread);
    }
    if (unread && !st->lab->app->quitting)
        blame(st, "keys are not read");
}

static void set_size(struct stage *st, int rows, int cols)
{
    struct winsize ws = {.ws_row = (unsigned short)rows,
                         .ws_col = (unsigned short)cols};
    look(st);
    /* Until the new size is seen, frames of the old one may come. */
    st->check.rows = rows > st->check.rows ? rows : st->check.rows;
    st->check.cols = cols > st->check.cols ? cols : st->check.cols;
    ioctl(st->master, TIOCSWINSZ, &ws);
    if (st->tty) {
        raise(SIGWINCH);
        breathe(st, 50);
    }
    st->check.rows = rows;
    st->check.cols = cols;
}

static void open_terminal(struct stage *st)
{
    const struct app_tty_options o = {.type = "xterm-256color",
                                      .escape_ms = 25};
    struct err err = {0};
    struct winsize ws = {.ws_row = 24, .ws_col = 80};
    assert_int_equal(openpty(&st->master, &st->slave, NULL, NULL, &ws), 0);
    fcntl(st->master, F_SETFL, O_NONBLOCK);
    st->check = (struct termcheck){.rows = 24, .cols = 80};
    /* The first of the standard descriptors that is a terminal is ours. */
    int kept = dup(0);
    dup2(st->slave, 0);
    st->tty = app_tty_new(st->lab->app, &o, &err);
    dup2(kept, 0);
    close(kept);
    if (!st->tty)
        fail_msg("%s", err.message);
    breathe(st, 50);
}

static void press(struct stage *st, const char *spec)
{
    static const struct {
        const char *spec, *bytes;
    } named[] = {{"<Enter>", "\r"},      {"<Esc>", "\033"},
                 {"<Right>", "\033[C"},  {"<Left>", "\033[D"},
                 {"<PgDn>", "\033[6~"},  {"<Space>", " "},
                 {"<Tab>", "\t"},        {"<C-L>", "\014"}};
    const char *bytes = spec;
    for (size_t i = 0; i < ARRAY_LEN(named); i++)
        if (strcmp(named[i].spec, spec) == 0)
            bytes = named[i].bytes;
    snprintf(st->last[st->keys++ % 60], KEYSPEC_SIZE, "%s", spec);
    assert_int_equal(write(st->master, bytes, strlen(bytes)),
                     strlen(bytes));
    breathe(st, 1);
    breathe(st, 60); /* a lone escape is one after 25 ms */
}

/* ---- what a person does ---------------------------------------------- */

/* Through everything that a row has, and back; "-" goes to the root. */
static const char *const tour[] = {
    "j", "d", "<PgDn>", "G", "w", "<Right>", "x", "<Esc>", "y", "<PgDn>",
    "w", "<Esc>", "e", "G", "<Esc>", "c", "C", "<Enter>", "j", "d", "<PgDn>",
    "<Esc>", "y", "<Esc>", "p", "<Esc>", "l", "P", "<Esc>", "w", "G", "t", "t",
    "i", "J", "e", "E", "<Right>", "g", "<Esc>", "<Enter>", "j", "d", "<Esc>",
    "l", "F", "<Esc>", "<Esc>", "<Esc>", "o", "<Esc>", "/", "a", "<Esc>", "W",
    "<Esc>", "!", "<PgDn>", "<Esc>", "?", "<Esc>", "S", "<Esc>", "R", "<Esc>",
    "B", "<Esc>", "K", "<Esc>", "l", "<C-L>"};

static const char *const whims[] = {
    "j", "j", "k", "g", "G", "<PgDn>", "<Right>", "<Left>", "<Enter>",
    "<Enter>", "<Esc>", "<Esc>", "[", "]", "-", "r", "Z", "!", "W", "f", "c",
    "C", "/", "o", "O", "<Space>", "*", "U", "d", "y", "e", "t", "l", "p", "A",
    "S", "R", "B", "K", "n", "N", "w", "x", "F", "P", "J", "i", "&", "+", "h",
    "m", "'", "X", "0", "2", "6", "<Tab>", "a", ":", "?", "<C-L>", "@", "%"};

static void random_walk(struct stage *st, struct rng *r, int steps)
{
    static const int sizes[][2] = {{24, 80}, {40, 120}, {8, 40},
                                   {3, 12},  {60, 200}, {1, 1}, {24, 81}};
    for (int i = 0; i < steps && !st->lab->app->quitting; i++) {
        press(st, whims[rng_below(r, ARRAY_LEN(whims))]);
        if (rng_below(r, 12) == 0)
            breathe(st, 6000); /* it is fetched again */
        if (rng_below(r, 15) == 0) {
            const int *size = sizes[rng_below(r, ARRAY_LEN(sizes))];
            set_size(st, size[0], size[1]);
        }
    }
}

static void one_world(struct stage *st, uint64_t seed, bool toured)
{
    static const struct kind *const first[] = {&kind_services, &kind_services,
                                               &kind_tasks, &kind_clusters};
    struct lab *l;
    struct rng r;
    void *state = NULL;
    set_up(&state);
    l = state;
    *st = (struct stage){.lab = l, .seed = seed, .gen = st->gen,
                         .asked = {st->asked[0], st->asked[1], st->asked[2]}};
    modelgen_seed(st->gen, seed);
    rng_seed(&r, seed);
    st->server = mini_new(l->loop);
    mini_answer(st->server, serve, st);
    l->endpoint = mini_url(st->server);
    lab_open(l, NULL, false, first[seed % 4], NULL, seed % 4 ? "c1" : NULL);
    open_terminal(st);
    set_size(st, seed % 3 ? 24 : 50, seed % 3 ? 80 : 160);
    if (toured)
        for (size_t i = 0; i < ARRAY_LEN(tour); i++)
            press(st, tour[i]);
    random_walk(st, &r, 40);
    assert_true(mini_count(st->server) > 2);
    assert_true(st->check.texts > 100);
    app_tty_free(st->tty);
    look(st);
    assert_int_equal(st->check.rest.len, 0);
    termcheck_release(&st->check);
    close(st->master);
    close(st->slave);
    mini_free(st->server);
    l->sim = NULL;
    tear_down(&state);
    strbuf_release(&st->body);
}

static uint64_t number(const char *name, uint64_t otherwise)
{
    const char *s = getenv(name);
    return s && *s ? strtoull(s, NULL, 10) : otherwise;
}

static void no_reply_reaches_the_terminal_unwashed(void **state)
{
    char path[300];
    struct stage st = {0};
    const char *root = getenv("ECSDASH_ROOT");
    uint64_t only = number("SEED", 0), n = number("SEEDS", 24);
    (void)state;
    snprintf(path, sizeof(path), "%s/tests/data/shapes.tsv",
             root ? root : ".");
    st.gen = modelgen_new(path, WALL);
    assert_non_null(st.gen);
    for (uint64_t i = only ? only : 1; i <= (only ? only : n); i++)
        one_world(&st, i, i % 2);
    print_message("%zu calls, %zu of logs\n", st.asked[0], st.asked[1]);
    assert_true(only || st.asked[0] > 20 * n);
    assert_true(only || st.asked[1] > 0); /* how many is chance */
    modelgen_free(st.gen);
}

/* The checker itself: our own output passes, whole or in pieces, and each
 * sequence of the generator does not. */
static void the_checker_knows_ours_from_theirs(void **state)
{
    static const char ours[] =
        "\033[?1049h\033[22;0;0t\033[1;24r\033(B\033[m\033[4l\033[?7h"
        "\033[H\033[2J\033[3;4H\033[38;5;8;48;2;8;8;8mtext \xe6\x9c\x8d\r\n"
        "\033]52;c;YWJj\007\033]7717;idle;1;2\007\033[?25l\033[10X\033M";
    static const char *const theirs[] = {
        "\033[97;97H", "\033[?9797h", "\033[8;97;97t", "\033]0;evil\007",
        "\033]52;c;ZXZpbA==\007", "\033c", "\033Pq", "\033_e", "\033[3J",
        "\033#8", "\033[8m", "\033[1;9797m", "\007", "\016", "\005", "\030",
        "\x7f", "\xc2\x9b", "\xff", "\xe2\x80\xae", "\xf3\xa0\x81\x81",
        "\xef\xbf\xbe"};
    (void)state;
    setlocale(LC_CTYPE, "C.UTF-8"); /* widths */
    for (size_t piece = 1; piece < sizeof(ours); piece++) {
        struct termcheck t = {.rows = 24, .cols = 80};
        for (size_t at = 0; at < sizeof(ours) - 1; at += piece) {
            size_t left = sizeof(ours) - 1 - at;
            if (!termcheck_feed(&t, ours + at, left < piece ? left : piece))
                fail_msg("%s", t.complaint);
        }
        assert_int_equal(t.rest.len, 0);
        termcheck_release(&t);
    }
    for (size_t i = 0; i < ARRAY_LEN(theirs); i++) {
        struct termcheck t = {.rows = 24, .cols = 80};
        if (termcheck_feed(&t, theirs[i], strlen(theirs[i])))
            fail_msg("passed: number %zu", i);
        termcheck_release(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_checker_knows_ours_from_theirs),
        cmocka_unit_test(no_reply_reaches_the_terminal_unwashed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
