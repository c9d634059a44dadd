"""What of the machine matters for polls: whether it slept, has a network again, or runs on battery.

Looked at by one thread every few seconds, so it is cheap: two clocks; the routes while servers cannot be reached;
the battery every few minutes. Nothing is sent.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

SLEPT_SECONDS = 30.0
BATTERY_SECONDS = 300.0
ROUTES_SECONDS = 10.0
"""How often networks are looked at where that takes a library; on Linux each time."""
_SYS = Path("/sys/class/power_supply")
_PROC = Path("/proc/net")
_LARGEST = 1 << 16
Routes = frozenset[tuple[str, ...]]


class Clocks(Struct, frozen=True):
    """Seconds since any moment: of a clock that goes on while the machine sleeps, and of one that may not."""

    wall: float
    running: float


class Noticed(Struct, frozen=True, kw_only=True):
    """`woke`: the machine slept, or this process was stopped. `connected`: there is a network, as far as is
    known. `reconnected`: there is one again, or another. `on_battery` is None where it was not looked at.
    """

    woke: bool = False
    connected: bool = True
    reconnected: bool = False
    on_battery: bool | None = None


class Surroundings:
    """`routes` are those to the rest of the world, None where this system does not tell."""

    def __init__(
        self,
        *,
        clocks: Callable[[], Clocks] | None = None,
        routes: Callable[[], Routes | None] | None = None,
        on_battery: Callable[[], bool] | None = None,
    ) -> None:
        self._clocks = clocks or read_clocks
        self._routes = routes or read_routes
        self._on_battery = on_battery or runs_on_battery
        self._routes_every = 0.0 if routes or sys.platform == "linux" else ROUTES_SECONDS
        self._last: Clocks | None = None
        self._battery_at: float | None = None
        self._battery = False
        self._known: Routes | None = None
        self._known_at: float | None = None
        self._waiting = False

    def look(self, *, offline: bool, period: float) -> Noticed | None:
        """What changed since the last look, `period` seconds ago if all went well; None if nothing did."""
        last, now = self._last, self._clocks()
        self._last = now
        if last is None:
            return None  # the first look at the disk must not wait for anything
        woke = _gap(last, now) >= max(SLEPT_SECONDS, 3 * period)
        battery = self._look_at_battery(now.running, anew=woke)
        connected, reconnected = True, False
        if woke:
            self._known, self._known_at = self._routes(), now.running
            connected = self._known is None or bool(self._known)
            self._waiting = not connected
        elif offline or self._waiting:
            reconnected = self._look_at_routes(now.running)
            self._waiting = self._waiting and not reconnected
        else:
            self._known = None
        if not (woke or reconnected or battery is not None):
            return None
        return Noticed(woke=woke, connected=connected, reconnected=reconnected, on_battery=battery)

    def _look_at_routes(self, now: float) -> bool:
        """Whether there are routes, and other ones than before."""
        if self._known_at is not None and 0 <= now - self._known_at < self._routes_every:
            return False
        before, self._known = self._known, self._routes()
        self._known_at = now
        return bool(self._known) and before is not None and self._known != before

    def _look_at_battery(self, now: float, *, anew: bool) -> bool | None:
        """What it is now, where that is another than before."""
        if not anew and self._battery_at is not None and 0 <= now - self._battery_at < BATTERY_SECONDS:
            return None
        self._battery_at = now
        before, self._battery = self._battery, self._on_battery()
        return self._battery if self._battery != before else None


def _gap(before: Clocks, now: Clocks) -> float:
    """Windows' running clock goes on in sleep, and a stopped process has only that."""
    return max(now.wall - before.wall, now.running - before.running)


def read_clocks() -> Clocks:
    """On Linux by one that nobody can set; elsewhere a clock that is set forward counts as sleep."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return Clocks(time.clock_gettime(boot) if boot is not None else time.time(), time.monotonic())


def read_routes(proc: Path = _PROC, platform: str = sys.platform) -> Routes | None:
    """The default routes by interface and gateway, on Linux; elsewhere the addresses of interfaces that are up."""
    if platform != "linux":
        return _addresses()
    found = set()
    try:
        for line in _read(proc / "route").splitlines()[1:]:
            name, destination, gateway, *_rest, mask, _mtu, _window, _rtt = line.split()
            if int(destination, 16) == int(mask, 16) == 0:
                found.add((name, gateway))
    except (OSError, ValueError):
        return None
    try:
        for line in _read(proc / "ipv6_route").splitlines():
            destination, prefix, *_source, gateway, _metric, _refs, _uses, flags, name = line.split()
            if int(destination, 16) == int(prefix, 16) == 0 and not int(flags, 16) & _REJECTS:
                found.add((name, gateway))
    except (OSError, ValueError):  # a system without IPv6
        pass
    return frozenset(found)


_REJECTS = 0x0200  # RTF_REJECT: the kernel's own entry for "no route"


def _addresses() -> Routes | None:
    import psutil

    try:
        up = {name for name, state in psutil.net_if_stats().items() if state.isup}
        return frozenset(
            (name, each.address)
            for name, addresses in psutil.net_if_addrs().items()
            if name in up
            for each in addresses
            if not each.address.startswith(("127.", "::1", "fe80")) and each.family != psutil.AF_LINK
        )
    except (OSError, psutil.Error):
        return None


def runs_on_battery(folder: Path = _SYS, platform: str = sys.platform) -> bool:
    """False where that is not known, and for the battery of a mouse."""
    if platform != "linux":
        return _runs_on_battery_elsewhere()
    discharging = False
    try:
        for supply in sorted(folder.iterdir()):
            kind = _line(supply / "type")
            if kind in ("Mains", "USB") and _line(supply / "online") == "1":
                return False
            if kind == "Battery" and _line(supply / "scope") != "Device":
                discharging = discharging or _line(supply / "status") == "Discharging"
    except OSError:
        return False
    return discharging


def _runs_on_battery_elsewhere() -> bool:
    import psutil

    try:
        battery = psutil.sensors_battery()
    except (AttributeError, OSError, psutil.Error):
        return False
    return battery is not None and battery.power_plugged is False


def _line(path: Path) -> str:
    try:
        return _read(path).strip()
    except OSError:
        return ""


def _read(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(_LARGEST).decode("ascii", "replace")
