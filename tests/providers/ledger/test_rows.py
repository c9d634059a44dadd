"""Rows one by one: each once, by time, and none of a damaged ledger."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from providers.domain.cost import TOKEN_CLASSES, BilledResponse, Context, TokenUsage
from providers.ledger import rows
from providers.ledger.database import LedgerDamaged, opened, transaction
from providers.ledger.ledger import Ledger
from providers.ledger.responses import replace_responses
from providers.ledger.rows import AT, COUNTS, PICO, USD

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOME, OTHER = Path("/home/a"), Path("/home/b")


def billed(at: datetime, key: int, home: Path = HOME, model: str = "m") -> BilledResponse:
    context = Context(home=home, model=model, session="s", account="a1b2c3d4")
    return BilledResponse(int(at.timestamp() * 1000), key, context, TokenUsage(1, 2, 3, 1, 4, 1), 5)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.sqlite3")


def store(folder: Path, *parts: list[BilledResponse], provider: str = "codex") -> None:
    with opened(folder / "ledger.sqlite3", repair=True) as db, transaction(db):
        (last,) = db.execute("SELECT coalesce(max(part), 0) FROM responses").fetchone()
        numbered = [([last + number], part) for number, part in enumerate(parts, 1)]
        replace_responses(db, provider, numbered, lambda response: 10**9 if response.key % 2 else None)
        for number, part in enumerate(parts, last + 1):
            times = [each.at_ms for each in part]
            db.execute("INSERT OR REPLACE INTO parts VALUES (?, ?, ?, 0)", (number, min(times), max(times)))


def keys(found: Iterator[tuple[rows.Origin, rows.Values]]) -> list[int]:
    """Hours after noon."""
    return [(values[AT] - int(NOON.timestamp() * 1000)) // 3_600_000 for _, values in found]


def test_a_row_has_all_that_is_known(tmp_path: Path, ledger: Ledger) -> None:
    store(tmp_path, [billed(NOON, 1), billed(NOON, 2)])
    (origin, priced), (_, unpriced) = ledger.responses()
    assert origin.provider == "codex"
    assert origin.context == billed(NOON, 1).context
    assert priced[COUNTS:] == (1, 2, 3, 1, 4, 1, 10, 5, 0.001, 1)
    assert (priced[PICO], unpriced[PICO], unpriced[USD]) == (10**9, None, None)
    assert len(priced) == COUNTS + len(TOKEN_CLASSES) + 4


def test_they_come_by_time_from_all_parts(tmp_path: Path, ledger: Ledger) -> None:
    hours = [[0, 500, 2], [1, 300], [400], [-9000, 20_000]]
    store(tmp_path, *[[billed(NOON + timedelta(hours=hour), hour) for hour in part] for part in hours])
    assert keys(ledger.responses()) == [-9000, 0, 1, 2, 300, 400, 500, 20_000]
    since, until = NOON + timedelta(hours=1), NOON + timedelta(hours=400)
    assert keys(ledger.responses(since, until)) == [1, 2, 300]


def test_of_two_homes_the_first_has_it(tmp_path: Path, ledger: Ledger) -> None:
    store(tmp_path, [billed(NOON, 1), billed(NOON, 1, OTHER), billed(NOON, 2, OTHER)])
    store(tmp_path, [billed(NOON, 3, Path("/home/c"))], provider="claude")
    assert [str(origin.context.home) for origin, _ in ledger.responses()] == ["/home/a", "/home/b", "/home/c"]
    assert len(list(ledger.responses(homes={"codex": [OTHER]}))) == 2
    assert list(ledger.responses(homes={"claude": [HOME], "codex": []})) == []


def test_any_year_is_found_at_once(tmp_path: Path, ledger: Ledger) -> None:
    """A log may name any: there is no walk through the weeks between them."""
    years = [1, 1970, 2026, 9999]
    store(tmp_path, *[[billed(datetime(year, 6, 1, tzinfo=UTC), year)] for year in years])
    assert len(list(ledger.responses())) == 4


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE responses SET output = output + 1 WHERE key = 8",
        "UPDATE contexts SET project = 'x' WHERE id = 1",
    ],
)
def test_damage_is_found_before_the_first_row(tmp_path: Path, ledger: Ledger, damage: str) -> None:
    store(tmp_path, [billed(NOON + timedelta(hours=hour), hour) for hour in range(9)])
    with sqlite3.connect(tmp_path / "ledger.sqlite3") as db:
        db.execute(damage)
    db.close()
    with pytest.raises(LedgerDamaged):
        next(ledger.responses())


def test_what_is_remembered_of_contexts_is_bounded(
    tmp_path: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "MOST_CONTEXTS", 3)
    models = [f"m{number % 7}" for number in range(20)]
    store(tmp_path, [billed(NOON + timedelta(hours=n), n, model=model) for n, model in enumerate(models)])
    assert [origin.context.model for origin, _ in ledger.responses()] == models


def test_a_ledger_that_is_not_there_has_none(ledger: Ledger) -> None:
    assert list(ledger.responses()) == []
    assert list(ledger.limits.rows()) == []
    assert ledger.names() == rows.Names()
