"""What many responses, or messages, have in common: stored once, under a number."""

# ruff: noqa: S608 - nothing but column names and placeholders is put into a statement

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from providers.domain.cost import BilledResponse, Context, SentMessage
from providers.ledger.checksum import of_values
from providers.ledger.index import home_id, storable
from providers.ledger.logins import LoginHistory
from providers.ledger.statements import chunks, placeholders

_NAMES = Context.__struct_fields__
_COLUMNS = ", ".join(_NAMES)
_HOME, _SESSION = _NAMES.index("home"), _NAMES.index("session")

_Named = tuple[Context, str | None]
"""A context and its account. To make a context with that account for each response takes longer."""

_Session = tuple[object, ...]
"""What the context of a message has."""

_Row = tuple[Any, ...]
"""A row of the table, without its number and checksum."""


class Contexts:
    """Of one provider."""

    def __init__(self, db: sqlite3.Connection, provider: str) -> None:
        self._db = db
        self._provider = provider
        self._home_ids: dict[Path, int] = {}
        self.homes: dict[int, int] = {}
        """The home of each context that was numbered."""
        self._known: dict[_Named, int] = {}
        self._sessions: dict[_Session, int] = {}
        self._logins = LoginHistory(db, provider)

    def numbers(self, found: Sequence[BilledResponse]) -> list[int]:
        """Of each response, the number of its context. Those that are not stored yet are stored."""
        named = self._named(found)
        self._store([each for each in dict.fromkeys(named) if each not in self._known])
        return [self._known[each] for each in named]

    def numbers_of_messages(self, sent: Sequence[SentMessage]) -> list[int]:
        """That of a response of its session, where one was numbered before: its model does not matter."""
        named = self._named(sent)
        sessions = {each: _session(*each) for each in dict.fromkeys(named)}
        self._store([each for each, session in sessions.items() if session not in self._sessions])
        return [self._sessions[sessions[each]] for each in named]

    def know(self, numbers: Iterable[int]) -> None:
        """Use these for the messages of their sessions."""
        names = ", ".join(_OF_SESSION)
        for number in numbers:
            rows = self._db.execute(
                f"SELECT h.path, {names} FROM contexts c JOIN homes h ON h.id = home WHERE c.id = ?",
                (number,),
            )
            for home, *words in rows:
                self._sessions[Path(home), *(word or None for word in words)] = number

    def _named(self, found: Iterable[BilledResponse | SentMessage]) -> list[_Named]:
        """Where its logs do not name an account, it is that of the login at that time."""
        login = self._logins.account
        return [
            (context := each.context, context.account or login(context.home, each.at_ms)) for each in found
        ]

    def _store(self, new: Sequence[_Named]) -> None:
        """Those that are stored already keep their numbers."""
        if not new:
            return
        rows = [self._row(*each) for each in new]
        stored = self._stored(rows)
        (last,) = self._db.execute("SELECT coalesce(max(id), 0) FROM contexts").fetchone()
        added = []
        for each, row in zip(new, rows, strict=True):
            number = stored.get(row)
            if number is None:
                number = stored[row] = last = last + 1
                added.append((number, *row, of_values(*row)))
            self._known[each] = number
            self.homes[number] = row[_HOME]
            self._sessions.setdefault(_session(*each), number)
        places = placeholders(range(len(_NAMES) + 2))
        self._db.executemany(f"INSERT INTO contexts(id, {_COLUMNS}, checksum) VALUES ({places})", added)

    def _stored(self, rows: Iterable[_Row]) -> dict[_Row, int]:
        """The numbers of all stored contexts of the sessions of these."""
        sessions: dict[int, set[str]] = {}
        for row in rows:
            sessions.setdefault(row[_HOME], set()).add(row[_SESSION])
        return {
            row[1:]: row[0]
            for home, own in sessions.items()
            for chunk in chunks(own)
            for row in self._db.execute(
                f"SELECT id, {_COLUMNS} FROM contexts WHERE home = ? AND session IN ({placeholders(chunk)})",
                (home, *chunk),
            )
        }

    def _row(self, context: Context, account: str | None) -> _Row:
        words = (
            context.model,
            context.session,
            context.root,
            context.project,
            context.effort,
            context.tier,
            context.originator,
            account,
        )
        home = self._home_id(context.home)
        return (home, *[storable(word or "") for word in words], int(context.not_on_lines))

    def _home_id(self, home: Path) -> int:
        number = self._home_ids.get(home)
        if number is None:
            number = self._home_ids[home] = home_id(self._db, self._provider, home)
        return number


_OF_SESSION = ("session", "root", "project", "originator", "account")


def _session(context: Context, account: str | None) -> _Session:
    return context.home, context.session, context.root, context.project, context.originator, account
