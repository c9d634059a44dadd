#!/usr/bin/env bash
# i3 4.22 takes a leading double quote of `exec` for its own: a quoted program with an argument is an error.
#
# Guess: i3 passes the command of `exec` to a shell, so `exec "/path/with space/prog" --arg` starts that program
#   with that argument, as the same line does in a shell.
# What is so: where the command begins with a double quote, i3 ends it at the next one and strips both. What
#   follows is an error in the config, which names every other keyword as expected. Without an argument the line is
#   accepted, yet the shell gets the path without its quotes and starts what stands before the space. Single quotes
#   mean nothing to i3, so they reach the shell and do what was meant; so do double quotes that are not the first
#   character, as in `exec env "/path/with space/prog" --arg`.
# Version: i3-wm 4.22 (Debian 12), under xvfb.
# Source: seen, in what `i3 -C` says and in what was started. The documentation that one would believe: the i3
#   User's Guide, "Executing applications (exec)": "passing the command you specify to a
#   shell"; and sway(5), whose config is i3's: "You can enclose arguments with quotation marks ("..." or '...') to
#   add spaces to a single argument."
#
# Needs Debian 12; as root where i3-wm or xvfb is still to be installed.
set -euo pipefail
VERSION=4.22

fail() { echo "CHANGED: $*" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

packages=(i3-wm xvfb xauth)
if ! dpkg-query -W -f '${Status}\n' "${packages[@]}" 2>/dev/null | grep -c " installed$" | grep -qx 3; then
    export DEBIAN_FRONTEND=noninteractive
    timeout 120 apt-get -qq update
    timeout 300 apt-get -qq -y install --no-install-recommends "${packages[@]}" >/dev/null
fi
echo "version: i3-wm $(dpkg-query -W -f '${Version}' i3-wm)"
[[ $(dpkg-query -W -f '${Version}' i3-wm) == "$VERSION"-* ]] || fail "another version than $VERSION"

# The program writes its name and its arguments; so does what stands before the space.
mkdir "$work/with space"
printf '#!/bin/sh\n{ printf "%%s" "${0##*/}"; printf " [%%s]" "$@"; echo; } >>"%s"\n' "$work/started" |
    tee "$work/with" >"$work/with space/prog"
chmod +x "$work/with" "$work/with space/prog"

program='./with space/prog'
cd "$work"
export HOME=$work XDG_RUNTIME_DIR=$work XDG_CONFIG_HOME=$work
unset DISPLAY WAYLAND_DISPLAY I3SOCK DBUS_SESSION_BUS_ADDRESS

config_of() { # LINE...
    printf '%s\n' '# i3 config file (v4)' 'font pango:monospace 8' "$@"
}

check() { # LINE EXPECTED: what i3 says of a config with this line
    config_of "$1" >"$work/config"
    local status=0 said
    said=$(timeout 30 i3 -C -c "$work/config" 2>&1) || status=$?
    said=$(grep -E -A1 'Expected one of|Line +3:' <<<"$said" | sed -nE 's/^.*CONFIG: ( {10}|Line +3: )?//p' |
        sed -E "/in file/d; s/(Expected one of these tokens: <end>,).*/\1 .../") || said=
    echo "i3 -C: $1 -> status $status"
    [[ -z $said ]] || sed 's/^/    /' <<<"$said"
    if [[ $2 == refused ]]; then
        [[ $status -eq 1 && ${said##*$'\n'} =~ ^\ +\^{5}$ ]] || fail "not refused at its --arg: $1"
    else
        [[ $status -eq 0 && -z $said ]] || fail "not accepted: $1"
    fi
}

refused=("exec \"$program\" --arg" "exec --no-startup-id \"$program\" --arg" "exec_always \"$program\" --arg")
accepted=(
    "exec --no-startup-id '$program' --arg single quotes"
    "exec --no-startup-id env \"$program\" --arg not the first character"
    "exec --no-startup-id \"$program\""
)
for line in "${refused[@]}"; do check "$line" refused; done
for line in "${accepted[@]}"; do check "$line" accepted; done

config_of "${accepted[@]}" >"$work/config"
# shellcheck disable=SC2016 # for the shell within
timeout 60 xvfb-run -a bash -c '
    i3 -c "$0/config" >"$0/log" 2>&1 &
    for _ in {1..200}; do
        [[ -f $0/started && $(wc -l <"$0/started") -ge 3 ]] && break
        sleep 0.1
    done
    kill $!
    wait $! || true
' "$work"
echo "started, where accepted:"
started=$(LC_ALL=C sort "$work/started")
sed 's/^/    /' <<<"$started"
[[ $started == 'prog [--arg] [not] [the] [first] [character]
prog [--arg] [single] [quotes]
with [space/prog]' ]] || fail "something else was started"
echo "as found: a leading double quote is i3's own, and ends the command at the next one"
