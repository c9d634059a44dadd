"""What each of the chosen days came to, stacked by provider; weeks or months where there are many."""

from __future__ import annotations

from markupsafe import Markup
from msgspec import Struct

from tray.faces.page import series, spending
from tray.faces.page.data import PageData
from tray.faces.page.sections.over_time import charts


class UseByDay(Struct, frozen=True, kw_only=True):
    """`all_charts` is the address of more of them."""

    chart: Markup
    all_charts: str


def build(data: PageData) -> UseByDay | None:
    """None where nothing was used: the totals say so."""
    used, known = spending.in_range(data), spending.days(data)
    if known is None or not used.active_days:
        return None
    measure = series.measure(data, priced=used.total.usd is not None)
    chart, *_ = charts(data, "provider", measure, known)
    return UseByDay(chart=chart, all_charts=data.query.with_(tab="usage", page="", open="", sort="").address)
