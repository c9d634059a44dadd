#!/usr/bin/env bash
# A GTK panel never says that a tray menu was closed, and says only by AboutToShowGroup that it is opened.
#
# Guess: com.canonical.dbusmenu has the events "opened" and "closed", which "are sent when a menu is opened or closed";
#   so a program learns from Event(0, "opened") and Event(0, "closed") whether its menu is being looked at, and can
#   wait with what would disturb.
# What is so: libdbusmenu-gtk3, which draws the menus of xfce4-panel (and of waybar), sends both for a submenu, and
#   neither for the menu itself. A click on the icon brings AboutToShowGroup([0]) alone; when the menu is closed,
#   nothing comes. Who needs to know that it is open has to assume an end.
# Version: xfce4-panel 4.18.2, libdbusmenu-gtk3-4 18.10.20180917~bzr492+repack1 (Debian 12), dbus-fast 5.2.0 (PyPI),
#   under xvfb.
# Source: seen, by writing down each call that reaches the menu.
#
# Needs Debian 12; as root where one of the packages is still to be installed.
set -euo pipefail
VERSION=4.18.2

fail() { echo "CHANGED: $*" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

packages=(xfce4-panel libdbusmenu-gtk3-4 xvfb xauth dbus-daemon imagemagick xdotool openbox python3-venv)
if ! dpkg-query -W -f '${Status}\n' "${packages[@]}" 2>/dev/null | grep -c " installed$" | grep -qx 8; then
    export DEBIAN_FRONTEND=noninteractive
    timeout 120 apt-get -qq update
    timeout 300 apt-get -qq -y install --no-install-recommends "${packages[@]}" >/dev/null
fi
echo "version: xfce4-panel $(dpkg-query -W -f '${Version}' xfce4-panel), libdbusmenu-gtk3-4 $(dpkg-query -W -f '${Version}' libdbusmenu-gtk3-4)"
[[ $(dpkg-query -W -f '${Version}' xfce4-panel) == "$VERSION"-* ]] || fail "another version than $VERSION"
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q dbus-fast==5.2.0

cat >"$work/item.py" <<'PYTHON'
"""A blue tray icon, whose menu has a submenu; each call that tells of opening or closing is printed."""

import asyncio

from dbus_fast import BusType, PropertyAccess, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property

ITEM, WATCHER, MENU = "org.kde.StatusNotifierItem", "org.kde.StatusNotifierWatcher", "com.canonical.dbusmenu"
SUBMENU = {"children-display": Variant("s", "submenu")}
ROWS = {1: {"label": Variant("s", "more"), **SUBMENU}, 2: {"label": Variant("s", "a row")}}


class Item(ServiceInterface):
    @dbus_property(access=PropertyAccess.READ)
    def Category(self) -> "s":
        return "ApplicationStatus"

    @dbus_property(access=PropertyAccess.READ)
    def Id(self) -> "s":
        return "finding"

    @dbus_property(access=PropertyAccess.READ)
    def Status(self) -> "s":
        return "Active"

    @dbus_property(access=PropertyAccess.READ)
    def IconPixmap(self) -> "a(iiay)":
        return [[22, 22, bytes((255, 0, 0, 255)) * 484]]

    @dbus_property(access=PropertyAccess.READ)
    def ItemIsMenu(self) -> "b":
        return True

    @dbus_property(access=PropertyAccess.READ)
    def Menu(self) -> "o":
        return "/Menu"


class Menu(ServiceInterface):
    @dbus_property(access=PropertyAccess.READ)
    def Version(self) -> "u":
        return 3

    @dbus_property(access=PropertyAccess.READ)
    def Status(self) -> "s":
        return "normal"

    @dbus_method()
    def GetLayout(self, parent: "i", depth: "i", names: "as") -> "u(ia{sv}av)":
        inner = Variant("(ia{sv}av)", [2, ROWS[2], []])
        more = Variant("(ia{sv}av)", [1, ROWS[1], [inner]])
        return [1, {0: [0, SUBMENU, [more]], 1: [1, ROWS[1], [inner]], 2: [2, ROWS[2], []]}[parent]]

    @dbus_method()
    def GetGroupProperties(self, ids: "ai", names: "as") -> "a(ia{sv})":
        return [[id_, ROWS[id_]] for id_ in ids if id_ in ROWS]

    @dbus_method()
    def AboutToShow(self, id_: "i") -> "b":
        print(f"AboutToShow {id_}", flush=True)
        return False

    @dbus_method()
    def AboutToShowGroup(self, ids: "ai") -> "aiai":
        print(f"AboutToShowGroup {ids}", flush=True)
        return [[], []]

    @dbus_method()
    def Event(self, id_: "i", kind: "s", data: "v", time: "u"):
        print(f"Event {id_} {kind}", flush=True)

    @dbus_method()
    def EventGroup(self, events: "a(isvu)") -> "ai":
        for id_, kind, _data, _time in events:
            print(f"Event {id_} {kind}", flush=True)
        return []


async def main() -> None:
    bus = await MessageBus(bus_type=BusType.SESSION).connect()
    bus.export("/StatusNotifierItem", Item(ITEM))
    bus.export("/Menu", Menu(MENU))
    await bus.request_name(f"{ITEM}-1-1")
    about = await bus.introspect(WATCHER, "/StatusNotifierWatcher")
    watcher = bus.get_proxy_object(WATCHER, "/StatusNotifierWatcher", about).get_interface(WATCHER)
    await watcher.call_register_status_notifier_item(f"{ITEM}-1-1")
    await asyncio.sleep(60)


asyncio.run(main())
PYTHON

cat >"$work/desktop.sh" <<'SHELL'
# The panel with its default layout, the icon, a click on it, a submenu; what is called meanwhile goes to $WORK/calls.
owned() {
    dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner \
        string:org.kde.StatusNotifierWatcher | grep -q true
}
see() { # COLOUR: wait until it is on the screen; where it is goes to $place, how much of it to $work/count
    for _ in {1..100}; do
        sleep 0.1
        import -window root -depth 8 "$WORK/seen.txt"
        grep "$1" "$WORK/seen.txt" >"$WORK/found" || continue
        wc -l <"$WORK/found" >"$WORK/count"
        place=$(sed -n "$(($(<"$WORK/count") / 2))s/:.*//p" "$WORK/found")
        return
    done
    return 1
}
trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT
openbox &
xfce4-panel --disable-wm-check >/dev/null 2>&1 &
for _ in {1..150}; do owned && break; sleep 0.1; done
"$WORK/venv/bin/python" "$WORK/item.py" >>"$WORK/calls" &
see '#0000FF'
sleep 1
echo "-- the icon is clicked" >>"$WORK/calls"
for _ in {1..5}; do
    xdotool mousemove ${place/,/ } click 1
    sleep 1
    grep -q Show "$WORK/calls" && break
done
echo "-- the submenu is opened" >>"$WORK/calls"
xdotool key Down Right
sleep 1
echo "-- all is closed" >>"$WORK/calls"
xdotool key Escape Escape Escape
sleep 2
SHELL

export WORK=$work HOME=$work XDG_RUNTIME_DIR=$work XDG_CONFIG_HOME=$work XDG_CACHE_HOME=$work LC_ALL=C.UTF-8
export GSETTINGS_BACKEND=memory NO_AT_BRIDGE=1
unset DISPLAY WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS

timeout 90 xvfb-run -a -s "-screen 0 800x300x24" dbus-run-session -- bash "$work/desktop.sh" >"$work/log" 2>&1 || true
sed -n '/^--/,$p' "$work/calls"
[[ $(sed -n '/^-- the icon/,/^-- the submenu/p' "$work/calls") == '-- the icon is clicked
AboutToShowGroup [0]
-- the submenu is opened' ]] || fail "another call for the menu itself"
grep -qx "Event 1 opened" "$work/calls" || fail "the submenu was not said to be opened"
grep -qx "Event 1 closed" "$work/calls" || fail "the submenu was not said to be closed"
! grep -q "Event 0" "$work/calls" || fail "there is an event for the menu itself"
echo "as found: opened and closed come for the submenu (1), and never for the menu (0)"
