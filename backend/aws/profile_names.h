/* profile_names.h - what the section headers of the config file stand for, and
 * where the shared files are; internal to aws/profile. As botocore 1.43:
 * configloader.build_profile_map and raw_config_parse. */
#ifndef ECSDASH_AWS_PROFILE_NAMES_H
#define ECSDASH_AWS_PROFILE_NAMES_H

#include "backend/aws/env.h"

/* The header of a config file in one form: "profile NAME" (also for "default"),
 * "sso-session NAME", "services NAME" with NAME split as a shell would, or the
 * header as it is for a section of another kind. NULL for a header that stands
 * for nothing: "profile a b", an unclosed quote. Heap. */
char *profile_section_name(const char *header);
/* $NAME, ${NAME} (unknown ones stay) and then a "~" by HOME. NULL: "~" without
 * a HOME. "~user" stays as it is. Heap. */
char *profile_expand_path(const struct aws_env *env, const char *path);

#endif
