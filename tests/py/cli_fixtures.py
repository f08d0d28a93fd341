"""Homes as users have them, for the comparison with the AWS CLI.

Each fixture: files below the home (text; {home}, {port}, {soon}, {past} are
filled in), environment, options, and what is expected: `key` names the parts
that fake_aws.key_for() makes a key of, or the static key itself; `fails` is
the kind of error. `region` and `host` are of the ECS call.
"""
import hashlib
import json

FIXTURES = []


def sha1(text):
    return hashlib.sha1(text.encode()).hexdigest()


def add(name, config="", credentials="", env=None, profile=None, region=None,
        files=None, fails=None, imds="off", only=None):
    FIXTURES.append(dict(
        name=name, config=config, credentials=credentials, env=env or {},
        profile=profile, region=region, files=files or {}, fails=fails,
        imds=imds, only=only))


def keys(section, key, more=""):
    return (f"[{section}]\naws_access_key_id = {key}\n"
            f"aws_secret_access_key = secret-{key}\n{more}\n")


def env_keys(key, **more):
    return dict(AWS_ACCESS_KEY_ID=key, AWS_SECRET_ACCESS_KEY="s-" + key,
                **more)


EU = "region = eu-west-1\n"
ROLE = "role_arn = arn:aws:iam::123456789012:role/%s\n"

# ---- the environment and the files ------------------------------------
add("env", env=env_keys("AKENV", AWS_REGION="eu-west-1"))
add("env token", env=env_keys("AKENV", AWS_SESSION_TOKEN="tok",
                              AWS_DEFAULT_REGION="us-west-2"))
add("env both token names", env=env_keys(
    "AKENV", AWS_SESSION_TOKEN="new", AWS_SECURITY_TOKEN="old",
    AWS_REGION="eu-west-1"))
add("env keys, region of the profile", "[default]\n" + EU,
    env=env_keys("AKENV"))
add("both region variables", env=env_keys(
    "AKENV", AWS_REGION="us-west-2", AWS_DEFAULT_REGION="eu-west-1"))
add("env region beats the profile's", "[default]\n" + EU,
    keys("default", "AKFILE"), env={"AWS_REGION": "us-west-2"})
add("--region beats all", "[default]\n" + EU, keys("default", "AKFILE"),
    env={"AWS_REGION": "us-west-2"}, region="eu-central-1")
add("credentials file", "[default]\n" + EU, keys("default", "AKFILE"))
add("credentials file with token", "[default]\n" + EU,
    keys("default", "AKFILE", "aws_session_token = tok"))
add("config file keys", keys("default", "AKCONF", EU))
add("config profile by AWS_PROFILE", keys("profile dev", "AKDEV", EU),
    env={"AWS_PROFILE": "dev"})
add("config profile by --profile", keys("profile dev", "AKDEV", EU),
    profile="dev")
add("--profile passes over env keys", "[profile dev]\n" + EU,
    keys("dev", "AKDEV"), env=env_keys("AKENV"), profile="dev")
add("AWS_PROFILE does not pass over env keys", "[profile dev]\n" + EU,
    keys("dev", "AKDEV"), env=env_keys("AKENV", AWS_PROFILE="dev"))
add("AWS_PROFILE before AWS_DEFAULT_PROFILE",
    "[profile a]\n" + EU + "[profile b]\nregion = us-west-2\n",
    keys("a", "AKA") + keys("b", "AKB"),
    env={"AWS_PROFILE": "a", "AWS_DEFAULT_PROFILE": "b"})
add("AWS_DEFAULT_PROFILE alone", "[profile b]\nregion = us-west-2\n",
    keys("b", "AKB"), env={"AWS_DEFAULT_PROFILE": "b"})
add("--profile before AWS_PROFILE", "[profile a]\n" + EU,
    keys("a", "AKA") + keys("b", "AKB"), env={"AWS_PROFILE": "b"},
    profile="a")
add("credentials file wins", keys("profile dev", "AKCONF", EU),
    keys("dev", "AKFILE"), profile="dev")
add("profile default beats default", "[default]\nregion = us-west-2\n"
    "[profile default]\n" + EU, keys("default", "AKFILE"))
add("secret alone is ignored", "[default]\n" + EU, keys("default", "AKFILE"),
    env={"AWS_SECRET_ACCESS_KEY": "x"})
add("CRLF", "[default]\r\nregion = eu-west-1\r\n",
    keys("default", "AKFILE").replace("\n", "\r\n"))
add("comments and blanks", "# one\n\n; two\n[default]\n\n# three\n" + EU,
    "\n" + keys("default", "AKFILE") + "# end\n")
add("upper-case option names", "[default]\nREGION = eu-west-1\n",
    "[default]\nAWS_ACCESS_KEY_ID=AKUP\nAws_Secret_Access_Key=x\n")
add("no blanks around =", "[default]\nregion=eu-west-1\n",
    "[default]\naws_access_key_id=AKTIGHT\naws_secret_access_key=a=b=c\n")
add("quoted profile name", keys('profile "two words"', "AKQ", EU),
    profile="two words")
add("nested section", "[default]\ns3 =\n  max_queue_size = 10\n" + EU,
    keys("default", "AKFILE"))
add("files elsewhere", files={
    "other/conf": "[default]\n" + EU, "other/cred": keys("default", "AKOTHER")},
    env={"AWS_CONFIG_FILE": "{home}/other/conf",
         "AWS_SHARED_CREDENTIALS_FILE": "{home}/other/cred"})
add("files by tilde", files={
    "x/conf": keys("default", "AKTILDE", EU)},
    env={"AWS_CONFIG_FILE": "~/x/conf"})
add("no such --profile", "[profile a]\n" + EU, profile="b",
    fails="no profile")
add("no such AWS_PROFILE", "[profile a]\n" + EU, keys("a", "AKA"),
    env={"AWS_PROFILE": "b"}, fails="no profile")
add("env key without secret", "[default]\n" + EU, keys("default", "AKFILE"),
    env={"AWS_ACCESS_KEY_ID": "AKENV"}, fails="partial")
add("file key without secret", "[default]\n" + EU,
    "[default]\naws_access_key_id = AKFILE\n", fails="partial")
add("nothing at all", "[default]\n" + EU, fails="none")
add("no region", credentials=keys("default", "AKFILE"), fails="no region")
add("region that is no host label", "[default]\nregion = x.example.com/\n",
    keys("default", "AKFILE"), fails="bad region")

# ---- other partitions and endpoints ------------------------------------
add("China", "[default]\nregion = cn-north-1\n", keys("default", "AKCN"))
add("GovCloud", "[default]\nregion = us-gov-west-1\n", keys("default", "AKGOV"))
add("FIPS", "[default]\nregion = us-east-1\n", keys("default", "AKFIPS"),
    env={"AWS_USE_FIPS_ENDPOINT": "true"})
add("FIPS in the profile", "[default]\nregion = us-west-2\n"
    "use_fips_endpoint = true\n", keys("default", "AKFIPS"))
add("endpoint of all services", "[default]\n" + EU, keys("default", "AKURL"),
    env={"AWS_ENDPOINT_URL": "https://ecs.us-west-2.amazonaws.com"},
    only="botocore")
add("endpoint of ECS in a services section",
    "[default]\nservices = dev\n" + EU + "[services dev]\necs =\n"
    "  endpoint_url = https://ecs-x.us-west-2.amazonaws.com\n",
    keys("default", "AKURL"), only="botocore")

# ---- roles ---------------------------------------------------------------
SOURCE = keys("base", "AKBASE")
add("role", "[profile r]\nsource_profile = base\n" + ROLE % "one" + EU,
    SOURCE, profile="r")
add("role by AWS_PROFILE", "[profile r]\nsource_profile = base\n" +
    ROLE % "one" + EU, SOURCE, env={"AWS_PROFILE": "r"})
add("role in default", "[default]\nsource_profile = base\n" + ROLE % "one" +
    EU, SOURCE)
add("role with everything", "[profile r]\nsource_profile = base\n" +
    ROLE % "full" + EU + "external_id = ext-1\nduration_seconds = 1800\n"
    "role_session_name = me\n", SOURCE, profile="r")
add("role, source in the config", "[profile r]\nsource_profile = base\n" +
    ROLE % "one" + EU + keys("profile base", "AKBASE2"), profile="r")
add("role, region of another place", "[profile r]\nsource_profile = base\n" +
    ROLE % "one" + EU, SOURCE, profile="r", env={"AWS_REGION": "us-west-2"})
add("role in the credentials file", "[profile r]\n" + EU, SOURCE +
    "[r]\nsource_profile = base\n" + ROLE % "one", profile="r")
add("chain of two", "[profile b]\nsource_profile = a\n" + ROLE % "two" + EU +
    "[profile a]\nsource_profile = base\n" + ROLE % "one", SOURCE,
    profile="b")
add("chain of three", "[profile c]\nsource_profile = b\n" + ROLE % "three" +
    EU + "[profile b]\nsource_profile = a\n" + ROLE % "two" +
    "[profile a]\nsource_profile = base\n" + ROLE % "one", SOURCE,
    profile="c")
add("source is itself", "[profile r]\nsource_profile = r\n" + ROLE % "self" +
    EU, keys("r", "AKSELF"), profile="r")
add("chain ends in itself", "[profile b]\nsource_profile = a\n" +
    ROLE % "two" + EU + "[profile a]\nsource_profile = a\n" + ROLE % "one",
    keys("a", "AKA"), profile="b")
add("credential_source Environment", "[profile r]\ncredential_source = "
    "Environment\n" + ROLE % "env" + EU, env=env_keys("AKENV"), profile="r")
add("credential_source Ec2InstanceMetadata", "[profile r]\ncredential_source"
    " = Ec2InstanceMetadata\n" + ROLE % "ec2" + EU, profile="r", imds="v2")
add("credential_source EcsContainer", "[profile r]\ncredential_source = "
    "EcsContainer\n" + ROLE % "ecs" + EU, profile="r", env={
        "AWS_CONTAINER_CREDENTIALS_FULL_URI":
        "http://127.0.0.1:{port}/container/open"})
add("source is a process", "[profile r]\nsource_profile = p\n" +
    ROLE % "one" + EU + "[profile p]\ncredential_process = {home}/bin/ok\n",
    profile="r", files={"bin/ok": "#!/bin/sh\nprintf '%s' '{\"Version\":1,"
                        "\"AccessKeyId\":\"AKPROC\",\"SecretAccessKey\":"
                        "\"s\"}'\n"})
add("role denied", "[profile r]\nsource_profile = base\n" + ROLE % "Denied" +
    EU, SOURCE, profile="r", fails="denied")
add("loop", "[profile a]\nsource_profile = b\n" + ROLE % "one" + EU +
    "[profile b]\nsource_profile = a\n" + ROLE % "two", profile="a",
    fails="loop")
add("source missing", "[profile r]\nsource_profile = gone\n" + ROLE % "one" +
    EU, profile="r", fails="source")
add("source without keys", "[profile r]\nsource_profile = e\n" +
    ROLE % "one" + EU + "[profile e]\nregion = eu-west-1\n", profile="r",
    fails="source")
add("no source", "[profile r]\n" + ROLE % "one" + EU, profile="r",
    fails="source")
add("two sources", "[profile r]\nsource_profile = base\ncredential_source = "
    "Environment\n" + ROLE % "one" + EU, SOURCE, profile="r", fails="source")
add("unknown credential_source", "[profile r]\ncredential_source = Moon\n" +
    ROLE % "one" + EU, profile="r", fails="source")
add("role, static keys beside it", "[profile r]\nsource_profile = base\n" +
    ROLE % "one" + EU, SOURCE + keys("r", "AKBESIDE"), profile="r")
ARN1 = "arn:aws:iam::123456789012:role/one"


def cached(key, when):
    return json.dumps({"Credentials": {
        "AccessKeyId": key, "SecretAccessKey": "s", "SessionToken": "tok",
        "Expiration": when}, "AssumedRoleUser": {}})


add("role in the CLI's cache", "[profile r]\nsource_profile = base\n" +
    ROLE % "one" + EU, SOURCE, profile="r", files={
        ".aws/cli/cache/" + sha1(json.dumps({"RoleArn": ARN1})) + ".json":
        cached("AKCACHED", "{soon}")})
MFA = {"RoleArn": ARN1, "SerialNumber": "arn:aws:iam::123456789012:mfa/me",
       "RoleSessionName": "me"}
add("role with MFA in the CLI's cache",
    "[profile r]\nsource_profile = base\nmfa_serial = " +
    MFA["SerialNumber"] + "\nrole_session_name = me\n" + ROLE % "one" + EU,
    SOURCE, profile="r", files={
        ".aws/cli/cache/" + sha1(json.dumps(MFA, sort_keys=True)) + ".json":
        cached("AKMFA", "{soon}")})
add("expired in the CLI's cache", "[profile r]\nsource_profile = base\n" +
    ROLE % "one" + EU, SOURCE, profile="r", files={
        ".aws/cli/cache/" + sha1(json.dumps({"RoleArn": ARN1})) + ".json":
        cached("AKOLD", "{past}")})

# ---- web identity -----------------------------------------------------------
WEB = {"AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/web",
       "AWS_WEB_IDENTITY_TOKEN_FILE": "{home}/token"}
add("web identity", "[default]\n" + EU, env=dict(
    WEB, AWS_ROLE_SESSION_NAME="pod"), files={"token": "jwt-text"})
add("web identity without a name", "[default]\n" + EU, env=WEB,
    files={"token": "jwt-text"})
add("web identity in the profile", "[profile w]\nweb_identity_token_file = "
    "{home}/token\nrole_session_name = pod\n" + ROLE % "web" + EU,
    profile="w", files={"token": "jwt-text"})
add("--profile passes over web identity", "[profile dev]\n" + EU,
    keys("dev", "AKDEV"), env=WEB, profile="dev", files={"token": "jwt-text"})
add("web identity before the files", "[default]\n" + EU,
    keys("default", "AKFILE"), env=WEB, files={"token": "jwt-text"})
add("source is a web identity", "[profile r]\nsource_profile = w\n" +
    ROLE % "one" + EU + "[profile w]\nweb_identity_token_file = {home}/token\n"
    + ROLE % "web", profile="r", files={"token": "jwt-text"})
add("web identity refused", "[default]\n" + EU, env=WEB,
    files={"token": "bad-token"}, fails="denied")
add("token file missing", "[default]\n" + EU, env=WEB, fails="token file")

# ---- SSO ----------------------------------------------------------------------
SSO = ("[profile s]\nsso_session = corp\nsso_account_id = 111122223333\n"
       "sso_role_name = ops\n" + EU + "[sso-session corp]\nsso_start_url = "
       "https://corp.awsapps.com/start\nsso_region = us-east-1\n"
       "sso_registration_scopes = sso:account:access\n")
LEGACY = ("[profile s]\nsso_start_url = https://corp.awsapps.com/start\n"
          "sso_region = us-east-1\nsso_account_id = 111122223333\n"
          "sso_role_name = ops\n" + EU)


def sso_file(of, token, when, **more):
    return {".aws/sso/cache/" + sha1(of) + ".json": json.dumps(dict(
        startUrl="https://corp.awsapps.com/start", region="us-east-1",
        accessToken=token, expiresAt=when, **more))}


RENEW = dict(clientId="c", clientSecret="cs", refreshToken="refresh-good",
             registrationExpiresAt="{soon}")
URL = "https://corp.awsapps.com/start"
add("SSO session", SSO, profile="s", files=sso_file("corp", "tok1", "{soon}"))
add("SSO session by AWS_PROFILE", SSO, env={"AWS_PROFILE": "s"},
    files=sso_file("corp", "tok1", "{soon}"))
add("SSO legacy", LEGACY, profile="s", files=sso_file(URL, "tok2", "{soon}"))
add("SSO session refreshed", SSO, profile="s",
    files=sso_file("corp", "old", "{past}", **RENEW))
add("SSO before static keys", SSO, keys("s", "AKBESIDE"), profile="s",
    files=sso_file("corp", "tok1", "{soon}"))
add("source is SSO", SSO + "[profile r]\nsource_profile = s\n" +
    ROLE % "one" + EU, profile="r", files=sso_file("corp", "tok1", "{soon}"),
    only="botocore")
add("SSO, never logged in", SSO, profile="s", fails="sso")
add("SSO legacy expired", LEGACY, profile="s",
    files=sso_file(URL, "old", "{past}"), fails="sso")
add("SSO session expired, cannot refresh", SSO, profile="s",
    files=sso_file("corp", "old", "{past}"), fails="sso")
add("SSO revoked", LEGACY, profile="s",
    files=sso_file(URL, "revoked", "{soon}"), fails="sso")
add("SSO session unknown", "[profile s]\nsso_session = gone\n"
    "sso_account_id = 111122223333\nsso_role_name = ops\n" + EU, profile="s",
    fails="sso config")
add("SSO without account", LEGACY.replace(
    "sso_account_id = 111122223333\n", ""), profile="s", fails="sso config")
add("SSO regions differ", SSO.replace(
    "sso_role_name", "sso_region = eu-west-1\nsso_role_name"), profile="s",
    files=sso_file("corp", "tok1", "{soon}"), fails="sso config")

# ---- processes ------------------------------------------------------------------


def process(body, line="credential_process = {home}/bin/p\n", **more):
    return dict(config="[profile p]\n" + line + EU, profile="p",
                files={"bin/p": "#!/bin/sh\n" + body}, **more)


GOOD = ('{"Version":1,"AccessKeyId":"AKPROC","SecretAccessKey":"s",'
        '"SessionToken":"tok","Expiration":"{soon}"}')
add("process", **process(f"cat <<'X'\n{GOOD}\nX\n"))
add("process with quoted words", **process(
    'printf \'{"Version":1,"AccessKeyId":"%s","SecretAccessKey":"s"}\' "$1$2"',
    'credential_process = "{home}/bin/p" \'AK\'X "a b"\\ c\n'))
add("process runs in no shell", **process(
    'printf \'{"Version":1,"AccessKeyId":"AK%s","SecretAccessKey":"s"}\' "$#"',
    "credential_process = {home}/bin/p $HOME | cat\n"))
add("credentials file before process", credentials=keys("p", "AKFILE"),
    **process(f"cat <<'X'\n{GOOD}\nX\n"))
PROCESS_FIRST = process(f"cat <<'X'\n{GOOD}\nX\n")
PROCESS_FIRST["config"] += ("aws_access_key_id = AKCONF\n"
                            "aws_secret_access_key = s\n")
add("process before config keys", **PROCESS_FIRST)
add("process fails", **process("echo no luck >&2; exit 3\n",
                               fails="process"))
add("process, version 2", **process(
    "echo '" + GOOD.replace('"Version":1', '"Version":2') + "'\n",
    fails="process"))
add("process without secret", **process(
    "echo '{\"Version\":1,\"AccessKeyId\":\"AK\"}'\n", fails="process"))
add("process says no JSON", **process("echo hello\n", fails="process"))
add("no such process", "[profile p]\ncredential_process = {home}/gone\n" + EU,
    profile="p", fails="process")

# ---- containers and machines ------------------------------------------------------
OPEN = {"AWS_CONTAINER_CREDENTIALS_FULL_URI":
        "http://127.0.0.1:{port}/container/open"}
TOKEN = {"AWS_CONTAINER_CREDENTIALS_FULL_URI":
         "http://localhost:{port}/container/token"}
add("container", "[default]\n" + EU, env=OPEN)
add("container with token", "[default]\n" + EU, env=dict(
    TOKEN, AWS_CONTAINER_AUTHORIZATION_TOKEN="let me in"))
add("container with token file", "[default]\n" + EU, env=dict(
    TOKEN, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE="{home}/auth"),
    files={"auth": "let me in"}, only="botocore")
add("container after the files", "[default]\n" + EU,
    keys("default", "AKFILE"), env=OPEN)
add("container before the machine", "[default]\n" + EU, env=OPEN, imds="v2")
add("container refuses", "[default]\n" + EU, env=dict(
    TOKEN, AWS_CONTAINER_AUTHORIZATION_TOKEN="wrong"), fails="container")
add("container elsewhere", "[default]\n" + EU, env={
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://192.0.2.1/x"},
    fails="container")
add("machine", "[default]\n" + EU, imds="v2")
add("machine, version 1", "[default]\n" + EU, imds="v1")
add("machine switched off", "[default]\n" + EU, imds="v2",
    env={"AWS_EC2_METADATA_DISABLED": "true"}, fails="none")
add("machine after the config file", keys("default", "AKCONF", EU),
    imds="v2")
