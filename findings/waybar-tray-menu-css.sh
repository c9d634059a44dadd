#!/usr/bin/env bash
# waybar 0.9.17 draws the menus of tray icons by the bar's own CSS: with `* { min-height: 0 }` their marks go away.
#
# Guess: waybar's style.css styles the bar; the menu that a tray icon opens looks like every other GTK menu of the
#   desktop. So `* { min-height: 0; }`, which many begin with for a flat bar, makes the bar flat and nothing else.
# What is so: the style sheet counts for all windows of waybar's process, and the menus are among them. GTK draws check
#   marks and the arrows of submenus in boxes that have a size only by their minimum, so `*` takes it from them: an
#   arrow is not drawn at all, so that a submenu looks like an action, and a check mark shrinks. The program whose icon
#   it is can do nothing about it, its user can: `menu check, menu radio, menu arrow { min-width: 16px;
#   min-height: 16px; }`.
# Version: waybar 0.9.17 (Debian 12), sway 1.7, libgtk-3-0 3.24.38, dbus-fast 5.2.0 (PyPI), under xvfb.
# Source: seen, by counting the pixels of a mark in an open menu, with the rule and without it.
#
# Needs Debian 12; as root where one of the packages is still to be installed.
set -euo pipefail
VERSION=0.9.17

fail() { echo "CHANGED: $*" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

packages=(waybar sway xvfb xauth dbus-daemon imagemagick xdotool python3-venv)
if ! dpkg-query -W -f '${Status}\n' "${packages[@]}" 2>/dev/null | grep -c " installed$" | grep -qx 8; then
    export DEBIAN_FRONTEND=noninteractive
    timeout 120 apt-get -qq update
    timeout 300 apt-get -qq -y install --no-install-recommends "${packages[@]}" >/dev/null
fi
echo "version: waybar $(dpkg-query -W -f '${Version}' waybar), sway $(dpkg-query -W -f '${Version}' sway)"
[[ $(dpkg-query -W -f '${Version}' waybar) == "$VERSION"-* ]] || fail "another version than $VERSION"
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q dbus-fast==5.2.0

cat >"$work/item.py" <<'PYTHON'
"""A tray icon, whose menu has one row: a submenu, or a checked one."""

import asyncio
import sys

from dbus_fast import BusType, Message, PropertyAccess, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.service import ServiceInterface, dbus_property, method

ITEM, WATCHER = "org.kde.StatusNotifierItem", "org.kde.StatusNotifierWatcher"
MARKS = {
    "plain": {},
    "submenu": {"children-display": Variant("s", "submenu")},
    "check": {"toggle-type": Variant("s", "checkmark"), "toggle-state": Variant("i", 1)},
}
ROW = {"label": Variant("s", "a row that is here"), **MARKS[sys.argv[1]]}


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
        return [[22, 22, bytes((255, 0, 0, 255)) * 22 * 22]]

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

    @dbus_property(access=PropertyAccess.READ)
    def TextDirection(self) -> "s":
        return "ltr"

    @dbus_property(access=PropertyAccess.READ)
    def IconThemePath(self) -> "as":
        return []

    @method()
    def GetLayout(self, parent: "i", depth: "i", names: "as") -> "u(ia{sv}av)":
        below = [Variant("(ia{sv}av)", [2, {"label": Variant("s", "below")}, []])]
        row = Variant("(ia{sv}av)", [1, ROW, below if "children-display" in ROW else []])
        return [1, [0, {"children-display": Variant("s", "submenu")}, [row]]]

    @method()
    def GetGroupProperties(self, ids: "ai", names: "as") -> "a(ia{sv})":
        return [[1, ROW]]

    @method()
    def AboutToShow(self, row: "i") -> "b":
        return False

    @method()
    def Event(self, row: "i", kind: "s", data: "v", at: "u"):
        pass


async def main() -> None:
    bus = await MessageBus(bus_type=BusType.SESSION).connect()
    bus.export("/StatusNotifierItem", Item(ITEM))
    bus.export("/Menu", Menu("com.canonical.dbusmenu"))
    register = Message(
        destination=WATCHER, path="/StatusNotifierWatcher", interface=WATCHER,
        member="RegisterStatusNotifierItem", signature="s", body=[bus.unique_name],
    )
    while (await bus.call(register)).error_name is not None:
        await asyncio.sleep(0.1)
    await asyncio.get_running_loop().create_future()


asyncio.run(main())
PYTHON
cat >"$work/bar.json" <<'JSON'
{"layer": "top", "height": 30, "modules-left": ["tray"], "tray": {"icon-size": 22}}
JSON
cat >"$work/sway" <<'CONFIG'
default_border none
xwayland disable
CONFIG

# Only for the eye that counts: the marks in red.
plain='window#waybar { background: #f0f0f0; color: #202124; } check, arrow { color: #ff0000; }'
small='* { min-height: 0; }'
cure='menu check, menu radio, menu arrow { min-width: 16px; min-height: 16px; }'

cat >"$work/look" <<'SHELL'
#!/usr/bin/env bash
# On an X display: sway in a window, waybar in it, and a click on the icon; prints how many red pixels the menu has.
trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT
$AS_SOMEBODY sway -c "$WORK/sway" >"$WORK/sway.log" 2>&1 &
for _ in $(seq 50); do
    display=$(find "$XDG_RUNTIME_DIR" -maxdepth 1 -name 'wayland-*' -type s -printf '%f\n')
    [[ $display ]] && break
    sleep 0.1
done
export WAYLAND_DISPLAY=$display GDK_BACKEND=wayland GTK_THEME=Adwaita
waybar -c "$WORK/bar.json" -s "$WORK/style.css" >"$WORK/waybar.log" 2>&1 &
"$PYTHON" "$WORK/item.py" "$1" >"$WORK/item.log" 2>&1 &
sleep 4
xdotool mousemove 14 15
sleep 0.3
xdotool click 1
sleep 1.5
import -window root "$WORK/seen.png"
convert "$WORK/seen.png" -alpha off -fill black +opaque '#ff0000' -fill white -opaque '#ff0000' \
    -format '%[fx:round(mean*w*h)]\n' info:
SHELL
chmod +x "$work/look"

export WORK=$work PYTHON=$work/venv/bin/python HOME=$work XDG_RUNTIME_DIR=$work/run LC_ALL=C.UTF-8
export NO_AT_BRIDGE=1 WLR_BACKENDS=x11 WLR_RENDERER=pixman WLR_LIBINPUT_NO_DEVICES=1
unset DISPLAY WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS SWAYSOCK
mkdir -m 700 "$work/run"
export AS_SOMEBODY=
if [[ $EUID == 0 ]]; then # sway refuses to be root
    AS_SOMEBODY="setpriv --reuid=65534 --regid=65534 --clear-groups"
    chmod 755 "$work"
    chown 65534:65534 "$work/run"
fi

# MARK STYLE: the red pixels of a menu with this mark.
red() {
    echo "$2" >"$work/style.css"
    timeout 60 xvfb-run -a -s "-screen 0 1024x768x24 -ac" dbus-run-session -- "$work/look" "$1" 2>>"$work/log" || true
}

for mark in submenu check; do
    usual=$(red "$mark" "$plain") without=$(red "$mark" "$small $plain") cured=$(red "$mark" "$small $plain $cure")
    echo "$mark: $usual red pixels, with the rule for all widgets $without, with the one for menus as well $cured"
    ((usual > 10)) || fail "no mark was seen without the rule"
    ((without * 3 < usual * 2)) || fail "the rule does not reach the menu"
    ((cured * 3 > usual * 2)) || fail "the cure does not help"
done
echo "as found: the bar's style sheet applies to the menus"
