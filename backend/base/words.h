/* words.h - a command line into words, as a shell would split it, but without
 * a shell: blanks part words; '...' keeps everything; "..." keeps everything
 * but \" and \\; a backslash outside quotes keeps the next byte. Nothing is
 * expanded, there are no operators and no comments. The rules are those of
 * Python's shlex.split(), which the AWS CLI uses for credential_process. */
#ifndef ECSDASH_BASE_WORDS_H
#define ECSDASH_BASE_WORDS_H

#include "backend/base/err.h"

/* NULL-terminated, to be freed with words_free(). NULL with err (ERR_CONFIG)
 * when a quote or a backslash has no end, or there is no word at all. The
 * message does not repeat the text. */
char **words_split(const char *text, struct err *err);
void words_free(char **words); /* wipes: words may hold secrets */

#endif
