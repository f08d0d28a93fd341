"""The same homes given to ecsdash and to the AWS CLI v2: a small AWS on
loopback must receive the same key, token, region and host from both, or both
must fail for the same kind of reason. ecsdash finds no aws on its PATH.

What the CLI of Debian 12 does not know yet (marked `only` in the fixtures) is
compared with botocore instead. `NAME=text` in the arguments picks fixtures."""
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

import cli_fixtures
import fake_aws

AWS = "/usr/bin/aws"
DIR = tempfile.mkdtemp(dir=os.environ.get("TMPDIR"))

# kind: what the CLI (or botocore) says, what we say.
KINDS = {
    "no profile": (r"could not be found", r"no profile"),
    "partial": (r"Partial credentials", r"aws_secret_access_key|"
                r"AWS_SECRET_ACCESS_KEY"),
    "none": (r"Unable to locate credentials", r"No AWS credentials"),
    "no region": (r"specify a region", r"[Nn]o (AWS )?region"),
    "bad region": (r"[Ii]nvalid.*(region|endpoint)|doesn't match",
                   r"can't be a region"),
    "denied": (r"AccessDenied|InvalidIdentityToken",
               r"AccessDenied|InvalidIdentityToken|not authorized"),
    "loop": (r"Infinite loop", r"leads back to itself"),
    "source": (r"source|Unsupported|credential_source|Unable to locate|"
               r"Partial", r"source"),
    "token file": (r"No such file", r"token"),
    "sso": (r"SSO|[Tt]oken|UnauthorizedSSOToken", r"aws sso login"),
    "sso config": (r"SSO|sso|mis", r"sso"),
    "process": (r"custom-process|credential|No such file|Expecting value", r"process"),
    "container": (r"container|Unsupported host|retrieving metadata",
                  r"[Cc]ontainer|CONTAINER"),
}


def fill(text, home, port):
    for name, value in (("home", home), ("port", str(port)),
                        ("soon", fake_aws.later(7200)),
                        ("past", fake_aws.later(-7200))):
        text = text.replace("{" + name + "}", value)
    return text


def write(home, name, text):
    path = os.path.join(home, name)
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    with open(path, "w", newline="") as f:
        f.write(text)
    os.chmod(path, 0o700 if name.startswith("bin/") else 0o600)


def run_one(fixture, who, ca, tls, tools):
    """What the server saw of one program, its exit status and its words."""
    home = tempfile.mkdtemp(dir=DIR)
    aws = fake_aws.FakeAws(tls, fixture["imds"])
    for name, text in {".aws/config": fixture["config"],
                       ".aws/credentials": fixture["credentials"],
                       **fixture["files"]}.items():
        if text:
            write(home, name, fill(text, home, aws.port))
    env = {"HOME": home, "LC_ALL": "C.UTF-8", "TMPDIR": DIR,
           "AWS_CA_BUNDLE": ca, "HTTPS_PROXY": f"http://127.0.0.1:{aws.port}",
           "NO_PROXY": "127.0.0.1,localhost", "AWS_MAX_ATTEMPTS": "1",
           "AWS_EC2_METADATA_SERVICE_ENDPOINT":
               f"http://127.0.0.1:{aws.port}/",
           "PATH": tools if who == "ecsdash" else "/usr/bin:/bin"}
    for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
        if name in os.environ and who == "ecsdash":
            env[name] = os.environ[name]
    env.update({k: fill(v, home, aws.port)
                for k, v in fixture["env"].items()})
    options = []
    for name in ("profile", "region"):
        if fixture[name]:
            options += ["--" + name, fixture[name]]
    if who == "ecsdash":
        argv = [os.environ["ECSDASH_BIN"], "--once", "-o", "json", *options, "clusters"]
    elif fixture["only"] == "botocore":
        argv = [sys.executable, __file__, "botocore", *options]
        env["PYTHONPATH"] = ":".join(filter(None, sys.path))
    else:
        argv = [AWS, "ecs", "list-clusters", *options]
    p = subprocess.run(argv, env=env, stdin=subprocess.DEVNULL,
                       capture_output=True, text=True, timeout=60,
                       start_new_session=True)
    seen = aws.close()
    shutil.rmtree(home)
    calls = [s for s in seen if s["action"] == "ListClusters"]
    return dict(seen=seen, call=calls[0] if calls else None,
                status=p.returncode, said=p.stderr + p.stdout)


def botocore_call(argv):
    """Instead of the CLI: one ListClusters as botocore makes it."""
    import botocore.session
    options = dict(zip(argv[0::2], argv[1::2]))
    session = botocore.session.Session(profile=options.get("--profile"))
    session.create_client(
        "ecs", region_name=options.get("--region")).list_clusters()


def wire(call):
    return {k: call[k] for k in ("key", "token", "region", "host")}


def roles(run):
    """The AssumeRole calls in order; generated session names left out."""
    return [dict(s["form"], key=s["key"], host=s["host"],
                 RoleSessionName="me" == s["form"].get("RoleSessionName"))
            for s in run["seen"] if s["action"].startswith("AssumeRole")]


def compare(fixture, theirs, ours):
    """None when they agree; else a sentence."""
    if fixture["fails"]:
        if theirs["call"] or theirs["status"] == 0:
            return "expected to fail, but the CLI succeeds: " + str(
                theirs["call"])
        if ours["call"] or ours["status"] == 0:
            return "fails with the CLI, we call with " + str(ours["call"])
        for who, run, pattern in (
                ("the CLI", theirs, KINDS[fixture["fails"]][0]),
                ("ecsdash", ours, KINDS[fixture["fails"]][1])):
            if not re.search(pattern, run["said"]):
                return f"{who} says: {run['said'].strip()[-300:]}"
        return None
    if not theirs["call"]:
        return "the CLI fails: " + theirs["said"].strip()[-300:]
    if not ours["call"]:
        return "we fail: " + ours["said"].strip()[-400:]
    if wire(theirs["call"]) != wire(ours["call"]):
        return f"{wire(theirs['call'])} but we {wire(ours['call'])}"
    if roles(theirs) != roles(ours):
        return f"roles {roles(theirs)} but we {roles(ours)}"
    return None


def main():
    if not os.path.exists(AWS):
        print("no AWS CLI\n0 passed, 0 failed, 1 skipped")
        return 0
    ca, tls = fake_aws.make_certificates(DIR)
    tools = os.path.join(DIR, "tools")
    os.mkdir(tools)
    for name in ("cat", "sh", "printf"):
        os.symlink(shutil.which(name), os.path.join(tools, name))
    assert not shutil.which("aws", path=tools)
    only = [a[5:] for a in sys.argv[1:] if a.startswith("NAME=")]
    fixtures = [f for f in cli_fixtures.FIXTURES
                if not only or any(o in f["name"] for o in only)]
    start, failed, good = time.monotonic(), 0, 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        pairs = [(f, pool.submit(run_one, f, "theirs", ca, tls, tools),
                  pool.submit(run_one, f, "ecsdash", ca, tls, tools))
                 for f in fixtures]
        for f, theirs, ours in pairs:
            why = compare(f, theirs.result(), ours.result())
            failed += why is not None
            good += why is None and not f["fails"]
            if why:
                print(f"FAILED {f['name']}: {why}")
    # The point of the table: a broken harness must not pass by comparing
    # nothing.
    if not only and good < 60:
        print(f"only {good} fixtures succeed with both")
        failed += 1
    print(f"{good} succeed with both; {time.monotonic() - start:.0f} s")
    print(f"{len(fixtures) - failed} passed, {failed} failed, 0 skipped")
    shutil.rmtree(DIR)
    return 1 if failed else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["botocore"]:
        botocore_call(sys.argv[2:])
    else:
        sys.exit(main())
