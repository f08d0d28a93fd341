#!/bin/sh
# One test program: run_one.sh NAME COMMAND...; for tests/run.sh.
name=$1
shift
log="$OUT/$(echo "$name" | tr / _).log"
start=$(date +%s)
timeout "${TEST_TIMEOUT:-300}" "$@" >"$log" 2>&1 </dev/null
rc=$?
took=$(($(date +%s) - start))
# cmocka's closing lines, or our own plain one.
p=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p; s/^\([0-9]*\) passed, .*/\1/p' "$log" | tail -n 1)
f=$(sed -n 's/^ *\([0-9]*\) FAILED TEST.*/\1/p; s/^[0-9]* passed, \([0-9]*\) failed.*/\1/p' "$log" | tail -n 1)
s=$(sed -n 's/^\[  SKIPPED \] \([0-9]*\) test.*/\1/p; s/^[0-9]* passed, [0-9]* failed, \([0-9]*\) skipped.*/\1/p' "$log" | tail -n 1)
p=${p:-0} f=${f:-0} s=${s:-0}
if [ "$rc" -ne 0 ] && [ "$f" -eq 0 ]; then f=1; fi
if [ "$rc" -eq 0 ] && [ $((p + f + s)) -eq 0 ]; then f=1; fi
echo "$p $f $s" >"$log.sum"
if [ "$f" -gt 0 ]; then
    echo "FAILED $name (exit $rc, ${took}s)"
    # What failed first: a leak report after it can be longer than the tail.
    grep -n -B 4 -A 3 -E '\[  ERROR |^ERROR: |runtime error:|^==[0-9]+==ERROR' "$log" | head -n 24
    echo "last lines:"
    tail -n "${TEST_TAIL:-60}" "$log"
else
    echo "ok     $name ($p passed, $s skipped, ${took}s)"
    [ -z "${TEST_SHOW:-}" ] || cat "$log"
fi
