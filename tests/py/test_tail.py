"""ecsdash tail as other programs see it: compared with what botocore reads,
in pipes, with its exit statuses, and with lines that want to do harm."""
import datetime
import json
import os
import re
import signal
import subprocess
import tempfile
import time
import unicodedata

import common

try:
    import botocore.session  # noqa: F401
    HAVE_BOTOCORE = True
except ImportError:
    HAVE_BOTOCORE = False

DIR = tempfile.mkdtemp(dir=os.environ.get("TMPDIR"))
SERVICE = "prod-main/payments-api"
sim = None


def tail(*args, env=None, **more):
    """Exit status, stdout, stderr."""
    p = subprocess.run([common.BIN, "tail", *args], env=env or sim.env(),
                       stdin=subprocess.DEVNULL, capture_output=True,
                       timeout=100, **more)
    return p.returncode, p.stdout, p.stderr.decode()


def events(*args, **more):
    status, out, err = tail("-o", "json", *args, **more)
    assert status == 0, (status, err)
    assert err == "", err
    return [json.loads(line) for line in out.splitlines()]


def millis(iso):
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", iso), iso
    t = datetime.datetime.fromisoformat(iso.replace("Z", "+00:00"))
    return round(t.timestamp() * 1000)


def seconds_ago(n):
    start = (round(time.time()) - n) * 1000
    return start, datetime.datetime.fromtimestamp(
        start / 1000, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def tasks_of(world, service):
    ecs = world.client("ecs")
    cluster, name = service.split("/")
    found = []
    for status in ("RUNNING", "STOPPED"):
        for page in ecs.get_paginator("list_tasks").paginate(
                cluster=cluster, serviceName=name, desiredStatus=status):
            found += page["taskArns"]
    return {arn.split("/")[-1] for arn in found}


def ledger(world, service, group, start):
    """What CloudWatch has of a service's tasks since then."""
    tasks = tasks_of(world, service)
    logs = world.client("logs")
    want = []
    for page in logs.get_paginator("filter_log_events").paginate(
            logGroupName=group, startTime=start):
        for e in page["events"]:
            if e["logStreamName"].split("/")[-1] in tasks:
                text = re.sub(r"\x1b\[[0-9;]*m", "",
                              e["message"])
                want.append((e["timestamp"], e["ingestionTime"],
                             e["logStreamName"],
                             text.rstrip("\r\n").replace("\r\n", "\n")))
    return want


def every_event_once_and_in_order():
    if not HAVE_BOTOCORE:
        raise common.Skip("botocore is not installed")
    start, iso = seconds_ago(600)
    mine = events("--since", iso, SERVICE)
    want = ledger(sim, SERVICE, "/ecs/payments-api", start)
    assert len(want) > 3000, len(want)
    got = [(millis(e["time"]), millis(e["ingestion_time"]), e["stream"],
            e["message"]) for e in mine]
    assert sorted(got) == sorted(want), (len(got), len(want))
    assert [g[0] for g in got] == sorted(g[0] for g in got)
    # Those of one stream as CloudWatch has them.
    for stream in {g[2] for g in got}:
        assert [g for g in got if g[2] == stream] == \
            [w for w in want if w[2] == stream], stream
    for e in mine:
        prefix, container, task = e["stream"].split("/")
        assert (e["service"], e["task"], e["container"], e["group"]) == \
            (SERVICE, task, container, "/ecs/payments-api")
        assert e["revision"] in (142, 143) and e["late"] is False
    assert {e["container"] for e in mine} == {"app", "envoy"}
    assert {e["level"] for e in mine} >= {"error", None}
    assert list(mine[0]) == ["time", "ingestion_time", "service", "task",
                             "container", "revision", "group", "stream",
                             "level", "late", "message"]


def text_lines_say_the_same():
    mine = events("--since", "2m", SERVICE)
    status, out, err = tail("--since", "2m", SERVICE)
    assert status == 0 and err == "" and mine
    lines = out.decode().splitlines()
    want = [f"{e['time']} {e['task'][:8]} {e['container']} {part}"
            for e in mine for part in e["message"].split("\n")]
    # The two runs do not begin in the same millisecond.
    assert abs(len(lines) - len(want)) < 50
    assert lines[100:] == want[-len(lines):][100:]


def since_is_how_long_ago():
    now = time.time() * 1000
    short, long = events("--since", "30s", SERVICE), events(SERVICE)
    assert 0 < len(short) < len(long)
    assert millis(short[0]["time"]) > now - 40000
    assert now - 920000 < millis(long[0]["time"]) < now - 600000


def filter_prints_what_matches():
    every = events("--since", "5m", SERVICE)
    errors = events("--since", "5m", "--filter", "ERROR|refused", SERVICE)
    others = events("--since", "5m", "--filter", "!ERROR|refused", SERVICE)
    def match(e):
        return re.search("ERROR|refused", e["message"]) or \
            '"level":"error"' in e["message"]
    assert errors and others
    assert all(match(e) for e in errors)
    assert not any(match(e) for e in others)
    assert abs(len(errors) + len(others) - len(every)) < 50


def filter_sees_the_level_of_json():
    name = "staging/payments-api"
    every = events("--since", "10m", name)
    for pattern, word, raw in (("ERROR", "error", "ERROR"),
                               ("^FATAL cannot", "fatal", "FATAL cannot")):
        found = events("--since", "10m", "--filter", pattern, name)
        mark = f'"level":"{word}"'
        json_lines = [e for e in found if mark in e["message"]]
        assert json_lines and len(json_lines) >= sum(
            mark in e["message"] for e in every) - 50
        assert all(mark in e["message"] or raw in e["message"]
                   for e in found), pattern
        assert {e["level"] for e in json_lines} == {"error"}
        assert not any(mark in e["message"] for e in
                       events("--since", "10m", "--filter", "!" + pattern,
                              name))
    # The names before the text count as well, as with &.
    assert {e["container"] for e in events("--since", "2m", "--filter",
                                           "^[0-9a-f]{8} envoy$",
                                           SERVICE)} == {"envoy"}


def several_services_are_merged():
    two = events("--since", "2m", SERVICE, "prod-main/checkout-web")
    assert {e["service"] for e in two} == {SERVICE, "prod-main/checkout-web"}
    times = [e["time"] for e in two]
    assert times == sorted(times)
    status, out, _ = tail("--since", "2m", SERVICE, "prod-main/checkout-web")
    assert status == 0
    assert b" prod-main/checkout-web " in out and b" " + SERVICE.encode() in out


def an_arn_names_a_service():
    arn = "arn:aws:ecs:eu-west-1:123456789012:service/" + SERVICE
    assert events("--since", "1m", arn)[0]["service"] == SERVICE


# ---- pipes ---------------------------------------------------------------

def head_ends_it_at_once():
    for more in ([], ["--follow"]):
        begun = time.monotonic()
        p = subprocess.Popen([common.BIN, "tail", *more, SERVICE],
                             env=sim.env(), stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE)
        head = subprocess.run(["head", "-n", "3"], stdin=p.stdout,
                              capture_output=True, timeout=60)
        p.stdout.close()
        err = p.stderr.read()
        assert p.wait(timeout=20) == -signal.SIGPIPE, p.returncode
        p.stderr.close()
        assert head.stdout.count(b"\n") == 3 and err == b"", err
        assert time.monotonic() - begun < 10


def a_quiet_follower_notices_that_nobody_reads():
    p = subprocess.Popen([common.BIN, "tail", "--follow", "--filter",
                          "no such line", SERVICE], env=sim.env(),
                         stdout=subprocess.PIPE)
    p.stdout.close()
    assert p.wait(timeout=20) == -signal.SIGPIPE


def shell(script, env=None):
    return subprocess.run(["sh", "-c", script], env=dict(env or sim.env(),
                                                         B=common.BIN),
                          capture_output=True, timeout=60)


def all_that_prints_dies_when_nobody_reads():
    for words in (["--once"], ["--once", "-o", "json"], ["doctor"], ["--help"],
                  ["--version"], ["--print-keys"], ["--print-man"],
                  ["--completion", "bash"], ["--sim-faults", "help"]):
        reader, writer = os.pipe()
        os.close(reader)
        p = subprocess.run([common.BIN, *words], env=sim.env(), stdout=writer,
                           stderr=subprocess.PIPE, timeout=60)
        os.close(writer)
        assert p.returncode == -signal.SIGPIPE, (words, p.returncode)
        assert p.stderr == b"", (words, p.stderr)


def grep_reads_it():
    p = shell(f"$B tail --since 5m {SERVICE} | grep -c ERROR")
    assert p.returncode == 0 and int(p.stdout) > 0 and p.stderr == b""
    # grep -q goes away after the first hit.
    p = shell(f"$B tail {SERVICE} | grep -q INFO && echo found")
    assert p.stdout == b"found\n" and p.stderr == b""


def jq_reads_it():
    if subprocess.run(["sh", "-c", "command -v jq"],
                      stdout=subprocess.DEVNULL).returncode:
        raise common.Skip("jq is not installed")
    p = shell(f"$B tail -o json --since 5m {SERVICE} | "
              "jq -r 'select(.level == \"error\") | .container'")
    assert p.returncode == 0 and p.stderr == b"", p.stderr
    assert set(p.stdout.split()) <= {b"app", b"envoy"} and p.stdout


def follow_prints_whole_lines_as_they_come():
    p = subprocess.Popen([common.BIN, "tail", "--follow", "--since", "1s",
                          "-o", "json", "prod-main/checkout-web"],
                         env=live.env(), stdout=subprocess.PIPE)
    seen = [json.loads(p.stdout.readline()) for _ in range(30)]
    # Further ones than there were at the start.
    assert millis(seen[-1]["time"]) > millis(seen[0]["time"])
    p.terminate()
    rest = p.stdout.read()
    p.stdout.close()
    assert p.wait(timeout=10) == -signal.SIGTERM
    assert rest == b"" or rest.endswith(b"\n")


def a_full_disk_is_told():
    if not os.path.exists("/dev/full"):
        raise common.Skip("no /dev/full")
    with open("/dev/full", "w") as full:
        p = subprocess.run([common.BIN, "tail", SERVICE], env=sim.env(),
                           stdout=full, stderr=subprocess.PIPE, timeout=60)
    assert p.returncode == 1 and b"No space left" in p.stderr, p.stderr


def nothing_is_changed():
    journal = os.path.join(DIR, "journal")
    own = common.Simulator("--seed", "3", "--sim-journal", journal)
    try:
        assert tail("--since", "1m", SERVICE, env=own.env())[0] == 0
        assert tail("--read-only", "--since", "1m", SERVICE,
                    env=own.env())[0] == 0
    finally:
        own.close()
    actions = {json.loads(line)["action"] for line in open(journal)}
    assert "FilterLogEvents" in actions
    for action in actions:
        assert re.match("(List|Describe|Get|Filter)", action), action


# ---- exit statuses -------------------------------------------------------

def wrong_usage_is_two():
    for args in ([], ["payments-api"], ["/x"], ["x/"], ["a/b/c"], ["a/b c"],
                 ["a/b\033[2J"],
                 ["--since", "yesterday", SERVICE],
                 ["--filter", "a(", SERVICE], ["-o", "tsv", SERVICE],
                 ["--follow", "--until-stable", SERVICE]):
        status, out, err = tail(*args)
        assert status == 2 and out == b"" and err.startswith("ecsdash: "), (
            args, status, err)
    p = subprocess.run([common.BIN, "--follow", "services"], env=sim.env(),
                       capture_output=True, timeout=60)
    assert p.returncode == 2 and b"ecsdash tail" in p.stderr


def what_is_not_there_is_four():
    for name in ("nowhere/payments-api", "prod-main/nothing"):
        status, out, err = tail(name)
        assert status == 4 and out == b"" and name.split("/")[1] in err, err
    # One of several, too.
    assert tail(SERVICE, "prod-main/nothing")[0] == 4


def no_credentials_is_three():
    env = common.clean_env(HOME=DIR, AWS_REGION="eu-west-1")
    status, out, err = tail(SERVICE, env=env)
    assert status == 3 and out == b"" and err.startswith("ecsdash: "), err


def denied(*actions):
    own = common.Simulator("--seed", "3", "--sim-deny", ",".join(actions))
    try:
        begun = time.monotonic()
        status, out, err = tail("--since", "1m", SERVICE, env=own.env())
        assert time.monotonic() - begun < 30
        return status, out, err
    finally:
        own.close()


def what_is_denied_is_one_and_named():
    for action in ("logs:FilterLogEvents", "ecs:DescribeServices",
                   "ecs:ListTasks", "ecs:DescribeTasks",
                   "ecs:DescribeTaskDefinition"):
        status, out, err = denied(action)
        assert status == 1 and out == b"", (action, status, out[:200])
        assert action.split(":")[1] in err, (action, err)
        assert err.count("\n") <= 2, err


def trouble_on_the_way_loses_nothing():
    if not HAVE_BOTOCORE:
        raise common.Skip("botocore is not installed")
    start, iso = seconds_ago(120)
    world = ["--seed", "3", "--sim-clock", "frozen@" + seconds_ago(0)[1]]
    calm, rough = common.Simulator(*world), common.Simulator(
        *world, "--sim-faults",
        "reset-before:logs:*:skip=1:count=2,throttle:logs:*:skip=4:count=2,"
        "truncate:logs:*:skip=8:count=2,503:logs:*:skip=12:count=2")
    try:
        status, out, err = tail("-o", "json", "--since", iso, SERVICE,
                                env=rough.env())
        want = ledger(calm, SERVICE, "/ecs/payments-api", start)
    finally:
        calm.close()
        rough.close()
    got = [json.loads(line) for line in out.splitlines()]
    assert status == 0, (status, err)
    assert sorted((millis(e["time"]), e["stream"], e["message"])
                  for e in got) == \
        sorted((w[0], w[2], w[3]) for w in want), (len(got), len(want))
    assert [e["time"] for e in got] == sorted(e["time"] for e in got)


def other_drivers_are_told_of():
    found = []
    p = subprocess.run([common.BIN, "--once", "-o", "json", "services"],
                       env=sim.env(), capture_output=True, timeout=60)
    ecs = sim.client("ecs")
    for row in json.loads(p.stdout)["rows"]:
        d = ecs.describe_task_definition(
            taskDefinition=row["taskDefinition"])["taskDefinition"]
        drivers = {c.get("logConfiguration", {}).get("logDriver")
                   for c in d["containerDefinitions"]}
        if "awslogs" not in drivers and row["runningCount"]:
            found.append((row["clusterName"] + "/" + row["serviceName"], 1))
        elif drivers != {"awslogs"} and row["runningCount"]:
            found.append((row["clusterName"] + "/" + row["serviceName"], 0))
    assert found
    for name, want in found[:3]:
        status, out, err = tail("--since", "1m", name)
        assert status == want and "container" in err, (name, status, err)
        assert (out == b"") == (want == 1)


# ---- roll-outs -----------------------------------------------------------

def a_rollout_is_followed_to_its_end():
    fast = common.Simulator("--seed", "1", "--sim-clock", "x60")
    try:
        status, out, err = tail("--since", "1s", "--until-stable",
                                "prod-main/checkout-web", env=fast.env())
        assert status == 0 and out.count(b"\n") > 10, err
        assert err.startswith("ecsdash: waiting for prod-main/checkout-web: ")
        assert " of 8 new running" in err, err
        assert re.search(r"running, \d+ old ones?, too", err), err
        status, out, err = tail("--since", "1s", "--until-stable", "-o",
                                "json", SERVICE, env=fast.env())
        assert status == 1, status
        assert SERVICE in err and "circuit breaker" in err, err
        assert all(json.loads(x) for x in out.splitlines())
        # What is steady already is read and left.
        status, out, err = tail("--since", "1s", "--until-stable",
                                "prod-main/cart", env=fast.env())
        assert status == 0 and err == "", err
    finally:
        fast.close()


def what_will_not_be_steady_ends_it():
    for name, why in (
            ("staging/payments-api", "no roll-out is in progress, and its "
             "tasks stop again and again: 0 of 1 running; app exit 1 x"),
            ("prod-batch/etl-refunds", "the roll-out has made no progress")):
        begun = time.monotonic()
        status, _, err = tail("--since", "1s", "--until-stable", name)
        assert status == 1 and f"ecsdash: {name}: {why}" in err, (status, err)
        assert time.monotonic() - begun < 30


def waiting_has_an_end():
    # A task that finds no room: neither a crash loop nor a roll-out.
    name = "prod-main/mail-worker"
    begun = time.monotonic()
    status, _, err = tail("--since", "1s", "--until-stable", "--wait", "4",
                          name)
    assert 4 <= time.monotonic() - begun < 40
    first, last = err.splitlines()
    assert status == 1, status
    assert first == f"ecsdash: waiting for {name}: 2 of 3 running.", err
    assert last == (f"ecsdash: {name}: not steady after 4s: "
                    "2 of 3 running."), err


# ---- hostile lines -------------------------------------------------------

FORBIDDEN = {"Cc", "Cs"}


def is_harmless(text):
    for c in text:
        assert c in "\t\n" or unicodedata.category(c) not in FORBIDDEN, \
            ascii(c)
        assert not 0x202a <= ord(c) <= 0x202e, ascii(c)
        assert not 0x2066 <= ord(c) <= 0x2069, ascii(c)
        assert not 0xe0000 <= ord(c) <= 0xe007f, ascii(c)


def hostile_lines_are_plain_text():
    own = common.Simulator("--seed", "3", "--sim-world",
                           "clusters=1,services=1,tasks=4,hostile=1",
                           "--sim-clock", "frozen")
    try:
        ecs = own.client("ecs")
        name = ecs.list_services(
            cluster=ecs.list_clusters()["clusterArns"][0])["serviceArns"][0]
        status, out, err = tail("--since", "1m", name, env=own.env())
        assert status == 0 and out.count(b"\n") > 50, (status, err)
        is_harmless(out.decode())
        is_harmless(err)
        status, out, err = tail("--since", "1m", "-o", "json", name,
                                env=own.env())
        assert status == 0
        is_harmless(out.decode())
        for line in out.splitlines():
            for value in json.loads(line).values():
                is_harmless(str(value))
        check_terminal(own, name)
    finally:
        own.close()


def check_terminal(own, name):
    """On a terminal there are colours, and nothing else."""
    import pty
    pid, fd = pty.fork()
    if pid == 0:
        os.execve(common.BIN, [common.BIN, "tail", "--since", "1m", name],
                  dict(own.env(), TERM="xterm-256color"))
    out = b""
    while True:
        try:
            chunk = os.read(fd, 65536)
        except OSError:
            break
        if not chunk:
            break
        out += chunk
    os.close(fd)
    assert os.waitpid(pid, 0)[1] == 0
    colours = re.compile(rb"\x1b\[[0-9;]*m")
    assert len(colours.findall(out)) > 100
    is_harmless(colours.sub(b"", out).decode().replace("\r\n", "\n"))


sim = common.Simulator("--seed", "3", "--sim-clock", "frozen")
live = common.Simulator("--seed", "3")
common.run([every_event_once_and_in_order, text_lines_say_the_same,
            since_is_how_long_ago, filter_prints_what_matches,
            filter_sees_the_level_of_json,
            several_services_are_merged, an_arn_names_a_service,
            head_ends_it_at_once, a_quiet_follower_notices_that_nobody_reads,
            all_that_prints_dies_when_nobody_reads, grep_reads_it, jq_reads_it,
            follow_prints_whole_lines_as_they_come, a_full_disk_is_told,
            nothing_is_changed, wrong_usage_is_two,
            what_is_not_there_is_four, no_credentials_is_three,
            what_is_denied_is_one_and_named,
            trouble_on_the_way_loses_nothing, other_drivers_are_told_of,
            a_rollout_is_followed_to_its_end,
            what_will_not_be_steady_ends_it, waiting_has_an_end, hostile_lines_are_plain_text])
