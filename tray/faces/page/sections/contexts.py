"""How full the context window of each session of the last minutes is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from statistics import fmean

from msgspec import Struct

from providers.domain import project
from providers.domain.context_use import ContextUse
from providers.ledger.database import LedgerError
from providers.ledger.rollup.selection import Selection
from providers.ledger.session_contexts import SessionContext, contexts
from providers.ledger.sums import UNKNOWN
from tray.faces.page.data import PageData
from tray.faces.page.parts import Link, StatCard, choices
from tray.faces.page.table.columns import NO_NUMBER, ShownCell, count_cell
from tray.faces.page.table.names import ShownName, named, project_named, readable
from tray.faces.page.table.plain import time_cell
from tray.view import format as fmt

_USUAL = 60
_CHOICES = {"15": "15 minutes", "60": "An hour", "240": "4 hours", "1440": "A day"}
_MOST = 100
_LOW, _FULL = 75, 90
"""Percent from which on a window is nearly full, and full."""


class ContextRow(Struct, frozen=True, kw_only=True):
    """`percent` is None where the window's size is not known; `level` is "", "warn" or "bad"."""

    project: ShownName
    session: ShownName
    is_subagent: bool
    model: ShownName
    effort: str
    place: str
    home: str
    used: ShownCell
    window: ShownCell
    percent: float | None
    shown: str
    level: str
    at: ShownCell


class ContextsInUse(Struct, frozen=True, kw_only=True):
    """`choices` are how many minutes back; `problem` and `notes` are sentences."""

    choices: tuple[Link, ...]
    cards: tuple[StatCard, ...]
    rows: tuple[ContextRow, ...]
    minutes: int
    notes: tuple[str, ...]
    problem: str = ""


def build(data: PageData) -> ContextsInUse:
    minutes = _minutes(data)
    problem, found = "", list[SessionContext]()
    try:
        found = [each for each in _newest(data, minutes) if _is_chosen(each.use, data.selection)]
    except LedgerError as error:
        problem = str(error)
    rows = tuple(_row(each, data) for each in found[:_MOST])
    return ContextsInUse(
        choices=choices(data.query, "minutes", _CHOICES, f"{minutes}", f"{_USUAL}"),
        cards=tuple(_cards(rows, data)),
        rows=rows,
        minutes=minutes,
        notes=tuple(_notes(rows)),
        problem=problem,
    )


def _minutes(data: PageData) -> int:
    text = data.query.minutes
    return min(int(text), 7 * 24 * 60) if text.isascii() and text.isdecimal() and int(text[:9]) else _USUAL


def _newest(data: PageData, minutes: int) -> list[SessionContext]:
    homes, since = data.scope.log_home_labels(), data.now - timedelta(minutes=minutes)
    return data.costs.ledger.read(partial(contexts, homes=homes, since=since, limit=2 * _MOST), [])


def _is_chosen(use: ContextUse, selection: Selection) -> bool:
    """By all filters but the days, which lie in the last minutes."""
    wanted = {
        "provider": use.provider,
        "home": use.home,
        "account": use.account or UNKNOWN,
        "model": use.model or UNKNOWN,
    }
    if any(getattr(selection, name) not in (None, value) for name, value in wanted.items()):
        return False
    return selection.project is None or project.key(selection.project) == project.key(use.project or UNKNOWN)


def _row(found: SessionContext, data: PageData) -> ContextRow:
    use = found.use
    window = _window(found, data)
    percent = min(100.0, 100 * use.prompt / window) if window else None
    return ContextRow(
        project=project_named(use.project or UNKNOWN),
        session=named(use.session, longest=13),
        is_subagent=use.is_subagent,
        model=named(use.model or UNKNOWN, longest=32),
        effort=readable(use.effort or UNKNOWN),
        place=data.title(use.provider),
        home=readable(use.home),
        used=count_cell(use.prompt),
        window=count_cell(window) if window else ShownCell(shown=NO_NUMBER),
        percent=None if percent is None else round(percent, 2),
        shown=NO_NUMBER if percent is None else fmt.done(percent / 100),
        level="" if percent is None or percent < _LOW else "warn" if percent < _FULL else "bad",
        at=time_cell(use.at, data.now),
    )


def _window(found: SessionContext, data: PageData) -> int | None:
    for provider in data.scope.chosen():
        if provider.id == found.use.provider:
            return provider.context_window(found.use, found.observations)
    return None


def _cards(rows: tuple[ContextRow, ...], data: PageData) -> Iterator[StatCard]:
    known = [row.percent for row in rows if row.percent is not None]
    if known:
        mean = fmean(known)
        whole = f"of {len(rows)} sessions" if len(rows) > len(known) else "sessions"
        yield StatCard(
            name="Average use of the window",
            value=fmt.done(mean / 100),
            full=f"{mean:.2f} %",
            note=f"{len(known)} {whole} of which the window is known",
        )
    total = data.tallies().get(())
    if total is not None and total.responses:
        usage = total.usage
        prompt = (usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens) / total.responses
        yield StatCard(
            name="Average prompt of the chosen days",
            value=f"{fmt.tokens(round(prompt))} tokens",
            full=f"{prompt:.1f}",
            note=f"over {total.responses:,} responses",
        )


def _notes(rows: tuple[ContextRow, ...]) -> Iterator[str]:
    if any(row.percent is None for row in rows):
        yield (
            "A window's size is shown where it is certain: Codex logs it, Claude Code does not. A prompt of more"
            " than 200,000 tokens fits only the long one."
        )
