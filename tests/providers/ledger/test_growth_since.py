"""A log that grows, of which something is still to be resolved: that is not left out."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from providers.claude.logs.format import Transcripts
from providers.ledger.changes import Remembered, Shelf
from providers.ledger.logins import SeenLogin
from providers.ledger.refresh import refresh
from tests.providers.ledger.test_growth import SESSION, answer, content, price

OLD = datetime(2026, 11, 1, tzinfo=UTC)
RECENT = OLD + timedelta(days=20)


class Home:
    def __init__(self, folder: Path) -> None:
        self.ledger = folder / "ledger.sqlite3"
        self._remembered = Remembered()
        self._home = folder / "home"
        self._project = self._home / "projects" / "-home-dev-app"
        self._project.mkdir(parents=True)
        self.login: SeenLogin | None = None

    def answers(self, number: int, at: datetime, log: str = SESSION, session: str = SESSION) -> None:
        with (self._project / f"{log}.jsonl").open("a") as file:
            file.write(json.dumps(answer(number, at) | {"sessionId": session}) + "\n")

    def count(self, since: datetime = OLD, ledger: Path | None = None) -> None:
        shelf = Shelf(provider="claude", home=self._home, format=Transcripts(), read_login=lambda: self.login)
        since_ms = round(since.timestamp() * 1000)
        refresh(ledger or self.ledger, [shelf], price, remembered=self._remembered, since_ms=since_ms)

    def counted_at_once(self) -> object:
        fresh = self.ledger.with_name("fresh.sqlite3")
        self.count(ledger=fresh)
        return content(fresh)


def test_an_old_log_that_joins_a_session_is_counted_from_its_start(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.answers(1, RECENT)
    home.answers(2, OLD, log="old", session="old")
    home.count(since=RECENT)  # the old one waits
    home.answers(3, RECENT + timedelta(seconds=1), log="old")
    home.count(since=RECENT)
    home.count()
    assert content(home.ledger) == home.counted_at_once()


def test_a_login_that_is_known_later_is_that_of_what_was_counted_since(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.answers(1, OLD)
    home.answers(2, RECENT)
    home.answers(3, RECENT, log="other", session="other")
    home.count()
    home.login = SeenLogin("a", RECENT, RECENT + timedelta(hours=1))
    home.answers(4, RECENT + timedelta(seconds=1))
    home.count()
    assert content(home.ledger) == home.counted_at_once()
    with closing(sqlite3.connect(home.ledger)) as db:
        accounts = db.execute(
            "SELECT account, count(*) FROM responses JOIN contexts c ON c.id = context GROUP BY 1"
        )
        assert dict(accounts) == {"": 1, "a": 3}


def test_a_login_that_was_unknown_for_a_while(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.login = SeenLogin("a", OLD, RECENT)
    home.answers(1, RECENT)
    home.count()
    home.login = None
    home.answers(2, RECENT + timedelta(seconds=1))
    home.count()
    home.login = SeenLogin("a", OLD, RECENT + timedelta(hours=1))
    home.answers(3, RECENT + timedelta(seconds=2))
    home.count()
    assert content(home.ledger) == home.counted_at_once()
