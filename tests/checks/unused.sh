#!/bin/sh
# Every function that a file of the program offers has a caller in another
# one. Who has none is static, or dead. Two kinds may stay: what its own file
# calls and a test looks at alone, and the instruments of test_only.txt.
set -u
objects=$(dirname "${ECSDASH_BIN:-build/release/ecsdash}")
allowed=tests/checks/test_only.txt
pass=0 fail=0
symbols=$(mktemp) words=$(mktemp) || exit 1
trap 'rm -f "$symbols" "$words"' EXIT INT TERM

sources=$(git ls-files main.c 'backend/*.c' 'keymaps/*.c' 'themes/*.c' \
    'tui/*.c' 'views/*.c')
for c in $sources; do
    [ -e "$objects/${c%.c}.o" ] && set -- "$@" "$objects/${c%.c}.o"
done
if [ $# -eq 0 ]; then
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
fi
# "U name", and "T name file.c" of what is offered and wanted nowhere.
nm -A -g -P "$@" 2>/dev/null | awk -v skip="$objects/" '
    { file = $1; sub(/:$/, "", file); sub(/\[.*/, "", file)
      file = substr(file, length(skip) + 1); sub(/\.o$/, ".c", file) }
    $3 == "U" { wanted[$2] = 1 }
    $3 ~ /^[TDBR]$/ { made[$2] = file }
    END { for (s in made) if (!(s in wanted) && s !~ /^(main$|_)/)
              print s, made[s] }' | sort >"$symbols"
git grep -hoE '\<[a-z_][a-z0-9_]+\>' -- 'tests/*.c' 'tests/*.h' |
    sort -u >"$words"

complain() {
    echo "$1"
    fail=$((fail + 1))
}
while read -r name file; do
    if grep -q "^$name " "$allowed"; then
        pass=$((pass + 1))
    elif ! grep -qx "$name" "$words"; then
        complain "$file: $name has no caller elsewhere: static, or dead?"
    elif [ "$(sed 's,^ *[/ ]\*.*,,' "$file" | grep -cw "$name")" -lt 2 ]; then
        complain "$file: only tests call $name"
    else
        pass=$((pass + 1))
    fi
done <"$symbols"
while read -r name rest; do
    case $name in '' | '#') continue ;; esac
    grep -q "^$name " "$symbols" ||
        echo "note: $allowed: $name is gone, or used: its line can go"
done <"$allowed"
echo "$pass passed, $fail failed, 0 skipped"
[ "$fail" -eq 0 ]
