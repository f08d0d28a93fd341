"""What tries to take over the terminal of who reads it, in every text that
ECS answers with: nothing of it leaves by --once, whatever the form, nor by
stderr. The corpus is that of the log view (sim/simlog_hostile.c)."""
import itertools
import json
import subprocess
import threading
import unicodedata
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import common

NOW = 1795271527
ARN = "arn:aws:ecs:eu-west-1:123456789012:"
corpus = []
lines = None
denied = None


def evil():
    return next(lines)


def numbered(items):
    return [f"{i:032x}" for i in range(items)]


def deployment(i):
    return {"id": f"ecs-svc/{i}", "status": "PRIMARY" if i == 0 else evil(),
            "taskDefinition": ARN + "task-definition/web:1" + evil(),
            "desiredCount": 2, "runningCount": 1, "createdAt": NOW - 900,
            "updatedAt": NOW - 60, "rolloutState": evil() if i else "FAILED",
            "rolloutStateReason": evil(), "launchType": evil()}


def service(i):
    name = f"svc{i}"
    return {"serviceName": name + evil(), "status": "ACTIVE",
            "serviceArn": ARN + f"service/prod/{name}",
            "clusterArn": ARN + "cluster/prod", "desiredCount": 2,
            "runningCount": 1, "pendingCount": 0, "launchType": evil(),
            "taskDefinition": ARN + "task-definition/web:1" + evil(),
            "deployments": [deployment(k) for k in range(2)],
            "events": [{"id": str(k), "createdAt": NOW - k,
                        "message": evil()} for k in range(5)],
            "tags": [{"key": evil(), "value": evil()}],
            "createdAt": NOW - 9000, "schedulingStrategy": evil(),
            "platformVersion": evil(), "roleArn": evil(),
            "createdBy": evil(), "availabilityZoneRebalancing": evil()}


def task(i):
    return {"taskArn": ARN + f"task/prod/{i}", "clusterArn": ARN +
            "cluster/prod", "lastStatus": evil(), "desiredStatus": evil(),
            "taskDefinitionArn": ARN + "task-definition/web:1" + evil(),
            "group": "service:svc0" + evil(), "startedBy": evil(),
            "stoppedReason": evil(), "stopCode": evil(), "cpu": evil(),
            "memory": evil(), "availabilityZone": evil(),
            "launchType": evil(), "healthStatus": evil(),
            "createdAt": NOW - 900, "stoppedAt": NOW - 60,
            "tags": [{"key": evil(), "value": evil()}],
            "attachments": [{"type": evil(), "status": evil(), "details": [
                {"name": evil(), "value": evil()}]}],
            "containers": [{"name": evil(), "image": evil(), "exitCode": 1,
                            "lastStatus": evil(), "reason": evil(),
                            "runtimeId": evil(), "healthStatus": evil()}]}


def cluster(name):
    return {"clusterArn": ARN + "cluster/" + name, "clusterName": name +
            evil(), "status": evil(), "activeServicesCount": 1,
            "capacityProviders": [evil()],
            "settings": [{"name": "containerInsights", "value": evil()}],
            "tags": [{"key": evil(), "value": evil()}]}


def definition():
    return {"taskDefinitionArn": ARN + "task-definition/web:1",
            "family": evil(), "revision": 1, "networkMode": evil(),
            "containerDefinitions": [{
                "name": evil(), "image": evil(), "logConfiguration": {
                    "logDriver": evil(), "options": {evil(): evil()}}}]}


ANSWERS = {
    "ListClusters": lambda q: {"clusterArns": [ARN + "cluster/prod"]},
    "DescribeClusters": lambda q: {"clusters": [cluster("prod")],
                                   "failures": []},
    "ListServices": lambda q: {"serviceArns": [
        ARN + f"service/prod/svc{i}" for i in range(8)]},
    "DescribeServices": lambda q: {"services": [
        service(a[-1]) for a in q["services"]], "failures": []},
    "ListTasks": lambda q: {"taskArns": [
        ARN + "task/prod/" + i for i in numbered(6)]},
    "DescribeTasks": lambda q: {"tasks": [
        task(a.split("/")[-1]) for a in q["tasks"]], "failures": []},
    "DescribeTaskDefinition": lambda q: {"taskDefinition": definition()},
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        op = self.headers.get("X-Amz-Target", "").split(".")[-1]
        status = 200
        if op in ANSWERS and op != denied:
            answer = ANSWERS[op](json.loads(body))
        else:
            status = 400
            answer = {"__type": "AccessDeniedException", "message": evil()}
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("x-amzn-RequestId", "1-2")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def harmless(text):
    for c in text:
        assert c in "\t\n" or unicodedata.category(c) not in ("Cc", "Cs"), \
            ascii(text)
        assert not (0x202a <= ord(c) <= 0x202e or 0x2066 <= ord(c) <= 0x2069
                    or 0xe0000 <= ord(c) <= 0xe007f), ascii(text)


def strings(o):
    if isinstance(o, dict):
        o = list(o) + list(o.values())
    if isinstance(o, list):
        for x in o:
            yield from strings(x)
    elif isinstance(o, str):
        yield o


def once(view, form):
    p = subprocess.run([common.BIN, "--once", "-o", form, view], env=env,
                       stdin=subprocess.DEVNULL, capture_output=True,
                       timeout=60)
    out, err = p.stdout.decode(), p.stderr.decode()
    harmless(out)
    harmless(err)
    if form == "json" and out:
        for s in strings(json.loads(out)):
            harmless(s)
    return p.returncode, out, err


def rows_are_plain_text():
    seen = ""
    for view, rows in (("services", 8), ("tasks", 6), ("clusters", 1)):
        for form in ("tsv", "json", "table"):
            for _ in range(3):  # other lines in other places each time
                status, out, err = once(view, form)
                assert status == 0, (view, form, status, err)
                seen += out
        status, out, err = once(view, "tsv")
        table = out.rstrip("\n").split("\n")
        assert len(table) == rows + 1, out
        assert len({line.count("\t") for line in table}) == 1, out
    assert "after" in seen  # it is there, and tame


def complaints_are_plain_text():
    global denied
    for denied in ("ListClusters", "DescribeServices", "ListServices"):
        for _ in range(4):
            status, out, err = once("services", "tsv")
            assert status == 1 and "ecsdash" in err, (status, err)
    denied = None


sim = common.Simulator("--seed", "3", "--sim-world", "clusters=1,services=1,"
                       "tasks=4,hostile=1", "--sim-clock", "frozen")
logs = sim.client("logs")
for group in logs.describe_log_groups()["logGroups"]:
    for e in logs.filter_log_events(logGroupName=group["logGroupName"])[
            "events"]:
        if len(e["message"]) < 2000 and e["message"] not in corpus:
            corpus.append(e["message"])
assert len(corpus) > 30, len(corpus)
lines = itertools.cycle(corpus)
server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
env = dict(sim.env(),
           AWS_ENDPOINT_URL=f"http://127.0.0.1:{server.server_port}")
try:
    common.run([rows_are_plain_text, complaints_are_plain_text])
finally:
    server.shutdown()
    sim.close()
