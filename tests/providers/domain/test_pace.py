from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from providers.domain.limits import RateWindow
from providers.domain.pace import pace

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def window(used: float, elapsed: float, hours: float = 10) -> RateWindow:
    """A window of `hours`, `elapsed` of them gone."""
    return RateWindow(
        id="session",
        title="5h",
        used_percent=used,
        duration=timedelta(hours=hours),
        resets_at=NOW + timedelta(hours=hours - elapsed),
    )


@pytest.mark.parametrize(
    ("used", "elapsed", "verdict", "runs_out_in_hours"),
    [
        (37, 7, "reserve", None),
        (50, 5, "on_pace", None),
        (51.9, 5, "on_pace", 4.634),
        (80, 5, "deficit", 1.25),
        (99.9, 5, "deficit", 0.005),
        (0, 5, "reserve", None),
        (1e-300, 5, "reserve", None),
    ],
)
def test_verdicts(used: float, elapsed: float, verdict: str, runs_out_in_hours: float | None) -> None:
    found = pace(window(used, elapsed), NOW)
    assert found is not None
    assert found.verdict == verdict
    assert found.expected_percent == pytest.approx(elapsed * 10)
    if runs_out_in_hours is None:
        assert found.runs_out_at is None
    else:
        assert found.runs_out_at is not None
        assert (found.runs_out_at - NOW).total_seconds() / 3600 == pytest.approx(runs_out_in_hours, abs=0.01)


@pytest.mark.parametrize(
    "untold",
    [
        window(10, 0.2),
        window(10, 10),
        window(10, -1),
        window(100, 5),
        window(130, 5),
        RateWindow(id="x", title="x", used_percent=1, duration=timedelta(hours=5)),
        RateWindow(id="x", title="x", used_percent=1, resets_at=NOW + timedelta(hours=1)),
    ],
    ids=["just begun", "over", "not begun", "spent", "overspent", "no reset", "no length"],
)
def test_an_unknown_pace_is_none(untold: RateWindow) -> None:
    assert pace(untold, NOW) is None
