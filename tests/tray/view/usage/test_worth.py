"""What subscriptions cost against API prices."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from providers.domain.cost import Tally, TokenUsage
from tray.engine.subscriptions import Subscription
from tray.view.usage.days import DAYS_A_MONTH
from tray.view.usage.worth import Payer, worth

CODEX = Payer(provider="codex", account="c1", homes=("~/.codex", "~/work"))
CLAUDE = Payer(provider="claude", account="a1", homes=("~/.claude",))


def paid(account: str, amount: int = 100, currency: str = "USD") -> Subscription:
    return Subscription(account, Decimal(amount), currency)


def used(usd: float | None, unpriced: int = 0) -> Tally:
    return Tally(responses=1 + unpriced, usage=TokenUsage(output_tokens=5), usd=usd, unpriced=unpriced)


def during(days: int) -> Callable[[Payer, Subscription], int]:
    return lambda _payer, _subscription: days


def test_the_sum_over_the_accounts_shown_scaled_to_the_range() -> None:
    found = worth(
        [paid("c1", 200), paid("~/.claude")],
        [CODEX, CLAUDE],
        {
            ("codex", "c1", "~/.codex"): used(300.0),
            ("codex", "c1", "~/work"): used(100.0),
            ("claude", "a1", "~/.claude"): used(50.0),
        },
        days=during(10),
    )
    share = 10 / DAYS_A_MONTH
    assert [each.api.usd for each in found.accounts] == [400.0, 50.0]
    assert [float(each.price) for each in found.accounts] == pytest.approx([200 * share, 100 * share])
    assert found.ratio == pytest.approx(450 / (300 * share))
    assert found.accounts[1].ratio == pytest.approx(50 / (100 * share))
    assert (found.left_out, found.unknown) == ((), ())


def test_an_account_without_a_price_is_left_out_of_both_sides_and_named() -> None:
    found = worth(
        [paid("c1")],
        [CODEX, CLAUDE],
        {("codex", "c1", "~/.codex"): used(5.0), ("claude", "a1", "~/.claude"): used(70.0)},
        days=during(30),
    )
    assert found.api is not None
    assert found.api.usd == 5.0
    assert found.left_out == (("claude", "a1", "~/.claude"),)


def test_one_providers_price_is_never_that_of_another() -> None:
    same = Payer(provider="claude", account=None, homes=("~/both",))
    found = worth([paid("c1")], [CODEX, same], {("claude", "c1", "~/both"): used(9.0)}, days=during(30))
    assert found.api is not None
    assert found.api.usd == 0.0
    assert found.left_out == (("claude", "c1", "~/both"),)


def test_each_price_is_for_the_days_of_its_own_account() -> None:
    found = worth(
        [paid("c1"), paid("a1"), paid("~/later")],
        [CODEX, CLAUDE, Payer(provider="codex", account=None, homes=("~/later",))],
        {("codex", "c1", "~/.codex"): used(5.0), ("claude", "a1", "~/.claude"): used(70.0)},
        days=lambda payer, _: {"c1": 30, "a1": 10}.get(payer.account or "", 0),
    )
    assert [(each.subscription.account, each.days) for each in found.accounts] == [("c1", 30), ("a1", 10)]
    assert float(found.price or 0) == pytest.approx(100 * 40 / DAYS_A_MONTH)
    assert found.unknown == ()


def test_what_was_paid_for_and_not_used_counts() -> None:
    found = worth([paid("a1")], [CLAUDE], {}, days=during(30))
    assert found.ratio == 0.0


def test_an_account_in_several_homes_is_paid_once() -> None:
    found = worth([paid("~/.codex", 20), paid("~/work", 30)], [CODEX], {}, days=during(30))
    assert [each.subscription.account for each in found.accounts] == ["~/.codex"]
    assert found.unknown == ()
    by_id = worth([paid("~/.codex", 20), paid("c1", 200)], [CODEX], {}, days=during(30))
    assert [each.subscription.account for each in by_id.accounts] == ["c1"]


def test_use_that_no_account_is_known_of_belongs_to_the_home() -> None:
    found = worth([paid("c1")], [CODEX], {("codex", "unknown", "~/work"): used(4.0)}, days=during(30))
    assert found.api is not None
    assert found.api.usd == 4.0
    alone = worth([paid("~/desk")], [], {("claude", "unknown", "~/desk"): used(4.0)}, days=during(30))
    assert alone.api is not None
    assert alone.api.usd == 4.0


def test_another_account_of_a_home_belongs_to_a_price_of_the_home_alone() -> None:
    use = {("codex", "old", "~/work"): used(4.0)}
    by_account = worth([paid("c1")], [CODEX], use, days=during(30))
    assert by_account.left_out == (("codex", "old", "~/work"),)
    by_home = worth([paid("~/work")], [CODEX], use, days=during(30))
    assert by_home.left_out == ()


def test_an_earlier_account_of_a_home_has_its_own_price() -> None:
    found = worth(
        [paid("~/.claude"), paid("old", 20)],
        [CLAUDE],
        {("claude", "a1", "~/.claude"): used(1.0), ("claude", "old", "~/.claude"): used(2.0)},
        days=during(30),
    )
    assert {each.subscription.account: each.api.usd for each in found.accounts} == {
        "~/.claude": 1.0,
        "old": 2.0,
    }


def test_other_currencies_are_shown_and_not_compared() -> None:
    found = worth(
        [paid("c1", 20, "EUR"), paid("a1")],
        [CODEX, CLAUDE],
        {("codex", "c1", "~/.codex"): used(5.0), ("claude", "a1", "~/.claude"): used(70.0)},
        days=during(30),
    )
    assert [each.ratio is None for each in found.accounts] == [True, False]
    assert found.api is not None
    assert found.api.usd == 70.0
    only = worth([paid("c1", 20, "EUR")], [CODEX], {("codex", "c1", "~/.codex"): used(5.0)}, days=during(30))
    assert (only.ratio, only.price, only.api) == (None, None, None)
    assert only.accounts[0].api.usd == 5.0


def test_without_any_price_there_is_no_ratio() -> None:
    found = worth([paid("c1")], [CODEX], {("codex", "c1", "~/.codex"): used(None, 3)}, days=during(30))
    assert found.ratio is None
    assert found.accounts[0].ratio is None


def test_a_name_that_fits_nothing_is_named_unless_it_is_only_not_shown() -> None:
    found = worth([paid("nobody"), paid("a1")], [CODEX], {}, days=during(30), known=("a1",))
    assert found.unknown == ("nobody",)
    assert found.accounts == ()
