"""Tables of facts, without sorting and pages. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct

from tray.faces.page.table.columns import NO_NUMBER, ShownCell
from tray.faces.page.table.names import middle, readable
from tray.view import format as fmt


class FactTable(Struct, frozen=True, kw_only=True):
    """`heads` are those of the columns, of which `numbers` are aligned as such; each row begins with its name."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[ShownCell, ...], ...]
    numbers: tuple[int, ...] = ()


def text_cell(text: str, longest: int = 60) -> ShownCell:
    """A foreign name or a sentence; the whole of it is the hint where it is shortened."""
    full = readable(text)
    shown = middle(full, longest)
    return ShownCell(shown=shown, hint=full if shown != full else "")


def number_cell(count: int) -> ShownCell:
    return ShownCell(shown=f"{count:,}", value=f"{count}")


def time_cell(at: datetime | None, data_now: datetime) -> ShownCell:
    """How long ago, with the moment as its hint."""
    if at is None:
        return ShownCell(shown=NO_NUMBER)
    ago = max(data_now - at, timedelta())
    return ShownCell(
        shown=fmt.age(ago), value=at.isoformat(timespec="seconds"), hint=f"{at:%Y-%m-%d %H:%M:%S} UTC"
    )


def bytes_text(size: int) -> str:
    """`1.2 MB`."""
    value = float(size)
    for unit in ("B", "KB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 9.95 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"
