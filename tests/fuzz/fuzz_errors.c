/* Error bodies: the first byte picks the operation and the status. */
#include "tests/fuzz/fuzz.h"

#include "backend/aws/errors.h"
#include "backend/aws/op.h"
#include "backend/base/utf8.h"
#include "backend/net/http.h"
#include "backend/svc/ecs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct aws_op *ops[] = {&ecs_list_clusters, &ecs_update_service,
                                  &iam_simulate_principal_policy,
                                  &logs_filter_log_events};
    static const int statuses[] = {400, 403, 404, 413, 500, 503};
    struct http_reply r = {.body = STRBUF_INIT, .raw_headers = STRBUF_INIT};
    struct err err;
    size_t head;

    if (size == 0)
        return 0;
    /* Up to the first blank line: headers. */
    const uint8_t *gap = memmem(data, size, "\n\n", 2);
    head = gap ? (size_t)(gap - data) : 0;
    r.status = statuses[data[0] % 6];
    if (head > 1)
        strbuf_append(&r.raw_headers, data + 1, head - 1);
    strbuf_append(&r.body, data + (gap ? head + 2 : 1),
                  size - (gap ? head + 2 : 1));
    errors_decode(ops[data[0] % 4], &r, &err);
    MUST(err.code != ERR_NONE && err.message[0]);
    MUST(utf8_is_clean(err.message, strlen(err.message)));
    MUST(utf8_is_clean(err.aws_code, strlen(err.aws_code)));
    MUST(utf8_is_clean(err.request_id, strlen(err.request_id)));
    strbuf_release(&r.body);
    strbuf_release(&r.raw_headers);
    return 0;
}
