#include "backend/aws/endpoint_rules.h"

#include <stdio.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/strbuf.h"

/* ---- partitions ---- */

#define SUFFIX_COM "amazonaws.com", "api.aws"

static const struct partition commercial = {
    "aws", SUFFIX_COM, "us-east-1"};
static const struct partition china = {
    "aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn",
    "cn-north-1"};
static const struct partition gov = {
    "aws-us-gov", SUFFIX_COM, "us-gov-west-1"};
static const struct partition eusc = {
    "aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu",
    "eusc-de-east-1"};
static const struct partition iso = {
    "aws-iso", "c2s.ic.gov", "api.aws.ic.gov", "us-iso-east-1"};
static const struct partition iso_b = {
    "aws-iso-b", "sc2s.sgov.gov", "api.aws.scloud", "us-isob-east-1"};
static const struct partition iso_e = {
    "aws-iso-e", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk",
    "eu-isoe-west-1"};
static const struct partition iso_f = {
    "aws-iso-f", "csp.hci.ic.gov", "api.aws.hci.ic.gov", "us-isof-south-1"};

/* A region is one of these words, a word and a number: "us-gov" "west" "1". */
static const struct {
    const char *head;
    const struct partition *partition;
} heads[] = {
    {"us", &commercial}, {"eu", &commercial}, {"ap", &commercial},
    {"sa", &commercial}, {"ca", &commercial}, {"me", &commercial},
    {"af", &commercial}, {"il", &commercial}, {"mx", &commercial},
    {"cn", &china}, {"us-gov", &gov}, {"eusc-de", &eusc}, {"us-iso", &iso},
    {"us-isob", &iso_b}, {"eu-isoe", &iso_e}, {"us-isof", &iso_f},
};

static const struct partition *const all[] = {
    &commercial, &china, &gov, &eusc, &iso, &iso_b, &iso_e, &iso_f};

/* "west-1" */
static bool is_place(const char *s)
{
    size_t word = strcspn(s, "-");

    return word && s[word] && s[word + 1] &&
           !s[word + 1 + strspn(s + word + 1, "0123456789")];
}

const struct partition *partition_of(const char *region, bool *known)
{
    const struct partition *found = NULL;

    for (size_t i = 0; i < ARRAY_LEN(heads) && !found; i++) {
        size_t n = strlen(heads[i].head);

        if (strncmp(region, heads[i].head, n) == 0 && region[n] == '-' &&
            is_place(region + n + 1))
            found = heads[i].partition;
    }
    /* "aws-cn-global" */
    for (size_t i = 0; i < ARRAY_LEN(all) && !found; i++) {
        size_t n = strlen(all[i]->name);

        if (strncmp(region, all[i]->name, n) == 0 &&
            strcmp(region + n, "-global") == 0)
            found = all[i];
    }
    if (known)
        *known = found != NULL;
    return found ? found : &commercial;
}

/* ---- exceptions ---- */

enum { ANY = -1 };
enum { PLAIN, DUAL, FIPS, FIPS_DUAL };
#define ONE(v) (1u << (v))

static const char gov_is_fips[] = "GovCloud's plain name is FIPS already";
static const char one_for_all[] = "one endpoint for the whole partition";
static const char own_name[] = "the service's own name";
static const char no_dual[] = "the service has no name of its own for it";

/* Names that differ from prefix[-fips].region.suffix. In a host, %p is the
 * service's prefix, %r the region, %g the partition's region for services
 * without regions, %s the suffix, %d the dual-stack suffix. The first row that
 * fits counts. */
static const struct rule {
    int service;
    const struct partition *partition; /* NULL: any */
    unsigned variants;
    const char *host;
    const char *region; /* that signs; NULL: the region */
    const char *why;
} rules[] = {
    {AWS_LOGS, &gov, ONE(FIPS), "%p.%r.%s", NULL, gov_is_fips},
    {AWS_STS, &gov, ONE(FIPS), "%p.%r.%s", NULL, gov_is_fips},
    {AWS_AUTOSCALING, &gov, ONE(FIPS), "%p.%r.%s", NULL, gov_is_fips},
    {AWS_ELBV2, &gov, ONE(FIPS), "%p.%r.%s", NULL, gov_is_fips},
    {AWS_EC2, &gov, ONE(FIPS), "%p.%r.%s", NULL, gov_is_fips},
    {AWS_SSM, &gov, ONE(FIPS), "%p.%r.%s", NULL, gov_is_fips},
    {AWS_SSO, &gov, ONE(FIPS), "%p.%r.%s", NULL, gov_is_fips},
    {AWS_SSO_OIDC, &gov, ONE(FIPS), "%p.%r.%s", NULL, gov_is_fips},
    {AWS_CLOUDWATCH, &gov, ONE(FIPS), "%p.%r.%s", NULL, gov_is_fips},
    {AWS_CLOUDWATCH, &gov, ONE(FIPS_DUAL), "%p.%r.%d", NULL, gov_is_fips},
    {AWS_EVENTS, &gov, ONE(FIPS), "%p.%r.%s", NULL, gov_is_fips},
    {AWS_EVENTS, &gov, ONE(FIPS_DUAL), "%p.%r.%d", NULL, gov_is_fips},

    {AWS_ECR, NULL, ONE(DUAL), "ecr.%r.%d", NULL, own_name},
    {AWS_ECR, NULL, ONE(FIPS_DUAL), "ecr-fips.%r.%d", NULL, own_name},

    {AWS_SERVICEDISCOVERY, &commercial, ONE(DUAL), "%p.%r.%s", NULL, no_dual},
    {AWS_SERVICEDISCOVERY, &china, ONE(DUAL), "%p.%r.%s", NULL, no_dual},
    {AWS_SERVICEDISCOVERY, &gov, ONE(DUAL), "%p.%r.%s", NULL, no_dual},
    {AWS_SECRETSMANAGER, &commercial, ONE(DUAL), "%p.%r.%s", NULL, no_dual},
    {AWS_SECRETSMANAGER, &china, ONE(DUAL), "%p.%r.%s", NULL, no_dual},
    {AWS_SECRETSMANAGER, &gov, ONE(DUAL), "%p.%r.%s", NULL, no_dual},
    {AWS_SECRETSMANAGER, &commercial, ONE(FIPS_DUAL), "%p-fips.%r.%s", NULL,
     no_dual},
    {AWS_SECRETSMANAGER, &gov, ONE(FIPS_DUAL), "%p-fips.%r.%s", NULL, no_dual},

    {AWS_SIGNIN, &commercial, ONE(PLAIN), "%r.signin.aws.amazon.com", NULL,
     own_name},
    {AWS_SIGNIN, &china, ONE(PLAIN), "%r.signin.amazonaws.cn", NULL, own_name},
    {AWS_SIGNIN, &gov, ONE(PLAIN), "%r.signin.amazonaws-us-gov.com", NULL,
     own_name},

    {AWS_IAM, &commercial, ONE(PLAIN), "iam.%s", "%g", one_for_all},
    {AWS_IAM, &commercial, ONE(DUAL), "iam.global.%d", "%g", one_for_all},
    {AWS_IAM, &commercial, ONE(FIPS), "iam-fips.%s", "%g", one_for_all},
    {AWS_IAM, &commercial, ONE(FIPS_DUAL), "iam-fips.global.%d", "%g",
     one_for_all},
    {AWS_IAM, &china, ONE(DUAL), "iam.global.%d", "%g", one_for_all},
    {AWS_IAM, &china, ONE(FIPS), "iam-fips.%s", "cn-northwest-1", one_for_all},
    {AWS_IAM, &china, ONE(FIPS_DUAL), "iam-fips.%d", "cn-northwest-1",
     one_for_all},
    {AWS_IAM, &gov, ONE(PLAIN) | ONE(FIPS), "iam.us-gov.%s", "%g",
     one_for_all},
    {AWS_IAM, &gov, ONE(DUAL) | ONE(FIPS_DUAL), "iam.us-gov.%d", "%g",
     one_for_all},
    {AWS_IAM, &iso, ONE(FIPS), "iam-fips.%g.%s", "%g", one_for_all},
    {AWS_IAM, &iso_b, ONE(FIPS), "iam-fips.%g.%s", "%g", one_for_all},
    {AWS_IAM, NULL, ONE(PLAIN), "iam.%g.%s", "%g", one_for_all},
    {AWS_IAM, NULL, ONE(DUAL), "iam.%d", "%g", one_for_all},
    {AWS_IAM, NULL, ONE(FIPS), "iam-fips.%s", "%g", one_for_all},
    {AWS_IAM, NULL, ONE(FIPS_DUAL), "iam-fips.%d", "%g", one_for_all},

    {ANY, NULL, ONE(PLAIN), "%p.%r.%s", NULL, own_name},
    {ANY, NULL, ONE(DUAL), "%p.%r.%d", NULL, "dual-stack is asked for"},
    {ANY, NULL, ONE(FIPS), "%p-fips.%r.%s", NULL, "FIPS is asked for"},
    {ANY, NULL, ONE(FIPS_DUAL), "%p-fips.%r.%d", NULL,
     "FIPS and dual-stack are asked for"},
};

static void fill(const char *form, const char *prefix, const char *region,
                 const struct partition *p, char *out, size_t size)
{
    struct strbuf b = STRBUF_INIT;

    for (; *form; form++) {
        if (*form != '%') {
            strbuf_putc(&b, *form);
            continue;
        }
        switch (*++form) {
        case 'p':
            strbuf_puts(&b, prefix);
            break;
        case 'r':
            strbuf_puts(&b, region);
            break;
        case 'g':
            strbuf_puts(&b, p->global);
            break;
        case 'd':
            strbuf_puts(&b, p->dual_suffix);
            break;
        default:
            strbuf_puts(&b, p->suffix);
            break;
        }
    }
    snprintf(out, size, "%s", strbuf_get(&b));
    strbuf_release(&b);
}

static const struct rule *find_rule(enum aws_service service,
                                    const struct partition *p, int variant)
{
    const struct rule *r = rules;

    while ((r->service != ANY && r->service != (int)service) ||
           (r->partition && r->partition != p) ||
           !(r->variants & ONE(variant)))
        r++;
    return r;
}

const char *endpoint_rules(enum aws_service service, const char *region,
                           bool fips, bool dualstack, struct endpoint *out)
{
    const struct partition *p = partition_of(region, NULL);
    int variant = (fips ? FIPS : PLAIN) + (dualstack ? DUAL : PLAIN);
    const struct rule *r = find_rule(service, p, variant);
    const char *prefix = aws_service_info(service)->host;

    fill(r->host, prefix, region, p, out->host, sizeof(out->host));
    fill(r->region ? r->region : "%r", prefix, region, p, out->region,
         sizeof(out->region));
    return r->why;
}
