/* What each provider said, kept for the user. */
#include "backend/aws/creds/chain_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"

void notes_begin(struct cred_chain *c)
{
    size_t n = 0;

    while (c->providers[n])
        n++;
    free(c->now.list);
    c->now.list = xcalloc(n + 1, sizeof(*c->now.list));
    c->now.n = n;
    for (size_t i = 0; i < n; i++) {
        c->now.list[i].name = c->providers[i]->name;
        c->now.list[i].help = c->providers[i]->help;
    }
}

void notes_put(struct cred_chain *c, enum cred_said said, const char *why)
{
    struct cred_note *note = &c->now.list[c->at];
    struct err clean;

    /* Profile names and paths are text from outside. */
    err_set(&clean, ERR_CREDENTIALS, "%s", why);
    note->said = said;
    snprintf(note->why, sizeof(note->why), "%.*s", (int)sizeof(note->why) - 1,
             clean.message);
}

void notes_publish(struct cred_chain *c)
{
    free(c->told.list);
    c->told = c->now;
    c->now = (struct notes){0};
}

void notes_release(struct cred_chain *c)
{
    free(c->now.list);
    free(c->told.list);
}

size_t cred_chain_n_notes(const struct cred_chain *c)
{
    return c->told.n;
}

const struct cred_note *cred_chain_note(const struct cred_chain *c, size_t i)
{
    return &c->told.list[i];
}
