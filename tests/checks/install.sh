#!/bin/sh
# make install puts each file where programs look for it, below DESTDIR and
# PREFIX only, and make uninstall takes every one away.
set -u
cd "${ECSDASH_ROOT:-.}" || exit 1
pass=0 fail=0
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
mode=$(basename "$(dirname "$ECSDASH_BIN")")
run() {
    # What is built is installed as it is: others are running it.
    env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS "${MAKE:-make}" -s -o all "$1" \
        MODE="$mode" DESTDIR="$dir" PREFIX=/opt/ecs >"$dir.said" 2>&1 || {
        cat "$dir.said"
        fail=$((fail + 1))
    }
    rm -f "$dir.said"
}
check() {
    if [ "$2" = "$3" ]; then pass=$((pass + 1)); else
        printf '%s:\n%s\nnot:\n%s\n' "$1" "$2" "$3"
        fail=$((fail + 1))
    fi
}
run install
check "installed" "$(cd "$dir" && find . -type f -printf '%m %p\n' | sort -k 2)" \
    "755 ./opt/ecs/bin/ecsdash
644 ./opt/ecs/share/bash-completion/completions/ecsdash
644 ./opt/ecs/share/doc/ecsdash/CHANGELOG.md
644 ./opt/ecs/share/doc/ecsdash/LICENSE
644 ./opt/ecs/share/doc/ecsdash/README.md
644 ./opt/ecs/share/fish/vendor_completions.d/ecsdash.fish
644 ./opt/ecs/share/man/man1/ecsdash.1
644 ./opt/ecs/share/zsh/site-functions/_ecsdash"
check "the installed program" \
    "$("$dir/opt/ecs/bin/ecsdash" --version | head -n 1)" \
    "ecsdash $(sed -n 's/^VERSION := //p' Makefile)"
run uninstall
check "left after make uninstall" "$(find "$dir" -type f -o -name ecsdash)" ""
# Without a DESTDIR the same files, below the prefix that was asked for.
check "outside of the prefix" "$(${MAKE:-make} -n install PREFIX=/opt/ecs MODE="$mode" \
    2>/dev/null | grep -E '^install ' | grep -v ' /opt/ecs/')" ""
echo "$pass passed, $fail failed, 0 skipped"
[ "$fail" -eq 0 ]
