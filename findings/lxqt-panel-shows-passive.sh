#!/usr/bin/env bash
# lxqt-panel 1.2 goes on showing a tray icon whose Status became "Passive"; xfce4-panel and waybar hide it.
#
# Guess: a StatusNotifierItem is taken away for a while by Status "Passive" and the signal NewStatus: "it is likely
#   that visualizations will chose to hide it" (Freedesktop's StatusNotifierItem page), and there is no call to
#   unregister one.
# What is so: lxqt-panel draws a passive item as any other. It goes only when its name leaves the bus: one of several
#   icons that share a connection (registered by their object paths) cannot be taken away alone. A program that shows
#   fewer icons than before has to close the connection and come back, or give each icon a connection of its own.
# Version: lxqt-panel 1.2.1 (Debian 12), dbus-fast 5.2.0 (PyPI), under xvfb.
# Source: seen, by counting the icon's pixels.
#
# Needs Debian 12; as root where one of the packages is still to be installed.
set -euo pipefail
VERSION=1.2.1

fail() { echo "CHANGED: $*" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

packages=(lxqt-panel xvfb xauth dbus-daemon imagemagick openbox python3-venv)
if ! dpkg-query -W -f '${Status}\n' "${packages[@]}" 2>/dev/null | grep -c " installed$" | grep -qx 7; then
    export DEBIAN_FRONTEND=noninteractive
    timeout 120 apt-get -qq update
    timeout 300 apt-get -qq -y install --no-install-recommends "${packages[@]}" >/dev/null
fi
echo "version: lxqt-panel $(dpkg-query -W -f '${Version}' lxqt-panel)"
[[ $(dpkg-query -W -f '${Version}' lxqt-panel) == "$VERSION"-* ]] || fail "another version than $VERSION"
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q dbus-fast==5.2.0

cat >"$work/item.py" <<'PYTHON'
"""A red tray icon, which becomes passive when asked to by SIGUSR1."""

import asyncio
import signal

from dbus_fast import BusType, PropertyAccess
from dbus_fast.aio import MessageBus
from dbus_fast.service import ServiceInterface, dbus_property, dbus_signal

ITEM, WATCHER = "org.kde.StatusNotifierItem", "org.kde.StatusNotifierWatcher"


class Item(ServiceInterface):
    status = "Active"

    @dbus_property(access=PropertyAccess.READ)
    def Category(self) -> "s":
        return "ApplicationStatus"

    @dbus_property(access=PropertyAccess.READ)
    def Id(self) -> "s":
        return "finding"

    @dbus_property(access=PropertyAccess.READ)
    def Status(self) -> "s":
        print("read:", self.status, flush=True)
        return self.status

    @dbus_property(access=PropertyAccess.READ)
    def IconPixmap(self) -> "a(iiay)":
        return [[22, 22, bytes((255, 255, 0, 0)) * 484]]

    @dbus_signal()
    def NewStatus(self) -> "s":
        return self.status

    def hide(self) -> None:
        self.status = "Passive"
        self.NewStatus()


async def main() -> None:
    bus = await MessageBus(bus_type=BusType.SESSION).connect()
    item = Item(ITEM)
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, item.hide)
    bus.export("/StatusNotifierItem", item)
    await bus.request_name(f"{ITEM}-1-1")
    about = await bus.introspect(WATCHER, "/StatusNotifierWatcher")
    watcher = bus.get_proxy_object(WATCHER, "/StatusNotifierWatcher", about).get_interface(WATCHER)
    await watcher.call_register_status_notifier_item(f"{ITEM}-1-1")
    await asyncio.sleep(60)


asyncio.run(main())
PYTHON

mkdir -p "$work/lxqt"
cat >"$work/lxqt/panel.conf" <<'CONFIG'
panels=panel1

[panel1]
plugins=statusnotifier
position=Top
desktop=0
panelSize=30
iconSize=22
width=100
width-percent=true

[statusnotifier]
type=statusnotifier
CONFIG

cat >"$work/desktop.sh" <<'SHELL'
# The panel, then the icon: its pixels while it is active, three seconds after it became passive, and when it ended.
owned() {
    dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner \
        string:org.kde.StatusNotifierWatcher | grep -q true
}
red() {
    import -window root "$WORK/seen.png"
    convert "$WORK/seen.png" -depth 8 -format %c histogram:info:- | sed -nE 's/^ *([0-9]+):.*#FF0000([^0-9A-F]|FF).*/\1/p' | head -1
}
trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT
openbox >/dev/null 2>&1 &
sleep 1
lxqt-panel >/dev/null 2>&1 &
for _ in {1..150}; do owned && break; sleep 0.1; done
"$WORK/venv/bin/python" "$WORK/item.py" >"$WORK/item.log" &
item=$!
for _ in {1..100}; do sleep 0.1; [[ $(red) ]] && break; done
sleep 1
echo "active: $(red)" >"$WORK/seen"
kill -USR1 "$item"
sleep 3
echo "passive: $(red)" >>"$WORK/seen"
kill "$item"
for _ in {1..30}; do sleep 0.1; [[ $(red) ]] || break; done
echo "ended: $(red)" >>"$WORK/seen"
SHELL

export WORK=$work HOME=$work XDG_RUNTIME_DIR=$work XDG_CONFIG_HOME=$work XDG_CACHE_HOME=$work LC_ALL=C.UTF-8
unset DISPLAY WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS
timeout 60 xvfb-run -a -s "-screen 0 800x300x24" dbus-run-session -- bash "$work/desktop.sh" >"$work/log" 2>&1 || true
cat "$work/seen"
[[ $(cat "$work/seen") == $'active: 484\npassive: 484\nended: ' ]] ||
    fail "expected 484 red pixels while it is active and while it is passive, none once it has ended"
echo "as found: the passive icon is drawn like the active one"
