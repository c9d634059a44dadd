"""Changes against the period before, only where they are honest."""

from __future__ import annotations

from tray.view.usage.change import Change, change


def test_in_figures_and_in_percent() -> None:
    assert change(15, 10) == Change(before=10, difference=5, percent=50)
    assert change(0, 10) == Change(before=10, difference=-10, percent=-100)
    assert change(10, 10) == Change(before=10, difference=0, percent=0)


def test_nothing_before_has_no_percentage() -> None:
    assert change(15, 0) == Change(before=0, difference=15)


def test_what_is_not_known_is_not_compared() -> None:
    assert change(15, None) == Change(before=None)
    assert change(None, 10) == Change(before=10)


def test_a_lower_bound_and_a_part_of_a_period_are_shown_and_not_compared() -> None:
    assert change(15, 10, exact=False) == Change(before=10)
    assert change(15, 10, whole=False) == Change(before=10)
