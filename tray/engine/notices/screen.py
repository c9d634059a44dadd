"""Which notices are on the screen, and which of them are over. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from providers.domain.limits import AccountUsage
from tray.engine.notices.kinds import BY_NAME
from tray.engine.notices.memory import Memory, OnScreen, is_readable
from tray.engine.notices.occasion import Occasion, OccasionId

SEVERAL = "several"
"""The key of a notice about more than one account; others have their account's."""


class Due(Struct, frozen=True, kw_only=True):
    """`show` are the occasions of one notice with this `key`, the most important first; none if it is empty."""

    memory: Memory
    key: str = ""
    show: tuple[Occasion, ...] = ()
    withdraw: tuple[str, ...] = ()


def with_notices(
    memory: Memory,
    show: tuple[Occasion, ...],
    found: list[Occasion],
    accounts: Mapping[str, AccountUsage],
    now: datetime,
) -> Due:
    """The newest notice about an account replaces what older ones say of it."""
    news = {occasion.account for occasion in show}
    left: dict[str, OnScreen] = {}
    for key, notice in memory.on_screen.items():
        occasions = {
            id_: ends
            for id_, ends in notice.occasions.items()
            if id_[1] not in news and not _is_over(id_, ends, notice.at, found, accounts, now)
        }
        if occasions:
            left[key] = OnScreen(notice.at, occasions)
    key = ""
    if show:
        key = news.pop() if len(news) == 1 else SEVERAL
        left[key] = OnScreen(now, {occasion.id: occasion.ends for occasion in show})
    withdraw = tuple(each for each in memory.on_screen if each not in left)
    return Due(memory=replace(memory, on_screen=left), key=key, show=show, withdraw=withdraw)


def _is_over(
    id_: OccasionId,
    ends: datetime | None,
    shown_at: datetime,
    found: list[Occasion],
    accounts: Mapping[str, AccountUsage],
    now: datetime,
) -> bool:
    name, account, window = id_
    kind = BY_NAME[name]
    if account not in accounts:
        return True
    if kind.lasts is not None:
        is_spent = any(each.kind == "spent" and each.account == account for each in found)
        return is_spent or now - shown_at >= kind.lasts
    if ends is not None and ends <= now:
        return True
    return all(each.id != id_ for each in found) and is_readable(accounts[account], window, now)
