/* live.h - sessions of StartLiveTail: a reply that goes on, an event stream
 * in chunks. Internal to sim; the connection is server.c's. */
#ifndef ECSDASH_SIM_LIVE_H
#define ECSDASH_SIM_LIVE_H

#include "backend/base/strbuf.h"

#include <stdbool.h>
#include <stdint.h>

struct sim_call;
struct sim_live;

#define SIM_LIVE_SESSIONS 15 /* at once, of all accounts together */
#define SIM_LIVE_EVENTS 500  /* of an update; of more it is a sample */
#define SIM_LIVE_UPDATE_MS 1000
#define SIM_LIVE_MAX_MS ((int64_t)3 * 3600 * 1000)

/* The operation: sets c->live, or fails. */
void sim_op_start_live_tail(struct sim_call *c);
/* Head of the reply and the first two messages. */
void sim_live_begin(struct sim_live *l, const char *request_id,
                    struct strbuf *out);
/* What is due now, as chunks; may be nothing. END: the last chunk is among
 * them. BREAK: the connection is to be reset instead. */
enum sim_live_next { SIM_LIVE_ON, SIM_LIVE_END, SIM_LIVE_BREAK };
enum sim_live_next sim_live_more(struct sim_live *l, struct strbuf *out);
void sim_live_free(struct sim_live *l); /* NULL is fine */

#endif
