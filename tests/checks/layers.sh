#!/bin/sh
# Who may include whom (architecture): backend knows no curses and no upper
# floor, tui no AWS, the simulator nothing of the client. Each rule is a test.
set -u
pass=0 fail=0
rule() { # name, folders, forbidden include pattern
    bad=$(git grep -nE "^#include[[:space:]]*[<\"]($3)" -- $2 2>/dev/null)
    if [ -n "$bad" ]; then
        echo "rule broken: $1"
        echo "$bad"
        fail=$((fail + 1))
    else
        pass=$((pass + 1))
    fi
}
rule "backend knows no screen" backend '(ncurses|curses|panel|tui/|views/|keymaps/|themes/)'
rule "tui, keymaps and themes know no AWS" "tui keymaps themes" '(curl/|uv\.h|jansson|backend/(net|aws|svc|store|sim)|views/)'
rule "keymaps and themes know no tui" "keymaps themes" 'tui/'
rule "base includes nothing above it" backend/base '(backend/(net|aws|svc|store|sim)|uv\.h|curl/|jansson)'
rule "net includes base only" backend/net 'backend/(aws|svc|store|sim)'
rule "aws stands on net" backend/aws 'backend/(svc|store|sim)'
rule "svc stands on aws" backend/svc 'backend/(store|sim)'
rule "store stands on svc" backend/store 'backend/sim'
rule "sim reads the wire by itself" backend/sim 'backend/(net|aws|svc|store)|curl/'
rule "jansson stays in aws, svc, sim and views" "backend/base backend/net backend/store" 'jansson'
curses=$(git grep -lE '^#include[[:space:]]*<(curses|ncurses|term)\.h>' -- . ':!tests' | wc -l)
if [ "$curses" -le 3 ]; then pass=$((pass + 1)); else
    echo "curses is included by $curses files, three are allowed"
    fail=$((fail + 1))
fi
libuv=$(git grep -lE '^#include[[:space:]]*<uv\.h>' -- '*.c' '*.h' |
    grep -vE '^(backend/net/|backend/sim/|views/app/app_tty\.c|main\.c|tests/)')
if [ -z "$libuv" ]; then pass=$((pass + 1)); else
    echo "libuv outside net, sim and views/app/app_tty.c:" "$libuv"
    fail=$((fail + 1))
fi
banned=$(git grep -nwE 'strcpy|strcat|strncpy|sprintf|strtok|atoi|gmtime|localtime|alloca' -- '*.c' ':!tests')
if [ -z "$banned" ]; then pass=$((pass + 1)); else
    echo "banned calls:"
    echo "$banned"
    fail=$((fail + 1))
fi
echo "$pass passed, $fail failed, 0 skipped"
[ "$fail" -eq 0 ]
