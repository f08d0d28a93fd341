#!/bin/sh
# Every header compiles alone.
set -u
pass=0 fail=0
flags="-std=c11 -D_GNU_SOURCE -I. $(pkg-config --cflags libuv jansson ncursesw)"
for h in $(git ls-files '*.h'); do
    if printf '#include "%s"\n' "$h" |
        ${CC:-cc} $flags -Wall -Werror -fsyntax-only -x c -; then
        pass=$((pass + 1))
    else
        echo "does not compile alone: $h"
        fail=$((fail + 1))
    fi
done
echo "$pass passed, $fail failed, 0 skipped"
[ "$fail" -eq 0 ]
