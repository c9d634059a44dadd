"""The engine with providers controlled by the test: they answer late, never, or break down."""

from __future__ import annotations

import errno
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from providers.domain.cost import Counter, Tally
from providers.domain.errors import Offline
from providers.domain.limits import Reading
from providers.host.files import own_folders
from providers.host.holder import WaitListener
from providers.polling.account_store import AccountStore
from providers.polling.accounts import take_usage
from providers.source import Provider, Question
from tests.fake_provider import FakeSource, FileSource, fake_provider, make_fake_home, reading
from tray.engine import account_reader, poll_queue
from tray.engine.costs import Costs
from tray.engine.engine import Engine
from tray.engine.schedule import Periods
from tray.engine.scope import Scope
from tray.engine.settings_writer import set_text
from tray.engine.state import State

DEADLINE = 10.0
COUNTER = Counter(provider="fake", account="", model="m", epoch=0, tally=Tally(responses=1))
FAST = Periods(look=timedelta(milliseconds=50), tick=timedelta(milliseconds=50))
FIVE_MINUTES = replace(FAST, poll=timedelta(minutes=5))


class Seen:
    """A listener that remembers, and can be waited with."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.states: list[State] = []

    def __call__(self, before: State, after: State) -> None:
        with self._changed:
            assert after.revision > before.revision
            self.states.append(after)
            self._changed.notify_all()

    def wait_for(self, true: Callable[[State], bool], seconds: float = DEADLINE) -> State:
        with self._changed:
            assert self._changed.wait_for(lambda: any(map(true, self.states)), seconds), self.states[-1:]
            return next(state for state in self.states if true(state))


def used(state: State) -> dict[str, float]:
    """What each account shows of its session, by its home's name."""
    accounts = state.snapshot.accounts if state.snapshot else ()
    return {
        account.homes[0]: account.windows[0].value.used_percent for account in accounts if account.windows
    }


def scope_of(folder: Path, *providers: Provider) -> Scope:
    environ = {"TANKFUL_HOME": str(folder / "own")}
    return Scope(environ, own_folders(environ), ZoneInfo("UTC"), providers=providers)


@contextmanager
def running(scope: Scope, periods: Periods = FAST) -> Iterator[tuple[Engine, Seen]]:
    engine, seen = Engine(scope, periods=periods), Seen()
    engine.subscribe(seen)
    engine.start()
    try:
        yield engine, seen
    finally:
        engine.close()


class TestAnAccountThatHangsForEver:
    """It holds up neither another's answer, nor a refresh, nor a change of the settings, nor the end."""

    @pytest.fixture
    def release(self) -> Iterator[threading.Event]:
        release = threading.Event()
        yield release
        release.set()

    @pytest.fixture
    def server(self, release: threading.Event) -> FakeSource:
        def answer(question: Question) -> object:
            if question.home.path.name == "hangs":
                release.wait()
            return reading(30.0 + len(server.asked))

        server = FakeSource(answer)  # type: ignore[arg-type]
        return server

    @pytest.fixture
    def scope(self, tmp_path: Path, server: FakeSource) -> Scope:
        homes = [make_fake_home(tmp_path / name) for name in ("hangs", "answers")]
        return scope_of(tmp_path, fake_provider(homes, server, FileSource()))

    def test_the_others_answer_is_published_when_it_is_there(
        self, scope: Scope, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(poll_queue, "SLOW_SECONDS", 6 * DEADLINE)  # so that nobody waits for it instead
        monkeypatch.setattr(account_reader, "READ_SECONDS", 6 * DEADLINE)
        with running(scope) as (_, seen):
            state = seen.wait_for(lambda state: "answers" in used(state))
            assert state.refreshing
            assert "hangs" not in used(state)

    def test_a_refresh_asks_the_others_again(self, scope: Scope) -> None:
        with running(scope) as (engine, seen):
            first = used(seen.wait_for(lambda state: "answers" in used(state)))["answers"]
            engine.refresh(user_initiated=True)
            seen.wait_for(lambda state: used(state).get("answers", 0) > first)

    def test_its_own_local_sources_are_still_read(self, scope: Scope, tmp_path: Path) -> None:
        with running(scope) as (_, seen):
            seen.wait_for(lambda state: "answers" in used(state))
            now = datetime.now(UTC).isoformat()
            for percent in (77, 78):  # the first may be seen by the look at what is new
                (tmp_path / "hangs/limits.json").write_text(json.dumps({"used": percent, "at": now}))
                seen.wait_for(lambda state, percent=percent: used(state).get("hangs") == percent)  # type: ignore[misc]

    def test_settings_count_at_once(self, scope: Scope) -> None:
        with running(scope) as (_, seen):
            seen.wait_for(lambda state: "answers" in used(state))
            scope.folders.settings.mkdir(parents=True, exist_ok=True)
            (scope.folders.settings / "settings.toml").write_text("[providers.fake]\nenabled = false\n")
            seen.wait_for(lambda state: state.snapshot is not None and not state.snapshot.accounts)

    def test_the_engine_ends(self, scope: Scope) -> None:
        with running(scope) as (_, seen):
            seen.wait_for(lambda state: "answers" in used(state))
            began = time.monotonic()
        assert time.monotonic() - began < 5


class TestAPersonsRefresh:
    """The state says when it has ended, and for whom it failed, also where no value is another."""

    def test_it_ends_when_all_have_answered(self, tmp_path: Path) -> None:
        homes = [make_fake_home(tmp_path / name) for name in ("fails", "answers")]

        def answer(question: Question) -> Reading:
            if question.home.path.name == "fails":
                raise Offline("No network.")
            return reading(30.0)

        with running(scope_of(tmp_path, fake_provider(homes, FakeSource(answer)))) as (engine, seen):
            known = seen.wait_for(lambda state: "answers" in used(state) and not state.refreshing)
            assert known.refreshed is None, "nobody asked for it"
            began = datetime.now(UTC)
            engine.refresh(user_initiated=True)
            state = seen.wait_for(lambda state: state.refreshed is not None)
            assert state.snapshot is not None
            assert state.refreshed is not None
            assert not state.refreshing
            assert began <= state.refreshed.at <= datetime.now(UTC)
            failed = [each.key for each in state.snapshot.accounts if each.homes == ("fails",)]
            assert state.refreshed.failed == tuple(failed)
            engine.refresh(user_initiated=True)
            seen.wait_for(lambda later: later.refreshed not in (None, state.refreshed))

    def test_it_does_not_end_before_the_last_has_answered(self, tmp_path: Path) -> None:
        release, homes = threading.Event(), [make_fake_home(tmp_path / name) for name in ("slow", "answers")]
        asked = []

        def answer(question: Question) -> Reading:
            asked.append(question.home.path.name)
            if question.home.path.name == "slow":
                release.wait(DEADLINE)
            return reading(30.0 + len(asked))

        with running(scope_of(tmp_path, fake_provider(homes, FakeSource(answer)))) as (engine, seen):
            first = used(seen.wait_for(lambda state: "answers" in used(state)))["answers"]
            engine.refresh(user_initiated=True)
            seen.wait_for(lambda state: used(state).get("answers", 0) > first)
            assert all(state.refreshed is None for state in seen.states)
            release.set()
            state = seen.wait_for(lambda state: state.refreshed is not None)
            assert asked.count("slow") == 2, "it was being asked when the person asked"
            assert used(state).keys() == {"slow", "answers"}

    def test_where_nobody_is_signed_in_it_ends_at_once(self, tmp_path: Path) -> None:
        with running(scope_of(tmp_path)) as (engine, seen):
            engine.refresh(user_initiated=True)
            state = seen.wait_for(lambda state: state.refreshed is not None)
            assert state.refreshed is not None
            assert state.refreshed.failed == ()


@pytest.mark.parametrize("ending", [SystemExit, KeyboardInterrupt, MemoryError])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_source_that_is_killed_in_the_middle_loses_no_others_answer(
    tmp_path: Path, ending: type[BaseException]
) -> None:
    def answer(question: Question) -> object:
        if question.home.path.name == "dies":
            raise ending
        return reading(30)

    homes = [make_fake_home(tmp_path / name) for name in ("dies", "answers")]
    scope = scope_of(tmp_path, fake_provider(homes, FakeSource(answer)))  # type: ignore[arg-type]
    with running(scope) as (_, seen):
        seen.wait_for(lambda state: "answers" in used(state) and not state.refreshing)


def test_a_listener_that_raises_or_blocks_hurts_no_other(tmp_path: Path) -> None:
    server = FakeSource(lambda _: reading(30))
    scope = scope_of(tmp_path, fake_provider([make_fake_home(tmp_path / "one")], server))
    blocked, release = threading.Event(), threading.Event()

    def blocks(_before: State, _after: State) -> None:
        blocked.set()
        release.wait()

    def raises(_before: State, _after: State) -> None:
        raise ZeroDivisionError

    engine, seen = Engine(scope, periods=FAST), Seen()
    for listener in (blocks, raises, seen):
        engine.subscribe(listener)
    engine.start()
    assert blocked.wait(DEADLINE)
    seen.wait_for(lambda state: "one" in used(state))
    engine.close()
    release.set()


def test_an_undo_ends_a_subscription(tmp_path: Path) -> None:
    server = FakeSource(lambda _: reading(30.0 + len(server.asked)))
    scope = scope_of(tmp_path, fake_provider([make_fake_home(tmp_path / "one")], server))
    with running(scope) as (engine, seen):
        unsubscribed = Seen()
        undo = engine.subscribe(unsubscribed)
        first = seen.wait_for(lambda state: "one" in used(state) and not state.refreshing)
        undo()
        undo()
        heard = len(unsubscribed.states)
        engine.refresh(user_initiated=True)
        seen.wait_for(lambda state: used(state).get("one", 0) > used(first)["one"])
        assert len(unsubscribed.states) == heard


def test_what_was_known_is_there_before_any_answer(tmp_path: Path) -> None:
    server = FakeSource(lambda _: reading(30))
    scope = scope_of(tmp_path, fake_provider([make_fake_home(tmp_path / "one")], server))
    with running(scope) as (_, seen):
        seen.wait_for(lambda state: used(state) == {"one": 30})
    release = threading.Event()

    def late(_: Question) -> None:
        release.wait()

    server.answer = late
    with running(scope) as (_, seen):
        seen.wait_for(lambda state: used(state) == {"one": 30})
        release.set()


def test_readings_of_another_process_show_within_three_seconds(tmp_path: Path) -> None:
    """At the pace that everybody has: nothing is asked here meanwhile."""
    server = FakeSource(lambda _: reading(30.0 + len(server.asked)))
    provider = fake_provider([make_fake_home(tmp_path / "one")], server)
    scope = scope_of(tmp_path, provider)
    with running(scope, Periods()) as (_, seen):
        first = seen.wait_for(lambda state: "one" in used(state) and not state.refreshing)
        other = AccountStore(scope.folders.state)  # as another process has it
        take_usage([provider], scope.environ, other, scope.clock, mode="now")
        seen.wait_for(lambda state: used(state).get("one", 0) > used(first)["one"], seconds=3)


def test_another_login_is_another_account_at_once(tmp_path: Path) -> None:
    server = FakeSource(lambda _: reading(30))
    home = make_fake_home(tmp_path / "one", "first")
    scope = scope_of(tmp_path, fake_provider([home], server))
    with running(scope) as (_, seen):
        seen.wait_for(lambda state: "one" in used(state))
        (home / "account").write_text("second")

        def is_second(state: State) -> bool:
            accounts = state.snapshot.accounts if state.snapshot else ()
            return any(
                account.account and account.account.email == "second@example.com" and account.windows
                for account in accounts
            )

        seen.wait_for(is_second)
        (home / "account").unlink()
        seen.wait_for(lambda state: bool(state.snapshot and state.snapshot.accounts[0].error))


def test_a_home_that_comes_later_is_found_when_servers_are_polled(tmp_path: Path) -> None:
    """Where nobody ever used a provider, it has no entry, and nothing of it is watched."""
    server = FakeSource(lambda _: reading(30))
    homes = {name: tmp_path / name for name in "ab"}
    make_fake_home(homes["a"])
    providers = [fake_provider([homes[name]], server, ident=name) for name in "ab"]
    often = Periods(look=FAST.look, tick=FAST.tick, poll=timedelta(milliseconds=200))
    with running(scope_of(tmp_path, *providers), often) as (_, seen):
        seen.wait_for(lambda state: used(state) == {"a": 30})
        make_fake_home(homes["b"])
        seen.wait_for(lambda state: used(state) == {"a": 30, "b": 30})


def test_of_many_accounts_not_all_are_asked_at_once(tmp_path: Path) -> None:
    now, most = 0, 0
    lock = threading.Lock()

    def answer(question: Question) -> object:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.05)
        with lock:
            now -= 1
        return reading(30)

    homes = [make_fake_home(tmp_path / f"home{number}") for number in range(12)]
    scope = scope_of(tmp_path, fake_provider(homes, FakeSource(answer)))  # type: ignore[arg-type]
    with running(scope) as (_, seen):
        seen.wait_for(lambda state: len(used(state)) == 12)
    assert 2 <= most <= 4


def test_a_refresh_may_be_of_one_provider_or_one_account(tmp_path: Path) -> None:
    servers = [FakeSource(lambda _: reading(30)) for _ in range(2)]
    homes = [[make_fake_home(tmp_path / f"{name}{n}") for n in "12"] for name in "ab"]
    providers = [fake_provider(homes[n], servers[n], ident="ab"[n]) for n in range(2)]
    with running(scope_of(tmp_path, *providers)) as (engine, seen):
        state = seen.wait_for(lambda state: len(used(state)) == 4 and not state.refreshing)
        assert state.snapshot is not None
        engine.refresh("a", user_initiated=True)
        until(lambda: len(servers[0].asked) == 4)
        engine.refresh(state.snapshot.accounts[2].key, user_initiated=True)
        until(lambda: servers[1].asked[2:] == ["b1"])
        time.sleep(0.1)
        assert (len(servers[0].asked), len(servers[1].asked)) == (4, 3)


def test_a_refresh_of_one_provider_does_not_postpone_the_poll(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    server = FakeSource(lambda _: reading(30))
    scope = scope_of(tmp_path, fake_provider([make_fake_home(tmp_path / "one")], server))
    scope.clock = lambda: now
    with running(scope, FIVE_MINUTES) as (engine, seen):
        seen.wait_for(lambda state: used(state) == {"one": 30} and not state.refreshing)
        now += timedelta(minutes=4)
        engine.refresh("fake", user_initiated=True)
        until(lambda: len(server.asked) == 2)
        now += timedelta(minutes=2)
        until(lambda: len(server.asked) == 3)


def test_a_local_source_that_hangs_for_ever_is_not_waited_for(tmp_path: Path) -> None:
    release = threading.Event()

    def answer(question: Question) -> object:
        if question.home.path.name == "hangs":
            release.wait()
        return reading(30, "local")

    homes = [make_fake_home(tmp_path / name) for name in ("hangs", "answers")]
    local = FakeSource(answer, ident="local", local=True)  # type: ignore[arg-type]
    with running(scope_of(tmp_path, fake_provider(homes, local))) as (_, seen):
        seen.wait_for(lambda state: used(state) == {"answers": 30})
        release.set()
        seen.wait_for(lambda state: set(used(state)) == {"hangs", "answers"})


class FakeCosts(Costs):
    """A count that reads nothing."""

    def __init__(self, scope: Scope, fault: Exception | None = None) -> None:
        super().__init__(scope)
        self.counts = 0
        self.fault = fault

    def count(
        self, progress: Callable[[float], None] | None = None, waiting: WaitListener | None = None
    ) -> None:
        self.counts += 1
        if self.fault:
            raise self.fault

    def counters(self) -> tuple[Counter, ...]:
        return (COUNTER,)


def test_new_logs_and_changed_settings_start_a_count(tmp_path: Path) -> None:
    home = make_fake_home(tmp_path / "one")
    scope = scope_of(tmp_path, fake_provider([home], FileSource()))
    costs = FakeCosts(scope)
    soon = Periods(look=FAST.look, tick=FAST.tick, count_active=timedelta(milliseconds=50))
    engine = Engine(scope, periods=soon, costs=costs)
    engine.start()
    try:
        until(lambda: costs.counts > 0 and engine.snapshot.counters == (COUNTER,))
        time.sleep(0.5)  # what is looked at for the first time counts as written
        counted = costs.counts
        (home / "sessions").mkdir()
        (home / "sessions/rollout-1.jsonl").write_text("{}\n")
        until(lambda: costs.counts == counted + 1)
        time.sleep(0.3)
        assert costs.counts == counted + 1
        scope.folders.settings.mkdir(parents=True, exist_ok=True)
        (scope.folders.settings / "settings.toml").write_text("[providers.fake]\nenabled = false\n")
        until(lambda: costs.counts == counted + 2)
    finally:
        engine.close()


def test_a_count_that_breaks_down_is_over_and_the_next_one_comes_when_it_is_due(tmp_path: Path) -> None:
    scope = scope_of(tmp_path, fake_provider([make_fake_home(tmp_path / "one")]))
    costs = FakeCosts(scope, OSError(errno.EIO, "Input/output error"))
    often = Periods(look=FAST.look, tick=FAST.tick, count=timedelta(milliseconds=50))
    engine = Engine(scope, periods=often, costs=costs)
    engine.start()
    until(lambda: costs.counts > 2)
    until(lambda: not engine.snapshot.counting)
    engine.close()


def test_the_period_between_counts_begins_when_one_has_ended(tmp_path: Path) -> None:
    """Else a count that takes longer than that would be followed by the next one at once, for ever."""
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)

    class Slow(FakeCosts):
        def count(
            self, progress: Callable[[float], None] | None = None, waiting: WaitListener | None = None
        ) -> None:
            nonlocal now
            super().count(progress, waiting)
            now += timedelta(minutes=6)

    scope = scope_of(tmp_path, fake_provider([make_fake_home(tmp_path / "one")], FileSource()))
    scope.clock = lambda: now
    engine = Engine(scope, periods=FAST, costs=(costs := Slow(scope)))
    engine.start()
    try:
        until(lambda: costs.counts > 0 and engine.snapshot.counters == (COUNTER,))
        time.sleep(0.5)  # settings and logs that are looked at for the first time count as changed
        counted = costs.counts
        time.sleep(0.5)
        assert costs.counts == counted <= 2
    finally:
        engine.close()


def test_without_changes_listeners_are_not_called(tmp_path: Path) -> None:
    server = FakeSource(lambda _: reading(30))
    scope = scope_of(tmp_path, fake_provider([make_fake_home(tmp_path / "one")], server, FileSource()))
    with running(scope) as (engine, seen):
        seen.wait_for(lambda state: "one" in used(state) and not state.refreshing and not state.counting)
        time.sleep(0.3)
        revision, heard = engine.snapshot.revision, len(seen.states)
        time.sleep(0.5)
        assert (engine.snapshot.revision, len(seen.states)) == (revision, heard)
        assert len(server.asked) == 1


def until(true: Callable[[], bool]) -> None:
    ends = time.monotonic() + DEADLINE
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.01)


class TestSettings:
    @pytest.fixture
    def scope(self, tmp_path: Path) -> Scope:
        server = FakeSource(lambda _: reading(30))
        return scope_of(tmp_path, fake_provider([make_fake_home(tmp_path / "one")], server, FileSource()))

    def test_a_change_applies_at_once_and_is_saved_in_the_file(self, scope: Scope) -> None:
        with running(scope, Periods(look=timedelta(minutes=1))) as (engine, seen):
            seen.wait_for(lambda state: "one" in used(state))
            engine.set("providers.fake.enabled", "false")
            seen.wait_for(
                lambda state: bool(state.snapshot and state.settings.values and not state.snapshot.accounts),
                seconds=2,
            )
            assert "enabled = false" in scope.settings_file.read_text()
            assert seen.states[-1].settings.providers["fake"].enabled is False
            engine.set("providers.fake.enabled", "true")
            seen.wait_for(lambda state: state.settings.values.get("providers.fake.enabled") is True)
            until(lambda: "one" in used(engine.snapshot))

    def test_a_change_of_another_program_applies_within_two_seconds(self, scope: Scope) -> None:
        with running(scope, Periods()) as (_, seen):
            seen.wait_for(lambda state: "one" in used(state))
            set_text(scope.settings_file, scope.table, "providers.fake.source", "file")
            seen.wait_for(lambda state: state.settings.values.get("providers.fake.source") == "file", 2.5)

    @pytest.mark.parametrize(
        ("key", "value", "problem"),
        [
            ("providers.fake.enabled", "maybe", "providers.fake.enabled should be true or false."),
            ("colour", "red", "there is no setting 'colour'. `tankful config list` shows all settings."),
        ],
    )
    def test_a_wrong_change_is_a_sentence_until_the_next_one(
        self, scope: Scope, key: str, value: str, problem: str
    ) -> None:
        with running(scope) as (engine, seen):
            seen.wait_for(
                lambda state: "one" in used(state)
            )  # the settings were read, which ends such a sentence
            engine.set(key, value)
            seen.wait_for(lambda state: state.settings_problem == problem)
            assert not scope.settings_file.exists()
            engine.set("providers.fake.enabled", "true")
            until(lambda: engine.snapshot.settings_problem is None and bool(engine.snapshot.settings.values))

    def test_a_file_that_cannot_be_written_is_a_sentence(self, scope: Scope) -> None:
        scope.settings_file.parent.mkdir(parents=True)
        scope.settings_file.write_text("a = = 1\n")
        with running(scope) as (engine, seen):
            seen.wait_for(lambda state: "one" in used(state))
            engine.set("providers.fake.enabled", "false")
            state = seen.wait_for(lambda state: bool(state.save_problem))
            assert "line 1: not TOML" in str(state.save_problem)
            assert scope.settings_file.read_text() == "a = = 1\n"
            scope.settings_file.write_text("")
            until(lambda: engine.snapshot.settings_problem is None)

    def test_two_changes_at_once_are_both_kept(self, scope: Scope) -> None:
        with running(scope) as (engine, seen):
            engine.set("providers.fake.source", "file")
            engine.set("providers.fake.enabled", "true")
            engine.set("providers.fake.homes", "~/x")
            seen.wait_for(lambda state: len(state.settings.values) == 3)
