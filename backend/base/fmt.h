/* fmt.h - numbers, ages, sizes and times as people read them; all pure. */
#ifndef ECSDASH_BASE_FMT_H
#define ECSDASH_BASE_FMT_H

#include <stddef.h>
#include <stdint.h>

enum fmt_zone { FMT_UTC, FMT_LOCAL };

/* "7s", "6m", "3h", "21d", "2y": one unit, rounded down; "-" when negative
 * seconds below -5 (clocks differ), "0s" between. out holds 16 bytes. */
const char *fmt_age(int64_t ms, char out[16]);
/* "6m12s", "3h04m", "2d5h": two units, for explanations. */
const char *fmt_duration(int64_t ms, char out[24]);
/* "14:32:07Z" or local "15:32:07". */
const char *fmt_clock(int64_t wall_ms, enum fmt_zone zone, char out[16]);
/* "14:32:07.204Z". */
const char *fmt_clock_ms(int64_t wall_ms, enum fmt_zone zone, char out[20]);
/* "2026-11-21T14:32:07Z" (UTC) or with "+01:00". */
const char *fmt_iso(int64_t wall_ms, enum fmt_zone zone, char out[40]);
/* "2026-11-21T14:32:07.204Z", UTC. */
const char *fmt_iso_ms(int64_t wall_ms, char out[40]);
/* "20261121T143207Z", as SigV4 wants it. */
const char *fmt_amz_date(int64_t wall_ms, char out[20]);
/* ISO 8601 ("2026-11-21T14:32:07[.123](Z|+01:00)"), to wall ms; -1 if not. */
int fmt_parse_iso(const char *s, int64_t *wall_ms);
/* HTTP date ("Sat, 21 Nov 2026 14:32:07 GMT"); -1 if not. */
int fmt_parse_http_date(const char *s, int64_t *wall_ms);
const char *fmt_http_date(int64_t wall_ms, char out[40]);
/* "512 B", "18.2 kB", "64 MiB" style sizes with 1024 steps. */
const char *fmt_size(uint64_t bytes, char out[16]);
/* "1,204" with thousands commas. */
const char *fmt_count(int64_t n, char out[32]);
/* Whole-string decimal parse with bounds; -1 if not. */
int fmt_parse_int(const char *s, int64_t min, int64_t max, int64_t *out);

#endif
