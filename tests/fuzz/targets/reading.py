"""What holds for every reading, whatever its source."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from math import isfinite

import msgspec

from providers.domain.limits import RateWindow, Reading
from tests.fuzz.figures import Figures
from tests.fuzz.run import require

CLOCK_SLACK = timedelta(minutes=5)


def check(reading: Reading, figures: Figures, *clocks: tzinfo) -> None:
    """A parsed one: it can be shown and stored. `clocks`: where the input has times of a day."""
    check_figures(reading, figures, *clocks)
    idents = [window.id for window in reading.windows]
    require(len(idents) == len(set(idents)), f"two windows with one id: {idents}")
    for window in reading.windows:
        name = window.id
        require(window.title.isprintable() and name.isprintable(), f"{name!a}: not printable")
        require(
            window.resets_at is None or window.resets_at.tzinfo is UTC, f"{name}: the reset is not in UTC"
        )
    require(
        msgspec.json.decode(msgspec.json.encode(reading), type=Reading) == reading, "it changes when stored"
    )


def check_figures(reading: Reading, figures: Figures, *clocks: tzinfo) -> None:
    """They come from the input, and none is of the future."""
    for window in reading.windows:
        _check_window(window, figures, *clocks)
    if reading.credits is not None and reading.credits.balance is not None:
        balance = float(reading.credits.balance)
        require(figures.holds(balance), f"a balance of {balance} is not in the input")
    if (spend := reading.spend) is not None:
        for amount in (spend.used, spend.limit):
            require(
                amount is None or figures.is_amount(float(amount)),
                f"an amount of {amount} is not in the input",
            )
        _check_moment("the reset of the spend", spend.resets_at, figures, *clocks)
    if (resets := reading.resets) is not None:
        require(figures.holds(resets.available), f"{resets.available} resets are not in the input")
        _check_moment("an expiry", resets.expires_at, figures)
    for day in reading.tokens:
        require(figures.holds(day.tokens), f"{day.tokens} tokens of a day are not in the input")
        require(day.day.isoformat() in figures.text, f"the day {day.day} is not in the input")
    require(reading.fetched_at <= figures.now + CLOCK_SLACK, "a reading of the future")


def _check_window(window: RateWindow, figures: Figures, *clocks: tzinfo) -> None:
    used, name = window.used_percent, window.id
    require(isfinite(used), f"{name}: {used} % used")
    require(figures.is_share(used), f"{name}: {used} % used is not in the input")
    if window.duration is not None:
        minutes = window.duration.total_seconds() / 60
        require(figures.is_length(minutes), f"{name}: a length of {minutes} minutes is not in the input")
    _check_moment(f"{name}: the reset", window.resets_at, figures, *clocks)


def _check_moment(what: str, at: datetime | None, figures: Figures, *clocks: tzinfo) -> None:
    if at is None:
        return
    held = figures.is_clock(at, *clocks) if clocks else figures.is_moment(at)
    require(held, f"{what} at {at} is not in the input")
