"""Fault loops: the N-th allocation, connection, transfer, file access, fork
fails, once or from then on, for N = 1, 2, 3 ... until it is not reached.

Outside faults (sockets, files, forks, interrupts) never end the program, and
after a single one the output is that of a run without. A failed allocation may
end it, with a sentence. `FAULT_RUNS` caps the runs of one loop. (The same
under the dashboard: test_fault_screen.py.)
"""
import json
import os
import subprocess

import common
import faulty

DIR = faulty.DIR
PROCESS = os.path.join(DIR, "credentials")
sim = common.Simulator("--seed", "3", "--sim-clock", "frozen")


def setup():
    """Keys come from a process and a file, so that those are in the loops."""
    os.makedirs(os.path.join(DIR, ".aws"), exist_ok=True)
    with open(PROCESS, "w") as f:
        f.write("#!/bin/sh\nprintf '%s' '" + json.dumps({
            "Version": 1, "AccessKeyId": sim.info["access_key_id"],
            "SecretAccessKey": sim.info["secret_access_key"]}) + "'\n")
    os.chmod(PROCESS, 0o700)
    with open(os.path.join(DIR, ".aws/config"), "w") as f:
        f.write(f"[default]\nregion = {sim.info['region']}\n"
                f"credential_process = {PROCESS}\n"
                f"endpoint_url = {sim.info['endpoint']}\n")
    os.makedirs(os.path.join(DIR, ".config/ecsdash"), exist_ok=True)
    with open(os.path.join(DIR, ".config/ecsdash/config"), "w") as f:
        f.write("set refresh 5\n")


def once(plan=None, *more):
    """Exit status, output, words, and how often the kind was reached."""
    env = common.clean_env(
        HOME=DIR, XDG_CONFIG_HOME=DIR + "/.config",
        XDG_STATE_HOME=DIR + "/.state", ECSDASH_TEST="1",
        AWS_EC2_METADATA_DISABLED="true", AWS_RETRY_MODE="standard",
        **faulty.env(plan))
    p = subprocess.run([common.BIN, "--once", "--wait", "1", "-o", "json", *more,
                        "services"], env=env, stdin=subprocess.DEVNULL,
                       capture_output=True, text=True, timeout=60)
    return (p.returncode, p.stdout, p.stderr,
            faulty.reached(plan) if plan else 0)


def rows(out):
    return sorted(r["serviceName"] for r in json.loads(out)["rows"])


def check_alive(plan, status, out, said, good):
    """The program ended by itself, and said why when something lacks. (libuv
    aborts when it can't have the pipe of its signals.)"""
    if status == -6 and plan.startswith("descriptor") and "uv_once" in said:
        return
    assert status in (0, 1, 2, 3), (plan, status, said[-500:])
    if status == 0:
        assert rows(out) == good, plan
    else:
        assert said.strip(), (plan, "fails without a word")


def loop(kind, least, harmless_once=True, hows=("once", "always")):
    status, out, said, total = once(f"{kind}:0:once")
    assert status == 0, said
    assert total >= least, f"{kind} was reached {total} times only"
    good = rows(out)
    for plan, (status, out, said, _) in faulty.loop(
            once, kind, faulty.spread(range(1, total + 1)), hows):
        check_alive(plan, status, out, said, good)
        if plan.endswith("once") and harmless_once:
            assert status == 0, (plan, said)
    print(kind, "reached", total, "times")


def connections_fail():
    loop("connect", 1)


def descriptors_run_out():
    loop("descriptor", 10, harmless_once=False)


def sends_break():
    loop("send", 5)


def receives_break():
    loop("recv", 5)


def reads_of_files_fail():
    loop("read", 2, harmless_once=False)


def files_cannot_be_opened():
    loop("open", 3, harmless_once=False)


def forks_fail():
    loop("fork", 1, harmless_once=False)


def interrupts_are_nothing():
    loop("intr", 10, hows=("once",))


def memory_ends():
    """At each distinct call stack: a sentence, or an answer; never a wild
    pointer."""
    plan = "stack:0:once"
    status, out, said, total = once(plan)
    assert status == 0, said
    assert 300 < total < 5000, total
    good = rows(out)
    ends = {}
    for plan, (status, out, said, hit) in faulty.loop(
            once, "stack", faulty.spread(faulty.stacks(plan))):
        ends[status] = ends.get(status, 0) + 1
        if status == -6:
            assert "out of memory" in said, (plan, said[-500:])
        else:
            check_alive(plan, status, out, said, good)
    print("stacks", total, "runs by their end", ends)
    assert ends.get(0) or len(ends) > 1


def the_diary_disk_is_full():
    """The log file is lost, with a word; the answer is not."""
    diary = os.path.join(DIR, "diary")
    status, out, said, total = once("write:0:once", "--log-file", diary)
    assert status == 0 and total >= 1, (status, total, said)
    good = rows(out)
    for n in faulty.spread(range(1, total + 1)):
        status, out, said, _ = once(f"write:{n}:always", "--log-file", diary)
        assert status == 0 and rows(out) == good, (n, said)


def stdout_is_full():
    env = sim.env()
    with open("/dev/full", "w") as full:
        p = subprocess.run([common.BIN, "--once", "-o", "json", "services"],
                           env=env, stdout=full, stderr=subprocess.PIPE,
                           text=True, timeout=60)
    assert p.returncode == 1 and "No space left" in p.stderr, p


setup()
try:
    common.run([connections_fail, descriptors_run_out, sends_break,
                receives_break, reads_of_files_fail, files_cannot_be_opened,
                forks_fail, interrupts_are_nothing, memory_ends,
                the_diary_disk_is_full, stdout_is_full])
finally:
    sim.close()
