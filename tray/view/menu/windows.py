"""A window as a bar with its percentage, name and reset, and what its pace says. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo

from msgspec import Struct

from providers.domain.limits import REFRESH_EVERY, AccountUsage, Pace, RateWindow, Sourced
from providers.domain.pace import allowance, pace_of
from providers.domain.work_days import ALL
from tray.engine.settings_table import BARS, HIDE_EMAIL, SHOW_USED, WORK_DAYS
from tray.engine.state import State
from tray.view import format as fmt
from tray.view.accounts import is_past, outdated, own_windows
from tray.view.rows import Row, text_row

_LONGEST_NAME = 32


class Look(Struct, frozen=True, kw_only=True):
    """How values are shown: the settings that the menu reads, and how often values are refreshed."""

    used: bool = False
    hide_email: bool = False
    bars: str = "lines"
    work_days: str = ALL
    every: timedelta = REFRESH_EVERY


def look_of(state: State) -> Look:
    settings = state.settings
    return Look(
        used=settings.get(SHOW_USED),
        hide_email=settings.get(HIDE_EMAIL),
        bars=settings.get(BARS),
        work_days=settings.get(WORK_DAYS),
        every=state.refresh_every,
    )


def window_row(
    key: str, lane: Sourced[RateWindow], now: datetime, zone: tzinfo, look: Look, *, short: bool = True
) -> Row:
    """The bar first: everything before the name is as wide in every row, in a proportional font too.

    `short`: the reset as a countdown, and a bare percentage.
    """
    text = fmt.DOT.join(
        (bar_and_name(lane, now, look, unit=not short), *_more(lane, now, zone, look.every, short=short))
    )
    return text_row(f"{key}:window:{lane.value.id}", text, tone="alert" if is_spent(lane, now) else "normal")


def bar_and_name(
    lane: Sourced[RateWindow] | None,
    now: datetime,
    look: Look,
    name: str | None = None,
    *,
    unit: bool = False,
) -> str:
    """`━━━━━───────── 38 %  Weekly`; without a value where the window has reset since, or there is none.

    `unit`: whether to say what the percentage is of, as in `38 % left`.
    """
    known = lane is not None and not is_past(lane, now)
    left = fmt.left_percent(lane.value.used_percent) if lane is not None and known else None
    share = None if left is None else 100 - left if look.used else left
    title = name or (fmt.plain(lane.value.title, longest=_LONGEST_NAME) if lane is not None else "")
    of = f" {'used' if look.used else 'left'}" if unit and known else " " * 5 if unit else ""
    return f"{fmt.bar(share, look.bars)} {fmt.padded(left, used=look.used)} %{of}  {title}"


def is_spent(lane: Sourced[RateWindow], now: datetime) -> bool:
    return not is_past(lane, now) and fmt.left_percent(lane.value.used_percent) <= 0


def reset_text(lane: Sourced[RateWindow], now: datetime, zone: tzinfo, *, short: bool) -> str | None:
    """When it refills, or that it has; None if unknown."""
    resets_at = lane.value.resets_at
    if resets_at is None:
        return None
    if is_past(lane, now):
        return f"reset {fmt.on_or_at(resets_at, now, zone)}, not updated since"
    return fmt.countdown(resets_at - now) if short else fmt.resets(resets_at, now, zone)


def _more(
    lane: Sourced[RateWindow], now: datetime, zone: tzinfo, every: timedelta, *, short: bool
) -> Iterator[str]:
    if is_spent(lane, now):
        yield "spent"
    if (reset := reset_text(lane, now, zone, short=short)) is not None:
        yield reset
    if not is_past(lane, now) and (old := outdated(lane, now, every)):
        yield old


def pace_rows(key: str, usage: AccountUsage, now: datetime, zone: tzinfo, look: Look) -> Iterator[Row]:
    """How each of the account's own windows will end, and what may be used today."""
    for lane in own_windows(usage):
        own, name = f"{key}:pace:{lane.value.id}", fmt.plain(lane.value.title, longest=_LONGEST_NAME)
        for about, text in pace_texts(usage, lane, now, zone, look):
            yield text_row(f"{own}:{about}" if about else own, f"{name}: {text}")


def pace_texts(
    usage: AccountUsage, lane: Sourced[RateWindow], now: datetime, zone: tzinfo, look: Look
) -> Iterator[tuple[str, str]]:
    """How a window will end ("", then "spread"), and what of it may be used "today"."""
    if is_past(lane, now):
        return
    if (found := pace_of(usage, lane.value, now, zone, look.work_days)) is not None:
        yield "", _verdict(found, lane.value, now, zone)
        if found.runs_out_between is not None:
            yield "spread", _spread(found.runs_out_between, now, zone)
    today = allowance(lane.value, now, zone, look.work_days)
    if today is not None and round(today) > 0:
        yield "today", f"use up to {round(today)} % today to last until the reset"


def _verdict(found: Pace, window: RateWindow, now: datetime, zone: tzinfo) -> str:
    ahead = abs(round(found.delta_percent))
    if found.runs_out_at is not None:
        when = fmt.soon(found.runs_out_at, now, zone)
        text = f"runs out {when if ' ' in when else f'at {when}'}"
        if window.resets_at is None:
            return text
        return f"{text}, {fmt.span(window.resets_at - found.runs_out_at)} before its reset"
    if not ahead:
        return "on pace, lasts until the reset"
    where = "over pace" if found.delta_percent > 0 else "in reserve"
    return f"{ahead} % {where}, lasts until the reset"


def _spread(between: tuple[datetime, datetime | None], now: datetime, zone: tzinfo) -> str:
    earliest, latest = between
    begin = fmt.soon(earliest, now, zone)
    when = (
        f"at the earliest {begin}" if latest is None else f"between {begin} and {fmt.soon(latest, now, zone)}"
    )
    return f"{when}, by the use of the last hours"
