"""What the tokens would cost, apart from money that is billed."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from providers.domain.cost import Burn
from providers.domain.cost_summary import DayCost
from providers.domain.limits import (
    AccountUsage,
    Sourced,
    Spend,
)
from tests.tray.view.test_menu import (
    COST,
    NOW,
    PRO,
    below,
    state_of,
    top,
)


def cost_of(usage: AccountUsage, **more: Any) -> list[str]:
    """The rows of its cost."""
    texts = below(state_of(usage, **more))
    begin = next(place for place, text in enumerate(texts) if "API prices" in text or "logs yet" in text)
    return texts[begin : texts.index("──", begin)]


def test_how_far_the_count_is() -> None:
    uncounted = replace(PRO, cost=None)
    assert cost_of(uncounted) == ["Cost at API prices: not counted yet"]
    assert cost_of(uncounted, counting=True) == ["Cost at API prices: counting…"]
    assert cost_of(uncounted, counting=True, progress=0.344) == ["Cost at API prices: counting 34 %"]
    assert cost_of(PRO, counting=True, progress=0.344)[0] == "At API prices, not billed (counting 34 %):"
    unread = replace(COST, complete=False, has_logs=False, today_tokens=0, today_usd=0.0)
    assert cost_of(replace(PRO, cost=unread), counting=True) == ["Cost at API prices: counting…"]
    assert cost_of(replace(PRO, cost=unread)) == ["Cost at API prices: not counted; `tankful cost` says why."]
    none = replace(unread, complete=True)
    assert cost_of(replace(PRO, cost=none)) == ["No logs yet; costs appear after your first turn."]


def test_a_count_of_another_day_gives_no_value_for_today() -> None:
    yesterday = replace(PRO, cost=replace(COST, today_usd=None, today_tokens=0, complete=False))
    assert cost_of(yesterday)[1:] == ["Today not counted yet", "≥ $3.10 in 30 days  ·  1.2 M tokens"]
    assert cost_of(yesterday, counting=True)[1] == "Today counting…"


def test_all_figures_of_the_cost() -> None:
    days = tuple(
        DayCost(day=NOW.date() - timedelta(days=13 - ago), usd=usd, tokens=1)
        for ago, usd in enumerate((8.0, 4.0, 0.0, None, *(1.0,) * 9, 0.01))
    )
    full = replace(
        COST,
        days_7_usd=1.4,
        days_7_tokens=400_000,
        month_usd=12.5,
        month_tokens=9_000_000,
        burn=Burn(usd_per_hour=1.2, tokens_per_hour=340_000, over_minutes=180),
        last_days=days,
    )
    assert cost_of(replace(PRO, cost=full)) == [
        "At API prices, not billed:",
        "≈ $0.24 today  ·  67 K tokens",
        "≈ $1.40 in 7 days  ·  400 K tokens",
        "≈ $3.10 in 30 days  ·  1.2 M tokens",
        "≈ $12.50 this month  ·  9.0 M tokens",
        "≈ $1.20 an hour now  ·  340 K tokens",
        "7 Nov █▅▁·▂▂▂▂▂▂▂▂▂▂ 20 Nov",
    ]


def test_cost_without_all_prices() -> None:
    partly = replace(COST, priced="partial", unpriced_models=("gpt-9-foo",))
    nothing = replace(COST, priced="none", today_usd=None, days_30_usd=None)
    assert cost_of(replace(PRO, cost=partly))[1:] == [
        "≥ $0.24 today  ·  67 K tokens",
        "≥ $3.10 in 30 days  ·  1.2 M tokens",
        "No price for gpt-9-foo.",
    ]
    assert cost_of(replace(PRO, cost=nothing))[1:] == [
        "no price today  ·  67 K tokens",
        "no price in 30 days  ·  1.2 M tokens",
    ]


@pytest.mark.parametrize(
    ("models", "row"),
    [
        (("gpt-9-bar", "gpt-9-foo"), "No price for gpt-9-bar and gpt-9-foo."),
        (("a", "b", "c"), "No price for a, b and 1 more."),
        (("x" * 99,), f"No price for {'x' * 39}…."),
        (("a\x1b[31m\nb",), "No price for a [31m b."),
    ],
)
def test_models_without_a_price_are_named(models: tuple[str, ...], row: str) -> None:
    assert cost_of(replace(PRO, cost=replace(COST, priced="partial", unpriced_models=models)))[-1] == row


def test_money_that_is_billed_looks_like_no_estimate() -> None:
    spend = Sourced(
        value=Spend(used=Decimal("7.63"), limit=Decimal(20), currency="EUR"), source="oauth", fetched_at=NOW
    )
    texts = below(state_of(replace(PRO, spend=spend)))
    assert "Billed extra usage: 7.63 EUR of 20.00 EUR" in texts
    assert all("≈" in text for text in texts if "$" in text)


def test_what_is_not_in_the_logs_is_named_where_there_is_any() -> None:
    beyond = replace(COST, not_on_lines_usd=0.42, not_on_lines_tokens=40_000)
    rows = cost_of(replace(PRO, cost=beyond))
    assert rows[2:4] == [
        "≈ $3.10 in 30 days  ·  1.2 M tokens",
        "≈ $0.42 of it not in the logs  ·  40 K tokens",
    ]
    unpriced = replace(beyond, not_on_lines_usd=None)
    assert "no price of it not in the logs  ·  40 K tokens" in cost_of(replace(PRO, cost=unpriced))
    assert not any("not in the logs" in row for row in cost_of(PRO))


def test_totals_with_it_are_explained_until_the_person_has_seen_it() -> None:
    beyond = replace(PRO, cost=replace(COST, not_on_lines_usd=0.42, not_on_lines_tokens=40_000))
    line = "Totals include ≈ $0.42 not in the logs ▸"
    assert top(state_of(beyond, is_explained=False))[0] == line
    assert below(state_of(beyond, is_explained=False), "explained")[-1] == "Do not show this again"
    for state in (state_of(beyond), state_of(PRO, is_explained=False)):
        assert line not in top(state)
