"""tests/data/endpoints.tsv still says what the installed botocore says."""
import os
import sys

import common

try:
    import endpoint_facts
    MISSING = None
except ImportError as why:
    MISSING = str(why)

PATH = os.path.join(os.environ["ECSDASH_ROOT"], "tests/data/endpoints.tsv")


def the_committed_endpoints_are_those_of_botocore():
    with open(PATH) as f:
        ours = [line.rstrip("\n").split("\t") for line in f]
    # A newer botocore may know more regions, never other names.
    theirs = {row[:3]: row[3:] for row in endpoint_facts.rows()}
    wrong = [row for row in ours
             if theirs.get(tuple(row[:3])) != tuple(row[3:])]
    assert len(ours) > 1500
    assert not wrong, wrong[:20]


if __name__ == "__main__":
    sys.exit(common.run([the_committed_endpoints_are_those_of_botocore],
                        MISSING))
