"""What live sessions used, with their subagents: read of their own parts, and again only where these changed.
Read-only.
"""

# ruff: noqa: S608 - nothing but column names and placeholders is put into a statement

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from providers.domain.cost import TOKEN_CLASSES, Tally
from providers.domain.session_figures import RATE_SPAN, AskedSession, SessionFigures, SessionKey
from providers.ledger.epoch_ms import ms
from providers.ledger.index import known_home, storable
from providers.ledger.query import Slice
from providers.ledger.statements import CHUNK, placeholders
from providers.ledger.sums import Sum
from providers.ledger.window_cost import AccountWindow, window_cost

HISTORY = 64
"""So many of the newest responses are shown one by one."""

_MINUTES = RATE_SPAN / timedelta(minutes=1)
_TOTAL = "input + cache_read + cache_write + output"
_PROMPT = "input + cache_read + cache_write"
_ACTIVE = "input + cache_write + output"
"""What a session adds: that it reads its context again with each response says nothing of its work."""
_SUMS = "count(*), count(pico_usd), coalesce(sum(pico_usd), 0), min(at_ms), max(at_ms), " + ", ".join(
    f"sum({each.name})" for each in TOKEN_CLASSES
)


class _Read(Struct, frozen=True, kw_only=True):
    """What was read of a session, at a `state` of its parts. `recent` are the times (epoch ms) and active tokens
    of its newest responses; `week_pico` is what it used in the window of its account, None if unknown.
    """

    asked: AskedSession
    state: object
    own: Tally
    tally: Tally
    subagents: Mapping[str, Tally]
    history: tuple[int, ...]
    recent: Sequence[tuple[int, int]]
    largest_prompt: int
    week_pico: int | None


class SessionReading:
    """Remembers from one reading to the next what it read. One for each ledger, used by one thread at a time."""

    def __init__(self) -> None:
        self._known: dict[SessionKey, _Read] = {}
        self._windows: dict[AccountWindow, int | None] = {}

    def read(self, db: sqlite3.Connection, asked: Iterable[AskedSession], now: datetime) -> None:
        """Without a look at checksums: the next count finds what is damaged. Raises sqlite3.Error."""
        db.execute("BEGIN")  # one state for all queries
        try:
            found = [_read(db, each, self._known.get(each.key), ms(now - RATE_SPAN)) for each in asked]
            known = {each.asked.key: each for each in found if each is not None}
            windows = {window for each in known.values() if (window := _window(each.asked)) is not None}
            self._windows = {window: window_cost(db, window) for window in windows}
            self._known = known
        finally:
            db.execute("ROLLBACK")

    def figures(self, now: datetime) -> dict[SessionKey, SessionFigures]:
        """Of those that the ledger knows, as last read."""
        since = ms(now - RATE_SPAN)
        return {
            key: SessionFigures(
                own=found.own,
                tally=found.tally,
                subagents=found.subagents,
                history=found.history,
                tokens_per_minute=sum(tokens for at, tokens in found.recent if at >= since) / _MINUTES,
                week_share=self._share(found),
                largest_prompt=found.largest_prompt,
            )
            for key, found in self._known.items()
        }

    def _share(self, found: _Read) -> float | None:
        window = _window(found.asked)
        whole = self._windows[window] if window is not None else None
        # Counted by others, the account may have used more by now than was known when the session was read.
        return found.week_pico / whole if whole and found.week_pico is not None else None


def _window(asked: AskedSession) -> AccountWindow | None:
    if asked.account is None or asked.week_since is None:
        return None
    return AccountWindow(asked.key.provider, asked.account, ms(asked.week_since))


def _read(db: sqlite3.Connection, asked: AskedSession, known: _Read | None, since_ms: int) -> _Read | None:
    """None for a session that the ledger does not know."""
    home = known_home(db, asked.key.provider, asked.key.home)
    parts = [] if home is None else _parts(db, home, asked)
    if home is None or not parts:
        return None
    among = f"part IN ({placeholders(parts)})"
    state = db.execute(f"SELECT * FROM part_checksums WHERE home = ? AND {among}", (home, *parts)).fetchall()
    if known is not None and known.asked == asked and known.state == state:
        return known
    found = _slices(db, home, asked.key, parts)
    if not found:
        return None
    slices = {number: each for number, (each, _) in found.items()}
    own = [number for number, each in slices.items() if each.session == asked.key.id]
    names = {each.session for each in slices.values()} - {asked.key.id}
    return _Read(
        asked=asked,
        state=state,
        own=Sum(slices[number] for number in own).tally(),
        tally=Sum(slices.values()).tally(),
        subagents={
            name: Sum(each for each in slices.values() if each.session == name).tally() for name in names
        },
        history=_history(db, parts, own),
        largest_prompt=max((found[number][1] for number in own), default=0),
        recent=_recent(db, parts, [*slices], since_ms),
        week_pico=_week_pico(db, parts, [*slices.items()], _window(asked)),
    )


def _parts(db: sqlite3.Connection, home: int, asked: AskedSession) -> list[int]:
    """Those of its logs. A log may have another path in the ledger, through a link: then its name must do, which
    no other log has.
    """
    found: set[int] = set()
    for log in asked.logs:
        by_path, by_name = "path = ?", "substr(path, ?) = ?"
        name = storable(log.name)
        for where, values in ((by_path, (storable(str(log)),)), (by_name, (-len(name), name))):
            parts = db.execute(
                f"SELECT part FROM logs WHERE home = ? AND {where}", (home, *values)
            ).fetchall()
            found.update(part for (part,) in parts)
            if parts:
                break
    return sorted(found)[:CHUNK]


def _slices(
    db: sqlite3.Connection, home: int, key: SessionKey, parts: Sequence[int]
) -> dict[int, tuple[Slice, int]]:
    """All that the session and its subagents used, and the largest prompt, by context. Of the home's thousands of
    contexts only those of the parts are looked at.
    """
    rows = db.execute(
        "SELECT session, account, not_on_lines, used.* FROM"
        f" (SELECT context, max({_PROMPT}), {_SUMS} FROM responses WHERE part IN ({placeholders(parts)})"
        " GROUP BY context) used CROSS JOIN contexts ON id = used.context"
        " WHERE home = ? AND (session = ? OR root = ?)",
        (*parts, home, storable(key.id), storable(key.id)),
    )
    return {
        context: (_slice(session, account, beyond, *sums), largest)
        for session, account, beyond, context, largest, *sums in rows
    }


def _slice(
    session: str,
    account: str,
    beyond: int,
    responses: int,
    priced: int,
    pico_usd: int,
    first_ms: int,
    last_ms: int,
    *tokens: int,
) -> Slice:
    return Slice(
        quarter=0,
        home="",
        session=session,
        root="",
        project="",
        model="",
        effort="",
        account=account,
        not_on_lines=bool(beyond),
        responses=responses,
        priced=priced,
        tokens=tokens,
        pico_usd=pico_usd,
        first_ms=first_ms,
        last_ms=last_ms,
    )


def _history(db: sqlite3.Connection, parts: Sequence[int], contexts: Sequence[int]) -> tuple[int, ...]:
    rows = db.execute(
        f"SELECT {_TOTAL} FROM responses WHERE {_among(parts, contexts)} ORDER BY at_ms DESC LIMIT {HISTORY}",
        (*parts, *contexts),
    ).fetchall()
    return tuple(tokens for (tokens,) in reversed(rows))


def _recent(
    db: sqlite3.Connection, parts: Sequence[int], contexts: Sequence[int], since_ms: int
) -> list[tuple[int, int]]:
    return db.execute(
        f"SELECT at_ms, {_ACTIVE} FROM responses WHERE {_among(parts, contexts)} AND at_ms >= ?",
        (*parts, *contexts, since_ms),
    ).fetchall()


def _week_pico(
    db: sqlite3.Connection,
    parts: Sequence[int],
    slices: Sequence[tuple[int, Slice]],
    window: AccountWindow | None,
) -> int | None:
    """In 1e-12 USD, of what is on lines. None where something of it has no price."""
    if window is None:
        return None
    contexts = [number for number, each in slices if each.account == window.account and not each.not_on_lines]
    (usd, unpriced), *_ = db.execute(
        "SELECT coalesce(sum(pico_usd), 0), count(*) - count(pico_usd) FROM responses"
        f" WHERE {_among(parts, contexts)} AND at_ms >= ?",
        (*parts, *contexts, window.since_ms),
    )
    return None if unpriced else usd


def _among(parts: Sequence[int], contexts: Iterable[int]) -> str:
    return f"part IN ({placeholders(parts)}) AND context IN ({placeholders([*contexts])})"
