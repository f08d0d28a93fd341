"""--once equals what botocore reads from the same simulator: the same ARNs,
and every column that is a plain field of the reply has its value."""
import datetime
import fcntl
import json
import os
import pty
import struct
import subprocess
import termios

import common

try:
    import botocore.session  # noqa: F401
    MISSING = None
except ImportError:
    MISSING = "botocore is not installed"

WORLD = ["--sim-world", "clusters=3,services=250,tasks=3000", "--sim-clock",
         "frozen", "--seed", "11"]
sim = None


def once(view, *args):
    out = subprocess.run(
        [common.BIN, "--once", "-o", "json", "--budget", "unlimited", *args,
         view], env=sim.env(), capture_output=True, timeout=120)
    assert out.returncode == 0, (out.returncode, out.stderr)
    return json.loads(out.stdout)


def batches(items, n):
    return [items[i:i + n] for i in range(0, len(items), n)]


def clusters_by_botocore(ecs):
    arns = [a for p in ecs.get_paginator("list_clusters").paginate()
            for a in p["clusterArns"]]
    return ecs.describe_clusters(clusters=arns)["clusters"]


def compare(rows, objects, arn_member, fields):
    mine = {r["arn"]: r for r in rows}
    theirs = {o[arn_member]: o for o in objects}
    assert len(mine) == len(rows), "an ARN stands twice"
    assert mine.keys() == theirs.keys(), (len(mine), len(theirs))
    checked = 0
    for arn, o in theirs.items():
        for column, member in fields.items():
            want = o.get(member)
            if hasattr(want, "timestamp"):
                want = want.timestamp()
                got = mine[arn][column]
                got = datetime.datetime.fromisoformat(
                    got.replace("Z", "+00:00")).timestamp()
                assert abs(got - want) < 1.001, (arn, column, got, want)
            else:
                assert mine[arn][column] == want, (
                    arn, column, mine[arn][column], want)
            checked += want is not None
    assert checked > len(theirs)


def services_equal_botocores():
    ecs = sim.client("ecs")
    found = []
    for c in clusters_by_botocore(ecs):
        arns = [a for p in ecs.get_paginator("list_services").paginate(
            cluster=c["clusterArn"]) for a in p["serviceArns"]]
        for part in batches(arns, 10):
            found += ecs.describe_services(cluster=c["clusterArn"],
                                           services=part)["services"]
    doc = once("services")
    assert doc["view"] == "services" and doc["errors"] == []
    assert doc["context"]["account"] == "123456789012"
    assert len(found) == 250
    compare(doc["rows"], found, "serviceArn", {
        n: n for n in ("serviceName", "desiredCount", "runningCount",
                       "pendingCount", "status", "taskDefinition",
                       "launchType", "platformVersion", "schedulingStrategy",
                       "enableExecuteCommand", "clusterArn", "createdAt")})
    by_arn = {r["arn"]: r for r in doc["rows"]}
    for s in found:
        primary = [d for d in s["deployments"] if d["status"] == "PRIMARY"]
        assert by_arn[s["serviceArn"]]["rolloutState"] == \
            primary[0]["rolloutState"]
        assert by_arn[s["serviceArn"]]["failedTasks"] == \
            sum(d["failedTasks"] for d in s["deployments"])


def tasks_equal_botocores():
    ecs = sim.client("ecs")
    found = []
    for c in clusters_by_botocore(ecs):
        arns = []
        for status in ("RUNNING", "STOPPED"):
            arns += [a for p in ecs.get_paginator("list_tasks").paginate(
                cluster=c["clusterArn"], desiredStatus=status)
                for a in p["taskArns"]]
        for part in batches(arns, 100):
            found += ecs.describe_tasks(cluster=c["clusterArn"],
                                        tasks=part)["tasks"]
    doc = once("tasks")
    assert len(found) >= 3000
    compare(doc["rows"], found, "taskArn", {
        n: n for n in ("lastStatus", "desiredStatus", "healthStatus",
                       "stopCode", "stoppedReason", "launchType",
                       "capacityProviderName", "startedBy", "group",
                       "taskDefinitionArn", "cpu", "memory", "createdAt",
                       "clusterArn", "availabilityZone")})


def clusters_equal_botocores():
    found = clusters_by_botocore(sim.client("ecs"))
    doc = once("clusters")
    assert len(found) == 3
    compare(doc["rows"], found, "clusterArn", {
        n: n for n in ("clusterName", "status", "activeServicesCount",
                       "runningTasksCount", "pendingTasksCount",
                       "registeredContainerInstancesCount")})


def one_cluster_is_only_that_one():
    name = once("clusters")["rows"][0]["clusterName"]
    doc = once("services", "--cluster", name)
    assert doc["rows"] and {r["clusterName"] for r in doc["rows"]} == {name}
    assert doc["context"]["cluster"] == name


def name_of_one():
    return once("clusters")["rows"][0]["clusterName"]


def what_cannot_be_read_exits_with_a_sentence():
    env = sim.env()
    env["AWS_SECRET_ACCESS_KEY"] = "wrong"
    out = subprocess.run([common.BIN, "--once", "-o", "json"], env=env,
                         capture_output=True, timeout=60)
    assert out.returncode in (1, 3), out.returncode
    doc = json.loads(out.stdout)
    assert doc["errors"] and doc["rows"] == []
    assert b"wrong" not in out.stdout + out.stderr
    out = subprocess.run([common.BIN, "--once", "--cluster", "nowhere"],
                         env=sim.env(), capture_output=True, timeout=60)
    assert out.returncode == 4, (out.returncode, out.stderr)
    for kind in "services", "tasks":
        out = subprocess.run([common.BIN, "--once", "--cluster", name_of_one(),
                              "--service", "zzz", kind],
                             env=sim.env(), capture_output=True, timeout=60)
        assert out.returncode == 4 and b"ervice" in out.stderr, (
            kind, out.returncode, out.stderr)
    env = common.clean_env(AWS_REGION="eu-west-1")
    out = subprocess.run([common.BIN, "--once"], env=env,
                         capture_output=True, timeout=60)
    assert out.returncode == 3, (out.returncode, out.stderr)
    assert out.stderr.startswith(b"ecsdash: ")


def no_environment_value_is_printed():
    ecs = sim.client("ecs")
    cluster = clusters_by_botocore(ecs)[0]["clusterArn"]
    arn = ecs.list_tasks(cluster=cluster)["taskArns"][0]
    over = ecs.describe_tasks(cluster=cluster, tasks=[arn])["tasks"][0]
    value = over["overrides"]["containerOverrides"][0]["environment"][0][
        "value"]
    definition = ecs.describe_task_definition(
        taskDefinition=over["taskDefinitionArn"])["taskDefinition"]
    assert definition["containerDefinitions"][0]["environment"][0][
        "value"] == value and len(value) > 10
    for view in "services", "tasks", "containers", "clusters":
        for form in "json", "tsv", "table":
            out = subprocess.run(
                [common.BIN, "--once", "-o", form, "--budget", "unlimited",
                 "--cluster", cluster, view], env=sim.env(),
                capture_output=True, timeout=120)
            assert out.stdout or view == "containers", (view, out.stderr)
            assert value.encode() not in out.stdout + out.stderr, (view, form)


def without_a_terminal_it_prints_tsv():
    out = subprocess.run([common.BIN, "--budget", "unlimited", "clusters"],
                         env=sim.env(), capture_output=True, timeout=60)
    lines = out.stdout.decode().splitlines()
    assert out.returncode == 0 and len(lines) == 4
    assert lines[0].split("\t")[0] == "clusterName"
    assert all(len(x.split("\t")) == len(lines[0].split("\t"))
               for x in lines)


def table_rows_end_with_their_text_or_the_terminal():
    words = [common.BIN, "--demo", "--once", "-o", "table", "services"]
    out = subprocess.run(words, env=common.clean_env(), capture_output=True,
                         timeout=60).stdout.decode()
    assert len(out.splitlines()) > 40
    assert not [x for x in out.splitlines() if x != x.rstrip()]
    screen, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("4H", 24, 80, 0, 0))
    p = subprocess.Popen(words, env=common.clean_env(), stdout=terminal)
    os.close(terminal)
    shown = b""
    try:
        while chunk := os.read(screen, 65536):
            shown += chunk
    except OSError:  # the end, on Linux
        pass
    os.close(screen)
    assert p.wait(timeout=60) == 0
    lines = shown.decode().splitlines()
    assert len(lines) > 40 and max(len(x) for x in lines) <= 80


def an_unknown_column_is_two():
    for word, say in ("foo:bar", "no column foo"), ("stat:ok", "mean state"):
        p = subprocess.run([common.BIN, "--demo", "--once", "services", word],
                           env=common.clean_env(), capture_output=True,
                           timeout=60)
        assert p.returncode == 2 and p.stdout == b"", p
        assert say in p.stderr.decode(), p.stderr


if __name__ == "__main__":
    if not MISSING:
        sim = common.Simulator(*WORLD)
    try:
        common.run([services_equal_botocores, tasks_equal_botocores,
                    clusters_equal_botocores, one_cluster_is_only_that_one,
                    what_cannot_be_read_exits_with_a_sentence,
                    no_environment_value_is_printed,
                    without_a_terminal_it_prints_tsv,
                    table_rows_end_with_their_text_or_the_terminal,
                    an_unknown_column_is_two], MISSING)
    finally:
        if sim:
            sim.close()
