#include "backend/base/harden.h"

#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>

void harden_process(void)
{
    const struct rlimit none = {0, 0};

    unsetenv("SSLKEYLOGFILE");
    /* Either can be refused only by a sandbox that forbids more anyway. */
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
