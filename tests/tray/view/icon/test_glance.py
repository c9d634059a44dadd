"""What of a state the icon shows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from providers.domain.errors import Offline
from providers.domain.glyph import Glyph
from providers.domain.incident import Impact, Incident
from providers.domain.limits import AccountUsage, RateWindow, Sourced, UsageSnapshot
from providers.domain.live import SessionsLook
from tests.tray.view.test_menu import BARE, NOW, PRO, SESSION, WEEKLY
from tools.example_sessions import APPROVAL, DONE, IDLE, WORKING, look
from tools.icon_states import STYLES, styled
from tray.engine.settings import Settings
from tray.engine.settings_table import SETTINGS
from tray.engine.state import State
from tray.view.icon import Bar, Gauge, Glance, combined, glances

PLAIN = replace(PRO, credits=None)
CLAUDE = replace(PLAIN, provider="claude", title="Claude")
ERROR = Offline("No connection.").as_data()


def left(lane: Sourced[RateWindow], percent: float) -> Sourced[RateWindow]:
    return replace(lane, value=replace(lane.value, used_percent=100 - percent))


def state(*accounts: AccountUsage, **more: object) -> State:
    base = State(
        snapshot=UsageSnapshot(generated_at=NOW, accounts=accounts), settings=Settings(table=SETTINGS)
    )
    return replace(base, **more)


def seen(*accounts: AccountUsage, **more: object) -> Gauge:
    """The one gauge of the one icon."""
    (named,) = glances(state(*accounts, **more), NOW)
    (gauge,) = named.glance.gauges
    return gauge


def lefts(gauge: Gauge) -> list[float | None]:
    return [bar.left for bar in gauge.bars]


def levels(gauge: Gauge) -> list[str]:
    return [bar.level for bar in gauge.bars]


def test_session_is_drawn_above_weekly_with_the_mark_of_its_provider() -> None:
    assert lefts(seen(PLAIN)) == [62.5, 37.5]
    assert seen(PLAIN).mark != seen(CLAUDE).mark != Glyph()
    assert seen(replace(PLAIN, provider="unheard-of")).mark == Glyph()


@pytest.mark.parametrize(
    ("hours", "ends_in", "share"),
    [
        (5, 1, 0.2),
        (5, 5, 1.0),
        (5, 900, 1.0),
        (5, None, None),
        (None, 1, None),
        (0, 1, None),
        (None, None, None),
    ],
)
def test_the_time_left_of_a_window_is_a_share_of_its_length_where_both_are_known(
    hours: float | None, ends_in: float | None, share: float | None
) -> None:
    limit = replace(
        SESSION.value,
        duration=None if hours is None else timedelta(hours=hours),
        resets_at=None if ends_in is None else NOW + timedelta(hours=ends_in),
    )
    (bar,) = seen(replace(PLAIN, windows=(replace(SESSION, value=limit),))).bars
    assert (bar.left, bar.time_left) == (62.5, share)


@pytest.mark.parametrize(
    ("used", "drawn"), [(-5, 100), (0, 100), (0.1, 97.5), (99.9, 2.5), (100, 0), (250, 0)]
)
def test_a_bar_is_empty_only_when_spent_and_full_only_when_unused(used: float, drawn: float) -> None:
    assert lefts(seen(replace(PLAIN, windows=(left(SESSION, 100 - used),)))) == [drawn]


def test_a_limit_that_credits_take_over_from_does_not_block() -> None:
    spent = (left(SESSION, 0), WEEKLY)
    assert seen(replace(PLAIN, windows=spent)).sign == "blocked"
    assert seen(replace(PRO, windows=spent)).sign == "scarce"


def test_an_error_waits_while_one_value_is_current() -> None:
    past = replace(SESSION, value=replace(SESSION.value, resets_at=NOW - timedelta(minutes=1)))
    assert seen(replace(PLAIN, windows=(past, WEEKLY), error=ERROR)).sign == "none"
    assert seen(replace(PLAIN, windows=(past,), error=ERROR)).sign == "error"


def test_the_tightest_account_of_all_is_shown_wherever_it_stands() -> None:
    scarce = replace(CLAUDE, windows=(left(SESSION, 0), WEEKLY))
    second = replace(PLAIN, windows=(left(SESSION, 0), WEEKLY))
    assert seen(PLAIN, scarce) == seen(scarce, PLAIN) == seen(scarce)
    assert seen(PLAIN, second, CLAUDE) == seen(second), "also a second account of the same provider"
    assert lefts(seen(BARE, PLAIN)) == [62.5, 37.5]


def test_one_window_alone_is_one_bar_and_of_three_the_tightest_two_are_shown() -> None:
    assert lefts(seen(replace(PLAIN, windows=(WEEKLY,)))) == [37.5]
    month = left(replace(WEEKLY, value=replace(WEEKLY.value, id="monthly")), 5)
    assert lefts(seen(replace(PLAIN, windows=(SESSION, WEEKLY, month)))) == [62.5, 5.0]


def test_nothing_known_is_hollow_not_empty() -> None:
    (nothing,) = glances(State(settings=Settings(table=SETTINGS)), NOW)
    assert nothing.glance == Glance((Gauge(sign="unread"),))
    assert (lefts(seen(BARE)), seen(BARE).sign) == ([None, None], "unread")
    past = replace(SESSION, value=replace(SESSION.value, resets_at=NOW))
    assert seen(replace(PLAIN, windows=(past,))).bars == (Bar(None, stale=True),)


@pytest.mark.parametrize(
    ("percent", "level"),
    [
        (100, "plenty"),
        (25.1, "plenty"),
        (25, "low"),
        (10.1, "low"),
        (10, "scarce"),
        (0.1, "scarce"),
        (0, "spent"),
    ],
)
def test_little_left_is_low_then_scarce_then_spent(percent: float, level: str) -> None:
    assert levels(seen(replace(PLAIN, windows=(SESSION, left(WEEKLY, percent)))))[1] == level


def test_what_runs_out_before_its_reset_is_low_whatever_is_left() -> None:
    early = left(SESSION, 60)
    early = replace(early, value=replace(early.value, resets_at=NOW + timedelta(hours=4)))
    assert levels(seen(replace(PLAIN, windows=(early,)))) == ["low"]


SIGNS = {
    "none": (state(PLAIN), False),
    "stale": (state(replace(PLAIN, windows=(replace(SESSION, fetched_at=NOW - timedelta(hours=1)),))), False),
    "incident": (state(PLAIN, incidents={"codex": Incident(title="Errors", impact="minor")}), False),
    "scarce": (state(replace(PLAIN, windows=(left(SESSION, 8), WEEKLY))), True),
    "blocked": (state(replace(PLAIN, windows=(SESSION, left(WEEKLY, 0)))), True),
    "error": (state(replace(BARE, error=ERROR)), True),
    "unread": (state(BARE), False),
}


@pytest.mark.parametrize("sign", SIGNS)
def test_a_sign_says_what_is_wrong_and_the_worst_needs_attention(sign: str) -> None:
    found, attention = SIGNS[sign]
    (named,) = glances(found, NOW)
    assert named.glance.gauges[0].sign == sign
    assert named.glance.attention is attention


def test_low_needs_attention_until_it_is_cured() -> None:
    def attention(percent: float) -> bool:
        return glances(state(replace(PLAIN, windows=(left(SESSION, percent),))), NOW)[0].glance.attention

    assert [attention(percent) for percent in (90, 26, 25, 8, 90)] == [False, False, True, True, False]


def test_an_error_beside_current_values_is_no_sign_yet() -> None:
    assert seen(replace(PLAIN, error=ERROR)).sign == "none"
    old = replace(SESSION, fetched_at=NOW - timedelta(hours=1))
    assert seen(replace(PLAIN, windows=(old,), error=ERROR)).sign == "error"


@pytest.mark.parametrize(("impact", "sign"), [("maintenance", "none"), ("critical", "incident")])
def test_an_incident_of_another_provider_or_planned_is_no_sign(impact: Impact, sign: str) -> None:
    incident = Incident(title="Errors", impact=impact)
    assert seen(PLAIN, incidents={"codex": incident}).sign == sign
    assert seen(PLAIN, incidents={"claude": incident}).sign == "none"


def test_both_are_two_gauges_in_the_order_of_the_accounts() -> None:
    found = styled(state(PLAIN, replace(CLAUDE, windows=(left(SESSION, 8), WEEKLY))), "both")
    (named,) = glances(found, NOW)
    assert [lefts(gauge) for gauge in named.glance.gauges] == [[62.5, 37.5], [7.5, 37.5]]
    assert [gauge.sign for gauge in named.glance.gauges] == ["none", "scarce"]
    assert len(glances(styled(state(PLAIN), "both"), NOW)[0].glance.gauges) == 1


def test_each_is_an_icon_for_each_provider_and_both_where_there_is_room_for_one() -> None:
    found = styled(state(PLAIN, CLAUDE, PLAIN), "each")
    assert [(named.key, named.provider) for named in glances(found, NOW)] == [
        ("tankful", "codex"),
        ("tankful:claude", "claude"),
    ]
    assert combined(found, NOW) == glances(styled(found, "both"), NOW)[0].glance
    unread = replace(CLAUDE, windows=())
    assert [named.provider for named in glances(styled(state(PLAIN, unread), "each"), NOW)] == [
        "codex",
        "claude",
    ]
    no_login = replace(BARE, provider="claude", account=None)
    (alone,) = glances(styled(state(PLAIN, no_login), "each"), NOW)
    assert (alone.key, alone.provider) == ("tankful", None), "who uses one only gets one"


@pytest.mark.parametrize(
    ("percent", "shown", "used"),
    [
        (100, "100", "0"),
        (99.9, "99", "1"),
        (38.4, "38", "62"),
        (1, "1", "99"),
        (0.4, "<1", "99"),
        (0, "0", "100"),
    ],
)
def test_the_number_is_of_the_tightest_window_and_never_overstated(
    percent: float, shown: str, used: str
) -> None:
    found = state(replace(PLAIN, windows=(left(SESSION, 100), left(WEEKLY, percent))))
    assert glances(styled(found, "number"), NOW)[0].glance.gauges[0].percent == shown
    assert glances(styled(found, "number", used=True), NOW)[0].glance.gauges[0].percent == used


def test_a_number_that_is_not_known_is_a_dash() -> None:
    assert glances(styled(state(BARE), "number"), NOW)[0].glance.gauges[0].percent == "–"


def test_the_glance_seldom_changes() -> None:
    """It is drawn anew for each that differs: not with each poll, and not with each minute."""
    polls = {
        glances(state(replace(PLAIN, windows=(left(SESSION, 60 - step / 20),))), NOW)[0].glance
        for step in range(20)
    }
    assert len(polls) <= 2
    minutes = {glances(state(PLAIN), NOW + timedelta(minutes=minute))[0].glance for minute in range(9)}
    assert len(minutes) <= 2


@pytest.mark.parametrize(("minutes", "stale"), [(2, True), (30, False)])
def test_a_value_is_old_by_the_interval_it_is_refreshed_in(minutes: float, stale: bool) -> None:
    half_an_hour_old = replace(SESSION, fetched_at=NOW - timedelta(minutes=29))
    account = replace(PLAIN, windows=(half_an_hour_old,), refresh_every=timedelta(minutes=minutes))
    assert [bar.stale for bar in seen(account).bars] == [stale]


PERCENT = st.floats(min_value=-5, max_value=250, allow_nan=False)
MINUTES = st.integers(-20_000, 20_000)


@given(
    st.lists(
        st.tuples(st.sampled_from(["codex", "claude"]), st.lists(st.tuples(PERCENT, MINUTES), max_size=3)),
        max_size=4,
    ),
    st.sampled_from(["tightest", "both", "number", "each"]),
    st.booleans(),
)
def test_every_state_has_a_glance_and_the_least_is_always_in_it(
    drawn: list[tuple[str, list[tuple[float, int]]]], style: str, used: bool
) -> None:
    accounts = [
        replace(
            PLAIN,
            provider=provider,
            windows=tuple(
                Sourced(
                    value=RateWindow(
                        id=("session", "weekly", "monthly")[number],
                        title="x",
                        used_percent=percent,
                        duration=timedelta(hours=5),
                        resets_at=NOW + timedelta(minutes=minutes),
                    ),
                    source="oauth",
                    fetched_at=NOW,
                )
                for number, (percent, minutes) in enumerate(windows)
            ),
        )
        for provider, windows in drawn
    ]
    found = glances(styled(state(*accounts), style, used=used), NOW)
    assert 1 <= len(found) <= 2
    assert len({named.key for named in found}) == len(found)
    bars = [bar for named in found for gauge in named.glance.gauges for bar in gauge.bars]
    assert all(bar.left is None or 0 <= bar.left <= 100 for bar in bars)
    assert all(bar.time_left is None or 0 <= bar.time_left <= 1 for bar in bars)
    least = min(
        (max(0.0, 100 - percent) for _, windows in drawn for percent, minutes in windows if minutes > 0),
        default=None,
    )
    if least is not None and least <= 25:
        assert min(bar.left for bar in bars if bar.left is not None) <= 25
        assert any(bar.level != "plenty" for bar in bars)
        assert any(named.glance.attention for named in found)


def test_a_session_that_waits_has_a_mark() -> None:
    waits = look(APPROVAL, WORKING)  # of Claude
    shown = state(PLAIN, CLAUDE, sessions=waits)

    def marks(state: State, style: str) -> list[list[bool]]:
        return [[each.waits for each in named.glance.gauges] for named in glances(styled(state, style), NOW)]

    assert marks(shown, "tightest") == marks(shown, "number") == [[True]], "whoever it is of"
    assert marks(shown, "both") == [[False, True]]
    assert marks(shown, "each") == [[False], [True]]
    assert all(named.glance.attention for named in glances(styled(shown, "tightest"), NOW))
    unknown = look(replace(APPROVAL, provider="another"))
    assert marks(replace(shown, sessions=unknown), "both") == [[True, False]]
    assert marks(replace(shown, sessions=unknown), "each") == [[True], [False]]
    assert marks(state(sessions=waits), "tightest") == [[True]], "without any account"


@pytest.mark.parametrize("quiet", [None, look(), look(WORKING, IDLE, DONE)])
def test_without_one_that_waits_the_picture_is_as_it_was(quiet: SessionsLook | None) -> None:
    for style in STYLES:
        before = glances(styled(state(PLAIN, CLAUDE), style), NOW)
        assert glances(styled(state(PLAIN, CLAUDE, sessions=quiet), style), NOW) == before
