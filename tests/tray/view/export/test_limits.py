"""The limit history and the log of windows as tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from providers.ledger.history import LimitChange
from providers.ledger.rows import LimitRow
from providers.ledger.windows import WindowRecord
from tray.view.export import limits
from tray.view.export.redact import Redaction
from tray.view.export.table import Cell, Table

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
WINDOW = WindowRecord(
    account="a1b2c3d4",
    window="session",
    starts_at=NOON,
    resets_at=NOON + timedelta(hours=5),
    used_percent=41.5,
    seen_at=NOON + timedelta(hours=1),
)
SALTED = Redaction(salt=b"x" * 32)


def cells(table: Table) -> dict[str, Cell]:
    """Those of its only row."""
    ((shared, own),) = table.rows
    lead = len(table.lead)
    return dict(zip(table.columns, (*own[:lead], *shared, *own[lead:]), strict=True))


def of_change(used: float, hidden: Redaction = SALTED) -> dict[str, Cell]:
    row = LimitRow("a1b2c3d4", LimitChange(NOON, "session", used, None, "oauth"))
    return cells(limits.limits([row], {"a1b2c3d4": "codex"}, hidden))


def test_names_are_hidden_where_that_is_wanted() -> None:
    shown = cells(limits.windows([WINDOW], {"a1b2c3d4": "codex"}, Redaction()))
    hidden = cells(limits.windows([WINDOW], {"a1b2c3d4": "codex"}, SALTED))
    assert (shown["account"], shown["provider"]) == ("a1b2c3d4", "codex")
    assert hidden["account"] == of_change(10)["account"] != "a1b2c3d4"
    assert of_change(10, Redaction())["account"] == "a1b2c3d4"


@pytest.mark.parametrize("used", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_is_not_known(used: float) -> None:
    assert of_change(used)["used_percent"] is None
    table = limits.windows([replace(WINDOW, used_percent=used)], {}, SALTED)
    assert cells(table)["used_percent"] is None


def test_credits_that_are_not_known_are_none_and_not_0() -> None:
    assert cells(limits.windows([WINDOW], {}, SALTED))["credits_used"] is None
    used = replace(WINDOW, credits_used=Decimal("0.25"))
    assert cells(limits.windows([used], {}, SALTED))["credits_used"] == 0.25
