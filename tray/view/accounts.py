"""The accounts of a state as views see them: how tight each is, which windows count, whose it is, how old."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct

from providers.domain import rules
from providers.domain.blocked import blocked
from providers.domain.limits import AccountUsage, RateWindow, Sourced
from providers.domain.merge import is_stale
from tray.engine.settings_table import HIDE_EMAIL
from tray.engine.state import State
from tray.view import format as fmt

LONGEST_NAME, LONGEST_OWNER = 20, 32  # characters: a panel shifts the bar of a row wider than the screen


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
    used = (lane.value.used_percent for lane in current_windows(usage, now))
    return rules.tightness(used, blocked=block is not None and not block.credits_left)


def tightest_window(usage: AccountUsage, now: datetime) -> Sourced[RateWindow] | None:
    """The window with the least left, of those that are known and limit all use."""
    current = current_windows(usage, now)
    return min(current, key=lambda lane: fmt.left_percent(lane.value.used_percent), default=None)


def current_windows(usage: AccountUsage, now: datetime) -> list[Sourced[RateWindow]]:
    """Those that limit all use, and have not reset since they were read."""
    return [lane for lane in own_windows(usage) if not is_past(lane, now)]


def accounts(state: State) -> tuple[AccountUsage, ...]:
    return state.snapshot.accounts if state.snapshot else ()


def is_past(lane: Sourced[RateWindow], now: datetime) -> bool:
    """Whether the window has reset since it was read: its value is outdated."""
    return lane.value.resets_at is not None and lane.value.resets_at <= now


def own_windows(usage: AccountUsage) -> tuple[Sourced[RateWindow], ...]:
    """The windows that limit all use, shortest first; where there are none, the others stand in for them."""
    own = tuple(lane for lane in usage.windows if lane.value.scope == "account")
    return own or usage.windows


def owner(usage: AccountUsage, *, hide_email: bool = False) -> str:
    """The owner as the user knows them: by e-mail address, or by their homes; by id where those are elsewhere."""
    email = usage.account.email if usage.account else None
    ident = fmt.plain(usage.account.id) if usage.account else ""
    return fmt.plain(email) if email and not hide_email else homes(usage) or ident


def name(usage: AccountUsage, state: State) -> str:
    """`Codex`; with its owner where there is another account of the provider: `Codex (dev@example.com)`."""
    title = fmt.plain(usage.title, longest=LONGEST_NAME)
    if sum(other.provider == usage.provider for other in accounts(state)) < 2:
        return title
    whose = owner(usage, hide_email=state.settings.get(HIDE_EMAIL))
    return f"{title} ({fmt.plain(whose, longest=LONGEST_OWNER)})"


def homes(usage: AccountUsage) -> str:
    return fmt.plain(", ".join(usage.homes))


def outdated(lane: Sourced[RateWindow], now: datetime, every: timedelta) -> str | None:
    """How long ago it was read, if it is stale; `every` is how often it is refreshed."""
    stale = is_stale(lane.fetched_at, None, now, every)
    return f"updated {fmt.age(now - lane.fetched_at)}" if stale else None


class ReadAt(Struct, frozen=True):
    at: datetime
    ends: datetime | None
    source: str


def read_times(usage: AccountUsage) -> list[ReadAt]:
    """When what matters most was read: the account's own windows, or the money where there are none."""
    if usage.windows:
        return [ReadAt(lane.fetched_at, lane.value.resets_at, lane.source) for lane in own_windows(usage)]
    money = (usage.credits, usage.spend)
    return [ReadAt(lane.fetched_at, None, lane.source) for lane in money if lane is not None]


def next_reset(state: State, now: datetime) -> datetime | None:
    """When the tightest account is no longer blocked, or else when its next window resets; None if unknown."""
    held = [usage for usage in accounts(state) if usage.windows]
    if not held:
        return None
    usage = min(held, key=lambda each: tightness(each, now))
    block = blocked(usage, now)
    if block is not None and block.until is not None:
        return block.until
    resets = [lane.value.resets_at for lane in own_windows(usage)]
    return min((at for at in resets if at is not None and at > now), default=None)
