"""What each account came to: the one that a log names, or that was signed in at the time."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from providers.ledger.sums import UNKNOWN
from tray.engine.settings_table import HIDE_EMAIL
from tray.faces.page.data import PageData
from tray.faces.page.table import groups
from tray.faces.page.table.names import ShownName, named
from tray.faces.page.table.table import TallyTable, table


class ByAccount(Struct, frozen=True):
    table: TallyTable


def build(data: PageData) -> ByAccount:
    emails = {} if data.scope.settings().get(HIDE_EMAIL) else _emails(data)
    rows = groups.with_models(data, "account", lambda account: _name(data, emails, account))
    is_unknown = any(row.text == UNKNOWN for row in rows)
    return ByAccount(
        table(
            rows,
            data.query,
            caption="Cost and tokens by account; a row opens to its models",
            title="Account",
            beyond=groups.beyond(data),
            notes=tuple(_notes(is_unknown)),
        )
    )


def _notes(is_unknown: bool) -> Iterator[str]:
    if is_unknown:
        yield "Unknown: the logs name no account, and tankful did not see who was signed in at the time."


def _name(data: PageData, emails: dict[str, str], account: str) -> ShownName:
    link = data.query.with_(account=account, page="").address
    return named(f"{emails[account]} ({account})" if account in emails else account, link)


def _emails(data: PageData) -> dict[str, str]:
    """By account id, as far as their logins name them."""
    accounts = [] if data.usage is None else data.usage["providers"]
    found = [each["account"] for each in accounts if each.get("account")]
    return {account["id"]: account["email"] for account in found if account.get("email")}
