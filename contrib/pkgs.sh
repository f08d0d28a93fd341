#!/bin/sh
# Print make variables for the libraries, or name the missing Debian package.
# usage: pkgs.sh "CORE MODULES" "TUI MODULES"
set -eu
core=$1 tui=$2
deb_of() {
    case $1 in
    libuv) echo libuv1-dev ;;
    jansson) echo libjansson-dev ;;
    libcurl) echo libcurl4-openssl-dev ;;
    libcrypto) echo libssl-dev ;;
    expat) echo libexpat1-dev ;;
    libpcre2-8) echo libpcre2-dev ;;
    zlib) echo zlib1g-dev ;;
    ncursesw) echo libncurses-dev ;;
    *) echo "$1" ;;
    esac
}
command -v pkg-config >/dev/null 2>&1 || {
    echo "ecsdash: pkg-config is missing: apt-get install pkg-config, or run 'make deps'." >&2
    exit 1
}
missing=
for m in $core $tui; do
    pkg-config --exists "$m" || missing="$missing $(deb_of "$m")"
done
if [ -n "$missing" ]; then
    echo "ecsdash: missing libraries: apt-get install$missing, or run 'make deps'." >&2
    exit 1
fi
echo "CORE_CFLAGS := $(pkg-config --cflags $core)"
echo "CORE_LIBS := $(pkg-config --libs $core)"
echo "TUI_CFLAGS := $(pkg-config --cflags $tui)"
echo "TUI_LIBS := $(pkg-config --libs $tui)"
if pkg-config --exists vterm; then
    echo "VTERM_LIBS := $(pkg-config --libs vterm)"
else
    echo "VTERM_LIBS := -lvterm"
fi
