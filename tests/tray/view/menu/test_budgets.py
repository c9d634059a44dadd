"""The rows of budgets, in the menu and in a terminal."""

from __future__ import annotations

from datetime import date, timedelta

from msgspec.structs import replace

from providers.domain.limits import AccountUsage
from tests.tray.engine.budget_states import cost
from tests.tray.view.test_menu import NOW, PRO, WEEKLY, ZONE, shown, state_of, top, with_settings
from tray.engine.state import HomeCost, State
from tray.view import menu
from tray.view.menu.top import MOST_ROWS

FRIDAY = date(2026, 11, 20)  # 13:00 in Berlin


def counted(*days: float | None, month: float = 0.0, complete: bool = True) -> dict[str, HomeCost]:
    return {"a": cost(FRIDAY, *days, month=month, complete=complete)}


def rows(state: State) -> list[str]:
    """The rows between the accounts and the actions."""
    texts = top(state)
    actions = next(place for place, text in enumerate(texts) if text.startswith("Refresh now"))
    begin = max(place for place, text in enumerate(texts[: actions - 1]) if text == "──")
    return texts[begin + 1 : actions - 1]


def test_without_a_budget_the_menu_is_as_it_was() -> None:
    plain = top(state_of(PRO))
    assert plain == top(state_of(PRO, costs=counted(5.0)))
    assert not any("budget" in text for text in plain)


def test_a_budget_is_a_bar_like_that_of_a_window() -> None:
    settings = with_settings(budget__day="20 USD", budget__week="50%", budget__month="400 USD")
    state = state_of(PRO, costs=counted(7.6, month=100.0), settings=settings)
    assert rows(state) == [
        "━━━━━━━━━───── _62 %  Daily budget  ·  ≈ $7.60 of $20.00",
        "────────────── __0 %  Weekly budget  ·  Codex 62 of 50 %  ·  spent",
        "━━━━━━━━━━──── _75 %  Monthly budget  ·  ≈ $100.00 of $400.00",
    ]


def test_what_it_is_heading_for() -> None:
    state = state_of(PRO, costs=counted(12.0), settings=with_settings(budget__day="20 USD"))
    (row,) = rows(state)
    assert row.endswith("≈ $12.00 of $20.00  ·  heading for ≈ $22.15")


def test_what_is_used_instead() -> None:
    settings = with_settings(budget__day="20 USD", display__used=True)
    (row,) = rows(state_of(PRO, costs=counted(5.0), settings=settings))
    assert row == "━━━━────────── _25 %  Daily budget  ·  ≈ $5.00 of $20.00"


def test_a_budget_that_is_not_known() -> None:
    settings = with_settings(budget__day="20 USD")
    (row,) = rows(state_of(PRO, settings=settings))
    assert row == "────────────── __‒ %  Daily budget  ·  not known yet"
    (row,) = rows(state_of(PRO, costs=counted(5.0, complete=False), settings=settings))
    assert row.endswith("≥ $5.00 of $20.00")


def test_of_several_accounts_the_menu_shows_the_worst_and_a_terminal_all() -> None:
    state = state_of(*_two(), settings=with_settings(budget__week="100%"))
    (row,) = rows(state)
    assert row == "━━━━━───────── _38 %  Weekly budget  ·  Codex 62 of 100 %"
    printed = [text for text in shown(*_two(), settings=state.settings) if "budget" in text]
    assert printed == [
        "━━━━━─────────  38 % left  Weekly budget  ·  Codex 62 of 100 %",
        "━━━━━━━━━━━━━─  90 % left  Weekly budget  ·  Claude 10 of 100 %",
    ]


def test_two_accounts_of_one_provider_have_their_owners() -> None:
    one, other = _two()
    other = replace(other, provider=one.provider, title=one.title, homes=("~/.codex-work",), account=None)
    settings = with_settings(budget__week="100%")
    printed = [text for text in shown(one, other, settings=settings) if "budget" in text]
    assert [text.partition("budget  ·  ")[2] for text in printed] == [
        "Codex (dev@example.com) 62 of 100 %",
        "Codex (~/.codex-work) 10 of 100 %",
    ]
    hidden = with_settings(budget__week="100%", display__hide_email=True)
    assert not any("@" in text for text in shown(one, other, settings=hidden) if "budget" in text)


def _two() -> tuple[AccountUsage, AccountUsage]:
    week = replace(WEEKLY, value=replace(WEEKLY.value, used_percent=10.0))
    other = replace(PRO, provider="claude", title="Claude", windows=(week,))
    return PRO, other


def test_a_spent_one_is_an_alert() -> None:
    settings = with_settings(budget__day="20 USD", budget__month="400 USD")
    state = state_of(PRO, costs=counted(20.0, month=20.0), settings=settings)
    tones = {row.key: row.tone for row in menu.rows(state, NOW, ZONE) if row.key.startswith("budget:")}
    assert tones == {"budget:day": "alert", "budget:month": "normal"}


def test_the_top_level_stays_short_with_them() -> None:
    many = tuple(replace(PRO, homes=(f"~/{number}",), account=None) for number in range(40))
    settings = with_settings(budget__day="20 USD", budget__week="50 USD", budget__month="400 USD")
    texts = top(state_of(*many, costs=counted(5.0), settings=settings))
    assert len(texts) == MOST_ROWS
    assert sum("budget" in text for text in texts) == 3


def test_a_day_that_has_begun_since_is_not_yesterdays() -> None:
    state = state_of(PRO, costs=counted(25.0), settings=with_settings(budget__day="20 USD"))
    tomorrow = [row for row in menu.rows(state, NOW + timedelta(days=1), ZONE) if row.key == "budget:day"]
    assert tomorrow[0].text.endswith("not known yet")
