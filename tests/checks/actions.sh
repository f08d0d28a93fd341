#!/bin/sh
# Every action of keymaps/actions.def is exercised by some test: its name as
# `action: name` in a comment next to the key, or its ACTION_ID in code.
cd "${ECSDASH_ROOT:-.}" || exit 1
n=0 missing=0
words=$(mktemp) || exit 1
trap 'rm -f "$words"' EXIT
find tests -name 'test_*.c' -exec cat {} + |
    grep -oE 'action: [a-z-]+|ACTION_[A-Z_]+' | sort -u >"$words"
list=$(sed -n 's/^ACTION(\([A-Z_]*\), "\([a-z-]*\)".*/\1:\2/p' \
    keymaps/actions.def)
for a in $list; do
    n=$((n + 1))
    grep -qxE "action: ${a#*:}|ACTION_${a%%:*}" "$words" && continue
    echo "no test exercises the action ${a#*:}"
    missing=$((missing + 1))
done
[ "$n" -gt 0 ] || { echo "no actions found"; missing=1; }
echo "$((n - missing)) passed, $missing failed, 0 skipped"
[ "$missing" -eq 0 ]
