#!/usr/bin/env bash
# In a pane of tmux WINDOWID and KITTY_WINDOW_ID can name windows of two different terminals.
#
# Guess: the variables by which a terminal says which window a program runs in come together, from one terminal; so in
#   tmux they are either those of the one that is looked at, or all of the one in which tmux was started, and each can
#   stand in for the other when one looks for the window.
# What is so: tmux copies WINDOWID (and DISPLAY) from each client that makes a session or attaches to one, for the panes
#   that are opened after that. KITTY_WINDOW_ID, KITTY_PID, WEZTERM_PANE and their like are no part of that list: they
#   stay those of the terminal in which the server was started, which may be long gone, for every later session and
#   client. An attached terminal that has no WINDOWID takes it away from new panes, and leaves KITTY_WINDOW_ID. Only
#   TERM_PROGRAM, which is "tmux" whatever the terminal had, tells that none of them counts.
# Version: tmux 3.3a (Debian 12).
# Source: seen, in the environment of panes. tmux(1) has the list under `update-environment`.
#
# Needs Debian 12; as root where tmux is still to be installed.
set -euo pipefail

fail() { echo "CHANGED: $*" >&2; exit 1; }
work=$(mktemp -d)
trap 'tmux -S "$work/socket" kill-server 2>/dev/null || true; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

if ! dpkg-query -W -f '${Status}\n' tmux 2>/dev/null | grep -q " installed$"; then
    export DEBIAN_FRONTEND=noninteractive
    timeout 120 apt-get -qq update
    timeout 300 apt-get -qq -y install --no-install-recommends tmux >/dev/null
fi
echo "version: $(tmux -V)"
[[ $(tmux -V) == "tmux 3.3a" ]] || fail "another version"

in_terminal() { # VARIABLE=VALUE... -- COMMAND...: of tmux, as called in a terminal that has these variables
    local own=()
    while [[ $1 != -- ]]; do own+=("$1"); shift; done
    timeout 20 env -i PATH="$PATH" HOME="$work" SHELL=/bin/sh TERM=xterm LC_ALL=C.UTF-8 "${own[@]}" \
        tmux -S "$work/socket" -f /dev/null "${@:2}"
}
says="env >'$work/new'; mv '$work/new' '$work/pane'"
case_of() { # NAME EXPECTED
    local i
    for ((i = 0; i < 100; i++)); do [[ -e $work/pane ]] && break; sleep 0.1; done
    local found
    found=$(grep -E '^(WINDOWID|KITTY_WINDOW_ID|KITTY_PID|WEZTERM_PANE|TERM_PROGRAM)=' "$work/pane" | sort | xargs)
    rm "$work/pane"
    echo "$1:"
    echo "  $found"
    [[ $found == "$2" ]] || fail "$1: expected $2"
}

first="KITTY_PID=11 KITTY_WINDOW_ID=11 TERM_PROGRAM=tmux WEZTERM_PANE=11"
in_terminal WINDOWID=11 KITTY_WINDOW_ID=11 KITTY_PID=11 WEZTERM_PANE=11 TERM_PROGRAM=WezTerm -- \
    new-session -d -s one
tmux -S "$work/socket" new-window -d -t one "$says"
case_of "a pane of the terminal that started tmux (11)" "$first WINDOWID=11"

in_terminal WINDOWID=22 KITTY_WINDOW_ID=22 KITTY_PID=22 WEZTERM_PANE=22 TERM_PROGRAM=WezTerm -- \
    new-session -d -s two
tmux -S "$work/socket" new-window -d -t two "$says"
case_of "a pane of a session that another terminal (22) made" "$first WINDOWID=22"

attach() { # VARIABLE=VALUE...: attaches to the first session from such a terminal, opens a window, and goes away
    cat >"$work/attach" <<EOF
exec tmux -S '$work/socket' attach -t one \; new-window -d "$says" \; detach
EOF
    timeout 20 env -i PATH="$PATH" HOME="$work" SHELL=/bin/sh TERM=xterm LC_ALL=C.UTF-8 "$@" \
        script -qec "sh '$work/attach'" /dev/null >/dev/null </dev/null
}
attach WINDOWID=33 KITTY_WINDOW_ID=33 KITTY_PID=33 WEZTERM_PANE=33
case_of "a new pane of the first session, with a third terminal (33) attached" "$first WINDOWID=33"
attach KITTY_WINDOW_ID=44 KITTY_PID=44
case_of "a new pane of it, with a terminal without WINDOWID (44) attached" "$first"
echo "as found: WINDOWID follows the client, the others stay those of the terminal that started the server"
