"""Until when "until the reset" lasts: of the tightest account, or of the one that is blocked."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from providers.domain.limits import AccountUsage, UsageSnapshot
from tests.tray.view.test_menu import NOW, PRO, lane
from tray.engine.state import State
from tray.view.accounts import next_reset

HOUR = timedelta(hours=1)


def of(*accounts: AccountUsage) -> datetime | None:
    return next_reset(State(snapshot=UsageSnapshot(generated_at=NOW, accounts=accounts)), NOW)


def usage(session: float, weekly: float, *, ends: float | None = 2) -> AccountUsage:
    resets_at = None if ends is None else NOW + ends * HOUR
    windows = (
        lane("session", "5h", session, 5, resets_at),
        lane("weekly", "Weekly", weekly, 168, NOW + 40 * HOUR),
    )
    return replace(PRO, windows=windows)


def test_the_first_reset_of_the_tightest_account() -> None:
    assert of(usage(37.0, 62.0), usage(80.0, 10.0, ends=3)) == NOW + 3 * HOUR


def test_a_blocked_account_counts_until_all_that_blocks_it_has_reset() -> None:
    assert of(usage(100.0, 100.0)) == NOW + 40 * HOUR
    assert of(usage(100.0, 10.0)) == NOW + 2 * HOUR


def test_what_is_not_known_and_what_has_passed_are_no_resets() -> None:
    assert of(usage(37.0, 62.0, ends=None)) == NOW + 40 * HOUR
    assert of(usage(37.0, 62.0, ends=-1)) == NOW + 40 * HOUR
    assert of() is None
    assert of(replace(PRO, windows=())) is None
    assert next_reset(State(), NOW) is None
