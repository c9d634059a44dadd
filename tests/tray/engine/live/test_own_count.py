from __future__ import annotations

import threading

from providers.ledger.database import LedgerError
from tests.tray.engine.test_engine import until
from tray.engine.live.own_count import OwnCount


class Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Counts:
    def __init__(self) -> None:
        self.counts = 0

    def __call__(self) -> None:
        self.counts += 1


def test_it_counts_at_first_and_then_each_half_minute() -> None:
    count, clock = Counts(), Seconds()
    own = OwnCount(count, lambda: False, clock)
    own.keep_up()
    assert count.counts == 1
    clock.now = 29
    own.keep_up()
    assert count.counts == 1
    clock.now = 30
    own.keep_up()
    until(lambda: count.counts == 2)


def test_where_an_engine_counts_nobody_else_does() -> None:
    count, clock = Counts(), Seconds()
    own = OwnCount(count, lambda: True, clock)
    for clock.now in (0, 60, 120):
        own.keep_up()
    assert count.counts == 0


def test_a_count_that_takes_long_goes_on_beside_what_is_shown() -> None:
    began, ends, clock = threading.Event(), threading.Event(), Seconds()

    def count() -> None:
        began.set()
        ends.wait(10)

    own = OwnCount(count, lambda: False, clock, first_seconds=0.01)
    own.keep_up()
    assert began.is_set()
    began.clear()
    clock.now = 30
    own.keep_up()
    assert not began.is_set(), "the first one still runs"
    ends.set()


def test_a_ledger_that_cannot_be_used_costs_no_look() -> None:
    def fail() -> None:
        raise LedgerError("The disk is full.")

    OwnCount(fail, lambda: False).keep_up()
