"""State → the tooltip of the icon. Pure."""

from __future__ import annotations

from datetime import datetime

from providers.domain.blocked import blocked
from providers.domain.limits import AccountUsage, RateWindow, Sourced
from providers.domain.live import LiveSession
from providers.domain.merge import is_stale
from tray.engine.settings_table import HIDE_EMAIL, SHOW_USED
from tray.engine.state import State
from tray.view import extras
from tray.view import format as fmt
from tray.view.accounts import (
    accounts,
    at_a_glance,
    is_past,
    outdated,
    own_windows,
    owner,
    read_times,
    tightness,
)
from tray.view.error_words import IN_A_WORD
from tray.view.sessions import brief

_MOST_WAITS = 3
_MOST = 8  # further accounts: some panels do not scroll a tooltip


def title(state: State, now: datetime) -> str:
    """One line: the session that waits for the person; else what is left at a glance, the tightest first, and what
    limits it further, or the first error.
    """
    return waits[0] if (waits := _waits(state, now)) else _limits(state, now)


def _limits(state: State, now: datetime) -> str:
    found = at_a_glance(state, now) or tuple(each for each in accounts(state) if each.error)[:1]
    tightest_first = sorted(found, key=lambda usage: tightness(usage, now))
    return " | ".join(_account(usage, state, now) for usage in tightest_first) or "tankful"


def text(state: State, now: datetime) -> str:
    """Lines of what the title has no room for: further sessions that wait, further accounts, and incidents at the
    providers.
    """
    waits = _waits(state, now)
    named = at_a_glance(state, now)
    others = [usage for usage in accounts(state) if usage.windows and usage not in named]
    others.sort(key=lambda usage: tightness(usage, now))
    lines = [*waits[1:], _limits(state, now)] if waits else []
    lines += [_account(usage, state, now) for usage in others[:_MOST]]
    if (more := len(others) - _MOST) > 0:
        lines.append(f"And {more} more.")
    titles = {usage.provider: fmt.plain(usage.title) for usage in accounts(state)}
    lines += [
        f"{titles[provider]}: {fmt.plain(incident.title)}"
        for provider, incident in state.incidents.items()
        if provider in titles
    ]
    return "\n".join(lines)


def _waits(state: State, now: datetime) -> list[str]:
    """`cleaning: approval for Bash (3 min)`, the longest wait first."""
    waiting = brief.waiting(state)
    if not waiting or state.sessions is None:
        return []
    names = brief.names(state.sessions.sessions)
    lines = [_wait(names[session.key], session, now) for session in waiting[:_MOST_WAITS]]
    if (more := len(waiting) - _MOST_WAITS) > 0:
        lines.append(f"And {fmt.plural(more, 'session')} more {'waits' if more == 1 else 'wait'} for you.")
    return lines


def _wait(name: str, session: LiveSession, now: datetime) -> str:
    since = brief.for_how_long(session.status, now)
    return f"{name}: {brief.doing(session)}{f' ({since})' if since else ''}"


def _account(usage: AccountUsage, state: State, now: datetime) -> str:
    """With its owner, where there are several accounts of its provider."""
    shown = [each.provider for each in accounts(state) if each.windows]
    name = fmt.plain(usage.title)
    if shown.count(usage.provider) > 1:
        name += f" · {owner(usage, hide_email=state.settings.get(HIDE_EMAIL))}"
    return _summary(usage, now, name, used=state.settings.get(SHOW_USED))


def _summary(usage: AccountUsage, now: datetime, name: str, *, used: bool) -> str:
    """An account in the tooltip."""
    own = own_windows(usage)
    ages = [None if is_past(lane, now) else outdated(lane, now, usage.refresh_every) for lane in own]
    old = {age for age, lane in zip(ages, own, strict=True) if not is_past(lane, now)}
    parts = [name]
    for lane, age in zip(own, ages, strict=True):
        # An age that all values share is shown once, for all of them.
        parts.append(_glance(lane, now, used=used) + (f", {age}" if age and len(old) > 1 else ""))
    if (block := blocked(usage, now)) is not None:
        parts.append(extras.blocked_by(block))
    if len(old) == 1 and None not in old:
        parts += [age for age in old if age]
    every = usage.refresh_every
    if usage.error and all(is_stale(each.at, each.ends, now, every) for each in read_times(usage)):
        parts.append(IN_A_WORD[usage.error.kind])
    return " · ".join(parts)


def _glance(lane: Sourced[RateWindow], now: datetime, *, used: bool) -> str:
    """A window in the tooltip."""
    name = fmt.plain(lane.value.title)
    if is_past(lane, now):
        return f"{name} reset"
    return f"{name} {fmt.reading(fmt.left_percent(lane.value.used_percent), used=used)}"
