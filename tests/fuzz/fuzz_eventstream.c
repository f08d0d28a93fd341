/* The event stream in two pieces; then the same bytes as headers and payload
 * of a message whose sums are right. */
#include "tests/fuzz/fuzz.h"

#include <zlib.h>

#include "backend/svc/eventstream.h"

static void read_all(struct eventstream *s)
{
    struct eventstream_message m;
    struct err err;

    while (eventstream_next(s, &m, &err) == EVENTSTREAM_MESSAGE) {
        for (size_t i = 0; i < m.n_headers; i++) {
            MUST(m.headers[i].type < EVENTSTREAM_TYPES);
            MUST(m.headers[i].name_len > 0 && m.headers[i].name_len < 256);
        }
        eventstream_is(&m, ":event-type", "sessionUpdate");
        MUST(m.payload_len <= EVENTSTREAM_MAX_PAYLOAD);
    }
}

static void put32(struct strbuf *b, size_t v)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        strbuf_putc(b, (char)(v >> shift & 0xff));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct eventstream s = {0};
    struct strbuf b = STRBUF_INIT;
    size_t headers = size ? data[0] : 0;

    eventstream_feed(&s, data, size / 2);
    read_all(&s);
    eventstream_feed(&s, data + size / 2, size - size / 2);
    read_all(&s);
    eventstream_release(&s);
    if (headers > size)
        headers = size;
    put32(&b, size + 16);
    put32(&b, headers);
    put32(&b, crc32(0, (unsigned char *)b.data, 8));
    strbuf_append(&b, data, size);
    put32(&b, crc32(0, (unsigned char *)b.data, (uInt)b.len));
    eventstream_feed(&s, b.data, b.len);
    read_all(&s);
    eventstream_release(&s);
    strbuf_release(&b);
    return 0;
}
