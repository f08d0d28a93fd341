/* ini.h - reads the AWS shared-file grammar: sections, keys, comments,
 * continuation lines and one level of nested keys (reference: botocore's
 * configloader as of 1.43; the AWS CLI keeps " #" inside values, so do we). */
#ifndef ECSDASH_BASE_INI_H
#define ECSDASH_BASE_INI_H

#include "backend/base/err.h"

#include <stddef.h>

struct ini;

/* Parse text (not kept). Bad lines lose their section, not the file; each is
 * reported by warn (may be NULL) with its 1-based line number. */
struct ini *ini_parse(const char *text, size_t len,
                      void (*warn)(void *arg, int line, const char *what),
                      void *arg);
/* NULL with err set when unreadable; a missing file is ERR_NOT_FOUND. Files
 * above 1 MiB are refused. */
struct ini *ini_read(const char *path, struct err *err);
void ini_free(struct ini *ini); /* wipes values: they may be secrets */
/* Section names are as written between the brackets, blanks collapsed, quotes
 * removed ("profile dev"). Keys are lower-cased. Borrowed, or NULL. */
const char *ini_get(const struct ini *ini, const char *section,
                    const char *key);
/* A nested value: `services x` / `ecs` / `endpoint_url`. */
const char *ini_get_nested(const struct ini *ini, const char *section,
                           const char *key, const char *sub);
size_t ini_sections(const struct ini *ini);
const char *ini_section_name(const struct ini *ini, size_t i);
int ini_has_section(const struct ini *ini, const char *section);

#endif
