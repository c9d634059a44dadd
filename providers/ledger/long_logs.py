"""New logs that are long: what was billed is stored piece by piece, so that it is never in memory all at once.

Those that other logs are related to, and those whose format cannot divide them, are left to `resolve`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from providers.domain.cost import SentMessage
from providers.ledger import index, messages
from providers.ledger.contexts import Contexts
from providers.ledger.log_checksums import has_checksums
from providers.ledger.log_writer import ReadLog
from providers.ledger.responses import Price, insert_rows, priced_rows
from providers.logs import LogFormat, Observed

_LONG = 1 << 18
"""Bytes of an observation, of some four thousand responses."""


def is_long(read: ReadLog) -> bool:
    """Whether it is a new log whose responses should not be in memory all at once."""
    return read.entry.id is None and len(read.entry.observation) >= _LONG


def resolve_long(
    db: sqlite3.Connection, provider: str, fmt: LogFormat, price: Price, read: Mapping[int, ReadLog]
) -> dict[int, ReadLog]:
    """Store responses and messages of these new logs, piece by piece; returns the logs that are left to resolve.

    Must be called in a write transaction, with what was read already stored.
    """
    return {
        log: each for log, each in read.items() if not _resolve_pieces(db, provider, fmt, price, log, each)
    }


def _resolve_pieces(
    db: sqlite3.Connection, provider: str, fmt: LogFormat, price: Price, log: int, read: ReadLog
) -> bool:
    """False where it is left to `resolve`."""
    if not has_checksums(db) or index.linked(db, read.entry.names) != {log}:
        return False
    pieces = fmt.pieces(read.entry.observation)
    if pieces is None:
        return False
    contexts = Contexts(db, provider)
    sent: list[SentMessage] = []
    for piece in pieces:
        found = fmt.resolve([Observed(read.home, piece)])
        rows = priced_rows([(log, response) for response in found.responses], contexts, price)
        insert_rows(db, log, sorted(rows), contexts)
        sent += found.messages
    messages.replace_messages(db, contexts, [([log], sent)], set())
    index.set_resolved(db, {log: log})
    return True
