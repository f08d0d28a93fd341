#!/bin/sh
# The bench still measures: every figure once, few samples of a small account.
set -u
: "${ECSDASH_TESTS:?}" "${ECSDASH_BIN:?}"
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT INT TERM
passed=0 failed=0
verdict() { # NAME STATUS
    if [ "$2" -eq 0 ]; then
        passed=$((passed + 1))
    else
        echo "FAILED: $1"
        failed=$((failed + 1))
    fi
}

timeout 120 "$ECSDASH_TESTS/bench/bench" --smoke "$ECSDASH_TESTS/bench/empty" \
    "$dir" "$dir/tsv" >"$dir/out" 2>&1
verdict "the bench ends" $?
n=$(grep -c . "$dir/tsv")
[ "$n" -ge 30 ]
verdict "all figures are there ($n lines)" $?
# nan, or -1 where nothing could be measured.
! cut -f 3 "$dir/tsv" | grep -E '^-?nan|^-?inf|^-1(\.0+)?$'
verdict "every figure was measured" $?
[ "$failed" -eq 0 ] || cat "$dir/out"
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
