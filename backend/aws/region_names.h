/* region_names.h - the regions there are, for lists, completion, and for the
 * question whether a name can be one. A region that is newer than the list
 * works, too, when it is named as they all are ("eu-west-1"). Source: botocore
 * 1.43 data/partitions.json. */
#ifndef ECSDASH_AWS_REGION_NAMES_H
#define ECSDASH_AWS_REGION_NAMES_H

#include <stdbool.h>
#include <stddef.h>

struct region_name {
    const char *name;  /* "eu-west-1" */
    const char *where; /* "Ireland" */
};

/* Those of the partition that `region` is in, by name. */
const struct region_name *region_names(const char *region, size_t *n);

/* It is in one of the lists. */
bool region_is_listed(const char *name);
/* Words of small letters and a number, joined by hyphens: "us-gov-west-1". */
bool region_looks_real(const char *name);
/* The listed one that was probably meant, as nearest_get() has it: itself
 * when it is listed. NULL = none is so near. */
const char *region_nearest(const char *name);

#endif
