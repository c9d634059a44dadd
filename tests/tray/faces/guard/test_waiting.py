from __future__ import annotations

from collections.abc import Callable

from tray.faces.guard.verdict import Verdict
from tray.faces.guard.waiting import ROUND_STEP_SECONDS, STEP_SECONDS, wait

GO_ON = Verdict("go_on", "enough", "")
UNKNOWN = Verdict("unknown", "reset", "")


class Clocks:
    """Of a machine: `now` is what somebody may set."""

    def __init__(self) -> None:
        self.elapsed = 0.0
        self.now = 1000.0
        self.slept: list[float] = []
        self.set_at: tuple[float, float] | None = None

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.slept.append(seconds)
        self.elapsed += seconds
        self.now += seconds
        if self.set_at is not None and self.elapsed >= self.set_at[0]:
            self.now, self.set_at = self.set_at[1], None

    def wait(self, verdict: Verdict, seconds: float, look: Callable[[], Verdict]) -> Verdict:
        return wait(
            verdict, seconds, look, sleep=self.sleep, now=lambda: self.now, elapsed=lambda: self.elapsed
        )


def stop(until: float | None) -> Verdict:
    return Verdict("stop", "spent", "", until=until)


def until_reset(clocks: Clocks, at: float) -> Callable[[], Verdict]:
    return lambda: stop(at) if clocks.now < at else GO_ON


def test_until_the_reset() -> None:
    clocks = Clocks()
    assert clocks.wait(stop(1012.0), 3600, until_reset(clocks, 1012.0)) is GO_ON
    assert 12 <= clocks.elapsed <= 14
    assert max(clocks.slept) <= STEP_SECONDS


def test_no_longer_than_asked_for() -> None:
    clocks = Clocks()
    assert clocks.wait(stop(9000.0), 60, until_reset(clocks, 9000.0)).level == "stop"
    assert clocks.elapsed == 60
    assert clocks.wait(stop(None), 0, lambda: GO_ON).level == "stop"


def test_a_clock_that_is_set_on_wakes_it() -> None:
    clocks = Clocks()
    clocks.set_at = 10.0, 5000.0
    assert clocks.wait(stop(4000.0), 3600, until_reset(clocks, 4000.0)) is GO_ON
    assert clocks.elapsed <= 10 + STEP_SECONDS


def test_a_clock_that_is_set_back_does_not_make_it_wait_longer_than_asked_for() -> None:
    clocks = Clocks()
    clocks.set_at = 10.0, -1e9
    assert clocks.wait(stop(1100.0), 300, until_reset(clocks, 1100.0)).level == "stop"
    assert clocks.elapsed == 300


def test_a_reset_ahead_of_time() -> None:
    clocks = Clocks()
    assert clocks.wait(stop(9000.0), 3600, lambda: stop(9000.0) if clocks.elapsed < 30 else GO_ON) is GO_ON
    assert clocks.elapsed <= 30 + STEP_SECONDS


def test_what_is_left_after_a_reset_is_waited_for() -> None:
    clocks = Clocks()
    found = [UNKNOWN, UNKNOWN, GO_ON]
    assert clocks.wait(stop(1001.0), 3600, lambda: found.pop(0)) is GO_ON
    assert clocks.elapsed <= 2 * ROUND_STEP_SECONDS + STEP_SECONDS
    assert clocks.wait(stop(1.0), 100, lambda: UNKNOWN) is UNKNOWN


def test_an_old_block_is_not_read_anew_at_each_look() -> None:
    clocks = Clocks()
    stale = Verdict("stop", "spent", "", until=1e9, stale=True)
    clocks.wait(stale, 600, lambda: stale)
    assert set(clocks.slept) == {ROUND_STEP_SECONDS}


def test_a_wait_is_cheap() -> None:
    clocks = Clocks()
    clocks.wait(stop(1e9), 7200, lambda: stop(1e9))
    assert len(clocks.slept) <= 7200 / STEP_SECONDS
