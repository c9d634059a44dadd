#!/usr/bin/env bash
# xfce4-panel 4.18 takes the largest picture of a tray icon and scales it down, though one fits exactly.
#
# Guess: a StatusNotifierItem offers its icon in several sizes (IconPixmap is an array), "the visualization can choose
#   the one that best fits" (Freedesktop's StatusNotifierItem page). So a picture that was drawn for 22 px is what a
#   panel with icons of 22 px shows, pixel for pixel.
# What is so: the panel shows the largest one that is offered, whatever its own size and the order of the array: of
#   16, 22, 24 and 48 px it draws the one of 48 px, scaled to 22. What was drawn to be sharp at 22 px is never seen,
#   and lines of one pixel in the large one fade. An icon that should be sharp offers the sizes of its panel alone, or
#   is drawn so that it survives being halved.
# Version: xfce4-panel 4.18.2 (Debian 12), dbus-fast 5.2.0 (PyPI), under xvfb.
# Source: seen, by giving each size a colour of its own.
#
# Needs Debian 12; as root where one of the packages is still to be installed.
set -euo pipefail
VERSION=4.18.2

fail() { echo "CHANGED: $*" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

packages=(xfce4-panel xvfb xauth dbus-daemon imagemagick python3-venv)
if ! dpkg-query -W -f '${Status}\n' "${packages[@]}" 2>/dev/null | grep -c " installed$" | grep -qx 6; then
    export DEBIAN_FRONTEND=noninteractive
    timeout 120 apt-get -qq update
    timeout 300 apt-get -qq -y install --no-install-recommends "${packages[@]}" >/dev/null
fi
echo "version: xfce4-panel $(dpkg-query -W -f '${Version}' xfce4-panel)"
[[ $(dpkg-query -W -f '${Version}' xfce4-panel) == "$VERSION"-* ]] || fail "another version than $VERSION"
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q dbus-fast==5.2.0

cat >"$work/item.py" <<'PYTHON'
"""A tray icon in sizes of different colours, in the order that is given."""

import asyncio
import sys

from dbus_fast import BusType, PropertyAccess
from dbus_fast.aio import MessageBus
from dbus_fast.service import ServiceInterface, dbus_property

ITEM, WATCHER = "org.kde.StatusNotifierItem", "org.kde.StatusNotifierWatcher"
COLOURS = {16: (255, 255, 255, 0), 22: (255, 0, 255, 0), 24: (255, 0, 0, 255), 48: (255, 255, 0, 0)}  # ARGB
SIZES = [int(size) for size in sys.argv[1:]]


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
        return [[size, size, bytes(COLOURS[size]) * size * size] for size in SIZES]


async def main() -> None:
    bus = await MessageBus(bus_type=BusType.SESSION).connect()
    bus.export("/StatusNotifierItem", Item(ITEM))
    await bus.request_name(f"{ITEM}-1-1")
    about = await bus.introspect(WATCHER, "/StatusNotifierWatcher")
    watcher = bus.get_proxy_object(WATCHER, "/StatusNotifierWatcher", about).get_interface(WATCHER)
    await watcher.call_register_status_notifier_item(f"{ITEM}-1-1")
    await asyncio.sleep(60)


asyncio.run(main())
PYTHON

cat >"$work/desktop.sh" <<'SHELL'
# The panel with its default layout, then the icon; a screenshot once the icon is there.
owned() {
    dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner \
        string:org.kde.StatusNotifierWatcher | grep -q true
}
trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT
xfce4-panel --disable-wm-check >/dev/null 2>&1 &
for _ in {1..150}; do owned && break; sleep 0.1; done
"$WORK/venv/bin/python" "$WORK/item.py" "$@" &
for _ in {1..100}; do
    sleep 0.1
    import -window root "$WORK/seen.png"
    convert "$WORK/seen.png" -depth 8 -format %c histogram:info:- >"$WORK/colours"
    grep -qE '#(FF0000|00FF00|0000FF|FFFF00)([^0-9A-F]|FF)' "$WORK/colours" && break
done
SHELL

export WORK=$work HOME=$work XDG_RUNTIME_DIR=$work XDG_CONFIG_HOME=$work XDG_CACHE_HOME=$work LC_ALL=C.UTF-8
export GSETTINGS_BACKEND=memory NO_AT_BRIDGE=1
unset DISPLAY WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS

pixels() { # COLOUR: how many of it are on the screen
    sed -nE "s/^ *([0-9]+):.*#$1([^0-9A-F]|FF).*/\1/p" "$work/colours" | head -1
}

check() { # SIZE...: all but the largest must be unseen, and the largest be drawn at 22 x 22
    : >"$work/colours"
    timeout 60 xvfb-run -a -s "-screen 0 800x300x24" dbus-run-session -- bash "$work/desktop.sh" "$@" \
        >"$work/log" 2>&1 || true
    echo "offered: $* -> pixels of 48: $(pixels FF0000), of 24: $(pixels 0000FF), of 22: $(pixels 00FF00)"
    [[ $(pixels FF0000) == "${seen48:-}" && $(pixels 0000FF) == "${seen24:-}" && $(pixels 00FF00) == "${seen22:-}" ]] ||
        fail "expected ${seen48:-none} of 48, ${seen24:-none} of 24, ${seen22:-none} of 22"
}

seen48=484 check 16 22 24 48
seen48=484 check 48 22
seen24=484 check 24 22
seen22=484 check 22 16
echo "as found: the largest is drawn, at 22 x 22 = 484 pixels, also where one of 22 is offered"
