"""What each account came to: the one that a log names, or that was signed in at the time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from providers.ledger.sums import UNKNOWN
from tray.faces.page import choices
from tray.faces.page.data import PageData
from tray.faces.page.table import groups
from tray.faces.page.table.names import ShownName, named
from tray.faces.page.table.table import TallyTable, table


class ByAccount(Struct, frozen=True):
    table: TallyTable


def build(data: PageData) -> ByAccount:
    names = choices.names(data)
    rows = groups.with_models(data, "account", lambda account: _name(data, names, account))
    is_unknown = any(row.text == UNKNOWN for row in rows)
    return ByAccount(
        table(
            rows,
            data.query,
            caption="Cost and tokens by account; open a row for its models",
            title="Account",
            beyond=groups.beyond(data),
            notes=tuple(_notes(is_unknown)),
        )
    )


def _notes(is_unknown: bool) -> Iterator[str]:
    if is_unknown:
        yield "Unknown: the logs name no account, and tankful did not see who was signed in at the time."


def _name(data: PageData, names: Mapping[tuple[str, str], str], account: str) -> ShownName:
    link = data.query.with_(account=account, page="").address
    return named(names.get(("account", account), account), link)
