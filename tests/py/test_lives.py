"""The running dashboard outlives its credentials: three sets of them expire
under it, from each kind of source, and nothing is lost: no row, no action. And
a session that can't be renewed keeps its screen until a person signs in."""
import hashlib
import json
import os
import select
import tempfile
import time

import common
from pty_screen import Screen

ROLE = "arn:aws:iam::123456789012:role/"
ROWS = "services(30)"
WRONG = ("STALE", "xpired", "rror", "No AWS credentials", "denied")


class Place:
    """A simulator, a home with profiles for it, and a dashboard."""

    def __init__(self, profile, *sim_args, **env):
        self.home = tempfile.mkdtemp(dir=os.environ.get("TMPDIR"))
        self.journal = os.path.join(self.home, "journal")
        self.sim = common.Simulator("--seed", "5", "--demo=quiet",
                                    "--sim-journal", self.journal, *sim_args)
        self.info = i = self.sim.info
        os.makedirs(self.home + "/.aws/sso/cache", 0o700)
        self.write(".aws/credentials",
                   f"[base]\naws_access_key_id={i['access_key_id']}\n"
                   f"aws_secret_access_key={i['secret_access_key']}\n")
        fetch = self.write("fetch.py", "import urllib.request as u\n"
                           f"print(u.urlopen('{i['process_uri']}').read()"
                           ".decode())\n")
        self.write(".aws/config", f"""
[profile role]
role_arn = {ROLE}oncall
source_profile = base
[profile process]
credential_process = python3 {fetch}
[profile sso]
sso_session = main
sso_account_id = 123456789012
sso_role_name = OnCall
[sso-session main]
sso_start_url = https://example.com/start
sso_region = eu-west-1
[profile older]
sso_start_url = https://example.com/old
sso_region = eu-west-1
sso_account_id = 123456789012
sso_role_name = OnCall
[profile login]
login_session = {i['login_session']}
""")
        self.profile, self.env = profile, env
        self.action = None

    def write(self, name, text):
        path = os.path.join(self.home, name)
        with open(path + ".new", "w",
                  opener=lambda p, f: os.open(p, f, 0o600)) as f:
            f.write(text)
        os.rename(path + ".new", path)
        return path

    def token(self, name, seconds, **more):
        """What `aws sso login` leaves behind."""
        end = time.strftime("%Y-%m-%dT%H:%M:%SZ",
                            time.gmtime(time.time() + seconds))
        self.write(f".aws/sso/cache/{hashlib.sha1(name.encode()).hexdigest()}"
                   ".json", json.dumps(dict(
                       startUrl="https://example.com/start",
                       region="eu-west-1", expiresAt=end, **more)))

    def login(self):
        """What `aws login` leaves behind, long ago."""
        i = self.info
        os.makedirs(self.home + "/.aws/login/cache", 0o700)
        name = hashlib.sha256(i["login_session"].encode()).hexdigest()
        self.write(f".aws/login/cache/{name}.json", json.dumps(dict(
            accessToken=dict(accessKeyId="ASIAOLD", secretAccessKey="old",
                             sessionToken="old", accountId=i["account"],
                             expiresAt="2020-01-01T00:00:00Z"),
            refreshToken=i["login_refresh_token"],
            clientId=i["login_client_id"], dpopKey=i["login_dpop_key"])))

    def start(self):
        env = common.clean_env(
            HOME=self.home, AWS_REGION=self.info["region"],
            AWS_ENDPOINT_URL=self.info["endpoint"], **self.env)
        args = ["--profile", self.profile] if self.profile else []
        self.screen = Screen([common.BIN, "--refresh", "1", *args], env)
        self.screen.wait(ROWS, "30 ok", "auth-api")
        return self.screen

    def calls(self, **like):
        with open(self.journal) as f:
            found = [json.loads(line) for line in f]
        return [x for x in found
                if all(x[k] == v for k, v in like.items())]

    def keys_used(self):
        return {x["access_key"] for x in self.calls(service="ecs", status=200)}

    def settle(self):
        """What has come; whether the screen is complete."""
        s = self.screen
        while select.select([s.fd], [], [], 0.05)[0]:
            s.feed(os.read(s.fd, 65536))
        return s.text()

    def close(self):
        if hasattr(self, "screen"):
            self.screen.close()
        self.sim.close()


# A life is 12 s. Credentials are renewed ten seconds after the last ones at
# the earliest, so the third expires 32 s after the start.
LIFE = "ttl=12"


def sources():
    role = Place("role", "--sim-creds", LIFE)
    process = Place("process", "--sim-creds", LIFE)
    node = Place(None, "--sim-creds", LIFE)
    node.env = {"AWS_EC2_METADATA_DISABLED": "false",
                "AWS_EC2_METADATA_SERVICE_ENDPOINT":
                    node.info["imds_endpoint"]}
    task = Place(None, "--sim-creds", LIFE)
    task.env = {"AWS_CONTAINER_CREDENTIALS_FULL_URI":
                task.info["container_uri"],
                "AWS_CONTAINER_AUTHORIZATION_TOKEN":
                task.info["container_token"]}
    sso = Place("sso", "--sim-creds", LIFE)
    sso.token("main", -60, accessToken="over",
              clientId=sso.info["client_id"],
              clientSecret=sso.info["client_secret"],
              registrationExpiresAt="2099-01-01T00:00:00Z",
              refreshToken=sso.info["refresh_token"])
    # The source says an hour, the service knows better.
    liar = Place("role", "--sim-creds", LIFE + ",told=3600")
    login = Place("login", "--sim-creds", LIFE)
    login.login()
    return [role, process, node, task, sso, liar, login]


def restart(place):
    """R, Tab, Enter, on whatever service the cursor is on; in steps, since
    keys typed ahead never confirm."""
    s = place.screen
    s.keys("R")
    s.wait("RESTART")
    s.keys("\t")
    time.sleep(0.3)
    s.keys("\r")
    s.wait("Restarting", gone="RESTART")


def three_expiries_lose_nothing():
    places = sources()
    try:
        for p in places:
            p.start()
        begun = time.monotonic()
        done = restarts = 0
        while (now := time.monotonic() - begun) < 42:
            for p in places:
                text = p.settle()
                assert ROWS in text and "auth-api" in text, text
                for word in WRONG:
                    assert word not in text, (p.profile, word, text)
            if now > 11.5 + 12 * done:  # about when a life ends
                done += 1
                for p in places:
                    restart(p)
                restarts += 1
        for p in places:
            what = (p.profile, p.env)
            assert len(p.keys_used()) >= 4, (what, p.keys_used())
            # One that met the end of a life may still be under way.
            end = time.monotonic() + 20
            while len(p.calls(action="UpdateService", status=200)) < restarts \
                    and time.monotonic() < end:
                text = p.settle()
            sent = p.calls(action="UpdateService", status=200)
            assert len(sent) == restarts, (what, sent, text)
            # A machine's service, and a source that lies, hand out what ends
            # under a call: that call is sent again. Nobody else sends any.
            odd = [x for x in p.calls() if x["status"] >= 400]
            late = p in (places[2], places[5])
            assert len(odd) >= 3 if late else not odd, (what, odd)
        renewed = places[4].calls(service="sso-oauth", action="CreateToken")
        assert len(renewed) == 1, renewed
        cache = [f for f in os.listdir(places[4].home + "/.aws/sso/cache")]
        assert len(cache) == 1, cache
        with open(places[4].home + "/.aws/sso/cache/" + cache[0]) as f:
            assert json.load(f)["accessToken"] != "over"
    finally:
        for p in places:
            p.close()


def a_session_that_is_over_keeps_its_screen_until_a_new_one():
    p = Place("older", "--sim-creds", LIFE)
    try:
        p.token("https://example.com/old", 8,
                accessToken=p.info["sso_token"])
        s = p.start()
        text = s.wait("STALE", "aws sso login", seconds=40)
        assert "aws sso login --profile older" in " ".join(text.split()), text
        assert ROWS in text and "auth-api" in text, text
        s.keys("jj")  # keys work
        before = len(p.calls(service="ecs", status=200))
        p.token("https://example.com/old", 3600,
                accessToken=p.info["sso_token"])
        s.wait(ROWS, "30 ok", "s ago", gone="STALE", seconds=30)
        assert len(p.calls(service="ecs", status=200)) > before
    finally:
        p.close()


if __name__ == "__main__":
    common.run([three_expiries_lose_nothing,
                a_session_that_is_over_keeps_its_screen_until_a_new_one])
