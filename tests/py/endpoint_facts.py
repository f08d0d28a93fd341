"""The endpoint cases of tests/data/endpoints.tsv, asked of botocore's rule sets.

Run by hand it prints the file: python3 tests/py/endpoint_facts.py >
tests/data/endpoints.tsv. A row: service, region, variant (- F D FD), host,
region that signs."""
import botocore.session
from botocore.endpoint_provider import EndpointProvider

# Ours (config_key of backend/aws/op.c) and botocore's names.
SERVICES = {
    "ecs": "ecs", "cloudwatch_logs": "logs", "sts": "sts",
    "cloudwatch": "cloudwatch",
    "application_auto_scaling": "application-autoscaling",
    "elastic_load_balancing_v2": "elbv2", "ec2": "ec2",
    "servicediscovery": "servicediscovery", "codedeploy": "codedeploy",
    "ecr": "ecr", "eventbridge": "events",
    "secrets_manager": "secretsmanager", "ssm": "ssm", "sso": "sso",
    "sso_oidc": "sso-oidc", "signin": "signin", "iam": "iam",
}
# Of the commercial regions a few: one rule serves all of them.
COMMERCIAL = {"us-east-1", "us-west-2", "ca-central-1", "eu-west-1",
              "eu-central-2", "ap-southeast-7", "il-central-1",
              "mx-central-1", "af-south-1", "me-south-1", "sa-east-1"}
UNKNOWN = ["xx-new-1", "us-nowhere-9"]
VARIANTS = {"-": (False, False), "D": (False, True), "F": (True, False),
            "FD": (True, True)}


def regions(partitions):
    for partition in partitions["partitions"]:
        for region in sorted(partition["regions"]):
            if region.endswith("-global"):
                continue
            if partition["id"] != "aws" or region in COMMERCIAL:
                yield region
    yield from UNKNOWN


def rows():
    loader = botocore.session.Session().get_component("data_loader")
    partitions = loader.load_data("partitions")
    for ours, theirs in SERVICES.items():
        rules = loader.load_service_model(theirs, "endpoint-rule-set-1")
        provider = EndpointProvider(rules, partitions)
        for region in regions(partitions):
            for name, (fips, dual) in VARIANTS.items():
                given = {"Region": region, "UseFIPS": fips,
                         "UseDualStack": dual}
                if "UseGlobalEndpoint" in rules["parameters"]:
                    given["UseGlobalEndpoint"] = False
                found = provider.resolve_endpoint(**given)
                schemes = found.properties.get("authSchemes", [{}])
                yield (ours, region, name,
                       found.url.removeprefix("https://"),
                       schemes[0].get("signingRegion", region))


if __name__ == "__main__":
    for row in rows():
        print("\t".join(row))
