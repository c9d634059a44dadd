#!/usr/bin/env bash
# GLib 2.74 refuses a desktop file whose program has a percent sign in its path, written %% as the standard wants.
#
# Guess: the Desktop Entry Specification, section "The Exec key": "Literal percentage characters must be escaped
#   as %%." So `Exec="/opt/50%%/prog" --flag` starts /opt/50%/prog.
# What is so: the file is valid (desktop-file-validate has nothing to say), and `gio launch` cannot load it: when
#   GLib reads the file it looks for the program under the name as it is written, /opt/50%%/prog, and only when it
#   starts it are field codes replaced. A program there would let the file be loaded, and then /opt/50%/prog is
#   started, if there is one. In an argument %% is a percent sign, so `Exec=/usr/bin/env "/opt/50%%/prog" --flag`
#   starts it; a path without % needs no such thing.
# Version: libglib2.0-bin 2.74.6 (Debian 12), desktop-file-utils 0.26.
# Source: seen. The documentation that one would believe is the specification that is named above.
#
# Needs Debian 12; as root where one of the packages is still to be installed.
set -euo pipefail
VERSION=2.74.6

fail() { echo "CHANGED: $*" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

packages=(libglib2.0-bin desktop-file-utils)
if ! dpkg-query -W -f '${Status}\n' "${packages[@]}" 2>/dev/null | grep -c " installed$" | grep -qx 2; then
    export DEBIAN_FRONTEND=noninteractive
    timeout 120 apt-get -qq update
    timeout 300 apt-get -qq -y install --no-install-recommends "${packages[@]}" >/dev/null
fi
echo "version: libglib2.0-bin $(dpkg-query -W -f '${Version}' libglib2.0-bin)"
[[ $(gio version) == "$VERSION" ]] || fail "another version than $VERSION"

export HOME=$work XDG_DATA_HOME=$work XDG_CONFIG_HOME=$work XDG_RUNTIME_DIR=$work
export LC_ALL=C.UTF-8 DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere
unset DISPLAY WAYLAND_DISPLAY

program_in() { # FOLDER: a program that writes its own name and its arguments
    mkdir "$1"
    printf '#!/bin/sh\n{ printf "%%s" "$0"; printf " [%%s]" "$@"; echo; } >"%s"\n' "$work/started" >"$1/prog"
    chmod +x "$1/prog"
}

check() { # EXEC STATUS STARTED, with ~ for the temporary folder
    printf '[Desktop Entry]\nType=Application\nName=Finding\nExec=%s\n' "${1//\~/$work}" >"$work/it.desktop"
    local status=0 said started=nothing
    desktop-file-validate "$work/it.desktop" || fail "not valid: $1"
    rm -f "$work/started"
    said=$(timeout 30 gio launch "$work/it.desktop" 2>&1) || status=$?
    for _ in {1..20}; do
        [[ -s $work/started ]] && break
        sleep 0.1
    done
    [[ ! -s $work/started ]] || started=$(<"$work/started")
    started=${started//$work/\~} said=${said//$work/\~}
    printf 'Exec=%s\n    status %s, started: %s\n' "$1" "$status" "$started"
    [[ -z $said ]] || printf '    %s\n' "$said"
    [[ $status == "$2" && $started == "$3" ]] || fail "$1: expected status $2, and started: $3"
    [[ $status == 0 || $said == *"Unable to load application information"* ]] || fail "$1: said something else"
}

program_in "$work/50"
program_in "$work/50%"
check '"~/50/prog" --flag' 0 '~/50/prog [--flag]'
check '"~/50%%/prog" --flag' 1 nothing
check '~/50%%/prog --flag' 1 nothing
check '/usr/bin/env "~/50%%/prog" --flag=5%%' 0 '~/50%/prog [--flag=5%]'

echo "and with another program in a folder 50%%:"
program_in "$work/50%%"
check '"~/50%%/prog" --flag' 0 '~/50%/prog [--flag]'
echo "as found: the program is looked for under its name with %%, and started under its name with %"
