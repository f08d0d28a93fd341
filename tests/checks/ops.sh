#!/bin/sh
# Every operation that is not a read by its name is marked as mutating, since
# that mark is what --read-only refuses by.
cd "${ECSDASH_ROOT:-.}" || exit 1
find backend -name '*.c' -not -path 'backend/sim/*' -exec cat {} + | awk '
    /struct aws_op [a-z_]* = \{/ { in_op = 1; op = "" }
    in_op { op = op $0 }
    in_op && /\};/ {
        in_op = 0
        if (!match(op, /\.name = "[A-Za-z]+"/)) next
        name = substr(op, RSTART + 9, RLENGTH - 10)
        n++
        read = name ~ /^(List|Describe|Get|Filter|SimulatePrincipalPolicy|StartLiveTail)/
        marked = op ~ /\.mutates = true/
        changing += marked
        if (read == marked) {
            print name (read ? " is a read, but marked" : " is not marked") \
                " as mutating"
            bad++
        }
    }
    END {
        if (!changing) { print "no mutating operation found"; bad++ }
        printf "%d passed, %d failed, 0 skipped\n", n - bad, bad
        exit bad > 0
    }'
