"""State → rows. Pure: the same on every desktop, and as text where there is none.

A row's key belongs to what it tells, not to its place, so an open menu changes in place.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo

from providers.merge import is_stale
from providers.models import AccountUsage, CostSummary, CreditsLane, UsageError, WindowLane
from tray import format as fmt
from tray.rows import Row
from tray.state import State

_LABEL = 8


def rows(state: State, now: datetime, zone: tzinfo) -> tuple[Row, ...]:
    """The whole menu."""
    return (
        *told(state, now, zone),
        Row(key="line:actions", separator=True),
        Row(key="refresh", text="Refreshing …" if state.refreshing else "Refresh now", action="refresh"),
        Row(key="quit", text="Quit", action="quit"),
    )


def told(state: State, now: datetime, zone: tzinfo) -> tuple[Row, ...]:
    """The rows that tell: what is also printed as text."""
    if state.snapshot is None:
        return (Row(key="start", text="Reading …"),)
    if not state.snapshot.accounts:
        return (Row(key="none", text="No provider is switched on."),)
    found: list[Row] = []
    for usage in state.snapshot.accounts:
        key = _key(usage)
        if found:
            found.append(Row(key=f"line:{key}", separator=True))
        found += _account(key, usage, state, now, zone)
    return tuple(found)


def title(state: State, now: datetime) -> str:
    """One line for the tooltip: what is left of the first account that tells."""
    usage = next((each for each in accounts(state) if each.windows), None)
    if usage is None:
        return "tankful"
    parts = [
        f"{lane.window.title} {fmt.percent(fmt.left_percent(lane.window.used_percent))} left"
        for lane in usage.windows
        if not is_past(lane, now)
    ]
    return " · ".join((usage.title, *parts))


def accounts(state: State) -> tuple[AccountUsage, ...]:
    return state.snapshot.accounts if state.snapshot else ()


def is_past(lane: WindowLane, now: datetime) -> bool:
    """Whether the window has refilled since it was read: its value says nothing of now."""
    return lane.window.resets_at is not None and lane.window.resets_at <= now


def _key(usage: AccountUsage) -> str:
    return f"{usage.provider}:{usage.account.id if usage.account else usage.homes[0]}"


def _account(key: str, usage: AccountUsage, state: State, now: datetime, zone: tzinfo) -> Iterator[Row]:
    yield Row(key=key, text=_header(usage))
    for lane in usage.windows:
        yield Row(key=f"{key}:{lane.window.id}", text=_line(lane.window.title, _window(lane, now, zone)))
    if usage.credits is not None:
        yield Row(key=f"{key}:credits", text=_line("Credits", _credits(usage.credits)))
    yield Row(key=f"{key}:cost", text=_cost(usage.cost, state))
    for number, sentence in enumerate(_sentences(usage, state, now, zone)):
        yield Row(key=f"{key}:says:{number}", text=f"  {sentence}")


def _header(usage: AccountUsage) -> str:
    if usage.account is None:
        return " · ".join((usage.title, *usage.homes))
    plan = fmt.plan(usage.account.plan) if usage.account.plan else None
    who = usage.account.email or ", ".join(usage.homes)
    return " · ".join(part for part in (usage.title, plan, who) if part)


def _line(label: str, text: str) -> str:
    return f"  {label:<{_LABEL}} {text}"


def _window(lane: WindowLane, now: datetime, zone: tzinfo) -> str:
    window = lane.window
    if window.resets_at is not None and is_past(lane, now):
        return f"refilled {fmt.moment(window.resets_at, now, zone)}, not read since"
    left = fmt.left_percent(window.used_percent)
    parts = [f"{fmt.bar(left)}  {fmt.percent(left)} left"]
    if window.resets_at is not None:
        parts.append(fmt.resets(window.resets_at, now, zone))
    if is_stale(lane.fetched_at, None, now):
        parts.append(f"read {fmt.age(now - lane.fetched_at)}")
    return " · ".join(parts)


def _credits(lane: CreditsLane) -> str:
    if lane.credits.unlimited:
        return "unlimited"
    return "available" if lane.credits.balance is None else fmt.balance(lane.credits.balance)


def _cost(cost: CostSummary | None, state: State) -> str:
    if cost is None:
        return _line("Cost", "counting …" if state.counting else "not counted yet")
    if not cost.has_logs:
        return "  No logs yet: cost shows after the first turn."
    today = _line("Today", _spent(cost.today_usd, cost.today_tokens, cost))
    days = f"30 days  {_spent(cost.days_30_usd, cost.days_30_tokens, cost)}"
    return f"{today}        {days}"


def _spent(usd: float | None, tokens: int, cost: CostSummary) -> str:
    """Money and tokens; a sum that leaves unpriced models out is a lower bound and says so."""
    bound = "≥ " if cost.priced == "partial" else ""
    priced = "no price" if usd is None else f"{bound}{fmt.money(usd)}"
    return f"{priced} · {fmt.tokens(tokens)} tokens"


def _sentences(usage: AccountUsage, state: State, now: datetime, zone: tzinfo) -> Iterator[str]:
    """What stands in the way, what there is not, and how old the rest is."""
    lanes = [(lane.fetched_at, lane.window.resets_at, lane.source) for lane in usage.windows]
    if usage.credits is not None:
        lanes.append((usage.credits.fetched_at, None, usage.credits.source))
    if usage.error is not None and usage.offline_since is not None:
        yield f"Offline since {fmt.moment(usage.offline_since, now, zone)}."
    elif usage.error is not None:
        yield _trouble(usage.error, now, zone)
        yield usage.error.remedy
    elif usage.account is not None and not usage.windows:
        if usage.limits_known:
            yield "No limits on this plan."
        elif not state.refreshing:
            yield "No limits read yet."
    if not lanes:
        return
    at, _, source = max(lanes, key=lambda lane: lane[0])
    if all(is_stale(fetched_at, resets_at, now) for fetched_at, resets_at, _ in lanes):
        yield f"All values are old: read {fmt.age(now - at)} · {usage.source_titles.get(source, source)}"
    else:
        yield f"Updated {fmt.age(now - at)} · {usage.source_titles.get(source, source)}"


def _trouble(error: UsageError, now: datetime, zone: tzinfo) -> str:
    if error.retry_at is not None and error.retry_at > now:
        return f"{error.message} Next try {fmt.moment(error.retry_at, now, zone)}."
    return error.message
