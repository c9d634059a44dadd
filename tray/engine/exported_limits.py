"""The rows of `tankful export --what limits`, read again. Pure: lines in, readings out."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from operator import itemgetter

import msgspec

from providers.domain.scalars import percent
from providers.domain.typed import json_decoder
from tray.engine.exported_rows import BadRow, RowFormat, csv_cells

COLUMNS = ("time", "provider", "account", "window_id", "source", "used_percent", "resets_at")
_LONGEST_NAME = 200
_LONGEST_WINDOW = timedelta(days=400)


class LimitReading(msgspec.Struct, frozen=True):
    """How far a window was used when that last changed, as another machine read it. Times are aware; an unknown
    account is that of a damaged row.
    """

    time: datetime
    provider: str
    account: str
    window_id: str
    source: str
    used_percent: float
    resets_at: datetime | None


def _csv_reader(columns: Sequence[str]) -> Callable[[str], LimitReading]:
    places, width = itemgetter(*(columns.index(name) for name in COLUMNS)), len(columns)

    def read(line: str) -> LimitReading:
        try:
            cells = csv_cells(line)
            if len(cells) != width:
                raise BadRow
            time, provider, account, window, source, used, resets_at = places(cells)
            found = LimitReading(
                datetime.fromisoformat(time),
                *(provider, account, window, source),
                float(used),
                datetime.fromisoformat(resets_at) if resets_at else None,
            )
        except (ValueError, csv.Error) as error:
            raise BadRow from error
        return _sound(found)

    return read


def _json_reader() -> Callable[[str], LimitReading]:
    decoder = json_decoder(LimitReading)

    def read(line: str) -> LimitReading:
        try:
            return _sound(decoder.decode(line))
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise BadRow from error

    return read


def _sound(row: LimitReading) -> LimitReading:
    """Raises BadRow."""
    names = row.provider, row.account, row.window_id, row.source
    if not all(0 < len(name) <= _LONGEST_NAME for name in names):
        raise BadRow
    if percent(row.used_percent) is None:
        raise BadRow
    if row.time.tzinfo is None or (row.resets_at is not None and row.resets_at.tzinfo is None):
        raise BadRow
    if row.resets_at is not None and row.resets_at - row.time > _LONGEST_WINDOW:
        raise BadRow
    return row


LIMITS = RowFormat("limits", COLUMNS, _csv_reader, _json_reader)
