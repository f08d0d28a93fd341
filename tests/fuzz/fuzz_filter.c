/* Table filters: what parses is matched against a service. */
#include "tests/fuzz/fuzz.h"

#include "backend/base/mem.h"
#include "backend/svc/ecs.h"
#include "backend/svc/health.h"
#include "views/kind.h"
#include "views/table/filter.h"

static const char sample[] =
    "{\"serviceArn\":\"arn:aws:ecs:eu-west-1:123456789012:service/prod/pay\","
    "\"serviceName\":\"pay\",\"status\":\"ACTIVE\",\"desiredCount\":3,"
    "\"runningCount\":2}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct kind *kind = kind_find("services");
    char *text = xstrndup((const char *)data, size);
    struct err err;
    struct filter *f = filter_new(kind, text, &err);

    if (f) {
        struct arena *a = arena_new();
        json_t *o = json_loads(sample, 0, NULL);
        struct service_row row = {.svc = ecs_decode_service(o, 10, a),
                                  .health = {.state = SVC_OK, .why = ""}};

        MUST(strcmp(filter_text(f), text) == 0);
        if (row.svc) /* there is none without memory */
            filter_match(f, &row, 1795271527000);
        filter_free(f);
        json_decref(o);
        arena_free(a);
    } else {
        MUST(err.message[0]);
    }
    free(text);
    return 0;
}
