"""What several homes cost together: the figures of an account, or of a provider. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Literal

from msgspec.structs import replace

from providers.domain.cost import DAYS_SHOWN, Tally, burn_rate, tallied
from providers.domain.cost_summary import CostSummary, DayCost
from tray.engine.state import HomeCost


def cost_summary(
    costs: Mapping[str, HomeCost], home_ids: tuple[str, ...], today: date, *, with_not_on_lines: bool = True
) -> CostSummary | None:
    """The homes' figures together, by the setting NOT_ON_LINES; None where none was ever counted.

    A count of an earlier day says nothing of today, and not all of the last 7 or 30 days; one of an earlier month
    says nothing of this month. Where nobody has looked for new logs since, nothing used is unknown rather than 0.
    """
    known = [
        cost and replace(cost, figures=cost.figures.shown(with_not_on_lines=with_not_on_lines))
        for cost in map(costs.get, home_ids)
    ]
    counted = [cost for cost in known if cost is not None]
    if not counted:
        return None
    up_to_date = all(cost.up_to_date for cost in counted)
    todays = tallied(cost.figures.today for cost in counted if cost.day == today)
    is_of_today = all(cost is not None and cost.day == today for cost in known)
    knows_today = is_of_today and (up_to_date or todays.responses > 0)
    days_7 = tallied(tally for day, tally in _dated(counted) if 0 <= (today - day).days < 7)
    days_30 = tallied(cost.figures.days_30 for cost in counted)
    beyond = tallied(cost.figures.not_on_lines for cost in counted)
    of_month = [cost.figures.month for cost in counted if _month(cost.day) == _month(today)]
    month = tallied(of_month)
    knows_month = bool(of_month) and (up_to_date or month.responses > 0)
    return CostSummary(
        today_usd=todays.usd if knows_today else None,
        today_tokens=todays.usage.total_tokens,
        days_7_usd=days_7.usd,
        days_7_tokens=days_7.usage.total_tokens,
        days_30_usd=days_30.usd,
        days_30_tokens=days_30.usage.total_tokens,
        month_usd=month.usd if knows_month else None,
        month_tokens=month.usage.total_tokens,
        burn=burn_rate(tallied(cost.figures.recent for cost in counted))
        if is_of_today and up_to_date
        else None,
        last_days=last_days(counted, today, with_today=knows_today),
        priced=_priced(counted),
        complete=is_of_today and up_to_date and all(cost.complete for cost in counted),
        has_logs=any(cost.figures.files for cost in counted),
        not_on_lines_usd=beyond.usd,
        not_on_lines_tokens=beyond.usage.total_tokens,
        unpriced_models=tuple(sorted({model for cost in counted for model in cost.figures.unpriced_models})),
    )


def last_days(costs: Sequence[HomeCost], today: date, *, with_today: bool = True) -> tuple[DayCost, ...]:
    """Those of the last DAYS_SHOWN days that are known of all these homes, oldest first: where nobody has looked
    for new logs since, up to the last day with any use.
    """
    by_day: dict[date, list[Tally]] = {}
    for day, tally in _dated(costs):
        by_day.setdefault(day, []).append(tally)
    first, last = today - timedelta(days=DAYS_SHOWN - 1), today if with_today else today - timedelta(days=1)
    if not all(cost.up_to_date for cost in costs):
        used = (day for day, tallies in by_day.items() if any(tally.responses for tally in tallies))
        last = min(last, max(used, default=date.min))
    return tuple(
        DayCost(day=day, usd=total.usd, tokens=total.usage.total_tokens)
        for day in sorted(by_day)
        if len(by_day[day]) == len(costs) and first <= day <= last
        for total in [tallied(by_day[day])]
    )


def _dated(costs: Sequence[HomeCost]) -> list[tuple[date, Tally]]:
    return [
        (cost.day - timedelta(days=ago), tally)
        for cost in costs
        for ago, tally in enumerate(reversed(cost.figures.last_days))
    ]


def _month(day: date) -> date:
    return day.replace(day=1)


def _priced(costs: list[HomeCost]) -> Literal["full", "partial", "none"]:
    kinds = {cost.figures.priced for cost in costs if cost.figures.days_30.responses}
    if not kinds or kinds == {"full"}:
        return "full"
    return "none" if kinds == {"none"} else "partial"
