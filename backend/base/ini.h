/* ini.h - reads the AWS shared-file grammar: sections, keys, comments,
 * continuation lines and one level of nested keys, as the AWS CLI does
 * (botocore's configloader as of 1.43 over Python's RawConfigParser). So " #"
 * is kept inside values, and the keys of [DEFAULT] count in every section.
 *
 * More is taken than the CLI takes, which gives the whole file up: a section
 * or key that comes twice (merged, the later wins), a byte order mark, a bad
 * line. Blanks inside the brackets are trimmed. */
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
struct ini *ini_read(const char *path,
                     void (*warn)(void *arg, int line, const char *what),
                     void *arg, struct err *err);
void ini_free(struct ini *ini); /* wipes values: they may be secrets */
/* Section names are as written between the brackets, trimmed. Keys are
 * lower-cased. Borrowed, or NULL. */
const char *ini_get(const struct ini *ini, const char *section,
                    const char *key);
/* A nested value: `services x` / `ecs` / `endpoint_url`. */
const char *ini_get_nested(const struct ini *ini, const char *section,
                           const char *key, const char *sub);
size_t ini_sections(const struct ini *ini);
const char *ini_section_name(const struct ini *ini, size_t i);
int ini_has_section(const struct ini *ini, const char *section);

#endif
