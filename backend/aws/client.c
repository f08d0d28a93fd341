#include "backend/aws/client_internal.h"

#include <assert.h>
#include <stdlib.h>

#include "backend/aws/json_tree.h"
#include "backend/base/mem.h"

struct aws_client *aws_client_new(const struct aws_client_config *config)
{
    struct aws_client *c = xcalloc(1, sizeof(*c));

    /* Before any thread parses: the seed is set once and then only read. */
    json_object_seed(0);
    json_tree_init();
    c->cfg = *config;
    c->cfg.region = xstrdup(config->region);
    if (!c->cfg.retry.rules)
        c->cfg.retry.rules = retry_rules_of(NULL, true);
    if (c->cfg.retry.attempts <= 0)
        c->cfg.retry.attempts = c->cfg.retry.rules->attempts;
    retry_quota_init(&c->quota);
    rate_init(&c->rate, clock_mono_ms(config->clock));
    return c;
}

void aws_client_free(struct aws_client *client)
{
    if (!client)
        return;
    assert(client->calls == 0);
    free((char *)(uintptr_t)client->cfg.region);
    free(client);
}

void aws_client_set_read_only(struct aws_client *client, bool on)
{
    client->cfg.read_only = on;
}

bool aws_client_read_only(const struct aws_client *client)
{
    return client->cfg.read_only;
}

struct budget *aws_client_budget(struct aws_client *client)
{
    return client->cfg.budget;
}

int64_t aws_client_clock_skew_ms(const struct aws_client *client)
{
    return client->skew_ms;
}

void aws_client_set_observer(struct aws_client *client, aws_observer_fn *fn,
                             void *arg)
{
    client->observer = fn;
    client->observer_arg = arg;
}
