/* region_names.h - the regions there are, for lists and completion. A region
 * that is missing here works all the same. Source: botocore 1.43
 * data/partitions.json. */
#ifndef ECSDASH_AWS_REGION_NAMES_H
#define ECSDASH_AWS_REGION_NAMES_H

#include <stddef.h>

struct region_name {
    const char *name;  /* "eu-west-1" */
    const char *where; /* "Ireland" */
};

/* Those of the partition that `region` is in, by name. */
const struct region_name *region_names(const char *region, size_t *n);

#endif
