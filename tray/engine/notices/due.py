"""Which notices are due. Pure: what was known and shown before, and the state now, make what is known and shown
after, and what to show and to take away.

The first look at an account's figures in each process is silent. Each occasion has one notice per account and
window, and the next one only once the window's reset has moved on. It must hold in two readings, or in one that a
server gave; one that another explains is left out. While notices are muted or the hours are quiet nothing is
marked as shown, so what still holds is shown afterwards; what the person looks at just then counts as shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta, tzinfo

from msgspec.structs import replace

from providers.domain.limits import CLOCK_SLACK
from providers.domain.rules import FRESH_SECONDS
from tray.engine.budgets import budgets_of
from tray.engine.notices import settings as own
from tray.engine.notices.held import is_held
from tray.engine.notices.kinds import BY_NAME, KINDS, AccountLook, Topic, is_cause_of
from tray.engine.notices.memory import (
    IsLocal,
    Memory,
    accounts_of,
    look_at,
    of_clock,
    with_blocked,
    with_found,
    without_marks_of_later,
)
from tray.engine.notices.occasion import ALL_ACCOUNTS, UNKNOWN_LENGTH, Occasion
from tray.engine.notices.screen import Due, with_notices
from tray.engine.notices.stored import Mark, Seen, bounded
from tray.engine.state import State

JUST_BEFORE = timedelta(seconds=FRESH_SECONDS)


def due(
    before: Memory,
    after: State,
    now: datetime,
    zone: tzinfo,
    *,
    is_local: IsLocal = lambda _provider, _source: False,
    watched: bool = False,
) -> Due:
    """`watched`: the person looks at the figures. The settings are those of the state."""
    if after.snapshot is None:
        return Due(memory=before)
    memory = of_clock(before, now)
    budgets = budgets_of(after, now, zone)
    accounts = accounts_of(after, memory)
    if any(budget.usage is None for budget in budgets):
        accounts[ALL_ACCOUNTS.key] = ALL_ACCOUNTS
    looks = [look_at(usage, after, memory, now, zone, is_local, budgets) for usage in accounts.values()]
    found = [
        occasion
        for kind in KINDS
        for look in looks
        if look.is_about(kind.topic)
        for occasion in kind.find(look)
    ]
    memory = without_marks_of_later(with_found(memory, found, accounts, now), found, now)
    confirmed = [occasion for occasion in found if _is_confirmed(occasion, memory, now)]
    memory = with_blocked(memory, confirmed, accounts, now)

    new = [each for each in confirmed if _is_new(each, memory.seen, now)]
    silent, loud = _sorted_out(after, memory, new, watched=watched)
    first_looks = _now_known(looks, memory) - memory.known
    silent += [each for each in found if _topic(each) in first_looks]
    memory = replace(memory, known=memory.known | first_looks)
    loud = _unexplained(loud, found, after)
    held = is_held(after, now, zone)
    memory = _marked(memory, [*silent, *([] if held else loud)], found, after, now)
    return with_notices(memory, () if held else tuple(loud), found, accounts, now)


def _is_confirmed(occasion: Occasion, memory: Memory, now: datetime) -> bool:
    first = memory.pending[occasion.id]
    if now - first.at < BY_NAME[occasion.kind].settles:
        return False
    if occasion.is_official or occasion.read_at is None or first.read_at is None:
        return True
    return occasion.read_at > first.read_at


def _is_new(occasion: Occasion, seen: Seen, now: datetime) -> bool:
    """Whether no notice was shown for it; or only for an earlier window, which is over."""
    shown = seen.get(occasion.id)
    if shown is None:
        return True
    if occasion.ends is None:
        return shown.cleared and shown.ends <= now
    return occasion.ends > shown.ends + CLOCK_SLACK and (shown.cleared or shown.ends <= now)


def _now_known(looks: Iterable[AccountLook], memory: Memory) -> set[tuple[str, Topic]]:
    """What is looked at for the first time: figures once they were fetched since we began, or just before."""
    known: set[tuple[str, Topic]] = set()
    for look in looks:
        key, usage = look.usage.key, look.usage
        if any(budget.used is not None for budget in look.budgets):
            known.add((key, "budget"))
        is_live = any(lane.fetched_at >= memory.since - JUST_BEFORE for lane in usage.windows)
        if is_live:
            known.add((key, "usage"))
        if is_live or usage.error is not None or usage.account is None:
            known.add((key, "login"))
    return known


def _topic(occasion: Occasion) -> tuple[str, Topic]:
    return occasion.account, BY_NAME[occasion.kind].topic


def _sorted_out(
    state: State, memory: Memory, new: list[Occasion], *, watched: bool
) -> tuple[list[Occasion], list[Occasion]]:
    """Those that need no notice, and those that do."""
    silent: list[Occasion] = []
    loud: list[Occasion] = []
    for occasion in new:
        if _topic(occasion) not in memory.known:
            continue
        (loud if _is_wanted(state, occasion.kind) and not watched else silent).append(occasion)
    return silent, loud


def _is_wanted(state: State, kind: str) -> bool:
    return state.settings.get(own.ENABLED) and state.settings.get(BY_NAME[kind].setting)


def _unexplained(loud: list[Occasion], found: list[Occasion], state: State) -> list[Occasion]:
    """Those that say more than another one does."""
    causes = [each for each in found if _is_wanted(state, each.kind)]
    return [each for each in loud if not any(is_cause_of(cause, each) for cause in causes)]


def _marked(
    memory: Memory, shown: Iterable[Occasion], found: Iterable[Occasion], state: State, now: datetime
) -> Memory:
    """With them, and what they imply for their window, as shown."""
    seen, was_blocked = dict(memory.seen), dict(memory.blocked)
    ends = {each.id: each.ends for each in found}
    for occasion in shown:
        kind, length = BY_NAME[occasion.kind], occasion.limit.duration if occasion.limit else None
        mark = Mark(occasion.ends or now + (length or UNKNOWN_LENGTH))
        seen[occasion.id] = mark
        if kind.topic != "login" and _is_wanted(state, occasion.kind):
            for effect in kind.effects:
                id_ = effect, occasion.account, occasion.window
                implied = Mark(ends.get(id_) or mark.ends)
                seen[id_] = max(seen.get(id_, implied), implied, key=lambda each: each.ends)
        if occasion.kind == "usable_again":
            was_blocked.pop(occasion.account, None)
    return replace(memory, seen=bounded(seen), blocked=was_blocked)
