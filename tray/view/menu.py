"""State → rows. Pure: the same on every desktop, and as text where there is none.

A row's key belongs to what it shows, not to its place, so an open menu changes in place.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import Literal

from providers.domain.cost import CostSummary
from providers.domain.errors import Offline
from providers.domain.limits import AccountUsage, RateWindow, Sourced, UsageError
from providers.domain.merge import is_stale
from tray.engine.state import State
from tray.view import extras, settings_menu
from tray.view import format as fmt
from tray.view.accounts import homes, is_past, outdated, owner, read_times
from tray.view.login import StartAtLogin, login_rows
from tray.view.rows import Action, Row, action_row, separator_row, text_row

_LABEL, _LONGEST_LABEL = 8, 32
_UNPRICED = 2  # names of models that fit into the menu's width
_SENTENCE = 300  # characters: only a fault makes a longer one


def rows(state: State, now: datetime, zone: tzinfo, login: StartAtLogin | None = None) -> tuple[Row, ...]:
    """The whole menu."""
    return (
        *status_rows(state, now, zone),
        separator_row("line:actions"),
        action_row("refresh", "Refreshing…" if state.refreshing else "Refresh now", Action("refresh")),
        *settings_menu.rows(state.settings),
        *login_rows(login),
        action_row("quit", "Quit", Action("quit")),
    )


def status_rows(state: State, now: datetime, zone: tzinfo) -> tuple[Row, ...]:
    """The rows that show values: what is also printed as text."""
    if state.snapshot is None:
        return (text_row("start", "Loading…"),)
    shown = state.snapshot.accounts
    found = [] if shown else [text_row("none", "No limits to show.")]
    for usage, key, header in zip(shown, _keys(shown), _headers(shown), strict=True):
        if found:
            found.append(separator_row(f"line:{key}"))
        found += _account(key, header, usage, state, now, zone)
    for about, problem in (("uncounted", state.count_problem), ("settings", state.settings_problem)):
        if problem is not None:
            found.append(text_row(f"says:{about}", f"  {fmt.plain(problem, longest=_SENTENCE)}"))
    return tuple(found)


def _keys(shown: tuple[AccountUsage, ...]) -> list[str]:
    """One for each account: by its id, or by its home, which another may share the name of."""
    keys: list[str] = []
    for usage in shown:
        key = f"{usage.provider}:{usage.account.id if usage.account else usage.homes[0]}"
        same = sum(before == key or before.startswith(f"{key}#") for before in keys)
        keys.append(f"{key}#{same + 1}" if same else key)
    return keys


def _headers(shown: tuple[AccountUsage, ...]) -> list[str]:
    """One for each account; two that read the same are distinguished by their homes."""
    headers = [_header(usage) for usage in shown]
    return [
        header
        if headers.count(header) == 1 or header.endswith(homes(usage))
        else f"{header} · {homes(usage)}"
        for usage, header in zip(shown, headers, strict=True)
    ]


def _account(
    key: str, header: str, usage: AccountUsage, state: State, now: datetime, zone: tzinfo
) -> Iterator[Row]:
    yield text_row(key, header)
    width = _label_width(usage)
    for lane in usage.windows:
        label = fmt.plain(lane.value.title, longest=_LONGEST_LABEL)
        yield text_row(f"{key}:{lane.value.id}", _line(label, _window(lane, now, zone), width))
    for about, sentence in extras.of_windows(usage, now, zone):
        yield text_row(f"{key}:{about}", f"  {sentence}")
    for about, label, text in extras.beside_windows(usage, now, zone):
        yield text_row(f"{key}:{about}", _line(label, text, width))
    yield text_row(f"{key}:cost", _cost(usage.cost, state))
    if usage.cost is not None and usage.cost.unpriced_models:
        yield text_row(
            f"{key}:unpriced", f"  No price for {fmt.some(usage.cost.unpriced_models, _UNPRICED)}."
        )
    for about, sentence in _sentences(usage, state, now, zone):
        yield text_row(f"{key}:says:{about}", f"  {sentence}")


def _label_width(usage: AccountUsage) -> int:
    """Names of models are longer than "Weekly"; the values are aligned all the same."""
    longest = max((len(lane.value.title) for lane in usage.windows), default=0)
    return min(max(_LABEL, longest), _LONGEST_LABEL)


def _header(usage: AccountUsage) -> str:
    name = fmt.plain(usage.title)
    if usage.account is None:
        return f"{name} · {homes(usage)}"
    plan = fmt.plain(fmt.plan(usage.account.plan)) if usage.account.plan else None
    return " · ".join(part for part in (name, plan, owner(usage)) if part)


def _line(label: str, text: str, width: int = _LABEL) -> str:
    return f"  {label:<{width}} {text}"


def _window(lane: Sourced[RateWindow], now: datetime, zone: tzinfo) -> str:
    window = lane.value
    if window.resets_at is not None and is_past(lane, now):
        return f"reset at {fmt.moment(window.resets_at, now, zone)}; not updated since"
    left = fmt.left_percent(window.used_percent)
    parts = [f"{fmt.bar(left)}  {fmt.percent(left)} left"]
    if window.resets_at is not None:
        parts.append(fmt.resets(window.resets_at, now, zone))
    if old := outdated(lane, now):
        parts.append(old)
    return " · ".join(parts)


def _cost(cost: CostSummary | None, state: State) -> str:
    # As long as logs are still being read, it is unknown whether there are any.
    if cost is None or (state.counting and not cost.complete and not cost.has_logs):
        return _line("Cost", _uncounted(state, state.progress))
    if not cost.has_logs:
        return "  No logs yet; costs appear after your first turn."
    uncounted = (
        not cost.complete and cost.today_usd is None and (cost.priced != "none" or not cost.today_tokens)
    )
    today = _uncounted(state, None) if uncounted else _spent(cost.today_usd, cost.today_tokens, cost)
    days = f"30 days  {_spent(cost.days_30_usd, cost.days_30_tokens, cost)}"
    if state.counting and state.progress is not None:
        days += f" · counting {fmt.done(state.progress)}"
    return f"{_line('Today', today)}        {days}"


def _uncounted(state: State, progress: float | None) -> str:
    if not state.counting:
        return "not counted yet"
    return "counting…" if progress is None else f"counting {fmt.done(progress)}"


def _spent(usd: float | None, tokens: int, cost: CostSummary) -> str:
    """Money and tokens; an incomplete sum is marked as a lower bound."""
    bound = "≥ " if cost.priced == "partial" or not cost.complete else ""
    priced = "no price" if usd is None else f"{bound}{fmt.money(usd)}"
    return f"{priced} · {fmt.tokens(tokens)} tokens"


def _sentences(
    usage: AccountUsage, state: State, now: datetime, zone: tzinfo
) -> Iterator[tuple[Literal["error", "remedy", "none", "login", "age"], str]]:
    """The error, what is missing, and the age of the values."""
    if usage.error is not None:
        message, remedy = _error(usage.error, usage.offline_since, now, zone)
        yield "error", message
        if remedy:
            yield "remedy", remedy
    elif usage.account is not None and not usage.windows:
        if usage.limits_known:
            yield "none", "No limits reported for this account."
        elif not (state.refreshing or usage.credits or usage.spend):
            yield "none", "Limits not available yet."
    if (ending := extras.login_ending(usage, now, zone)) is not None:
        yield "login", ending
    read_at = read_times(usage)
    if not read_at:
        return
    oldest = min(read_at, key=lambda each: each.at)
    source = fmt.plain(usage.source_titles.get(oldest.source, oldest.source))
    stale = all(is_stale(each.at, each.ends, now) for each in read_at)
    begin = "Last updated" if stale else "Updated"
    yield "age", f"{begin} {fmt.age(now - oldest.at)} · {source}"


def _error(
    error: UsageError, offline_since: datetime | None, now: datetime, zone: tzinfo
) -> tuple[str, str | None]:
    """What happened, and what to do about it unless that is obvious."""
    message, remedy = fmt.plain(error.message, _SENTENCE), fmt.plain(error.remedy, _SENTENCE)
    if offline_since is not None:
        since = f"Offline since {fmt.moment(offline_since, now, zone)}."
        return (since, None) if error.remedy == Offline.remedy else (f"{since} {message}", remedy)
    if error.retry_at is not None and error.retry_at > now:
        message = f"{message} Next try {fmt.moment(error.retry_at, now, zone)}."
    return message, remedy
