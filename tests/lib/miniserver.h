/* miniserver.h - a scripted HTTP/1.1 server on loopback, on the test's loop.
 *
 * Each request that arrives whole takes the next step of the script. It judges
 * nothing: tests look at the recorded requests. */
#ifndef ECSDASH_TESTS_MINISERVER_H
#define ECSDASH_TESTS_MINISERVER_H

#include <stddef.h>

struct loop;
struct miniserver;

enum mini_act {
    MINI_REPLY, /* answer and keep the connection */
    MINI_CLOSE, /* answer, then close */
    MINI_DROP,  /* close without an answer */
    MINI_RESET, /* the same by RST */
    MINI_HOLD,  /* answer at mini_release(), or never */
    MINI_STALL, /* half of the answer's body, the rest at mini_release() */
    MINI_PART   /* half of the answer's body, then close */
};

struct mini_step {
    enum mini_act act;
    int status;          /* 0 = 200 */
    const char *headers; /* extra lines, each ended by \r\n; NULL = none */
    const char *body;    /* NULL = "" */
    size_t body_len;     /* 0 = strlen(body) */
};

struct miniserver *mini_new(struct loop *loop);
/* Begins to close everything; loop_free() must follow. */
void mini_free(struct miniserver *m);
/* "http://127.0.0.1:PORT/"; borrowed. */
const char *mini_url(const struct miniserver *m);
/* Appended to the script; copied. After the script's end: status 599. */
void mini_push(struct miniserver *m, const struct mini_step *step);
/* From now on fn makes the step of each request (head: request line and
 * headers), and the script is passed over. The step's strings are borrowed
 * until fn runs again. */
typedef void mini_fn(void *arg, const char *head, const char *body,
                     struct mini_step *step);
void mini_answer(struct miniserver *m, mini_fn *fn, void *arg);
/* Short for a plain reply. */
void mini_reply(struct miniserver *m, int status, const char *body);
void mini_release(struct miniserver *m);
size_t mini_count(const struct miniserver *m); /* requests so far */
size_t mini_connections(const struct miniserver *m); /* ever accepted */
/* Bytes of answers that no reader has taken yet. */
size_t mini_unsent(const struct miniserver *m);
/* Request line and headers of request i, and its body; borrowed. */
const char *mini_head(const struct miniserver *m, size_t i);
const char *mini_body(const struct miniserver *m, size_t i);
/* Value of a header of request i into buf, or NULL. */
const char *mini_header(const struct miniserver *m, size_t i, const char *name,
                        char *buf, size_t size);

#endif
