"""Limit sources: how old each value is, and how each source last answered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from msgspec import Struct

from tray.engine.published import DAMAGED
from tray.engine.settings_table import HIDE_EMAIL
from tray.faces.page.data import PageData
from tray.faces.page.limits.accounts import UNREADABLE
from tray.faces.page.table.columns import ShownCell
from tray.faces.page.table.plain import FactTable, text_cell, time_cell

_LANES = {"credits": "Credits", "spend": "Spend", "resets": "Resets in hand"}


class LimitSources(Struct, frozen=True, kw_only=True):
    """`problem` says why there is nothing to show."""

    values: FactTable
    attempts: FactTable
    problem: str = ""


def build(data: PageData) -> LimitSources:
    accounts = [] if data.usage is None else data.usage["providers"]
    problem = ""
    values: list[tuple[ShownCell, ...]] = []
    attempts: list[tuple[ShownCell, ...]] = []
    for account in accounts:
        try:
            values += list(_values(account, data))
            attempts += list(_attempts(account, data))
        except DAMAGED:
            problem = UNREADABLE
    if not values and not attempts:
        problem = problem or "No source of limits has been asked yet."
    return LimitSources(
        values=FactTable(
            caption="The limits shown, with their sources",
            heads=("Account", "Limits", "Source", "Read", "State"),
            rows=tuple(values),
        ),
        attempts=FactTable(
            caption="How each source answered when it was last asked",
            heads=("Account", "Source", "Answer", "Took"),
            rows=tuple(attempts),
            numbers=(3,),
        ),
        problem=problem,
    )


def _values(account: dict[str, Any], data: PageData) -> Iterator[tuple[ShownCell, ...]]:
    named = [(window["title"], window) for window in account["windows"]]
    named += [(title, account[lane]) for lane, title in _LANES.items() if account.get(lane)]
    at_once: dict[tuple[str, str, bool], list[str]] = {}
    for title, lane in named:
        at_once.setdefault((lane["source"], lane["fetched_at"], bool(lane.get("stale"))), []).append(title)
    for (source, fetched_at, stale), titles in at_once.items():
        yield (
            _account(account, data),
            text_cell(", ".join(titles), 200),
            text_cell(_source(account, source)),
            time_cell(datetime.fromisoformat(fetched_at), data.now),
            text_cell("out of date" if stale else "current"),
        )


def _source(account: dict[str, Any], source: str) -> str:
    """As its cards name it."""
    found: str = account.get("source_titles", {}).get(source, source)
    return found


def _attempts(account: dict[str, Any], data: PageData) -> Iterator[tuple[ShownCell, ...]]:
    for attempt in account["attempts"]:
        error = attempt["error"]
        answer = "ok" if attempt["ok"] else "no data"
        if error:
            answer = " ".join(filter(None, (error["message"], error["remedy"])))
        took = attempt.get("ms")
        shown = ShownCell(
            shown="" if took is None else f"{took:,} ms", value="" if took is None else f"{took}"
        )
        yield (
            _account(account, data),
            text_cell(_source(account, attempt["source"])),
            text_cell(answer, 400),
            shown,
        )


def _account(account: dict[str, Any], data: PageData) -> ShownCell:
    known = account.get("account") or {}
    email = None if data.scope.settings().get(HIDE_EMAIL) else known.get("email")
    whose = email or known.get("id") or ", ".join(account["homes"])
    return text_cell(f"{account['title']} {whose}")
