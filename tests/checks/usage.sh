#!/bin/sh
# A wrong command line ends with status 2 and one sentence that names what was
# typed: STDERR|ARGUMENTS, one case a line.
set -u
pass=0 fail=0
check() {
    said=$(timeout 20 "$ECSDASH_BIN" $2 2>&1 >/dev/null </dev/null)
    status=$?
    case $status:$said in
    2:*"$1"*) pass=$((pass + 1)) ;;
    *)
        echo "ecsdash $2: status $status, said: $said"
        fail=$((fail + 1))
        ;;
    esac
}
while IFS='|' read -r want args; do
    check "$want" "$args"
done <<'CASES'
Unknown option --bogus; --help=all lists them.|--bogus
Unknown option --thme; did you mean --theme?|--thme mono
Unknown option --redonly=yes; did you mean --read-only?|--redonly=yes
--read-only takes no value.|--read-only=yes
--until-stable takes no value.|--until-s=1
--s could be --service or --since.|--s
Unknown option -z; --help=all lists them.|-z
Unknown option -x; --help=all lists them.|-xo json
Unknown option -x; --help=all lists them.|--once -xV
Unknown option -z; --help=all lists them.|--once -zo
--theme needs a value.|--theme
-o needs a value.|-o
--help takes all or nothing, not me.|--help=me
There is no view blah;|--once blah
There is no view servces; did you mean services?|--once servces
There is no view tial; did you mean tail?|tial prod/web
There is no view docter; did you mean doctor?|docter
Containers belong to a task:|--demo --once containers
here is one word too many|--demo extra words here
--output takes table, tsv or json, not xml.|-o xml
--refresh takes 0.2 to 3600 seconds, not abc.|--refresh abc
--budget takes 1 to 100 percent or unlimited, not 900.|--demo --budget 900
--sim-server takes ADDR:PORT, for example 127.0.0.1:0, not 127.0.0.1:99999.|--sim-server 127.0.0.1:99999
not 127.0.0.1:4294967296.|--sim-server 127.0.0.1:4294967296
loopback only (127.0.0.1 or [::1]), not on 10.0.0.1|--sim-server 10.0.0.1:0
as KEY=N, not services=x.|--sim-server 127.0.0.1:0 --sim-world services=x
as KEY=N, not things.|--sim-server 127.0.0.1:0 --sim-world things
--profile is not for --demo: it reads no file and no variable of yours.|--demo --profile x --once
--endpoint-url is not for --demo|--demo --once --endpoint-url http://127.0.0.1:9
There is no region "mars" (from --region) here; there are eu-west-1, us-east-1, eu-central-1.|--demo --region mars --once
"mars" (from --region) is no region of AWS: they are named like eu-west-1.|--region mars --once
--sim-deny is for --demo and --sim-server.|--once --sim-deny logs:*
There is no fault named blah;|--sim-server 127.0.0.1:0 --sim-faults blah
CASES

# The short help fits a small terminal below its prompt and names every option
# that the long one explains; neither has lines that wrap.
fits() {
    if [ "$2" = "$3" ]; then pass=$((pass + 1)); else
        echo "$1: $2, not $3"
        fail=$((fail + 1))
    fi
}
names() { grep -oE -- '--[a-z][a-z-]*' | sort -u; }
short=$("$ECSDASH_BIN" --help) long=$("$ECSDASH_BIN" --help=all)
fits "--help" "$(echo "$short" | wc -l | awk '{print $1 <= 23}') rows" "1 rows"
fits "names in --help" "$(echo "$short" | names)" "$(echo "$long" | names)"
fits "options in --help=all" "$(echo "$long" | grep -cE '^  (-., )?--')" \
    "$(grep -c '^     *\.help = \|\.help = "' views/cli/options_table.c)"
fits "too long" "$(printf '%s\n' "$short" "$long" | grep -c '.\{80\}')" 0
fits "--version" "$("$ECSDASH_BIN" -V | head -n 1)" \
    "ecsdash $(sed -n 's/^VERSION := //p' Makefile)"
echo "$pass passed, $fail failed, 0 skipped"
[ "$fail" -eq 0 ]
