"""What became of a window, in words: used at its end, reset early, moved, refused, redeemed. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo

from providers.ledger.window_log import was_seen_to_its_end
from providers.ledger.windows import WindowRecord
from tray.view import format as fmt

_TIMES = {2: "twice"}


def is_open(record: WindowRecord, now: datetime) -> bool:
    """Whether it still runs: one whose reset has passed does not, though nobody has looked since."""
    return record.ended_at is None and (record.resets_at is None or record.resets_at > now)


def end_of(record: WindowRecord) -> datetime | None:
    """When it ended or will end; None if unknown."""
    return record.ended_at or record.resets_at


def is_whole(record: WindowRecord, now: datetime) -> bool:
    """Whether what was used at its end is known: more may have been used after the last look at it.

    What is used up cannot be used any further. The log notes only a few of the looks.
    """
    return is_open(record, now) or was_seen_to_its_end(record)


def used_text(record: WindowRecord, now: datetime) -> str:
    """`83 %`, or as a lower bound `≥ 83 %`."""
    text = fmt.percent(100 - record.used_percent, used=True)
    return text if is_whole(record, now) else f"≥ {text}"


def is_eventful(record: WindowRecord) -> bool:
    """Whether anything became of it but that it was used and ended."""
    return bool(
        record.reset_early
        or record.spent_at is not None
        or record.refused_at is not None
        or record.moved
        or record.credits_used is not None
    )


def events(record: WindowRecord, now: datetime, zone: tzinfo) -> Iterator[str]:
    """In the order in which they are most often asked for."""
    if record.reset_early and record.ended_at is not None:
        by = ", by a reset in hand" if record.redeemed else ""
        yield f"Reset early {_at(record.ended_at, now, zone)}{by}"
    if record.spent_at is not None:
        yield f"Used up {_at(record.spent_at, now, zone)}"
    if record.refused_at is not None:
        yield f"Requests refused {_at(record.refused_at, now, zone)}, although it was not used up"
    if record.moved:
        yield _moved(record, now, zone)
    if record.credits_used is not None:
        yield f"{fmt.balance(record.credits_used)} credits used"
    if not is_whole(record, now):
        yield f"Last seen {_at(record.seen_at, now, zone)}"


def _moved(record: WindowRecord, now: datetime, zone: tzinfo) -> str:
    count = "" if record.moved == 1 else f" {_TIMES.get(record.moved, f'{record.moved} times')}"
    if record.moved_at is None:
        return f"Its reset time changed{count}"
    last = f"{', last' if count else ''} {_at(record.moved_at, now, zone)}"
    before = f", from {fmt.moment(record.moved_from, now, zone)}" if record.moved_from is not None else ""
    return f"Its reset time changed{count}{last}{before}"


def _at(when: datetime, now: datetime, zone: tzinfo) -> str:
    return fmt.on_or_at(when, now, zone)
