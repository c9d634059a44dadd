#!/usr/bin/env bash
# lxqt-panel 1.2 answers a left click on a tray icon with Activate, although the item says that it is a menu alone.
#
# Guess: "ItemIsMenu: the item only support the context menu, the visualization should prefer showing the menu or
#   sending ContextMenu() instead of Activate()" (Freedesktop's StatusNotifierItem page). So an item that sets it needs
#   no Activate, and one whose Activate fails gets its menu shown, as in Plasma.
# What is so: a left click calls Activate, whatever ItemIsMenu says, and when that fails the panel does nothing more:
#   for the user the icon is dead. Only a right click opens the menu. An item with a menu alone must do something in
#   Activate itself, and fail in it all the same where Plasma is to open the menu.
# Version: lxqt-panel 1.2.1 (Debian 12), dbus-fast 5.2.0 (PyPI), under xvfb.
# Source: seen, by writing down what the panel calls on each click.
#
# Needs Debian 12; as root where one of the packages is still to be installed.
set -euo pipefail
VERSION=1.2.1

fail() { echo "CHANGED: $*" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

packages=(lxqt-panel openbox xvfb xauth xdotool dbus-daemon python3-venv)
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
"""A tray icon that is a menu of one row; it prints what a panel calls for a click on it, and clicks itself."""

import asyncio
import subprocess

from dbus_fast import BusType, DBusError, Message, PropertyAccess, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.service import ServiceInterface, dbus_property, method

ITEM, WATCHER = "org.kde.StatusNotifierItem", "org.kde.StatusNotifierWatcher"
calls = []


class Item(ServiceInterface):
    @dbus_property(access=PropertyAccess.READ)
    def Category(self) -> "s":
        return "ApplicationStatus"

    @dbus_property(access=PropertyAccess.READ)
    def Id(self) -> "s":
        return "finding"

    @dbus_property(access=PropertyAccess.READ)
    def Title(self) -> "s":
        return "finding"

    @dbus_property(access=PropertyAccess.READ)
    def Status(self) -> "s":
        return "Active"

    @dbus_property(access=PropertyAccess.READ)
    def IconName(self) -> "s":
        return ""

    @dbus_property(access=PropertyAccess.READ)
    def IconPixmap(self) -> "a(iiay)":
        return [[22, 22, bytes((255, 255, 0, 0)) * 22 * 22]]

    @dbus_property(access=PropertyAccess.READ)
    def ItemIsMenu(self) -> "b":
        return True

    @dbus_property(access=PropertyAccess.READ)
    def Menu(self) -> "o":
        return "/Menu"

    @method()
    def Activate(self, x: "i", y: "i"):
        calls.append("Activate")
        raise DBusError("org.freedesktop.DBus.Error.NotSupported", "a menu alone")

    @method()
    def ContextMenu(self, x: "i", y: "i"):
        calls.append("ContextMenu")


class Menu(ServiceInterface):
    @method()
    def GetLayout(self, parent: "i", depth: "i", names: "as") -> "u(ia{sv}av)":
        row = Variant("(ia{sv}av)", [1, {"label": Variant("s", "a row")}, []])
        return [1, [0, {"children-display": Variant("s", "submenu")}, [row]]]

    @method()
    def GetGroupProperties(self, ids: "ai", names: "as") -> "a(ia{sv})":
        return []

    @method()
    def AboutToShow(self, row: "i") -> "b":
        calls.append("AboutToShow")
        return False

    @method()
    def Event(self, row: "i", kind: "s", data: "v", at: "u"):
        if kind == "opened":
            calls.append("opened")


async def click(button: str) -> str:
    calls.clear()
    await asyncio.to_thread(subprocess.run, ["xdotool", "mousemove", "885", "15", "click", button], check=True)
    await asyncio.sleep(2)
    return " ".join(calls) or "nothing"


async def main() -> None:
    bus = await MessageBus(bus_type=BusType.SESSION).connect()
    bus.export("/StatusNotifierItem", Item(ITEM))
    bus.export("/Menu", Menu("com.canonical.dbusmenu"))
    register = Message(
        destination=WATCHER, path="/StatusNotifierWatcher", interface=WATCHER,
        member="RegisterStatusNotifierItem", signature="s", body=[bus.unique_name],
    )
    for _ in range(100):
        if (await bus.call(register)).error_name is None:
            break
        await asyncio.sleep(0.1)
    await asyncio.sleep(2)  # for the panel to draw it
    print("a left click calls:", await click("1"))
    print("a right click calls:", await click("3"))


asyncio.run(main())
PYTHON
mkdir -p "$work/lxqt"
cat >"$work/lxqt/panel.conf" <<'CONF'
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
alignment=Right
type=statusnotifier
CONF

export WORK=$work HOME=$work XDG_RUNTIME_DIR=$work XDG_CONFIG_HOME=$work LC_ALL=C.UTF-8
unset DISPLAY WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS
# shellcheck disable=SC2016 # for the shell within
timeout 60 xvfb-run -a -s "-screen 0 900x500x24" dbus-run-session -- bash -c '
    trap "kill \$(jobs -p) 2>/dev/null" EXIT
    openbox >/dev/null 2>&1 &
    lxqt-panel >/dev/null 2>&1 &
    "$WORK/venv/bin/python" "$WORK/item.py"
' >"$work/out" 2>"$work/log" || true
cat "$work/out"
[[ $(<"$work/out") == 'a left click calls: Activate
a right click calls: AboutToShow opened' ]] || { tail -5 "$work/log" >&2; fail "called otherwise"; }
echo "as found: a left click never opens the menu"
