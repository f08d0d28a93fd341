#!/bin/sh
# Break the program on purpose, one patch at a time, and see a test turn red:
# mutants.sh [REGEX of patch names]. Each patch of tests/mutants names in its
# "Tests:" line who must notice ("Mode: asan": only freed memory that nobody
# uses again shows it). Works on a copy of the tree in build/mutants.
set -u
root=$(pwd) tree=build/mutants/tree
mkdir -p "$tree"
git ls-files -z | xargs -0 cp -pu --parents -t "$tree" || exit 1
patches=$(ls tests/mutants/*.patch | grep -E "${1:-.}")
killed=0 bad=0

tests_of() { sed -n 's/^Tests: //p' "$@" | tr ' ' '\n' | sort -u; }
# Build them and run them: mode, tests.
try() {
    mode=$1
    shift
    targets=$(for t in "$@"; do
        case $t in py/*) ;; *) echo "build/$mode/tests/$t" ;; esac
    done)
    # shellcheck disable=SC2086
    make -s MODE="$mode" "build/$mode/ecsdash" $targets >build.log 2>&1 || return 2
    only=$(printf '|tests/%s' "$@" | cut -c2-)
    TEST_TIMEOUT=60 ONLY="($only)( |\$)" sh tests/run.sh "build/$mode" "build/$mode" >run.log 2>&1
}

cd "$tree" || exit 1
# shellcheck disable=SC2046,SC2086
if ! try release $(cd "$root" && tests_of $patches); then
    cat build.log run.log
    echo "The tests fail without any mutant."
    exit 1
fi
for p in $patches; do
    name=$(basename "$p" .patch)
    if ! patch -s -p1 --no-backup-if-mismatch <"$root/$p" >/dev/null 2>&1; then
        echo "STALE     $name (the patch does not apply)"
        bad=$((bad + 1))
        git -C "$root" ls-files -z | (cd "$root" && xargs -0 cp -p --parents -t "$tree")
        continue
    fi
    mode=$(sed -n 's/^Mode: //p' "$root/$p")
    # shellcheck disable=SC2046
    try "${mode:-release}" $(tests_of "$root/$p")
    case $? in
    0)
        echo "SURVIVED  $name"
        bad=$((bad + 1))
        ;;
    1)
        echo "killed    $name: $(sed -n 's/^FAILED tests.\([^ ]*\) .*/\1/p' run.log | tr '\n' ' ')"
        killed=$((killed + 1))
        ;;
    *)
        echo "BROKEN    $name (it does not compile)"
        bad=$((bad + 1))
        ;;
    esac
    patch -s -R -p1 --no-backup-if-mismatch <"$root/$p" >/dev/null
done
echo "$killed killed, $bad not"
[ "$bad" -eq 0 ]
