#include "backend/aws/region_names.h"

#include <string.h>

#include "backend/aws/endpoint.h"
#include "backend/base/mem.h"
#include "backend/base/nearest.h"

static const struct region_name aws[] = {
    {"af-south-1", "Cape Town"},      {"ap-east-1", "Hong Kong"},
    {"ap-east-2", "Taipei"},          {"ap-northeast-1", "Tokyo"},
    {"ap-northeast-2", "Seoul"},      {"ap-northeast-3", "Osaka"},
    {"ap-south-1", "Mumbai"},         {"ap-south-2", "Hyderabad"},
    {"ap-southeast-1", "Singapore"},  {"ap-southeast-2", "Sydney"},
    {"ap-southeast-3", "Jakarta"},    {"ap-southeast-4", "Melbourne"},
    {"ap-southeast-5", "Malaysia"},   {"ap-southeast-6", "New Zealand"},
    {"ap-southeast-7", "Thailand"},   {"ca-central-1", "Canada"},
    {"ca-west-1", "Calgary"},         {"eu-central-1", "Frankfurt"},
    {"eu-central-2", "Zurich"},       {"eu-north-1", "Stockholm"},
    {"eu-south-1", "Milan"},          {"eu-south-2", "Spain"},
    {"eu-west-1", "Ireland"},         {"eu-west-2", "London"},
    {"eu-west-3", "Paris"},           {"il-central-1", "Tel Aviv"},
    {"me-central-1", "UAE"},          {"me-south-1", "Bahrain"},
    {"mx-central-1", "Mexico"},       {"sa-east-1", "Sao Paulo"},
    {"us-east-1", "N. Virginia"},     {"us-east-2", "Ohio"},
    {"us-west-1", "N. California"},   {"us-west-2", "Oregon"},
};
static const struct region_name cn[] = {
    {"cn-north-1", "Beijing"}, {"cn-northwest-1", "Ningxia"}};
static const struct region_name gov[] = {
    {"us-gov-east-1", "US-East"}, {"us-gov-west-1", "US-West"}};
static const struct region_name eusc[] = {{"eusc-de-east-1", "Germany"}};
static const struct region_name iso[] = {
    {"us-iso-east-1", "US ISO East"}, {"us-iso-west-1", "US ISO West"}};
static const struct region_name iso_b[] = {
    {"us-isob-east-1", "US ISOB East"}, {"us-isob-west-1", "US ISOB West"}};
static const struct region_name iso_e[] = {
    {"eu-isoe-west-1", "EU ISOE West"}};
static const struct region_name iso_f[] = {
    {"us-isof-east-1", "US ISOF East"}, {"us-isof-south-1", "US ISOF South"}};

#define OF(list) list, ARRAY_LEN(list)
static const struct {
    const struct region_name *list;
    size_t n;
} partitions[] = {{OF(aws)}, {OF(cn)},    {OF(gov)},   {OF(eusc)},
                  {OF(iso)}, {OF(iso_b)}, {OF(iso_e)}, {OF(iso_f)}};
#undef OF

const struct region_name *region_names(const char *region, size_t *n)
{
    const struct partition *p = partition_of(region, NULL);

    for (size_t i = 0; i < ARRAY_LEN(partitions); i++) {
        if (partition_of(partitions[i].list[0].name, NULL) != p)
            continue;
        *n = partitions[i].n;
        return partitions[i].list;
    }
    *n = ARRAY_LEN(aws);
    return aws;
}

bool region_is_listed(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(partitions); i++)
        for (size_t k = 0; k < partitions[i].n; k++)
            if (strcmp(partitions[i].list[k].name, name) == 0)
                return true;
    return false;
}

bool region_looks_real(const char *name)
{
    int words = 0;
    size_t n;

    while ((n = strspn(name, "abcdefghijklmnopqrstuvwxyz")) > 0 &&
           name[n] == '-') {
        words++;
        name += n + 1;
    }
    n = strspn(name, "0123456789");
    return words >= 2 && n >= 1 && n <= 2 && !name[n];
}

const char *region_nearest(const char *name)
{
    struct nearest n = nearest_to(name, strlen(name));

    for (size_t i = 0; i < ARRAY_LEN(partitions); i++)
        for (size_t k = 0; k < partitions[i].n; k++)
            nearest_offer(&n, partitions[i].list[k].name);
    return nearest_get(&n);
}
