"""The whole program on a machine that has nothing but a metadata service: an
instance's role and region, a container's credentials, and no service at all.
"""
import http.server
import json
import os
import socket
import subprocess
import threading
import time

import common

CREDS = {"Code": "Success", "AccessKeyId": "ASIAINSTANCE",
         "SecretAccessKey": "s", "Token": "instance-token",
         "Expiration": "2099-01-01T00:00:00Z"}
ROLES = "/latest/meta-data/iam/security-credentials/"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, body, status=200):
        body = body.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_PUT(self):
        self.server.log.append(("PUT", self.path, dict(self.headers)))
        self.answer("token" if self.path == "/latest/api/token" else "")

    def do_GET(self):
        self.server.log.append(("GET", self.path, dict(self.headers)))
        pages = {ROLES: "web", ROLES + "web": json.dumps(CREDS),
                 "/latest/meta-data/placement/availability-zone":
                 "ap-south-1c", "/task": json.dumps(CREDS)}
        if self.path in pages:
            self.answer(pages[self.path])
        else:
            self.answer("", 404)

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.log.append(("POST", self.path, dict(self.headers)))
        self.answer('{"clusterArns":[]}')

    def log_message(self, *_):
        pass


class Machine:
    """The metadata service and ECS, on one port."""

    def __enter__(self):
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.http.log = []
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, args=(0.05,),
                         daemon=True).start()
        return self

    def __exit__(self, *_):
        self.http.shutdown()
        self.http.server_close()

    def posts(self):
        return [h for m, _, h in self.http.log if m == "POST"]


def once(**env):
    env.setdefault("AWS_EC2_METADATA_DISABLED", "false")
    return subprocess.run([common.BIN, "--once", "clusters"],
                          env=common.clean_env(**env), capture_output=True,
                          text=True, timeout=60)


def an_instance_needs_no_configuration():
    with Machine() as m:
        out = once(AWS_EC2_METADATA_SERVICE_ENDPOINT=m.url,
                   AWS_ENDPOINT_URL=m.url)
        assert out.returncode == 0, out
        for h in m.posts():
            assert "Credential=ASIAINSTANCE/" in h["Authorization"], h
            assert "/ap-south-1/" in h["Authorization"], h
            assert h["X-Amz-Security-Token"] == "instance-token", h
        assert m.posts()
        for method, path, h in m.http.log:
            if method == "GET":
                assert h["x-aws-ec2-metadata-token"] == "token", (path, h)


def a_configured_region_is_not_asked_for():
    with Machine() as m:
        out = once(AWS_EC2_METADATA_SERVICE_ENDPOINT=m.url,
                   AWS_ENDPOINT_URL=m.url, AWS_REGION="eu-west-3")
        assert out.returncode == 0, out
        assert not any("placement" in path for _, path, _ in m.http.log)
        assert "/eu-west-3/" in m.posts()[0]["Authorization"]


def keys_that_are_configured_ask_nobody():
    with Machine() as m:
        out = once(AWS_EC2_METADATA_SERVICE_ENDPOINT=m.url,
                   AWS_ENDPOINT_URL=m.url, AWS_REGION="eu-west-3",
                   AWS_ACCESS_KEY_ID="AKIDEXAMPLE",
                   AWS_SECRET_ACCESS_KEY="s")
        assert out.returncode == 0, out
        assert all(method == "POST" for method, _, _ in m.http.log)


def a_container_has_its_credentials_before_the_instance():
    with Machine() as m:
        out = once(AWS_CONTAINER_CREDENTIALS_FULL_URI=m.url + "/task",
                   AWS_CONTAINER_AUTHORIZATION_TOKEN="secret-of-the-pod",
                   AWS_EC2_METADATA_SERVICE_ENDPOINT=m.url,
                   AWS_ENDPOINT_URL=m.url, AWS_REGION="eu-west-3")
        assert out.returncode == 0, out
        paths = [(x, path) for x, path, _ in m.http.log if x != "POST"]
        assert paths == [("GET", "/task")], paths
        assert m.http.log[0][2]["Authorization"] == "secret-of-the-pod"
        assert "ASIAINSTANCE" in m.posts()[0]["Authorization"]


def without_a_service_it_says_so_soon():
    deaf = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
    for env, code, words in (
            ({"AWS_REGION": "eu-west-3"}, 3, "No AWS credentials were found"),
            ({}, 2, "No region is set")):
        begin = time.monotonic()
        out = once(AWS_EC2_METADATA_SERVICE_ENDPOINT=url,
                   AWS_ENDPOINT_URL="http://127.0.0.1:1", **env)
        assert out.returncode == code and words in out.stderr, out
        # A token and the first version, a second each; and some slack.
        assert time.monotonic() - begin < 6, out
    deaf.close()


def a_service_that_is_switched_off_is_not_asked():
    with Machine() as m:
        out = once(AWS_EC2_METADATA_SERVICE_ENDPOINT=m.url,
                   AWS_EC2_METADATA_DISABLED="true", AWS_ENDPOINT_URL=m.url,
                   AWS_REGION="eu-west-3")
        assert out.returncode == 3, out
        assert "AWS_EC2_METADATA_DISABLED" in out.stderr, out
        assert not m.http.log


if __name__ == "__main__":
    os.environ.pop("http_proxy", None)
    common.run([an_instance_needs_no_configuration,
                a_configured_region_is_not_asked_for,
                keys_that_are_configured_ask_nobody,
                a_container_has_its_credentials_before_the_instance,
                without_a_service_it_says_so_soon,
                a_service_that_is_switched_off_is_not_asked])
