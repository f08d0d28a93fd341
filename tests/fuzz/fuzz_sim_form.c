/* The simulator's forms: any body becomes a tree that can be written as XML
 * of both kinds. */
#include "tests/fuzz/fuzz.h"

#include "backend/base/mem.h"
#include "backend/base/strbuf.h"
#include "backend/sim/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct sim_member members[] = {
        {"N", T_INT, false}, {"B", T_BOOL, false}, {0}};
    static const struct sim_service_info infos[] = {
        {.protocol = P_QUERY, .xmlns = "a"}, {.protocol = P_EC2, .xmlns = "b"}};
    char *form = xstrndup((const char *)data, size);
    char *value = sim_form_value(form, "Action");
    for (int nested = 0; nested < 2; nested++) {
        struct strbuf b = STRBUF_INIT;
        json_t *o = sim_form_json(form, members, nested);
        MUST(!o || json_is_object(o)); /* none without memory */
        sim_put_xml(&b, &infos[nested], "Op", o, "id");
        MUST(b.len > 0);
        strbuf_release(&b);
        json_decref(o);
    }
    free(value);
    free(form);
    return 0;
}
