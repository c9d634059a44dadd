"""What many responses, or messages, have in common: stored once, under a number."""

# ruff: noqa: S608 - nothing but column names and placeholders is put into a statement

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from msgspec.structs import astuple, replace

from providers.domain.cost import BilledResponse, Context, SentMessage
from providers.ledger.checksum import of_values
from providers.ledger.index import home_id, storable
from providers.ledger.logins import LoginHistory
from providers.ledger.statements import placeholders


class Contexts:
    """Of one provider."""

    def __init__(self, db: sqlite3.Connection, provider: str) -> None:
        self._db = db
        self._provider = provider
        self._homes: dict[Path, int] = {}
        self.homes: dict[int, int] = {}
        """The home of each context that was numbered."""
        self._known: dict[tuple[Context, str | None], int] = {}
        self._sent: dict[tuple[Context, str | None], int] = {}
        self._sessions: dict[tuple[object, ...], int] = {}
        self._looked_at = 0  # so many of the known ones
        self._logins = LoginHistory(db, provider)

    def number(self, found: BilledResponse) -> int:
        """Where its logs do not name an account, it is that of the login at that time."""
        context = found.context
        account = context.account or self._logins.account(context.home, found.at_ms)
        return self._number(context, account)

    def number_of_message(self, sent: SentMessage) -> int:
        """That of a response of its session, where one was numbered before: its model does not matter."""
        context = sent.context
        account = context.account or self._logins.account(context.home, sent.at_ms)
        number = self._sent.get((context, account))
        if number is None:
            number = self._sent[context, account] = self._of_session(context, account)
        return number

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

    def _of_session(self, context: Context, account: str | None) -> int:
        for known, of in islice(self._known, self._looked_at, None):
            self._sessions.setdefault(_session(known, of), self._known[known, of])
        self._looked_at = len(self._known)
        number = self._sessions.get(_session(context, account))
        return self._number(context, account) if number is None else number

    def _number(self, context: Context, account: str | None) -> int:
        # By both, and not by the context with that account: to make and hash one for each response takes longer.
        number = self._known.get((context, account))
        if number is None:
            number = self._stored(replace(context, account=account))
            self._known[context, account] = number
        return number

    def _stored(self, context: Context) -> int:
        home, *words, not_on_lines = astuple(context)
        if home not in self._homes:
            self._homes[home] = home_id(self._db, self._provider, home)
        number_of_home = self._homes[home]
        values = (number_of_home, *(storable(word or "") for word in words), int(not_on_lines))
        names = Context.__struct_fields__
        places = placeholders(range(len(values) + 1))
        self._db.execute(
            f"INSERT OR IGNORE INTO contexts({', '.join(names)}, checksum) VALUES ({places})",
            (*values, of_values(*values)),
        )
        same = " AND ".join(f"{name} = ?" for name in names)
        number = int(self._db.execute(f"SELECT id FROM contexts WHERE {same}", values).fetchone()[0])
        self.homes[number] = number_of_home
        return number


_OF_SESSION = ("session", "root", "project", "originator", "account")


def _session(context: Context, account: str | None) -> tuple[object, ...]:
    """What the context of a message has."""
    return context.home, context.session, context.root, context.project, context.originator, account
