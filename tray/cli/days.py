"""Days and time zones as a person types them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tray.cli.console import BadArgument

if TYPE_CHECKING:
    from datetime import date, tzinfo


def zone_of(name: str) -> tzinfo:
    """Raises BadArgument."""
    from tray.engine.zones import named_zone

    try:
        return named_zone(name)
    except ValueError as error:
        raise BadArgument(str(error)) from None


def day_of(text: str) -> date:
    """Raises BadArgument."""
    from datetime import date

    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise BadArgument(f"{text!r} is not a valid date; use the form 2026-11-01") from None
    if not 1 < day.year < 9999:  # in some zone the day before or after it does not exist
        raise BadArgument(f"{text!r} is out of range; dates run from 0002-01-01 to 9998-12-31")
    return day
