"""The simulator judged by botocore: its service models say which members a
reply may have and of which type, its signer signs, its paginators page, its
exceptions name the errors. The AWS CLI reads the same server."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

try:
    import botocore.session
    from botocore.config import Config
    from botocore.exceptions import ClientError, EventStreamError
except ImportError:
    botocore = None

ROOT = os.environ.get("ECSDASH_ROOT") or os.path.dirname(
    os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.environ.get("ECSDASH_BIN") or os.path.join(
    ROOT, "build", "release", "ecsdash")

SERVED = {
    "ecs": {"ListClusters", "DescribeClusters", "ListServices",
            "DescribeServices", "UpdateService", "ListTasks",
            "DescribeTasks", "StopTask", "RunTask",
            "DescribeTaskDefinition", "ListTaskDefinitions",
            "ListTaskDefinitionFamilies"},
    "logs": {"FilterLogEvents", "GetLogEvents", "DescribeLogStreams",
             "DescribeLogGroups", "StartLiveTail"},
    "sts": {"GetCallerIdentity"},
    "iam": {"ListAccountAliases"},
}


def check_shape(shape, value, where):
    """Every member known to the model and of its type."""
    kind = shape.type_name
    if kind == "structure":
        assert isinstance(value, dict), where
        for name, inner in value.items():
            assert name in shape.members, "%s.%s is unknown" % (where, name)
            check_shape(shape.members[name], inner, where + "." + name)
    elif kind == "list":
        assert isinstance(value, list), where
        for inner in value:
            check_shape(shape.member, inner, where + "[]")
    elif kind == "map":
        assert isinstance(value, dict), where
        for inner in value.values():
            check_shape(shape.value, inner, where + "{}")
    elif kind == "string":
        assert isinstance(value, str), where
        if shape.enum:
            assert value in shape.enum, "%s: %s" % (where, value)
    elif kind in ("integer", "long"):
        assert type(value) is int, where
    elif kind in ("double", "float", "timestamp"):
        assert type(value) in (int, float), where
        if kind == "timestamp":
            assert 1e9 < value < 1e10, "%s: %r is no time in seconds" % (
                where, value)
    elif kind == "boolean":
        assert type(value) is bool, where
    else:
        raise AssertionError("%s: type %s" % (where, kind))


class Sim:
    """One simulator; client() checks every reply against the model."""

    def __init__(self, *args):
        self.child = subprocess.Popen(
            [BIN, "--sim-server", "127.0.0.1:0", *args],
            stdout=subprocess.PIPE)
        self.info = json.loads(self.child.stdout.readline())
        self.called = {}
        self.replies = 0

    def client(self, service, **kw):
        region = "us-east-1" if service == "iam" else self.info["region"]
        config = Config(region_name=region,
                        inject_host_prefix=False,
                        retries={"total_max_attempts": 1})
        args = dict(endpoint_url=self.info["endpoint"],
                    aws_access_key_id=self.info["access_key_id"],
                    aws_secret_access_key=self.info["secret_access_key"],
                    config=config)
        args.update(kw)
        c = botocore.session.get_session().create_client(service, **args)
        c.meta.events.register("before-parse." + service, self.judge)
        return c

    def judge(self, operation_model, response_dict, **kw):
        name = operation_model.name
        service = operation_model.service_model.service_name
        head = response_dict["headers"]
        assert head.get("x-amzn-requestid") and head.get("date"), head
        if response_dict["status_code"] != 200:
            return
        self.called.setdefault(service, set()).add(name)
        self.replies += 1
        if operation_model.has_event_stream_output:
            assert head["content-type"] == "application/vnd.amazon.eventstream"
            return
        if service in ("ecs", "logs"):
            assert head["content-type"] == "application/x-amz-json-1.1"
            check_shape(operation_model.output_shape,
                        json.loads(response_dict["body"]), name)

    def close(self):
        self.child.send_signal(signal.SIGTERM)
        status = self.child.wait(10)
        self.child.stdout.close()
        return status


def expect(code, call, **kw):
    try:
        call(**kw)
    except ClientError as e:
        assert e.response["Error"]["Code"] == code, e
        return e
    raise AssertionError("%s was not raised" % code)


def pages(client, op, key, **kw):
    out = []
    for page in client.get_paginator(op).paginate(**kw):
        out += page[key]
    assert len(set(map(str, out))) == len(out), op + ": doubles"
    return out


def batches(items, n):
    return [items[i:i + n] for i in range(0, len(items), n)]


# ---- tests ---------------------------------------------------------------

def test_every_cluster_service_and_task_is_read(sim):
    ecs = sim.client("ecs")
    clusters = pages(ecs, "list_clusters", "clusterArns",
                     PaginationConfig={"PageSize": 1})
    assert len(clusters) == 3
    got = ecs.describe_clusters(clusters=clusters + ["nope"], include=[
        "STATISTICS", "TAGS", "SETTINGS"])
    assert [f["reason"] for f in got["failures"]] == ["MISSING"]
    states = set()
    for c in got["clusters"]:
        arn = c["clusterArn"]
        services = pages(ecs, "list_services", "serviceArns", cluster=arn)
        assert len(services) == c["activeServicesCount"]
        for ten in batches(services, 10):
            out = ecs.describe_services(cluster=arn, services=ten,
                                        include=["TAGS"])
            assert [s["serviceArn"] for s in out["services"]] == ten
            assert not out["failures"]
            for s in out["services"]:
                states |= {d["rolloutState"] for d in s["deployments"]}
                assert ("launchType" in s) != (
                    "capacityProviderStrategy" in s)
        for status in ("RUNNING", "STOPPED"):
            tasks = pages(ecs, "list_tasks", "taskArns", cluster=arn,
                          desiredStatus=status)
            for some in batches(tasks, 100):
                out = ecs.describe_tasks(cluster=arn, tasks=some,
                                         include=["TAGS"])
                assert len(out["tasks"]) + len(out["failures"]) == len(some)
                for t in out["tasks"]:
                    assert t["desiredStatus"] in (status, "STOPPED")
                    if t["lastStatus"] == "STOPPED":
                        assert t["stoppedAt"] >= t["createdAt"]
                        assert t["stopCode"] and t["stoppedReason"]
    assert "IN_PROGRESS" in states and "COMPLETED" in states, states


def test_task_definitions_are_listed_both_ways(sim):
    ecs = sim.client("ecs")
    families = pages(ecs, "list_task_definition_families", "families",
                     status="ACTIVE")
    up = pages(ecs, "list_task_definitions", "taskDefinitionArns",
               PaginationConfig={"PageSize": 7})
    down = pages(ecs, "list_task_definitions", "taskDefinitionArns",
                 sort="DESC")
    assert up == down[::-1]
    assert {a.split("/")[1].split(":")[0] for a in up} == set(families)
    d = ecs.describe_task_definition(taskDefinition=down[0],
                                     include=["TAGS"])
    assert d["taskDefinition"]["taskDefinitionArn"] == down[0]
    assert d["taskDefinition"]["registeredAt"].year > 2020
    assert d["tags"]
    assert pages(ecs, "list_task_definitions", "taskDefinitionArns",
                 familyPrefix=families[0])


def test_the_account_can_be_changed(sim):
    ecs = sim.client("ecs")
    where = {"cluster": "prod-main", "service": "cart"}
    before = ecs.describe_services(cluster="prod-main", services=["cart"])
    want = before["services"][0]["desiredCount"] + 1
    s = ecs.update_service(desiredCount=want, **where)["service"]
    assert s["desiredCount"] == want and len(s["deployments"]) == 1
    s = ecs.update_service(forceNewDeployment=True, **where)["service"]
    assert len(s["deployments"]) == 2
    assert s["deployments"][0]["rolloutState"] == "IN_PROGRESS"
    out = ecs.run_task(cluster="prod-main", taskDefinition="cart",
                       startedBy="botocore", count=2)
    assert len(out["tasks"]) == 2 and not out["failures"]
    mine = ecs.list_tasks(cluster="prod-main", startedBy="botocore")
    assert len(mine["taskArns"]) == 2
    t = ecs.stop_task(cluster="prod-main", task=mine["taskArns"][0],
                      reason="because")["task"]
    assert t["stoppedReason"] == "because"
    assert t["desiredStatus"] == "STOPPED"


def test_logs_flow_through_every_operation(sim):
    logs = sim.client("logs")
    groups = pages(logs, "describe_log_groups", "logGroups")
    assert len(groups) > 10
    name = "/ecs/gateway"
    assert name in [g["logGroupName"] for g in groups]
    streams = pages(logs, "describe_log_streams", "logStreams",
                    logGroupName=name)
    assert streams
    end = int(time.time() * 1000) - 30000
    window = {"startTime": end - 120000, "endTime": end}
    events = pages(logs, "filter_log_events", "events", logGroupName=name,
                   PaginationConfig={"PageSize": 50}, **window)
    assert len(events) > 100
    assert [e["timestamp"] for e in events] == sorted(
        e["timestamp"] for e in events)
    assert all(window["startTime"] <= e["timestamp"] <= end for e in events)
    one = streams[0]["logStreamName"]
    some = pages(logs, "filter_log_events", "events", logGroupName=name,
                 logStreamNames=[one], **window)
    assert [e["eventId"] for e in some] == [
        e["eventId"] for e in events if e["logStreamName"] == one]
    got, token = [], None
    while True:
        kw = {"nextToken": token} if token else {}
        page = logs.get_log_events(
            logGroupName=name, logStreamName=one, startFromHead=True,
            limit=20, startTime=window["startTime"], endTime=end + 1, **kw)
        got += page["events"]
        if page["nextForwardToken"] == token:
            break
        token = page["nextForwardToken"]
    assert [e["message"] for e in got] == [e["message"] for e in some]


def test_who_i_am(sim):
    me = sim.client("sts").get_caller_identity()
    assert me["Account"] == "123456789012" and ":assumed-role/" in me["Arn"]
    assert sim.client("iam").list_account_aliases()["AccountAliases"]


def test_errors_are_botocores_exceptions(sim):
    ecs, logs = sim.client("ecs"), sim.client("logs")
    e = expect("ClusterNotFoundException", ecs.list_services, cluster="no")
    assert isinstance(e, ecs.exceptions.ClusterNotFoundException)
    assert e.response["Error"]["Message"] == "Cluster not found."
    assert e.response["ResponseMetadata"]["RequestId"]
    expect("InvalidParameterException", ecs.describe_services,
           cluster="prod-main", services=["a%d" % i for i in range(11)])
    expect("InvalidParameterException", ecs.describe_tasks,
           cluster="prod-main", tasks=["a%d" % i for i in range(101)])
    expect("InvalidParameterException", ecs.list_clusters, maxResults=101)
    expect("InvalidParameterException", ecs.list_clusters, nextToken="zz")
    expect("ServiceNotFoundException", ecs.update_service,
           cluster="prod-main", service="no")
    expect("ClientException", ecs.describe_task_definition,
           taskDefinition="no")
    expect("ResourceNotFoundException", logs.filter_log_events,
           logGroupName="no")
    expect("ResourceNotFoundException", logs.get_log_events,
           logGroupName="/ecs/cart", logStreamName="no")
    expect("UnknownOperationException", ecs.list_account_settings)


def test_a_live_tail_tells_what_was_written(sim):
    own = Sim("--sim-clock", "x10", "--sim-faults",
              "live-sample:StartLiveTail:bytes=2:skip=4,"
              "live-end:StartLiveTail:ms=0:skip=4,"
              "live-error:StartLiveTail:ms=0:skip=4")
    try:
        logs = own.client("logs")
        arn = [g["logGroupArn"] for g in
               logs.describe_log_groups()["logGroups"]
               if g["logGroupName"] == "/ecs/gateway"][0]
        expect("ResourceNotFoundException", logs.start_live_tail,
               logGroupIdentifiers=[arn + "-no"])
        expect("InvalidParameterException", logs.start_live_tail,
               logGroupIdentifiers=["/ecs/gateway"])
        expect("InvalidParameterException", logs.start_live_tail,
               logGroupIdentifiers=[arn, arn], logStreamNames=["x"])
        expect("InvalidParameterException", logs.start_live_tail,
               logGroupIdentifiers=[arn], logStreamNames=["x"],
               logStreamNamePrefixes=["x"])
        own_faults(logs, arn)
        seen = live_events(logs, arn, 20)
        start = min(e["timestamp"] for e in seen)
        known = {(e["logStreamName"], e["timestamp"], e["ingestionTime"],
                  e["message"]) for e in
                 pages(logs, "filter_log_events", "events",
                       logGroupName="/ecs/gateway", startTime=start)}
        for e in seen:
            assert e["logGroupIdentifier"].endswith(":/ecs/gateway")
            assert (e["logStreamName"], e["timestamp"], e["ingestionTime"],
                    e["message"]) in known, e
        held = [logs.start_live_tail(logGroupIdentifiers=[arn])
                for _ in range(15)]
        expect("LimitExceededException", logs.start_live_tail,
               logGroupIdentifiers=[arn])
        for h in held:
            h["responseStream"].close()
        sim.called["logs"] |= own.called["logs"]
    finally:
        own.close()


def own_faults(logs, arn):
    """A sample, then the two ways in which a session ends."""
    stream = logs.start_live_tail(logGroupIdentifiers=[arn])["responseStream"]
    for e in stream:
        update = e.get("sessionUpdate")
        if update and update["sessionMetadata"]["sampled"]:
            assert len(update["sessionResults"]) == 2
            break
    stream.close()
    for code in ("SessionTimeoutException", "SessionStreamingException"):
        s = logs.start_live_tail(logGroupIdentifiers=[arn])["responseStream"]
        try:
            for e in s:
                assert "sessionStart" in e or "sessionUpdate" in e, e
            raise AssertionError("the stream ended without " + code)
        except EventStreamError as e:
            assert code in str(e), e


def live_events(logs, arn, n):
    seen, started = [], False
    stream = logs.start_live_tail(logGroupIdentifiers=[arn])["responseStream"]
    for e in stream:
        if "sessionStart" in e:
            started = True
            assert e["sessionStart"]["logGroupIdentifiers"] == [arn]
            continue
        assert started
        assert not e["sessionUpdate"]["sessionMetadata"]["sampled"]
        seen += e["sessionUpdate"]["sessionResults"]
        if len(seen) >= n:
            break
    stream.close()
    return seen


def test_only_the_right_keys_are_let_in(sim):
    for service, call, unknown, wrong in (
            ("ecs", "list_clusters", "UnrecognizedClientException",
             "InvalidSignatureException"),
            ("sts", "get_caller_identity", "InvalidClientTokenId",
             "SignatureDoesNotMatch")):
        c = sim.client(service, aws_access_key_id="AKIAIOSFODNN7EXAMPLE")
        expect(unknown, getattr(c, call))
        c = sim.client(service, aws_secret_access_key="wrong")
        expect(wrong, getattr(c, call))
        c = sim.client(service, aws_session_token="token")
        expect(unknown, getattr(c, call))


def test_a_generated_world_has_the_size_asked_for(sim):
    big = Sim("--sim-world", "clusters=2,services=40,tasks=600",
              "--sim-clock", "frozen", "--seed", "3")
    try:
        ecs = big.client("ecs")
        services = tasks = 0
        for c in pages(ecs, "list_clusters", "clusterArns"):
            services += len(pages(ecs, "list_services", "serviceArns",
                                  cluster=c,
                                  PaginationConfig={"PageSize": 100}))
            tasks += len(pages(ecs, "list_tasks", "taskArns", cluster=c))
        assert services == 40, services
        assert 500 < tasks < 700, tasks
    finally:
        big.close()


def test_every_operation_served_was_called(sim):
    assert sim.called == SERVED, sim.called


def test_the_aws_cli_reads_it(sim):
    aws = shutil.which("aws")
    if not aws:
        return "skipped: no aws found"
    with tempfile.TemporaryDirectory() as home:
        env = {"PATH": os.environ["PATH"], "HOME": home,
               "AWS_ACCESS_KEY_ID": sim.info["access_key_id"],
               "AWS_SECRET_ACCESS_KEY": sim.info["secret_access_key"],
               "AWS_DEFAULT_REGION": sim.info["region"],
               "AWS_EC2_METADATA_DISABLED": "true"}

        def run(*args):
            out = subprocess.run(
                [aws, *args, "--endpoint-url", sim.info["endpoint"],
                 "--output", "json"], env=env, capture_output=True,
                text=True, timeout=60)
            assert out.returncode == 0, out.stderr
            return json.loads(out.stdout)

        assert len(run("ecs", "list-clusters")["clusterArns"]) == 3
        s = run("ecs", "describe-services", "--cluster", "prod-main",
                "--services", "payments-api")["services"]
        assert s[0]["serviceName"] == "payments-api" and s[0]["events"]
        assert run("sts", "get-caller-identity")["Account"]
        start = str(int(time.time() * 1000) - 60000)
        out = run("logs", "filter-log-events", "--log-group-name",
                  "/ecs/gateway", "--start-time", start)
        assert len(out["events"]) > 10
    return None


def test_sigterm_ends_it_by_the_signal(sim):
    assert sim.close() == -signal.SIGTERM


def main():
    tests = [(n, f) for n, f in globals().items() if n.startswith("test_")]
    if botocore is None:
        print("botocore is missing")
        print("0 passed, 0 failed, %d skipped" % len(tests))
        return 0
    passed = failed = skipped = 0
    sim = Sim()
    for name, f in tests:
        try:
            why = f(sim)
        except Exception as e:  # each test speaks for itself
            failed += 1
            print("FAILED %s: %s: %s" % (name, type(e).__name__, e))
            continue
        passed += not why
        skipped += bool(why)
        print("%s %s" % ("skip " if why else "ok   ", name))
    if sim.child.poll() is None:
        sim.child.kill()
        sim.child.wait()
    print("%d passed, %d failed, %d skipped" % (passed, failed, skipped))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
