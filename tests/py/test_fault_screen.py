"""Fault loops under the dashboard: the N-th connection, transfer, descriptor,
file access or fork fails, once or from then on. It never ends by that, and
after a single fault the last screen is that of a run without. A failed
allocation may end it: then the terminal is as it was before.
"""
import json
import os
import re
import signal
import tempfile
import termios
import time

import common
import faulty
from pty_screen import Screen

WALL = 1795271527000  # 2026-11-21T14:32:07Z
# Of those only its own: the terminal passes through a file in memory.
FILES = re.compile("read|create|write|short|close|rename")
sim = common.Simulator("--seed", "7", "--demo=quiet", "--sim-clock",
                       "frozen@2026-11-21T14:32:07Z")


def home():
    """Keys come from a process and a file, so that those are in the loops."""
    d = tempfile.mkdtemp(dir=faulty.DIR)
    keys = os.path.join(d, "keys")
    with open(keys, "w") as f:
        f.write("#!/bin/sh\nprintf '%s' '" + json.dumps({
            "Version": 1, "AccessKeyId": sim.info["access_key_id"],
            "SecretAccessKey": sim.info["secret_access_key"]}) + "'\n")
    os.chmod(keys, 0o700)
    os.makedirs(d + "/.aws")
    with open(d + "/.aws/config", "w") as f:
        f.write(f"[default]\nregion = {sim.info['region']}\n"
                f"credential_process = {keys}\n"
                f"endpoint_url = {sim.info['endpoint']}\n")
    os.makedirs(d + "/.config/ecsdash")
    with open(d + "/.config/ecsdash/config", "w") as f:
        f.write("set refresh 1\n")
    return d


HOME = home()


def start(plan):
    env = common.clean_env(
        HOME=HOME, XDG_CONFIG_HOME=HOME + "/.config",
        XDG_STATE_HOME=HOME + "/.state", AWS_RETRY_MODE="standard",
        ECSDASH_TEST=f"frozen:{WALL}",
        **faulty.env(plan, HOME if plan and FILES.match(plan) else None))
    return Screen([common.BIN, "--log-file", f"{HOME}/diary-{plan}"], env, 30,
                  110)


def until(s, *texts, screen=None, seconds=20):
    """True when all of that is on the screen in time. Now and then a person
    who sees that something lacks asks again, which also clears messages."""
    start = time.monotonic()
    again = 1
    while time.monotonic() < start + seconds:
        now = s.text()
        if all(t in now for t in texts) and screen in (None, table(s)):
            return True
        if not s.read(0.1):
            return False
        if time.monotonic() > start + again:
            again *= 2
            s.keys("r")
    return False


def table(s):
    """All but the line of identity, calls and ages, and whether the order is
    held just now."""
    lines = s.text().split("\n")[1:]
    return [line.split("filter:")[0] for line in lines]


def tour(s, screen=None, seconds=20):
    """Rows, a log, tasks, one of them in full, and back: the last screen."""
    for keys, *texts in (("", "services(30)", "30 ok", "steady state"),
                         ("l", "GET /", "auth-api"),
                         ("[", "services(30)", "30 ok"),
                         ("t", "tasks(4)", "RUNNING"),
                         ("d", "dkr.ecr"),
                         ("[[", "services(30)", "30 ok", "steady state")):
        s.keys(keys)
        if not until(s, *texts, screen=screen if keys == "[[" else None,
                     seconds=seconds):
            return None
    return table(s)


def wander(s):
    """The same keys, whatever comes of it."""
    for key in "ll[td[[":
        s.linger(0.15)
        s.keys(key)
    s.linger(0.5)


def restored(s):
    """Out of the alternate screen, and `stty` as before. A program that ended
    before it had a terminal changed nothing."""
    inside, outside = (s.raw.rfind(x) for x in (b"\x1b[?1049h",
                                                b"\x1b[?1049l"))
    return s.stty() == STTY and outside >= inside


def run(plan):
    """Nothing, or what is wrong with such a run."""
    kind, _, how = plan.split(":")
    s = start(plan)
    try:
        if kind == "stack":
            tour(s, seconds=3)
            same = True
        elif how == "once":
            same = tour(s, GOOD) == GOOD
        else:
            wander(s)
            same = True
        if s.over:
            s.wait_end()
            return check_end(plan, s)
        if not same:
            return f"{plan}: another screen in the end:\n{s.text()}"
        s.keys("?")
        if (how == "always" or kind == "stack") and \
                not until(s, "> help") and not s.over:
            return f"{plan}: no answer to keys:\n{s.text()}"
        s.keys("Q")
        if s.wait_end() != 0:
            return check_end(plan, s)
        if not restored(s):
            return f"{plan}: ends with {s.status}\n{s.text()}"
        return None
    finally:
        s.close()
        faulty.forget(plan)


def check_end(plan, s):
    """It is over without a key. Only memory may do that, and what is needed
    before there is a terminal at all."""
    kind = plan.split(":")[0]
    said = s.raw.decode("utf-8", "replace")
    if not restored(s):
        return f"{plan}: the terminal is not as it was"
    if kind == "stack" and s.status == -signal.SIGABRT and \
            "ecsdash: out of memory" in said:
        return None
    if kind == "descriptor" and s.status == -signal.SIGABRT and \
            "uv_once" in said:
        return None  # libuv's own: it can't have the pipe of its signals
    if "1049h" not in said and s.status > 0 and "ecsdash: " in said:
        return None
    return f"{plan}: ended with {s.status}: {said[-600:]}"


def loop(kind, least, most=None, hows=("once", "always")):
    """At each place where it is reached in a run without."""
    plan = f"{kind}:0:once"
    s = start(plan)
    assert tour(s, GOOD) == GOOD, s.text()
    s.keys("Q")
    assert s.wait_end() == 0
    s.close()
    total = faulty.reached(plan)
    places = faulty.stacks(plan) if kind == "stack" else range(1, total + 1)
    assert total >= least, f"{kind} was reached {total} times only"
    places = faulty.spread(places, most or (faulty.RUNS + 1) // 2)
    wrong = [w for _, w in faulty.loop(run, kind, places, hows) if w]
    print(kind, "reached", total, "times")
    assert not wrong, f"{len(wrong)} runs:\n" + "\n".join(wrong[:5])


def connections_fail():
    loop("connect", 2)


def sends_break():
    loop("send", 8)


def receives_break():
    loop("recv", 8)


def descriptors_run_out():
    loop("descriptor", 20, max(20, faulty.RUNS))


def files_cannot_be_opened():
    loop("open", 5)


def reads_of_files_fail():
    loop("read", 3)


def files_cannot_be_made():
    loop("create", 1)


def writes_fail():
    loop("write", 5)


def the_disk_is_full():
    loop("short", 5)


def closing_fails():
    loop("close", 4)


def forks_fail():
    loop("fork", 1)


def interrupts_are_nothing():
    loop("intr", 100, hows=("once",))


def memory_ends():
    loop("stack", 800)


def a_resolver_that_hangs_holds_nothing_up():
    """Neither keys nor the end."""
    plan = "resolve:1:always"
    env = dict(sim.env(), HOME=HOME, AWS_CONFIG_FILE="/dev/null",
               AWS_ENDPOINT_URL="https://ecs.example.invalid",
               **faulty.env(plan))
    s = Screen([common.BIN], env, 30, 110)
    try:
        s.wait("loading services")
        s.keys("?")
        s.wait("> help")
        begun = time.monotonic()
        s.keys("Q")
        assert s.wait_end() == 0 and restored(s), (s.status, s.text())
        assert time.monotonic() - begun < 5
        assert faulty.reached(plan) > 0
    finally:
        s.close()


_, tty = os.openpty()
STTY = termios.tcgetattr(tty)
GOOD = None
try:
    s = start(None)
    GOOD = tour(s)
    s.close()
    assert GOOD, s.text()
    common.run([connections_fail, sends_break, receives_break,
                descriptors_run_out, files_cannot_be_opened,
                reads_of_files_fail, files_cannot_be_made, writes_fail,
                the_disk_is_full, closing_fails, forks_fail,
                interrupts_are_nothing, memory_ends,
                a_resolver_that_hangs_holds_nothing_up])
finally:
    sim.close()
