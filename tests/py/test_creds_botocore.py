"""Providers that read files and ask SSO, against botocore's own: each home is
given to both, and what a loopback server then saw must be the same: the calls
of the SSO portal and of OIDC, and key, token and region of the signed call."""
import datetime
import hashlib
import http.server
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time

import common

try:
    import botocore.session  # noqa: F401
    MISSING = None
except ImportError as why:
    MISSING = str(why)

# The AWS CLI's cache of role credentials is botocore's with another folder.
BOTOCORE = """
import os, botocore.session
from botocore.utils import JSONFileCache
s = botocore.session.Session()
r = s.get_component('credential_provider')
r.get_provider('sso').cache = JSONFileCache(
    os.path.expanduser('~/.aws/cli/cache'))
s.create_client('ecs').list_clusters()
"""


class Server(http.server.BaseHTTPRequestHandler):
    seen = []

    def log_message(self, *args):
        pass

    def answer(self, reply):
        body = json.dumps(reply).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.seen.append(("GET", self.path,
                          self.headers.get("x-amz-sso_bearer_token")))
        self.answer({"roleCredentials": {
            "accessKeyId": "ASIASSO", "secretAccessKey": "s",
            "sessionToken": "t",
            "expiration": int((time.time() + 3600) * 1000)}})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/token":
            self.seen.append(("TOKEN", json.loads(body)))
            self.answer({"accessToken": "new", "expiresIn": 3600,
                         "refreshToken": "ref2"})
            return
        scope = re.search(r"Credential=([^/]+)/\d+/([^/]+)/",
                          self.headers.get("Authorization", ""))
        self.seen.append(("SIGNED", scope.groups(),
                          self.headers.get("X-Amz-Security-Token")))
        self.answer({"clusterArns": [], "clusters": []})


def iso(seconds):
    at = time.time() + seconds
    return datetime.datetime.fromtimestamp(
        at, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def sha1(text):
    return hashlib.sha1(text.encode()).hexdigest()


def token(seconds, **more):
    return json.dumps(dict({
        "startUrl": "https://c.example/s", "region": "eu-west-1",
        "accessToken": "tok", "expiresAt": iso(seconds), "clientId": "cid",
        "clientSecret": "sec", "registrationExpiresAt": iso(99999),
        "refreshToken": "ref1"}, **more))


def role_file(**key):
    text = json.dumps(key, sort_keys=True, separators=(",", ":"))
    return f".aws/cli/cache/{sha1(text)}.json"


def role(seconds):
    return json.dumps({"ProviderType": "sso", "Credentials": {
        "AccessKeyId": "CACHED", "SecretAccessKey": "x", "SessionToken": "y",
        "Expiration": iso(seconds)}})


CONFIG, SHARED = ".aws/config", ".aws/credentials"
TOKEN = f".aws/sso/cache/{sha1('corp')}.json"
OLD_TOKEN = f".aws/sso/cache/{sha1('https://c.example/s')}.json"
ROLE = role_file(accountId="123456789012", roleName="Ops", sessionName="corp")
OLD_ROLE = role_file(accountId="123456789012", roleName="Ops",
                     startUrl="https://c.example/s")
P = "[profile p]\nregion = eu-west-1\n"
WHERE = "sso_start_url = https://c.example/s\nsso_region = eu-west-1\n"
WHO = "sso_account_id = 123456789012\nsso_role_name = Ops\n"
SESSION = "[sso-session corp]\n" + WHERE + "sso_registration_scopes = x\n"
NEW = SESSION + P + "sso_session = corp\n" + WHO
OLD = P + WHERE + WHO
KEYS = "aws_access_key_id = AKIASTATIC\naws_secret_access_key = s\n"


def process(text):
    return f"credential_process = {text}\n"


GOOD = """echo '{"Version":1,"AccessKeyId":"AKIAPROC","SecretAccessKey":"s"}'"""

# What botocore sends, or None where it fails; then the home.
CASES = [
    ("ASIASSO", {CONFIG: NEW, TOKEN: token(7200)}),
    ("ASIASSO", {CONFIG: NEW, TOKEN: token(60)}),
    ("ASIASSO", {CONFIG: NEW, TOKEN: token(-60)}),
    ("ASIASSO", {CONFIG: NEW,
                 TOKEN: token(60, registrationExpiresAt=iso(-1))}),
    (None, {CONFIG: NEW, TOKEN: token(-60, registrationExpiresAt=iso(-1))}),
    (None, {CONFIG: NEW, TOKEN: json.dumps({"accessToken": "x"})}),
    (None, {CONFIG: NEW}),
    ("ASIASSO", {CONFIG: OLD, OLD_TOKEN: token(7200)}),
    ("ASIASSO", {CONFIG: OLD, OLD_TOKEN: token(60)}),
    (None, {CONFIG: OLD, OLD_TOKEN: token(-5)}),
    (None, {CONFIG: OLD, TOKEN: token(7200)}),
    (None, {CONFIG: NEW + "sso_region = us-east-1\n", TOKEN: token(7200)}),
    ("ASIASSO", {CONFIG: NEW + WHERE, TOKEN: token(7200)}),
    (None, {CONFIG: P + "sso_session = corp\n" + WHO, TOKEN: token(7200)}),
    (None, {CONFIG: P + "sso_session = corp\n" + WHO + WHERE,
            TOKEN: token(7200)}),
    (None, {CONFIG: SESSION + P + "sso_session = corp\nsso_role_name = x\n",
            TOKEN: token(7200)}),
    ("AKIASTATIC", {CONFIG: SESSION + P + "sso_session = corp\n" + KEYS,
                    TOKEN: token(7200)}),
    ("ASIASSO", {CONFIG: SESSION + P, TOKEN: token(7200),
                 SHARED: "[p]\nsso_session = corp\n" + WHO}),
    ("ASIASSO", {CONFIG: NEW, TOKEN: token(7200), SHARED: "[p]\n" + KEYS}),
    ("ASIASSO", {CONFIG: NEW + process(GOOD), TOKEN: token(7200)}),
    ("CACHED", {CONFIG: NEW, ROLE: role(3600)}),
    ("CACHED", {CONFIG: OLD, OLD_ROLE: role(3600)}),
    ("ASIASSO", {CONFIG: NEW, ROLE: role(600), TOKEN: token(7200)}),
    ("AKIAPROC", {CONFIG: P + process(GOOD)}),
    ("AKIAPROC", {CONFIG: P, SHARED: "[p]\n" + process(GOOD)}),
    ("AKIAPROC", {CONFIG: P + KEYS + process(GOOD)}),
    ("AKIASTATIC", {CONFIG: P + process(GOOD), SHARED: "[p]\n" + KEYS}),
    ("A;$HOME", {CONFIG: P + process(GOOD.replace("AKIAPROC", "A;$HOME"))}),
    (None, {CONFIG: P + process(GOOD.replace("1", "2"))}),
    (None, {CONFIG: P + process("false")}),
    (None, {CONFIG: P + process("/no/such/program")}),
    (None, {CONFIG: P + process("echo nothing")}),
    (None, {CONFIG: P + process(GOOD + " '")}),
]


def members(path):
    """A token file without its times."""
    try:
        with open(path, encoding="utf-8") as f:
            text = json.load(f)
    except FileNotFoundError:
        return None
    return {k: v for k, v in text.items() if not k.lower().endswith("at")}


def observe(command, files, url):
    with tempfile.TemporaryDirectory() as home:
        for name, text in files.items():
            path = os.path.join(home, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
            os.chmod(path, 0o600)
        Server.seen.clear()
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=60,
            stdin=subprocess.DEVNULL,
            env={"HOME": home, "PATH": os.environ["PATH"],
                 "AWS_PROFILE": "p", "AWS_ENDPOINT_URL": url,
                 "AWS_EC2_METADATA_DISABLED": "true"})
        signed = [s[1:] for s in Server.seen if s[0] == "SIGNED"]
        return {"signed": signed[0] if signed else None,
                "asked": [s for s in Server.seen if s[0] != "SIGNED"],
                "token": members(os.path.join(home, TOKEN)),
                "good": done.returncode == 0}, done.stderr


def providers_do_as_botocore_does():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    wrong = []
    for key, files in CASES:
        theirs, said = observe([sys.executable, "-c", BOTOCORE], files, url)
        sent = theirs["signed"][0][0] if theirs["signed"] else None
        assert sent == key, f"botocore: {key} {files} {said}"
        ours, said = observe([common.BIN, "--once"], files, url)
        if ours != theirs:
            wrong.append(f"{files}\n  {theirs}\n  {ours}\n  {said}")
    server.shutdown()
    server.server_close()
    assert not wrong, "\n".join(wrong)


if __name__ == "__main__":
    common.run([providers_do_as_botocore_does], MISSING)
