"""A look from the homes, hooks, accounts and costs of a person."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from providers.domain.limits import Account, AccountUsage
from providers.host.files import own_folders
from providers.sessions import FoundSession
from providers.source import Provider
from tests.providers.live.fakes import FakeProcesses, provider, write
from tests.tray.engine.live.looks import Clock
from tests.tray.engine.test_engine import FAST
from tray.engine import published
from tray.engine.costs import Costs
from tray.engine.engine import Engine
from tray.engine.live.feeds import feed_of_engine, feed_of_page, open_feed
from tray.engine.live.settings import TITLES
from tray.engine.scope import Scope
from tray.engine.settings_writer import set_text

FRESH = timedelta(seconds=1)


class Person:
    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.home.mkdir()
        self.provider: Provider
        self.provider, self.sessions, (home,) = provider(self.home)
        self.label = home.label
        self.clock = Clock()
        environ = {"TANKFUL_HOME": str(folder / "own")}
        self.scope = Scope(
            environ, own_folders(environ), ZoneInfo("UTC"), providers=[self.provider], clock=self.clock
        )
        log = self.home / "a.jsonl"
        write(log, {"model": "m", "title": "Fix the tests"}, {"turn": "open"})
        self.sessions.sessions = [FoundSession(home=self.home, id="a", log=log, pid=7, is_running=True)]


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(tmp_path)


def test_a_command_shows_what_is_published_of_the_account(person: Person) -> None:
    usage = {
        "provider": "fake",
        "title": "Fake",
        "homes": [person.label],
        "account": {"id": "a1b2c3d4", "email": None, "plan": None},
        "windows": [],
        **dict.fromkeys(("credits", "spend", "resets", "limit_reached_at", "login_ends_at", "cost", "error")),
        "limits_known": True,
        "early_resets": [],
        "refresh_seconds": 300,
    }
    state = person.scope.folders.state
    state.mkdir(parents=True)
    document = {"schema": published.SCHEMA, "generated_at": "2026-11-28T11:59:00Z", "providers": [usage]}
    (state / published.FILE).write_text(json.dumps(document))
    (session,) = open_feed(person.scope, FakeProcesses()).read(FRESH, share=False).sessions
    assert (session.account, session.status.status, session.title) == ("a1b2c3d4", "working", None)


@pytest.mark.parametrize("content", ["", "{}", '{"schema": "tankful.snapshot/1", "providers": [{}]}'])
def test_a_damaged_snapshot_costs_no_session(person: Person, content: str) -> None:
    state = person.scope.folders.state
    state.mkdir(parents=True)
    (state / published.FILE).write_text(content)
    look = open_feed(person.scope, FakeProcesses()).read(FRESH, share=False)
    assert ([each.id for each in look.sessions], look.problems) == (["a"], ())
    assert look.sessions[0].account is None


def test_a_command_counts_where_no_engine_does(person: Person) -> None:
    look = open_feed(person.scope, FakeProcesses()).read(FRESH, share=False)
    assert look.counted_at is not None
    assert (person.scope.folders.state / "ledger.sqlite3").exists()


def test_titles_are_for_those_who_switched_them_on(person: Person) -> None:
    assert set_text(person.scope.settings_file, person.scope.table, TITLES.key, "true") is None
    (session,) = open_feed(person.scope, FakeProcesses()).read(FRESH, share=False).sessions
    assert session.title == "Fix the tests"


def test_a_provider_that_is_switched_off_has_no_sessions(person: Person) -> None:
    assert set_text(person.scope.settings_file, person.scope.table, "providers.fake.enabled", "false") is None
    assert open_feed(person.scope, FakeProcesses()).read(FRESH, share=False).sessions == ()


def test_the_engine_shows_sessions_with_its_own_accounts(person: Person) -> None:
    usage = AccountUsage(provider="fake", title="Fake", homes=(person.label,), account=Account(id="a1b2c3d4"))
    costs = Costs(person.scope)
    engine = Engine(
        person.scope,
        costs=costs,
        periods=FAST,
        sessions=feed_of_engine(person.scope, costs, lambda: [usage], FakeProcesses()),
    )
    shown = threading.Event()
    engine.subscribe(
        lambda _before, state: shown.set() if state.sessions and state.sessions.sessions else None
    )
    engine.start()
    try:
        engine.show_sessions()
        assert shown.wait(10)
        sessions = engine.snapshot.sessions
        assert sessions is not None
        assert [each.account for each in sessions.sessions] == ["a1b2c3d4"]
    finally:
        engine.close()


def test_a_page_has_no_titles_but_where_they_are_switched_on_and_counts_nothing(person: Person) -> None:
    costs = Costs(person.scope)
    feed = feed_of_page(person.scope, costs, FakeProcesses())
    (session,) = feed.read(FRESH, share=False).sessions
    assert (session.title, session.tally, costs.counted_at) == (None, None, None)
    assert set_text(person.scope.settings_file, person.scope.table, TITLES.key, "true") is None
    person.clock.pass_seconds(2)
    (session,) = feed.read(FRESH, share=False).sessions
    assert session.title == "Fix the tests"
