#!/usr/bin/env bash
# dunst 1.9 sends ActionInvoked and NotificationClosed to the connection that sent the notice, and to no other.
#
# Guess: the Desktop Notifications Specification calls both signals, and a D-Bus signal is a broadcast; so a program
#   can send notices on one connection (or by notify-send) and listen for clicks on another with a match rule.
# What is so: dunst addresses them to the sender. A second connection of the same program, with match rules for the
#   interface, hears nothing, and an action that was clicked is lost. Other servers broadcast (xfce4-notifyd 0.7.3
#   and mako 1.7.1 do), so it works until somebody runs dunst. Send and listen on one connection.
# Version: dunst 1.9.0 (Debian 12), dbus-fast 5.2.0 (PyPI), under xvfb.
# Source: seen, by listening on two connections at once.
#
# Needs Debian 12; as root where one of the packages is still to be installed.
set -euo pipefail
VERSION=1.9.0

fail() { echo "CHANGED: $*" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

packages=(dunst xvfb xauth dbus-daemon python3-venv)
if ! dpkg-query -W -f '${Status}\n' "${packages[@]}" 2>/dev/null | grep -c " installed$" | grep -qx 5; then
    export DEBIAN_FRONTEND=noninteractive
    timeout 120 apt-get -qq update
    timeout 300 apt-get -qq -y install --no-install-recommends "${packages[@]}" >/dev/null
fi
echo "version: dunst $(dpkg-query -W -f '${Version}' dunst)"
[[ $(dpkg-query -W -f '${Version}' dunst) == "$VERSION"-* ]] || fail "another version than $VERSION"
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q dbus-fast==5.2.0

cat >"$work/listen.py" <<'PYTHON'
"""One notice, clicked by dunst's own tool; what its sender and another connection hear of it."""

import asyncio
import subprocess

from dbus_fast import BusType, Message, MessageType
from dbus_fast.aio import MessageBus

NAME, PATH = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"


async def connect(heard: list[str]) -> MessageBus:
    bus = await MessageBus(bus_type=BusType.SESSION).connect()

    def take(message: Message) -> None:
        if message.message_type is MessageType.SIGNAL and message.interface == NAME:
            heard.append(message.member)

    bus.add_message_handler(take)
    rule = Message(
        destination="org.freedesktop.DBus", path="/org/freedesktop/DBus", interface="org.freedesktop.DBus",
        member="AddMatch", signature="s", body=[f"type='signal',interface='{NAME}'"],
    )
    await bus.call(rule)
    return bus


async def main() -> None:
    at_sender: list[str] = []
    elsewhere: list[str] = []
    sender = await connect(at_sender)
    await connect(elsewhere)
    body = ["finding", 0, "", "A notice", "", ["default", "Open"], {}, 0]
    reply = await sender.call(
        Message(destination=NAME, path=PATH, interface=NAME, member="Notify", signature="susssasa{sv}i", body=body)
    )
    await asyncio.sleep(1)
    await asyncio.to_thread(subprocess.run, ["dunstctl", "action", "0"], check=True)
    close = "CloseNotification"  # the tool's action leaves it open
    await sender.call(Message(NAME, PATH, NAME, close, signature="u", body=[reply.body[0]]))
    for _ in range(50):
        if len(at_sender) >= 2:
            break
        await asyncio.sleep(0.1)
    await asyncio.sleep(1)  # for what the other might still hear
    print("the sender heard:", " ".join(sorted(at_sender)) or "nothing")
    print("another connection heard:", " ".join(sorted(elsewhere)) or "nothing")


asyncio.run(main())
PYTHON

export WORK=$work HOME=$work XDG_RUNTIME_DIR=$work XDG_CONFIG_HOME=$work LC_ALL=C.UTF-8
unset DISPLAY WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS
# shellcheck disable=SC2016 # for the shell within
timeout 60 xvfb-run -a dbus-run-session -- bash -c '
    trap "kill \$(jobs -p) 2>/dev/null" EXIT
    dunst >/dev/null 2>&1 &
    for _ in {1..100}; do dunstctl is-paused >/dev/null 2>&1 && break; sleep 0.1; done
    "$WORK/venv/bin/python" "$WORK/listen.py"
' >"$work/out" 2>"$work/log" || true
cat "$work/out"
[[ $(<"$work/out") == 'the sender heard: ActionInvoked NotificationClosed
another connection heard: nothing' ]] || fail "heard otherwise"
echo "as found: only the connection that sent the notice hears of it"
