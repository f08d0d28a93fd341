/* http.h - the simulator's HTTP/1.1 parser and reply writer; no sockets here,
 * so that it is tested and fuzzed on bytes alone. */
#ifndef ECSDASH_SIM_HTTP_H
#define ECSDASH_SIM_HTTP_H

#include "backend/base/strbuf.h"

#include <stdbool.h>
#include <stddef.h>

#define SIM_MAX_HEAD ((size_t)64 * 1024)
#define SIM_MAX_BODY ((size_t)4 * 1024 * 1024)
#define SIM_MAX_HEADERS 100

struct sim_header {
    char *name;  /* lower case */
    char *value; /* blanks trimmed */
};

struct sim_http {
    char *method, *path, *query; /* path without query; query may be "" */
    struct sim_header headers[SIM_MAX_HEADERS];
    size_t n_headers;
    struct strbuf body;
    bool keep_alive;
    bool expect_continue; /* the client waits for 100 before its body */
};

enum sim_parse { SIM_NEED_MORE, SIM_COMPLETE, SIM_BAD };

/* Parse one request from data[0..n). COMPLETE: *used bytes are consumed and r
 * is filled (release it). NEED_MORE: r->expect_continue may be set once the
 * head is there. BAD: *why is a sentence, *status the HTTP status. */
enum sim_parse sim_http_parse(struct sim_http *r, const char *data, size_t n,
                              size_t *used, int *status, const char **why);
void sim_http_release(struct sim_http *r);
/* Value of a header by lower-case name, or NULL. */
const char *sim_http_header(const struct sim_http *r, const char *name);
/* A Host that is ours: 127.0.0.1, localhost or [::1], any port. */
bool sim_http_host_ok(const char *host);
/* Status line, headers and body. headers: more lines, each ended; gzip:
 * compress; chunked: in chunks. */
void sim_http_reply(struct strbuf *out, int status, const char *type,
                    const char *request_id, const char *date,
                    const char *headers, const char *body, size_t n, bool gzip,
                    bool chunked, bool keep_alive);

#endif
