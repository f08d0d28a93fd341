/* endpoint_rules.h - the partitions' own names for services, as data;
 * internal to aws/endpoint. Source: botocore 1.43 data/partitions.json and the
 * endpoint-rule-set of each service; tests/data/endpoints.tsv holds the cases
 * and a test compares it with the botocore installed. */
#ifndef ECSDASH_AWS_ENDPOINT_RULES_H
#define ECSDASH_AWS_ENDPOINT_RULES_H

#include "backend/aws/endpoint.h"

/* Writes out->host and out->region. region is a host label. Returns why this
 * host, for people: "the service's own name", "GovCloud's plain name is FIPS
 * already". */
const char *endpoint_rules(enum aws_service service, const char *region,
                           bool fips, bool dualstack, struct endpoint *out);

#endif
