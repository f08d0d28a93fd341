/* Calls that name no region, while nobody knows one. */
#include <assert.h>
#include <stdlib.h>

#include "backend/aws/client_internal.h"
#include "backend/base/mem.h"

void aws_call_unwait(struct aws_call *c)
{
    if (!c->waits_region)
        return;
    c->waits_region = false;
    if (c->wait_prev)
        c->wait_prev->wait_next = c->wait_next;
    else
        c->client->waiting = c->wait_next;
    if (c->wait_next)
        c->wait_next->wait_prev = c->wait_prev;
    c->wait_prev = c->wait_next = NULL;
}

enum call_place aws_call_place(struct aws_call *c, struct err *err)
{
    struct aws_client *cl = c->client;

    assert(!c->waits_region);
    if (c->region)
        return CALL_PLACED;
    if (cl->cfg.region) {
        c->region = xstrdup(cl->cfg.region);
        return aws_call_resolve(c, err) == 0 ? CALL_PLACED : CALL_NOWHERE;
    }
    if (cl->no_region.code != ERR_NONE) {
        *err = cl->no_region;
        return CALL_NOWHERE;
    }
    c->waits_region = true;
    c->wait_next = cl->waiting;
    if (cl->waiting)
        cl->waiting->wait_prev = c;
    cl->waiting = c;
    return CALL_WAITS;
}

/* Each in a turn of its own timer: its completion may cancel others. */
static void wake(struct aws_client *cl)
{
    while (cl->waiting) {
        struct aws_call *c = cl->waiting;

        aws_call_unwait(c);
        aws_call_begin(c);
    }
}

void aws_client_set_region(struct aws_client *client, const char *region)
{
    free((char *)(uintptr_t)client->cfg.region);
    client->cfg.region = xstrdup(region);
    client->no_region = (struct err){0};
    wake(client);
}

void aws_client_lack_region(struct aws_client *client, const struct err *err)
{
    assert(!client->cfg.region);
    client->no_region = *err;
    wake(client);
}

void aws_client_await_region(struct aws_client *client)
{
    client->no_region = (struct err){0};
}

const char *aws_client_region(const struct aws_client *client)
{
    return client->cfg.region ? client->cfg.region : "";
}
