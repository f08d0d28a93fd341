/* Faults of what is inside an answer: its members, its bytes, its page, its
 * date. */
#include "backend/sim/sim_internal.h"

#include "backend/base/mem.h"
#include "backend/sim/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define MIB 1048576
#define HUGE_BYTES (64 * MIB)
#define BOMB_BYTES (256 * MIB)

static bool is(const struct fault *f, enum sim_fault kind)
{
    return f && f->kind == kind;
}

void sim_fault_clock(const struct fault *f, int64_t *now_ms, int64_t *alt_ms)
{
    if (!is(f, FAULT_CLOCK))
        return;
    *now_ms += f->by_s * 1000LL;
    *alt_ms = *now_ms;
}

/* ---- members -------------------------------------------------------- */

/* Another value in the place of v, or NULL to leave it. */
typedef json_t *(*spoil_fn)(struct sim *s, json_t *v);

static json_t *other_type(struct sim *s, json_t *v)
{
    bool container = json_is_array(v) || json_is_object(v);
    if (rng_below(&s->fault_rng, container ? 8 : 2))
        return NULL;
    return json_is_string(v)   ? json_integer(7)
           : json_is_array(v)  ? json_pack("{s:s}", "a", "list")
           : json_is_object(v) ? json_pack("[s]", "an object")
                               : json_string("neither");
}

static json_t *null_value(struct sim *s, json_t *v)
{
    (void)v;
    return rng_below(&s->fault_rng, 2) ? NULL : json_null();
}

/* A word of an enumeration is one in capitals. */
static json_t *future_word(struct sim *s, json_t *v)
{
    const char *t = json_string_value(v);
    (void)s;
    return t && *t && strspn(t, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == strlen(t)
               ? json_string("ZZ_FUTURE_WORD")
               : NULL;
}

static void spoil(struct sim *s, json_t *v, spoil_fn fn)
{
    const char *key;
    json_t *inner, *other;
    size_t i;
    json_array_foreach(v, i, inner)
    {
        other = fn(s, inner);
        if (other)
            json_array_set_new(v, i, other);
        else
            spoil(s, inner, fn);
    }
    json_object_foreach(v, key, inner)
    {
        other = fn(s, inner);
        if (other)
            json_object_set_new(v, key, other);
        else
            spoil(s, inner, fn);
    }
}

/* Members that no client knows yet: they must be passed over. */
static void add_unknown(json_t *o)
{
    const char *key;
    json_t *v;
    size_t i;
    if (json_is_array(o))
        json_array_foreach(o, i, v) add_unknown(v);
    if (!json_is_object(o))
        return;
    json_object_foreach(o, key, v)
    {
        add_unknown(v);
    }
    json_object_set_new(o, "zzFutureMember",
                        json_pack("{s:[i,n,{}]}", "zzInner", 1));
}

/* ---- pages ---------------------------------------------------------- */

/* Whoever comes with a token gets the first page again. */
void sim_fault_before(struct sim_call *c)
{
    if (is(c->fault, FAULT_LOOP) || is(c->fault, FAULT_ENDLESS))
        json_object_del(c->in, "nextToken");
}

void sim_fault_reply(struct sim_call *c)
{
    static const spoil_fn how[FAULT_N] = {[FAULT_TYPES] = other_type,
                                          [FAULT_NULLS] = null_value,
                                          [FAULT_ENUMS] = future_word};
    char token[24];
    if (!c->fault)
        return;
    if (how[c->fault->kind])
        spoil(c->sim, c->out, how[c->fault->kind]);
    if (c->fault->kind == FAULT_UNKNOWN_MEMBERS)
        add_unknown(c->out);
    if (c->fault->kind == FAULT_LOOP)
        put_text(c->out, "nextToken", "round-again");
    if (c->fault->kind == FAULT_ENDLESS) {
        snprintf(token, sizeof(token), "round-%d", c->fault->turn);
        put_text(c->out, "nextToken", token);
    }
    if (c->fault->kind == FAULT_CHANGE)
        world_change(c->world, &c->sim->fault_rng);
}

/* ---- bytes ---------------------------------------------------------- */

/* n blanks and then the body, as one gzip stream: a full flush ends at a
 * whole byte and refers to nothing before it, so the same compressed piece is
 * put down again and again, in no time. */
static void put_bomb(struct strbuf *out, size_t n, const char *tail,
                     size_t tail_n)
{
    static const char head[] = "\x1f\x8b\x08\0\0\0\0\0\0\x03";
    char *blanks = xmalloc(MIB), *piece = xmalloc(2 * MIB);
    z_stream z = {0};
    uLong crc = 0, one;
    unsigned char end[8];
    memset(blanks, ' ', MIB);
    one = crc32(0, (unsigned char *)blanks, MIB);
    deflateInit2(&z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
    z.next_in = (unsigned char *)blanks;
    z.avail_in = MIB;
    z.next_out = (unsigned char *)piece;
    z.avail_out = 2 * MIB;
    deflate(&z, Z_FULL_FLUSH);
    strbuf_append(out, head, 10);
    for (size_t i = 0; i < n / MIB; i++) {
        strbuf_append(out, piece, z.total_out);
        crc = crc32_combine(crc, one, MIB);
    }
    deflateReset(&z);
    size_t max = deflateBound(&z, tail_n) + 64;
    piece = xrealloc(piece, max > 2 * MIB ? max : 2 * MIB);
    z.next_in = (unsigned char *)(uintptr_t)tail;
    z.avail_in = (unsigned)tail_n;
    z.next_out = (unsigned char *)piece;
    z.avail_out = (unsigned)max;
    deflate(&z, Z_FINISH);
    strbuf_append(out, piece, z.total_out);
    crc = crc32_combine(crc, crc32(0, (const unsigned char *)tail,
                                   (unsigned)tail_n), (z_off_t)tail_n);
    size_t total = n / MIB * MIB + tail_n;
    for (int i = 0; i < 4; i++) {
        end[i] = (unsigned char)(crc >> 8 * i);
        end[i + 4] = (unsigned char)(total >> 8 * i);
    }
    strbuf_append(out, end, sizeof(end));
    deflateEnd(&z);
    free(blanks);
    free(piece);
}

static void put_huge(struct strbuf *out, size_t n, const char *tail,
                     size_t tail_n)
{
    char *blanks = xmalloc(n);
    memset(blanks, ' ', n);
    strbuf_append(out, blanks, n);
    strbuf_append(out, tail, tail_n);
    free(blanks);
}

void sim_fault_body(struct sim *s, const struct fault *f,
                    struct sim_reply *out)
{
    struct strbuf b = STRBUF_INIT;
    const char *body = strbuf_get(&out->body);
    size_t n = out->body.len;
    (void)s;
    if (is(f, FAULT_TRUNCATE) && n) {
        out->body.data[out->body.len /= 2] = '\0';
    } else if (is(f, FAULT_MALFORMED)) {
        strbuf_append(&b, body, n / 2);
        strbuf_puts(&b, "\x01<,]"); /* no JSON anywhere, nor XML */
        strbuf_append(&b, body + n / 2, n - n / 2);
    } else if (is(f, FAULT_HUGE)) {
        put_huge(&b, f->bytes ? (size_t)f->bytes : HUGE_BYTES, body, n);
        out->encoded = true;
    } else if (is(f, FAULT_BOMB)) {
        put_bomb(&b, f->bytes ? (size_t)f->bytes : BOMB_BYTES, body, n);
        strbuf_puts(&out->headers, "Content-Encoding: gzip\r\n");
        out->encoded = true;
    }
    if (b.len) {
        strbuf_release(&out->body);
        out->body = b;
    }
}
