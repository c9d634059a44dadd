from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from providers.errors import Denied, LoginExpired, Offline, ProviderError, RateLimited, ServerError
from providers.memory import AccountMemory, Memory
from providers.models import Identity, RateWindow, Reading
from providers.pipeline import Client, Mode, poll
from providers.source import Home, Question
from tests.homes import NOW

MINUTE = timedelta(minutes=1)


class FakeSource:
    """Says what it is told to: a share used, a trouble, or nothing."""

    def __init__(self, says: float | Exception | None, ident: str = "oauth", *, local: bool = False) -> None:
        self.id = self.title = ident
        self.local = local
        self.says = says
        self.cannot: dict[Path, ProviderError] = {}
        self.asked: list[Path] = []

    def unavailable(self, question: Question) -> ProviderError | None:
        return self.cannot.get(question.home.path)

    def read(self, question: Question) -> Reading | None:
        self.asked.append(question.home.path)
        if isinstance(self.says, Exception):
            raise self.says
        if self.says is None:
            return None
        window = RateWindow(id="session", title="5h", used_percent=self.says)
        return Reading(source=self.id, fetched_at=question.now, windows=(window,))


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


Ask = Callable[..., AccountMemory]


@pytest.fixture
def ask(tmp_path: Path, clock: Clock) -> Ask:
    def ask(*sources: FakeSource, mode: Mode = "due", homes: int = 1) -> AccountMemory:
        places = tuple((Home(provider="codex", path=Path(f"/{n}"), label=f"/{n}"), NOW) for n in range(homes))
        client = Client(key="k", identity=Identity(), homes=places)
        return poll(client, sources, Memory(tmp_path / "state"), interval=MINUTE, mode=mode, clock=clock)

    return ask


def used(memory: AccountMemory) -> list[float]:
    return [window.used_percent for reading in memory.readings for window in reading.windows]


def test_between_two_requests_lies_the_interval(ask: Ask, clock: Clock) -> None:
    source = FakeSource(10)
    ask(source)
    clock.now += 0.99 * MINUTE
    assert used(ask(source)) == [10]
    assert len(source.asked) == 1
    clock.now += 0.02 * MINUTE
    ask(source)
    assert len(source.asked) == 2


def test_a_person_need_not_wait_and_the_cache_asks_nobody(ask: Ask) -> None:
    source = FakeSource(10)
    ask(source, mode="cached")
    assert not source.asked
    ask(source)
    ask(source, mode="now")
    assert len(source.asked) == 2
    assert used(ask(source, mode="cached")) == [10]


def test_a_failure_counts_as_a_request_and_blanks_nothing(ask: Ask, clock: Clock) -> None:
    source = FakeSource(10)
    ask(source)
    clock.now += 2 * MINUTE
    source.says = Offline("No connection.")
    memory = ask(source)
    assert used(memory) == [10]
    assert memory.error is not None
    assert memory.error.kind == "offline"
    assert memory.offline_since == clock.now
    ask(source)
    assert len(source.asked) == 2
    clock.now += 2 * MINUTE
    assert ask(source).offline_since == clock.now - 2 * MINUTE
    source.says = 20.0
    clock.now += 2 * MINUTE
    memory = ask(source)
    assert (used(memory), memory.error, memory.offline_since, memory.failures) == ([20], None, None, 0)


def test_retry_after_is_kept_for_all_but_a_person(ask: Ask, clock: Clock) -> None:
    source = FakeSource(RateLimited("Too often.", retry_at=NOW + 30 * MINUTE))
    ask(source)
    clock.now += 29 * MINUTE
    assert ask(source).error is not None
    assert len(source.asked) == 1
    ask(source, mode="now")
    assert len(source.asked) == 2
    source.says = 10.0
    clock.now += 2 * MINUTE
    assert used(ask(source)) == [10]


def test_without_retry_after_our_own_back_off_doubles_up_to_an_hour(ask: Ask, clock: Clock) -> None:
    source = FakeSource(RateLimited("Too often."))
    waits = []
    for _ in range(6):
        memory = ask(source)
        assert memory.retry_at is not None
        assert memory.error is not None
        assert memory.error.retry_at == memory.retry_at
        waits.append((memory.retry_at - clock.now) / MINUTE)
        clock.now = memory.retry_at
    assert waits == [5, 10, 20, 40, 60, 60]


def test_a_clock_that_was_moved_does_not_silence_us(ask: Ask, clock: Clock) -> None:
    source = FakeSource(RateLimited("Too often."))
    clock.now += timedelta(days=400)
    ask(source)
    clock.now = NOW
    source.says = 10.0
    assert used(ask(source)) == [10]


@pytest.mark.parametrize("fault", [Denied("No."), ServerError("Oh."), LoginExpired("Old.")])
def test_every_attempt_is_kept(ask: Ask, fault: ProviderError) -> None:
    memory = ask(FakeSource(fault), FakeSource(None, "rollouts", local=True))
    assert [(attempt.source, attempt.ok) for attempt in memory.attempts] == [
        ("oauth", False),
        ("rollouts", True),
    ]
    assert memory.attempts[0].error is not None
    assert memory.attempts[0].error.kind == fault.kind


def test_a_fault_of_ours_is_an_attempt_like_any_other(ask: Ask) -> None:
    memory = ask(FakeSource(ZeroDivisionError("access-secret")))
    assert memory.error is not None
    assert memory.error.kind == "not_understood"
    assert "ZeroDivisionError" in memory.error.message
    assert "secret" not in memory.error.message


def test_local_sources_are_asked_each_time(ask: Ask) -> None:
    local = FakeSource(5, "rollouts", local=True)
    for mode in ("cached", "due", "due", "now"):
        assert used(ask(local, mode=mode)) == [5]
    assert len(local.asked) == 4


def test_another_home_of_the_account_speaks_where_one_cannot(ask: Ask, clock: Clock) -> None:
    source = FakeSource(10)
    source.cannot[Path("/0")] = LoginExpired("Old.")
    assert ask(source, homes=2).error is None
    assert source.asked == [Path("/1")]


def test_a_refused_home_is_not_asked_first_again(ask: Ask, clock: Clock) -> None:
    source = FakeSource(LoginExpired("Refused."))
    ask(source, homes=2)
    clock.now += 2 * MINUTE
    ask(source, homes=2)
    assert source.asked == [Path("/0"), Path("/1")]


def test_where_nothing_can_be_kept_nobody_is_asked(tmp_path: Path, ask: Ask) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    source = FakeSource(10)
    memory = ask(source, FakeSource(5, "rollouts", local=True))
    assert not source.asked
    assert used(memory) == [5]
    assert memory.error is not None
    assert "cannot write its own state" in memory.error.message


def test_a_torn_memory_counts_as_empty(tmp_path: Path, ask: Ask) -> None:
    ask(FakeSource(10))
    for file in (tmp_path / "state").glob("*.json"):
        file.write_bytes(file.read_bytes()[:20])
    assert used(ask(FakeSource(20))) == [20]


def test_an_account_is_in_a_home_since_it_says_so_or_since_it_replaced_another(tmp_path: Path) -> None:
    memory, home = Memory(tmp_path), Path("/h")
    long_ago = NOW - timedelta(days=3)
    assert memory.account_since(home, "a", long_ago, NOW) == long_ago
    assert memory.account_since(home, "a", NOW, NOW + MINUTE) == long_ago
    assert memory.account_since(home, "b", long_ago, NOW + MINUTE) == NOW + MINUTE
    assert memory.account_since(Path("/i"), "b", None, NOW) == NOW
    assert memory.account_since(Path("/j"), "b", NOW + MINUTE, NOW) == NOW
