#!/bin/sh
# Run every test program and sum the results: run.sh TESTDIR BINDIR
# Last line: "N passed, N failed, N skipped". A test program that dies or
# prints no count is one failure.
set -u
tests=$1 bin=$2
root=$(pwd)
out=$(mktemp -d) || exit 1
trap 'rm -rf "$out"' EXIT INT TERM
mkdir -p "$out/home"
export HOME="$out/home" XDG_CONFIG_HOME="$out/home/.config" XDG_STATE_HOME="$out/home/.state" \
    XDG_CACHE_HOME="$out/home/.cache" LC_ALL=C.UTF-8 TZ=UTC TMPDIR="$out" \
    ECSDASH_BIN="$root/$bin/ecsdash" ECSDASH_ASAN_BIN="$root/$tests/ecsdash" ECSDASH_ROOT="$root" ECSDASH_TESTS="$root/$tests/tests" \
    ASAN_OPTIONS="detect_leaks=1:abort_on_error=0:strict_string_checks=1" \
    UBSAN_OPTIONS="print_stacktrace=1:halt_on_error=1" \
    LSAN_OPTIONS="suppressions=$root/tests/lsan.supp:print_suppressions=0"
for v in $(env | sed -n 's/^\(AWS_[A-Za-z0-9_]*\)=.*/\1/p') NO_COLOR COLORTERM \
    http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY no_proxy NO_PROXY \
    SSLKEYLOGFILE SSL_CERT_FILE SSL_CERT_DIR; do
    unset "$v"
done
# No test ever asks the metadata service of the machine that it runs on.
export AWS_EC2_METADATA_DISABLED=true
PY=python3
[ -x build/venv/bin/python ] && PY=$root/build/venv/bin/python
export PYTHON=$PY PYTHONDONTWRITEBYTECODE=1

jobs=$(nproc 2>/dev/null || echo 2)
list="$out/list"
{
    for t in tests/checks/*.sh tests/bench/*.sh; do [ -e "$t" ] && echo "$t sh $t"; done
    for t in "$tests"/tests/base/test_* "$tests"/tests/backend/test_* \
        "$tests"/tests/tui/test_* "$tests"/tests/flow/test_* "$tests"/tests/screen/test_* \
        "$tests"/tests/fuzz/fuzz_*; do
        case $t in *.o | *.d) continue ;; esac
        [ -x "$t" ] && echo "${t#"$tests"/} $t"
    done
    for t in tests/py/test_*.py; do [ -e "$t" ] && echo "$t $PY $t"; done
} >"$list"
[ -n "${ONLY:-}" ] && { grep -E "$ONLY" "$list" >"$list.only"; mv "$list.only" "$list"; }

# As many at once as there are processors; slow ones don't hold up the rest.
OUT=$out xargs -P "$jobs" -L 1 sh tests/run_one.sh <"$list"
cat "$out"/*.sum 2>/dev/null | awk '{p += $1; f += $2; s += $3}
    END {printf "%d passed, %d failed, %d skipped\n", p, f, s; exit f > 0 || p == 0}'
