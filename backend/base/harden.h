/* harden.h - what the process refuses to give away. */
#ifndef ECSDASH_BASE_HARDEN_H
#define ECSDASH_BASE_HARDEN_H

/* Before the first thread and the first secret: no core dump, no ptrace and
 * no /proc/PID/mem for other processes of the same user, and no SSLKEYLOGFILE
 * for libraries to write session keys to. */
void harden_process(void);

#endif
