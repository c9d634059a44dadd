from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from providers.ledger.ledger import Ledger
from providers.models import RateWindow, WindowLane

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
RESET = NOW + timedelta(hours=2)


def lane(minute: int, used: float, resets_at: datetime | None = RESET, source: str = "oauth") -> WindowLane:
    window = RateWindow(id="session", title="5h", used_percent=used, resets_at=resets_at)
    return WindowLane(window=window, source=source, fetched_at=NOW + timedelta(minutes=minute))


def noted(folder: Path, *lanes: WindowLane) -> list[tuple[int, float, str]]:
    ledger = Ledger(folder / "ledger.sqlite3")
    for each in lanes:
        ledger.note_limits({"a1": [each], "b2": []})
    assert ledger.limit_changes("b2", NOW) == []
    return [
        (round((change.at - NOW) / timedelta(minutes=1)), change.used_percent, change.source)
        for change in ledger.limit_changes("a1", NOW)
    ]


def test_only_changes_are_kept(tmp_path: Path) -> None:
    assert noted(tmp_path, lane(0, 10), lane(1, 10), lane(2, 11, source="rollouts"), lane(3, 11)) == [
        (0, 10, "oauth"),
        (2, 11, "rollouts"),
    ]


def test_a_reset_that_moved_is_a_change_and_one_reckoned_anew_is_not(tmp_path: Path) -> None:
    second = timedelta(seconds=1)
    assert noted(tmp_path, lane(0, 10), lane(1, 10, RESET + second), lane(2, 10, RESET + 61 * second)) == [
        (0, 10, "oauth"),
        (2, 10, "oauth"),
    ]
    assert noted(tmp_path, lane(3, 10, None))[-1] == (3, 10, "oauth")


def test_what_is_older_than_the_last_change_tells_nothing(tmp_path: Path) -> None:
    assert noted(tmp_path, lane(5, 10), lane(4, 99)) == [(5, 10, "oauth")]
