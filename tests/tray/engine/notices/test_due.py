"""Each rule of when a notice is due."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from providers.domain.limits import Credits, EarlyReset, RateWindow, ResetCredits, Sourced, UsageError
from providers.domain.usage_rate import UsageRate
from tests.tray.engine.notices.states import (
    HOUR,
    LOGIN_EXPIRED,
    MINUTE,
    NOW,
    SESSION_ENDS,
    WEEK_ENDS,
    Life,
    window,
)
from tray.engine.notices.screen import SEVERAL

DAY = timedelta(days=1)
NEXT_SESSION = SESSION_ENDS + timedelta(hours=5)


def test_the_first_look_of_each_process_is_silent() -> None:
    life = Life(is_known=False, session=100, fetched=NOW - HOUR)
    assert life.kinds() == [], "from the disk"
    life.fetched = None
    assert life.kinds() == [], "the first answer of this process"
    assert life.kinds() == []
    assert life.kinds(weekly=95) == ["at_10"]
    assert life.kinds(session=10) == ["usable_again"]


def test_what_was_read_just_before_the_process_began_is_a_first_look_too() -> None:
    life = Life(is_known=False, session=80, fetched=NOW - 9 * MINUTE)
    assert life.kinds() == []
    assert life.kinds(session=95, fetched=None) == ["at_10"]


def test_an_account_that_comes_later_has_a_silent_first_look_too() -> None:
    life = Life()
    other = replace(life.usage, key="0badcafe", windows=(spent_lane(life),))
    assert life.kinds(more=(other,)) == []
    assert life.kinds() == []


def spent_lane(life: Life) -> Sourced[RateWindow]:
    return Sourced(value=window("weekly", 100, WEEK_ENDS), source="oauth", fetched_at=life.now + MINUTE)


def test_spent_is_said_once_for_each_window() -> None:
    life = Life()
    assert life.kinds(session=100) == ["spent"]
    assert life.kinds() == []
    assert life.kinds(session=99) == [], "a server that wavers"
    assert life.kinds(session=100) == []
    life.session = window("session", 20, NEXT_SESSION)
    assert life.kinds(3 * HOUR) == ["usable_again"]
    assert life.kinds(session=100) == ["spent"], "the next window"


def test_a_window_that_is_spent_again_over_a_long_gap_is_said_again() -> None:
    life = Life()
    assert life.kinds(session=100) == ["spent"]
    life.session = window("session", 100, NEXT_SESSION)
    assert life.kinds(3 * HOUR) == ["spent"]


def test_a_reset_that_moves_while_it_is_spent_is_no_news() -> None:
    life = Life()
    assert life.kinds(session=100) == ["spent"]
    for minutes in (1, 8, 30):
        life.session = window("session", 100, SESSION_ENDS + minutes * MINUTE)
        assert life.kinds() == []


def test_nothing_is_said_twice_over_a_restart() -> None:
    life = Life()
    assert life.kinds(session=95) == ["at_10"]
    life.restart()
    assert life.kinds(session=80) == []
    assert life.kinds(session=96) == []
    life.restart()
    assert life.kinds(session=97) == []
    life.session = window("session", 97, NEXT_SESSION)
    life.restart()
    assert life.kinds(3 * HOUR) == [], "a first look is silent whatever it sees"


def test_one_reading_of_a_log_is_not_enough_two_are() -> None:
    life = Life(source="rollouts")
    seen_at = life.now + MINUTE
    assert life.kinds(session=100, fetched=seen_at) == []
    assert life.kinds() == [], "the same one, looked at again"
    assert life.kinds(session=60, fetched=seen_at + 3 * MINUTE) == []
    assert life.kinds(session=100, fetched=seen_at + 4 * MINUTE) == [], "not in a row"
    assert life.kinds(session=100, fetched=seen_at + 5 * MINUTE) == ["spent"]


def test_one_reading_of_a_server_is_enough() -> None:
    life = Life(source="rollouts")
    assert life.kinds(session=100) == []
    assert life.kinds(timedelta(0), source="oauth") == ["spent"]


def test_usable_again_only_when_session_and_week_allow() -> None:
    life = Life()
    assert life.kinds(session=100, weekly=100) == ["spent"]
    life.session = window("session", 0, NEXT_SESSION)
    assert life.kinds(3 * HOUR) == [], "the week is still used up"
    life.weekly = window("weekly", 0, WEEK_ENDS + 7 * DAY)
    assert life.kinds() == ["usable_again"]
    assert life.kinds() == []


def test_usable_again_is_said_only_of_what_was_read_since() -> None:
    life = Life()
    assert life.kinds(session=100) == ["spent"]
    life.fetched = life.now
    assert life.kinds(3 * HOUR) == [], "the reset is past, and nobody has asked"
    life.fetched = None
    life.session = window("session", 0, NEXT_SESSION)
    assert life.kinds() == ["usable_again"]


def test_usable_again_counts_for_a_reset_ahead_of_time_too() -> None:
    life = Life()
    assert life.kinds(weekly=100) == ["spent"]
    assert life.kinds(HOUR, weekly=2) == ["usable_again"]


def test_where_money_takes_over_nothing_was_blocked() -> None:
    life = Life()
    credits_ = Sourced(value=Credits(balance=Decimal(9)), source="oauth", fetched_at=NOW)
    life.usage = replace(life.usage, credits=credits_)
    assert life.kinds(session=100) == ["spent"]
    life.session = window("session", 0, NEXT_SESSION)
    assert life.kinds(3 * HOUR) == []


def test_ten_percent_is_the_one_threshold_by_default() -> None:
    life = Life()
    assert life.kinds(session=75) == []
    assert life.kinds(session=89.9) == []
    assert life.kinds(session=90) == ["at_10"]
    assert life.kinds(session=95) == []


def test_of_several_thresholds_the_lowest_is_said() -> None:
    life = Life(settings={"notify.runs_out": False, "notify.at_25": True, "notify.at_50": True})
    assert life.kinds(session=60) == ["at_50"]
    assert life.kinds(session=80) == ["at_25"]
    assert life.kinds(session=95) == ["at_10"]
    other = Life(settings={"notify.runs_out": False, "notify.at_25": True, "notify.at_50": True})
    assert other.kinds(session=95) == ["at_10"]
    assert other.kinds(session=80) == [], "implied then, so not said later"


def test_a_disabled_kind_is_not_said_when_it_is_switched_on_later() -> None:
    life = Life(settings={"notify.runs_out": False, "notify.at_10": False})
    assert life.kinds(session=95) == []
    life.settings = {"notify.runs_out": False}
    assert life.kinds() == []


def test_without_notices_nothing_is_said_and_nothing_is_saved_up() -> None:
    life = Life(settings={"notify.runs_out": False, "notify.enabled": False})
    assert life.kinds(session=100) == []
    life.settings = {"notify.runs_out": False}
    assert life.kinds() == []


def test_runs_out_well_before_its_reset() -> None:
    life = Life(now=SESSION_ENDS - 4 * HOUR, session=10, settings={})
    assert life.kinds(session=35) == ["runs_out"]
    found = life.look(MINUTE, session=22)
    assert not found.withdraw, "it runs out a little early still"
    assert life.look(MINUTE, session=5).withdraw == ("a1b2c3d4",)
    assert life.kinds(session=60) == [], "once for the window"


@pytest.mark.parametrize(("slowest", "shown"), [(8, []), (16, ["runs_out"])])
def test_it_runs_out_only_where_the_slowest_rate_says_so_too(slowest: float, shown: list[str]) -> None:
    """45 % are left for three hours, and 20 % an hour are used."""
    life = Life(now=SESSION_ENDS - 3 * HOUR, session=10, settings={})
    rate = UsageRate(
        window="session", percent_per_hour=20, slowest=slowest, fastest=21, over=HOUR, at=life.now
    )
    life.usage = replace(life.usage, rates=(rate,))
    assert life.kinds(session=55) == shown


def test_a_spent_week_silences_the_session() -> None:
    life = Life()
    assert life.kinds(weekly=100) == ["spent"]
    assert life.kinds(session=95) == []
    assert life.kinds(session=100) == []
    both = Life()
    (occasion,) = both.look(MINUTE, session=100, weekly=100).show
    assert occasion.window == "weekly"


def test_a_spent_session_says_nothing_of_the_week() -> None:
    life = Life()
    assert life.kinds(session=100) == ["spent"]
    assert life.kinds(weekly=92) == ["at_10"]


def test_a_login_that_went_is_said_once_it_is_sure_and_figures_from_before_are_not() -> None:
    life = Life()
    life.fetched = life.now
    life.usage = replace(life.usage, error=LOGIN_EXPIRED, login_ends_at=life.now + HOUR)
    assert life.kinds() == [], "nor that it ends soon"
    assert life.kinds(9 * MINUTE) == []
    assert life.kinds(10 * MINUTE, session=95) == ["login_gone"]
    assert life.kinds() == []
    healed = life.look(MINUTE, usage=replace(life.usage, error=None, login_ends_at=None), fetched=None)
    assert [each.kind for each in healed.show] == ["at_10"]


def test_what_a_log_still_says_counts_without_a_login() -> None:
    life = Life(source="rollouts")
    life.usage = replace(life.usage, error=LOGIN_EXPIRED)
    assert life.kinds(session=100) == []
    assert life.kinds() == ["spent"]


def test_a_login_that_is_renewed_within_minutes_is_no_news() -> None:
    life = Life()
    assert life.kinds(usage=replace(life.usage, error=LOGIN_EXPIRED)) == []
    assert life.kinds(5 * MINUTE, usage=replace(life.usage, error=None)) == []
    assert life.kinds(6 * MINUTE, usage=replace(life.usage, error=LOGIN_EXPIRED)) == []


def test_an_account_that_signed_out_is_found_by_its_home() -> None:
    life = Life()
    life.usage = replace(life.usage, key="home-a", account=None)
    assert life.kinds() == []
    (occasion,) = life.look(11 * MINUTE).show
    assert (occasion.kind, occasion.account) == ("login_gone", "a1b2c3d4")
    life.usage = replace(life.usage, key="a1b2c3d4", account=Life().usage.account)
    assert life.look(MINUTE).withdraw == ("a1b2c3d4",)


def test_a_home_that_another_account_signed_in_to_is_no_sign_out() -> None:
    life = Life()
    life.usage = replace(life.usage, key="0badcafe")
    assert life.kinds() == []
    assert life.kinds(HOUR) == []


def test_a_login_that_ends_within_a_day() -> None:
    life = Life()
    life.usage = replace(life.usage, login_ends_at=NOW + 2 * DAY)
    assert life.kinds() == []
    assert life.kinds(DAY) == ["login_ending"]
    assert life.kinds() == []
    assert life.look(DAY).withdraw == ("a1b2c3d4",)


def test_offline_says_nothing_of_old_figures() -> None:
    life = Life()
    offline = UsageError(kind="offline", message="No connection.", remedy="Check it.")
    life.fetched = life.now
    life.usage = replace(life.usage, error=offline, offline_since=life.now)
    assert life.kinds(HOUR, session=95) == []
    assert life.kinds(fetched=None) == ["at_10"]


def test_several_at_once_are_one() -> None:
    life = Life(settings={"notify.runs_out": False, "notify.early_reset": True})
    found = life.look(MINUTE, session=95, weekly=92)
    assert [each.window for each in found.show] == ["session", "weekly"]
    assert found.key == "a1b2c3d4"


def test_many_accounts_are_one_notice_and_only_once() -> None:
    life = Life()
    lanes = tuple(
        Sourced(value=window(ident, 95, ends), source="oauth", fetched_at=life.now)
        for ident, ends in (("session", SESSION_ENDS), ("weekly", WEEK_ENDS))
    )
    life.more = tuple(replace(life.usage, key=f"{number:08x}", windows=lanes) for number in range(100))
    life.memory = replace(life.memory, known=frozenset({(each.key, "usage") for each in life.more}))
    assert len(life.look(MINUTE).show) == 200
    assert life.kinds() == []


def test_those_of_several_accounts_are_one_too_and_what_follows_replaces_its_part() -> None:
    life = Life()
    other = replace(life.usage, key="0badcafe", home_ids=("home-b",))

    def two(used: float) -> None:
        lane = Sourced(value=window("weekly", used, WEEK_ENDS), source="oauth", fetched_at=life.now + MINUTE)
        life.more = (replace(other, windows=(lane,)),)

    two(10)
    assert life.kinds() == []
    two(95)
    found = life.look(MINUTE, session=95)
    assert (found.key, [each.account for each in found.show]) == (SEVERAL, ["a1b2c3d4", "0badcafe"])
    two(96)
    found = life.look(MINUTE, session=100)
    assert (found.key, found.withdraw) == ("a1b2c3d4", ()), "the other's part still stands"
    two(100)
    found = life.look(MINUTE)
    assert (found.key, found.withdraw) == ("0badcafe", (SEVERAL,))


def test_a_notice_is_withdrawn_when_it_no_longer_holds() -> None:
    life = Life()
    assert life.kinds(session=100) == ["spent"]
    assert life.look(MINUTE).withdraw == ()
    assert life.look(MINUTE, session=90).key == "a1b2c3d4", "replaced: it can be used again"
    assert life.look(5 * HOUR, session=5).withdraw == ("a1b2c3d4",)
    assert life.look(MINUTE).withdraw == ()


def test_a_notice_goes_with_its_window_and_with_its_account() -> None:
    life = Life()
    assert life.kinds(session=95) == ["at_10"]
    life.fetched = life.now
    assert life.look(HOUR).withdraw == (), "old, but it still holds as far as is known"
    assert life.look(HOUR).withdraw == ("a1b2c3d4",)
    other = Life()
    assert other.kinds(session=95) == ["at_10"]
    assert other.look(MINUTE, gone=True).withdraw == ("a1b2c3d4",)


def test_usable_again_stays_for_hours_and_goes_when_it_is_blocked_again() -> None:
    life = Life()
    life.kinds(session=100)
    life.session = window("session", 0, NEXT_SESSION)
    assert life.kinds(2 * HOUR) == ["usable_again"]
    assert life.look(HOUR).withdraw == ()
    life.settings = {"notify.spent": False}
    assert life.look(MINUTE, session=100).withdraw == ("a1b2c3d4",)


def test_quiet_hours_hold_back_what_still_holds_afterwards() -> None:
    life = Life(settings={"notify.runs_out": False, "notify.quiet_hours": "13:00-15:00"})  # 12:00-14:00 UTC
    assert life.kinds(session=100) == []
    assert life.kinds(weekly=95) == []
    life.session = window("session", 1, NEXT_SESSION)
    assert life.kinds(2 * HOUR) == ["usable_again", "at_10"]


def test_what_was_cured_within_the_quiet_hours_is_not_said() -> None:
    life = Life(
        settings={"notify.runs_out": False, "notify.quiet_hours": "13:00-15:00", "notify.usable_again": False}
    )
    assert life.kinds(session=95) == []
    assert life.kinds(2 * HOUR, session=5) == []


def test_muted_until_then() -> None:
    life = Life(muted_until=NOW + HOUR)
    assert life.kinds(session=95) == []
    assert life.kinds(30 * MINUTE) == []
    assert life.kinds(30 * MINUTE) == ["at_10"]


def test_a_mute_of_before_the_clock_was_set_back_a_year_is_over() -> None:
    life = Life(muted_until=NOW + timedelta(days=365))
    assert life.kinds(session=95) == ["at_10"]


def test_what_is_looked_at_now_needs_no_notice() -> None:
    life = Life(watched=True)
    assert life.kinds(session=95) == []
    assert life.kinds(watched=False) == []
    assert life.kinds(session=100) == ["spent"]


def test_a_withdrawal_does_not_wait_for_the_end_of_quiet_hours() -> None:
    life = Life()
    assert life.kinds(session=95) == ["at_10"]
    life.settings = {"notify.quiet_hours": "00:00-00:00"}
    assert life.look(MINUTE, session=5).withdraw == ("a1b2c3d4",)


@pytest.mark.parametrize("back", [10 * MINUTE, 3 * HOUR, 400 * DAY])
def test_a_clock_that_is_set_back_repeats_nothing(back: timedelta) -> None:
    life = Life()
    assert life.kinds(session=95) == ["at_10"]
    assert life.kinds(-back, fetched=life.now) == []
    assert life.kinds(fetched=None) == []
    assert life.kinds(session=100) == ["spent"], "and still says what is new"


@pytest.mark.parametrize("ahead", [8 * DAY, 100 * DAY])
def test_what_was_shown_while_the_clock_was_ahead_suppresses_nothing(ahead: timedelta) -> None:
    """Also in the next process, which finds the marks on the disk."""
    life = Life()
    session, weekly = life.session, life.weekly
    life.session = window("session", 100, life.now + ahead + 3 * HOUR)
    life.weekly = window("weekly", 95, life.now + ahead + 5 * DAY)
    assert life.kinds(ahead) == ["spent", "at_10"]
    life.look(usage=replace(life.usage, error=LOGIN_EXPIRED))
    assert life.kinds(11 * MINUTE) == ["login_gone"]
    life.look(usage=replace(life.usage, error=None))
    life.session, life.weekly = session, weekly
    life.look(-ahead)
    life.restart()
    life.look(MINUTE)
    assert life.kinds(session=100) == ["spent"]
    assert life.kinds(weekly=95) == ["at_10"]
    life.look(MINUTE, usage=replace(life.usage, error=LOGIN_EXPIRED))
    assert life.kinds(11 * MINUTE) == ["login_gone"]
    assert life.kinds() == []


def test_a_long_sleep_ends_with_at_most_one_notice_of_fresh_figures() -> None:
    life = Life()
    life.kinds(session=100)
    life.fetched = life.now
    assert life.kinds(8 * HOUR) == [], "stopped, and back before anybody answered"
    life.fetched = None
    life.session = window("session", 3, life.now + 4 * HOUR)
    assert life.kinds(weekly=91) == ["usable_again", "at_10"]
    assert life.shown == [("spent",), ("usable_again", "at_10")]


def test_an_early_reset_and_an_unused_one_by_setting() -> None:
    life = Life(settings={"notify.runs_out": False, "notify.early_reset": True, "notify.reset_credit": True})
    early = EarlyReset(window="weekly", at=life.now, refilled=True, resets_at=WEEK_ENDS)
    unused = Sourced(
        value=ResetCredits(available=1, expires_at=NOW + 20 * HOUR), source="oauth", fetched_at=NOW
    )
    usage = replace(life.usage, early_resets=(early,), resets=unused)
    assert life.kinds(usage=usage) == ["reset_credit"]
    assert life.kinds(14 * MINUTE) == [], "it may be that one of the server's machines was behind"
    assert life.kinds() == ["early_reset"]
    assert life.kinds() == []
    life.usage = replace(usage, early_resets=(replace(early, window="session", at=life.now),))
    assert life.kinds() == []
    assert life.kinds(usage=replace(usage, early_resets=())) == []
    assert life.kinds(20 * MINUTE) == [], "it was"
    quiet = Life()
    assert quiet.kinds(usage=usage) == []


def test_a_window_without_a_known_reset_is_said_again_after_its_length() -> None:
    life = Life()
    life.session = window("session", 95, None)
    assert life.kinds() == ["at_10"]
    assert life.kinds(session=5) == []
    assert life.kinds(session=95) == []
    life.session = window("session", 5, None)
    assert life.kinds(5 * HOUR) == []
    assert life.kinds(session=95) == ["at_10"]


def test_a_limit_of_one_model_is_said_and_blocks_nothing() -> None:
    life = Life(others=(window("model:opus:weekly", 50, WEEK_ENDS),))
    assert life.kinds(others=(window("model:opus:weekly", 100, WEEK_ENDS),)) == ["spent"]
    assert life.kinds(others=(window("model:opus:weekly", 5, WEEK_ENDS + 7 * DAY),)) == []


def test_a_window_of_unknown_end_that_stays_low_is_said_once() -> None:
    life = Life()
    life.session = window("session", 95, None)
    assert life.kinds() == ["at_10"]
    for _ in range(8):
        assert life.kinds(HOUR) == []


def test_a_reset_that_is_sent_with_other_seconds_is_the_same() -> None:
    life = Life()
    assert life.kinds(session=95) == ["at_10"]
    life.session = window("session", 80, SESSION_ENDS + MINUTE)
    assert life.kinds() == []
    life.session = window("session", 95, SESSION_ENDS + 2 * MINUTE)
    assert life.kinds() == []


def test_a_login_that_is_found_gone_by_the_first_poll_is_a_first_look() -> None:
    life = Life(is_known=False, fetched=NOW - HOUR)
    assert life.kinds() == []
    assert life.kinds(usage=replace(life.usage, error=LOGIN_EXPIRED)) == []
    assert life.kinds(HOUR) == []


def test_one_source_rounds_up_and_another_down() -> None:
    life = Life()
    assert life.kinds(session=90) == ["at_10"]
    assert not life.look(MINUTE, session=89).withdraw
    assert life.kinds(session=100) == ["spent"]
    assert not life.look(MINUTE, session=99).withdraw
    assert life.kinds(session=95) == []
    assert not life.memory.on_screen
    life.session = window("session", 89, NEXT_SESSION)
    assert life.kinds(3 * HOUR) == ["usable_again"], "of another window it says nothing"


@pytest.mark.parametrize("hours", [1, 4])
def test_usable_again_says_of_an_early_reset_what_there_is_to_say(hours: int) -> None:
    """Neither an early reset of this morning, nor the one that it is usable for, is told hours later."""
    life = Life(settings={"notify.runs_out": False, "notify.early_reset": True})
    early = EarlyReset(window="session", at=life.now + MINUTE, refilled=True)
    life.usage = replace(life.usage, early_resets=(early,))
    assert life.kinds() == []
    assert life.kinds(15 * MINUTE) == ["early_reset"]
    assert life.kinds(session=100) == ["spent"]
    life.session = window("session", 0, NEXT_SESSION)
    if hours == 1:
        early = replace(early, at=life.now + HOUR)
    life.usage = replace(life.usage, early_resets=(early,))
    assert life.kinds(hours * HOUR) == ["usable_again"]
    for _ in range(20):
        assert life.kinds(HOUR) == []
        life.session = window("session", 0, life.now + 3 * HOUR)


def test_it_is_not_usable_while_the_server_refuses() -> None:
    life = Life()
    life.kinds(session=100)
    life.session = window("session", 0, NEXT_SESSION)
    refused = replace(life.usage, limit_reached_at=life.now + 3 * HOUR)
    assert life.kinds(3 * HOUR, usage=refused) == []
    assert life.kinds(usage=refused) == []
    (occasion,) = life.look(MINUTE, usage=replace(life.usage, limit_reached_at=None)).show
    assert (occasion.kind, occasion.window) == ("usable_again", "session")
    assert not life.memory.blocked


def test_a_server_that_has_not_seen_the_reset_makes_it_usable_no_second_time() -> None:
    life = Life()
    life.kinds(session=100)
    old, new = life.session, window("session", 0, NEXT_SESSION)
    assert life.kinds(2 * HOUR, session=new) == ["usable_again"]
    usage = life.usage
    assert life.kinds(session=old, usage=replace(usage, limit_reached_at=life.now + MINUTE)) == []
    assert life.kinds(session=new, usage=usage) == []
    assert life.kinds() == []


def test_it_is_usable_by_what_a_log_says_twice_while_the_server_cannot_be_asked() -> None:
    life = Life()
    life.kinds(session=100)
    offline = UsageError(kind="rate_limited", message="Too many requests.", remedy="Wait.")
    refused_at = life.now
    life.session = window("session", 0, NEXT_SESSION)
    life.usage = replace(life.usage, error=offline, limit_reached_at=refused_at)
    assert life.kinds(3 * HOUR, source="rollouts") == []
    assert life.kinds() == ["usable_again"]


def test_it_is_not_usable_while_another_window_is_unknown() -> None:
    life = Life()
    life.kinds(weekly=100)
    life.weekly = window("weekly", 0, WEEK_ENDS + 7 * DAY)
    assert life.kinds(3 * HOUR) == [], "the session that was reported ended an hour ago"
    life.session = window("session", 0, NEXT_SESSION)
    assert life.kinds() == ["usable_again"]


def test_what_a_log_said_once_was_no_block() -> None:
    life = Life(source="rollouts")
    assert life.kinds(session=100) == []
    assert life.kinds(session=60) == []
    assert life.kinds(session=60) == []


def test_a_spent_model_silences_no_other_window() -> None:
    life = Life(others=(window("model:opus:weekly", 50, WEEK_ENDS),))
    assert life.kinds(others=(window("model:opus:weekly", 100, WEEK_ENDS),)) == ["spent"]
    assert life.kinds(session=95) == ["at_10"]


def test_a_spent_account_silences_no_other_account() -> None:
    life = Life()
    other = replace(life.usage, key="0badcafe", home_ids=("home-b",))

    def two(used: float) -> None:
        lane = Sourced(
            value=window("session", used, SESSION_ENDS), source="oauth", fetched_at=life.now + MINUTE
        )
        life.more = (replace(other, windows=(lane,)),)

    two(10)
    life.look(MINUTE)
    two(95)
    assert life.kinds(weekly=100) == ["spent", "at_10"]


def test_a_clock_that_is_set_back_delays_nothing() -> None:
    life = Life(is_known=False)
    assert life.kinds(-DAY) == []
    assert life.kinds(session=95) == ["at_10"]

    life.look(MINUTE, usage=replace(life.usage, error=LOGIN_EXPIRED))
    assert life.kinds(-3 * HOUR) == []
    assert life.kinds(11 * MINUTE) == ["login_gone"]

    other = Life()
    other.kinds(session=100)
    other.session = window("session", 0, NEXT_SESSION)
    assert other.kinds(3 * HOUR) == ["usable_again"]
    assert other.look(-10 * HOUR).withdraw == ()
    other.session = window("session", 0, NOW + 5 * HOUR)
    assert other.look(4 * HOUR).withdraw == ("a1b2c3d4",)


def test_what_a_newer_notice_replaced_does_not_keep_the_older_one() -> None:
    life = Life()
    other = replace(life.usage, key="0badcafe", home_ids=("home-b",))

    def two(used: float) -> None:
        lane = Sourced(value=window("weekly", used, WEEK_ENDS), source="oauth", fetched_at=life.now + MINUTE)
        life.more = (replace(other, windows=(lane,)),)

    two(10)
    life.look(MINUTE)
    two(95)
    assert life.look(MINUTE, weekly=95).key == SEVERAL
    two(95)
    assert life.look(MINUTE, session=100).key == "a1b2c3d4"
    two(10)
    assert life.look(MINUTE).withdraw == (SEVERAL,)
