"""When the person sent messages: stored by part, found by time, and right or said to be damaged."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.domain.cost import Context, SentMessage
from providers.ledger import logins
from providers.ledger.contexts import Contexts
from providers.ledger.database import LedgerDamaged, opened, transaction
from providers.ledger.index import home_id, parts_of
from providers.ledger.ledger import Ledger
from providers.ledger.messages import replace_messages
from providers.ledger.schema import SCHEMA
from providers.ledger.sent_messages import message_counts, message_times
from providers.ledger.steps import Steps
from providers.ledger.verify import Verifier
from tests.providers.ledger.test_integrity import Counted
from tests.providers.ledger.test_refresh import rollouts

HOME, OTHER = Path("/home/dev/.codex"), Path("/home/dev/.other")
NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


def ms(minutes: float) -> int:
    return round((NOON + timedelta(minutes=minutes)).timestamp() * 1000)


def message(minutes: float, session: str = "s", home: Path = HOME, key: int | None = None) -> SentMessage:
    context = Context(home=home, session=session, root="r", project="/app")
    return SentMessage(ms(minutes), ms(minutes) if key is None else key, context)


class Stored:
    """A ledger in which messages are stored as a count stores them."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "ledger.sqlite3"

    def store(self, *parts: tuple[Sequence[int], Iterable[SentMessage]], keep: Iterable[int] = ()) -> int:
        """Logs and messages of each part; returns how many rows were written."""
        with opened(self.path, repair=True) as db, transaction(db):
            before = db.total_changes
            replace_messages(
                db,
                Contexts(db, "codex"),
                [(sorted(logs), list(sent)) for logs, sent in parts],
                parts_of(db, [log for logs, _ in parts for log in logs]),
                parts_of(db, keep),
            )
            written = db.total_changes - before
            for logs, _ in parts:
                for log in logs:
                    db.execute(
                        "INSERT OR REPLACE INTO logs VALUES (?, 1, ?, 0, 0, 0, 0, x'', 0, 1, 0, 1, ?, 0, 0)",
                        (log, f"{log}.jsonl", min(logs)),
                    )
            return written

    def counts(self, *homes: Path, start: float = -(10**6), end: float = 10**6) -> Counter[int]:
        since, until = (NOON + timedelta(minutes=each) for each in (start, end))
        with opened(self.path) as db:
            return message_counts(db, "codex", homes or (HOME, OTHER), since, until, Verifier())

    def minutes(self, *homes: Path, **span: float) -> list[float]:
        """The quarter of each message."""
        quarters = self.counts(*homes, **span).elements()
        return sorted((each / 1000 - NOON.timestamp()) / 60 for each in quarters)


@pytest.fixture
def stored(tmp_path: Path) -> Stored:
    return Stored(tmp_path)


def test_they_are_counted_by_quarter(stored: Stored) -> None:
    stored.store(([1], [message(0), message(14.9), message(15), message(1, "t")]), ([2], [message(2, "s")]))
    assert stored.counts() == {ms(0): 4, ms(15): 1}
    assert stored.counts(start=15, end=30) == {ms(15): 1}


def test_a_span_ends_before_its_end(stored: Stored) -> None:
    stored.store(([1], [message(0), message(1), message(2)]))
    assert len(stored.minutes(start=0, end=2)) == 2
    assert stored.minutes(start=2.01, end=99) == []
    assert stored.minutes(start=1, end=1) == []


def test_they_are_counted_by_any_step(stored: Stored) -> None:
    stored.store(([1], [message(0), message(59), message(60), message(10, "t")]), ([2], [message(3, "u")]))
    start, end = (NOON + timedelta(minutes=each) for each in (1, 99))
    with opened(stored.path) as db:
        found = message_counts(db, "codex", (HOME,), start, end, Verifier(), Steps(3_600_000, ms(-30)))
    assert found == {ms(-30): 2, ms(30): 2}


def test_one_in_several_homes_counts_in_the_first(stored: Stored) -> None:
    copies = [message(0), message(0, home=OTHER), message(20, home=OTHER)]
    stored.store(([1, 2], copies))
    assert stored.minutes() == [0, 15]
    assert stored.minutes(HOME) == [0]
    assert stored.minutes(OTHER) == [0, 15]
    assert stored.counts(Path("/nowhere")) == {}


def test_their_times_are_those_of_account_and_home(stored: Stored) -> None:
    copies = [message(7), message(0), message(0, home=OTHER), message(20, home=OTHER)]
    stored.store(([1, 2], copies))
    homes = {"codex": {HOME: "~/.codex", OTHER: "~/.other"}}
    with opened(stored.path) as db:
        found = message_times(db, homes, NOON, NOON + timedelta(minutes=21))
        assert found == {("", "~/.codex"): [ms(0), ms(7)], ("", "~/.other"): [ms(20)]}
        later = message_times(db, homes, NOON + timedelta(minutes=8), NOON + timedelta(minutes=20))
        assert not any(later.values())


def test_the_account_is_that_of_the_login_at_that_time(stored: Stored) -> None:
    with opened(stored.path, repair=True) as db, transaction(db):
        seen = logins.SeenLogin("a", NOON, NOON + QUARTER)
        logins.note(db, home_id(db, "codex", HOME), seen)
    stored.store(([1], [message(1), message(16)]))
    with opened(stored.path) as db:
        found = message_times(db, {"codex": {HOME: "~/.codex"}}, NOON, NOON + timedelta(hours=1))
    assert found == {("a", "~/.codex"): [ms(1)], ("", "~/.codex"): [ms(16)]}


def test_only_what_changed_is_written(stored: Stored) -> None:
    sent = [message(0), message(20, "t")]
    assert stored.store(([1], sent)) > 0
    assert stored.store(([1], reversed(sent))) == 0
    assert stored.store(([1], [*sent, message(40)])) > 0
    assert stored.minutes() == [0, 15, 30]


def test_a_part_may_come_apart_and_together(stored: Stored) -> None:
    stored.store(([1, 2], [message(0), message(20)]))
    stored.store(([1], [message(0)]), ([2], [message(20)]))
    assert stored.minutes() == [0, 15]
    stored.store(([1, 2], [message(20)]))
    assert stored.minutes() == [15]
    stored.store(([1, 2], []))
    assert stored.counts() == {}


def test_those_of_logs_that_nobody_can_read_any_more_stay(stored: Stored) -> None:
    """Log 2 is deleted, and its observation of another make; log 1 has one message more now."""
    stored.store(([1, 2], [message(0), message(20)]))
    stored.store(([1], [message(0), message(40)]), keep=[2])
    assert stored.minutes() == [0, 15, 30]


@given(
    st.lists(
        st.tuples(st.integers(0, 200), st.sampled_from("st"), st.sampled_from([HOME, OTHER])), unique=True
    ),
    st.integers(0, 200),
    st.integers(0, 200),
)
def test_any_span_has_what_was_sent_in_it(
    tmp_path_factory: pytest.TempPathFactory, sent: list[tuple[int, str, Path]], start: int, end: int
) -> None:
    stored = Stored(tmp_path_factory.mktemp("ledger"))
    stored.store(([1], [message(minute, session, home, key=minute) for minute, session, home in sent]))
    for homes in ((HOME,), (OTHER,), (HOME, OTHER)):
        inside = {minute for minute, _, home in sent if home in homes and start <= minute < end}
        found = stored.minutes(*homes, start=start, end=end)
        assert sorted(set(found)) == sorted({minute // 15 * 15 for minute in inside})


OF_ONE = "(part, context) = (SELECT part, context FROM messages LIMIT 1)"
DAMAGE = [
    f"UPDATE messages SET packed = zeroblob(length(packed)) WHERE {OF_ONE}",
    f"UPDATE messages SET packed = substr(packed, 9) WHERE {OF_ONE}",
    f"UPDATE messages SET packed = 'text' WHERE {OF_ONE}",
    f"UPDATE messages SET last_ms = last_ms + 1 WHERE {OF_ONE}",
    f"UPDATE messages SET first_ms = 'soon' WHERE {OF_ONE}",
    f"UPDATE messages SET checksum = checksum + 1 WHERE {OF_ONE}",
    f"UPDATE messages SET part = part + 1000 WHERE {OF_ONE}",
    f"DELETE FROM messages WHERE {OF_ONE}",
    "DELETE FROM messages",
    "UPDATE contexts SET session = session || 'x' WHERE id IN (SELECT context FROM messages)",
    "DELETE FROM contexts WHERE id IN (SELECT context FROM messages)",
    "UPDATE meta SET value = '1' || value WHERE name = 'messages'",
]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_report_says_so_and_the_next_count_makes_them_anew(tmp_path: Path, damage: str) -> None:
    counted = Counted(tmp_path)
    before = counted.report(), counted.report("claude")
    assert all(report.messages for report in before)
    counted.execute(damage)
    with pytest.raises(LedgerDamaged, match="The next scan will repair it"):
        _ = counted.report(), counted.report("claude")
    counted.count()
    assert (counted.report(), counted.report("claude")) == before
    assert not counted.is_marked
    assert counted.quarantined() == []


@pytest.mark.parametrize("damage", DAMAGE)
def test_nobody_is_told_wrong_times(tmp_path: Path, damage: str) -> None:
    counted = Counted(tmp_path)
    counted.execute(damage)
    homes = {name: {counted.home: "home"} for name in ("codex", "claude")}
    with pytest.raises(LedgerDamaged):
        Ledger(counted.path).message_times(homes, NOON - timedelta(days=2_000), NOON)


@pytest.mark.parametrize("damage", DAMAGE[:1] + DAMAGE[7:8])
def test_the_scrub_finds_what_nobody_reads(tmp_path: Path, damage: str) -> None:
    counted = Counted(tmp_path)
    before = counted.report(), counted.report("claude")
    counted.execute(damage)
    for _ in range(3):
        counted.now += 3_601
        counted.count()
    assert (counted.report(), counted.report("claude")) == before
    assert counted.quarantined() == []


def test_those_of_deleted_logs_survive_the_ledger(tmp_path: Path) -> None:
    counted = Counted(tmp_path)
    before = counted.report(), counted.report("claude")
    for path in rollouts(counted.home):
        path.unlink()
    counted.count()
    assert (counted.report().messages, counted.report("claude").messages) == tuple(
        report.messages for report in before
    )
    counted.execute("UPDATE homes SET path = path || 'x' WHERE provider = 'claude'")
    counted.path.with_suffix(".damaged").touch()
    counted.count_twice()
    assert counted.report().messages == before[0].messages


def test_a_ledger_of_an_older_version_gets_them_by_its_next_count(tmp_path: Path) -> None:
    """Those of logs that were deleted before are not known; their responses stay."""
    counted = Counted(tmp_path)
    before = counted.report()
    gone = rollouts(counted.home)[0]
    with closing(sqlite3.connect(counted.path)) as db, db:
        db.execute("DROP TABLE messages")
        db.execute("DELETE FROM meta WHERE name = 'messages'")
        db.execute("UPDATE meta SET value = 'codex 4' WHERE name = 'make of codex'")
        db.execute("DELETE FROM observations WHERE log IN (SELECT id FROM logs WHERE path = ?)", (str(gone),))
        db.execute(f"PRAGMA user_version = {len(SCHEMA) - 1}")
    gone.unlink()
    counted.count()
    after = counted.report()
    assert after.totals == before.totals
    assert 0 < sum(after.messages.values()) < sum(before.messages.values())
