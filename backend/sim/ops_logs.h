/* ops_logs.h - between the files of the CloudWatch Logs operations. */
#ifndef ECSDASH_SIM_OPS_LOGS_H
#define ECSDASH_SIM_OPS_LOGS_H

#include "backend/sim/simlog.h"
#include "backend/sim/wire.h"

#define SIM_PAGE_BYTES ((size_t)1024 * 1024)
#define SIM_EVENT_OVERHEAD 26 /* as AWS counts */

/* Its streams, by name (heap, also after a failure). 0, or -1 after
 * sim_fail. */
int sim_in_streams(struct sim_call *c, struct sim_stream **streams,
                   size_t *n);
void sim_op_filter_log_events(struct sim_call *c);

#endif
