#!/bin/sh
# The key table of the README is the one the program prints, and the pictures
# it names are there.
set -u
pass=0 fail=0
sed -n '/<!-- keys/,/<!-- end of keys/p' README.md | grep '^|' >"${TMPDIR:-/tmp}/keys.readme.$$"
"$ECSDASH_BIN" --print-keys >"${TMPDIR:-/tmp}/keys.program.$$"
if diff "${TMPDIR:-/tmp}/keys.readme.$$" "${TMPDIR:-/tmp}/keys.program.$$"; then
    pass=$((pass + 1))
else
    echo "README.md: the key table is stale: make docs"
    fail=$((fail + 1))
fi
rm -f "${TMPDIR:-/tmp}/keys.readme.$$" "${TMPDIR:-/tmp}/keys.program.$$"
for f in $(grep -o 'screenshots/[a-z0-9-]*\.svg' README.md | sort -u); do
    if [ -s "$f" ]; then pass=$((pass + 1)); else
        echo "README.md names $f, which is not there"
        fail=$((fail + 1))
    fi
done
echo "$pass passed, $fail failed, 0 skipped"
[ "$fail" -eq 0 ]
