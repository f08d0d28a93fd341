#!/bin/sh
# What the program says of itself, put into README.md, the manual page and the
# completions: docs.sh BINARY [FOLDER]. With a FOLDER the files are written
# there instead (tests/checks/docs.sh compares).
set -eu
bin=$1 to=${2:-.}
mkdir -p "$to/contrib/completions"

# between FILE "FIRST LINE*" "LAST LINE*": what stands between comes from stdin
between() {
    awk -v from="$2" -v upto="$3" '
        index($0, upto) == 1 { inside = 0 }
        !inside { print }
        index($0, from) == 1 {
            inside = 1
            while ((getline line < "/dev/stdin") > 0) print line
        }' "$1" >"$to/$1.new"
    mv "$to/$1.new" "$to/$1"
}
"$bin" --print-keys | between README.md '<!-- keys' '<!-- end of keys'
"$bin" --print-man | between contrib/ecsdash.1 '.\\" begin: generated' \
    '.\\" end of what is generated'
for shell in bash zsh fish; do
    "$bin" --completion $shell >"$to/contrib/completions/ecsdash.$shell"
done
