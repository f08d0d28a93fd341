"""Where the secrets go. Secrets of every kind are planted; then everything
that the program gives away is searched for them: all bytes that reach the
terminal, standard output and error, every file below the home, the arguments
of all its processes and the environment of its children. Whatever is found is
a leak; that the search finds things is shown with secrets put there on
purpose."""
import base64
import hashlib
import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request

import common
from pty_screen import SEQUENCE, Screen

ROLE = "arn:aws:iam::123456789012:role/"
CHUNK = 12  # as much of a secret is as bad as the whole
TASK_VALUE = "postgres://10.0.3.9"  # the log names its address, too
ESC = "\x1b"


def forms(secret):
    """The texts that give it away: its pieces, and its usual encodings."""
    raw = secret.encode()
    out = {raw}
    for at in range(0, len(raw) - CHUNK + 1, CHUNK):
        out.add(raw[at:at + CHUNK])
    if len(raw) >= CHUNK:
        for pad in range(3):  # wherever it begins in the encoded text
            text = base64.b64encode(b"\0" * pad + raw)
            out.add(text[4 if pad else 0:][:len(raw) * 4 // 3 - 4])
        out.add(raw.hex().encode())
        out.add(raw.hex().upper().encode())
        out.add(urllib.parse.quote(raw, safe="").encode())
    return out


class Search:
    def __init__(self):
        self.needles = {}  # text: name of its secret
        self.found = set()

    def plant(self, name, secret):
        assert secret and len(secret) >= 6, name
        for form in forms(secret):
            self.needles.setdefault(form, name)
        return secret

    def look(self, where, data, but=()):
        """But: secrets that belong there."""
        for text in (bytes(data), b"".join(SEQUENCE.sub(b"", data).split())):
            for needle, name in self.needles.items():
                if name not in but and needle in text:
                    self.found.add((where, name))

    def look_at_files(self, top, own):
        """own: path and the names of what the user keeps there."""
        for folder, _, names in os.walk(top):
            for name in names:
                path = os.path.join(folder, name)
                self.look(path, path.encode())
                with open(path, "rb") as f:
                    self.look(path, f.read(), own.get(path, ()))

    def take(self):
        found, self.found = sorted(self.found), set()
        return found


def read_bytes(path):
    try:
        with open(path, "rb") as f:
            return f.read()
    except OSError:
        return b""


def children(of):
    parents = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        stat = read_bytes(f"/proc/{pid}/stat")
        if stat:
            parents[int(pid)] = int(stat.rsplit(b")", 1)[1].split()[1])
    family = {of}
    while more := {p for p, q in parents.items() if q in family} - family:
        family |= more
    return family - {of}


class Watch(threading.Thread):
    """ps, again and again while a process runs."""

    def __init__(self, search, pid, but=()):
        super().__init__(daemon=True)
        self.search, self.pid, self.but = search, pid, but
        self.over = threading.Event()
        self.seen = set()
        self.start()

    def run(self):
        while not self.over.wait(0.02):
            ours = read_bytes(f"/proc/{self.pid}/cmdline")
            self.search.look("ps", ours)
            for pid in children(self.pid):
                line = read_bytes(f"/proc/{pid}/cmdline")
                self.search.look("ps", line)
                self.seen.add(line)
                # credential_process is the user's own program and gets what
                # he has; nothing else does.
                if b"fetch.py" in line:
                    continue
                env = read_bytes(f"/proc/{pid}/environ")
                # Before its exec a child is still a copy of us.
                if line not in (b"", ours) and line == read_bytes(
                        f"/proc/{pid}/cmdline"):
                    self.search.look("environment of " + line.decode(), env,
                                     self.but)

    def end(self):
        self.over.set()
        self.join()


class Place:
    def __init__(self):
        self.top = tempfile.mkdtemp(dir=os.environ.get("TMPDIR"))
        self.home = os.path.join(self.top, "home")
        os.makedirs(self.home + "/.aws/sso/cache", 0o700)
        os.makedirs(self.home + "/.aws/login/cache", 0o700)
        self.journal = os.path.join(self.top, "journal")
        self.sim = common.Simulator("--seed", "7", "--sim-journal",
                                    self.journal)
        self.info = i = self.sim.info
        self.search = Search()
        self.own = {}
        plant = self.search.plant
        self.secret = plant("secret key", i["secret_access_key"])
        for name in ("container_token", "web_identity_token", "sso_token",
                     "refresh_token", "client_secret"):
            plant(name, i[name])
        for n, key in enumerate(i["keys"]):
            plant(f"secret key of user {n}", key["secret_access_key"])
        plant("external id", "sim-external-id")
        plant("task environment", TASK_VALUE)
        self.decoy = plant("another secret key", secrets.token_hex(20))
        self.decoy_token = plant("another session token",
                                 secrets.token_hex(40))
        self.proxy = plant("proxy password", secrets.token_hex(16))
        self.files()

    def give(self):
        """Credentials in the credential_process format."""
        with urllib.request.urlopen(self.info["process_uri"]) as reply:
            got = json.loads(reply.read())
        self.search.plant("a role's secret key", got["SecretAccessKey"])
        self.search.plant("a role's session token", got["SessionToken"])
        return got

    def write(self, name, text, *own, mode=0o600):
        path = os.path.join(self.home, name)
        with open(path, "w", opener=lambda p, f: os.open(p, f, mode)) as f:
            f.write(text)
        self.own[path] = own
        return path

    def files(self):
        i = self.info
        self.write(".aws/credentials",
                   f"[base]\naws_access_key_id={i['access_key_id']}\n"
                   f"aws_secret_access_key={self.secret}\n"
                   f"[wrong]\naws_access_key_id=AKIAFOREIGNFOREIGN99\n"
                   f"aws_secret_access_key={self.decoy}\n"
                   f"aws_session_token={self.decoy_token}\n"
                   f"[false]\naws_access_key_id={i['access_key_id']}\n"
                   f"aws_secret_access_key={self.decoy}\n",
                   "secret key", "another secret key",
                   "another session token")
        printed = self.give()
        bin_dir = os.path.join(self.top, "bin")
        os.mkdir(bin_dir)
        self.path = bin_dir + ":" + os.environ["PATH"]
        fetch = os.path.join(bin_dir, "fetch.py")
        with open(fetch, "w") as f:
            f.write(f"print('''{json.dumps(printed)}''')\n")
        broken = os.path.join(bin_dir, "broken-fetch.py")
        with open(broken, "w") as f:
            f.write(f"print('''{json.dumps(printed)[:-1]}''')\n")
        self.cli_saw = os.path.join(self.top, "cli")
        with open(bin_dir + "/aws", "w",
                  opener=lambda p, f: os.open(p, f, 0o700)) as f:
            f.write(f"#!/bin/sh\nenv >{self.cli_saw}\n"
                    f"exec {sys.executable} {fetch}\n")
        web = self.write("web-token", i["web_identity_token"],
                         "web_identity_token")
        self.write("odd-token", self.decoy_token, "another session token")
        self.write(".aws/config", f"""
[profile role]
role_arn = {ROLE}partner
external_id = sim-external-id
source_profile = base
[profile refused]
role_arn = {ROLE}locked
external_id = sim-external-id
source_profile = base
[profile mfa]
role_arn = {ROLE}mfa-admin
mfa_serial = arn:aws:iam::123456789012:mfa/demo
source_profile = base
[profile web]
role_arn = {ROLE}web
web_identity_token_file = {web}
[profile webwrong]
role_arn = {ROLE}web
web_identity_token_file = {self.home}/odd-token
[profile process]
credential_process = {sys.executable} {fetch}
[profile broken]
credential_process = {sys.executable} {broken}
[profile login]
login_session = arn:aws:iam::123456789012:user/me
[profile sso]
sso_session = main
sso_account_id = 123456789012
sso_role_name = OnCall
[sso-session main]
sso_start_url = https://example.com/start
sso_region = eu-west-1
[profile ssowrong]
sso_session = other
sso_account_id = 123456789012
sso_role_name = OnCall
[sso-session other]
sso_start_url = https://example.com/other
sso_region = eu-west-1
""", "external id")
        self.token("main", "long gone", i["refresh_token"],
                   "refresh_token", "client_secret", "new sso tokens")
        self.token("other", self.decoy_token, self.decoy,
                   "another session token", "another secret key",
                   "client_secret")
        login = hashlib.sha256(
            b"arn:aws:iam::123456789012:user/me").hexdigest()
        self.write(f".aws/login/cache/{login}.json", json.dumps(
            {"accessToken": {"accessKeyId": "ASIAOLD",
                             "secretAccessKey": self.decoy,
                             "sessionToken": self.decoy_token,
                             "accountId": "123456789012",
                             "expiresAt": "2020-01-01T00:00:00Z"}}),
            "another secret key", "another session token")

    def token(self, session, access, refresh, *own):
        name = hashlib.sha1(session.encode()).hexdigest()
        self.sso_cache = getattr(self, "sso_cache", None) or os.path.join(
            self.home, f".aws/sso/cache/{name}.json")
        self.write(f".aws/sso/cache/{name}.json", json.dumps(dict(
            startUrl="https://example.com/start", region="eu-west-1",
            accessToken=access, expiresAt="2020-01-01T00:00:00Z",
            clientId=self.info["client_id"],
            clientSecret=self.info["client_secret"],
            registrationExpiresAt="2099-01-01T00:00:00Z",
            refreshToken=refresh)), *own)

    def env(self, **more):
        """Everything that can hold a secret does, needed or not."""
        proxy = f"http://me:{self.proxy}@127.0.0.1:1"
        env = common.clean_env(
            HOME=self.home, XDG_STATE_HOME=self.home + "/state",
            XDG_CONFIG_HOME=self.home + "/.config",
            XDG_CACHE_HOME=self.home + "/.cache", PATH=self.path,
            AWS_REGION=self.info["region"], HTTPS_PROXY=proxy,
            http_proxy=proxy, ALL_PROXY=proxy,
            AWS_ENDPOINT_URL=self.info["endpoint"],
            AWS_ACCESS_KEY_ID="AKIAFOREIGNFOREIGN99",
            AWS_SECRET_ACCESS_KEY=self.decoy,
            AWS_SESSION_TOKEN=self.decoy_token,
            AWS_CONTAINER_AUTHORIZATION_TOKEN=self.info["container_token"])
        env.update(more)
        return {k: v for k, v in env.items() if v is not None}

    def run(self, *args, expect=None, **env):
        """One run to its end; whatever it writes is searched."""
        p = subprocess.Popen(
            [common.BIN, *args, "--log-file", self.home + "/diary"],
            env=self.env(**env), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        # The proxy is the CLI's to use as well.
        watch = Watch(self.search, p.pid, ("proxy password",))
        out, err = p.communicate(timeout=60)
        watch.end()
        name = " ".join(args)
        self.search.look("stdout of " + name, out)
        self.search.look("stderr of " + name, err)
        if expect is not None:
            assert (p.returncode == 0) == expect, (name, p.returncode, out,
                                                   err)
        return out + err

    def learn(self):
        """Secrets that came into being meanwhile."""
        with open(self.journal) as f:
            for line in f:
                token = json.loads(line).get("token", "")
                if token and not token.startswith("sha256:"):
                    self.search.plant("a session token", token)
        with open(self.sso_cache) as f:
            cached = json.load(f)
        for name in ("accessToken", "refreshToken"):
            if cached[name] != "long gone":
                self.search.plant("new sso tokens", cached[name])

    def nothing_found(self):
        self.learn()
        self.search.look_at_files(self.home, self.own)
        found = self.search.take()
        assert not found, found

    def close(self):
        self.sim.close()


NO_KEYS = dict(AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None,
               AWS_SESSION_TOKEN=None)


def runs(p):
    """Arguments and environment of a run with each source of credentials, and
    whether it should end well."""
    i = p.info
    got = p.give()
    for name in ("base", "role", "web", "process", "login", "sso"):
        yield ["--profile", name], {}, True
    for name in ("wrong", "false", "refused", "mfa", "webwrong", "broken",
                 "ssowrong", "none"):
        yield ["--profile", name], {}, False
    yield [], dict(AWS_ACCESS_KEY_ID=got["AccessKeyId"],
                   AWS_SECRET_ACCESS_KEY=got["SecretAccessKey"],
                   AWS_SESSION_TOKEN=got["SessionToken"]), True
    yield [], {}, False
    yield [], dict(NO_KEYS, AWS_CONTAINER_CREDENTIALS_FULL_URI=i[
        "container_uri"]), True
    yield [], dict(NO_KEYS, AWS_CONTAINER_CREDENTIALS_FULL_URI=i[
        "container_uri"], AWS_CONTAINER_AUTHORIZATION_TOKEN=p.decoy), False
    yield [], dict(NO_KEYS, AWS_EC2_METADATA_DISABLED="false",
                   AWS_EC2_METADATA_SERVICE_ENDPOINT=i["imds_endpoint"]), True
    yield [], dict(NO_KEYS, AWS_WEB_IDENTITY_TOKEN_FILE=p.home + "/web-token",
                   AWS_ROLE_ARN=ROLE + "web"), True


def no_run_to_an_end_leaks(p):
    n = 0
    for args, env, fine in runs(p):
        n += 1
        p.run("--once", "-o", "json", *args, expect=fine, **env)
        p.run("--once", *args, "tasks", expect=fine, **env)
        p.run("doctor", *args, **env)
    assert n > 15
    p.run("doctor", "-o", "json", "--profile", "base", expect=True)
    p.search.look("environment of the AWS CLI", read_bytes(p.cli_saw),
                  ("proxy password",))
    assert b"HOME=" in read_bytes(p.cli_saw), "the AWS CLI was not run"
    p.nothing_found()


WALK = [
    "d", "y", "d", ESC, "y", "d", ESC, "e", ESC, "c", "C", " ", "*", "U",
    "!", ESC, "?", ESC, "@", ESC, "%", ESC, "W", ESC, ":whoami\r", ESC,
    ":messages\r", ESC, ":set\r", "l", "/a\r", "n", ESC, "q", "r", "S", ESC,
    "R", ESC, "B", ESC, "t", "d", "y", ESC, ESC, "y", ESC, "e", ESC, "c",
    "K", ESC, "\r", "d", ESC, "y", ESC, "c", ESC, ESC, ":tasks\r", "y", ESC,
    "\r", "d", ESC, "y", ESC, ESC,
    ":clusters\r", "d", ESC, "y", ESC, "\r", ESC, ":services\r",
    ":nonsense\r", ":profile nobody\r"]

# What must have been on the screen in the course of it.
WAY = {"> help", "> messages", "> whoami", "SCALE ", "RESTART ", "ROLL BACK ",
       "STOP ", " detail", " json", " events", " log", "OSC 52", "tasks(",
       "clusters(", "containers(", "x shows them", "There is no profile"}


def a_dashboard(p, *args, **env):
    s = Screen([common.BIN, "--log-file", p.home + "/diary", *args],
               p.env(**env), rows=190, cols=120)
    return s, Watch(p.search, s.pid, ("proxy password",))


def answer_mfa(s):
    s.wait("MFA")
    s.keys("42424")
    s.wait("code *****")
    s.keys("2\r")
    s.wait("code ******")
    time.sleep(0.3)  # keys typed ahead never confirm
    s.keys("\r")
    s.wait("services(49", "role/mfa-admin", gone="MFA")


def dies(s):
    """All that it writes on the way."""
    try:
        while data := os.read(s.fd, 65536):
            s.feed(data)
    except OSError:
        pass


def no_view_or_dialog_leaks(p):
    p.search.plant("MFA code", "424242")
    s, watch = a_dashboard(p, "--profile", "mfa", "--refresh", "2")
    try:
        answer_mfa(s)
        seen = set()
        for keys in WALK:
            s.keys(keys)
            s.idle()
            seen |= {w for w in WAY if w in s.text()}
        assert seen == WAY, WAY - seen
        s.keys(":region eu-west-1\r")  # a context of its own: asks again
        answer_mfa(s)
        s.keys("/auth-api\r")
        s.idle()
        s.keys("R")
        s.wait("RESTART auth-api")
        s.keys("\t")
        time.sleep(0.3)
        s.keys("\r")
        s.wait("estarting auth-api", gone="RESTART")
        s.idle()
        s.keys(ESC + ":whoami\r")
        s.wait("mfa-admin")
        os.kill(s.pid, 11)
        dies(s)
        assert b"Backtrace" in s.raw
    finally:
        watch.end()
        s.close()
    audit = read_bytes(p.home + "/state/ecsdash/audit.log")
    assert b"restart" in audit, audit
    assert len(read_bytes(p.home + "/diary")) > 1000
    p.search.look("terminal", s.raw)
    p.nothing_found()


def no_refusal_on_the_screen_leaks(p):
    for args, env in ((["--profile", "wrong"], {}),
                      (["--profile", "ssowrong"], {}),
                      (["--profile", "webwrong"], {}),
                      (["--profile", "broken"], {})):
        s, watch = a_dashboard(p, *args, **env)
        try:
            s.wait("dentity unknown")
            for keys in ("!", ESC, "W", ESC, "?", ESC):
                s.keys(keys)
                s.idle()
            os.kill(s.pid, 6)
            dies(s)
            assert b"Backtrace" in s.raw
        finally:
            watch.end()
            s.close()
        p.search.look("terminal", s.raw)
    p.nothing_found()


def the_simulator_of_the_demo_gets_none(p):
    s, watch = a_dashboard(p, "--demo")
    try:
        s.wait("services(49", "acme-demo")
        s.keys("W")
        s.idle()
    finally:
        watch.end()
        s.close()
    assert any(b"--sim-server" in line for line in watch.seen), watch.seen
    p.search.look("terminal", s.raw)
    p.nothing_found()


def what_is_put_there_is_found(p):
    """In each place where the search looks, by each of its ways."""
    def found(where, name):
        got = p.search.take()
        assert [(w, n) for w, n in got if w.startswith(where) and n == name], \
            (where, name, got)
        assert all(n == name for _, n in got), got
    # On the screen: x reveals what a person wants to see.
    s, watch = a_dashboard(p, "--profile", "base", "tasks")
    try:
        s.wait("tasks(", "RUNNING")
        s.idle()
        s.keys("d")
        s.wait("x shows them")
        s.idle()
        p.search.look("terminal", s.raw)
        assert not p.search.take()
        s.keys("x")
        s.wait(TASK_VALUE)
    finally:
        watch.end()
        s.close()
    p.search.look("terminal", s.raw)
    found("terminal", "task environment")
    # Cut in two by the end of a line, or by a change of colour.
    for cut in (b"\x1b[12;1H", b"\r\n   ", b"\x1b[1m"):
        p.search.look("terminal", b"x " + p.proxy[:9].encode() + cut
                      + p.proxy[9:].encode())
        found("terminal", "proxy password")
    # In files, whole, in part and in other words.
    raw = p.secret.encode()
    for text in (raw, raw[:26], base64.b64encode(b"1" + raw),
                 raw.hex().encode()):
        path = os.path.join(p.home, "planted")
        with open(path, "wb") as f:
            f.write(b"something " + text + b" else")
        p.search.look_at_files(p.home, p.own)
        found(path, "secret key")
        os.remove(path)
    # In ps, and in the environment of a child.
    for line, env, where in (([p.proxy], {}, "ps"),
                             ([], {"A": p.proxy}, "environment")):
        child = subprocess.Popen(["sh", "-c", "read x", "sh", *line],
                                 stdin=subprocess.PIPE, env=env)
        watch = Watch(p.search, os.getpid())
        while not any(b"read x" in x for x in watch.seen):
            time.sleep(0.01)
        watch.end()
        child.communicate()
        found(where, "proxy password")


def with_place(test):
    def run():
        test(place)
    run.__name__ = test.__name__
    return run


if __name__ == "__main__":
    place = Place()
    try:
        common.run([with_place(t) for t in (
            no_run_to_an_end_leaks, no_view_or_dialog_leaks,
            no_refusal_on_the_screen_leaks,
            the_simulator_of_the_demo_gets_none,
            what_is_put_there_is_found)])
    finally:
        place.close()
