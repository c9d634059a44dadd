"""What of each home is counted: its logs, and what of them could not be read. Read-only."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from providers.ledger.index import TORN, UNREAD, storable
from providers.ledger.statements import placeholders

_MOST_NAMED = 20


class HomeCoverage(Struct, frozen=True, kw_only=True):
    """`logs` exist, with so many `bytes`; `deleted` ones do no more, but stay counted. `skipped_lines` are of
    those that exist. `incomplete` is how many of those were not read to their end, `named` the paths of the first.
    """

    logs: int = 0
    bytes: int = 0
    deleted: int = 0
    skipped_lines: int = 0
    incomplete: int = 0
    named: tuple[str, ...] = ()


def coverage(db: sqlite3.Connection, provider: str, homes: Sequence[Path]) -> dict[Path, HomeCoverage]:
    """Of the homes of which any log was ever read."""
    by_name = {storable(str(home)): home for home in homes}
    names = list(by_name)
    rows = db.execute(
        "SELECT h.path, h.id, count(*) FILTER (WHERE NOT gone), coalesce(sum(size) FILTER (WHERE NOT gone), 0),"  # noqa: S608
        " count(*) FILTER (WHERE gone), coalesce(sum(skipped) FILTER (WHERE NOT gone), 0),"
        f" count(*) FILTER (WHERE NOT gone AND whole IN ({UNREAD}, {TORN}))"
        " FROM homes h NOT INDEXED JOIN logs l NOT INDEXED ON l.home = h.id"
        f" WHERE provider = ? AND h.path IN ({placeholders(names)}) GROUP BY h.id",
        (provider, *names),
    ).fetchall()
    return {
        by_name[path]: HomeCoverage(
            logs=logs,
            bytes=size,
            deleted=deleted,
            skipped_lines=skipped,
            incomplete=incomplete,
            named=_incomplete(db, home) if incomplete else (),
        )
        for path, home, logs, size, deleted, skipped, incomplete in rows
    }


def _incomplete(db: sqlite3.Connection, home: int) -> tuple[str, ...]:
    rows = db.execute(
        f"SELECT path FROM logs WHERE home = ? AND NOT gone AND whole IN ({UNREAD}, {TORN})"  # noqa: S608
        f" ORDER BY path LIMIT {_MOST_NAMED}",
        (home,),
    )
    return tuple(row[0] for row in rows)
