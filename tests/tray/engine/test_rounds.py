"""When the engine polls: with a clock, a network and a battery of the test's own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from providers.domain.errors import Offline
from providers.domain.limits import RateWindow, Reading
from providers.source import Question
from tests.fake_provider import FakeSource, fake_provider, make_fake_home, reading
from tests.tray.engine.test_engine import FAST, Seen, scope_of, until, used
from tray.engine.engine import Engine
from tray.engine.jobs import Jobs
from tray.engine.surroundings import Clocks, Routes, Surroundings

MINUTE = timedelta(minutes=1)
WIFI: Routes = frozenset({("wlan0", "0101A8C0")})


class World:
    """One account, whose server counts the requests; `now` is what all clocks show."""

    def __init__(self, folder: Path) -> None:
        self.now = datetime.now(UTC)
        self.asleep = 0.0
        self.routes: Routes = WIFI
        self.on_battery = False
        self.answer: Callable[[Question], Reading] = lambda question: reading(30, at=question.now)
        self.server = FakeSource(self._answer)
        self.scope = scope_of(folder, fake_provider([make_fake_home(folder / "one")], self.server))
        self.scope.clock = lambda: self.now
        self.seen = Seen()

    def _answer(self, question: Question) -> Reading:
        return self.answer(question)

    @property
    def asked(self) -> int:
        return len(self.server.asked)

    @contextmanager
    def running(self) -> Iterator[Engine]:
        surroundings = Surroundings(
            clocks=lambda: Clocks(time.monotonic() + self.asleep, time.monotonic()),
            routes=lambda: self.routes,
            on_battery=lambda: self.on_battery,
        )
        engine = Engine(self.scope, periods=FAST, chance=lambda: 0.0, surroundings=surroundings)
        engine.subscribe(self.seen)
        engine.start()
        try:
            self.seen.wait_for(lambda state: used(state) == {"one": 30} and not state.refreshing)
            yield engine
        finally:
            engine.close()

    def ticks(self, engine: Engine) -> None:
        """Until the engine has looked at the clock a few times."""
        for _ in range(3):
            at = datetime.fromtimestamp(time.time_ns() / 1e9, UTC)
            engine.mute(at)
            self.seen.wait_for(lambda state, at=at: state.muted_until == at)  # type: ignore[misc]
            time.sleep(FAST.tick.total_seconds())


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_a_pause_holds_polls_but_not_a_person_and_ends_by_itself(world: World) -> None:
    with world.running() as engine:
        engine.pause(world.now + 60 * MINUTE)
        world.seen.wait_for(lambda state: state.paused_until is not None)
        world.now += 59 * MINUTE
        engine.refresh()
        engine.menu_opened()
        world.ticks(engine)
        assert world.asked == 1
        engine.refresh(user_initiated=True)
        until(lambda: world.asked == 2)
        world.now += 2 * MINUTE
        until(lambda: engine.snapshot.paused_until is None)
        until(lambda: world.asked == 3)


def test_a_pause_that_can_be_lifted_is(world: World) -> None:
    with world.running() as engine:
        engine.pause(world.now + 60 * MINUTE)
        world.now += 30 * MINUTE
        world.ticks(engine)
        assert world.asked == 1
        engine.pause(None)
        until(lambda: world.asked == 2)


def test_a_clock_set_back_does_not_make_a_pause_longer(world: World) -> None:
    with world.running() as engine:
        engine.pause(world.now + 60 * MINUTE)
        world.seen.wait_for(lambda state: state.paused_until is not None)
        world.now -= timedelta(days=2)
        until(lambda: engine.snapshot.paused_until is None)


def test_nobody_works_and_it_polls_seldom_until_somebody_looks(world: World) -> None:
    with world.running() as engine:
        world.now += timedelta(hours=5)
        until(lambda: world.asked == 2)
        until(lambda: engine.snapshot.refresh_every == 30 * MINUTE)
        world.now += 29 * MINUTE
        world.ticks(engine)
        assert world.asked == 2
        since = len(world.seen.states)
        engine.menu_opened()
        until(lambda: world.asked == 3)
        until(lambda: engine.snapshot.refresh_every == 2 * MINUTE)
        judged_by = {
            state.snapshot.accounts[0].refresh_every
            for state in world.seen.states[since:]
            if state.snapshot is not None
            and any(world.now - lane.fetched_at > 20 * MINUTE for lane in state.snapshot.accounts[0].windows)
            and state.refreshing
        }
        assert judged_by <= {30 * MINUTE}, "nothing is faint while it is being asked for anew"


def test_a_person_who_refreshes_works(world: World) -> None:
    with world.running() as engine:
        world.now += timedelta(hours=5)
        until(lambda: engine.snapshot.refresh_every == 30 * MINUTE)
        engine.refresh(user_initiated=True)
        until(lambda: engine.snapshot.refresh_every == 2 * MINUTE)


def test_on_battery_the_interval_is_doubled(world: World) -> None:
    world.on_battery = True
    with world.running() as engine:
        until(lambda: engine.snapshot.refresh_every == 4 * MINUTE)
        assert engine.snapshot.snapshot is not None
        assert engine.snapshot.snapshot.accounts[0].refresh_every == 4 * MINUTE


def test_it_polls_at_once_after_sleep(world: World) -> None:
    with world.running() as engine:
        world.now += 1.5 * MINUTE
        world.ticks(engine)
        assert world.asked == 1
        world.asleep += 90
        until(lambda: world.asked == 2)


def test_after_sleep_it_waits_for_a_network_and_polls_as_soon_as_there_is_one(world: World) -> None:
    with world.running() as engine:
        world.routes = frozenset()
        world.now += 1.5 * MINUTE
        world.asleep += 90
        world.ticks(engine)
        assert world.asked == 1
        world.routes = WIFI
        until(lambda: world.asked == 2)


def test_it_polls_at_once_when_the_network_is_back(world: World) -> None:
    def fails(_question: Question) -> Reading:
        raise Offline("No connection.")

    with world.running() as engine:
        world.answer = fails
        engine.refresh(user_initiated=True)
        world.seen.wait_for(
            lambda state: state.snapshot is not None and state.snapshot.accounts[0].error is not None
        )
        world.routes = frozenset()
        world.ticks(engine)
        world.answer = lambda question: reading(44, at=question.now)
        world.now += 1.1 * MINUTE
        asked = world.asked
        world.ticks(engine)
        assert world.asked == asked
        world.routes = WIFI
        world.seen.wait_for(lambda state: used(state) == {"one": 44})


def test_a_window_is_read_half_a_minute_after_its_reset(world: World) -> None:
    def answer(question: Question) -> Reading:
        ends = began + (70 if question.now < began + timedelta(seconds=70) else 400) * timedelta(seconds=1)
        window = RateWindow(id="session", title="5h", used_percent=30, resets_at=ends)
        return replace(reading(30, at=question.now), windows=(window,))

    began = world.now
    world.answer = answer
    with world.running() as engine:
        world.now += timedelta(seconds=95)
        world.ticks(engine)
        assert world.asked == 1
        world.now += timedelta(seconds=6)
        until(lambda: world.asked == 2)
        world.ticks(engine)
        assert world.asked == 2


def test_where_nobody_is_signed_in_rounds_go_on(tmp_path: Path) -> None:
    now, rounds = datetime.now(UTC), list[datetime]()

    def chance() -> float:
        rounds.append(now)
        return 0.0

    scope = scope_of(tmp_path, fake_provider([]))
    scope.clock = lambda: now
    engine = Engine(scope, periods=FAST, chance=chance)
    engine.start()
    try:
        until(lambda: bool(rounds))
        now += 60 * MINUTE
        until(lambda: now in rounds)
    finally:
        engine.close()


class FewThreads(Jobs):
    """The system has no thread left for the first request."""

    refused = 0

    def start(self, name: str, work: Callable[[], None]) -> None:
        if name.startswith("ask:") and not self.refused:
            self.refused += 1
            raise RuntimeError("can't start new thread")
        super().start(name, work)


def test_who_could_not_be_asked_for_want_of_a_thread_is_asked_in_the_next_round(world: World) -> None:
    jobs = FewThreads()
    engine = Engine(world.scope, periods=FAST, chance=lambda: 0.0, jobs=jobs)
    engine.start()
    try:
        until(lambda: jobs.refused == 1)
        world.now += 5 * MINUTE
        until(lambda: world.asked == 1)
    finally:
        engine.close()
