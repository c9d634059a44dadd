"""A few lines to copy, or to show as a notice."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from providers.domain.errors import Offline
from tests.tray.view.test_menu import (
    BARE,
    NOW,
    PRO,
    ZONE,
    failing,
    lane,
    state_of,
    with_settings,
)
from tray.view import menu


def test_the_summary_of_a_notice_is_narrow() -> None:
    assert menu.summary(state_of(PRO), NOW, ZONE, narrow=True).splitlines() == [
        "Codex · Pro",
        "5h 63 % left (resets in 1 h 29 m)",
        "Weekly 38 % left (resets Sun 19:00)",
        "≈ $0.24 today, ≈ $3.10 in 30 days, at API prices",
    ]


def test_a_notice_of_many_accounts_fits_on_the_screen() -> None:
    many = state_of(*(replace(PRO, homes=(f"~/{number}",)) for number in range(9)))
    lines = menu.summary(many, NOW, ZONE, narrow=True).splitlines()
    assert len(lines) == 4 * 4 + 1
    assert lines[-1] == "And 5 more."
    assert menu.summary(many, NOW, ZONE).count("Codex") == 9


def test_the_summary() -> None:
    claude = failing(replace(PRO, provider="claude", title="Claude", cost=None), Offline("No."))
    assert menu.summary(state_of(PRO, claude), NOW, ZONE).splitlines() == [
        "Claude · Pro: 5h 63 % left (resets in 1 h 29 m), Weekly 38 % left (resets Sun 19:00), offline",
        "Codex · Pro: 5h 63 % left (resets in 1 h 29 m), Weekly 38 % left (resets Sun 19:00)",
        "≈ $0.24 today, ≈ $3.10 in 30 days, at API prices",
    ]
    used = menu.summary(state_of(PRO, settings=with_settings(display__used=True)), NOW, ZONE)
    assert used.startswith("Codex · Pro: 5h 37 % used (")
    past = lane("session", "5h", 100, 5, NOW - timedelta(minutes=5), read=7)
    assert menu.summary(state_of(replace(PRO, windows=(past,), cost=None)), NOW, ZONE) == (
        "Codex · Pro: 5h reset at 12:55, not updated since"
    )
    assert menu.summary(state_of(replace(BARE, cost=None)), NOW, ZONE) == "Codex · Pro: no limits known"
