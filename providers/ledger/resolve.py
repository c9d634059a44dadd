"""Which logs must be judged together, and what each such part comes to.

A part is all logs that share a name, directly or by way of others: a fork with its parent, an archived twin, a
copy in another home. What a part comes to depends on its observations alone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from providers.domain.cost import BilledResponse
from providers.ledger import index
from providers.ledger.index import LogEntry
from providers.ledger.responses import Price, replace_responses
from providers.logs import LogFormat, Observed

_AT_ONCE = 1_000  # logs: their observations are in memory together


def judge(
    db: sqlite3.Connection,
    provider: str,
    fmt: LogFormat,
    price: Price,
    read: Mapping[int, tuple[Path, LogEntry]],
    since_ms: int,
) -> bool:
    """Bring the responses since then up to date with what was just `read`, and with all that has to do with it.

    True where it got all of it; else there is more to judge, and it is to be called again. A part that was never
    judged and tells of nothing since then waits until somebody asks for its days.
    """
    observed = {log: Observed(home, entry.observation) for log, (home, entry) in read.items()}
    names = {log: entry.names for log, (_, entry) in read.items()}
    unreadable: set[int] = set()
    asked = index.unjudged(db, provider, since_ms, _AT_ONCE)
    pending = index.judged_with(db, asked | read.keys())
    while pending:
        for log, (home, kept) in index.observations(db, pending - observed.keys()).items():
            try:
                names[log] = fmt.links(kept)
                observed[log] = Observed(home, kept)
            except ValueError:
                pass
        # Of an older make, or not kept any more, and the log is gone: what it came to stays as it is.
        unreadable |= pending - observed.keys()
        fresh = {name for log in pending - unreadable for name in names[log]}
        pending = index.judged_with(db, index.linked(db, fresh)) - observed.keys() - unreadable
    waiting = index.never_judged(db, names, since_ms)
    parts = [
        (sorted(part), _in_each_home(fmt, [observed[log] for log in sorted(part)]))
        for part in connected(names)
        if not waiting.issuperset(part)
    ]
    replace_responses(db, provider, parts, price, unreadable)
    return len(asked) < _AT_ONCE


def connected(names: Mapping[int, frozenset[int]]) -> list[list[int]]:
    """Logs that share a name, directly or by way of others."""
    leader = {log: log for log in names}

    def lead(log: int) -> int:
        while leader[log] != log:
            leader[log] = log = leader[leader[log]]
        return log

    owner: dict[int, int] = {}
    for log, own in names.items():
        for name in own:
            leader[lead(log)] = lead(owner.setdefault(name, log))
    groups: dict[int, list[int]] = {}
    for log in names:
        groups.setdefault(lead(log), []).append(log)
    return list(groups.values())


def _in_each_home(fmt: LogFormat, observed: Sequence[Observed]) -> list[BilledResponse]:
    """What all homes say together, noted in each home that tells of it: a report may ask for one of them."""
    responses = fmt.resolve(observed)
    homes = sorted({each.home for each in observed})
    if len(homes) == 1:
        return responses
    told: dict[Path, set[int]] = {
        home: {response.key for response in fmt.resolve([each for each in observed if each.home == home])}
        for home in homes
    }
    return [
        replace(response, context=replace(response.context, home=home))
        for response in responses
        for home in [home for home in homes if response.key in told[home]] or [response.context.home]
    ]
