"""Holds what a report reads against its checksums. Raises DamageFound.

The sums of a report must be those of the checksums of its parts: no row is read a second time for that, but those
of parts that begin before the report's days or end after them. The checksum over all parts, homes and contexts are
verified once for each state of the file.
"""

# ruff: noqa: S608 - nothing but column names, conditions and placeholders is put into a statement

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from providers.ledger import messages, part_checksums
from providers.ledger.checksum import PRIME, SHOWN, of_slices, of_values, weighed
from providers.ledger.damage import DamageFound
from providers.ledger.log_checksums import INTACT_CONTEXT, has_checksums
from providers.ledger.message_checksums import is_damage
from providers.ledger.statements import chunks, placeholders

_NO_SPAN = (1, 0)
_OTHERS = 2
"""So many contexts may lie between those of the rows, for each row."""


class Verifier:
    """One for each process and ledger."""

    def __init__(self) -> None:
        self._state: object = None
        self._whole = self._all_messages = False
        self._sound: set[int] = set()
        self._sound_span = _NO_SPAN

    def begin(self, state: object) -> Verifier:
        """`state` is another whenever the file was written."""
        if state != self._state:
            self._state, self._sound, self._sound_span = state, set(), _NO_SPAN
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
            among = f"id IN ({placeholders(chunk)})"
            (count,) = db.execute(f"SELECT count(*) FROM contexts WHERE {among}", chunk).fetchone()
            if count < len(chunk) or _has_damaged(db, among, chunk):
                raise DamageFound("a context")
            self._sound.update(chunk)

    def verify_contexts_of(
        self,
        db: sqlite3.Connection,
        rows: int,
        span: tuple[int, int],
        source: str,
        values: Sequence[int],
    ) -> None:
        """Those of so many rows of a `source`, the end of an SQL statement; the `span` is from the first number of
        a context to the last one.
        """
        if not has_checksums(db) or (self._sound_span[0] <= span[0] and span[1] <= self._sound_span[1]):
            return
        # To go through the table is faster than to look up each, unless most of it belongs to others.
        if span[1] - span[0] < _OTHERS * rows and not _has_damaged(db, "id BETWEEN ? AND ?", span):
            self._sound_span = span
        elif _has_damaged(db, f"id IN (SELECT context {source})", values):
            raise DamageFound("a context")


def _has_damaged(db: sqlite3.Connection, among: str, values: Sequence[int]) -> bool:
    """Whether a context of those is."""
    damaged = f"SELECT 1 FROM contexts WHERE {among} AND NOT {INTACT_CONTEXT} LIMIT 1"
    try:
        return db.execute(damaged, values).fetchone() is not None
    except sqlite3.OperationalError as error:
        if is_damage(error):
            return True
        raise


def _beyond(db: sqlite3.Connection, homes: Sequence[int], span: tuple[int, int]) -> int:
    """What these parts have outside the span, less all they have."""
    start, end = span
    whole = f"FROM part_checksums WHERE last_ms >= ? AND first_ms < ? AND home IN ({placeholders(homes)})"
    values = (start, end, *homes)
    (shown,) = db.execute(f"SELECT coalesce(sum(shown), 0) {whole}", values).fetchone()
    beyond: int = -shown
    across = {
        part
        for (part,) in db.execute(f"SELECT part {whole} AND (first_ms < ? OR last_ms >= ?)", (*values, *span))
    }
    # Of a part that reaches beyond the span, all is looked at: in another home it may be beyond as a whole.
    beyond -= sum(
        each.shown
        for each in part_checksums.stored(db, across)
        if each.home in homes and (each.last_ms < start or each.first_ms >= end)
    )
    for chunk in chunks(across):
        (*sums,) = db.execute(
            f"SELECT {SHOWN} FROM responses r CROSS JOIN contexts c ON c.id = r.context"
            f" WHERE part IN ({placeholders(chunk)}) AND (at_ms < ? OR at_ms >= ?)"
            f" AND home IN ({placeholders(homes)})",
            (*chunk, start, end, *homes),
        ).fetchone()
        beyond += weighed(sums)
    return beyond


def _shown(db: sqlite3.Connection, homes: Sequence[int], span: tuple[int, int]) -> int:
    """Of several homes, with the copies of responses that are in more than one of them."""
    sums: tuple[int, ...] = db.execute(
        f"SELECT {SHOWN} FROM parts p CROSS JOIN responses r ON r.part = p.id AND at_ms >= ? AND at_ms < ?"
        " CROSS JOIN contexts c ON c.id = r.context"
        f" WHERE p.last_ms >= ? AND p.first_ms < ? AND home IN ({placeholders(homes)})",
        (*span, *span, *homes),
    ).fetchone()
    return weighed(sums)
