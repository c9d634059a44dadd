"""The budgets that the person set, and what was used of each. Pure.

Those in dollars are over all accounts, by what their logs come to at API prices. Those in percent are of the
weekly limit of each account.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from providers.domain.budgets import days_of
from providers.domain.cost import Tally, tallied
from providers.domain.limits import AccountUsage
from tray.engine import document, published_budgets
from tray.engine.budget_settings import BUDGETS, Unit, parts
from tray.engine.document_values import as_time, as_usd
from tray.engine.settings import Settings
from tray.engine.settings_table import WORK_DAYS
from tray.engine.state import HomeCost, State

if TYPE_CHECKING:
    from providers.domain.budgets import BudgetVerdict

Period = Literal["day", "week", "month"]
WINDOW = "weekly"
"""The window that percentages are of."""


class Budget(Struct, frozen=True, kw_only=True):
    """A budget as of some moment: `limit`, `used` and `forecast` in USD, or in percent of a weekly limit.

    `used` is None if unknown, and `at_least` if it is a lower bound; `forecast` is None as long as nobody can
    tell. `usage` is the account of a share, None for dollars, which are those of all accounts.
    """

    period: Period
    unit: Unit
    limit: float
    used: float | None
    forecast: float | None
    verdict: BudgetVerdict
    at_least: bool = False
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    usage: AccountUsage | None = None


def budgets_of(state: State, now: datetime, zone: tzinfo) -> tuple[Budget, ...]:
    """Those that are set, as of `now`: by period, and of a share one for each account with a weekly limit."""
    accounts = state.snapshot.accounts if state.snapshot else ()
    days = state.settings.get(WORK_DAYS)
    found: list[Budget] = []
    for usage, fact in _facts(state.settings, state.costs, accounts):
        judged = published_budgets.judged(fact, now.timestamp(), days, zone)
        found.append(
            Budget(
                period=judged["period"],
                unit=judged["unit"],
                limit=judged["limit"],
                used=judged["used"],
                forecast=judged["forecast"],
                verdict=judged["verdict"],
                at_least=judged["at_least"],
                starts_at=_moment(judged["starts_at"]),
                ends_at=_moment(judged["ends_at"]),
                usage=usage,
            )
        )
    return tuple(found)


def without_dollars(settings: Settings) -> Settings:
    """The same without the budgets that are over all accounts."""
    dollars = {setting.key for setting in BUDGETS.values() if _unit(settings.get(setting)) == "usd"}
    values = {key: value for key, value in settings.values.items() if key not in dollars}
    return replace(settings, values=MappingProxyType(values))


def facts(
    settings: Settings, costs: Mapping[str, HomeCost], accounts: Sequence[AccountUsage]
) -> list[dict[str, Any]]:
    """The budgets as snapshot.json has them, for `published_budgets`, which judges them."""
    return [fact for _, fact in _facts(settings, costs, accounts)]


def _facts(
    settings: Settings, costs: Mapping[str, HomeCost], accounts: Sequence[AccountUsage]
) -> Iterator[tuple[AccountUsage | None, dict[str, Any]]]:
    for period, setting in BUDGETS.items():
        value = settings.get(setting)
        if value is None:
            continue
        limit, unit = parts(value)
        begin = {"period": period, "unit": unit, "limit": limit}
        if unit == "usd":
            yield None, {**begin, **_dollars(period, list(costs.values()))}
            continue
        for usage in accounts:
            if (used := _share(period, usage)) is not None:
                yield usage, {**begin, **used}


def _unit(value: str | None) -> Unit | None:
    return None if value is None else parts(value)[1]


def _dollars(period: str, costs: list[HomeCost]) -> dict[str, Any]:
    """What was used of the period that the newest count was made in."""
    nothing = {"used": None, "at_least": False, "up_to_date": False}
    if not costs:
        return nothing
    newest = max(cost.day for cost in costs)
    try:
        first, _ = days_of(period, newest)
    except (OverflowError, ValueError):  # the end of the calendar
        return nothing
    used = tallied(tally for cost in costs for tally in _within(cost, period, first))
    is_whole = all(cost.complete and cost.day == newest for cost in costs)
    up_to_date = all(cost.up_to_date for cost in costs)
    return {
        "used": as_usd(used.usd),
        "at_least": not (is_whole and up_to_date) or used.unpriced > 0,
        "up_to_date": up_to_date,
        "day": newest.isoformat(),
    }


def _within(cost: HomeCost, period: str, first: date) -> Iterator[Tally]:
    """What a home used from that day on."""
    if period == "month":
        if first <= cost.day:
            yield cost.figures.month
        return
    for ago, tally in enumerate(reversed(cost.figures.last_days)):
        if first.toordinal() <= cost.day.toordinal() - ago:
            yield tally


def _share(period: str, usage: AccountUsage) -> dict[str, Any] | None:
    """How much of its weekly limit an account has used, or used today; None where it has none."""
    lane = next((each for each in usage.windows if each.value.id == WINDOW), None)
    if lane is None:
        return None
    window = lane.value
    rate = next((each for each in usage.rates if each.window == WINDOW), None)
    whose = {
        "provider": usage.provider,
        "title": usage.title,
        "account": usage.account.id if usage.account else None,
        **({"rate": document.rate_data(rate)} if rate else {}),
    }
    if period == "day":
        today = next((each for each in usage.used_today if each.window == WINDOW), None)
        if today is None:
            return {**whose, "used": None, "at_least": False}
        used = {"used": today.percent, "at_least": today.at_least}
        return {**whose, **used, "day": today.day.isoformat()}
    return {
        **whose,
        "used": window.used_percent,
        "at_least": False,
        "resets_at": as_time(window.resets_at),
        "window_minutes": round(window.duration.total_seconds() / 60) if window.duration else None,
    }


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)
