/* session.h - from options and environment to a working client: profile,
 * region, endpoints, credentials chain, budget, HTTP. */
#ifndef ECSDASH_AWS_SESSION_H
#define ECSDASH_AWS_SESSION_H

#include "backend/aws/client.h"
#include "backend/aws/creds.h"
#include "backend/aws/env.h"
#include "backend/aws/profile.h"
#include "backend/aws/region.h"

struct aws_session;

struct aws_session_options {
    struct aws_env env; /* zero = nothing is set */
    bool no_files;      /* read no shared file (--demo) */
    const char *profile, *region, *endpoint_url; /* options, may be NULL */
    const char *region_from; /* who says region; NULL = "--region" */
    const char *metadata_region; /* for where nothing names one; NULL = none */
    bool ask_metadata; /* or else the instance is asked for it: calls wait */
    struct http *http; /* shared, unless this one trusts other certificates;
                          NULL = one of its own */
    const char *const *regions; /* all there are, NULL ends (--demo); NULL =
                                   what AWS has */
    bool read_only;
    bool insecure;      /* endpoints may be plain http */
    int budget_percent; /* 0 = 25 */
    bool budget_unlimited;
    struct cred_ask ask; /* for MFA codes; start NULL = nobody to ask */
};

/* Reads files, sends nothing but (with ask_metadata) the question for the
 * region. loop and rng are borrowed. NULL with err
 * (ERR_CONFIG mostly) before any call is made. What no region of AWS is ever
 * named like ("mars") is refused, unless all calls go to an endpoint of the
 * user's: there any host label will do. */
struct aws_session *aws_session_new(struct loop *loop, struct rng *rng,
                                    const struct aws_session_options *options,
                                    struct err *err);
/* After every scope used with it was cancelled; before loop_free(). */
void aws_session_free(struct aws_session *s);

struct aws_client *aws_session_client(struct aws_session *s);
/* Its name is "" while it is not known. */
const struct region *aws_session_region(const struct aws_session *s);
/* NULL while the region is known or being asked for. */
const struct err *aws_session_lacks_region(const struct aws_session *s);
bool aws_session_finds_region(const struct aws_session *s);
/* Asks again after it was not found; else nothing. */
void aws_session_find_region(struct aws_session *s);
/* fn runs from the loop each time a search has ended. One; NULL = none. */
void aws_session_on_region(struct aws_session *s, void (*fn)(void *arg),
                           void *arg);
/* Its region is named like one but is in no list, and no endpoint of the
 * user's makes that harmless: a sentence for the user. false = no doubt. */
bool aws_session_region_doubt(const struct aws_session *s, char *buf,
                              size_t n);
const char *aws_session_profile_name(const struct aws_session *s);
/* The --endpoint-url in force, or NULL. */
const char *aws_session_endpoint(const struct aws_session *s);
/* NULL with no_files. */
struct profile *aws_session_profile(const struct aws_session *s);
const struct retry_policy *aws_session_retry(const struct aws_session *s);
const struct endpoints *aws_session_endpoints(const struct aws_session *s);
struct cred_chain *aws_session_creds(const struct aws_session *s);

#endif
