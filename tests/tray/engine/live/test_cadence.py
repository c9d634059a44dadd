from __future__ import annotations

from datetime import timedelta

from tests.tray.engine.live.looks import Clock
from tray.engine.live.cadence import LookCadence


class Simulated:
    """The looks of some minutes, second by second: each begins when it is due, and takes no time."""

    def __init__(self, *, in_background: bool = True, look_again: bool = False) -> None:
        self.cadence = LookCadence()
        self.clock = Clock()
        self.in_background = in_background
        self.look_again = look_again
        self.waiting = False
        self.looks: list[int] = []
        self.second = 0

    def run(self, seconds: int) -> list[int]:
        """The seconds at which it looked."""
        before = len(self.looks)
        for _ in range(seconds):
            at = self.cadence.next_at(self.clock.now, in_background=self.in_background)
            if at is not None and at <= self.clock.now:
                self.looks.append(self.second)
                self.cadence.looking(self.clock.now)
                self.cadence.looked(self.clock.now, look_again=self.look_again, waiting=self.waiting)
            self.clock.pass_seconds(1)
            self.second += 1
        return self.looks[before:]

    def change(self) -> None:
        self.cadence.changed(self.clock.now)


def test_while_nothing_changes_and_nobody_shows_them_nobody_looks() -> None:
    assert Simulated().run(3600) == []


def test_in_the_background_every_twenty_seconds_while_a_session_waits_for_the_person() -> None:
    simulated = Simulated()
    simulated.waiting = True
    assert simulated.run(10) == [], "nobody knows yet"
    simulated.change()
    assert simulated.run(50) == [10, 30, 50]
    simulated.change()
    assert simulated.run(1) == [60], "a change is looked at earlier"
    simulated.waiting = False
    assert simulated.run(120) == [80], "the last one, by which it no longer waits"
    switched_off = Simulated(in_background=False)
    switched_off.waiting = True
    switched_off.change()
    assert switched_off.run(60) == []


def test_while_a_face_shows_them_every_two_seconds() -> None:
    simulated = Simulated(in_background=False)
    simulated.cadence.show(1)
    assert simulated.run(7) == [0, 2, 4, 6]
    simulated.cadence.show(1)
    simulated.cadence.show(-1)
    assert simulated.run(3) == [8], "another face still shows them"
    simulated.cadence.show(-1)
    assert simulated.run(60) == []


def test_in_the_background_once_for_what_changed_and_five_seconds_apart() -> None:
    simulated = Simulated()
    simulated.run(10)
    simulated.change()
    assert simulated.run(1) == [10]
    for _ in range(8):
        simulated.change()
        simulated.run(1)
    assert simulated.looks == [10, 15]
    assert simulated.run(60) == [20], "for what changed since"


def test_in_the_background_once_more_where_a_look_could_not_yet_tell() -> None:
    simulated = Simulated(look_again=True)
    simulated.change()
    assert simulated.run(60) == [0, 5]
    simulated.change()
    assert simulated.run(60) == [60, 65]


def test_with_the_setting_off_nothing_at_all() -> None:
    simulated = Simulated(in_background=False, look_again=True)
    simulated.change()
    assert simulated.run(60) == []


def test_while_a_look_takes_long_no_other_begins() -> None:
    simulated = Simulated()
    simulated.cadence.show(1)
    simulated.cadence.looking(simulated.clock.now)
    assert simulated.run(60) == []
    simulated.cadence.looked(simulated.clock.now, look_again=False)
    assert simulated.run(1) == [60]


def test_a_change_during_a_look_is_for_the_next_one() -> None:
    simulated = Simulated()
    simulated.cadence.looking(simulated.clock.now)
    simulated.run(1)
    simulated.change()
    simulated.cadence.looked(simulated.clock.now, look_again=True)
    assert simulated.run(60)[:1] == [5]


def test_a_clock_that_was_set_back_delays_no_look() -> None:
    simulated = Simulated()
    simulated.cadence.show(1)
    simulated.run(1)
    simulated.clock.pass_seconds(-86400)
    assert simulated.run(4) == [1, 3]


def test_a_look_from_before_the_change_is_not_taken_for_it() -> None:
    cadence, clock = LookCadence(), Clock()
    cadence.changed(clock.now)
    assert cadence.age(clock.now) == timedelta(0)
    clock.pass_seconds(1)
    assert cadence.age(clock.now) == timedelta(seconds=1)
    cadence.looking(clock.now)
    cadence.show(1)
    assert cadence.age(clock.now) == timedelta(seconds=1.5)
