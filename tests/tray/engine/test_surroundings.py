from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tray.engine.surroundings import (
    Clocks,
    Noticed,
    Routes,
    Surroundings,
    read_clocks,
    read_routes,
    runs_on_battery,
)

HOME: Routes = frozenset({("wlan0", "0101A8C0")})
NOWHERE: Routes = frozenset()
V4_HEAD = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
V4 = (
    V4_HEAD
    + "wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n"
    + "wlan0\t0001A8C0\t00000000\t0001\t0\t0\t600\t00FFFFFF\t0\t0\t0\n"
)
ZERO = "0" * 32
V6 = (
    f"{ZERO} 00 {ZERO} 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003 wlan0\n"
    f"{ZERO} 00 {ZERO} 00 {ZERO} ffffffff 00000001 00000000 00200200       lo\n"
)


class Machine:
    """Two seconds pass from look to look."""

    def __init__(self, routes: Routes | None = HOME) -> None:
        self.wall, self.running = 1e6, 50.0
        self.routes = routes
        self.on_battery = False
        self.reads = 0
        self.surroundings = Surroundings(
            clocks=lambda: Clocks(self.wall, self.running), routes=self._routes, on_battery=self._battery
        )
        assert [self.look(), self.look()] == [None, None]

    def look(self, *, asleep: float = 0.0, stopped: float = 0.0, offline: bool = False) -> Noticed | None:
        self.wall += 2 + asleep + stopped
        self.running += 2 + stopped
        return self.surroundings.look(offline=offline, period=2.0)

    def _routes(self) -> Routes | None:
        self.reads += 1
        return self.routes

    def _battery(self) -> bool:
        return self.on_battery


def test_nothing_is_noticed_while_nothing_happens_and_no_route_is_read() -> None:
    machine = Machine()
    assert [machine.look() for _ in range(400)] == [None] * 400
    assert machine.reads == 0


@pytest.mark.parametrize(("asleep", "stopped"), [(3600.0, 0.0), (0.0, 45.0)])
def test_sleep_and_a_stopped_process_are_noticed_once(asleep: float, stopped: float) -> None:
    machine = Machine()
    assert machine.look(asleep=asleep, stopped=stopped) == Noticed(woke=True)
    assert machine.look() is None


def test_a_slow_look_is_no_sleep() -> None:
    assert Machine().look(stopped=20.0) is None


def test_after_sleep_without_a_network_it_is_noticed_when_there_is_one() -> None:
    machine = Machine()
    machine.routes = NOWHERE
    assert machine.look(asleep=3600.0) == Noticed(woke=True, connected=False)
    assert machine.look() is None
    machine.routes = HOME
    assert machine.look() == Noticed(reconnected=True)
    assert machine.look() is None


def test_while_servers_cannot_be_reached_another_network_is_noticed() -> None:
    machine = Machine()
    assert machine.look(offline=True) is None
    machine.routes = NOWHERE
    assert machine.look(offline=True) is None
    machine.routes = HOME
    assert machine.look(offline=True) == Noticed(reconnected=True)
    machine.routes = frozenset({("eth0", "01010A0A")})
    assert machine.look() is None, "that it is another one matters only to who is offline"
    assert machine.look(offline=True) is None


def test_a_system_that_does_not_tell_its_routes_counts_as_connected() -> None:
    machine = Machine(routes=None)
    assert machine.look(asleep=3600.0) == Noticed(woke=True)
    assert machine.look(offline=True) is None


def test_the_battery_is_looked_at_every_few_minutes_and_after_sleep() -> None:
    machine = Machine()
    machine.on_battery = True
    assert [machine.look() for _ in range(149)] == [None] * 149
    assert machine.look() == Noticed(on_battery=True)
    machine.on_battery = False
    assert machine.look(asleep=100) == Noticed(woke=True, on_battery=False)


def test_default_routes_are_read(tmp_path: Path) -> None:
    (tmp_path / "route").write_text(V4)
    assert read_routes(tmp_path, "linux") == HOME
    (tmp_path / "ipv6_route").write_text(V6)
    assert read_routes(tmp_path, "linux") == HOME | {("wlan0", "fe800000000000000000000000000001")}
    (tmp_path / "route").write_text(V4_HEAD)
    (tmp_path / "ipv6_route").write_text("of another kind")
    assert read_routes(tmp_path, "linux") == frozenset()
    (tmp_path / "route").write_text(V4_HEAD + "of another kind\n")
    assert read_routes(tmp_path, "linux") is None
    assert read_routes(tmp_path / "none", "linux") is None


def supply(folder: Path, name: str, **files: str) -> None:
    (folder / name).mkdir(parents=True)
    for file, text in files.items():
        (folder / name / file).write_text(f"{text}\n")


def test_a_battery_that_discharges_counts_and_that_of_a_mouse_does_not(tmp_path: Path) -> None:
    assert not runs_on_battery(tmp_path / "none", "linux")
    supply(tmp_path, "hidpp_battery_0", type="Battery", scope="Device", status="Discharging")
    assert not runs_on_battery(tmp_path, "linux")
    supply(tmp_path, "BAT0", type="Battery", status="Discharging")
    assert runs_on_battery(tmp_path, "linux")
    supply(tmp_path, "AC", type="Mains", online="1")
    assert not runs_on_battery(tmp_path, "linux")


def test_this_machine_can_be_looked_at() -> None:
    first, second = read_clocks(), read_clocks()
    assert 0 <= second.running - first.running < 60
    assert 0 <= second.wall - first.wall < 60
    assert isinstance(runs_on_battery(), bool)
    assert isinstance(runs_on_battery(platform="other"), bool)
    read_routes(platform="other")
    if sys.platform == "linux":
        assert read_routes() is not None
