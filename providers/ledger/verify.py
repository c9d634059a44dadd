"""Holds what a report reads against its checksums. Raises DamageFound.

The sums of a report must be those of the checksums of its parts: no row is read a second time for that, but those
of parts that begin before the report's days or end after them. The checksum over all parts, homes and contexts are
verified once for each state of the file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from providers.ledger import messages, part_checksums
from providers.ledger.checksum import PRIME, SHOWN, of_slices, of_values, weighed
from providers.ledger.damage import DamageFound
from providers.ledger.log_checksums import CONTEXT, has_checksums
from providers.ledger.statements import chunks, placeholders


class Verifier:
    """One for each process and ledger."""

    def __init__(self) -> None:
        self._state: object = None
        self._whole = self._all_messages = False
        self._sound: set[int] = set()

    def begin(self, state: object) -> Verifier:
        """`state` is another whenever the file was written."""
        if state != self._state:
            self._state, self._sound = state, set()
            self._whole = self._all_messages = False
        return self

    def verify_parts(self, db: sqlite3.Connection) -> None:
        if self._whole or not has_checksums(db):
            return
        homes = set()
        for number, provider, path, checksum in db.execute("SELECT id, provider, path, checksum FROM homes"):
            if checksum != of_values(provider, path):
                raise DamageFound("a home")
            homes.add(number)
        used = {row[0] for row in db.execute("SELECT DISTINCT home FROM part_checksums")}
        if not used <= homes or not part_checksums.is_whole(db):
            raise DamageFound("the parts")
        self._whole = True

    def verify_messages(self, db: sqlite3.Connection) -> None:
        """That none is missing; each row has a checksum of its own."""
        if not self._all_messages and not messages.is_whole(db):
            raise DamageFound("messages")
        self._all_messages = True

    def verify_slices(
        self,
        db: sqlite3.Connection,
        homes: Sequence[int],
        start_ms: int,
        end_ms: int,
        rows: Sequence[tuple[Any, ...]],
    ) -> None:
        """`rows` are the groups of `checksum.of_slices`, each response of these homes in one of them; of several
        homes, only once.
        """
        if not has_checksums(db):
            return
        span = (start_ms, end_ms)
        try:
            found = of_slices(rows) if len(homes) == 1 else _shown(db, homes, span)
            if (found + _beyond(db, homes, span)) % PRIME:
                raise DamageFound("responses")
        except (TypeError, ValueError) as error:  # no numbers
            raise DamageFound("responses") from error

    def verify_span(self, db: sqlite3.Connection, homes: Sequence[int], start_ms: int, end_ms: int) -> None:
        """All responses of these homes in this time."""
        if not has_checksums(db):
            return
        span = (start_ms, end_ms)
        try:
            if (_shown(db, homes, span) + _beyond(db, homes, span)) % PRIME:
                raise DamageFound("responses")
        except (TypeError, ValueError) as error:  # no numbers
            raise DamageFound("responses") from error

    def verify_contexts(self, db: sqlite3.Connection, numbers: Iterable[int]) -> None:
        if not has_checksums(db):
            return
        new = set(numbers) - self._sound
        for chunk in chunks(new):
            rows = db.execute(
                f"SELECT id, checksum, {CONTEXT} FROM contexts WHERE id IN ({placeholders(chunk)})",  # noqa: S608
                chunk,
            )
            self._sound |= {number for number, checksum, *values in rows if checksum == of_values(*values)}
        if not new <= self._sound:
            raise DamageFound("a context")


def _beyond(db: sqlite3.Connection, homes: Sequence[int], span: tuple[int, int]) -> int:
    """What these parts have outside the span, less all they have."""
    start, end = span
    rows = db.execute(
        "SELECT part, shown, first_ms, last_ms FROM part_checksums WHERE last_ms >= ? AND first_ms < ?"  # noqa: S608
        f" AND home IN ({placeholders(homes)})",
        (start, end, *homes),
    ).fetchall()
    across = {part for part, _, first, last in rows if first < start or last >= end}
    beyond: int = -sum(value for part, value, _, _ in rows if part not in across)
    beyond -= sum(each.shown for each in part_checksums.stored(db, across) if each.home in homes)
    for chunk in chunks(across):
        (*sums,) = db.execute(
            f"SELECT {SHOWN} FROM responses r CROSS JOIN contexts c ON c.id = r.context"  # noqa: S608
            f" WHERE part IN ({placeholders(chunk)}) AND (at_ms < ? OR at_ms >= ?)"
            f" AND home IN ({placeholders(homes)})",
            (*chunk, start, end, *homes),
        ).fetchone()
        beyond += weighed(sums)
    return beyond


def _shown(db: sqlite3.Connection, homes: Sequence[int], span: tuple[int, int]) -> int:
    """Of several homes, with the copies of responses that are in more than one of them."""
    sums: tuple[int, ...] = db.execute(
        f"SELECT {SHOWN} FROM parts p CROSS JOIN responses r ON r.part = p.id AND at_ms >= ? AND at_ms < ?"  # noqa: S608
        " CROSS JOIN contexts c ON c.id = r.context"
        f" WHERE p.last_ms >= ? AND p.first_ms < ? AND home IN ({placeholders(homes)})",
        (*span, *span, *homes),
    ).fetchone()
    return weighed(sums)
