"""What is damaged is found, by who reads it or by the scrub, and made anew from the logs."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from providers.domain.cost import CostReport
from providers.ledger.changes import Shelf
from providers.ledger.database import LedgerDamaged, LedgerQuarantined, is_damage, opened
from providers.ledger.health import check
from providers.ledger.ledger import Ledger
from providers.ledger.refresh import refresh
from tests.providers.ledger.test_refresh import FORMATS, SMALL, copied, price, rollouts

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = 3_600.0


class Counted:
    """A ledger over logs that were counted; `now` is the clock of its scrub, in seconds."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        for corpus in SMALL:
            copied(corpus, folder)
        self.path = folder / "ledger.sqlite3"
        self.now = 1e9
        self.count()
        self.now += 1

    def count(self) -> None:
        shelves = [Shelf(provider=name, home=self.home, format=fmt) for name, fmt in FORMATS.items()]
        refresh(self.path, shelves, price, now=lambda: self.now)

    def count_twice(self) -> None:
        with pytest.raises(LedgerQuarantined):
            self.count()
        self.count()

    def report(self, provider: str = "codex") -> CostReport:
        return Ledger(self.path).report(
            provider,
            {self.home: "home"},
            since=date(2020, 1, 1),
            until=date(2026, 11, 20),
            zone=UTC,
            now=NOON,
        )

    def execute(self, statement: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.path)) as db, db:
            return db.execute(statement).fetchall()

    @property
    def is_marked(self) -> bool:
        return self.path.with_suffix(".damaged").exists()

    def quarantined(self) -> list[Path]:
        return list(self.path.parent.glob("*.broken-*"))


@pytest.fixture
def counted(tmp_path: Path) -> Counted:
    return Counted(tmp_path)


OF_ONE = "(part, at_ms, key) = (SELECT part, at_ms, key FROM responses LIMIT 1)"


@pytest.mark.parametrize(
    "damage",
    [
        f"UPDATE responses SET input = input + 1024 WHERE {OF_ONE}",
        f"UPDATE responses SET pico_usd = NULL WHERE {OF_ONE}",
        f"UPDATE responses SET output = 'much' WHERE {OF_ONE}",
        f"UPDATE responses SET at_ms = at_ms + 4194304 WHERE {OF_ONE}",
        f"UPDATE responses SET at_ms = at_ms + 1 WHERE {OF_ONE}",
        f"DELETE FROM responses WHERE {OF_ONE}",
        "UPDATE part_checksums SET shown = shown + 1 WHERE part = (SELECT min(part) FROM part_checksums)",
        "DELETE FROM part_checksums WHERE part = (SELECT min(part) FROM part_checksums)",
        "DELETE FROM parts WHERE id = (SELECT min(id) FROM parts)",
        "UPDATE parts SET first_ms = first_ms + 1099511627776",
        "UPDATE meta SET value = '1' || value WHERE name = 'part_checksums'",
    ],
)
def test_a_report_says_so_and_the_next_count_repairs_that_part_alone(counted: Counted, damage: str) -> None:
    before = counted.report(), counted.report("claude")
    counted.execute(damage)
    with pytest.raises(LedgerDamaged, match="The next scan will repair it"):
        counted.report()
    assert counted.is_marked
    counted.count()
    assert (counted.report(), counted.report("claude")) == before
    assert not counted.is_marked
    assert counted.quarantined() == []


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE homes SET path = path || 'x'",
        "UPDATE contexts SET model = 'gpt-5.6'",
        "UPDATE contexts SET checksum = checksum + 1",
        "UPDATE contexts SET home = home + 1",
    ],
)
def test_what_is_said_of_responses_has_a_checksum_too(counted: Counted, damage: str) -> None:
    before = counted.report()
    counted.execute(damage)
    if "homes" in damage:
        with pytest.raises(LedgerDamaged):
            counted.report()
        counted.count_twice()
    else:
        with pytest.raises(LedgerDamaged):
            counted.report()
        counted.count()
    assert counted.report() == before


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE responses SET web_searches = web_searches + 1",
        "UPDATE observations SET observation = zeroblob(20)",
        "UPDATE observations SET checksum = checksum + 1",
        "DELETE FROM observations",
        "DELETE FROM responses",
    ],
)
def test_the_round_finds_what_nobody_reads(counted: Counted, damage: str) -> None:
    before = counted.report()
    counted.execute(damage)
    counted.count()  # no scrub is due yet
    counted.now += HOUR
    counted.count()
    assert counted.report() == before
    assert counted.quarantined() == []
    counted.now += HOUR
    changed = counted.path.stat().st_size
    counted.count()
    assert counted.path.stat().st_size == changed
    with opened(counted.path) as db:
        assert (
            db.execute("SELECT count(*) FROM observations").fetchone()
            == db.execute("SELECT count(*) FROM logs").fetchone()
        )


def test_what_is_known_of_a_log_is_not_trusted_when_it_is_damaged(counted: Counted) -> None:
    before = counted.report()
    counted.execute("UPDATE logs SET offset = offset + 8 WHERE id = 1")
    counted.now += HOUR
    counted.count_twice()
    assert counted.report() == before


def test_lost_links_are_made_anew(counted: Counted) -> None:
    links = counted.execute("SELECT * FROM links ORDER BY 1, 2")
    counted.execute("DELETE FROM links")
    counted.now += HOUR
    counted.count()
    assert counted.execute("SELECT * FROM links ORDER BY 1, 2") == links


def test_the_responses_of_deleted_logs_outlive_a_broken_file(counted: Counted) -> None:
    before = counted.report().totals
    for path in rollouts(counted.home)[::2]:
        path.unlink()
    counted.count()
    assert counted.report().totals == before
    counted.execute("UPDATE homes SET path = path || 'x' WHERE provider = 'claude'")
    counted.path.with_suffix(".damaged").touch()
    counted.count_twice()
    assert counted.report().totals == before
    assert counted.quarantined()


def test_what_is_wrong_is_not_salvaged(counted: Counted) -> None:
    for path in rollouts(counted.home):
        path.unlink()
    counted.count()
    before = counted.report().totals.responses
    counted.execute("UPDATE responses SET input = 7 WHERE part = (SELECT min(part) FROM responses)")
    counted.execute("DELETE FROM observations")
    counted.path.with_suffix(".damaged").touch()
    counted.count_twice()
    assert 0 < counted.report().totals.responses < before


def test_a_ledger_of_an_older_version_gets_its_checksums_little_by_little(counted: Counted) -> None:
    before = counted.report()
    for table in ("homes", "contexts", "logs", "observations"):
        counted.execute(f"UPDATE {table} SET checksum = NULL")
    counted.execute("DELETE FROM part_checksums")
    counted.execute("DELETE FROM meta WHERE name IN ('part_checksums', 'scrub')")
    counted.execute("INSERT INTO meta VALUES ('backfill', '1')")
    assert counted.report() == before
    assert check(counted.path, ()).has_checksums is False
    counted.count()
    found = check(counted.path, ())
    assert (found.has_checksums, found.sound) == (True, True)
    assert counted.report() == before
    counted.execute(f"UPDATE responses SET input = input + 1 WHERE {OF_ONE}")
    with pytest.raises(LedgerDamaged):
        counted.report()


def test_a_round_goes_on_where_its_last_step_ended(counted: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("providers.ledger.integrity._BATCH", 2)
    monkeypatch.setattr("providers.ledger.integrity.check.__defaults__", (0.0,))
    ended = check(counted.path, ()).scrub.ended
    shares = []
    for _ in range(4):
        counted.now += HOUR
        counted.count()
        shares.append(check(counted.path, ()).scrub.checked)
    assert shares == sorted(shares)
    assert 0 < shares[0] < 1
    assert check(counted.path, ()).scrub.ended == ended


def test_a_mark_on_a_sound_ledger_changes_nothing(counted: Counted) -> None:
    before = counted.report()
    counted.path.with_suffix(".damaged").touch()
    assert check(counted.path, ()).damage_met is True
    counted.count()
    assert counted.report() == before
    assert not counted.is_marked


def test_what_a_count_of_another_provider_finds_is_repaired_by_the_next_of_all(counted: Counted) -> None:
    before = counted.report(), counted.report("claude")
    part = "(SELECT part FROM responses r JOIN contexts c ON c.id = context JOIN homes h ON h.id = c.home"
    counted.execute(f"UPDATE responses SET input = 7 WHERE part = {part} WHERE provider = 'codex' LIMIT 1)")
    counted.path.with_suffix(".damaged").touch()
    shelf = Shelf(provider="claude", home=counted.home, format=FORMATS["claude"])
    refresh(counted.path, [shelf], price, now=lambda: counted.now)
    assert Ledger(counted.path).is_complete("codex") is False
    counted.count()
    assert (counted.report(), counted.report("claude")) == before


@pytest.mark.parametrize(
    "index", ["sqlite_autoindex_homes_1", "sqlite_autoindex_logs_1", "logs_of_part", "unjudged_logs"]
)
def test_an_index_that_lost_its_rows_hides_nothing(counted: Counted, index: str) -> None:
    before = counted.report(), counted.report("claude")
    with closing(sqlite3.connect(counted.path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (index,)).fetchone()
        (size,) = db.execute("PRAGMA page_size").fetchone()
    empty = b"\x0a\0\0\0\0" + (size % 65536).to_bytes(2) + bytes(size - 7)
    with counted.path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(empty)
    assert (counted.report(), counted.report("claude")) == before
    for path in rollouts(counted.home):
        path.touch()
    try:
        counted.count()
    except LedgerQuarantined:
        counted.count()
    assert (counted.report(), counted.report("claude")) == before


def test_a_ledger_that_was_emptied_says_so_once(counted: Counted) -> None:
    before = counted.report()
    counted.path.write_bytes(b"")
    with pytest.raises(LedgerDamaged):
        counted.report()
    with pytest.raises(LedgerQuarantined, match="was empty: counts of deleted logs are lost"):
        counted.count()
    counted.count()
    assert counted.report() == before
    assert not counted.is_marked
    assert counted.quarantined() == []


def test_one_that_was_removed_or_only_begun_is_a_new_one(counted: Counted, tmp_path: Path) -> None:
    before = counted.report()
    for suffix in ("", "-wal", "-shm"):
        counted.path.with_name(counted.path.name + suffix).unlink(missing_ok=True)
    counted.count()
    assert counted.report() == before
    new = tmp_path / "new.sqlite3"
    new.touch()
    with opened(new, repair=True) as db:
        assert db.execute("SELECT count(*) FROM logs").fetchone() == (0,)


@pytest.mark.parametrize(
    "mistake",
    ["INSERT INTO meta VALUES ('generation', '')", "SELECT * FROM nowhere", "SELECT never FROM logs"],
)
def test_a_mistake_of_ours_costs_no_ledger(counted: Counted, mistake: str) -> None:
    before = counted.report()
    with pytest.raises(sqlite3.Error), opened(counted.path, repair=True) as db:
        db.execute(mistake)
    assert counted.quarantined() == []
    assert counted.is_marked
    counted.count()
    assert counted.report() == before
    assert not counted.is_marked


def test_a_lost_table_costs_the_file(counted: Counted) -> None:
    before = counted.report()
    counted.execute("DROP TABLE links")
    for path in rollouts(counted.home):
        path.touch()
    counted.count_twice()
    assert counted.report() == before
    assert counted.quarantined()


def test_a_value_larger_than_any_is_damage() -> None:
    """SQLite fails with that where the bytes that say how long a value is are wrong."""
    with closing(sqlite3.connect(":memory:")) as db, pytest.raises(sqlite3.DataError) as caught:
        db.execute("SELECT zeroblob(3000000000)")
    assert is_damage(caught.value)
