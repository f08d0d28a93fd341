/* `make bench`: what logs cost. Ratios to what jansson, the text itself or a
 * plain scan cost in the same run, not absolute times. */
#include <inttypes.h>
#include <jansson.h>
#include <locale.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/aws/client.h"
#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/scope.h"
#include "backend/base/strbuf.h"
#include "backend/svc/logbuf.h"
#include "backend/svc/logsrc.h"
#include "backend/svc/regex.h"
#include "tests/bench/bench.h"

#define EVENTS 5000
#define PAGES 40
#define LINES 1000000
#define LINE_BYTES 150
#define WALL 1795271527000

static double own_cpu_ms(void)
{
    return cpu_ms(getpid());
}

/* ---- ingest ---------------------------------------------------------- */

/* A page as CloudWatch sends it: half JSON lines, half plain ones. */
static void make_page(struct strbuf *b, int page)
{
    strbuf_puts(b, "{\"events\":[");
    for (int i = 0; i < EVENTS; i++) {
        int64_t ms = WALL - 600000 + ((int64_t)page * EVENTS + i) * 2;
        char line[300];
        int n = page * EVENTS + i;
        if (i % 2)
            snprintf(line, sizeof(line), "{\"level\":\"info\",\"ts\":\"2026-11"
                     "-21T14:32:07.%03dZ\",\"msg\":\"order accepted\",\"order\""
                     ":%d,\"ms\":%d,\"trace\":\"4bf92f3577b34da6a3ce929d\"}",
                     i % 1000, n, i % 90);
        else
            snprintf(line, sizeof(line), "2026-11-21 14:32:07.%03d INFO  "
                     "[worker-%d] c.e.orders.OrderService - order %d accepted "
                     "in %d ms for customer %d", i % 1000, i % 8, n, i % 90,
                     n % 1000);
        strbuf_printf(b, "%s{\"logStreamName\":\"ecs/app/%032d\",\"timestamp\""
                      ":%" PRId64 ",\"message\":", i ? "," : "", i % 6, ms);
        strbuf_put_json(b, line, strlen(line));
        strbuf_printf(b, ",\"ingestionTime\":%" PRId64 ",\"eventId\":"
                      "\"3902%052d\"}", ms + 800, n);
    }
    strbuf_puts(b, "],\"searchedLogStreams\":[]");
    if (page + 1 < PAGES)
        strbuf_printf(b, ",\"nextToken\":\"Bxkq6kVGFtq2y_MoigeqscPOdhXVbhiVtLo"
                      "AmXb5jCo%d\"", page);
    strbuf_puts(b, "}");
}

/* An aws_call() that answers from memory, one page after the other. */
struct server {
    struct clock *clock;
    struct strbuf pages[PAGES];
    int next;
    struct timer timer;
    aws_done_fn *done;
    void *arg;
};

static void answer(struct timer *t, void *arg)
{
    struct server *s = arg;
    bool more = s->next < PAGES;
    struct aws_reply reply = {
        .status = 200, .request_id = "",
        .body = more ? s->pages[s->next].data : "{\"events\":[]}",
        .body_len = more ? s->pages[s->next].len : 13};
    (void)t;
    s->next++;
    s->done(s->arg, &reply, NULL);
}

int aws_call(struct aws_client *client, struct scope *scope,
             const struct aws_op *op, json_t *params,
             const struct aws_call_opts *opts, aws_done_fn *done, void *arg,
             struct err *err)
{
    struct server *s = (struct server *)client;
    (void)scope;
    (void)op;
    (void)opts;
    (void)err;
    json_decref(params);
    s->done = done;
    s->arg = arg;
    timer_start(s->clock, &s->timer, 0, answer, s);
    return 0;
}

int64_t aws_client_clock_skew_ms(const struct aws_client *client)
{
    (void)client;
    return 0;
}

const char *aws_client_region(const struct aws_client *client)
{
    (void)client;
    return "eu-west-1";
}

static double ingest(struct server *s, size_t *events)
{
    struct logsrc *src;
    double start;

    s->next = 0;
    s->clock = clock_new_driven(WALL);
    src = logsrc_new(&(struct logsrc_options){
        .clock = s->clock, .client = (struct aws_client *)s,
        .limit_bytes = (size_t)1 << 30});
    for (int i = 0; i < 6; i++) {
        char id[40];
        snprintf(id, sizeof(id), "%032d", i);
        logsrc_set(src, &(struct logsrc_target){
                            .task_id = id, .container = "app",
                            .driver = "awslogs", .group = "/ecs/g",
                            .prefix = "ecs"});
    }
    start = own_cpu_ms();
    clock_advance(s->clock, 100);
    double took = own_cpu_ms() - start;
    *events = logbuf_len(logsrc_buf(src));
    logsrc_free(src);
    timer_stop(s->clock, &s->timer);
    clock_free(s->clock);
    return took;
}

static double parse(const struct server *s)
{
    double start = own_cpu_ms();
    for (int i = 0; i < PAGES; i++)
        json_decref(json_loadb(s->pages[i].data, s->pages[i].len, 0, NULL));
    return own_cpu_ms() - start;
}

static void bench_ingest(void)
{
    struct server s = {0};
    double ours = 1e9, theirs = 1e9;
    size_t bytes = 0, events = 0;
    for (int i = 0; i < PAGES; i++) {
        make_page(&s.pages[i], i);
        bytes += s.pages[i].len;
    }
    for (int i = 0; i < 5; i++) { /* in turn: the machine drifts */
        double t = parse(&s);
        theirs = t < theirs ? t : theirs;
        t = ingest(&s, &events);
        ours = t < ours ? t : ours;
    }
    if (events != (size_t)EVENTS * PAGES)
        printf("only %zu events were taken\n", events);
    report("log pages into the buffer, CPU, to jansson's bare parse",
           "at most 1.4", "%.2f", ours / theirs);
    report("the same, MB of reply a second", "-", "%.0f",
           (double)bytes / 1e3 / ours);
    for (int i = 0; i < PAGES; i++)
        strbuf_release(&s.pages[i]);
}

/* ---- a million lines ------------------------------------------------- */

static size_t heap_bytes(void)
{
    struct mallinfo2 m = mallinfo2();
    return m.uordblks + m.hblkhd;
}

static struct logbuf *a_million(double *memory, double *ns)
{
    char text[LINE_BYTES + 1];
    size_t before = heap_bytes();
    double start = own_cpu_ms();
    struct logbuf *b = logbuf_new((size_t)1 << 30);
    for (int i = 0; i < LINES; i++) {
        int n = snprintf(text, sizeof(text), "2026-11-21 14:32:07.%03d INFO "
                         "order %d accepted ", i % 1000, i);
        memset(text + n, 'a' + i % 26, sizeof(text) - 1 - (size_t)n);
        text[LINE_BYTES] = '\0';
        if (i == LINES / 50)
            memcpy(text + 100, "needle", 6);
        logbuf_add(b, &(struct logbuf_line){
                          .timestamp_ms = i, .ingestion_ms = i, .id = 1,
                          .text = text, .len = LINE_BYTES});
    }
    *ns = (own_cpu_ms() - start) * 1e6 / LINES;
    *memory = (double)(heap_bytes() - before) / ((double)LINES * LINE_BYTES);
    return b;
}

static bool has_needle(void *arg, const struct logbuf_line *line, size_t i)
{
    (void)i;
    return regex_find(arg, line->text, line->len, 0, NULL, NULL) == REGEX_HIT;
}

/* As the view does it: slices of a turn each. */
static size_t search(const struct logbuf *b, struct regex *re, double *first,
                     double *all, double *turn)
{
    struct logbuf_scan s;
    size_t hits = 0, at;
    double start = own_cpu_ms();
    enum logbuf_scanned got = LOGBUF_PAUSE;

    *turn = *first = 0;
    logbuf_scan_begin(&s, 0, 1);
    while (got != LOGBUF_END) {
        double t = own_cpu_ms();
        got = logbuf_scan(b, &s, (size_t)1 << 20, has_needle, re, &at);
        t = own_cpu_ms() - t;
        *turn = t > *turn ? t : *turn;
        if (got == LOGBUF_HIT && hits++ == 0)
            *first = own_cpu_ms() - start;
    }
    *all = own_cpu_ms() - start;
    return hits;
}

static void bench_million(void)
{
    double memory, ns, first, all, turn;
    struct err err;
    struct logbuf *b = a_million(&memory, &ns);
    struct regex *re = regex_new("need[l]e", &err);

    report("memory for a million lines of 150 bytes, to their text",
           "at most 1.25", "%.3f", memory);
    report("one line into the buffer (ns of CPU)", "-", "%.0f", ns);
    if (re && search(b, re, &first, &all, &turn) == 1) {
        report("search of a million lines: first hit, at 2 % (ms)", "50",
               "%.1f", first);
        report("search of a million lines: all of them (ms)", "300", "%.0f",
               all);
        report("the longest turn of it (ms)", "8", "%.1f", turn);
    }
    regex_free(re);

    double start = own_cpu_ms();
    for (int i = 0; i < 20000; i++)
        logbuf_add(b, &(struct logbuf_line){
                          .timestamp_ms = (int64_t)i * 7919 % LINES,
                          .ingestion_ms = LINES, .text = "late", .len = 4});
    report("a late line into the middle of a million (us)", "-", "%.2f",
           (own_cpu_ms() - start) * 1e3 / 20000);
    logbuf_free(b);
}

int main(int argc, char **argv)
{
    setlocale(LC_ALL, "C.UTF-8");
    FILE *tsv = argc > 1 ? fopen(argv[1], "a") : NULL;
    report_to(tsv);
    bench_ingest();
    bench_million();
    if (tsv)
        fclose(tsv);
    return 0;
}
