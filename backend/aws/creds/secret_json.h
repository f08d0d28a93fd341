/* secret_json.h - JSON that holds secrets: parsed from memory, looked at, and
 * wiped: whatever jansson frees is, after json_tree_init(). */
#ifndef ECSDASH_AWS_CREDS_SECRET_JSON_H
#define ECSDASH_AWS_CREDS_SECRET_JSON_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/* An object, or NULL. The text may hold several lines but nothing after. */
json_t *secret_json_parse(const char *text, size_t len);
/* Borrowed; NULL when absent, no string, or empty. */
const char *secret_json_get(const json_t *object, const char *key);
/* An ISO time; also with "UTC" at its end, as old AWS CLIs wrote it. -1 when
 * absent or no time. */
int secret_json_time(const json_t *object, const char *key, int64_t *wall_ms);
/* The body that asks for a new token: "grantType":"refresh_token" and the n
 * named members of held, all of which must be there. The caller frees it with
 * xfree_secret(). */
char *secret_json_refresh(const json_t *held, const char *const *names,
                          size_t n);

#endif
