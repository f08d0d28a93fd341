"""Faults from below: the binary with faults/faulty.so before it."""
import concurrent.futures
import os
import struct
import tempfile

SO = os.environ["ECSDASH_TESTS"] + "/faults/faulty.so"
# Caps the runs of one loop: then they are spread evenly. `make test-long`
# sets it high.
RUNS = int(os.environ.get("FAULT_RUNS", "12"))
DIR = tempfile.mkdtemp(dir=os.environ.get("TMPDIR"))


def env(plan, under=None):
    """For the run that has this plan, `kind:N:once` or `kind:N:always`; of
    files, those below a folder only."""
    if not plan:
        return {}
    if os.path.exists(counts(plan)):
        os.unlink(counts(plan))
    more = {"FAULTY_UNDER": under} if under else {}
    return {"LD_PRELOAD": SO, "FAULTY": plan, "FAULTY_COUNT": counts(plan),
            **more}


def counts(plan):
    return os.path.join(DIR, "count-" + plan)


def reached(plan):
    """How often the kind was reached."""
    with open(counts(plan), "rb") as f:
        return struct.unpack("Q", f.read(8))[0]


def forget(plan):
    """Of many thousands of runs each leaves a file."""
    if os.path.exists(counts(plan)):
        os.unlink(counts(plan))


def stacks(plan):
    """The distinct stacks that ask for memory, in the order of the run."""
    with open(counts(plan), "rb") as f:
        data = f.read()
    n = struct.unpack("Q", data[:8])[0]
    return ["%x" % s for s in struct.unpack(f"{n}Q", data[8:8 + 8 * n])]


def spread(things, most=None):
    """All of them, or so many: the first ones and then evenly."""
    most = most or RUNS
    things = list(things)
    if len(things) <= most:
        return things
    head = most // 3
    step = (len(things) - head) / (most - head)
    return things[:head] + [things[int(head + step * i) - 1]
                            for i in range(1, most - head + 1)]


def loop(run, kind, places, hows=("once", "always"), at_once=6):
    """(plan, what run(plan) returns) of each: most of them wait for a
    retry."""
    plans = [f"{kind}:{n}:{how}" for n in places for how in hows]
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        return list(zip(plans, pool.map(run, plans)))
