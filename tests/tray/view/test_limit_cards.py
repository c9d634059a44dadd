from __future__ import annotations

from datetime import UTC, timedelta

import pytest
from msgspec.structs import replace

from providers.domain.errors import NotSignedIn
from providers.domain.limits import AccountUsage, Sourced
from tools.example_states import CLAUDE, CODEX, DAY, HOUR, NOW, STATES, state, window
from tray.engine.settings import Settings
from tray.engine.settings_table import SETTINGS
from tray.engine.state import State
from tray.view.limit_cards import LimitCard, limit_cards

BARE = AccountUsage(
    provider="codex", title="Codex", homes=("~/work",), error=NotSignedIn("Not signed in to Codex.").as_data()
)


def cards(shown: State) -> tuple[LimitCard, ...]:
    return limit_cards(shown, NOW, UTC)


def card(usage: AccountUsage, **more: object) -> LimitCard:
    (found,) = cards(state(usage, **more))
    return found


def with_settings(**values: object) -> Settings:
    return Settings(table=SETTINGS, values={key.replace("__", "."): value for key, value in values.items()})


def test_a_card_has_all_that_is_known() -> None:
    found = card(CODEX)
    assert found.title == "Codex · Pro"
    assert found.owner == "dev@example.com · Pro · ~/.codex"
    assert [each.title for each in found.windows] == ["5h", "Weekly"]
    assert [each.title for each in found.scoped] == ["Spark Weekly", "Code review Weekly"]
    assert found.extras == ("150.50 credits left", "2 resets in hand · next expires Wed 12:00")
    assert (found.alerts, found.updated, found.cost) == ((), "Updated 2 min ago · ChatGPT", None)
    five = found.windows[0]
    assert (five.reading, five.share, five.left, five.level) == ("63 % left", 63, 63, "plenty")
    assert five.tick == pytest.approx(100 * 130 / 300)
    assert five.resets == "Resets in 2 h 10 m, at 14:10"
    assert five.notes == ("20 % in reserve, lasts until the reset",)
    assert five.origin == "ChatGPT, 2 min ago"


def test_what_is_used_where_the_person_wants_it() -> None:
    found = card(CODEX, settings=with_settings(display__used=True)).windows[0]
    assert (found.reading, found.share, found.left) == ("37 % used", 37, 63)
    assert found.tick == pytest.approx(100 * 170 / 300)


def test_no_email_where_it_is_hidden() -> None:
    shown = cards(state(CODEX, CLAUDE, settings=with_settings(display__hide_email=True)))
    assert not any("@" in f"{each}" for each in shown)


def test_a_spent_week_is_said_of_the_five_hours_too() -> None:
    spent = replace(
        CODEX,
        credits=None,
        windows=(CODEX.windows[0], window("weekly", "Weekly", 100, 7 * DAY, 3 * DAY)),
    )
    found = card(spent)
    assert found.alerts == ("Blocked by Weekly until Mon 12:00.",)
    five, week = found.windows
    assert five.notes[0] == "Blocked by Weekly"
    assert (week.notes, week.level, week.share) == (("Spent",), "spent", 0)


def test_credits_that_carry_on_block_nothing() -> None:
    spent = replace(CODEX, windows=(CODEX.windows[0], window("weekly", "Weekly", 100, 7 * DAY, 3 * DAY)))
    assert "Blocked by Weekly" not in card(spent).windows[0].notes


def test_a_window_that_has_reset_since_is_not_known() -> None:
    past = replace(CODEX, windows=(window("session", "5h", 97, 5 * HOUR, -HOUR),))
    (found,) = card(past).windows
    assert (found.share, found.left, found.tick, found.reading, found.stale) == (
        None,
        None,
        None,
        "unknown",
        True,
    )
    assert found.resets == "Was reset at 11:00, not updated since"
    assert found.notes == ()


def test_an_unusual_window_has_its_length_as_a_name_and_no_pace_without_a_reset() -> None:
    odd = replace(CODEX, windows=(window("window:4320", "3d", 40, 3 * DAY, None),))
    (found,) = card(odd).windows
    assert (found.title, found.resets, found.tick, found.notes) == ("3d", None, None, ())


def test_a_home_without_a_login_says_what_to_do() -> None:
    found = card(BARE)
    assert found.title == "Codex · ~/work"
    assert found.windows == found.scoped == ()
    assert len(found.alerts) == 2
    assert found.updated is None


def test_an_account_that_was_never_read_is_a_sentence() -> None:
    unread = replace(CODEX, windows=(), credits=None, resets=None, limits_known=False)
    found = card(unread)
    assert found.alerts == ("Limits not available yet.",)
    assert found.cost == "≈ $2.36 today, ≈ $88.20 in 30 days, at API prices"


def test_a_home_without_login_and_without_error_is_a_sentence_too() -> None:
    assert card(replace(BARE, error=None)).alerts == ("Limits not available yet.",)


def test_old_values_and_an_incident_are_marked() -> None:
    codex, claude = cards(STATES["failing"]())
    assert codex.stale
    assert codex.alerts == ("Rate-limited by ChatGPT. Next try 12:19.",)
    assert codex.windows[0].origin == "ChatGPT, 3 h ago"
    assert claude.marks[0] == "Claude major incident: Elevated errors on Claude Opus"
    assert claude.marks[1] == "Weekly was reset early at 07:00."


def test_cards_keep_their_places() -> None:
    shown = cards(STATES["thirty"]())
    assert len(shown) == len({each.key for each in shown}) == 30
    assert [each.provider for each in shown[:4]] == ["codex", "claude", "codex", "claude"]


def test_hostile_names_are_one_line() -> None:
    lane = CODEX.windows[0]
    hostile = replace(lane.value, title="\x1b[2Jnew\nline" + "x" * 500)
    found = card(replace(CODEX, windows=(Sourced(value=hostile, source="a\nb", fetched_at=NOW),)))
    assert found.windows[0].title.isprintable()
    assert len(found.windows[0].title) <= 40
    assert found.windows[0].origin.isprintable()


def test_nothing_was_published_yet() -> None:
    assert cards(State()) == ()


def test_a_reset_in_days_has_its_day() -> None:
    found = card(
        replace(CODEX, windows=(window("weekly", "Weekly", 10, 7 * DAY, timedelta(days=6, hours=3)),))
    )
    assert found.windows[0].resets == "Resets in 6 d 3 h, on Thu 15:00"
