"""What the ledger's limit history adds to an account."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from providers.domain.limits import Account, AccountUsage, RateWindow, Sourced
from providers.ledger.ledger import Ledger
from tray.engine import history

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
EVER = NOW - timedelta(days=9), NOW + timedelta(days=9)


def usage(minute: int, used: float) -> AccountUsage:
    window = RateWindow(
        id="session",
        title="5h",
        used_percent=used,
        duration=timedelta(hours=5),
        resets_at=NOW + timedelta(hours=4),
    )
    lane = Sourced(value=window, source="oauth", fetched_at=NOW + minute * MINUTE)
    return AccountUsage(provider="codex", title="Codex", homes=(), account=Account(id="a1"), windows=(lane,))


def test_rates_and_early_resets_are_those_of_what_was_noted(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite3")
    noted = [
        history.note(ledger, usage(minute, minute / 3), NOW + minute * MINUTE, UTC, "all")
        for minute in range(0, 61, 3)
    ]
    assert noted[0].rates == ()
    assert [round(rate.percent_per_hour) for rate in noted[-1].rates] == [20]
    again = history.note(ledger, usage(60, 20), NOW + 64 * MINUTE, UTC, "all")
    assert again.rates == noted[-1].rates, "a reading says the same however late it is looked at"
    dropped = history.note(ledger, usage(70, 1), NOW + 70 * MINUTE, UTC, "all")
    assert [reset.window for reset in dropped.early_resets] == ["session"]
    later = NOW + timedelta(hours=30)
    assert history.with_news(ledger, usage(70, 1), later, UTC, "all").early_resets == ()


def test_looking_records_nothing(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite3")
    assert history.with_news(ledger, usage(0, 1), NOW, UTC, "all") == usage(0, 1)
    assert list(tmp_path.iterdir()) == []


def test_an_unusable_ledger_takes_nothing_from_an_account(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    ledger = Ledger(tmp_path / "file/ledger.sqlite3")
    assert history.note(ledger, usage(0, 1), NOW, UTC, "all") == usage(0, 1)
    damaged = tmp_path / "ledger.sqlite3"
    damaged.write_bytes(b"this is no database, and long enough to be looked at" * 40)
    assert history.note(Ledger(damaged), usage(0, 1), NOW, UTC, "all") == usage(0, 1)


def test_a_home_without_a_login_has_no_history(tmp_path: Path) -> None:
    nobody = AccountUsage(provider="codex", title="Codex", homes=())
    ledger = Ledger(tmp_path / "ledger.sqlite3")
    assert history.note(ledger, nobody, NOW, UTC, "all") == nobody
    assert ledger.limits.windows(*EVER) == []
