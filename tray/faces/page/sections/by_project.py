"""What each project came to, in all providers together."""

from __future__ import annotations

from msgspec import Struct

from tray.faces.page import spending
from tray.faces.page.data import PageData
from tray.faces.page.table import groups
from tray.faces.page.table.names import named
from tray.faces.page.table.table import TallyTable, table


class ByProject(Struct, frozen=True):
    table: TallyTable


def build(data: PageData) -> ByProject:
    rows = groups.with_models(
        data,
        "project",
        lambda name: named(name, data.query.with_(project=name, page="").address),
        merged=True,
    )
    return ByProject(
        table(
            rows,
            data.query,
            caption="Cost and tokens by project; open a row for its models",
            title="Project",
            beyond=groups.beyond(data),
            notes=spending.unpriced_note(data),
        )
    )
