#!/usr/bin/env bash
# i3blocks 1.4 does not understand escapes in the JSON of a block: \" ends the text, \\ and \u00a0 are shown as written.
#
# Guess: a block with `format=json` prints an object of the i3bar protocol, and any JSON writer will do for it.
# What is so: i3blocks cuts strings out of the line by itself. The first \" ends the string, so that the rest of the text
#   is gone (a backslash stays at its end), and what it does not cut it escapes once more: \\ is shown as two backslashes,
#   \u00a0 as six letters, \u2013 likewise. So a writer that escapes what is not ASCII, as Python's json.dumps does unless
#   it is asked not to, shows \u2026 in the bar. What a name may hold must be put so that JSON needs no escape: ' for ",
#   no backslash, UTF-8 as it is.
# Version: i3blocks 1.4 (Debian 12).
# Source: seen, in what i3blocks tells i3bar.
#
# Needs Debian 12; as root where the package is still to be installed.
set -euo pipefail
VERSION=1.4

fail() { echo "CHANGED: $*" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

if ! command -v i3blocks >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    timeout 120 apt-get -qq update
    timeout 300 apt-get -qq -y install --no-install-recommends i3blocks >/dev/null
fi
echo "version: i3blocks $(dpkg-query -W -f '${Version}' i3blocks)"
[[ $(dpkg-query -W -f '${Version}' i3blocks) == "$VERSION"-* ]] || fail "another version than $VERSION"

printf '[block]\ncommand=cat %s/line\nformat=json\ninterval=once\n' "$work" >"$work/config"

told() { # what i3blocks tells i3bar of the text that the JSON in $1 holds
    printf '%s\n' "$1" >"$work/line"
    timeout 2 i3blocks -c "$work/config" 2>/dev/null | grep '"name":"block"' | tail -n 1 |
        sed 's/.*"full_text"://; s/,"name".*//' || true
}

expect() {
    local found
    found=$(told "{\"full_text\":$1}")
    echo "$1 -> $found"
    [[ $found == "$2" ]] || fail "$1 becomes $found, not $2"
}

expect '"63 % of 5h"' '"63 % of 5h"'
expect '"a – b"' '"a – b"'
expect '"a \"q\" b"' '"a \\"'
expect '"a \\ b"' '"a \\\\ b"'
expect '"a \u2013 b"' '"a \\u2013 b"'
echo "as found"
