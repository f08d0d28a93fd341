"""ecsdash doctor against the simulator: what is denied, what is not, what it
costs (nothing is changed), and the policies that the README quotes."""
import json
import os
import re
import subprocess
import tempfile

import common

DIR = tempfile.mkdtemp(dir=os.environ.get("TMPDIR"))


def doctor(env, *args):
    p = subprocess.run([common.BIN, "doctor", *args], env=env,
                       stdin=subprocess.DEVNULL, capture_output=True,
                       text=True, timeout=60)
    return p.returncode, p.stdout


def checks(env, *args):
    status, out = doctor(env, "-o", "json", *args)
    found = json.loads(out)
    return status, {c["check"]: c for c in found["checks"]}, found["policies"]


def all_is_well():
    sim = common.Simulator("--seed", "3")
    try:
        status, found, policies = checks(sim.env())
        assert status == 0, found
        assert {c["status"] for c in found.values()} == {"ok"}, found
        assert "123456789012" in found["identity"]["detail"]
        assert "AWS_REGION" in found["region"]["detail"]
        # Every action of the policies was looked at.
        for s in policies["operate"]["Statement"]:
            for action in s["Action"]:
                assert action in found, action
    finally:
        sim.close()


def denied_actions_are_named():
    sim = common.Simulator("--seed", "3", "--sim-deny",
                           "ecs:StopTask,logs:FilterLogEvents")
    try:
        status, found, _ = checks(sim.env())
        assert status == 1
        denied = {k for k, c in found.items() if c["status"] == "denied"}
        assert denied == {"ecs:StopTask", "logs:FilterLogEvents"}, denied
    finally:
        sim.close()


def without_simulate_nothing_is_guessed():
    sim = common.Simulator("--seed", "3", "--sim-deny",
                           "iam:SimulatePrincipalPolicy")
    try:
        status, found, _ = checks(sim.env())
        assert status == 0, found
        for action in ("ecs:UpdateService", "ecs:StopTask"):
            assert found[action]["status"] == "not tested", found[action]
    finally:
        sim.close()


def nothing_is_changed():
    journal = os.path.join(DIR, "journal")
    sim = common.Simulator("--seed", "3", "--sim-journal", journal)
    try:
        doctor(sim.env())
    finally:
        sim.close()
    actions = [json.loads(line)["action"] for line in open(journal)]
    assert "ListClusters" in actions and "SimulatePrincipalPolicy" in actions
    for action in actions:
        assert re.match("(List|Describe|Get|Filter|Simulate)", action), action


def no_credentials_is_three():
    env = common.clean_env(HOME=DIR, AWS_REGION="eu-west-1",
                           AWS_EC2_METADATA_DISABLED="true")
    status, found, policies = checks(env)
    assert status == 3
    assert found["credentials"]["status"] == "failed"
    assert "AWS_ACCESS_KEY_ID is not set" in found["environment"]["detail"]
    assert policies["read_only"]["Statement"][0]["Action"]
    china = checks(dict(env, AWS_REGION="cn-north-1"))[2]
    assert "arn:aws-cn:ecs" in json.dumps(china["operate"])


def no_region_is_a_finding():
    env = common.clean_env(HOME=DIR, AWS_EC2_METADATA_DISABLED="true")
    status, found, _ = checks(env)
    assert status == 2 and "region" in found["setup"]["detail"]


def a_proxy_password_stays_secret():
    env = common.clean_env(
        HOME=DIR, AWS_REGION="eu-west-1", AWS_EC2_METADATA_DISABLED="true",
        HTTPS_PROXY="http://me:planted-secret@proxy.example:3128/")
    status, out = doctor(env)
    assert status == 3 and "proxy.example:3128" in out
    assert "planted-secret" not in out and "me:" not in out


def the_readme_quotes_the_policies():
    env = common.clean_env(HOME=DIR, AWS_REGION="eu-west-1",
                           AWS_EC2_METADATA_DISABLED="true")
    policies = checks(env)[2]
    readme = open(os.path.join(os.environ["ECSDASH_ROOT"],
                               "README.md")).read()
    quoted = [json.loads(b) for b in re.findall("```json\n(.*?)```", readme,
                                                re.S)]
    assert policies["read_only"] in quoted
    assert policies["operate"] in quoted


def every_operation_is_in_the_table():
    root = os.environ["ECSDASH_ROOT"]
    table = open(os.path.join(root, "backend/svc/permission.c")).read()
    for folder in ("backend/svc", "backend/aws", "backend/store", "views"):
        for name in os.listdir(os.path.join(root, folder)):
            if not name.endswith(".c"):
                continue
            text = open(os.path.join(root, folder, name)).read()
            for body in re.findall(r"struct aws_op \w+ = \{(.*?)\};", text,
                                   re.S):
                operation = re.search(r'\.name = "(\w+)"', body).group(1)
                # What providers call needs no permission of the caller's
                # own policy, or the role's trust policy gives it.
                if not operation.startswith("AssumeRole"):
                    assert f'"{operation}"' in table, operation


common.run([all_is_well, denied_actions_are_named,
            without_simulate_nothing_is_guessed, nothing_is_changed,
            no_credentials_is_three, no_region_is_a_finding,
            a_proxy_password_stays_secret, the_readme_quotes_the_policies,
            every_operation_is_in_the_table])
