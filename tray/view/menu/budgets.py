"""The budgets that are set, each as a bar with its name and what was used. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo
from itertools import groupby

from tray.engine.budgets import Budget, budgets_of
from tray.engine.state import State
from tray.view import accounts, budgets
from tray.view import format as fmt
from tray.view.menu.windows import Look, look_of
from tray.view.rows import Row, text_row


def budget_rows(state: State, now: datetime, zone: tzinfo, *, short: bool = True) -> Iterator[Row]:
    """`short`: of each period the one with the least left, and bare percentages."""
    look = look_of(state)
    for period, group in groupby(budgets_of(state, now, zone), key=lambda each: each.period):
        found = list(group)
        for number, budget in enumerate([min(found, key=_tightness)] if short else found):
            key = f"budget:{period}{f'#{number + 1}' if number else ''}"
            text = fmt.DOT.join((_bar_and_name(budget, look, short=short), *_more(budget, state)))
            yield text_row(key, text, tone="alert" if budget.verdict == "spent" else "normal")


def _tightness(budget: Budget) -> float:
    left = budgets.left(budget)
    return 101.0 if left is None else left


def _bar_and_name(budget: Budget, look: Look, *, short: bool) -> str:
    """As the bars of windows, so that all of them line up."""
    left = budgets.left(budget)
    share = None if left is None else 100 - left if look.used else left
    known = f" {'used' if look.used else 'left'}" if left is not None else " " * 5
    name = budgets.NAMES[budget.period].capitalize()
    return f"{fmt.bar(share, look.bars)} {fmt.padded(left, used=look.used)} %{'' if short else known}  {name}"


def _more(budget: Budget, state: State) -> Iterator[str]:
    whose = accounts.name(budget.usage, state) if budget.usage else ""
    yield f"{whose} {budgets.used(budget)}".lstrip()
    if budget.verdict == "spent":
        yield "spent"
    elif budget.verdict == "will_exceed":
        yield f"heading for {budgets.forecast(budget)}"
