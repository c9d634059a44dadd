"""Real money: credits and spend, as the accounts themselves have them. No part of it are API prices."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from msgspec import Struct

from tray.engine import published
from tray.faces.page.data import PageData
from tray.faces.page.table.names import readable
from tray.view import format as fmt


class MoneyRow(Struct, frozen=True, kw_only=True):
    """`what` is "Credits left" or "Extra usage"; `age` is how old that is, marked where it is `stale`."""

    account: str
    what: str
    amount: str
    note: str
    age: str
    stale: bool


class RealMoney(Struct, frozen=True):
    rows: tuple[MoneyRow, ...]


def build(data: PageData) -> RealMoney | None:
    """None where no account has any, and where a filter asks for a part that accounts know nothing of."""
    if data.usage is None or data.selection.project or data.selection.model:
        return None
    try:
        rows = tuple(
            row
            for account in data.usage["providers"]
            if data.wants(account["provider"], (account.get("account") or {}).get("id"), account["homes"])
            for row in _rows(account, data)
        )
    except published.DAMAGED:  # the next round rewrites it
        return None
    return RealMoney(rows) if rows else None


def _rows(account: dict[str, Any], data: PageData) -> Iterator[MoneyRow]:
    where = ", ".join(readable(each) for each in account.get("homes") or ())
    name = f"{data.title(account['provider'])} ({where})"
    bought, spent = account.get("credits"), account.get("spend")
    if bought and (bought.get("unlimited") or bought.get("balance") is not None):
        shown = "unlimited" if bought.get("unlimited") else fmt.balance(Decimal(bought["balance"]))
        yield _row(name, "Credits left", shown, "", bought, data.now)
    if spent:
        currency = spent.get("currency") or "USD"
        limit = spent.get("limit")
        parts = [f"of at most {fmt.amount(Decimal(limit), currency)}"] if limit is not None else []
        if resets := spent.get("resets_at"):
            day = datetime.fromisoformat(resets).astimezone(data.zone).date()
            parts.append(f"until {fmt.day_name(day, data.today)}")
        yield _row(
            name,
            "Extra usage",
            fmt.amount(Decimal(spent["used"]), currency),
            ", ".join(parts),
            spent,
            data.now,
        )


def _row(account: str, what: str, amount: str, note: str, lane: dict[str, Any], now: datetime) -> MoneyRow:
    age = now - datetime.fromisoformat(lane["fetched_at"])
    return MoneyRow(
        account=account,
        what=what,
        amount=amount,
        note=note,
        age=fmt.age(max(age, timedelta(0))),
        stale=bool(lane.get("stale")),
    )
