"""Sessions and days by a server beside the ledger's: whom it asks, for what, and what is made of it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from providers.domain.audit import AuditRow, CountedUse
from providers.domain.errors import Offline
from providers.domain.limits import DayTokens
from providers.domain.server_count import ServerAnswer, ServerUse
from providers.host.files import own_folders
from providers.source import Provider, Question
from tests.fake_provider import fake_provider, make_fake_home
from tray.engine.audit import used_within
from tray.engine.costs import Costs
from tray.engine.scope import Scope
from tray.engine.server_audit import ServerAsk, ServerAudit

FIXTURES = Path(__file__).parents[2] / "fixtures/codex/0.171.0"
PARENT, AGENT = "01a22414-e3bb-7202-a247-dd5dc90e90fd", "01a22414-e449-7103-9c76-027efaa0c987"
RESUMED = "01a22414-cf7f-7223-a702-52a614a99942"
DAY = date(2026, 11, 28)
OFFLINE = Offline("Codex could not reach ChatGPT.")


class FakeCounter:
    """Answers what `answers` has, by session; `asked` is who was asked for what."""

    sessions_by, days_by = "sessionCount", "dayCount"

    def __init__(self) -> None:
        self.answers: dict[str, ServerUse] = {}
        self.days: tuple[DayTokens, ...] = ()
        self.error: Offline | None = None
        self.asked: list[tuple[str, list[str]]] = []

    def count(self, question: Question, sessions: Sequence[str]) -> ServerAnswer:
        self.asked.append((question.home.path.name, list(sessions)))
        found = {name: self.answers[name] for name in sessions if name in self.answers}
        unknown = frozenset() if self.error else frozenset(sessions) - found.keys()
        return ServerAnswer(sessions=found, unknown=unknown, days=self.days, error=self.error)


class Person:
    """Two homes, each with a login and threads of its own; the clock stands."""

    def __init__(self, folder: Path) -> None:
        self.now = datetime(2026, 11, 29, 12, tzinfo=UTC)
        self.folder = folder
        self.homes = [make_fake_home(folder / name) for name in ("one", "two")]
        for home, scenario in zip(self.homes, ("agent", "resumed"), strict=True):
            shutil.copytree(FIXTURES / scenario / "home/sessions", home / "sessions")
        self.counter = FakeCounter()
        self.told: list[str] = []
        self.counters_made = 0

    @property
    def provider(self) -> Provider:
        return replace(fake_provider(self.homes), make_server_counter=self._make_counter)

    def _make_counter(self, _: tuple[str, ...]) -> FakeCounter:
        self.counters_made += 1
        return self.counter

    def scope(self) -> Scope:
        environ = {"TANKFUL_HOME": str(self.folder / "own")}
        return Scope(environ, own_folders(environ), UTC, providers=[self.provider], clock=lambda: self.now)

    def rows(self, most: int | None = None, since: date | None = None) -> list[AuditRow]:
        """As a process of its own has it; asks for so many sessions, or not at all."""
        scope = self.scope()
        costs = Costs(scope)
        costs.count_all()

        def within(use: CountedUse) -> bool:
            return since is None or (use.last_at is not None and use.last_at.date() >= since)

        ask = None if most is None else ServerAsk(most, self.told.append)
        return used_within(ServerAudit(scope, costs, ask, within).rows(self.provider), since, None, UTC)


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(tmp_path)


def tokens(rows: list[AuditRow]) -> dict[str, int]:
    return {row.id: row.counted.whole.tokens for row in rows}


def test_nobody_is_asked_without_a_wish(person: Person) -> None:
    assert person.rows() == []
    assert person.counter.asked == []
    assert not person.counters_made  # which would import what starts programs
    assert not list((person.folder / "own/state").glob("server-counts*"))


def test_each_account_is_asked_for_its_own(person: Person) -> None:
    rows = person.rows(50)
    assert sorted(person.counter.asked) == [("one", [PARENT, AGENT]), ("two", [RESUMED])]
    assert {row.id for row in rows} == {PARENT, AGENT, RESUMED}
    assert {row.explained for row in rows} == {"no_total"}
    assert len({row.account for row in rows}) == 2
    assert person.told == []


def test_a_subagent_is_a_row_of_its_own(person: Person) -> None:
    counted = tokens(person.rows(50))
    whole = counted[PARENT] + counted[AGENT]
    person.counter.answers = {
        PARENT: ServerUse(total_tokens=whole),
        AGENT: ServerUse(total_tokens=counted[AGENT]),
        RESUMED: ServerUse(total_tokens=counted[RESUMED] + 1),
    }
    shutil.rmtree(person.folder / "own")
    rows = {row.id: row for row in person.rows(50)}
    assert (rows[PARENT].explained, rows[PARENT].unexplained_tokens) == ("subagents", 0)
    assert rows[AGENT].is_equal
    assert rows[RESUMED].unexplained_tokens == -1


def test_what_was_answered_is_shown_and_not_asked_for_again(person: Person) -> None:
    counted = tokens(person.rows(50))
    first = person.rows()
    person.now += timedelta(days=30)
    assert person.rows() == first
    person.rows(50)
    assert [sessions for _, sessions in person.counter.asked[2:]] == [[], []]
    assert tokens(first) == counted


def test_no_more_than_wished(person: Person) -> None:
    person.rows(1)
    assert sorted(person.counter.asked) == [("one", [PARENT]), ("two", [RESUMED])]
    assert tokens(person.rows()).keys() == {PARENT, RESUMED}


def test_none_outside_the_days(person: Person) -> None:
    assert person.rows(50, since=date(2026, 11, 29)) == []
    assert [sessions for _, sessions in person.counter.asked] == [[], []]


def test_one_that_has_grown_is_not_compared_with_an_old_answer(person: Person) -> None:
    person.rows(50)
    (log,) = (person.homes[1] / "sessions").rglob("*.jsonl")
    record = next(line for line in reversed(log.read_text().splitlines()) if "token_usage_record" in line)
    log.write_text(log.read_text() + record.replace('"response_id":"', '"response_id":"again-') + "\n")
    assert tokens(person.rows()).keys() == {PARENT, AGENT}
    person.rows(50)
    assert person.counter.asked[-2:] == [("one", []), ("two", [RESUMED])]


def test_a_refusal_is_a_sentence_and_costs_no_row(person: Person) -> None:
    person.rows(50)
    person.counter.error = OFFLINE
    person.now += timedelta(hours=1)
    assert len(person.rows(50)) == 3
    assert person.told == ["Fake: Codex could not reach ChatGPT. Check your network connection."] * 2


def test_a_home_without_a_login(person: Person) -> None:
    (person.homes[0] / "account").unlink()
    assert tokens(person.rows(50)).keys() == {RESUMED}
    (told,) = person.told
    assert told.startswith("Fake: ")


def test_one_account_in_two_homes_is_asked_once(person: Person) -> None:
    make_fake_home(person.homes[1], "one")
    person.rows(50)
    assert person.counter.asked == [("one", [PARENT, AGENT, RESUMED])]


def test_days_by_the_server(person: Person) -> None:
    (person.homes[1] / "account").unlink()
    shutil.rmtree(person.homes[1] / "sessions")
    counted = sum(tokens(person.rows(50)).values())
    person.counter.days = (DayTokens(day=DAY, tokens=counted), DayTokens(day=date(2026, 11, 27), tokens=9))
    days = [row for row in person.rows(50) if row.what == "day"]
    assert [(row.id, row.is_equal, row.explained) for row in days] == [
        ("2026-11-28", True, None),
        ("2026-11-27", False, "another_machine"),
    ]
    person.counter.days = ()
    assert [
        row for row in person.rows(50) if row.what == "day"
    ] == days  # though the server names none any more
    since = [row.id for row in person.rows(since=DAY) if row.what == "day"]
    assert since == ["2026-11-28"]


def test_what_was_counted_of_deleted_logs_is_no_difference(person: Person) -> None:
    counted = tokens(person.rows(50))
    person.counter.answers = {name: ServerUse(total_tokens=count) for name, count in counted.items()}
    shutil.rmtree(person.folder / "own/state")
    person.counter.days = (DayTokens(day=DAY, tokens=sum(counted.values())),)
    (person.homes[1] / "account").write_text("one")
    assert person.rows(50)
    for home in person.homes:
        shutil.rmtree(home / "sessions")
    after = person.rows(50)
    assert {row.id for row in after if row.is_equal} == {PARENT, AGENT, RESUMED, DAY.isoformat()}


def test_where_nothing_can_be_kept_it_is_asked_all_the_same(person: Person) -> None:
    person.rows(50)
    state = person.folder / "own/state"
    for file in state.glob("server-counts-*"):
        file.unlink()
        file.mkdir()
    assert len(person.rows(50)) == 3
    assert len(person.counter.asked) == 4
    assert person.told
    assert all(str(state) in sentence or "state" in sentence for sentence in person.told)
