from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from providers.domain.limits import Account, AccountUsage, RateWindow, Sourced, Spend
from providers.live.compose import HomeAccount
from providers.source import Home
from tests.tray.engine.live.looks import NOW
from tray.engine.live.accounts import home_accounts

WEEK = timedelta(days=7)
HOME = Home(provider="codex", path=Path("/home/dev/.codex"), label="~/.codex")


def lane(
    ident: str = "weekly", used: float = 40.0, resets_in: timedelta = timedelta(days=2)
) -> Sourced[RateWindow]:
    window = RateWindow(id=ident, title="Weekly", used_percent=used, duration=WEEK, resets_at=NOW + resets_in)
    return Sourced(value=window, source="oauth", fetched_at=NOW)


def account(*windows: Sourced[RateWindow], provider: str = "codex", home: str = "~/.codex") -> AccountUsage:
    return AccountUsage(
        provider=provider, title="Codex", homes=(home,), account=Account(id="a1b2c3d4"), windows=windows
    )


def of(*accounts: AccountUsage) -> HomeAccount | None:
    return home_accounts(accounts, [HOME], NOW).get(HOME.path)


def test_a_home_has_the_account_that_is_signed_in_there() -> None:
    assert of(account(lane())) == HomeAccount(
        id="a1b2c3d4", week_percent=40, week_since=NOW + timedelta(days=2) - WEEK
    )
    assert of(account(lane(), provider="claude"), account(lane(), home="~/.codex-work")) is None


def test_a_spent_limit_blocks_whatever_its_window() -> None:
    found = of(account(lane("session", used=100)))
    assert found == HomeAccount(id="a1b2c3d4", is_blocked=True)


def test_who_pays_on_is_not_blocked() -> None:
    from decimal import Decimal

    from msgspec.structs import replace

    spend = Spend(used=Decimal(1), limit=None, currency="USD", carries_on=True)
    usage = replace(account(lane(used=100)), spend=Sourced(value=spend, source="oauth", fetched_at=NOW))
    found = of(usage)
    assert found is not None
    assert not found.is_blocked


def test_a_week_that_is_over_says_nothing_of_the_next() -> None:
    assert of(account(lane(resets_in=-timedelta(minutes=1)))) == HomeAccount(id="a1b2c3d4")
