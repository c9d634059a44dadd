"""Which logs must be resolved together, and the responses and messages of each such part.

A part is all logs that share a name, directly or transitively: a fork with its parent, an archived duplicate, a
copy in another home. What is resolved of a part depends on its observations alone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import TypeVar

from msgspec.structs import replace

from providers.domain.cost import BilledResponse, SentMessage
from providers.ledger import index
from providers.ledger.log_writer import ReadLog
from providers.ledger.messages import replace_messages
from providers.ledger.responses import Price, replace_responses
from providers.logs import LogFormat, Observed, Resolved

_T = TypeVar("_T", BilledResponse, SentMessage)


def resolve_parts(
    db: sqlite3.Connection,
    provider: str,
    fmt: LogFormat,
    price: Price,
    known: Mapping[int, ReadLog],
    new: Mapping[int, ReadLog],
    since_ms: int,
    also: AbstractSet[int] = frozenset(),
) -> dict[int, int]:
    """Update the responses since then with the logs that were just read, and with all logs related to them.

    Returns the part of each log that was resolved. A part that was never resolved and has no response since then
    waits until its days are needed. `also` are logs that must be resolved. The `new` logs are not stored yet.
    """
    read = {**known, **new}
    observed = {log: Observed(each.home, each.entry.observation) for log, each in read.items()}
    names = {log: each.entry.names for log, each in read.items()}
    unreadable: set[int] = set()
    pending = index.resolved_with(db, known.keys() | also) | new.keys()
    while pending:
        for log, (home, kept) in index.observations(db, pending - observed.keys()).items():
            try:
                names[log] = fmt.links(kept)
                observed[log] = Observed(home, kept)
            except ValueError:
                pass
        # Of an older format version, or no longer stored, and the log is deleted: its responses stay as they are.
        unreadable |= pending - observed.keys()
        fresh = {name for log in pending - unreadable for name in names[log]}
        pending = index.resolved_with(db, index.linked(db, fresh)) - observed.keys() - unreadable
    waiting = index.never_resolved(db, names.keys() - new.keys(), since_ms)
    waiting |= {log for log, each in new.items() if each.entry.last_ms < since_ms}
    parts = [
        (sorted(part), [observed[log] for log in sorted(part)])
        for part in connected(names)
        if not waiting.issuperset(part)
    ]
    before = index.parts_of(db, [log for logs, _ in parts for log in logs if log not in new])
    resolved = [(logs, _in_each_home(fmt, own)) for logs, own in parts]
    responses = [(logs, each.responses) for logs, each in resolved]
    contexts = replace_responses(db, provider, responses, price, unreadable, new.keys())
    messages = [(logs, each.messages) for logs, each in resolved]
    replace_messages(db, contexts, messages, before, index.parts_of(db, unreadable), new.keys())
    return {log: logs[0] for logs, _ in parts for log in logs}


def connected(names: Mapping[int, frozenset[int]]) -> list[list[int]]:
    """Logs that share a name, directly or transitively."""
    leader = {log: log for log in names}

    def lead(log: int) -> int:
        while leader[log] != log:
            leader[log] = log = leader[leader[log]]
        return log

    owner: dict[int, int] = {}
    for log, own in names.items():
        for name in own:
            if (other := owner.setdefault(name, log)) != log:
                leader[lead(log)] = lead(other)
    groups: dict[int, list[int]] = {}
    for log in names:
        groups.setdefault(lead(log), []).append(log)
    return list(groups.values())


def _in_each_home(fmt: LogFormat, observed: Sequence[Observed]) -> Resolved:
    """What all homes together have, copied to each home that contains it: a report may cover only one."""
    found = fmt.resolve(observed)
    if len(observed) == 1 or len(homes := sorted({each.home for each in observed})) == 1:
        return found
    own = {home: fmt.resolve([each for each in observed if each.home == home]) for home in homes}
    return Resolved(
        _copied(found.responses, {home: each.responses for home, each in own.items()}),
        _copied(found.messages, {home: each.messages for home, each in own.items()}),
    )


def _copied(found: Sequence[_T], by_home: Mapping[Path, Sequence[_T]]) -> list[_T]:
    keys = {home: {each.key for each in own} for home, own in by_home.items()}
    return [
        replace(each, context=replace(each.context, home=home))
        for each in found
        for home in [home for home in keys if each.key in keys[home]] or [each.context.home]
    ]
