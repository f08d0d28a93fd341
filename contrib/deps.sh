#!/bin/sh
# Install what is missing, by Debian package name: `deps.sh build` what building
# takes, `deps.sh` what the tests take, too. Does nothing where all is there;
# says what it installs; asks before sudo on a terminal.
set -eu
need="build-essential pkg-config libncurses-dev libcurl4-openssl-dev
 libjansson-dev libuv1-dev libssl-dev libexpat1-dev libpcre2-dev zlib1g-dev"
[ "${1:-}" = build ] || need="$need libcmocka-dev libvterm-dev ncurses-term
 tmux python3-venv awscli openssl clang clang-tidy cppcheck jq git
 mandoc groff-base man-db zsh fish"
missing=
for p in $need; do
    dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' ||
        missing="$missing $p"
done
if [ -n "$missing" ]; then
    echo "make deps: installing" $missing
    sudo=
    if [ "$(id -u)" != 0 ]; then
        sudo=sudo
        if [ -t 0 ]; then
            printf 'Use sudo for that? [y/N] '
            read -r yes
            case $yes in y* | Y*) ;; *) echo "make deps: not installed." >&2; exit 1 ;; esac
        fi
    fi
    $sudo apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq \
        --no-install-recommends $missing >/dev/null
fi
[ "${1:-}" = build ] && exit
# moto and botocore for the emulator tests: a venv where they are missing and
# the package index can be reached; else those tests are counted as skipped.
if ! python3 -c 'import moto, botocore, flask' 2>/dev/null &&
   ! { [ -x build/venv/bin/python ] && build/venv/bin/python -c 'import moto, botocore, flask' 2>/dev/null; }; then
    mkdir -p build
    if python3 -m venv build/venv 2>/dev/null &&
       build/venv/bin/pip install -q --disable-pip-version-check \
           'moto[server]==5.2.1' 'botocore==1.43.11' >/dev/null 2>&1; then
        echo "make deps: moto and botocore are in build/venv"
    else
        rm -rf build/venv
        echo "make deps: moto could not be installed; its tests will be skipped"
    fi
fi
