"""--once under each fault of the simulator's plan: one of a kind changes
nothing; one that stays ends with what could be read, a sentence and a status.
It always ends."""
import concurrent.futures
import json
import subprocess
import time

import common

WORLD = ["--sim-world", "clusters=2,services=120,tasks=240", "--sim-clock",
         "frozen@2026-11-21T14:32:07Z", "--seed", "11"]
FROZEN = {"ECSDASH_TEST": "frozen:1795271527000"}  # ages agree
ALL = 120
READS = ("ListClusters", "ListServices", "DescribeServices", "ListTasks",
         "DescribeTasks")
good = None


def once(plan, *more):
    """Status, rows by ARN, errors, what was said, seconds."""
    sim = common.Simulator(*WORLD, *(["--sim-faults", plan] if plan else []))
    try:
        start = time.monotonic()
        p = subprocess.run([common.BIN, "--once", "-o", "json", "--budget",
                            "unlimited", *more, "services"], env={**sim.env(), **FROZEN},
                           stdin=subprocess.DEVNULL, capture_output=True,
                           text=True, timeout=60)
        took = time.monotonic() - start
    finally:
        sim.close()
    doc = json.loads(p.stdout) if p.stdout else {"rows": [], "errors": []}
    return (p.returncode, {r["arn"]: r for r in doc["rows"]}, doc["errors"],
            p.stderr, took)


def all_of(plans):
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        return zip(plans, list(pool.map(lambda p: once(*p), plans)))


# One answer is spoilt; the next try is as good as ever.
PASSING = ("refuse:{}:ms=300", "reset-before:{}", "reset-after:{}", "cut:{}",
           "truncate:{}", "malformed:{}", "html:{}", "500:{}", "503:{}",
           "throttle:{}", "throttle:{}:count=2", "expired:{}",
           "bomb:{}:bytes=17500000",
           "drip:{}:bytes=4000:ms=1", "delay:{}:ms=100", "unknown:{}",
           "unknown:{}:count=all")


def a_single_fault_changes_nothing():
    plans = [(kind.format(op),) for i, kind in enumerate(PASSING)
             for op in READS[i % 2::2]]
    for (plan,), (status, rows, errors, said, took) in all_of(plans):
        assert status == 0, (plan, status, said)
        assert errors == [] and rows == good, (plan, errors)
        assert took < 8, (plan, took)


def the_servers_clock_may_be_hours_off():
    status, rows, errors, said, _ = once("clock:count=all:by=7200")
    assert status == 0 and rows.keys() == good.keys(), (status, said, errors)


# What stays: plan, status, word of the sentence, rows at least, at most.
STAYING = (
    ("refuse:ListServices:ms=60000", 1, "ListServices", 0, 0),
    ("reset-before:DescribeServices:count=all", 1, "DescribeServices", 120,
     120),
    ("malformed:DescribeServices:count=all", 1, "not JSON", 120, 120),
    ("malformed:ListClusters:count=all", 1, "not JSON", 0, 0),
    ("html:ListServices:count=all", 1, "not JSON", 0, 0),
    ("truncate:DescribeServices:count=all", 1, "not JSON", 120, 120),
    ("500:DescribeServices:count=all", 1, "ServerException", 120, 120),
    ("503:ListServices:count=all", 1, "503", 0, 0),
    ("throttle:DescribeServices:count=all", 1, "Rate exceeded", 120, 120),
    ("expired:count=all", 3, "", 0, 0),
    ("wrong:count=all", 3, "", 0, 0),
    ("deny:DescribeServices:count=all", 1, "not authorized", 120, 120),
    ("bomb:DescribeServices:count=all", 1, "DescribeServices", 120, 120),
    ("huge:ListServices:count=all", 1, "ListServices", 0, 0),
    ("endless:ListServices:count=all", 1, "the list has no end", 1, 120),
    ("loop:ListServices:count=all", 1, "repeats its page token", 1, 120),
    ("endless:ListTasks:count=all", 1, "the list has no end", 120, 120),
    ("types:count=all", 1, "", 0, 120),
    ("types:DescribeServices:count=all", 1, "", 120, 120),
    ("nulls:ListClusters:count=all", 1, "", 0, 120),
)


def a_fault_that_stays_is_told_and_what_was_read_is_kept():
    plans = [(s[0], "--wait", "2") for s in STAYING]
    for (_, want, word, least, most), ((plan, *_), got) in zip(
            STAYING, all_of(plans)):
        status, rows, errors, said, took = got
        assert status == want, (plan, status, said)
        assert word in said and said.strip(), (plan, said)
        assert any(word in e["message"] for e in errors), (plan, errors)
        assert least <= len(rows) <= most, (plan, len(rows))
        assert took < 40, (plan, took)


def rows_whose_arn_is_spoilt_are_counted():
    for plan in ("nulls:DescribeServices:count=all",
                 "nulls:DescribeTasks:count=all"):
        status, rows, errors, said, took = once(plan)
        assert status in (0, 1), (plan, said)
        assert len(rows) == ALL, (plan, len(rows))
        if status:
            assert "can't be described" in said or "has no" in said, said
        assert took < 20, (plan, took)


def an_endpoint_that_restarts_is_waited_for():
    """Refused for longer than the calls' own three tries last."""
    status, rows, errors, said, took = once("refuse:ListServices:ms=1500")
    assert (status, rows, errors) == (0, good, []), (status, errors, said)
    status, _, errors, said, took = once("refuse:ListServices:ms=1500",
                                         "--wait", "0")
    assert status == 1 and took < 1.5 and "ListServices" in said, (status, said)


def nobody_is_there_is_said_after_the_wait():
    sim = common.Simulator(*WORLD)
    env = sim.env()
    sim.close()
    for wait, least, most in (("0", 0, 2), ("2", 2, 5)):
        start = time.monotonic()
        p = subprocess.run([common.BIN, "--once", "--wait", wait], env=env,
                           capture_output=True, text=True, timeout=60)
        took = time.monotonic() - start
        assert p.returncode == 1 and "ListClusters" in p.stderr, p.stderr
        assert least <= took < most, (wait, took)


if __name__ == "__main__":
    good = once(None)[1]
    assert len(good) == ALL
    common.run([
        a_single_fault_changes_nothing,
        the_servers_clock_may_be_hours_off,
        a_fault_that_stays_is_told_and_what_was_read_is_kept,
        rows_whose_arn_is_spoilt_are_counted,
        an_endpoint_that_restarts_is_waited_for,
        nobody_is_there_is_said_after_the_wait,
    ])
