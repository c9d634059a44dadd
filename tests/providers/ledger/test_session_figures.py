from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.domain.cost import BilledResponse, Context, TokenUsage
from providers.domain.session_figures import AskedSession, SessionFigures, SessionKey
from providers.ledger.counters import counters
from providers.ledger.database import opened, transaction
from providers.ledger.index import home_id, storable
from providers.ledger.responses import replace_responses
from providers.ledger.session_figures import HISTORY, SessionReading
from tests.providers.ledger.test_counters import HOMES

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
WEEK = NOW - timedelta(days=3)
HOME, OTHER = HOMES
USAGE = TokenUsage(10, 20, 5, 0, 3, 1)
ACTIVE, TOTAL = 18, 38


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with opened(tmp_path / "ledger.sqlite3", repair=True) as db:
        yield db


def at(
    key: int, minutes: float, session: str = "a", root: str = "", home: Path = HOME, **more: Any
) -> BilledResponse:
    """So many minutes ago."""
    names = {"model": "m", "account": "me", "session": session, "root": root or session, **more}
    moment = NOW - timedelta(minutes=minutes)
    return BilledResponse(int(moment.timestamp() * 1000), key, Context(home=home, **names), USAGE)


def price(each: BilledResponse) -> int | None:
    return None if each.context.model == "mystery" else 10**12


def store(db: sqlite3.Connection, *parts: list[BilledResponse], names: Sequence[str] = ()) -> None:
    """Each part has one log in HOME, of the name of its first session, or of these."""
    with transaction(db):
        numbered = [([number], part) for number, part in enumerate(parts, 1)]
        replace_responses(db, "codex", numbered, price)
        for number, part in enumerate(parts, 1):
            name = names[number - 1] if names else part[0].context.session or ""
            db.execute(
                "INSERT OR REPLACE INTO logs VALUES (?, ?, ?, 0, 0, 0, 0, x'', 0, 1, 0, 1, ?, 0, 0)",
                (number, home_id(db, "codex", HOME), storable(str(log(name))), number),
            )


def log(session: str) -> Path:
    return HOME / "sessions" / f"rollout-{session}.jsonl"


def asked(session: str = "a", *below: str, week: datetime | None = None) -> AskedSession:
    key = SessionKey("codex", HOME, session)
    logs = tuple(map(log, (session, *below)))
    return AskedSession(key=key, logs=logs, account="me", week_since=week)


def figures(db: sqlite3.Connection, *questions: AskedSession) -> dict[str, SessionFigures]:
    reading = SessionReading()
    reading.read(db, questions, NOW)
    return {key.id: found for key, found in reading.figures(NOW).items()}


def test_a_session_alone_and_with_its_subagents(db: sqlite3.Connection) -> None:
    store(db, [at(1, 100), at(2, 99), at(3, 98, "sub", "a")], [at(4, 97, "other", "a")], [at(5, 96, "b")])
    found = figures(db, asked("a", "other"), asked("b"), asked("unknown"))
    assert sorted(found) == ["a", "b"]
    assert (found["a"].own.responses, found["a"].tally.responses) == (2, 4)
    assert (found["a"].own.usd, found["a"].tally.usd) == (2.0, 4.0)
    assert {name: each.responses for name, each in found["a"].subagents.items()} == {"sub": 1, "other": 1}
    assert found["b"].own.usage == USAGE
    assert found["b"].largest_prompt == 35


def test_a_log_that_the_ledger_knows_by_another_path(db: sqlite3.Connection) -> None:
    store(db, [at(1, 100)])
    key = SessionKey("codex", HOME, "a")
    linked = AskedSession(key=key, logs=(Path("/data/link/rollout-a.jsonl"),))
    assert figures(db, linked)["a"].own.responses == 1


def test_history_is_of_the_newest_responses_of_the_session_itself(db: sqlite3.Connection) -> None:
    rows = [at(number, 1000 - number) for number in range(HISTORY + 5)]
    store(db, [*rows, at(999, 1, "sub", "a")])
    assert figures(db, asked())["a"].history == (TOTAL,) * HISTORY


def test_the_rate_is_that_of_the_last_ten_minutes_and_goes_down(db: sqlite3.Connection) -> None:
    store(db, [at(1, 11), at(2, 9), at(3, 2, "sub", "a")])
    reading = SessionReading()
    reading.read(db, [asked()], NOW)
    (now,) = reading.figures(NOW).values()
    (later,) = reading.figures(NOW + timedelta(minutes=5)).values()
    assert (now.tokens_per_minute, later.tokens_per_minute) == (2 * ACTIVE / 10, ACTIVE / 10)


def test_only_what_changed_is_read_again(db: sqlite3.Connection) -> None:
    store(db, [at(1, 100)], [at(2, 99, "b")])
    reading = SessionReading()
    reading.read(db, [asked("a"), asked("b")], NOW)
    before = reading.figures(NOW)
    store(db, [at(1, 100), at(3, 98)], [at(2, 99, "b")])
    statements: list[str] = []
    db.set_trace_callback(statements.append)
    reading.read(db, [asked("a"), asked("b")], NOW)
    after = reading.figures(NOW)
    assert sum("GROUP BY context" in each for each in statements) == 1
    assert [each.own.responses for each in before.values()] == [1, 1]
    assert [each.own.responses for each in after.values()] == [2, 1]


def test_without_a_price_there_is_no_share(db: sqlite3.Connection) -> None:
    store(db, [at(1, 100), at(2, 100, model="mystery")], [at(3, 90, "b")])
    found = figures(db, asked("a", week=WEEK), asked("b", week=WEEK))
    assert (found["a"].week_share, found["b"].week_share) == (None, None)
    assert (found["a"].tally.usd, found["a"].tally.unpriced) == (1.0, 1)


def test_of_an_account_without_a_window_there_is_no_share(db: sqlite3.Connection) -> None:
    store(db, [at(1, 100)])
    assert figures(db, asked())["a"].week_share is None


MINUTES = st.floats(0, 6 * 24 * 60)
SESSIONS = st.sampled_from([("a", ""), ("sub", "a"), ("b", "")])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(
            st.tuples(
                MINUTES,
                SESSIONS,
                st.sampled_from([HOME, OTHER]),
                st.sampled_from(["me", "you"]),
                st.booleans(),
            ),
            min_size=1,
            max_size=6,
        ),
        min_size=1,
        max_size=5,
    ),
    st.booleans(),
)
def test_the_share_of_the_week_is_that_of_all_responses(
    tmp_path_factory: pytest.TempPathFactory,
    parts: list[list[tuple[float, tuple[str, str], Path, str, bool]]],
    summed: bool,
) -> None:
    rows = [
        [
            at(100 * part + number, minutes, *session, home, account=account, not_on_lines=beyond)
            for number, (minutes, session, home, account, beyond) in enumerate(each)
        ]
        for part, each in enumerate(parts)
    ]
    with opened(tmp_path_factory.mktemp("l") / "ledger.sqlite3", repair=True) as db:
        names = [str(number) for number in range(len(rows))]
        store(db, *rows, names=names)
        if summed:
            with transaction(db):
                counters(db)
        question = asked("a", *names, week=WEEK)
        found = figures(db, question)
    used = [
        each
        for part in rows
        for each in part
        if each.at >= WEEK and each.context.account == "me" and not each.context.not_on_lines
    ]
    own = [
        each
        for each in used
        if each.context.home == HOME and "a" in (each.context.session, each.context.root)
    ]
    if "a" in found:
        assert found["a"].week_share == (len(own) / len(used) if used else None)
    else:
        assert not own
