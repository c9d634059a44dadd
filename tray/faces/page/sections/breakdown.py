"""What each model came to, by effort; or each day, week and month, by model."""

from __future__ import annotations

from msgspec import Struct

from providers.ledger.rollup.selection import Dimension
from tray.faces.page import spending
from tray.faces.page.data import PageData
from tray.faces.page.parts import Link, choices
from tray.faces.page.table import groups
from tray.faces.page.table.table import TallyTable, table

_BY = {"model": "By model", "day": "By day", "week": "By week", "month": "By month"}
_PERIODS: dict[str, Dimension] = {"day": "day", "week": "week", "month": "month"}


class Breakdown(Struct, frozen=True, kw_only=True):
    """`choices` are what else the rows may be."""

    choices: tuple[Link, ...]
    table: TallyTable


def build(data: PageData) -> Breakdown:
    by = data.query.by if data.query.by in _BY else "model"
    return Breakdown(
        choices=choices(data.query.with_(sort="", open=""), "by", _BY, by, "model"),
        table=_by_model(data) if by == "model" else _by_time(data, by),
    )


def _by_model(data: PageData) -> TallyTable:
    rows = groups.by_model(data)
    return table(
        rows,
        data.query,
        caption="Cost and tokens by model; open a row for its efforts",
        title="Model",
        beyond=groups.beyond(data),
        notes=spending.unpriced_note(data),
    )


def _by_time(data: PageData, by: str) -> TallyTable:
    period = _PERIODS[by]
    rows = groups.by_time(data, period)
    return table(
        rows,
        data.query,
        caption=f"Cost and tokens by {by}; open a row for its models",
        title=by.capitalize(),
        beyond=groups.beyond(data),
        usual="name",
        newest_first=True,
        notes=spending.unpriced_note(data),
    )
