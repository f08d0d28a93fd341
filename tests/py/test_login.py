"""A session of `aws login` that has ended, renewed against the simulator, which
judges the proof by itself; and what is said when it is not to be had."""
import calendar
import hashlib
import json
import os
import subprocess
import tempfile
import time

import common


class Place:
    """A simulator, and a home with a session whose credentials are over."""

    def __init__(self, *sim_args, **changed):
        self.home = tempfile.mkdtemp(dir=os.environ.get("TMPDIR"))
        self.journal = os.path.join(self.home, "journal")
        self.sim = common.Simulator("--sim-journal", self.journal,
                                    "--demo=quiet", *sim_args)
        i = self.sim.info
        os.makedirs(self.home + "/.aws/login/cache", 0o700)
        with open(self.home + "/.aws/config", "w") as f:
            f.write("[profile login]\n"
                    f"login_session = {i['login_session']}\n")
        self.file = (self.home + "/.aws/login/cache/" + hashlib.sha256(
            i["login_session"].encode()).hexdigest() + ".json")
        self.first = dict(
            accessToken=dict(accessKeyId="ASIAOLD", secretAccessKey="old",
                             sessionToken="old", accountId=i["account"],
                             expiresAt="2020-01-01T00:00:00Z"),
            tokenType="aws_sigv4", idToken="kept",
            refreshToken=i["login_refresh_token"],
            clientId=i["login_client_id"], dpopKey=i["login_dpop_key"])
        self.first.update(changed)
        with open(self.file, "w",
                  opener=lambda p, f: os.open(p, f, 0o600)) as f:
            json.dump(self.first, f)

    def once(self, *args):
        env = common.clean_env(HOME=self.home, PATH="/nowhere",
                               AWS_REGION=self.sim.info["region"],
                               AWS_ENDPOINT_URL=self.sim.info["endpoint"])
        p = subprocess.run([common.BIN, "--profile", "login", "--once",
                            "--wait", "0", "clusters", *args], env=env,
                           stdin=subprocess.DEVNULL, capture_output=True,
                           text=True, timeout=60)
        for secret in ("refreshToken", "dpopKey"):
            for line in self.first[secret].splitlines():
                assert line not in p.stderr
        return p.returncode, p.stdout, p.stderr

    def renewals(self):
        with open(self.journal) as f:
            found = [json.loads(line) for line in f]
        return [x["status"] for x in found
                if x["action"] == "CreateOAuth2Token"]


def it_is_renewed_and_written_back():
    p = Place()
    status, out, err = p.once()
    assert status == 0 and "prod-main" in out, (status, err)
    with open(p.file) as f:
        now = json.load(f)
    assert os.stat(p.file).st_mode & 0o777 == 0o600
    token = now["accessToken"]
    assert token["accessKeyId"].startswith("ASIA"), now
    assert token["accessKeyId"] != "ASIAOLD"
    assert token["accountId"] == p.sim.info["account"]
    left = calendar.timegm(time.strptime(
        token["expiresAt"], "%Y-%m-%dT%H:%M:%SZ")) - time.time()
    assert 800 < left <= 900, token["expiresAt"]
    assert now["refreshToken"] != p.first["refreshToken"]
    for same in ("clientId", "dpopKey", "idToken", "tokenType"):
        assert now[same] == p.first[same]
    assert p.renewals() == [200]
    assert p.once()[0] == 0  # by what stands in the file
    assert p.renewals() == [200]


def the_end_of_the_session_is_said():
    p = Place(refreshToken="gone")
    status, out, err = p.once()
    assert status == 3 and "run `aws login --profile login`" in err, err
    assert "The login session has expired" in err, err


def a_key_of_another_session_is_refused():
    other = Place()
    p = Place(dpopKey=other.sim.info["login_dpop_key"])
    status, out, err = p.once()
    assert status == 3 and "jwk is not the key of the session" in err, err
    assert p.renewals() == [400]
    with open(p.file) as f:
        assert json.load(f) == p.first


def a_proof_is_for_one_place():
    import http.server
    import threading
    import urllib.error
    import urllib.request
    p = Place()
    seen = []

    class Between(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            seen.append((self.headers["dpop"], body))
            self.send_error(500)

        def log_message(self, *args):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Between) as server:
        threading.Thread(target=server.handle_request).start()
        place = "http://127.0.0.1:%d" % server.server_port
        env = common.clean_env(
            HOME=p.home, PATH="/nowhere", AWS_REGION=p.sim.info["region"],
            AWS_ENDPOINT_URL=p.sim.info["endpoint"],
            AWS_ENDPOINT_URL_SIGNIN=place)
        q = subprocess.run([common.BIN, "--profile", "login", "--once",
                            "--wait", "0", "clusters"], env=env,
                           stdin=subprocess.DEVNULL, capture_output=True,
                           text=True, timeout=60)
    assert q.returncode == 3 and "could not be renewed" in q.stderr, q.stderr
    proof, body = seen[0]
    r = urllib.request.Request(
        p.sim.info["endpoint"] + "/v1/token", data=body,
        headers={"DPoP": proof, "Content-Type": "application/json"})
    try:
        urllib.request.urlopen(r)
        assert False, "a proof for another place was taken"
    except urllib.error.HTTPError as e:
        assert "htu" in json.load(e)["message"]


if __name__ == "__main__":
    common.run([it_is_renewed_and_written_back,
                the_end_of_the_session_is_said,
                a_key_of_another_session_is_refused,
                a_proof_is_for_one_place])
