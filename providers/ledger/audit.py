"""What is counted of each session, and the observations that say what its program reported of it."""

# ruff: noqa: S608 - nothing but placeholders is put into a statement

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from providers.domain.audit import CountedUse, UsedTokens
from providers.ledger import query
from providers.ledger.epoch_ms import moment
from providers.ledger.log_checksums import sound_logs
from providers.ledger.statements import CHUNK, placeholders
from providers.ledger.steps import Steps
from providers.ledger.sums import PICO
from providers.ledger.verify import Verifier
from providers.logs import Observed

_ALL_TIME = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
_ONE_STEP = Steps(width_ms=2**60)
_NAMES = frozenset({"session", "root", "project"})


def counted_sessions(
    db: sqlite3.Connection, provider: str, homes: Sequence[Path], verifier: Verifier
) -> dict[str, CountedUse]:
    """By the session that the person started, all that it and its subagents ever used."""
    found: dict[str, CountedUse] = {}
    for each in query.slices(db, provider, homes, *_ALL_TIME, verifier, _NAMES, _ONE_STEP):
        if not each.thread:
            continue
        fresh, read, written, _, output, _ = each.tokens
        is_priced = each.priced == each.responses
        used = UsedTokens(fresh + read + written + output, each.pico_usd / PICO if is_priced else None)
        known = found.get(each.thread, CountedUse())
        last = moment(each.last_ms)
        found[each.thread] = CountedUse(
            on_lines=known.on_lines if each.not_on_lines else known.on_lines + used,
            not_on_lines=known.not_on_lines + used if each.not_on_lines else known.not_on_lines,
            last_at=last if known.last_at is None else max(last, known.last_at),
            project=known.project or each.project or None,
        )
    return found


def observed_parts(db: sqlite3.Connection, provider: str, homes: Sequence[Path]) -> Iterator[list[Observed]]:
    """The logs that belong together, of all parts that have one in these homes: also of deleted logs."""
    numbers = query.home_numbers(db, provider, homes)
    logs = db.execute(
        "SELECT part, id FROM logs NOT INDEXED WHERE part IN"
        f" (SELECT part FROM logs WHERE part > 0 AND home IN ({placeholders(numbers)})) ORDER BY part, id",
        numbers,
    ).fetchall()
    parts = [(part, [log for _, log in own]) for part, own in groupby(logs, itemgetter(0))]
    waiting: list[list[int]] = []
    for _, own in parts:
        waiting.append(own)
        if sum(map(len, waiting)) >= CHUNK:
            yield from _read(db, waiting)
            waiting = []
    yield from _read(db, waiting)


def _read(db: sqlite3.Connection, parts: Sequence[Sequence[int]]) -> Iterator[list[Observed]]:
    """Without what is damaged, which the next count repairs."""
    sound, _ = sound_logs(db, [log for part in parts for log in part])
    homes = {home: Path(home) for home in {each[0] for each in sound.values()}}
    for part in parts:
        yield [Observed(homes[sound[log][0]], sound[log][4]) for log in part if log in sound]
