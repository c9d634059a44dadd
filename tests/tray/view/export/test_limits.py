"""The limit history and the log of windows as tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from providers.domain.cost import Tally, TokenUsage
from providers.domain.window_value import PercentRise
from providers.ledger.history import LimitChange
from providers.ledger.rows import LimitRow
from providers.ledger.window_use import WindowUse
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


def test_what_was_logged_of_a_window() -> None:
    usage = TokenUsage(output_tokens=900, input_tokens=100)
    tally = Tally(responses=3, usage=usage, usd=1.5)
    use = WindowUse(
        record=WINDOW,
        used={"m": tally},
        seen={"m": replace(tally, usd=1.0)},
        rise=PercentRise(21.0, 1.0, 0, 9),
    )
    found = cells(limits.windows([WINDOW], {}, SALTED, [use]))
    assert (found["responses"], found["output_tokens"], found["total_tokens"]) == (3, 900, 1000)
    assert (found["usd"], found["unpriced"], found["usd_per_percent"]) == (1.5, 0, 0.05)
    assert (found["seen_percent"], found["elsewhere_percent"]) == (21.0, 1.0)


def test_without_logs_nothing_is_known_of_what_was_logged() -> None:
    found = cells(limits.windows([WINDOW], {}, SALTED))
    names = ("responses", "input_tokens", "usd", "unpriced", "seen_percent", "usd_per_percent")
    assert [found[name] for name in names] == [None] * 6


def test_credits_that_are_not_known_are_none_and_not_0() -> None:
    assert cells(limits.windows([WINDOW], {}, SALTED))["credits_used"] is None
    used = replace(WINDOW, credits_used=Decimal("0.25"))
    assert cells(limits.windows([used], {}, SALTED))["credits_used"] == 0.25
