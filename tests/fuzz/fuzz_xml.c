/* XML replies: a text or nothing, always clean; entities are never expanded. */
#include "tests/fuzz/fuzz.h"

#include "backend/aws/client.h"
#include "backend/base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const paths[] = {
        "GetCallerIdentityResult/Arn", "Error/Code", "Error/Message",
        "AssumeRoleResult/Credentials/SessionToken", ""};

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        char *s = xml_text((const char *)data, size, paths[i]);

        MUST(!s || utf8_is_clean(s, strlen(s)));
        free(s);
    }
    return 0;
}
