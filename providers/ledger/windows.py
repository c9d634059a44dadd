"""What became of each window: one record from its first use to its end, made from the readings in their order.

    reading                                       the window that was open
    the same reset, as much used or more          goes on
    another reset, not less used                  goes on, `moved`
    less used, before its reset                   ended then, `reset_early`; the next one begins
    another reset or less used, after its reset   ended at its reset; the next one begins

A window that nobody uses ends later with each reading: it has not begun, and has no record. What returns within a
quarter of an hour never happened (`history.GLITCH`). Pure.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from providers.domain.limits import CLOCK_SLACK
from providers.domain.rules import SPENT_PERCENT
from providers.ledger.history import GLITCH, NOISE_PERCENT, RESET_SLACK, SAME_RESET_MS

_MOMENT = timedelta(milliseconds=1)
_SAME_RESET = timedelta(milliseconds=SAME_RESET_MS)


class WindowRecord(Struct, frozen=True, kw_only=True):
    """One window of an account, from its start to its end, as far as it was seen.

    `starts_at` is when it began by its reset and length, else when it was first seen. `used_percent` is the most
    that was seen of it: what was used at its end if `seen_at`, the last look at it, is near that (to half an hour
    of a session, six of a week). `ended_at` is None until a later one, or its end, was seen: if `resets_at` has
    passed then, it ended there.

    `reset_early`: it ended before its reset, which was then at `resets_at`; `redeemed`: a reset credit was spent
    on that. `moved` counts how often its reset moved while what was used stayed; the last time at `moved_at`, when
    it had been `moved_from`. `refused_at` is when the server first refused requests although none of the account's
    windows was spent. `credits_used` is how far the balance fell while this window blocked, None if it did not.
    """

    account: str
    window: str
    starts_at: datetime
    resets_at: datetime | None
    used_percent: float
    seen_at: datetime
    ended_at: datetime | None = None
    reset_early: bool = False
    redeemed: bool = False
    moved: int = 0
    moved_at: datetime | None = None
    moved_from: datetime | None = None
    spent_at: datetime | None = None
    refused_at: datetime | None = None
    credits_used: Decimal | None = None

    def was_spent(self, at: datetime) -> bool:
        """Whether it was used up and not yet reset."""
        ends = self.ended_at or self.resets_at
        return self.spent_at is not None and self.spent_at <= at and (ends is None or at < ends)


class WindowReading(Struct, frozen=True):
    """A window as it was at `at`; `duration` is None if unknown."""

    at: datetime
    used_percent: float
    resets_at: datetime | None
    duration: timedelta | None


Records = tuple[WindowRecord, ...]


def follow(last: Records, reading: WindowReading, account: str, window: str, now: datetime) -> Records:
    """The records that take the place of the `last` one or two (oldest first) after one more reading.

    What is older than the last look tells nothing, unless that was by a clock that has been set back since; nor
    does one of the server's machines that has not seen yet that another window has begun.
    """
    if last and (reading.at <= _last_look(last[-1]) <= now + CLOCK_SLACK or _lags(last[-1], reading)):
        return last
    if last and _may_be_of_ended(last[-1], reading):
        return last
    last = _without_glitch(last, reading)
    if not last or last[-1].ended_at is not None:
        return (*last, *_begin(last, reading, account, window))
    *earlier, open_ = last
    end = _end(open_, reading)
    if end is None:
        return (*earlier, _go_on(open_, reading, tuple(earlier)))
    ended_at, early = end
    last = (*earlier, replace(open_, ended_at=ended_at, reset_early=early))
    return (*last, *_begin(last, reading, account, window))


def _lags(record: WindowRecord, reading: WindowReading) -> bool:
    """Whether it is of an earlier window than the newest, which is over."""
    ends = reading.resets_at
    return ends is not None and ends <= reading.at and not _is_same(record.resets_at, ends)


def _may_be_of_ended(record: WindowRecord, reading: WindowReading) -> bool:
    """Whether it is so near the end that it can be of the window that ended, having no reset that tells: not all
    looks are stored, so that it may be an older one than that which saw the end.
    """
    if record.ended_at is None or record.reset_early or record.resets_at is None:
        return False
    return reading.resets_at is None and reading.at <= record.resets_at + RESET_SLACK


def _last_look(record: WindowRecord) -> datetime:
    """When it was last seen; what ended was seen to have."""
    return max(record.seen_at, record.ended_at or record.seen_at)


def _end(open_: WindowRecord, reading: WindowReading) -> tuple[datetime, bool] | None:
    """When the window had ended by then, and whether early; None while it goes on."""
    resets_at = open_.resets_at
    dropped = open_.used_percent - reading.used_percent > NOISE_PERCENT
    if resets_at is None or reading.at < resets_at - RESET_SLACK:
        return (reading.at, resets_at is not None) if dropped else None
    unknown = reading.resets_at is None and reading.at > resets_at + RESET_SLACK
    return (resets_at, False) if dropped or unknown or _has_moved(open_, reading) else None


def _go_on(open_: WindowRecord, reading: WindowReading, earlier: Records) -> WindowRecord:
    updated = replace(
        open_,
        used_percent=max(open_.used_percent, reading.used_percent),
        resets_at=open_.resets_at or reading.resets_at,
        seen_at=reading.at,
        spent_at=open_.spent_at or (reading.at if reading.used_percent >= SPENT_PERCENT else None),
    )
    if open_.used_percent <= 0 and reading.duration is not None and _differs(open_, reading):
        # That it had begun then was an error, of a server whose answer was old.
        return replace(updated, resets_at=reading.resets_at, starts_at=_start(earlier, reading))
    if not _has_moved(open_, reading):
        return updated
    if open_.used_percent <= NOISE_PERCENT:
        return replace(updated, resets_at=reading.resets_at)
    if _moves_back(open_, reading):
        return replace(
            updated, resets_at=open_.moved_from, moved=open_.moved - 1, moved_at=None, moved_from=None
        )
    return replace(
        updated,
        resets_at=reading.resets_at,
        moved=open_.moved + 1,
        moved_at=reading.at,
        moved_from=open_.resets_at,
    )


def _begin(last: Records, reading: WindowReading, account: str, window: str) -> Records:
    """The record of a window that has begun by then, if one has."""
    resets_at, duration = reading.resets_at, reading.duration
    if resets_at is not None and resets_at <= reading.at:
        return ()  # of one that is over
    if reading.used_percent <= 0:
        begun = (
            resets_at is not None and duration is not None and resets_at - reading.at < duration - RESET_SLACK
        )
        if not begun:
            return ()
    if last:
        before = last[-1]
        is_over = not before.reset_early and before.resets_at is not None and resets_at is not None
        if is_over and _is_same(before.resets_at, resets_at):
            return ()  # one of the server's machines has not seen the reset yet
    spent_at = reading.at if reading.used_percent >= SPENT_PERCENT else None
    return (
        WindowRecord(
            account=account,
            window=window,
            starts_at=_start(last, reading),
            resets_at=resets_at,
            used_percent=max(0.0, reading.used_percent),
            seen_at=reading.at,
            spent_at=spent_at,
        ),
    )


def _start(last: Records, reading: WindowReading) -> datetime:
    """When the window of the reading began, after the end of the one before."""
    starts_at = reading.at
    if reading.resets_at is not None and reading.duration is not None:
        starts_at = min(starts_at, reading.resets_at - reading.duration)
    if not last:
        return starts_at
    ended_at = last[-1].ended_at or starts_at
    return max(min(reading.at, max(starts_at, ended_at)), last[-1].starts_at + _MOMENT)


def _without_glitch(last: Records, reading: WindowReading) -> Records:
    """The same before an early reset that was none: what had ended then is back."""
    for number, record in enumerate(last):
        if (
            record.ended_at is not None
            and record.reset_early
            and reading.at - record.ended_at <= GLITCH
            and record.resets_at is not None
            and _is_same(record.resets_at, reading.resets_at)
            and reading.used_percent >= record.used_percent - NOISE_PERCENT
            and reading.resets_at is not None
        ):
            return (*last[:number], replace(record, ended_at=None, reset_early=False, redeemed=False))
    return last


def _moves_back(open_: WindowRecord, reading: WindowReading) -> bool:
    return (
        open_.moved_at is not None
        and reading.at - open_.moved_at <= GLITCH
        and open_.moved_from is not None
        and _is_same(open_.moved_from, reading.resets_at)
    )


def _has_moved(open_: WindowRecord, reading: WindowReading) -> bool:
    return not _is_same(open_.resets_at, reading.resets_at)


def _differs(open_: WindowRecord, reading: WindowReading) -> bool:
    """Whether its reset is another by more than servers send for the same one."""
    one, other = open_.resets_at, reading.resets_at
    return one is not None and other is not None and abs(one - other) > _SAME_RESET


def _is_same(one: datetime | None, other: datetime | None) -> bool:
    """An unknown reset may be any."""
    return one is None or other is None or abs(one - other) <= RESET_SLACK
