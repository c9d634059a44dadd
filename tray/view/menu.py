"""State → rows. Pure: the same on every desktop, and as text where there is none.

A row's key belongs to what it shows, not to its place, so an open menu changes in place.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import Literal

from msgspec import Struct

from providers.domain.blocked import blocked
from providers.domain.cost import CostSummary
from providers.domain.errors import Offline
from providers.domain.limits import AccountUsage, ErrorKind, RateWindow, Sourced, UsageError
from providers.domain.merge import is_stale
from tray.engine.state import State
from tray.view import extras, settings_menu
from tray.view import format as fmt
from tray.view.login import StartAtLogin, login_rows
from tray.view.rows import Action, Row, action_row, separator_row, text_row

_LABEL, _LONGEST_LABEL = 8, 32
_UNPRICED = 2  # names of models that fit into the menu's width
_SENTENCE = 300  # characters: only a fault makes a longer one
_IN_A_WORD: dict[ErrorKind, str] = {
    "not_signed_in": "not signed in",
    "login_expired": "login expired",
    "denied": "access denied",
    "blocked": "blocked by the network",
    "rate_limited": "rate-limited",
    "offline": "offline",
    "timeout": "timed out",
    "server_error": "server error",
    "program_missing": "program not found",
    "program_too_old": "program too old",
    "not_understood": "unexpected response",
}


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


def title(state: State, now: datetime) -> str:
    """One line for the tooltip: what is left at a glance, and what limits it further; or the first error."""
    found = at_a_glance(state, now) or tuple(each for each in accounts(state) if each.error)[:1]
    shown = [usage.provider for usage in accounts(state) if usage.windows]
    return (
        " | ".join(_summary(usage, now, alone=shown.count(usage.provider) < 2) for usage in found)
        or "tankful"
    )


def at_a_glance(state: State, now: datetime) -> tuple[AccountUsage, ...]:
    """Of each provider the account with the least left: what icon and tooltip show."""
    tightest: dict[str, AccountUsage] = {}
    for usage in accounts(state):
        held = tightest.get(usage.provider)
        if usage.windows and (held is None or tightness(usage, now) < tightness(held, now)):
            tightest[usage.provider] = usage
    return tuple(tightest.values())


def tightness(usage: AccountUsage, now: datetime) -> float:
    """The percentage left where it is least; below 0 for an account that is blocked, above 100 where nothing
    is known.
    """
    block = blocked(usage, now)
    if block is not None and not block.credits_left:
        return -1.0
    return min(
        (fmt.left_percent(lane.value.used_percent) for lane in own_windows(usage) if not is_past(lane, now)),
        default=101.0,
    )


def accounts(state: State) -> tuple[AccountUsage, ...]:
    return state.snapshot.accounts if state.snapshot else ()


def is_past(lane: Sourced[RateWindow], now: datetime) -> bool:
    """Whether the window has reset since it was read: its value is outdated."""
    return lane.value.resets_at is not None and lane.value.resets_at <= now


def own_windows(usage: AccountUsage) -> tuple[Sourced[RateWindow], ...]:
    """The windows that limit all use, shortest first; where there are none, the others stand in for them."""
    own = tuple(lane for lane in usage.windows if lane.value.scope == "account")
    return own or usage.windows


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
        if headers.count(header) == 1 or header.endswith(_homes(usage))
        else f"{header} · {_homes(usage)}"
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
        return f"{name} · {_homes(usage)}"
    plan = fmt.plain(fmt.plan(usage.account.plan)) if usage.account.plan else None
    return " · ".join(part for part in (name, plan, _owner(usage)) if part)


def _owner(usage: AccountUsage) -> str:
    """The owner as the user knows them: by e-mail address, or by their homes."""
    email = usage.account.email if usage.account else None
    return fmt.plain(email) if email else _homes(usage)


def _homes(usage: AccountUsage) -> str:
    return fmt.plain(", ".join(usage.homes))


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
    if old := _old(lane, now):
        parts.append(old)
    return " · ".join(parts)


def _summary(usage: AccountUsage, now: datetime, *, alone: bool) -> str:
    """An account in the tooltip; whose it is, where it is not `alone`."""
    own = own_windows(usage)
    ages = [None if is_past(lane, now) else _old(lane, now) for lane in own]
    old = {age for age, lane in zip(ages, own, strict=True) if not is_past(lane, now)}
    parts = [fmt.plain(usage.title)] if alone else [fmt.plain(usage.title), _owner(usage)]
    for lane, age in zip(own, ages, strict=True):
        # An age that all values share is shown once, for all of them.
        parts.append(_glance(lane, now) + (f", {age}" if age and len(old) > 1 else ""))
    if (block := blocked(usage, now)) is not None:
        parts.append(extras.blocked_by(block))
    if len(old) == 1 and None not in old:
        parts += [age for age in old if age]
    if usage.error is not None and all(is_stale(each.at, each.ends, now) for each in _read_times(usage)):
        parts.append(_IN_A_WORD[usage.error.kind])
    return " · ".join(parts)


def _glance(lane: Sourced[RateWindow], now: datetime) -> str:
    """A window in the tooltip."""
    name = fmt.plain(lane.value.title)
    if is_past(lane, now):
        return f"{name} reset"
    return f"{name} {fmt.percent(fmt.left_percent(lane.value.used_percent))} left"


def _old(lane: Sourced[RateWindow], now: datetime) -> str | None:
    """How long ago it was read, if it is stale."""
    return f"updated {fmt.age(now - lane.fetched_at)}" if is_stale(lane.fetched_at, None, now) else None


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
    read_at = _read_times(usage)
    if not read_at:
        return
    oldest = min(read_at, key=lambda each: each.at)
    source = fmt.plain(usage.source_titles.get(oldest.source, oldest.source))
    stale = all(is_stale(each.at, each.ends, now) for each in read_at)
    begin = "Last updated" if stale else "Updated"
    yield "age", f"{begin} {fmt.age(now - oldest.at)} · {source}"


class _ReadAt(Struct, frozen=True):
    at: datetime
    ends: datetime | None
    source: str


def _read_times(usage: AccountUsage) -> list[_ReadAt]:
    """When what matters most was read: the account's own windows, or the money where there are none."""
    if usage.windows:
        return [_ReadAt(lane.fetched_at, lane.value.resets_at, lane.source) for lane in own_windows(usage)]
    money = (usage.credits, usage.spend)
    return [_ReadAt(lane.fetched_at, None, lane.source) for lane in money if lane is not None]


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
