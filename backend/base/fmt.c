#include "backend/base/fmt.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "backend/base/mem.h"

enum { DAY_S = 86400, YEAR_S = 365 * DAY_S };

/* Years 0000 to 9999: what four digits can show. */
#define WALL_MIN (-62167219200000)
#define WALL_MAX 253402300799999

static const char *const month_names[] = {"Jan", "Feb", "Mar", "Apr",
                                          "May", "Jun", "Jul", "Aug",
                                          "Sep", "Oct", "Nov", "Dec"};
/* From the first day of the epoch, a Thursday. */
static const char *const day_names[] = {"Thu", "Fri", "Sat", "Sun",
                                        "Mon", "Tue", "Wed"};

struct civil {
    unsigned year, month, day; /* month 1..12 */
    unsigned hour, minute, second, ms;
    unsigned weekday; /* index into day_names */
    int offset;       /* minutes east of UTC */
};

/* Days since the epoch of a proleptic Gregorian date; years run from March,
 * so that the leap day comes last. (Hinnant's days_from_civil.) */
static int64_t days_from_civil(int64_t y, unsigned m, unsigned d)
{
    int64_t era;
    unsigned yoe, doy, doe;

    y -= m <= 2;
    era = (y >= 0 ? y : y - 399) / 400;
    yoe = (unsigned)(y - era * 400);
    doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
    doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + (int64_t)doe - 719468;
}

static void civil_from_days(int64_t days, struct civil *c)
{
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    unsigned doe = (unsigned)(z - era * 146097);
    unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    unsigned mp = (5 * doy + 2) / 153;

    c->day = doy - (153 * mp + 2) / 5 + 1;
    c->month = mp < 10 ? mp + 3 : mp - 9;
    c->year = (unsigned)((int64_t)yoe + era * 400 + (c->month <= 2));
    c->weekday = (unsigned)((days % 7 + 7) % 7);
}

static int local_offset_s(int64_t wall_ms)
{
    time_t t = (time_t)(wall_ms / 1000);
    struct tm tm;

    return localtime_r(&t, &tm) ? (int)tm.tm_gmtoff : 0;
}

static struct civil to_civil(int64_t wall_ms, enum fmt_zone zone)
{
    struct civil c = {0};
    int64_t days, rest;
    int offset_s = 0;

    if (wall_ms < WALL_MIN)
        wall_ms = WALL_MIN;
    if (wall_ms > WALL_MAX)
        wall_ms = WALL_MAX;
    if (zone == FMT_LOCAL)
        offset_s = local_offset_s(wall_ms);
    wall_ms += (int64_t)offset_s * 1000;
    if (wall_ms < WALL_MIN || wall_ms > WALL_MAX) /* over the edge again */
        wall_ms -= (int64_t)offset_s * 1000, offset_s = 0;
    days = wall_ms / (DAY_S * INT64_C(1000));
    rest = wall_ms % (DAY_S * INT64_C(1000));
    if (rest < 0) {
        days--;
        rest += DAY_S * INT64_C(1000);
    }
    civil_from_days(days, &c);
    c.ms = (unsigned)(rest % 1000);
    c.second = (unsigned)(rest / 1000 % 60);
    c.minute = (unsigned)(rest / 60000 % 60);
    c.hour = (unsigned)(rest / 3600000);
    c.offset = offset_s / 60;
    return c;
}

const char *fmt_age(int64_t ms, char out[16])
{
    int64_t s = ms / 1000;

    if (ms < -5000)
        snprintf(out, 16, "-");
    else if (s < 60)
        snprintf(out, 16, "%ds", s < 0 ? 0 : (int)s);
    else if (s < 3600)
        snprintf(out, 16, "%dm", (int)(s / 60));
    else if (s < DAY_S)
        snprintf(out, 16, "%dh", (int)(s / 3600));
    else if (s < YEAR_S)
        snprintf(out, 16, "%dd", (int)(s / DAY_S));
    else
        snprintf(out, 16, "%lldy", (long long)(s / YEAR_S));
    return out;
}

const char *fmt_duration(int64_t ms, char out[24])
{
    int64_t s = ms / 1000;

    if (ms < -5000)
        snprintf(out, 24, "-");
    else if (s < 60)
        snprintf(out, 24, "%ds", s < 0 ? 0 : (int)s);
    else if (s < 3600)
        snprintf(out, 24, "%dm%02ds", (int)(s / 60), (int)(s % 60));
    else if (s < DAY_S)
        snprintf(out, 24, "%dh%02dm", (int)(s / 3600), (int)(s / 60 % 60));
    else if (s < YEAR_S)
        snprintf(out, 24, "%dd%dh", (int)(s / DAY_S), (int)(s / 3600 % 24));
    else
        snprintf(out, 24, "%lldy%dd", (long long)(s / YEAR_S),
                 (int)(s % YEAR_S / DAY_S));
    return out;
}

const char *fmt_clock(int64_t wall_ms, enum fmt_zone zone, char out[16])
{
    struct civil c = to_civil(wall_ms, zone);

    snprintf(out, 16, "%02u:%02u:%02u%s", c.hour % 24, c.minute % 60,
             c.second % 60, zone == FMT_UTC ? "Z" : "");
    return out;
}

const char *fmt_clock_ms(int64_t wall_ms, enum fmt_zone zone, char out[20])
{
    struct civil c = to_civil(wall_ms, zone);

    snprintf(out, 20, "%02u:%02u:%02u.%03u%s", c.hour % 24, c.minute % 60,
             c.second % 60, c.ms % 1000, zone == FMT_UTC ? "Z" : "");
    return out;
}

const char *fmt_iso(int64_t wall_ms, enum fmt_zone zone, char out[40])
{
    struct civil c = to_civil(wall_ms, zone);
    unsigned off = (unsigned)(c.offset < 0 ? -c.offset : c.offset);
    char suffix[16] = "Z";

    if (zone == FMT_LOCAL)
        snprintf(suffix, sizeof(suffix), "%c%02u:%02u",
                 c.offset < 0 ? '-' : '+', off / 60 % 100, off % 60);
    snprintf(out, 40, "%04u-%02u-%02uT%02u:%02u:%02u%s", c.year % 10000,
             c.month % 100, c.day % 100, c.hour % 24, c.minute % 60,
             c.second % 60, suffix);
    return out;
}

const char *fmt_iso_ms(int64_t wall_ms, char out[40])
{
    struct civil c = to_civil(wall_ms, FMT_UTC);

    snprintf(out, 40, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", c.year % 10000,
             c.month % 100, c.day % 100, c.hour % 24, c.minute % 60,
             c.second % 60, c.ms % 1000);
    return out;
}

const char *fmt_amz_date(int64_t wall_ms, char out[20])
{
    struct civil c = to_civil(wall_ms, FMT_UTC);

    snprintf(out, 20, "%04u%02u%02uT%02u%02u%02uZ", c.year % 10000,
             c.month % 100, c.day % 100, c.hour % 24, c.minute % 60,
             c.second % 60);
    return out;
}

const char *fmt_http_date(int64_t wall_ms, char out[40])
{
    struct civil c = to_civil(wall_ms, FMT_UTC);

    snprintf(out, 40, "%s, %02u %s %04u %02u:%02u:%02u GMT",
             day_names[c.weekday], c.day % 100, month_names[c.month - 1],
             c.year % 10000, c.hour % 24, c.minute % 60, c.second % 60);
    return out;
}

/* Exactly n digits at *s, moved past; false otherwise. */
static bool digits(const char **s, int n, unsigned *out)
{
    unsigned v = 0;

    for (int i = 0; i < n; i++, ++*s) {
        if (**s < '0' || **s > '9')
            return false;
        v = v * 10 + (unsigned)(**s - '0');
    }
    *out = v;
    return true;
}

static bool literal(const char **s, const char *want)
{
    size_t n = strlen(want);

    if (strncmp(*s, want, n))
        return false;
    *s += n;
    return true;
}

/* HH:MM:SS */
static bool time_of_day(const char **s, struct civil *c)
{
    return digits(s, 2, &c->hour) && literal(s, ":") &&
           digits(s, 2, &c->minute) && literal(s, ":") &&
           digits(s, 2, &c->second);
}

/* Fields to wall ms; -1 when they name no moment. A leap second is the
 * moment after it, as POSIX counts. */
static int from_civil(const struct civil *c, int64_t *wall_ms)
{
    static const unsigned char len[] = {31, 28, 31, 30, 31, 30,
                                        31, 31, 30, 31, 30, 31};
    bool leap = (c->year % 4 == 0 && c->year % 100) || c->year % 400 == 0;
    int64_t s;

    if (c->month < 1 || c->month > 12 || c->day < 1 ||
        c->day > len[c->month - 1] + (unsigned)(leap && c->month == 2))
        return -1;
    if (c->hour > 23 || c->minute > 59 || c->second > 60)
        return -1;
    s = days_from_civil(c->year, c->month, c->day) * DAY_S;
    s += c->hour * 3600 + c->minute * 60 + c->second;
    *wall_ms = (s - (int64_t)c->offset * 60) * 1000 + c->ms;
    return 0;
}

/* "Z", "+01:00", "+0100", "+01"; "UTC" is what old SSO caches hold. */
static bool parse_zone(const char **s, int *offset)
{
    unsigned h, m = 0;
    int sign = 1;

    *offset = 0;
    if (literal(s, "Z") || literal(s, "z") || literal(s, "UTC"))
        return true;
    if (literal(s, "-"))
        sign = -1;
    else if (!literal(s, "+"))
        return false;
    if (!digits(s, 2, &h))
        return false;
    if ((literal(s, ":") || **s) && !digits(s, 2, &m))
        return false;
    if (h > 23 || m > 59)
        return false;
    *offset = sign * (int)(h * 60 + m);
    return true;
}

int fmt_parse_iso(const char *s, int64_t *wall_ms)
{
    struct civil c = {0};

    if (!digits(&s, 4, &c.year) || !literal(&s, "-") ||
        !digits(&s, 2, &c.month) || !literal(&s, "-") ||
        !digits(&s, 2, &c.day))
        return -1;
    if (!literal(&s, "T") && !literal(&s, "t") && !literal(&s, " "))
        return -1;
    if (!time_of_day(&s, &c))
        return -1;
    if (literal(&s, ".")) {
        unsigned scale = 100;

        if (*s < '0' || *s > '9')
            return -1;
        /* Beyond milliseconds is cut, not rounded: never in the future. */
        for (; *s >= '0' && *s <= '9'; s++, scale /= 10)
            c.ms += (unsigned)(*s - '0') * scale;
    }
    if (!parse_zone(&s, &c.offset) || *s)
        return -1;
    return from_civil(&c, wall_ms);
}

int fmt_parse_http_date(const char *s, int64_t *wall_ms)
{
    struct civil c = {0};
    size_t i;

    for (i = 0; i < ARRAY_LEN(day_names) && !literal(&s, day_names[i]); i++)
        ;
    if (i == ARRAY_LEN(day_names) || !literal(&s, ", ") ||
        !digits(&s, 2, &c.day) || !literal(&s, " "))
        return -1;
    for (i = 0; i < ARRAY_LEN(month_names) && !literal(&s, month_names[i]);)
        i++;
    c.month = (unsigned)i + 1; /* 13 is refused by from_civil */
    if (!literal(&s, " ") || !digits(&s, 4, &c.year) || !literal(&s, " ") ||
        !time_of_day(&s, &c) || !literal(&s, " GMT") || *s)
        return -1;
    return from_civil(&c, wall_ms);
}

const char *fmt_size(uint64_t bytes, char out[16])
{
    static const char *const units[] = {"B",   "kB",  "MiB", "GiB",
                                        "TiB", "PiB", "EiB"};
    uint64_t whole = bytes, rest = 0, tenths;
    size_t u = 0;

    for (; whole >= 1024; whole /= 1024, u++)
        rest = whole % 1024;
    /* Below 100 one decimal, from 100 none; rounding may carry into the next
     * unit. */
    if (whole >= 100) {
        whole += rest >= 512;
        if (whole >= 1024)
            whole = 1, u++;
        tenths = whole * 10;
    } else {
        tenths = whole * 10 + (rest * 10 + 512) / 1024;
    }
    if (tenths % 10)
        snprintf(out, 16, "%u.%u %s", (unsigned)(tenths / 10),
                 (unsigned)(tenths % 10), units[u]);
    else
        snprintf(out, 16, "%u %s", (unsigned)(tenths / 10), units[u]);
    return out;
}

const char *fmt_count(int64_t n, char out[32])
{
    uint64_t v = n < 0 ? -(uint64_t)n : (uint64_t)n;
    char buf[32];
    size_t at = sizeof(buf);
    int in_group = 0;

    buf[--at] = '\0';
    do {
        if (in_group++ == 3) {
            buf[--at] = ',';
            in_group = 1;
        }
        buf[--at] = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    if (n < 0)
        buf[--at] = '-';
    memcpy(out, buf + at, sizeof(buf) - at);
    return out;
}

int fmt_parse_int(const char *s, int64_t min, int64_t max, int64_t *out)
{
    bool negative = *s == '-';
    int64_t v = 0;

    s += negative;
    if (!*s)
        return -1;
    /* Count downwards: INT64_MIN has no positive twin. */
    for (; *s; s++) {
        int d = *s - '0';

        if (d < 0 || d > 9 || v < (INT64_MIN + d) / 10)
            return -1;
        v = v * 10 - d;
    }
    if (!negative && v == INT64_MIN)
        return -1;
    if (!negative)
        v = -v;
    if (v < min || v > max)
        return -1;
    *out = v;
    return 0;
}
