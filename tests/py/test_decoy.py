"""A home and an environment full of traps: --demo, --sim-server, --help and
the tests themselves open no file of the user's, take no value of his
environment, and call nobody that it names."""
import ctypes
import json
import os
import select
import socket
import struct
import subprocess
import tempfile
import threading

import common
from pty_screen import Screen

ROOT = os.environ["ECSDASH_ROOT"]
# Opened, read, listed, written, made, moved, removed.
EVENTS = 0x1 | 0x2 | 0x20 | 0x40 | 0x80 | 0x100 | 0x200
FILES = [".aws/config", ".aws/credentials", ".aws/sso/cache/token.json",
         ".aws/cli/cache/role.json", ".aws/login/cache/session.json",
         ".config/ecsdash/config", ".config/ecsdash/themes/default",
         ".config/ecsdash/keys", ".local/state/ecsdash/audit.log",
         ".cache/ecsdash/x", ".netrc", ".curlrc", ".inputrc", "web-token",
         "container-token", "ca.pem", "other/config", "other/credentials"]


class Decoy:
    """A home that tells when it is touched, and a neighbour that tells when
    it is called."""

    def __init__(self):
        self.home = tempfile.mkdtemp(dir=os.environ.get("TMPDIR"))
        for name in FILES:
            path = os.path.join(self.home, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as f:
                f.write("[default]\nregion = decoy-1\n")
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.fd = self.libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        assert self.fd >= 0
        self.folders = {}
        for folder, _, _ in os.walk(self.home):
            wd = self.libc.inotify_add_watch(self.fd, folder.encode(), EVENTS)
            assert wd >= 0, os.strerror(ctypes.get_errno())
            self.folders[wd] = folder
        self.touched()  # by the walk
        self.trap = socket.create_server(("127.0.0.1", 0))
        self.calls = []
        threading.Thread(target=self.answer, daemon=True).start()

    def answer(self):
        while True:
            try:
                c, _ = self.trap.accept()
            except OSError:
                return
            self.calls.append(c.recv(200))
            c.close()

    def env(self, **more):
        url = f"http://127.0.0.1:{self.trap.getsockname()[1]}"
        h = self.home
        env = dict(
            os.environ, HOME=h, AWS_PROFILE="decoy", AWS_REGION="decoy-1",
            AWS_ACCESS_KEY_ID="AKIADECOYDECOYDECOY1",
            AWS_SECRET_ACCESS_KEY="decoy", AWS_SESSION_TOKEN="decoy",
            AWS_CONFIG_FILE=h + "/other/config",
            AWS_SHARED_CREDENTIALS_FILE=h + "/other/credentials",
            AWS_CA_BUNDLE=h + "/ca.pem", AWS_ENDPOINT_URL=url,
            AWS_ENDPOINT_URL_ECS=url, AWS_ENDPOINT_URL_STS=url,
            AWS_CONTAINER_CREDENTIALS_FULL_URI=url + "/container",
            AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=h + "/container-token",
            AWS_WEB_IDENTITY_TOKEN_FILE=h + "/web-token",
            AWS_ROLE_ARN="arn:aws:iam::123456789012:role/decoy",
            AWS_EC2_METADATA_SERVICE_ENDPOINT=url,
            AWS_EC2_METADATA_DISABLED="false", http_proxy=url,
            HTTPS_PROXY=url, ALL_PROXY=url, SSLKEYLOGFILE=h + "/keys")
        for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
            env.pop(name, None)
        env.update(more)
        return env

    def touched(self):
        names = set()
        while select.select([self.fd], [], [], 0)[0]:
            data = os.read(self.fd, 65536)
            while data:
                wd, _, _, n = struct.unpack("iIII", data[:16])
                name = data[16:16 + n].split(b"\0")[0].decode()
                names.add(os.path.join(self.folders[wd], name))
                data = data[16 + n:]
        return names

    def untouched(self, what):
        touched = self.touched()
        assert not touched, (what, touched)
        assert not self.calls, (what, self.calls)
        assert not os.path.exists(self.home + "/keys"), what

    def run(self, *args, **env):
        p = subprocess.run([common.BIN, *args], env=self.env(**env),
                           stdin=subprocess.DEVNULL, capture_output=True,
                           timeout=60)
        assert b"decoy" not in (p.stdout + p.stderr).lower(), p
        return p


def the_trap_works():
    """Without --demo all of it is the program's business."""
    d = Decoy()
    subprocess.run([common.BIN, "--once"], env=d.env(
        AWS_PROFILE="default", AWS_REGION="eu-west-1", AWS_CA_BUNDLE=""),
        stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    touched = d.touched()
    assert d.home + "/other/config" in touched, touched
    assert d.home + "/.config/ecsdash/config" in touched, touched
    assert d.calls


def short_runs_touch_nothing():
    d = Decoy()
    for args in (["--help"], ["--version"], ["--print-keys"],
                 ["--sim-faults", "help"], ["--no-such-option"]):
        d.run(*args)
        d.untouched(args)


def the_demo_touches_nothing():
    d = Decoy()
    journal = os.path.join(tempfile.mkdtemp(dir=os.environ.get("TMPDIR")), "j")
    for args in (["--once"], ["--once", "-o", "json", "tasks"],
                 ["doctor"], ["doctor", "-o", "json"]):
        p = d.run("--demo", "--sim-journal", journal, *args)
        assert p.returncode == 0, (args, p)
        d.untouched(args)
    with open(journal) as f:
        assert "decoy" not in f.read().lower()
    s = Screen([common.BIN, "--demo", "--seed", "7"], d.env())
    try:
        s.wait("services(49", "acme-demo")
        for keys in ("W", "\x1b", "@", "\x1b", "%", "\x1b", "?", "\x1b", "d",
                     "\x1b", "l", "q", ":profile decoy\r", ":region\r",
                     "\x1b", "/auth-api\r"):
            s.keys(keys)
            s.idle()
            assert "decoy-1" not in s.text(), s.text()
        s.keys("R")
        s.wait("RESTART auth-api")
        s.keys("\t")
        s.idle()
        s.keys("\r")
        s.wait("estarting auth-api", gone="RESTART")
        s.keys("Q")
    finally:
        s.close()
    d.untouched("the dashboard")


def the_simulator_touches_nothing():
    d = Decoy()
    p = subprocess.Popen([common.BIN, "--sim-server", "127.0.0.1:0"],
                         stdout=subprocess.PIPE, env=d.env())
    try:
        info = json.loads(p.stdout.readline())
        assert "decoy" not in json.dumps(info)
        out = subprocess.run(
            [common.BIN, "--once"], stdin=subprocess.DEVNULL,
            env=common.clean_env(
                AWS_ACCESS_KEY_ID=info["access_key_id"],
                AWS_SECRET_ACCESS_KEY=info["secret_access_key"],
                AWS_REGION=info["region"], AWS_ENDPOINT_URL=info["endpoint"]),
            capture_output=True, timeout=60)
        assert out.returncode == 0, out
    finally:
        p.kill()
        p.wait()
        p.stdout.close()
    d.untouched("--sim-server")


def the_tests_touch_nothing():
    """One of each kind, run as `make test` does; ECSDASH_DECOY=all runs all
    of them so."""
    which = ("tests/(backend/test_(creds_order|aws_client)|base/test_safefile|"
             "screen/test_start|flow/test_context|py/test_once)")
    if os.environ.get("ECSDASH_DECOY") == "all":
        which = r"test_[^d]|fuzz|test_d[^e]"
    tests = os.path.dirname(os.environ["ECSDASH_TESTS"])
    d = Decoy()
    # What run.sh set for us must be its own doing again.
    env = {k: v for k, v in d.env(ONLY=which).items()
           if not k.startswith("ECSDASH_")}
    p = subprocess.run(
        ["sh", "tests/run.sh", os.path.relpath(tests, ROOT),
         os.path.relpath(os.path.dirname(common.BIN), ROOT)],
        cwd=ROOT, env=env, stdin=subprocess.DEVNULL, capture_output=True,
        text=True)
    assert p.returncode == 0, p.stdout[-3000:]
    assert int(p.stdout.split("\n")[-2].split()[0]) > 50, p.stdout[-300:]
    d.untouched("the tests")


common.run([the_trap_works, short_runs_touch_nothing,
            the_demo_touches_nothing, the_simulator_touches_nothing,
            the_tests_touch_nothing])
