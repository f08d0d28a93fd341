#!/bin/sh
# README, manual page and completions say what the program says; the page is
# good mdoc; what is read from outside stands in it; completions complete.
set -u
cd "${ECSDASH_ROOT:-.}" || exit 1
pass=0 fail=0
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
check() { # what, command...
    what=$1
    shift
    if "$@" >"$dir/said" 2>&1; then pass=$((pass + 1)); else
        echo "$what"
        cat "$dir/said"
        fail=$((fail + 1))
    fi
}
skip=0
with() { # tool, check...
    if command -v "$1" >/dev/null; then shift; check "$@"; else
        skip=$((skip + 1))
    fi
}

check "contrib/docs.sh fails" sh contrib/docs.sh "$ECSDASH_BIN" "$dir/new"
for f in README.md contrib/ecsdash.1 contrib/completions/ecsdash.bash \
    contrib/completions/ecsdash.zsh contrib/completions/ecsdash.fish; do
    check "$f is stale: make docs" diff "$f" "$dir/new/$f"
done

page=contrib/ecsdash.1
lint() {
    mandoc -Tlint $page | grep -vE 'manual not found|mandoc\.db' >"$dir/lint"
    cat "$dir/lint"
    [ ! -s "$dir/lint" ]
}
with mandoc "$page is no good mdoc" lint
quiet() { # neither a status nor a word of complaint
    said=$("$@" 2>&1 >/dev/null) && [ -z "$said" ] && return
    echo "$said"
    false
}
with groff "groff has warnings about $page" quiet \
    groff -ww -mdoc -Tutf8 -P-c $page
with man "man has warnings about $page" quiet man --warnings=all -l $page
# What is copied from there into a shell keeps its quotes and its hyphens.
examples() { # command that renders the page
    "$@" 2>/dev/null | sed 's/.\x08//g' | tr -s ' \n' '  ' >"$dir/rendered"
    for text in "--filter 'ERROR|FATAL' prod/web" \
        "--once -o json services '!state:ok' | jq -r '.rows[].serviceName'"; do
        grep -qF -- "$text" "$dir/rendered" || { echo "$text"; return 1; }
    done
}
with mandoc "mandoc shows other examples" examples mandoc $page
with man "man shows other examples" examples env MANWIDTH=80 man -l $page

# Every section that was promised, every variable, every context of keys.
names() { # words of stdin that the page lacks
    while read -r word; do
        grep -qw -- "$word" $page || { echo "$word"; false; } || found=no
    done
    [ -z "${found:-}" ]
}
sections() {
    printf '%s\n' NAME SYNOPSIS DESCRIPTION OPTIONS KEYS COMMANDS \
        CONFIGURATION ENVIRONMENT FILES 'EXIT STATUS' EXAMPLES 'SEE ALSO' |
        sed 's/^/Sh /' | names
}
check "$page lacks a section" sections
# What is passed on to children only is not ours to explain.
variables() {
    find main.c backend views -name '*.c' -not -path 'backend/sim/*' \
        -not -name run.c -not -name region_metadata.c -exec cat {} + |
        grep -oE '"(AWS_[A-Z0-9_]+[A-Z0-9]|NO_COLOR|ESCDELAY|PAGER|VISUAL|EDITOR|XDG_[A-Z_]+)"' |
        tr -d '"' | sort -u | names
}
check "$page lacks variables that are read" variables
contexts() {
    sed -n 's/^    X([A-Z]*, "\([a-z]*\)".*/\1/p' keymaps/actions.h | names
}
check "$page lacks contexts of keys" contexts
themes() {
    for t in themes/*.theme; do
        grep -q "words = .*$(basename "$t" .theme)" views/cli/options_table.c ||
            return 1
    done
}
check "--theme does not know all themes" themes

# What is offered for some beginnings. A profile of a hostile name is not
# offered, nor run.
printf '[default]\n[profile dev]\n[profile $(touch %s/run)]\n[sso-session x]\n' \
    "$dir" >"$dir/aws"
cases() {
    cat <<'CASES'
ecsdash --them|--theme
ecsdash --theme mo|mono
ecsdash --theme=co|colorblind
ecsdash -o j|json
ecsdash --output ts|tsv
ecsdash --demo=qu|quiet
ecsdash --region eu-west-|eu-west-1 eu-west-2 eu-west-3
ecsdash do|doctor
ecsdash ser|services
ecsdash --profile |default dev
CASES
}
offered() { # shell: the case's words, its value
    shell=$1
    cases >"$dir/cases"
    while IFS='|' read -r line want; do
        got=$(AWS_CONFIG_FILE="$dir/aws" AWS_SHARED_CREDENTIALS_FILE=/nowhere \
            LINE=$line $shell "$dir/ask.$shell" 2>&1 | sed 's/^.*=//' |
            sort | tr '\n' ' ')
        [ "$got" = "$want " ] || { echo "$shell: $line: $got, not $want"; found=no; }
    done <"$dir/cases"
    [ ! -e "$dir/run" ] && [ -z "${found:-}" ]
}
cat >"$dir/ask.bash" <<'ASK'
. contrib/completions/ecsdash.bash
# As readline parts the words: an equals sign is one of them.
eval "COMP_WORDS=($(printf '%s' "$LINE" | sed 's/=/ = /g'))"
case $LINE in *' ') COMP_WORDS+=("") ;; esac
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_ecsdash
printf '%s\n' "${COMPREPLY[@]}"
ASK
with bash "bash completes otherwise" offered bash
cat >"$dir/ask.fish" <<'ASK'
source contrib/completions/ecsdash.fish
complete -C "$LINE" | string replace -r '\t.*' ''
ASK
with fish "fish completes otherwise" offered fish
# A shell in a terminal of its own: what Tab makes of the line.
cat >"$dir/ask.zsh" <<'ASK'
zmodload zsh/zpty
zpty shell zsh -f
zpty -w shell "PS1=; autoload -Uz compinit; compinit -u -D"
zpty -w shell "source contrib/completions/ecsdash.zsh; echo rea''dy"
zpty -r shell said '*ready*'
zpty -w -n shell "ecsdash --theme mo"$'\t'
zpty -r shell said '*mono*'
zpty -w -n shell $'\025'"ecsdash --completion z"$'\t'
zpty -r shell said '*zsh*'
zpty -w -n shell $'\025'"ecsdash docto"$'\t'
zpty -r shell said '*doctor*'
ASK
zsh_completes() { timeout 20 zsh -f "$dir/ask.zsh"; }
with zsh "zsh completes otherwise" zsh_completes
echo "$pass passed, $fail failed, $skip skipped"
[ "$fail" -eq 0 ]
