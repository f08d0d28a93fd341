/* wire_pattern.h - CloudWatch Logs filter patterns, as far as the simulator
 * knows them. */
#ifndef ECSDASH_SIM_WIRE_PATTERN_H
#define ECSDASH_SIM_WIRE_PATTERN_H

#include <stdbool.h>

struct sim_pattern;

/* NULL when it is broken or beyond us. */
struct sim_pattern *sim_pattern_new(const char *text);
void sim_pattern_free(struct sim_pattern *p); /* NULL is fine */
/* NULL p matches everything. */
bool sim_pattern_match(const struct sim_pattern *p, const char *message);

#endif
