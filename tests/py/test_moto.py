"""The real binary against moto_server, an AWS emulator nobody here wrote,
with its signature checks on: drill down, tail, scale, stop, read-only; what
came of it is read back with botocore."""
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import common
from pty_screen import Screen

REGION = "eu-west-1"
POLICY = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": ["ecs:*", "logs:*", "sts:*"],
     "Resource": "*"}]}


def find_moto():
    beside = os.path.join(os.path.dirname(sys.executable), "moto_server")
    if os.path.exists(beside):
        return beside
    return shutil.which("moto_server")


def missing():
    try:
        import botocore.session  # noqa: F401
        import flask  # noqa: F401
        import moto  # noqa: F401
    except ImportError as e:
        return f"{e.name} is not installed"
    return None if find_moto() else "moto_server is not installed"


class Moto:
    def __init__(self, checks=True):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = subprocess.Popen(
            [find_moto(), "-H", "127.0.0.1", "-p", str(self.port)],
            env=common.clean_env(), stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        for _ in range(200):
            try:
                self.post("/moto-api/reset", b"")
                break
            except OSError:
                time.sleep(0.1)
        else:
            raise RuntimeError("moto_server does not answer")
        self.seed()
        if checks:
            self.post("/moto-api/reset-auth", b"0")

    def post(self, path, data):
        urllib.request.urlopen(urllib.request.Request(
            self.url + path, data=data, method="POST",
            headers={"Content-Type": "text/plain"}), timeout=20).read()

    def client(self, service, key="any", secret="any"):
        return common.make_client(service, self.url, key, secret, REGION)

    def seed(self):
        # Looking must not move tasks on (see moto's state manager).
        self.post("/moto-api/state-manager/set-transition", json.dumps(
            {"model_name": "ecs::task",
             "transition": {"progression": "manual",
                            "times": 1000000000}}).encode())
        iam, ecs, logs = (self.client(s) for s in ("iam", "ecs", "logs"))
        iam.create_user(UserName="oncall")
        iam.put_user_policy(UserName="oncall", PolicyName="p",
                            PolicyDocument=json.dumps(POLICY))
        k = iam.create_access_key(UserName="oncall")["AccessKey"]
        self.key, self.secret = k["AccessKeyId"], k["SecretAccessKey"]
        iam.create_user(UserName="reader")
        iam.put_user_policy(
            UserName="reader", PolicyName="p",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": ["sts:*"], "Resource": "*"}]}))
        k = iam.create_access_key(UserName="reader")["AccessKey"]
        self.reader = (k["AccessKeyId"], k["SecretAccessKey"])
        trust = json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": "*"},
             "Action": "sts:AssumeRole"}]})
        for role, policy in (("operator", POLICY), ("visitor", {
                "Version": "2012-10-17", "Statement": [
                    {"Effect": "Allow", "Action": ["sts:*"],
                     "Resource": "*"}]})):
            iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust)
            iam.put_role_policy(RoleName=role, PolicyName="p",
                                PolicyDocument=json.dumps(policy))
        ecs.create_cluster(clusterName="prod")
        for name in ("pay", "web"):
            for _ in range(2):
                ecs.register_task_definition(
                    family=name, containerDefinitions=[{
                        "name": "app", "image": name + ":1", "memory": 128,
                        "essential": True, "logConfiguration": {
                            "logDriver": "awslogs", "options": {
                                "awslogs-group": "/ecs/" + name,
                                "awslogs-region": REGION,
                                "awslogs-stream-prefix": "ecs"}}}])
            ecs.create_service(cluster="prod", serviceName=name,
                               taskDefinition=name, desiredCount=2)
        ec2 = self.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(
            VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
        group = ec2.create_security_group(
            GroupName="g", Description="g", VpcId=vpc)["GroupId"]
        self.tasks = []
        logs.create_log_group(logGroupName="/ecs/pay")
        for i in range(2):
            t = ecs.run_task(
                cluster="prod", taskDefinition="pay", launchType="FARGATE",
                group="service:pay", networkConfiguration={
                    "awsvpcConfiguration": {"subnets": [subnet],
                                            "securityGroups": [group]}})
            arn = t["tasks"][0]["taskArn"]
            self.tasks.append(arn)
            stream = "ecs/app/" + arn.rsplit("/", 1)[1]
            logs.create_log_stream(logGroupName="/ecs/pay",
                                   logStreamName=stream)
            logs.put_log_events(
                logGroupName="/ecs/pay", logStreamName=stream,
                logEvents=[{"timestamp": int(time.time() * 1000) - 5000 + j,
                            "message": f"ERROR task{i} refused {j}"}
                           for j in range(3)])

    def env(self, key=None, secret=None):
        return common.clean_env(AWS_ACCESS_KEY_ID=key or self.key,
                                AWS_SECRET_ACCESS_KEY=secret or self.secret,
                                AWS_REGION=REGION, AWS_ENDPOINT_URL=self.url)

    def service(self, name):
        return self.client("ecs", self.key, self.secret).describe_services(
            cluster="prod", services=[name])["services"][0]

    def close(self):
        self.process.kill()
        self.process.wait()


moto = None


def dashboard(*args, **env):
    return Screen([common.BIN, *args], dict(moto.env(), **env))


def once(env, *args):
    out = subprocess.run([common.BIN, "--once", "-o", "json", *args],
                         env=env, capture_output=True, timeout=60)
    return out.returncode, json.loads(out.stdout)


def a_signed_list_is_whole():
    code, doc = once(moto.env(), "services")
    assert code == 0, doc
    assert {r["serviceName"] for r in doc["rows"]} == {"pay", "web"}
    assert doc["context"]["account"] == "123456789012"


def a_wrong_secret_is_told():
    code, doc = once(moto.env(secret="x" * 40), "services")
    assert code in (1, 3) and doc["errors"], doc
    assert not doc["rows"]


def a_denied_action_is_told():
    code, doc = once(moto.env(*moto.reader), "services")
    assert code == 1 and doc["errors"], doc
    assert "denied" in json.dumps(doc["errors"]).lower() or \
        "not authorized" in json.dumps(doc["errors"]).lower(), doc


def role_env(role, home):
    """A home whose profile assumes the role with the user's keys."""
    os.makedirs(os.path.join(home, ".aws"), exist_ok=True)
    with open(os.path.join(home, ".aws/config"), "w") as f:
        f.write(f"[profile r]\nrole_arn = arn:aws:iam::123456789012:role/"
                f"{role}\nsource_profile = base\nregion = {REGION}\n"
                f"[profile base]\naws_access_key_id = {moto.key}\n"
                f"aws_secret_access_key = {moto.secret}\n")
    return common.clean_env(HOME=home, AWS_PROFILE="r",
                            AWS_ENDPOINT_URL=moto.url)


def identity(env):
    out = subprocess.run([common.BIN, "doctor", "-o", "json"], env=env,
                         capture_output=True, timeout=60).stdout
    return [c["detail"] for c in json.loads(out)["checks"]
            if c["check"] == "identity"]


def an_assumed_role_signs():
    with tempfile.TemporaryDirectory() as home:
        env = role_env("operator", home)
        code, doc = once(env, "services")
        assert code == 0, doc
        assert {r["serviceName"] for r in doc["rows"]} == {"pay", "web"}
        who = identity(env)
        assert who and ":assumed-role/operator/" in who[0], who


def a_role_without_rights_is_told():
    with tempfile.TemporaryDirectory() as home:
        code, doc = once(role_env("visitor", home), "services")
        assert code == 1 and not doc["rows"], doc
        assert any("ListClusters" in e["message"] for e in doc["errors"]), doc


def a_web_identity_signs():
    """moto with its checks on answers 500 to whatever is not signed, so that
    they are off here."""
    lax = Moto(checks=False)
    with tempfile.TemporaryDirectory() as home:
        token = os.path.join(home, "token")
        with open(token, "w") as f:
            f.write("eyJhbGciOiJub25lIn0.e30.x")
        os.chmod(token, 0o600)
        env = common.clean_env(
            HOME=home, AWS_REGION=REGION, AWS_ENDPOINT_URL=lax.url,
            AWS_WEB_IDENTITY_TOKEN_FILE=token,
            AWS_ROLE_ARN="arn:aws:iam::123456789012:role/operator")
        try:
            code, doc = once(env, "services")
            who = identity(env)
        finally:
            lax.close()
    assert code == 0, doc
    assert {r["serviceName"] for r in doc["rows"]} == {"pay", "web"}
    assert who and ":assumed-role/operator/" in who[0], who


def a_bad_session_token_is_told():
    with tempfile.TemporaryDirectory() as home:
        c = moto.client("sts", moto.key, moto.secret).assume_role(
            RoleArn="arn:aws:iam::123456789012:role/operator",
            RoleSessionName="test")["Credentials"]
        good = moto.env(c["AccessKeyId"], c["SecretAccessKey"])
        good.update(HOME=home, AWS_SESSION_TOKEN=c["SessionToken"])
        assert once(good, "services")[0] == 0
        code, doc = once(dict(good, AWS_SESSION_TOKEN="wrong"), "services")
        assert code in (1, 3) and doc["errors"] and not doc["rows"], doc


def drill_down_and_tail():
    s = dashboard()
    try:
        s.wait("pay", "web", "services(2)", "DOWN")
        s.keys("/pay\r")
        s.wait("services(1 of 2)")
        s.keys("\r")
        s.wait("tasks(2)", moto.tasks[0].rsplit("/", 1)[1][:8])
        s.keys("l")
        s.wait("ERROR task")
        s.keys("q")
        s.wait("tasks(2)")
        s.keys("\r")
        s.wait("containers(1)", "app")
    finally:
        s.close()


def scale_from_the_keyboard():
    s = dashboard()
    try:
        s.wait("services(2)", "user/oncall", " 0/2 ")
        s.keys("/web\r")
        s.wait("services(1 of 2)")
        s.keys("S")
        s.wait("SCALE web", "desired count")
        s.keys("5")
        s.wait("desired count 5")
        s.keys("\r")
        time.sleep(0.3)
        s.keys("\r")
        s.wait("Scaling web")
        s.wait("/5")
    finally:
        s.close()
    assert moto.service("web")["desiredCount"] == 5


def roll_back_wants_the_name():
    before = moto.service("web")["taskDefinition"]
    s = dashboard()
    try:
        s.wait("services(2)", "user/oncall", " 0/2 ")
        s.keys("/web\r")
        s.wait("services(1 of 2)")
        s.keys("B")
        s.wait("ROLL BACK web", "type the")
        s.keys("web")
        s.wait("name web")
        s.keys("\r")  # on to the button
        s.wait("Enter presses Roll back")
        time.sleep(0.3)
        s.keys("\r")
        s.wait("Rolling web")
    finally:
        s.close()
    assert before.endswith("web:2")
    assert moto.service("web")["taskDefinition"].endswith("web:1")


def restart_forces_a_deployment():
    s = dashboard()
    try:
        s.wait("services(2)", "user/oncall", " 0/2 ")
        s.keys("/pay\r")
        s.wait("services(1 of 2)")
        s.keys("R")
        s.wait("RESTART pay", "forceNewDeployment")
        s.keys("\t")
        time.sleep(0.3)
        s.keys("\r")
        s.wait("Restarting pay")
    finally:
        s.close()
    assert moto.service("pay")["desiredCount"] == 2


def stop_a_task_with_a_reason():
    s = dashboard("--cluster", "prod", "tasks")
    try:
        s.wait("tasks(2)", "user/oncall", "RUNNING")
        s.keys("K")
        s.wait("STOP ", "reason")
        s.keys("drain it")
        s.wait("drain it")
        s.keys("\r")
        time.sleep(0.3)
        s.keys("\r")
        s.wait("Stopping 1 of 1")
    finally:
        s.close()
    tasks = moto.client("ecs", moto.key, moto.secret).describe_tasks(
        cluster="prod", tasks=moto.tasks)["tasks"]
    assert sum(t.get("desiredStatus") == "STOPPED" for t in tasks) == 1
    assert any("drain it" in t.get("stoppedReason", "") for t in tasks)


def read_only_sends_nothing():
    s = dashboard("--read-only")
    before = moto.service("web")
    try:
        s.wait("services(2)", "READ-ONLY", "user/oncall", " 0/2 ")
        for key in "SRB":
            s.keys(key)
            s.wait("Read-only")
    finally:
        s.close()
    assert moto.service("web")["deployments"] == before["deployments"]


if __name__ == "__main__":
    why = missing()
    if not why:
        moto = Moto()
    try:
        common.run([a_signed_list_is_whole, a_wrong_secret_is_told,
                    a_denied_action_is_told, an_assumed_role_signs,
                    a_role_without_rights_is_told, a_web_identity_signs,
                    a_bad_session_token_is_told, drill_down_and_tail,
                    scale_from_the_keyboard, roll_back_wants_the_name,
                    restart_forces_a_deployment, stop_a_task_with_a_reason,
                    read_only_sends_nothing], why)
    finally:
        if moto:
            moto.close()
