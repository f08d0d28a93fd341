"""A small AWS on loopback that notes what it was sent.

It is a proxy for CONNECT with certificates of its own, so that clients keep
the real host names (and choose region and endpoint themselves), and a plain
server for the metadata, container and token endpoints. Keys that it hands out
say where they come from: the role, the caller's key.
"""
import hashlib
import json
import os
import re
import ssl
import subprocess
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

REGIONS = ["us-east-1", "us-west-2", "eu-west-1", "eu-central-1",
           "ap-northeast-3", "us-gov-west-1"]


def make_certificates(folder):
    """A CA and one certificate for every host that the fixtures can name."""
    names = []
    for r in REGIONS:
        names += [f"*.{r}.amazonaws.com", f"portal.sso.{r}.amazonaws.com",
                  f"*.{r}.api.aws"]
    names += ["*.amazonaws.com", "*.cn-north-1.amazonaws.com.cn"]
    conf = os.path.join(folder, "san.cnf")
    with open(conf, "w") as f:
        f.write("subjectAltName=" + ",".join("DNS:" + n for n in names))

    def openssl(*args):
        subprocess.run(["openssl", *args], check=True, cwd=folder,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout",
            "ca.key", "-out", "ca.pem", "-subj", "/CN=test authority",
            "-days", "2")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "host.key",
            "-out", "host.csr", "-subj", "/CN=test host")
    openssl("x509", "-req", "-in", "host.csr", "-CA", "ca.pem", "-CAkey",
            "ca.key", "-CAcreateserial", "-out", "host.pem", "-days", "2",
            "-extfile", "san.cnf")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(os.path.join(folder, "host.pem"),
                        os.path.join(folder, "host.key"))
    return os.path.join(folder, "ca.pem"), tls


def key_for(*parts):
    return "ASIA" + hashlib.sha1("|".join(parts).encode()).hexdigest()[
        :16].upper()


def later(seconds=3600):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(
        time.time() + seconds))


def credentials(*parts, token="Token"):
    key = key_for(*parts)
    return {"AccessKeyId": key, "SecretAccessKey": "secret-" + key,
            token: "token-" + key, "Expiration": later()}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    host = None  # inside a tunnel

    def log_message(self, *args):
        pass

    def do_CONNECT(self):
        self.send_response(200)
        self.end_headers()
        try:
            self.connection = self.server.tls.wrap_socket(
                self.connection, server_side=True)
        except (ssl.SSLError, OSError):
            self.close_connection = True
            return
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", 0)
        self.host = self.path.rsplit(":", 1)[0]
        self.close_connection = False

    def reply(self, status, body, kind="application/json"):
        data = body.encode() if isinstance(body, str) else json.dumps(
            body).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def read(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def note(self, action, **more):
        auth = self.headers.get("Authorization") or ""
        m = re.search(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/", auth)
        more.update(host=self.host, action=action,
                    key=m and m.group(1), region=m and m.group(2),
                    token=self.headers.get("X-Amz-Security-Token"))
        self.server.seen.append(more)
        return more

    def route(self):
        path = urllib.parse.urlsplit(self.path)
        if self.host is None:
            return self.local(path)
        if self.host.startswith("sts"):
            return self.sts(urllib.parse.parse_qs(self.read().decode()))
        if self.host.startswith("portal.sso"):
            return self.sso(urllib.parse.parse_qs(path.query))
        if self.host.startswith("oidc"):
            return self.oidc(json.loads(self.read()))
        body = self.read()
        target = (self.headers.get("X-Amz-Target") or "").split(".")[-1]
        self.note(target or body[:40].decode("latin1"))
        if self.host.startswith("ecs"):
            return self.reply(200, {"clusterArns": []}
                              if target == "ListClusters" else {})
        return self.reply(403, {"__type": "AccessDeniedException",
                                "message": "not here"})

    do_GET = do_POST = do_PUT = route

    def sts(self, form):
        form = {k: v[0] for k, v in form.items()}
        action = form.get("Action", "")
        seen = self.note(action, form={
            k: form[k] for k in ("RoleArn", "RoleSessionName", "ExternalId",
                                 "DurationSeconds", "SerialNumber",
                                 "WebIdentityToken") if k in form})
        role = form.get("RoleArn", "")
        if "Denied" in role:
            return self.sts_error("AccessDenied", "not authorized to perform: "
                                  "sts:AssumeRole")
        if form.get("WebIdentityToken") == "bad-token":
            return self.sts_error("InvalidIdentityToken", "no such token")
        if action == "GetCallerIdentity":
            inner = ("<Arn>arn:aws:sts::123456789012:assumed-role/a/b</Arn>"
                     "<UserId>u</UserId><Account>123456789012</Account>")
        else:
            c = credentials(role, seen["key"] or "anonymous",
                            token="SessionToken")
            inner = ("<Credentials>" + "".join(
                f"<{k}>{v}</{k}>" for k, v in c.items()) + "</Credentials>"
                f"<AssumedRoleUser><Arn>{role}/x</Arn><AssumedRoleId>A:x"
                "</AssumedRoleId></AssumedRoleUser>")
        return self.reply(200, f"<{action}Response xmlns=\"https://sts."
                          f"amazonaws.com/doc/2011-06-15/\"><{action}Result>"
                          f"{inner}</{action}Result></{action}Response>",
                          "text/xml")

    def sts_error(self, code, text):
        self.reply(403, "<ErrorResponse><Error><Type>Sender</Type><Code>"
                   f"{code}</Code><Message>{text}</Message></Error>"
                   "<RequestId>r</RequestId></ErrorResponse>", "text/xml")

    def sso(self, query):
        token = self.headers.get("x-amz-sso_bearer_token")
        account, role = query["account_id"][0], query["role_name"][0]
        self.note("GetRoleCredentials", bearer=token)
        if token in (None, "revoked", "old"):
            return self.reply(401, {"__type": "UnauthorizedException",
                                    "message": "Session token not found or "
                                    "invalid"})
        key = key_for("sso", account, role, token)
        return self.reply(200, {"roleCredentials": {
            "accessKeyId": key, "secretAccessKey": "secret-" + key,
            "sessionToken": "token-" + key,
            "expiration": int((time.time() + 3600) * 1000)}})

    def oidc(self, body):
        self.note("CreateToken")
        if body.get("refreshToken") != "refresh-good":
            return self.reply(400, {"error": "invalid_grant",
                                    "error_description": "no such token"})
        return self.reply(200, {"accessToken": "refreshed", "expiresIn": 3600,
                                "tokenType": "Bearer",
                                "refreshToken": "refresh-next"})

    def local(self, path):
        self.read()
        p = path.path
        if p.startswith("/container"):
            want = {"/container/open": None, "/container/token": "let me in"}
            if p not in want or self.headers.get("Authorization") != want[p]:
                return self.reply(403, {"code": "Denied", "message": "no"})
            return self.reply(200, credentials(p))
        if p == "/latest/api/token":
            if self.command != "PUT" or self.server.imds != "v2":
                return self.reply(404, "", "text/plain")
            return self.reply(200, "imds-token", "text/plain")
        if self.server.imds == "off" or (
                self.server.imds == "v2" and
                self.headers.get("x-aws-ec2-metadata-token") != "imds-token"):
            return self.reply(401, "", "text/plain")
        if p == "/latest/meta-data/iam/security-credentials/":
            return self.reply(200, "machine", "text/plain")
        if p == "/latest/meta-data/iam/security-credentials/machine":
            return self.reply(200, dict(credentials("imds"), Code="Success",
                                        Type="AWS-HMAC"))
        if p == "/latest/meta-data/placement/availability-zone":
            return self.reply(200, "us-west-2b", "text/plain")
        return self.reply(404, "", "text/plain")


class FakeAws:
    def __init__(self, tls, imds="off"):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.tls, self.server.imds = tls, imds
        self.server.seen = []
        threading.Thread(target=self.server.serve_forever, args=(0.02,),
                         daemon=True).start()

    @property
    def port(self):
        return self.server.server_address[1]

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        return self.server.seen
