"""How a budget reads: its name, what was used of it, and what it comes to. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from math import ceil, floor

from tray.engine.budgets import Budget
from tray.view import format as fmt

NAMES = {"day": "daily budget", "week": "weekly budget", "month": "monthly budget"}


def left(budget: Budget) -> float | None:
    """What is left of it in percent, 0-100; None where nobody knows."""
    return None if budget.used is None else fmt.left_percent(100 * budget.used / budget.limit)


def used(budget: Budget) -> str:
    """`≈ $12.40 of $20.00`, `31 of 50 %`; a lower bound is marked as such."""
    if budget.used is None:
        return "not known yet"
    if budget.unit == "usd":
        return f"{fmt.priced(budget.used, complete=not budget.at_least)} of {fmt.money(budget.limit)}"
    least = "≥ " if budget.at_least else ""
    return f"{least}{floor(budget.used + 1e-9)} of {budget.limit:g} %"


def forecast(budget: Budget) -> str:
    """`≈ $24.80`, `62 %`: what the period comes to."""
    if budget.forecast is None:
        return "unknown"
    return fmt.priced(budget.forecast) if budget.unit == "usd" else f"{ceil(budget.forecast)} %"


def resets(budget: Budget, now: datetime, zone: tzinfo) -> str:
    """When the next period begins: `at midnight`, `on Monday`, `on 1 Dec`, `on Thu 14:00`."""
    if budget.ends_at is None:
        return "later"
    if budget.unit == "percent" and budget.period == "week":
        return fmt.on_or_at(budget.ends_at, now, zone)
    first, today = fmt.local_minute(budget.ends_at, zone).date(), now.astimezone(zone).date()
    if first - today <= timedelta(days=1):
        return "at midnight"
    return "on Monday" if budget.period == "week" else f"on {fmt.day_name(first, today)}"


def end(budget: Budget, now: datetime, zone: tzinfo) -> str:
    """`by midnight`, `by the end of the week`, `by the reset on Thu 14:00`."""
    if budget.ends_at is None:
        return "in the end"
    if budget.unit == "percent" and budget.period == "week":
        return f"by the reset {fmt.on_or_at(budget.ends_at, now, zone)}"
    return "by midnight" if budget.period == "day" else f"by the end of the {budget.period}"
