"""Fault loops over the files that are written: the cache of SSO tokens, the
audit log, saved log lines, lines lent to the pager, the log file that is
rotated. The N-th creation, write, flush, closing or renaming fails, once or
from then on; or a write does half. Whatever happens, a file is whole or is
said not to be, nothing else is lost, and no remains are left.
"""
import hashlib
import json
import os
import re
import subprocess
import tempfile

import common
import faulty
from pty_screen import Screen

WORLD = ("--seed", "7", "--demo=quiet", "--sim-clock",
         "frozen@2026-11-21T14:32:07Z")
sim = common.Simulator(*WORLD)
ROTATE_AT = 8 * 1024 * 1024


class Home:
    def __init__(self, plan):
        self.dir = tempfile.mkdtemp(dir=faulty.DIR)
        self.under = None  # where faults are
        self.plan = plan
        self.sim = sim
        self.more = {}

    def path(self, *parts):
        p = os.path.join(self.dir, *parts)
        os.makedirs(os.path.dirname(p), exist_ok=True)
        return p

    def write(self, name, text):
        with open(self.path(name), "w", opener=lambda p, f: os.open(
                p, f, 0o600)) as f:
            f.write(text)
        return self.path(name)

    def env(self):
        return dict(self.sim.env(), HOME=self.dir, XDG_STATE_HOME=self.dir + "/s",
                    XDG_CONFIG_HOME=self.dir + "/c", TMPDIR=self.path("t", ""),
                    XDG_RUNTIME_DIR="", ECSDASH_TEST="frozen:1795271527000",
                    **self.more, **faulty.env(self.plan, self.under))

    def once(self, *args):
        return subprocess.run([common.BIN, "--once", "-o", "json", *args,
                               "services"], env=self.env(), timeout=60,
                              stdin=subprocess.DEVNULL, capture_output=True,
                              text=True)

    def seen(self):
        """How many lines each pager got."""
        if not os.path.exists(self.dir + "/seen"):
            return []
        with open(self.dir + "/seen") as f:
            return f.read().split()

    def screen(self):
        s = Screen([common.BIN, "--refresh", "1"], self.env(), 24, 100)
        s.wait("services(30)", "30 ok", "auth-api")
        return s


def leave(s):
    """It lives, and ends by its key."""
    s.keys("Q")
    assert s.wait_end() == 0, (s.status, s.text())


def answered(p):
    assert p.returncode == 0, (p.returncode, p.stderr)
    assert len(json.loads(p.stdout)["rows"]) == 30, p.stdout[:300]


# ---- the cache of SSO tokens ------------------------------------------------

def sso_cache(plan):
    """Old or new, never between; the answer comes with the new token."""
    h = Home(plan)
    i = sim.info
    name = hashlib.sha1(b"main").hexdigest() + ".json"
    cache = ".aws/sso/cache/"
    h.write(".aws/config", f"""[default]
sso_session = main
sso_account_id = 123456789012
sso_role_name = OnCall
[sso-session main]
sso_start_url = https://example.com/start
sso_region = eu-west-1
""")
    old = {"startUrl": "https://example.com/start", "region": "eu-west-1",
           "expiresAt": "2020-01-01T00:00:00Z", "accessToken": "over",
           "clientId": i["client_id"], "clientSecret": i["client_secret"],
           "registrationExpiresAt": "2099-01-01T00:00:00Z",
           "refreshToken": i["refresh_token"]}
    h.write(cache + name, json.dumps(old))
    h.under = h.path(cache, "")
    h.more = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    answered(h.once())
    assert os.listdir(h.under) == [name], os.listdir(h.under)
    with open(h.path(cache + name)) as f:
        now = json.load(f)
    assert now.keys() == old.keys(), now.keys()
    if now["accessToken"] == "over":
        assert now == old and plan and not plan.startswith("0"), plan
        return "old"
    return "new"


# ---- the audit log ----------------------------------------------------------

def audit_log(plan):
    """Each line is whole, and a mutation whose line is lost says so."""
    h = Home(plan)
    h.under = h.path("s", "")
    log = h.path("s", "ecsdash", "audit.log")
    os.rmdir(os.path.dirname(log))
    h.sim = common.Simulator(*WORLD)  # it changes
    s = h.screen()
    try:
        for _ in range(2):
            s.keys("R")
            s.wait("RESTART")
            s.idle()
            s.keys("\t")
            s.idle()
            s.linger(0.3)
            s.keys("\r")
            s.wait("Restarting", gone="RESTART")
            s.keys("j")
            s.idle()
        s.keys("!")
        s.wait("> messages")
        s.idle()
        said = s.text()
        lost = "couldnotbewritten" in "".join(said.split())  # wrapped
        leave(s)
    finally:
        s.close()
        h.sim.close()
    lines = []
    if os.path.exists(log):
        with open(log) as f:
            try:
                lines = [json.loads(x) for x in f]
            except ValueError as e:
                raise AssertionError("a line is torn") from e
    assert lost or len(lines) == 2, "nobody was told: " + said
    assert not lost or ":0:" not in plan
    return len(lines)


# ---- lines of a log -----------------------------------------------------------

def in_log(s):
    s.keys("l")
    s.wait("GET /")
    s.keys("F\007")  # it stands
    s.idle()


def saved_lines(plan):
    """What is said to be saved is; else the message says what is wrong."""
    h = Home(plan)
    h.under = h.path("saved", "")
    s = h.screen()
    whole = []
    try:
        in_log(s)
        for name in ("a.log", "b.log"):
            s.keys("\x13")
            s.wait("save to:")
            s.keys("\x15" + h.under + name + "\r")
            s.until(r"Saved [0-9,]+ lines to|is not whole|Cannot create")
            s.idle()
            if "Saved" in s.text():
                with open(h.under + name) as f:
                    whole.append(len(f.readlines()))
            s.keys("\f")  # clears the message
            s.idle()
        leave(s)
    finally:
        s.close()
    assert len(set(whole)) <= 1 and 0 not in whole, whole
    if ":0:" not in plan and not re.match("short:.*:once", plan):
        assert len(whole) < 2, "nobody was told"  # half a write is tried again
    return len(whole)


def lent_lines(plan):
    """The pager gets all of them, or there is a word and no pager; the file
    does not stay."""
    h = Home(plan)
    pager = h.write("pager", f"#!/bin/sh\nwc -l <\"$1\" >>{h.dir}/seen\n")
    os.chmod(pager, 0o700)
    h.more = {"PAGER": pager}
    h.under = h.path("t", "")
    s = h.screen()
    said = 0
    try:
        in_log(s)
        for _ in range(2):
            before = len(h.seen())
            s.keys("v")
            s.until(r"is not whole|No temporary file",
                    lambda: len(h.seen()) > before)
            s.keys("\f")  # clears the message
            s.idle()
            said += len(h.seen()) == before
        leave(s)
    finally:
        s.close()
    assert os.listdir(h.under) == [], os.listdir(h.under)
    assert len(set(h.seen())) <= 1 and "0" not in h.seen(), h.seen()
    return 2 - said


# ---- the log file -------------------------------------------------------------

def rotated(plan):
    """A line may be lost, nothing else: the old lines are in one of the
    two."""
    h = Home(plan)
    old = "an old line\n" * (ROTATE_AT // 12 + 1)
    log = h.write("d/log", old)
    h.under = h.path("d", "")
    p = h.once("--log-file", log)
    if p.returncode == 1 and "log" in p.stderr:
        said = True  # it could not be opened at all
    else:
        answered(p)
        said = False
    files = [open(os.path.join(h.under, f)).read()
             for f in sorted(os.listdir(h.under))]
    assert sum(t.count("an old line\n") for t in files) == len(old) // 12
    assert len(files) <= 2, os.listdir(h.under)
    return 0 if said else len(files)


# ---- all of them ----------------------------------------------------------------

KINDS = ("create", "write", "short", "fsync", "close", "rename")


def loop(scenario, good, **sites):
    """At each place; sites: how often each kind is reached."""
    found, wrong = {}, []

    def run(plan):
        try:
            scenario(plan)
        except AssertionError as e:
            wrong.append(f"{plan}: {e}")
        finally:
            faulty.forget(plan)

    for kind in KINDS:
        plan = f"{kind}:0:once"
        assert scenario(plan) == good, kind
        found[kind] = faulty.reached(plan)
        faulty.loop(run, kind, faulty.spread(range(1, found[kind] + 1)))
    print(scenario.__name__, found)
    assert not wrong, "\n".join(wrong)
    assert all(found[k] >= n for k, n in sites.items()), found


def the_cache_of_tokens():
    loop(sso_cache, "new", create=1, write=1, fsync=1, close=2, rename=1)


def the_audit_log():
    loop(audit_log, 2, create=3, write=2, close=2)


def lines_that_are_saved():
    loop(saved_lines, 2, create=2, write=2, close=2)


def lines_that_are_lent():
    loop(lent_lines, 2, create=2, write=2, close=2)


def the_log_file_that_is_rotated():
    loop(rotated, 2, create=1, write=1, close=1, rename=1)


if __name__ == "__main__":
    try:
        common.run([the_cache_of_tokens, the_audit_log, lines_that_are_saved,
                    lines_that_are_lent, the_log_file_that_is_rotated])
    finally:
        sim.close()
