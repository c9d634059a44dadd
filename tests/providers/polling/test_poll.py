from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from providers.domain.errors import (
    Blocked,
    Denied,
    LoginExpired,
    Offline,
    ProviderError,
    RateLimited,
    ServerError,
)
from providers.domain.limits import Identity, RateWindow, Reading
from providers.polling.account_store import AccountState, AccountStore, RejectedLogin
from providers.polling.backoff import Client, LoginPlace
from providers.polling.poll import Mode, Round, poll
from providers.source import Home, Question
from tests.homes import NOW
from tests.programs import started

MINUTE = timedelta(minutes=1)


class FakeSource:
    """Says what it is result to: a share used, a error, or nothing; `at` places something else."""

    def __init__(
        self, result: float | BaseException | None, ident: str = "oauth", *, local: bool = False
    ) -> None:
        self.id = self.title = ident
        self.local = local
        self.result = result
        self.at: dict[Path, Reading | Exception | None] = {}
        self.cannot: dict[Path, ProviderError] = {}
        self.asked: list[Path] = []
        self.after: list[str | None] = []
        self.last: list[str | None] = []
        self.rest = timedelta(0)
        self.kinds: tuple[str, ...] = ("login_expired",)

    def is_fallback_for(self, error: ProviderError) -> bool:
        return error.kind in self.kinds

    def unavailable(self, question: Question) -> ProviderError | None:
        return self.cannot.get(question.home.path)

    def read(self, question: Question) -> Reading | None:
        self.asked.append(question.home.path)
        self.after.append(question.after.kind if question.after else None)
        self.last.append(question.last_error.kind if question.last_error else None)
        if question.home.path in self.at:
            result = self.at[question.home.path]
            if isinstance(result, Exception):
                raise result
            return result
        if isinstance(self.result, BaseException):
            raise self.result
        if self.result is None:
            return None
        window = RateWindow(id="session", title="5h", used_percent=self.result)
        return Reading(source=self.id, fetched_at=question.now, windows=(window,))


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


Ask = Callable[..., AccountState]


@pytest.fixture
def ask(tmp_path: Path, clock: Clock) -> Ask:
    kept = AccountStore(tmp_path / "state")

    def ask(
        *sources: FakeSource,
        mode: Mode = "due",
        homes: int = 1,
        attested_at: datetime = NOW,
        memory: AccountStore = kept,
        only: str | None = None,
        interval: timedelta = MINUTE,
    ) -> AccountState:
        places = tuple(
            LoginPlace(
                home=Home(provider="codex", path=Path(f"/{n}"), label=f"/{n}"),
                since=NOW,
                attested_at=attested_at,
            )
            for n in range(homes)
        )
        client = Client(key="k", identity=Identity(), places=places)
        this = Round(client=client, sources=sources, interval=interval, mode=mode, clock=clock, only=only)
        return poll(this, memory)

    return ask


def used(memory: AccountState) -> list[float]:
    return [window.used_percent for reading in memory.readings for window in reading.windows]


def test_requests_keep_the_interval(ask: Ask, clock: Clock) -> None:
    source = FakeSource(10)
    ask(source)
    clock.now += 0.99 * MINUTE
    assert used(ask(source)) == [10]
    assert len(source.asked) == 1
    clock.now += 0.02 * MINUTE
    ask(source)
    assert len(source.asked) == 2


def test_a_try_without_a_network_is_no_request(ask: Ask, clock: Clock) -> None:
    source = FakeSource(Offline("No connection."))
    ask(source, interval=5 * MINUTE)
    clock.now += 0.99 * MINUTE
    ask(source, interval=5 * MINUTE)
    assert len(source.asked) == 1
    clock.now += 0.02 * MINUTE
    source.result = 10
    ask(source, interval=5 * MINUTE)
    assert len(source.asked) == 2
    clock.now += 4.9 * MINUTE
    ask(source, interval=5 * MINUTE)
    assert len(source.asked) == 2


def test_a_request_without_an_answer_was_one(ask: Ask, clock: Clock) -> None:
    source = FakeSource(Offline("No connection.", reached=True))
    ask(source, interval=5 * MINUTE)
    clock.now += 4.9 * MINUTE
    ask(source, interval=5 * MINUTE)
    assert len(source.asked) == 1
    clock.now += 0.2 * MINUTE
    ask(source, interval=5 * MINUTE)
    assert len(source.asked) == 2


def test_a_click_does_not_wait_and_the_cache_makes_no_request(ask: Ask) -> None:
    source = FakeSource(10)
    ask(source, mode="cached")
    assert not source.asked
    ask(source)
    ask(source, mode="now")
    assert len(source.asked) == 2
    assert used(ask(source, mode="cached")) == [10]


def test_a_source_gets_its_last_error_from_any_process(ask: Ask, tmp_path: Path) -> None:
    source = FakeSource(Offline("No connection."))
    ask(source, mode="now")
    again = AccountStore(tmp_path / "state")
    ask(source, mode="now", memory=again)
    source.result = 10
    ask(source, mode="now", memory=again)
    ask(source, mode="now", memory=again)
    assert source.last == [None, "offline", "offline", None]


def test_a_failure_counts_as_a_request_and_blanks_nothing(ask: Ask, clock: Clock) -> None:
    source = FakeSource(10)
    ask(source)
    clock.now += 2 * MINUTE
    source.result = Offline("No connection.")
    memory = ask(source)
    assert used(memory) == [10]
    assert memory.error is not None
    assert memory.error.kind == "offline"
    assert memory.offline_since == clock.now
    ask(source)
    assert len(source.asked) == 2
    clock.now += 2 * MINUTE
    assert ask(source).offline_since == clock.now - 2 * MINUTE
    source.result = 20.0
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
    source.result = 10.0
    clock.now += 2 * MINUTE
    assert used(ask(source)) == [10]


def test_without_retry_after_our_own_backoff_doubles_up_to_an_hour(ask: Ask, clock: Clock) -> None:
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


def test_only_refusals_in_a_row_lengthen_the_backoff(ask: Ask, clock: Clock) -> None:
    """Eight times offline, and then a captive portal: that is its first answer, not its ninth."""
    source = FakeSource(Offline("No connection."))
    for _ in range(8):
        ask(source)
        clock.now += 5 * MINUTE
    source.result = Blocked("A page.")
    memory = ask(source)
    assert memory.retry_at == clock.now + 5 * MINUTE
    clock.now = memory.retry_at
    assert ask(source).retry_at == clock.now + 10 * MINUTE
    clock.now += 10 * MINUTE
    source.result = Offline("No connection.")
    assert ask(source).retry_at is None
    clock.now += 5 * MINUTE
    source.result = Blocked("A page.")
    assert ask(source).retry_at == clock.now + 5 * MINUTE


def test_a_clock_that_was_moved_does_not_silence_us(ask: Ask, clock: Clock) -> None:
    source = FakeSource(RateLimited("Too often."))
    clock.now += timedelta(days=400)
    ask(source)
    clock.now = NOW
    source.result = 10.0
    assert used(ask(source)) == [10]


def test_a_clock_set_back_a_little_is_no_reason_to_ask(ask: Ask, clock: Clock) -> None:
    source = FakeSource(10)
    for _ in range(59):
        ask(source)
        clock.now -= timedelta(seconds=1)
    assert len(source.asked) == 1
    source.result = RateLimited("Too often.", retry_at=clock.now + timedelta(hours=6))
    ask(source, mode="now")
    clock.now -= 9 * MINUTE
    ask(source)
    assert len(source.asked) == 2


def test_what_a_clock_that_was_ahead_wrote_does_not_win_for_ever(ask: Ask, clock: Clock) -> None:
    source = FakeSource(5.0)
    clock.now += timedelta(days=400)
    ask(source)
    clock.now = NOW
    source.result = 99.0
    assert used(ask(source)) == [99]
    clock.now += timedelta(days=400)
    source.result = Offline("No connection.")
    ask(source)
    clock.now = NOW
    memory = ask(source, mode="cached")
    assert (memory.asked_at, memory.offline_since, used(memory)) == (None, None, [99])


@pytest.mark.parametrize("ahead", [timedelta(minutes=5), timedelta(minutes=5, seconds=1)])
def test_clocks_of_two_processes_may_differ_a_little(ask: Ask, clock: Clock, ahead: timedelta) -> None:
    clock.now += ahead
    ask(FakeSource(10))
    clock.now = NOW
    assert used(ask(mode="cached")) == ([10] if ahead == 5 * MINUTE else [])


@pytest.mark.parametrize("fault", [Denied("No."), ServerError("Oh."), LoginExpired("Old.")])
def test_every_attempt_is_kept(ask: Ask, fault: ProviderError) -> None:
    memory = ask(FakeSource(fault), FakeSource(None, "rollouts", local=True))
    assert [(attempt.source, attempt.ok) for attempt in memory.attempts] == [
        ("oauth", False),
        ("rollouts", True),
    ]
    assert memory.attempts[0].error is not None
    assert memory.attempts[0].error.kind == fault.kind


def test_an_internal_error_is_an_attempt_like_any_other(ask: Ask) -> None:
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


def local_reading(used: float, at: datetime) -> Reading:
    window = RateWindow(id="session", title="5h", used_percent=used)
    return Reading(source="rollouts", fetched_at=at, windows=(window,), dropped=(f"slot {used}",))


def test_a_local_source_is_asked_in_every_home_and_the_newest_wins(ask: Ask) -> None:
    local = FakeSource(None, "rollouts", local=True)
    local.at = {
        Path("/0"): local_reading(10, NOW - 2 * MINUTE),
        Path("/1"): local_reading(77, NOW - MINUTE),
        Path("/2"): local_reading(30, NOW - 3 * MINUTE),
    }
    memory = ask(local, homes=3)
    assert local.asked == [Path("/0"), Path("/1"), Path("/2")]
    assert used(memory) == [77]
    assert [(a.source, a.ok, a.notes) for a in memory.attempts] == [
        ("rollouts", True, ("slot 10", "slot 77", "slot 30"))
    ]


def test_a_local_source_that_fails_in_one_home_is_read_in_the_other(ask: Ask) -> None:
    local = FakeSource(5, "rollouts", local=True)
    local.at[Path("/0")] = local.at[Path("/2")] = ZeroDivisionError("oh")
    memory = ask(local, homes=3)
    assert (used(memory), memory.attempts[0].ok) == ([5], True)
    local.at[Path("/1")] = local.at[Path("/0")]
    assert not ask(local, homes=3).attempts[0].ok


def test_another_home_of_the_account_is_tried_when_one_fails(ask: Ask, clock: Clock) -> None:
    source = FakeSource(10)
    source.cannot[Path("/0")] = LoginExpired("Old.")
    assert ask(source, homes=2).error is None
    assert source.asked == [Path("/1")]


def test_a_rejected_home_is_not_asked_first_again(ask: Ask, clock: Clock) -> None:
    source = FakeSource(LoginExpired("Refused."))
    ask(source, homes=2)
    clock.now += 2 * MINUTE
    ask(source, homes=2)
    assert source.asked == [Path("/0"), Path("/1")]


def test_a_rejected_login_is_left_alone_until_there_is_another(ask: Ask, clock: Clock) -> None:
    source = FakeSource(LoginExpired("Refused."))
    for _ in range(29):
        memory = ask(source)
        clock.now += MINUTE
    assert len(source.asked) == 1
    assert memory.error is not None
    assert memory.error.kind == "login_expired"
    ask(source, mode="now")
    assert len(source.asked) == 2
    source.result = 10.0
    memory = ask(source, attested_at=clock.now)
    assert len(source.asked) == 2  # not due yet
    clock.now += MINUTE
    memory = ask(source, attested_at=clock.now)
    assert (used(memory), memory.error, memory.refused) == ([10], None, ())


def test_a_rejected_login_is_tried_again_after_half_an_hour(ask: Ask, clock: Clock) -> None:
    source = FakeSource(LoginExpired("Refused."))
    for _ in range(61):
        ask(source)
        clock.now += MINUTE
    assert len(source.asked) == 3
    assert ask(source).refused == (
        RejectedLogin(source="oauth", home="/0", attested_at=NOW, at=NOW + 60 * MINUTE),
    )


def test_of_two_homes_the_rejected_one_is_left_alone(ask: Ask, clock: Clock) -> None:
    source = FakeSource(10)
    source.at[Path("/0")] = LoginExpired("Refused.")
    source.at[Path("/1")] = ServerError("Oh.", retry_at=None)
    for _ in range(4):
        clock.now += 20 * MINUTE / 4
        ask(source, homes=2)
    assert source.asked == [Path("/0"), Path("/1"), Path("/1"), Path("/1")]


def test_a_login_that_was_not_sent_was_not_rejected(ask: Ask, clock: Clock) -> None:
    source = FakeSource(10)
    source.cannot[Path("/0")] = LoginExpired("Old.")
    assert ask(source).refused == ()


class FullDisk(AccountStore):
    """Takes the first note of a poll, and no second one."""

    room = 1

    def save_account(self, key: str, memory: AccountState) -> None:
        self.room -= 1
        if self.room < 0:
            raise OSError(28, "No space left on device")
        super().save_account(key, memory)


def test_a_result_that_cannot_be_saved_is_kept_until_exit(tmp_path: Path, ask: Ask, clock: Clock) -> None:
    full, source = FullDisk(tmp_path / "state"), FakeSource(10)
    for _ in range(2):
        memory = ask(source, memory=full)
        assert used(memory) == [10]
        assert not memory.under_way
        assert memory.error is not None
        assert memory.error.message.startswith("Limits are not saved because ")
        assert memory.error.message.endswith(" cannot be written: the disk is full.")
        assert memory.error.remedy == "Free up space."
        clock.now += MINUTE / 4
    assert len(source.asked) == 1
    clock.now += MINUTE
    full.room, source.result = 2, 20.0
    memory = ask(source, memory=full)
    assert (used(memory), memory.error) == ([20], None)
    clock.now += 2 * MINUTE
    ask(FakeSource(30))  # another process
    assert used(ask(source, memory=full, mode="cached")) == [30]


def test_a_process_with_something_to_show_does_not_wait_long_for_another_process(
    tmp_path: Path, ask: Ask, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(FakeSource(10))
    clock.now += 2 * MINUTE
    waits: list[float] = []
    real = AccountStore.asking

    def asking(self: AccountStore, key: str, seconds: float = 45.0) -> AbstractContextManager[None]:
        waits.append(seconds)
        return real(self, key, 0.1)

    monkeypatch.setattr(AccountStore, "asking", asking)
    source = FakeSource(20)
    with real(AccountStore(tmp_path / "state"), "k"):
        assert used(ask(source)) == [10]
        assert used(ask(source, mode="now")) == [10]
        for file in (tmp_path / "state").glob("*.json"):
            file.unlink()
        assert used(ask(source)) == []
    assert not source.asked
    assert waits == [2.0, 45.0, 45.0]


def test_nothing_is_fetched_when_the_state_cannot_be_saved(tmp_path: Path, ask: Ask) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    source = FakeSource(10)
    memory = ask(source, FakeSource(5, "rollouts", local=True))
    assert not source.asked
    assert used(memory) == [5]
    assert memory.error is not None
    assert memory.error.message.startswith("Limits are not fetched because ")
    assert "cannot be written: " in memory.error.message
    assert "`tankful usage --refresh` fetches them anyway." in memory.error.remedy


def test_a_person_gets_what_cannot_be_saved(tmp_path: Path, ask: Ask) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    memory = ask(FakeSource(10), mode="now")
    assert used(memory) == [10]
    assert memory.error is None


@pytest.mark.parametrize(
    "content",
    [
        b'{"readings": [{"so',
        b"\xff",
        b"[" * 200_000,
        b'{"asked_at": "2026-11-20T11:59:59"}',
        b'{"readings": [{"source": "oauth", "fetched_at": "2026-11-20T11:59:59"}]}',
        b'{"readings": 7}',
    ],
    ids=["torn", "no text", "deep", "no zone", "no zone inside", "another shape"],
)
def test_an_unreadable_state_file_counts_as_empty(tmp_path: Path, ask: Ask, content: bytes) -> None:
    ask(FakeSource(10))
    (file,) = (tmp_path / "state").glob("*.json")
    file.write_bytes(content)
    assert used(ask(FakeSource(20))) == [20]


HOLD = """
import sys
from pathlib import Path
from providers.polling.account_store import AccountStore
with AccountStore(Path(sys.argv[1])).asking("k"):
    print("holds", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def held(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """The account, by another process."""
    command = [sys.executable, "-c", HOLD, str(folder)]
    with started(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "holds\n"
        yield holder


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGSTOP")
@pytest.mark.parametrize("mode", ["due", "now"])
def test_a_suspended_process_that_asks_is_named_until_it_is_gone(
    ask: Ask, clock: Clock, tmp_path: Path, mode: Mode
) -> None:
    store = AccountStore(tmp_path / "state")
    ask(FakeSource(30.0), memory=store)
    clock.now += 2 * MINUTE
    with held(tmp_path / "state") as holder:
        holder.send_signal(signal.SIGSTOP)
        known = ask(FakeSource(40.0), memory=store, mode=mode)
        assert used(known) == [30.0]
        assert known.error is not None
        assert known.error.kind == "timeout"
        assert f"(process {holder.pid}, since " in known.error.message
        assert known.error.message.endswith(" is asking for limits, but it is suspended.")
        assert known.error.remedy == f"Run `kill -CONT {holder.pid}` to resume it."
        assert store.account("k", clock.now).error == known.error, "it stays while nobody has asked"
        holder.send_signal(signal.SIGCONT)
    known = ask(FakeSource(40.0), memory=store, mode=mode)
    assert (used(known), known.error) == ([40.0], None)
    assert AccountStore(tmp_path / "state").account("k", clock.now).error is None


def test_another_process_that_takes_long_is_told_of_and_no_error(
    ask: Ask, clock: Clock, tmp_path: Path
) -> None:
    heard: list[str] = []
    store = AccountStore(tmp_path / "state", waiting=heard.append)
    ask(FakeSource(30.0), memory=store)
    clock.now += 2 * MINUTE
    with held(tmp_path / "state") as holder:
        known = ask(FakeSource(40.0), memory=store)
    assert (used(known), known.error) == ([30.0], None)
    (sentence,) = heard
    assert f"(process {holder.pid}, since " in sentence
    assert sentence.endswith(" is still asking for limits. These are the last known limits.")
