"""What one process knows of occasions and of what it shows. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, tzinfo
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from providers.domain.blocked import blocked
from providers.domain.limits import AccountUsage
from providers.domain.merge import is_stale
from tray.engine.budgets import Budget
from tray.engine.notices.kinds import AccountLook, Blocking, Topic
from tray.engine.notices.occasion import ALL_ACCOUNTS, Occasion, OccasionId
from tray.engine.notices.stored import Mark, Seen
from tray.engine.settings_table import WORK_DAYS
from tray.engine.state import State

IsLocal = Callable[[str, str], bool]
"""Whether the readings of a provider's source, both by their ids, come from logs or files."""


class First(Struct, frozen=True):
    """When an occasion was first found, and when what it was found in had been fetched."""

    at: datetime
    read_at: datetime | None


class OnScreen(Struct, frozen=True):
    """What a notice is about, each with the end of its window, and since when it is shown."""

    at: datetime
    occasions: Mapping[OccasionId, datetime | None]


class Memory(Struct, frozen=True, kw_only=True):
    """Only `seen` outlives the process, which began at `since`.

    `known` are the accounts whose first look is over, by topic; `pending` what was found and is not shown;
    `blocked` what blocked an account, until a notice says that it is usable again; `homes` who was last signed in
    where, by the homes' ids; `on_screen` the notices by their keys.
    """

    since: datetime
    seen: Seen = MappingProxyType({})
    known: frozenset[tuple[str, Topic]] = frozenset()
    pending: Mapping[OccasionId, First] = MappingProxyType({})
    blocked: Mapping[str, Blocking] = MappingProxyType({})
    homes: Mapping[str, str] = MappingProxyType({})
    on_screen: Mapping[str, OnScreen] = MappingProxyType({})


def of_clock(memory: Memory, now: datetime) -> Memory:
    """After the clock was set back nothing may seem to lie ahead."""
    first = {key: First(min(each.at, now), each.read_at) for key, each in memory.pending.items()}
    shown = {key: OnScreen(min(each.at, now), each.occasions) for key, each in memory.on_screen.items()}
    return replace(memory, since=min(memory.since, now), pending=first, on_screen=shown)


def accounts_of(state: State, memory: Memory) -> dict[str, AccountUsage]:
    """By their keys; a home that somebody was signed in to stands for that account."""
    entries = state.snapshot.accounts if state.snapshot else ()
    found = {usage.key: usage for usage in entries}
    for usage in entries:
        owner = next((memory.homes[home] for home in usage.home_ids if home in memory.homes), None)
        if usage.account is None and owner is not None and owner not in found:
            del found[usage.key]
            found[owner] = replace(usage, key=owner)
    return found


def look_at(
    usage: AccountUsage,
    state: State,
    memory: Memory,
    now: datetime,
    zone: tzinfo,
    is_local: IsLocal,
    budgets: Iterable[Budget] = (),
) -> AccountLook:
    """`budgets` are all that are set."""
    on_screen = frozenset(
        id_
        for shown in memory.on_screen.values()
        for id_, ends in shown.occasions.items()
        if ends is None or now < ends
    )
    return AccountLook(
        usage=usage,
        now=now,
        zone=zone,
        work_days=state.settings.get(WORK_DAYS),
        was=memory.blocked.get(usage.key),
        budgets=tuple(each for each in budgets if (each.usage or ALL_ACCOUNTS).key == usage.key),
        on_screen=on_screen,
        is_local=lambda source: is_local(usage.provider, source),
    )


def with_found(
    memory: Memory, found: list[Occasion], accounts: Mapping[str, AccountUsage], now: datetime
) -> Memory:
    ids = {occasion.id for occasion in found}
    over = {
        id_
        for id_ in {*memory.seen, *memory.pending} - ids
        if id_[1] in accounts and is_readable(accounts[id_[1]], id_[2], now)
    }
    pending = {
        id_: first
        for id_, first in memory.pending.items()
        if id_ in ids or (id_ not in over and id_[1] in accounts)
    }
    for occasion in found:
        pending.setdefault(occasion.id, First(now, occasion.read_at))
    seen = {id_: Mark(shown.ends, shown.cleared or id_ in over) for id_, shown in memory.seen.items()}
    homes = {
        home: usage.key
        for usage in accounts.values()
        for home in usage.home_ids
        if usage.account is not None or home in memory.homes
    }
    return replace(memory, pending=pending, seen=seen, homes=homes)


def without_marks_of_later(memory: Memory, found: Iterable[Occasion], now: datetime) -> Memory:
    """Without those that end later than what is found now, and what follows it, can: they were made while the
    clock was ahead, and would suppress notices until then. One without an end stays for as long as it holds.
    """
    later = {
        occasion.id
        for occasion in found
        if (mark := memory.seen.get(occasion.id)) is not None
        and mark.ends - max(occasion.ends or now, now) > occasion.longest
        and (occasion.ends is not None or mark.cleared)
    }
    return replace(memory, seen={id_: mark for id_, mark in memory.seen.items() if id_ not in later})


def with_blocked(
    memory: Memory, confirmed: list[Occasion], accounts: Mapping[str, AccountUsage], now: datetime
) -> Memory:
    """Accounts that cannot be used; where money takes over they can."""
    spent = {(occasion.account, occasion.window) for occasion in confirmed if occasion.kind == "spent"}
    known = {key: was for key, was in memory.blocked.items() if key in accounts}
    for key, usage in accounts.items():
        block = blocked(usage, now)
        if block is None or block.credits_left:
            continue
        limits = [lane.value for lane in block.by if (key, lane.value.id) in spent]
        if limits:
            known[key] = Blocking(max(limits, key=lambda limit: limit.resets_at or now), block.until)
        elif not block.by:
            known.setdefault(key, Blocking(None, None))  # a log may tell of the next window before the server
    return replace(memory, blocked=known)


def is_readable(usage: AccountUsage, window: str, now: datetime) -> bool:
    """Whether it is known that what was not found does not hold."""
    lanes = [lane for lane in usage.windows if lane.value.id == window]
    if lanes:
        every = usage.refresh_every
        return any(not is_stale(lane.fetched_at, lane.value.resets_at, now, every) for lane in lanes)
    return usage.error is None
