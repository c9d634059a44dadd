"""Whose ledger it is: logs of both providers, some of them deleted since, and what is true of them."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from msgspec import Struct

from providers.domain.cost import CostReport
from providers.domain.limits import Account, AccountUsage, Credits, RateWindow, Sourced
from providers.ledger import integrity, logins
from providers.ledger.changes import Shelf
from providers.ledger.database import LedgerError, LedgerQuarantined, opened, transaction
from providers.ledger.epoch_ms import ms
from providers.ledger.index import home_id
from providers.ledger.ledger import Ledger
from providers.ledger.logins import LoginHistory, SeenLogin
from providers.ledger.prices.load import load_rates
from providers.ledger.quarantine import mark_damaged
from providers.registry import PROVIDERS
from tests.bench.make_logs import make

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
FILES = 60
SIZE = 8_000_000
WEEKS = 200


class Answer(Struct, frozen=True):
    """What a person is shown: sums by provider and the limits of the past, or a sentence instead."""

    figures: Any = None
    limits: frozenset[Any] = frozenset()
    sentence: str = ""


class Person:
    """A ledger, and homes in which the programs have deleted a third of the logs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "state/ledger.sqlite3"
        self.homes = {name: folder / name for name in ("codex", "claude")}
        self.shelves = [
            Shelf(provider=each.id, home=self.homes[each.id], format=each.logs)
            for each in PROVIDERS
            if each.id in self.homes and each.logs is not None
        ]
        self.rates = load_rates()

    @property
    def wal(self) -> Path:
        return self.path.with_name(f"{self.path.name}-wal")

    def report(self) -> Answer:
        """Of two months, by a process of its own: without a count before it."""
        ledger = Ledger(self.path)
        try:
            figures = {name: self._figures(ledger, name) for name in self.homes}
            return Answer(figures, self._limits(ledger))
        except LedgerError as error:
            return Answer(sentence=str(error))

    def count(self) -> str:
        """A process that counts does it once more where the ledger was quarantined; what it says of it."""
        ledger = Ledger(self.path)
        try:
            ledger.refresh(self.shelves, self.rates)
        except LedgerQuarantined as quarantined:
            ledger.refresh(self.shelves, self.rates)
            return str(quarantined)
        return ""

    def _limits(self, ledger: Ledger) -> frozenset[Any]:
        """All that is kept of limits and logins; the tray reads it beside the figures."""
        ledger.limits.news(reading(WEEKS), NOW, NOW - timedelta(days=WEEKS * 7))
        with opened(self.path) as db:
            history = LoginHistory(db, "codex")
            seen = {
                (day, history.account(self.homes["codex"], ms(NOW + day * timedelta(days=7))))
                for day in range(-WEEKS, 1)
            }
        past = ledger.limits.changes("a1", NOW - timedelta(days=9999))
        windows = ledger.limits.windows(NOW - timedelta(days=9999), NOW + timedelta(days=9999))
        return frozenset((*past, *windows, *((day, who) for day, who in seen if who is not None)))

    def note(self) -> None:
        """Readings of an account and logins, over the last weeks."""
        ledger = Ledger(self.path)
        for week in range(WEEKS):
            ledger.limits.note(reading(week), NOW - (WEEKS - week) * timedelta(days=7))
        with opened(self.path, repair=True) as db, transaction(db):
            home = home_id(db, "codex", self.homes["codex"])
            for week in range(WEEKS):
                at = NOW - (WEEKS - week) * timedelta(days=7)
                logins.note(db, home, SeenLogin(f"a{week % 3}", at, at + timedelta(hours=1)))

    def check_all(self) -> None:
        """By the next count."""
        mark_damaged(self.path)

    def removed(self) -> int:
        """How many rows of the limits a count has deleted, as `doctor` says it."""
        with opened(self.path) as db:
            return integrity.removed(db).rows

    def _figures(self, ledger: Ledger, provider: str) -> Any:
        home = self.homes[provider]
        until = NOW.date()
        made: CostReport = ledger.report(
            provider, {home: "home"}, since=until - timedelta(days=90), until=until, zone=UTC, now=NOW
        )
        sums = made.totals, made.by_model, made.by_day, made.by_project, made.by_session, made.not_on_lines
        return *sums, made.messages


def reading(week: int) -> AccountUsage:
    at = NOW - (WEEKS - week) * timedelta(days=7)
    window = RateWindow(
        id="weekly",
        title="Weekly",
        used_percent=float(week * 7 % 100),
        duration=timedelta(days=7),
        resets_at=at + timedelta(days=6),
    )
    return AccountUsage(
        provider="codex",
        title="Codex",
        homes=(),
        account=Account(id="a1"),
        windows=(Sourced(value=window, source="oauth", fetched_at=at),),
        credits=Sourced(value=Credits(balance=Decimal(1000 - week)), source="oauth", fetched_at=at),
    )


def make_logs(person: Person, chance: random.Random) -> None:
    for name, home in person.homes.items():
        make(name, SIZE, FILES, home, seed=chance.randrange(1000), until=date(2026, 11, 20))


def settled(folder: Path, chance: random.Random) -> Person:
    """A person whose ledger was counted, with a third of the logs gone since; its WAL is part of the file."""
    person = Person(folder)
    make_logs(person, chance)
    person.count()
    for home in person.homes.values():
        logs = sorted(home.rglob("*.jsonl"))
        for log in chance.sample(logs, len(logs) // 3):
            log.unlink()
    person.count()
    person.note()
    closed(person.path)
    return person


def copied(person: Person, folder: Path) -> Person:
    """With the same homes, so that nothing but the ledger differs."""
    folder.mkdir()
    copy = Person(person.folder)
    copy.path = folder / "ledger.sqlite3"
    for suffix in (".sqlite3", ".sqlite3-wal", ".counted"):
        file = person.path.with_name(person.path.stem + suffix)
        if file.exists():
            shutil.copyfile(file, copy.path.with_name(copy.path.stem + suffix))
    return copy


def closed(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def with_wal(person: Person) -> None:
    """What was written last is in the WAL alone, as after a power cut: all logs of a provider were read again."""
    kept = person.path.with_name("kept")
    with closing(sqlite3.connect(person.path, isolation_level=None)) as reader:
        reader.execute("UPDATE logs SET mtime_ns = -1 WHERE home = 1 AND gone = 0")
        person.count()
        shutil.copyfile(person.path, kept)
        shutil.copyfile(person.wal, person.path.with_name("kept-wal"))
    kept.replace(person.path)
    person.path.with_name("kept-wal").replace(person.wal)
