/* The AWS shared files: every section that is listed can be asked. */
#include "tests/fuzz/fuzz.h"

#include "backend/base/ini.h"

static void warn(void *arg, int line, const char *what)
{
    (void)arg;
    MUST(line > 0 && what[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ini *ini = ini_parse((const char *)data, size, warn, NULL);

    for (size_t i = 0; i < ini_sections(ini); i++) {
        const char *name = ini_section_name(ini, i);

        MUST(name && ini_has_section(ini, name));
        ini_get(ini, name, "region");
        ini_get_nested(ini, name, "ecs", "endpoint_url");
    }
    ini_free(ini);
    return 0;
}
