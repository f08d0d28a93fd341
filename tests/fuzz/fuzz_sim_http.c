/* The simulator's HTTP parser: what it takes it can give back in pieces. */
#include "tests/fuzz/fuzz.h"

#include "backend/sim/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sim_http r = {0};
    const char *why = NULL;
    size_t used = 0;
    int status = 0;
    enum sim_parse p =
        sim_http_parse(&r, (const char *)data, size, &used, &status, &why);

    if (p == SIM_COMPLETE) {
        MUST(used > 0 && used <= size && r.method && r.path && r.query);
        sim_http_host_ok(sim_http_header(&r, "host"));
    } else if (p == SIM_BAD) {
        MUST(why && status >= 400);
    }
    sim_http_release(&r);
    return 0;
}
