from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from providers.domain.blocked import blocked
from providers.domain.limits import AccountUsage, Credits, RateWindow, Sourced, Spend
from tests.homes import NOW

HOUR = timedelta(hours=1)


def lane(ident: str, used: float, ends_in: float | None = 2, read: float = 0.01) -> Sourced[RateWindow]:
    resets_at = None if ends_in is None else NOW + ends_in * HOUR
    window = RateWindow(id=ident, title=ident.title(), used_percent=used, resets_at=resets_at)
    return Sourced(value=window, source="oauth", fetched_at=NOW - read * HOUR)


def usage(
    *windows: Sourced[RateWindow], said: float | None = None, credits_: Credits | None = None
) -> AccountUsage:
    return AccountUsage(
        provider="codex",
        title="Codex",
        homes=("~/.codex",),
        windows=windows,
        limit_reached_at=None if said is None else NOW - said * HOUR,
        credits=Sourced(value=credits_, source="oauth", fetched_at=NOW) if credits_ else None,
    )


@pytest.mark.parametrize(
    ("windows", "by", "until"),
    [
        ((lane("session", 1), lane("weekly", 100)), ("weekly",), 2),
        ((lane("session", 100, 3), lane("weekly", 120)), ("session", "weekly"), 3),
        ((lane("session", 100, None), lane("weekly", 100)), ("session", "weekly"), None),
        ((lane("individual", 100, 9),), ("individual",), 9),
        ((lane("window:1440", 100),), ("window:1440",), 2),
        ((lane("weekly", 100, read=40),), ("weekly",), 2),
    ],
)
def test_a_spent_window_blocks(
    windows: tuple[Sourced[RateWindow], ...], by: tuple[str, ...], until: float | None
) -> None:
    block = blocked(usage(*windows), NOW)
    assert block is not None
    assert tuple(each.value.id for each in block.by) == by
    assert block.until == (None if until is None else NOW + until * HOUR)


@pytest.mark.parametrize(
    "window",
    [
        lane("weekly", 99.9),
        lane("weekly", 100, 0),
        lane("weekly", 100, None, read=1),
        lane("model:x:weekly", 100),
        lane("code_review:weekly", 100),
    ],
)
def test_what_does_not_block(window: Sourced[RateWindow]) -> None:
    assert blocked(usage(window), NOW) is None


def test_a_reported_block_holds_while_it_is_fresh() -> None:
    full = lane("session", 5)
    assert blocked(usage(full, said=0.1), NOW) is not None
    assert blocked(usage(full, said=1), NOW) is None
    assert blocked(usage(lane("session", 5, -0.05), said=0.1), NOW) is None


def test_credits_carry_on() -> None:
    spent = lane("weekly", 100)
    for bought, left in [
        (Credits(unlimited=True), True),
        (Credits(balance=Decimal(1)), True),
        (Credits(balance=Decimal(0)), False),
        (Credits(), False),
        (Credits(balance=Decimal(1), carries_on=False), False),
        (Credits(unlimited=True, carries_on=False), False),
    ]:
        block = blocked(usage(spent, credits_=bought), NOW)
        assert block is not None
        assert block.credits_left is left


@pytest.mark.parametrize("carries_on", [True, False, None])
def test_money_beside_the_limits_carries_on_where_more_may_be_spent(carries_on: bool | None) -> None:
    spend = Spend(used=Decimal(1), carries_on=carries_on)
    told = replace(usage(lane("weekly", 100)), spend=Sourced(value=spend, source="oauth", fetched_at=NOW))
    block = blocked(told, NOW)
    assert block is not None
    assert block.credits_left is carries_on
    empty = Sourced(value=Credits(balance=Decimal(0)), source="oauth", fetched_at=NOW)
    block = blocked(replace(told, credits=empty), NOW)
    assert block is not None
    assert block.credits_left is (carries_on is True)


def test_a_refusal_for_a_window_that_has_been_reset_is_a_server_that_lags() -> None:
    others = lane("weekly", 40, 50)
    assert blocked(usage(lane("session", 100, -0.1, read=0.05), others, said=0.05), NOW) is None
    spent_yesterday = lane("session", 100, -9, read=10)
    assert blocked(usage(spent_yesterday, others, said=0.05), NOW) is not None, "of that it says nothing new"
    assert blocked(usage(lane("session", 60, -0.1, read=0.05), others, said=0.05), NOW) is not None
