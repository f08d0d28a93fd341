#!/bin/sh
# Run each fuzzer for so many seconds on a copy of its corpus: run.sh SECONDS
# BINARY... What breaks a target is left in build/fuzz/found/.
set -u
seconds=$1 bad=0
shift
mkdir -p build/fuzz/found
for bin in "$@"; do
    name=$(basename "$bin" .bin)
    name=${name#fuzz_}
    work=build/fuzz/corpus/$name
    mkdir -p "$work"
    if "$bin" -max_total_time="$seconds" -max_len=65536 -timeout=10 -rss_limit_mb=2048 \
        -artifact_prefix=build/fuzz/found/"$name"- -print_final_stats=1 \
        "$work" tests/fuzz/corpus/"$name" >build/fuzz/"$name".log 2>&1; then
        echo "ok     $name ($(sed -n 's/^stat::number_of_executed_units: *//p' build/fuzz/"$name".log) inputs)"
    else
        echo "FOUND  $name: build/fuzz/$name.log"
        bad=1
    fi
done
exit $bad
