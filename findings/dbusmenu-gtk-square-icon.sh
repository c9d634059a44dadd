#!/usr/bin/env bash
# A picture in a tray menu is squeezed to 16 x 16 by GTK panels, whatever its shape: a bar cannot be sent as one.
#
# Guess: com.canonical.dbusmenu's `icon-data` is "PNG data of the icon", so a row can carry a wide one, such as a bar
#   of 160 x 20; a host shows it as it is, or scales it down and keeps its shape.
# What is so: libdbusmenu-gtk3, which draws the menus of xfce4-panel (and of waybar), scales each picture to 16 x 16
#   and does not keep its shape: 160 x 20, 20 x 160, and 64 x 64 all come out as 256 pixels. A bar has to be text, a
#   picture has to be square.
# Version: xfce4-panel 4.18.2, libdbusmenu-gtk3-4 18.10.20180917~bzr492+repack1 (Debian 12), dbus-fast 5.2.0 and
#   pillow 13.0.0 (PyPI), under xvfb.
# Source: seen, by counting the pixels of a picture of one colour in an open menu.
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
"$work/venv/bin/pip" install -q dbus-fast==5.2.0 pillow==13.0.0

cat >"$work/item.py" <<'PYTHON'
"""A blue tray icon, whose menu has a row with a green picture of the size that is given."""

import asyncio
import io
import sys

from dbus_fast import BusType, PropertyAccess, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property
from PIL import Image

ITEM, WATCHER, MENU = "org.kde.StatusNotifierItem", "org.kde.StatusNotifierWatcher", "com.canonical.dbusmenu"
WIDTH, HEIGHT = int(sys.argv[1]), int(sys.argv[2])


def png() -> bytes:
    file = io.BytesIO()
    Image.new("RGBA", (WIDTH, HEIGHT), (0, 255, 0, 255)).save(file, "PNG")
    return file.getvalue()


ROW = {"label": Variant("s", "a row"), "icon-data": Variant("ay", png())}


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
        row = Variant("(ia{sv}av)", [1, ROW, []])
        return [1, [0, {"children-display": Variant("s", "submenu")}, [row]]]

    @dbus_method()
    def GetGroupProperties(self, ids: "ai", names: "as") -> "a(ia{sv})":
        return [[1, ROW]]

    @dbus_method()
    def AboutToShow(self, id_: "i") -> "b":
        return False

    @dbus_method()
    def Event(self, id_: "i", kind: "s", data: "v", time: "u"):
        pass


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
# The panel with its default layout, the icon, a click on it; a screenshot once the menu is open.
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
"$WORK/venv/bin/python" "$WORK/item.py" "$@" &
see '#0000FF'
sleep 1
for _ in {1..5}; do
    xdotool mousemove ${place/,/ } click 1
    see '#00FF00' && break
done
SHELL

export WORK=$work HOME=$work XDG_RUNTIME_DIR=$work XDG_CONFIG_HOME=$work XDG_CACHE_HOME=$work LC_ALL=C.UTF-8
export GSETTINGS_BACKEND=memory NO_AT_BRIDGE=1
unset DISPLAY WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS

for size in "160 20" "20 160" "64 64"; do
    rm -f "$work/count"
    # shellcheck disable=SC2086 # two words
    timeout 90 xvfb-run -a -s "-screen 0 800x300x24" dbus-run-session -- bash "$work/desktop.sh" $size \
        >"$work/log" 2>&1 || true
    seen=$(cat "$work/count" 2>/dev/null || echo none)
    box=$(awk -F'[,:]' 'NR == 1 { left = right = $1; top = bottom = $2 }
        { if ($1 < left) left = $1; if ($1 > right) right = $1; if ($2 > bottom) bottom = $2 }
        END { print right - left + 1 " x " bottom - top + 1 }' "$work/found")
    echo "sent: ${size/ / x } -> drawn: $box, $seen pixels"
    [[ $seen == 256 && $box == "16 x 16" ]] || fail "not 16 x 16"
done
echo "as found: each is drawn as a square of 16 x 16"
