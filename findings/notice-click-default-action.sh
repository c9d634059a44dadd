#!/usr/bin/env bash
# A left click on a notice does not invoke its `default` action on dunst 1.9 and xfce4-notifyd 0.7: it closes it.
#
# Guess: the Desktop Notifications Specification says that the action with the key `default` is usually invoked by a
#   click on the notification, so a notice with that action opens something when it is clicked.
# What is so: dunst closes the notice (its middle button invokes), and xfce4-notifyd closes it as well and draws
#   `default` as a button with the label that was sent, which others never show. So give it a label that reads well
#   on a button, and never let a click on a notice be the only way to somewhere.
# Version: dunst 1.9.0, xfce4-notifyd 0.7.3 (Debian 12), dbus-fast 5.2.0 (PyPI), under xvfb.
# Source: seen, by clicking in the middle of the text with xdotool.
#
# Needs Debian 12; as root where one of the packages is still to be installed.
set -euo pipefail

fail() { echo "CHANGED: $*" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

packages=(dunst xfce4-notifyd xvfb xauth xdotool imagemagick openbox dbus-daemon python3-venv)
if ! dpkg-query -W -f '${Status}\n' "${packages[@]}" 2>/dev/null | grep -c " installed$" | grep -qx "${#packages[@]}"; then
    export DEBIAN_FRONTEND=noninteractive
    timeout 120 apt-get -qq update
    timeout 300 apt-get -qq -y install --no-install-recommends "${packages[@]}" >/dev/null
fi
version() { dpkg-query -W -f '${Version}' "$1"; }
echo "version: dunst $(version dunst), xfce4-notifyd $(version xfce4-notifyd)"
[[ $(version dunst) == 1.9.0-* && $(version xfce4-notifyd) == 0.7.3-* ]] || fail "other versions"
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q dbus-fast==5.2.0

cat >"$work/click.py" <<'PYTHON'
"""One notice with a `default` action, clicked once in its text; which signals its sender hears."""

import asyncio
import re
import subprocess

from dbus_fast import BusType, Message, MessageType
from dbus_fast.aio import MessageBus

NAME, PATH = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"


def box() -> tuple[int, int, int, int]:
    """Where something is drawn on the black screen: width, height, x, y."""
    command = ["import", "-window", "root", "-trim", "-format", "%wx%h%O", "info:"]
    told = subprocess.run(command, capture_output=True, text=True)
    found = re.search(r"(\d+)x(\d+)\+(\d+)\+(\d+)", told.stdout)
    return tuple(map(int, found.groups())) if found else (0, 0, 0, 0)


async def main() -> None:
    heard: list[str] = []
    bus = await MessageBus(bus_type=BusType.SESSION).connect()

    def take(message: Message) -> None:
        if message.message_type is MessageType.SIGNAL and message.interface == NAME:
            heard.append(" ".join(map(str, (message.member, message.body[1]))))

    bus.add_message_handler(take)
    rule = f"type='signal',interface='{NAME}'"
    dbus = "org.freedesktop.DBus"
    await bus.call(Message(dbus, "/org/freedesktop/DBus", dbus, "AddMatch", signature="s", body=[rule]))
    body = ["finding", 0, "", "A notice", "with one line of text", ["default", "Open"], {}, 0]
    await bus.call(Message(NAME, PATH, NAME, "Notify", signature="susssasa{sv}i", body=body))
    await asyncio.sleep(2)  # one of them slides in
    _width, _height, x, y = box()
    subprocess.run(["xdotool", "mousemove", str(x + 40), str(y + 25), "click", "1"], check=True)
    await asyncio.sleep(3)
    print(", ".join(heard) or "nothing")


asyncio.run(main())
PYTHON

export WORK=$work HOME=$work XDG_RUNTIME_DIR=$work XDG_CONFIG_HOME=$work LC_ALL=C.UTF-8 NO_AT_BRIDGE=1
unset DISPLAY WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS
for server in dunst /usr/lib/*/xfce4/notifyd/xfce4-notifyd; do
    # shellcheck disable=SC2016 # for the shell within
    heard=$(SERVER=$server timeout 60 xvfb-run -a -s "-screen 0 900x500x24" dbus-run-session -- bash -c '
        trap "kill \$(jobs -p) 2>/dev/null" EXIT
        openbox >/dev/null 2>&1 &
        sleep 1
        "$SERVER" >/dev/null 2>&1 &
        sleep 2
        "$WORK/venv/bin/python" "$WORK/click.py"
    ' 2>"$work/log" | tail -n 1) || true
    echo "$(basename "$server") after a left click: $heard"
    [[ $heard == "NotificationClosed 2" ]] || fail "heard otherwise"
done
echo "as found: a left click closes the notice, and invokes nothing"
