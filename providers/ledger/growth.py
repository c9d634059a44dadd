"""What changes in a part when one of its logs grows, written without resolving all of the part anew.

That is what happens all day: a long session goes on, or one of a thousand subagents. Whatever is not as usual is
left to `resolve`: logs that share a response, a part in several homes, rows that are not what they should be.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

from providers.ledger import index, messages
from providers.ledger.contexts import Contexts
from providers.ledger.index import LogEntry, Member
from providers.ledger.log_checksums import has_checksums
from providers.ledger.log_writer import ReadLog
from providers.ledger.responses import Price, priced_rows, replace_rows
from providers.logs import LogChange, LogFormat, LogGrowth, Observed

_FEW = 32
"""Logs of one step. Where more have changed, it takes less to resolve them together."""
_MOST_SUMMARIES = 20_000


class LogSummaries:
    """A cache of summaries, for a process that goes on running, with the checksums of their observations."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[int | None, Any]] = {}

    def of(self, db: sqlite3.Connection, fmt: LogFormat, logs: Mapping[int, int | None]) -> list[Any] | None:
        """Those of these logs, whose observations have these checksums; None where one cannot be made."""
        known = self._known
        missing = [log for log, checksum in logs.items() if known.get(log, (None, None))[0] != checksum]
        if len(known) + len(missing) > _MOST_SUMMARIES:
            known.clear()
            missing = list(logs)
        try:
            for log, (_, observation) in index.observations(db, missing).items():
                known[log] = logs[log], fmt.summary(observation)
        except ValueError:
            return None
        summaries = [known.get(log, (None, None)) for log in logs]
        if [checksum for checksum, _ in summaries] != list(logs.values()):
            return None
        return [summary for _, summary in summaries]


def are_few(read: Sequence[ReadLog]) -> bool:
    """Whether it may pay to look at what changed in each of these logs."""
    return len(read) <= _FEW


def observed_before(db: sqlite3.Connection, read: Sequence[ReadLog]) -> dict[int, bytes]:
    """What was resolved of these logs, before what was read of them is stored; empty for very many of them."""
    if not are_few(read):
        return {}
    known = [each.entry.id for each in read if each.entry.id is not None]
    resolved = index.resolved(db, known)
    return {log: observation for log, (_, observation) in index.observations(db, resolved).items()}


def resolve_growth(
    db: sqlite3.Connection,
    provider: str,
    fmt: LogFormat,
    price: Price,
    read: dict[int, ReadLog],
    before: Mapping[int, bytes],
    summaries: LogSummaries,
) -> dict[int, ReadLog]:
    """Update the responses and messages of the parts of these logs; returns those that are left to resolve.

    `before` is `observed_before`. Must be called in a write transaction, with what was read already stored.
    """
    if not has_checksums(db):
        return read
    step = _Step(db, provider, fmt, price, summaries)
    left = dict(read)
    pending = dict(before)
    for log, each in read.items():
        change = LogChange(pending.pop(log, None), each.entry.observation)
        is_comparable = change.before is not None or each.entry.id is None
        if is_comparable and step.resolve(log, each.home, change, each.entry, pending):
            del left[log]
    return left


class _Step:
    """The logs of one provider that changed together, one after the other."""

    def __init__(
        self, db: sqlite3.Connection, provider: str, fmt: LogFormat, price: Price, summaries: LogSummaries
    ) -> None:
        self._db = db
        self._provider = provider
        self._format = fmt
        self._price = price
        self._summaries = summaries

    def resolve(
        self, log: int, home: Path, change: LogChange, entry: LogEntry, pending: Mapping[int, bytes]
    ) -> bool:
        """False where it is left to `resolve`. Of logs that are `pending` what was known before counts."""
        part = index.part_of(self._db, log) or self._joined(log, entry)
        if part is None:
            return False
        others = [each for each in index.members(self._db, part) if each.id != log]
        if not all(each.judged or each.id in pending for each in others):
            return False
        growth = self._growth(change, others, pending)
        if growth is None or not self._is_apart(log, growth, {each.id for each in others}):
            return False
        return self._write(log, home, part, growth)

    def _joined(self, log: int, entry: LogEntry) -> int | None:
        """The part of all logs that are related to a new one; None where there are several, or none."""
        parts = index.parts_of(self._db, index.linked(self._db, entry.names) - {log})
        return parts.pop() if len(parts) == 1 else None

    def _growth(
        self, change: LogChange, others: Sequence[Member], pending: Mapping[int, bytes]
    ) -> LogGrowth | None:
        settled = {each.id: each.checksum for each in others if each.id not in pending}
        summaries = self._summaries.of(self._db, self._format, settled)
        if summaries is None:
            return None
        try:
            summaries += [self._format.summary(pending[each.id]) for each in others if each.id in pending]
            return self._format.growth(change, summaries)
        except ValueError:
            return None

    def _is_apart(self, log: int, growth: LogGrowth, others: AbstractSet[int]) -> bool:
        """Whether it has nothing in common with logs of other parts, nor what changed with any."""
        if index.linked(self._db, growth.unshared) - {log}:
            return False
        return index.linked(self._db, growth.links) <= others | {log}

    def _write(self, log: int, home: Path, part: int, growth: LogGrowth) -> bool:
        was, now = (self._format.resolve([Observed(home, each)]) for each in (growth.before, growth.now))
        contexts = Contexts(self._db, self._provider)
        rows = [
            set(priced_rows([(part, response) for response in each.responses], contexts, self._price))
            for each in (was, now)
        ]
        sent = [set(each.messages) for each in (was, now)]
        change = messages.MessageChange(part, list(sent[0] - sent[1]), list(sent[1] - sent[0]))
        packed = messages.changed(self._db, contexts, change)
        if packed is None or not replace_rows(self._db, part, rows[0] - rows[1], rows[1] - rows[0], contexts):
            return False
        messages.replace(self._db, *packed)
        index.set_resolved(self._db, {log: part})
        return True
