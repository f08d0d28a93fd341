"""tests/data/shapes.tsv still says what the installed botocore says."""
import os
import sys

import common

try:
    import shape_facts
    MISSING = None
except ImportError as why:
    MISSING = str(why)

PATH = os.path.join(os.environ["ECSDASH_ROOT"], "tests/data/shapes.tsv")


def the_committed_shapes_are_those_of_botocore():
    with open(PATH) as f:
        ours = {tuple(line.rstrip("\n").split("\t")) for line in f}
    # A newer botocore may know more members, never other ones.
    theirs = set(shape_facts.rows())
    assert len(ours) > 700
    assert ours <= theirs, sorted(ours - theirs)[:20]


if __name__ == "__main__":
    sys.exit(common.run([the_committed_shapes_are_those_of_botocore], MISSING))
