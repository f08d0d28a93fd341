"""The simulator's credential endpoints judged by botocore's own providers:
whatever they take for good is good, and what the simulator refuses is refused
by the name that they know. Each provider runs in a process of its own with an
empty home."""
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

from common import Simulator, Skip, run

try:
    import botocore.session
    from botocore.config import Config
    from botocore.exceptions import ClientError
    MISSING = None
except ImportError:
    MISSING = "botocore is missing"

PROBE = r"""
import json, sys, botocore.session
from botocore.config import Config
out = {}
try:
    s = botocore.session.get_session()
    c = s.get_credentials()
    if c is None:
        raise RuntimeError("no credentials")
    f = c.get_frozen_credentials()
    out.update(key=f.access_key, token=f.token or "", method=c.method)
    region = s.get_config_variable("region") or "eu-west-1"
    sts = s.create_client("sts", region_name=region, config=Config(
        retries={"total_max_attempts": 1}))
    who = sts.get_caller_identity()
    out.update(arn=who["Arn"], account=who["Account"])
    ecs = s.create_client("ecs", region_name=region)
    out["clusters"] = sorted(a.split("/")[-1] for a in
                             ecs.list_clusters()["clusterArns"])
except Exception as e:
    out["error"] = type(e).__name__ + ": " + str(e)
print(json.dumps(out))
"""

HOME_ROLE = "arn:aws:iam::123456789012:role/"
OTHER_ROLE = "arn:aws:iam::210987654321:role/"


class Place:
    """A simulator, a home, and what botocore makes of them."""

    def __init__(self, *args):
        self.home = tempfile.TemporaryDirectory()
        self.journal = os.path.join(self.home.name, "journal")
        self.sim = Simulator("--sim-journal", self.journal, *args)
        self.info = self.sim.info

    def __enter__(self):
        return self

    def __exit__(self, *why):
        self.sim.close()
        self.home.cleanup()

    def write(self, name, text):
        path = os.path.join(self.home.name, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write(text)
        return path

    def profiles(self, text):
        k = self.info
        self.write(".aws/credentials", "[base]\naws_access_key_id=%s\n"
                   "aws_secret_access_key=%s\n" % (
                       k["access_key_id"], k["secret_access_key"]))
        self.write(".aws/config", text)

    def probe(self, **env):
        full = {"PATH": os.environ["PATH"], "HOME": self.home.name,
                "AWS_ENDPOINT_URL": self.info["endpoint"],
                "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_METADATA_SERVICE_NUM_ATTEMPTS": "1"}
        full.update(env)
        full = {k: v for k, v in full.items() if v is not None}
        out = subprocess.run([sys.executable, "-c", PROBE], env=full,
                             capture_output=True, text=True, timeout=60)
        assert out.returncode == 0, out.stderr
        return json.loads(out.stdout)

    def calls(self, service=None):
        with open(self.journal) as f:
            lines = [json.loads(line) for line in f]
        return [x for x in lines if service in (None, x["service"])]

    def client(self, service, **kw):
        args = dict(region_name="eu-west-1",
                    endpoint_url=self.info["endpoint"],
                    aws_access_key_id=self.info["access_key_id"],
                    aws_secret_access_key=self.info["secret_access_key"],
                    config=Config(retries={"total_max_attempts": 1}))
        args.update(kw)
        return botocore.session.Session().create_client(service, **args)

    def become(self, role, **kw):
        """Clients of a role."""
        k = self.client("sts").assume_role(
            RoleArn=role, RoleSessionName="me", **kw)["Credentials"]
        return lambda service, **more: self.client(
            service, aws_access_key_id=k["AccessKeyId"],
            aws_secret_access_key=k["SecretAccessKey"],
            aws_session_token=k["SessionToken"], **more)


def refused(code, call, **kw):
    try:
        call(**kw)
    except ClientError as e:
        assert e.response["Error"]["Code"] == code, e
        return str(e)
    raise AssertionError("%s was not raised" % code)


def imds(p, **more):
    return p.probe(AWS_EC2_METADATA_DISABLED=None,
                   AWS_EC2_METADATA_SERVICE_ENDPOINT=p.info["imds_endpoint"],
                   **more)


def sso_home(p, expires="2099-01-01T00:00:00Z", token=None, region="eu-west-1"):
    p.profiles("[profile sso]\nsso_session=s\nsso_account_id=123456789012\n"
               "sso_role_name=OnCall\nregion=eu-west-1\n"
               "[sso-session s]\nsso_region=%s\n"
               "sso_start_url=https://example.com/start\n" % region)
    p.write(".aws/sso/cache/%s.json" % hashlib.sha1(b"s").hexdigest(),
            json.dumps({"startUrl": "https://example.com/start",
                        "region": region,
                        "accessToken": token or p.info["sso_token"],
                        "expiresAt": expires,
                        "clientId": p.info["client_id"],
                        "clientSecret": p.info["client_secret"],
                        "registrationExpiresAt": "2099-01-01T00:00:00Z",
                        "refreshToken": p.info["refresh_token"]}))


# ---- providers -------------------------------------------------------------

def test_roles_are_assumed_chained_and_known_by_their_name():
    with Place() as p:
        p.profiles(
            "[profile a]\nrole_arn=%soncall\nsource_profile=base\n"
            "role_session_name=alice\nregion=us-east-1\n"
            "[profile b]\nrole_arn=%sstaging\nsource_profile=a\n"
            "role_session_name=bob\nregion=eu-west-1\n"
            "[profile p]\nrole_arn=%spartner\nsource_profile=base\n"
            "external_id=sim-external-id\nregion=eu-west-1\n"
            "[profile x]\nrole_arn=%spartner\nsource_profile=base\nregion=eu-west-1\n"
            "[profile l]\nrole_arn=%slocked\nsource_profile=base\n"
            "region=eu-west-1\n"
            % (HOME_ROLE, OTHER_ROLE, HOME_ROLE, HOME_ROLE, HOME_ROLE))
        a = p.probe(AWS_PROFILE="a")
        assert a.get("arn") == ("arn:aws:sts::123456789012:assumed-role/"
                                "oncall/alice"), a
        assert a["key"].startswith("ASIA") and a["method"] == "assume-role"
        assert a["clusters"] == ["prod-us"], a
        b = p.probe(AWS_PROFILE="b")
        assert b.get("account") == "210987654321", b
        assert b["clusters"] == ["staging-ie"], b
        assert "arn" in p.probe(AWS_PROFILE="p")
        for profile in "xl":
            assert "AccessDenied" in p.probe(AWS_PROFILE=profile)["error"]
        last = [x for x in p.calls("sts") if x["action"] == "AssumeRole"][0]
        assert last["access_key"] == p.info["access_key_id"], last
        assert last["signed"] and last["status"] == 200
        seen = p.calls("ecs")[0]
        assert seen["access_key"] == a["key"] and seen["token"] == a["token"]
        assert seen["region"] == "us-east-1" and seen["arn"] == a["arn"]


def test_what_a_role_asks_for_is_checked():
    with Place() as p:
        sts = p.client("sts")

        def role(name, **kw):
            return dict(RoleArn=HOME_ROLE + name, RoleSessionName="me", **kw)
        mfa = dict(SerialNumber="arn:aws:iam::123456789012:mfa/demo")
        sts.assume_role(**role("mfa-admin", TokenCode="424242", **mfa))
        said = refused("AccessDenied", sts.assume_role, **role(
            "mfa-admin", TokenCode="000000", **mfa))
        assert "MultiFactorAuthentication failed" in said
        sts.assume_role(**role("oncall", TokenCode="424242", **mfa))
        refused("AccessDenied", sts.assume_role, **role(
            "oncall", TokenCode="424242",
            SerialNumber="arn:aws:iam::123456789012:mfa/other"))
        refused("ValidationError", sts.assume_role, **role(
            "oncall", TokenCode="12345x", **mfa))
        refused("AccessDenied", sts.assume_role, **role("mfa-admin"))
        refused("AccessDenied", sts.assume_role, **role("no-such-role"))
        refused("ValidationError", sts.assume_role, **role(
            "oncall", DurationSeconds=43201))
        said = refused("ValidationError", sts.assume_role, **role(
            "short", DurationSeconds=7200))
        assert "MaxSessionDuration" in said
        sts.assume_role(**role("oncall", DurationSeconds=43200))
        chained = p.become(HOME_ROLE + "oncall")("sts")
        chained.assume_role(**role("readonly", DurationSeconds=3600))
        said = refused("ValidationError", chained.assume_role, **role(
            "readonly", DurationSeconds=3601))
        assert "role chaining" in said
        t = sts.get_session_token()["Credentials"]
        again = p.client("sts", aws_access_key_id=t["AccessKeyId"],
                         aws_secret_access_key=t["SecretAccessKey"],
                         aws_session_token=t["SessionToken"])
        assert again.get_caller_identity()["Arn"].endswith("oncall/demo")
        refused("AccessDenied", again.get_session_token)
        bad = p.client("sts", aws_secret_access_key="wrong")
        refused("SignatureDoesNotMatch", bad.assume_role, **role("oncall"))


def test_web_identity_is_exchanged_unsigned():
    with Place("--sim-faults",
               "idp:AssumeRoleWithWebIdentity:skip=1") as p:
        token = p.write("token", p.info["web_identity_token"])
        env = dict(AWS_WEB_IDENTITY_TOKEN_FILE=token,
                   AWS_ROLE_ARN=HOME_ROLE + "web",
                   AWS_ROLE_SESSION_NAME="pod", AWS_REGION="eu-west-1")
        out = p.probe(**env)
        assert out.get("arn", "").endswith("assumed-role/web/pod"), out
        sent = [x for x in p.calls("sts")
                if x["action"] == "AssumeRoleWithWebIdentity"][0]
        assert sent["access_key"] == "" and not sent["signed"], sent
        out = p.probe(**env)  # the fault; botocore tries again
        assert "arn" in out or "IDPCommunicationError" in out["error"], out
        p.write("token", "somebody else's")
        assert "InvalidIdentityToken" in p.probe(**env)["error"]
        env["AWS_ROLE_ARN"] = HOME_ROLE + "oncall"
        assert "AccessDenied" in p.probe(**env)["error"]


def test_sso_gives_credentials_and_new_tokens():
    with Place() as p:
        sso_home(p)
        out = p.probe(AWS_PROFILE="sso")
        assert "AWSReservedSSO_OnCall" in out.get("arn", ""), out
        assert not p.calls("sso-oauth")
        sso_home(p, expires="2020-01-01T00:00:00Z", token="long-gone")
        out = p.probe(AWS_PROFILE="sso")
        assert "AWSReservedSSO_OnCall" in out.get("arn", ""), out
        assert [x["action"] for x in p.calls("sso-oauth")] == ["CreateToken"]
        sso_home(p, token="forged")
        out = p.probe(AWS_PROFILE="sso")
        assert "UnauthorizedSSOToken" in out["error"] or \
            "expired or is otherwise invalid" in out["error"], out
        sso = p.client("sso", config=Config(
            retries={"total_max_attempts": 1}))
        bearer = p.info["sso_token"]
        ids = [a["accountId"] for a in
               sso.list_accounts(accessToken=bearer)["accountList"]]
        assert ids == ["123456789012", "210987654321"]
        roles = sso.list_account_roles(accessToken=bearer,
                                       accountId=ids[0])["roleList"]
        assert [r["roleName"] for r in roles] == ["OnCall", "ReadOnly"]
        refused("ForbiddenException", sso.get_role_credentials,
                accessToken=bearer, accountId=ids[1], roleName="ReadOnly")
        refused("UnauthorizedException", sso.list_accounts, accessToken="no")
        oidc = p.client("sso-oidc")
        said = refused("InvalidGrantException", oidc.create_token,
                       clientId=p.info["client_id"],
                       clientSecret=p.info["client_secret"],
                       grantType="refresh_token", refreshToken="no")
        assert "refresh" in said
        refused("InvalidClientException", oidc.create_token, clientId="no",
                clientSecret="no", grantType="refresh_token",
                refreshToken=p.info["refresh_token"])


def test_instance_metadata_in_both_versions():
    with Place() as p:
        out = imds(p)
        assert "assumed-role/node/i-0123456789abcdef0" in out.get(
            "arn", ""), out
        assert [x["action"] for x in p.calls("imds")] == [
            "GetToken", "ListRoles", "GetCredentials"]
    with Place("--sim-creds", "no-imds-v2=1") as p:
        out = imds(p)
        assert "assumed-role/node" in out.get("arn", ""), out
    with Place("--sim-creds", "no-imds-v1=1,no-imds-v2=1") as p:
        assert "error" in imds(p)
        assert 401 in [x["status"] for x in p.calls("imds")]


def test_the_container_endpoint_wants_its_token():
    with Place() as p:
        env = dict(AWS_CONTAINER_CREDENTIALS_FULL_URI=p.info["container_uri"],
                   AWS_CONTAINER_AUTHORIZATION_TOKEN=p.info["container_token"])
        out = p.probe(**env)
        assert "assumed-role/task/" in out.get("arn", ""), out
        env["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "Basic guess"
        assert "error" in p.probe(**env)
        assert p.calls("container")[-1]["status"] == 401


def test_a_process_may_print_what_it_gets():
    with Place() as p:
        script = p.write("cp.py", "import urllib.request as u\nprint(u.urlopen"
                         "('%s').read().decode())\n" % p.info["process_uri"])
        p.profiles("[profile c]\ncredential_process=%s %s\n"
                   % (sys.executable, script))
        out = p.probe(AWS_PROFILE="c")
        assert "assumed-role/process/demo" in out.get("arn", ""), out


# ---- time -------------------------------------------------------------------

def test_credentials_expire_by_the_simulators_clock():
    # A thousand times as fast: a minute passes in 60 ms.
    with Place("--sim-creds", "ttl=60", "--sim-clock", "x1000") as p:
        ecs = p.become(HOME_ROLE + "oncall")("ecs")
        for _ in range(100000):
            try:
                ecs.list_clusters()
            except ClientError as e:
                assert e.response["Error"]["Code"] == "ExpiredTokenException"
                break
        else:
            raise AssertionError("never expired")
    with Place("--sim-creds", "key=1", "--sim-clock", "x1000") as p:
        sts = p.client("sts")
        for _ in range(100000):
            try:
                sts.get_caller_identity()
            except ClientError as e:
                assert e.response["Error"]["Code"] == "ExpiredToken"
                break
        else:
            raise AssertionError("never expired")


# ---- permissions -------------------------------------------------------------

def test_denied_actions_are_named_and_simulated():
    with Place("--sim-deny", "logs:FilterLogEvents") as p:
        said = refused("AccessDeniedException",
                       p.client("logs").filter_log_events,
                       logGroupName="/ecs/cart")
        assert "is not authorized to perform: logs:FilterLogEvents" in said
        assert "assumed-role/oncall/demo" in said
        ro = p.become(HOME_ROLE + "readonly")
        assert ro("ecs").list_clusters()["clusterArns"]
        said = refused("AccessDeniedException", ro("ecs").update_service,
                       cluster="prod-main", service="cart", desiredCount=1)
        assert "ecs:UpdateService" in said and "readonly/me" in said
        iam = p.client("iam", region_name="us-east-1")
        out = iam.simulate_principal_policy(
            PolicySourceArn=HOME_ROLE + "readonly",
            ActionNames=["ecs:UpdateService", "ecs:ListServices",
                         "logs:FilterLogEvents"])
        assert [r["EvalDecision"] for r in out["EvaluationResults"]] == [
            "implicitDeny", "allowed", "implicitDeny"]
        refused("NoSuchEntity", iam.simulate_principal_policy,
                PolicySourceArn=HOME_ROLE + "nobody", ActionNames=["a:b"])
        refused("InvalidInput", iam.simulate_principal_policy,
                PolicySourceArn="arn:aws:sts::123456789012:assumed-role/a/b",
                ActionNames=["a:b"])
        assert iam.list_account_aliases()["AccountAliases"] == ["acme-demo"]
        refused("AccessDenied", p.become(HOME_ROLE + "nologs")(
            "iam", region_name="us-east-1").list_account_aliases)
        refused("ValidationError", iam.get_user)
        u = p.info["keys"][0]
        user = p.client("iam", region_name="us-east-1",
                        aws_access_key_id=u["access_key_id"],
                        aws_secret_access_key=u["secret_access_key"])
        assert user.get_user()["User"]["Arn"] == u["arn"]


def test_accounts_and_regions_show_different_things():
    with Place() as p:
        seen = set()
        staging = p.become(OTHER_ROLE + "staging")
        for make in (p.client, staging):
            for region in p.info["regions"]:
                ecs = make("ecs", region_name=region)
                arns = ecs.list_clusters()["clusterArns"]
                services = ecs.list_services(cluster=arns[0])["serviceArns"]
                assert services
                assert all(a.split(":")[3] == region for a in arns)
                seen.add((arns[0].split(":")[4], arns[0].split("/")[-1]))
        assert len(seen) == 6, seen
        assert len({a for a, _ in seen}) == 2, seen
        other = p.info["keys"][-1]
        c = p.client("sts", aws_access_key_id=other["access_key_id"],
                     aws_secret_access_key=other["secret_access_key"])
        assert c.get_caller_identity()["Account"] == "210987654321"
        assert staging("iam", region_name="us-east-1").list_account_aliases()[
            "AccountAliases"] == ["acme-staging"]


# ---- faults of the endpoints -------------------------------------------------

def test_each_endpoint_has_its_faults():
    with Place("--sim-faults",
               "throttle:sso:*,expired:sso:*,500:sso:*,redirect:sso:*") as p:
        sso = p.client("sso")
        codes = []
        for _ in range(3):
            try:
                sso.list_accounts(accessToken=p.info["sso_token"])
            except ClientError as e:
                codes.append(e.response["Error"]["Code"])
        assert codes == ["TooManyRequestsException", "UnauthorizedException",
                         "InternalServerException"], codes
    with Place("--sim-faults", "throttle:CreateToken,expired:CreateToken") as p:
        oidc = p.client("sso-oidc")
        for code in "SlowDownException", "InvalidGrantException":
            refused(code, oidc.create_token, clientId=p.info["client_id"],
                    clientSecret=p.info["client_secret"],
                    grantType="refresh_token",
                    refreshToken=p.info["refresh_token"])
    for plan in ("wrong:imds:GetCredentials", "expired:imds:GetCredentials",
                 "redirect:imds:*:count=all", "truncate:imds:GetCredentials",
                 "500:imds:ListRoles", "throttle:imds:*:count=all"):
        with Place("--sim-faults", plan) as p:
            out = imds(p)
            assert "error" in out, (plan, out)
            assert plan.split(":")[0] in [x["fault"] for x in p.calls()], plan
            if plan.startswith("wrong"):
                assert "SignatureDoesNotMatch" in out["error"], out
    with Place("--sim-faults", "wrong:AssumeRole,throttle:AssumeRole") as p:
        sts = p.become(HOME_ROLE + "oncall")("sts")
        refused("SignatureDoesNotMatch", sts.get_caller_identity)
        refused("Throttling", p.client("sts").assume_role,
                RoleArn=HOME_ROLE + "oncall", RoleSessionName="me")


# ---- the journal ---------------------------------------------------------------

def test_the_journal_tells_who_came_and_no_foreign_secret():
    with Place() as p:
        p.client("ecs").list_clusters()
        foreign = p.client("ecs", aws_access_key_id="AKIAFOREIGNFOREIGN99",
                           aws_secret_access_key="s3cr3t",
                           aws_session_token="a-real-token-perhaps",
                           region_name="us-east-1")
        refused("UnrecognizedClientException", foreign.list_clusters)
        one, two = p.calls()
        assert one["service"] == "ecs" and one["action"] == "ListClusters"
        assert one["signed"] and one["status"] == 200 and one["token"] == ""
        assert one["account"] == "123456789012"
        assert not two["signed"] and two["account"] == ""
        assert two["access_key"] == "AKIAFOREIGNFOREIGN99"
        assert two["region"] == "us-east-1"
        assert two["token"] == "sha256:" + hashlib.sha256(
            b"a-real-token-perhaps").hexdigest()
        with open(p.journal) as f:
            text = f.read()
        assert "a-real-token-perhaps" not in text
        assert p.info["secret_access_key"] not in text
        try:
            urllib.request.urlopen(p.info["endpoint"] + "/nowhere")
        except urllib.error.HTTPError as e:
            assert e.code == 404
        assert [p.calls()[-1][k] for k in ("action", "status")] == ["?", 404]
        assert os.stat(p.journal).st_mode & 0o777 == 0o600


if __name__ == "__main__":
    run([f for n, f in sorted(globals().items()) if n.startswith("test_")],
        MISSING)
