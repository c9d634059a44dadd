"""Limits, windows, purses and logins: what is damaged of them is read by nobody, and deleted once."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from providers.domain.limits import Account, AccountUsage, Credits, RateWindow, Sourced
from providers.ledger import row_checksums
from providers.ledger.database import LedgerQuarantined, opened, transaction
from providers.ledger.health import check
from providers.ledger.index import home_id
from providers.ledger.ledger import Ledger
from providers.ledger.logins import LoginHistory, SeenLogin, note
from providers.ledger.refresh import refresh
from tests.providers.ledger.test_refresh import price

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
EVER = datetime(1971, 1, 1, tzinfo=UTC), datetime(2970, 1, 1, tzinfo=UTC)
HOME = Path("/home/dev/.codex")
WEEKS = 6
WILD = 9_999_999_999_999_999


def usage(week: int) -> AccountUsage:
    at = NOW + week * timedelta(days=7)
    window = RateWindow(
        id="weekly",
        title="",
        used_percent=100 if week % 2 else 50.5,
        duration=timedelta(days=7),
        resets_at=at + timedelta(days=6),
    )
    return AccountUsage(
        provider="codex",
        title="Codex",
        homes=(),
        account=Account(id="a1"),
        windows=(Sourced(value=window, source="oauth", fetched_at=at),),
        credits=Sourced(value=Credits(balance=Decimal(100 - week)), source="oauth", fetched_at=at),
    )


class Kept:
    """A ledger with a row of each kind, which were counted once; `now` is the clock of its round, in seconds."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.now = 1e9
        for week in range(WEEKS):
            self.note(week)
        with opened(path, repair=True) as db, transaction(db):
            home = home_id(db, "codex", HOME)
            note(db, home, SeenLogin("a1", NOW, NOW + timedelta(days=1)))
            note(db, home, SeenLogin("a1", NOW, NOW + timedelta(days=2)))
            note(db, home, SeenLogin("a2", NOW + timedelta(days=3), NOW + timedelta(days=4)))
        self.count()

    def note(self, week: int) -> None:
        Ledger(self.path).limits.note(usage(week), NOW + week * timedelta(days=7))

    def count(self) -> None:
        self.now += 3_600
        refresh(self.path, [], price, now=lambda: self.now)

    def execute(self, statement: str) -> None:
        with closing(sqlite3.connect(self.path)) as db, db:
            assert db.execute(statement).rowcount > 0

    def rows(self, table: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.path)) as db:
            db.text_factory = bytes
            return db.execute(f"SELECT * FROM {table}").fetchall()

    def read(self) -> tuple[int, int, list[str | None]]:
        """What everybody reads: how many changes and windows, and whose login it was."""
        ledger = Ledger(self.path)
        ledger.limits.news(usage(WEEKS), NOW + WEEKS * timedelta(days=7), EVER[0])
        with opened(self.path) as db:
            logins = LoginHistory(db, "codex")
            days = (round((NOW + day * timedelta(days=1)).timestamp() * 1000) for day in (1.5, 3.5))
            who = [logins.account(HOME, at) for at in days]
        return len(ledger.limits.changes("a1", EVER[0])), len(ledger.limits.windows(*EVER)), who

    @property
    def is_marked(self) -> bool:
        return self.path.with_suffix(".damaged").exists()


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path / "ledger.sqlite3")


def test_each_row_has_its_checksum_however_often_it_is_written(kept: Kept) -> None:
    assert kept.read() == (WEEKS, WEEKS, ["a1", "a2"])
    for table in row_checksums.COLUMNS:
        assert kept.rows(table)
        assert all(isinstance(row[-1], int) for row in kept.rows(table))
    assert not kept.is_marked
    assert check(kept.path, ()).scrub.removed == 0


OLDEST = {
    "limits": "at_ms = (SELECT min(at_ms) FROM limits)",
    "windows": "starts_ms = (SELECT min(starts_ms) FROM windows)",
    "logins": "since_ms = (SELECT min(since_ms) FROM logins)",
}
DAMAGE = [
    ("limits", "used_percent = used_percent + 0.5"),
    ("limits", "used_percent = 'all'"),
    ("limits", f"at_ms = {WILD}"),
    ("limits", "at_ms = -at_ms"),
    ("limits", f"resets_ms = {WILD}"),
    ("limits", "resets_ms = CAST(x'ff' AS TEXT)"),
    ("limits", "source = CAST(x'ff41' AS TEXT)"),
    ("limits", "source = CAST(source AS BLOB)"),
    ("limits", "checksum = checksum + 1"),
    ("limits", "checksum = CAST(x'ff' AS TEXT)"),
    ("windows", f"seen_ms = {WILD}"),
    ("windows", "credits_used = 'much'"),
    ("windows", "moved = 'yes'"),
    ("windows", "used_percent = 1e300"),
    ("logins", "account = 'somebody'"),
    ("logins", f"until_ms = {WILD}"),
    ("logins", "until_ms = 'for ever'"),
]


@pytest.mark.parametrize(("table", "damage"), DAMAGE)
def test_a_damaged_row_is_left_out_and_then_deleted(
    kept: Kept, table: str, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    before = kept.rows(table)
    kept.execute(f"UPDATE {table} SET {damage} WHERE {OLDEST[table]}")
    changes, windows, who = kept.read()
    assert (changes, windows) == (WEEKS - (table == "limits"), WEEKS - (table == "windows"))
    assert who == [None if table == "logins" else "a1", "a2"]
    assert kept.is_marked
    with caplog.at_level(logging.WARNING, "providers"):
        kept.count()
        kept.count()
    assert caplog.messages == ["ledger: 1 damaged row of the limit history was deleted"]
    assert (check(kept.path, ()).scrub.removed, kept.is_marked) == (1, False)
    assert len(kept.rows(table)) == len(before) - 1
    assert set(kept.rows(table)) < set(before)
    assert not list(kept.path.parent.glob("*.broken-*"))


def test_the_round_finds_what_nobody_reads(kept: Kept) -> None:
    kept.execute(f"UPDATE limits SET used_percent = 7 WHERE {OLDEST['limits']}")
    kept.count()
    found = check(kept.path, ()).scrub
    assert (found.removed, found.removed_at) == (1, datetime.fromtimestamp(kept.now, UTC))
    assert len(kept.rows("limits")) == WEEKS - 1


def test_a_damaged_purse_begins_anew(kept: Kept) -> None:
    kept.execute("UPDATE purses SET balance = '1000000'")
    kept.note(WEEKS + 1)
    assert kept.is_marked
    used = [window.credits_used for window in Ledger(kept.path).limits.windows(*EVER)]
    assert all(amount is None or amount < 10 for amount in used)
    ((account, _, balance, *_),) = kept.rows("purses")
    assert (account, balance) == (b"a1", b"93")
    kept.count()
    assert check(kept.path, ()).scrub.removed == 0


def test_a_damaged_row_is_replaced_by_one_with_its_key(kept: Kept) -> None:
    kept.execute("UPDATE windows SET used_percent = 7 WHERE starts_ms = (SELECT max(starts_ms) FROM windows)")
    kept.note(WEEKS)
    kept.count()
    assert not kept.is_marked
    with opened(kept.path) as db:
        assert not row_checksums.has_damaged(db)


def test_rows_of_an_older_version_must_be_possible(kept: Kept) -> None:
    for table in row_checksums.COLUMNS:
        kept.execute(f"UPDATE {table} SET checksum = NULL")
    kept.execute("INSERT INTO meta VALUES ('backfill', '1')")
    assert kept.read() == (WEEKS, WEEKS, ["a1", "a2"])
    assert not kept.is_marked
    kept.execute(f"UPDATE limits SET at_ms = {WILD} WHERE {OLDEST['limits']}")
    assert kept.read() == (WEEKS - 1, WEEKS, ["a1", "a2"])
    kept.count()
    for table in row_checksums.COLUMNS:
        assert all(isinstance(row[-1], int) for row in kept.rows(table))
    assert len(kept.rows("limits")) == WEEKS - 1


def test_what_is_intact_outlives_the_file(kept: Kept) -> None:
    kept.execute(f"UPDATE limits SET used_percent = 7 WHERE {OLDEST['limits']}")
    kept.execute(f"UPDATE logins SET account = 'somebody' WHERE {OLDEST['logins']}")
    with closing(sqlite3.connect(kept.path)) as db, db:
        db.execute("DROP TABLE links")
    with pytest.raises(LedgerQuarantined), opened(kept.path, repair=True) as db:
        db.execute("SELECT * FROM links")
    kept.count()
    assert kept.read() == (WEEKS - 1, WEEKS, [None, "a2"])
    assert not kept.is_marked


def test_what_a_hostile_server_sends_is_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    sent = usage(0)
    (lane,) = sent.windows
    far = RateWindow(
        id="weekly\0",
        title="",
        used_percent=1e300,
        resets_at=datetime(9999, 12, 31, 23, 59, tzinfo=UTC),
    )
    ledger = Ledger(path)
    odd = AccountUsage(
        provider="codex",
        title="Codex",
        homes=(),
        account=sent.account,
        windows=(Sourced(value=far, source=lane.source, fetched_at=NOW),),
    )
    ledger.limits.note(odd, NOW)
    assert len(ledger.limits.windows(*EVER)) == 1
    assert not path.with_suffix(".damaged").exists()
