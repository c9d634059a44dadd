"""Limits that other machines read, beside those that were read here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from providers.domain.limits import Account, AccountUsage, RateWindow, Sourced, UsageSnapshot
from tray.engine.exported_limits import LimitReading
from tray.view.other_limits import with_readings

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def window(ident: str, used: float, ago: timedelta, resets_in: timedelta = HOUR) -> Sourced[RateWindow]:
    value = RateWindow(
        id=ident, title="as sent", used_percent=used, duration=5 * HOUR, resets_at=NOW + resets_in
    )
    return Sourced(value=value, source="oauth", fetched_at=NOW - ago)


def read(
    ident: str, used: float, ago: timedelta, account: str = "a1b2c3d4", resets_in: timedelta | None = HOUR
) -> LimitReading:
    return LimitReading(
        time=NOW - ago,
        provider="codex",
        account=account,
        window_id=ident,
        source="status",
        used_percent=used,
        resets_at=None if resets_in is None else NOW + resets_in,
    )


def shown(
    own: tuple[Sourced[RateWindow], ...], *readings: LimitReading
) -> list[list[tuple[str, float, str]]]:
    """The windows of each account: id, percent, title."""
    account = AccountUsage(
        provider="codex", title="Codex", homes=("~/.codex",), account=Account(id="a1b2c3d4"), windows=own
    )
    found = with_readings(
        UsageSnapshot(generated_at=NOW, accounts=(account,)), readings, {"codex": "Codex"}, NOW
    )
    return [
        [(each.value.id, each.value.used_percent, each.value.title) for each in account.windows]
        for account in found.accounts
    ]


def test_the_newest_reading_is_shown_once() -> None:
    own = (window("session", 10, 2 * HOUR), window("weekly", 20, HOUR / 4))
    readings = [read("session", 30, HOUR), read("session", 25, HOUR * 1.5), read("weekly", 15, HOUR)]
    for order in (readings, readings[::-1]):
        assert shown(own, *order) == [[("session", 30, "as sent"), ("weekly", 20, "as sent")]]


def test_a_window_that_has_reset_since_says_nothing() -> None:
    own = (window("session", 10, 2 * HOUR),)
    assert shown(own, read("session", 99, HOUR, resets_in=-HOUR / 2)) == [[("session", 10, "as sent")]]
    assert shown((), read("session", 99, 6 * HOUR, "0f9e8d7c", resets_in=None)) == [[]]
    assert shown((), read("session", 99, HOUR, "0f9e8d7c", resets_in=None)) == [[], [("session", 99, "5h")]]


def test_a_clock_that_is_ahead_wins_nothing() -> None:
    assert shown((window("session", 10, HOUR),), read("session", 30, -HOUR)) == [[("session", 10, "as sent")]]


def test_a_window_is_added_only_if_it_was_read_later_than_those_here() -> None:
    own = (window("session", 10, HOUR),)
    added = read("model:opus:weekly", 3, HOUR / 2)
    assert shown(own, added) == [[("session", 10, "as sent"), ("model:opus:weekly", 3, "Opus Weekly")]]
    assert shown(own, read("weekly", 3, 2 * HOUR)) == [[("session", 10, "as sent")]]


def test_other_accounts_come_last() -> None:
    found = shown((window("session", 10, HOUR),), read("window:90", 7, HOUR, "0f9e8d7c"))
    assert found == [[("session", 10, "as sent")], [("window:90", 7, "90m")]]
