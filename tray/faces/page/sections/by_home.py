"""What each home came to: the folder whose logs have it."""

from __future__ import annotations

from msgspec import Struct

from tray.faces.page.data import PageData
from tray.faces.page.table import groups
from tray.faces.page.table.names import named
from tray.faces.page.table.table import TallyTable, table


class ByHome(Struct, frozen=True):
    table: TallyTable


def build(data: PageData) -> ByHome:
    return ByHome(
        table(
            groups.with_models(
                data, "home", lambda label: named(label, data.query.with_(home=label, page="").address)
            ),
            data.query,
            caption="Cost and tokens by home; open a row for its models",
            title="Home",
            beyond=groups.beyond(data),
        )
    )
