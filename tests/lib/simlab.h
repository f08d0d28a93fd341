/* simlab.h - a simulator on a driven clock and a plain client socket in the
 * same thread, signed by ecsdash's signer. Fixture of the tests of the
 * simulator on the wire. */
#ifndef ECSDASH_TESTS_SIMLAB_H
#define ECSDASH_TESTS_SIMLAB_H

#include "backend/base/strbuf.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#define LAB_WALL 1785000000000

struct sim_options;

struct lab {
    uv_loop_t loop;
    struct clock *clock;
    struct sim *sim;
    int fd;
    struct strbuf got; /* all that came, as it came */
    /* For the next calls; NULL = the right ones, the first key. */
    const char *region, *service; /* service: what is asked, "ecs" */
    const char *scope;            /* signed for that service instead */
    char key[24], secret[48], token[220];
    int64_t late_ms; /* of the signer's clock */
    bool one_shot;   /* ask for Connection: close */
};

/* As cmocka's set-up and tear-down; the latter ends with a loop that closes. */
int lab_set_up(void **state);
int lab_tear_down(void **state);
/* A simulator with these options in place of the plain one; the clock is set
 * in them. */
void lab_restart(struct lab *l, struct sim_options *o);

const char *lab_host(const struct lab *l);
/* 0, or the errno of connect. A former connection is closed. */
int lab_connect(struct lab *l);
void lab_send(struct lab *l, const char *data, size_t n);
/* Reads until n answers with a Content-Length are whole, or the end. 0, or
 * the errno of the socket, or -1 at its orderly end. */
int lab_receive(struct lab *l, int n);
/* A signed request: ECS and Logs take JSON, the rest forms. */
void lab_put(struct lab *l, struct strbuf *b, const char *op,
             const char *body);
/* One signed call on a new connection; what lab_receive() said. */
int lab_call(struct lab *l, const char *op, const char *body);
/* The same, unsigned: "GET /path", header lines each ended by \r\n or "". */
int lab_ask(struct lab *l, const char *line, const char *headers,
            const char *body);
void lab_says(const struct lab *l, const char *text); /* or the test fails */
/* Body of the last answer, chunks and gzip undone; release it. */
void lab_body(const struct lab *l, struct strbuf *out);
/* The same as JSON; NULL when it is none. */
json_t *lab_json(const struct lab *l);
/* Text between <name> and </name>, or of the member "name", of the answer. */
void lab_value(const struct lab *l, const char *name, char *out, size_t size);

#endif
