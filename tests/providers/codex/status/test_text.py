from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from providers.codex.status.text import Status, parse_status, reset_time
from providers.domain.limits import Credits

FIXTURES = Path(__file__).parents[3] / "fixtures/codex"
NOW = datetime(2026, 11, 20, 16, 50, tzinfo=UTC)
SESSION_RESET = datetime(2026, 11, 20, 18, 40, tzinfo=UTC)
WEEKLY_RESET = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)
DAY = timedelta(days=1)
MOMENTS = st.integers(1_577_836_800, 2_208_988_800).map(lambda at: datetime.fromtimestamp(at, UTC))
BERLIN = ZoneInfo("Europe/Berlin")

Row = tuple[str, str, float, datetime | None]
SESSION: Row = ("session", "5h", 37.0, SESSION_RESET)
WEEKLY: Row = ("weekly", "Weekly", 62.0, WEEKLY_RESET)
SPARK: Row = (
    "model:gpt-5.3-codex-spark:session",
    "GPT-5.3-Codex-Spark 5h",
    12.0,
    datetime(2026, 11, 20, 19, 40, tzinfo=UTC),
)
SPARK_WEEKLY: Row = (
    "model:gpt-5.3-codex-spark:weekly",
    "GPT-5.3-Codex-Spark Weekly",
    44.0,
    datetime(2026, 11, 24, 6, 0, tzinfo=UTC),
)


def screen(name: str) -> str:
    return (FIXTURES / f"status-{name}.txt").read_text("utf-8")


def shown(name: str) -> Status:
    return parse_status(screen(name), NOW, UTC)


def rows(status: Status) -> list[Row]:
    return [(each.id, each.title, each.used_percent, each.resets_at) for each in status.windows]


def lines(*fields: str) -> Status:
    """A screen with these below the model's line, and a prompt after them."""
    return parse_status(
        "\n".join(("  Model:      gpt", *(f"  {field}" for field in fields), "", "› ")), NOW, UTC
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("0.60.1", [SESSION, WEEKLY]),
        ("0.98.0", [SESSION, WEEKLY]),
        ("0.128.0", [SESSION, WEEKLY, SPARK]),
        ("0.169.0", [SESSION, WEEKLY, SPARK, SPARK_WEEKLY]),
        ("0.169.0-narrow", [SESSION, WEEKLY, SPARK]),
    ],
)
def test_real_screens(name: str, expected: list[Row]) -> None:
    status = shown(name)
    assert (status.outcome, status.complete, status.dropped) == ("limits", True, ())
    assert rows(status) == expected
    assert status.email == "dev@example.com"
    assert status.credits == Credits(balance=Decimal(151))


def test_the_plan_where_it_is_a_word() -> None:
    assert shown("0.128.0").plan == "pro"
    assert shown("0.169.0").plan is None  # "Pro 200"


def test_windows_of_other_lengths() -> None:
    status = shown("0.169.0-daily")
    assert rows(status) == [
        ("window:1440", "1d", 8.0, SESSION_RESET),
        ("window:unknown", "Limit", 7.0, SESSION_RESET),
    ]
    assert status.credits is None
    assert status.complete


def test_an_account_with_credits_alone() -> None:
    status = shown("0.169.0-unlimited")
    assert (status.windows, status.credits) == ((), Credits(unlimited=True))
    assert status.complete


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("0.169.0-later", "later"),
        ("0.45.0", "too_old"),
        ("0.169.0-refused", "nothing"),
        ("0.169.0-login", "nothing"),
        ("0.60.1-offer", "nothing"),
        ("0.60.1-update", "nothing"),
    ],
)
def test_screens_without_limits(name: str, outcome: str) -> None:
    status = shown(name)
    assert (status.outcome, status.windows, status.credits, status.complete) == (outcome, (), None, False)


def test_what_is_cut_off_is_left_out() -> None:
    status = shown("0.60.1-cut")
    assert (status.windows, status.dropped, status.complete) == ((), ("limit",), False)
    assert status.credits == Credits(balance=Decimal(151))


@given(st.data())
def test_no_cut_invents_a_number(data: st.DataObject) -> None:
    """Any part of a real screen shows what the whole shows, or less."""
    name = data.draw(st.sampled_from(["0.60.1", "0.128.0", "0.169.0", "0.169.0-narrow"]))
    whole = rows(shown(name))
    text = screen(name).splitlines()
    width = data.draw(st.integers(0, 100))
    first, last = sorted((data.draw(st.integers(0, len(text))), data.draw(st.integers(0, len(text)))))
    part = parse_status("\n".join(line[:width] for line in text[first:last]), NOW, UTC)
    known = {(each[2], each[3]) for each in whole} | {(each[2], None) for each in whole}
    assert {(each[2], each[3]) for each in rows(part)} <= known
    assert part.credits in (None, Credits(balance=Decimal(151)))
    assert part.email in (None, "dev@example.com")


def test_only_the_last_screen_counts() -> None:
    later = screen("0.60.1").replace("63% left", "50% left")
    assert rows(parse_status(screen("0.60.1") + later, NOW, UTC))[0][2] == 50.0
    waits = parse_status(screen("0.60.1") + screen("0.169.0-later"), NOW, UTC)
    assert (waits.outcome, waits.windows) == ("later", ())


def test_a_screen_without_its_head_is_incomplete() -> None:
    text = screen("0.169.0").split("Account:")[1]
    status = parse_status("  Account:" + text, NOW, UTC)
    assert rows(status) == [SESSION, WEEKLY, SPARK, SPARK_WEEKLY]
    assert not status.complete


def test_numbers_that_are_about_to_change() -> None:
    status = lines(
        "5h limit:   [██] 63% left (resets 18:40)",
        "Warning:    limits may be stale - run /status again shortly.",
    )
    assert status.stale
    assert rows(status) == [SESSION]


def test_credits_without_the_limits_are_not_all() -> None:
    assert lines("Limits:   data not available yet", "Credits:  5 credits").outcome == "later"
    alone = lines("Limits:   not available for this account", "Credits:  5 credits")
    assert (alone.outcome, alone.complete) == ("limits", True)


def test_lines_that_are_not_what_they_should_be() -> None:
    status = lines(
        "5h limit:       [██] 163% left (resets 18:40)",
        "Weekly limit:   38% left (resets soon)",
        "Some limit:     12% left",
        "Other limit:    about half",
        "Credits:        a few",
        "Account:        nobody",
    )
    assert rows(status) == [("weekly", "Weekly", 62.0, None)]
    assert status.dropped == ("limit", "reset", "credits")
    assert (status.credits, status.email, status.complete) == (None, None, False)


def test_who_has_no_limits() -> None:
    assert lines("Limits:   not available for this account").outcome == "never"
    assert lines("Account:  API key configured (run codex login to use ChatGPT)").outcome == "api_key"


MONTH_RESET = datetime(2026, 12, 7, 7, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "used", "resets_at"),
    [
        (
            (
                "Monthly credit limit:   [██████████████░░░░░░] 68% left (resets 07:08 on 7 Dec)",
                "                        8,000 of 25,000 credits used",
            ),
            32,
            MONTH_RESET,
        ),
        (("Monthly credit limit:   [██████] 68% left (resets 07:08 on 7 Dec)",), 32, MONTH_RESET),
        (
            ("Workspace monthly credit limit:   0% left", "                12,500.5 of 9,000 credits used"),
            100,
            None,
        ),
        (("Credit limit:   68% left",), 32, None),
    ],
)
def test_a_workspaces_credit_limit_is_a_spend_cap(
    fields: tuple[str, ...], used: float, resets_at: datetime | None
) -> None:
    """As Codex 0.13x and later show it, in a box or not."""
    status = lines(*fields)
    assert rows(status) == [("individual", "Spend cap", used, resets_at)]
    assert (status.outcome, status.complete, status.dropped) == ("limits", True, ())


def test_a_credit_limit_that_is_cut_off_is_named() -> None:
    status = lines("Monthly credit limit:   [████] 68% left (resets 07:0", "Credits:  5 credits")
    assert (rows(status), status.dropped, status.complete) == ([], ("limit",), False)


def test_credits_of_thousands() -> None:
    assert lines("Credits:  1,250 credits").credits == Credits(balance=Decimal(1250))


@given(st.text(), st.sampled_from(["0.60.1", "0.169.0"]), st.integers(0, 3000), st.integers(0, 50))
def test_any_text_is_taken(noise: str, name: str, at: int, removed: int) -> None:
    text = screen(name)
    status = parse_status(text[:at] + noise + text[at + removed :], NOW, UTC)
    assert all(0 <= each.used_percent <= 100 for each in status.windows)
    for each in status.windows:
        assert each.resets_at is None or abs(each.resets_at - NOW) < timedelta(days=401)


class TestResetTime:
    @pytest.mark.parametrize(
        ("shown", "expected"),
        [
            ("18:40", SESSION_RESET),
            ("6:40 PM", SESSION_RESET),
            ("16:50", NOW),
            ("16:45", NOW - timedelta(minutes=5)),
            ("12:05 AM", datetime(2026, 11, 21, 0, 5, tzinfo=UTC)),
            ("12:05 PM", datetime(2026, 11, 21, 12, 5, tzinfo=UTC)),
            ("03:30", datetime(2026, 11, 21, 3, 30, tzinfo=UTC)),
            ("19:00 on 23 Nov", WEEKLY_RESET),
            ("7:00 PM on 23 Nov", WEEKLY_RESET),
            ("09:15 on 1 Dec", datetime(2026, 12, 1, 9, 15, tzinfo=UTC)),
        ],
    )
    def test_the_next_such_time(self, shown: str, expected: datetime) -> None:
        assert reset_time(shown, NOW, UTC, 30 * DAY) == expected

    @pytest.mark.parametrize(
        "shown",
        ["", "soon", "25:00", "12:60", "13:00 PM", "0:10 AM", "10:00 on 31 Nov", "10:00 on 3 Foo", "1:2"],
    )
    def test_what_is_no_time(self, shown: str) -> None:
        assert reset_time(shown, NOW, UTC, 30 * DAY) is None

    def test_not_beyond_the_length_of_its_window(self) -> None:
        assert reset_time("16:30", NOW, UTC, timedelta(hours=5)) is None  # 20 minutes ago, or tomorrow
        assert reset_time("15:30", NOW, UTC, timedelta(hours=5)) is None
        assert reset_time("19:00 on 23 Dec", NOW, UTC, 7 * DAY) is None
        assert reset_time("19:00 on 19 Nov", NOW, UTC, 7 * DAY) is None

    @pytest.mark.parametrize("shown", ["16:30", "4:30 PM", "15:50", "16:39"])
    def test_a_time_that_has_just_passed_is_not_a_day_ahead(self, shown: str) -> None:
        assert reset_time(shown, NOW, UTC, 7 * DAY) is None

    def test_just_past_midnight(self) -> None:
        midnight = datetime(2026, 11, 21, 0, 30, tzinfo=UTC)
        assert reset_time("23:50", midnight, UTC, 7 * DAY) == datetime(2026, 11, 21, 23, 50, tzinfo=UTC)
        assert reset_time("23:50", midnight, UTC, timedelta(hours=5)) is None

    def test_years_end(self) -> None:
        eve = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
        assert reset_time("02:10", eve, UTC, DAY) == datetime(2027, 1, 1, 2, 10, tzinfo=UTC)
        assert reset_time("08:00 on 3 Jan", eve, UTC, 7 * DAY) == datetime(2027, 1, 3, 8, 0, tzinfo=UTC)
        new = datetime(2027, 1, 1, 0, 4, tzinfo=UTC)
        assert reset_time("23:59", new, UTC, DAY) == datetime(2026, 12, 31, 23, 59, tzinfo=UTC)
        assert reset_time("23:59 on 31 Dec", new, UTC, DAY) == datetime(2026, 12, 31, 23, 59, tzinfo=UTC)

    def test_the_day_that_only_leap_years_have(self) -> None:
        before = datetime(2028, 2, 27, 12, 0, tzinfo=UTC)
        assert reset_time("10:00 on 29 Feb", before, UTC, 7 * DAY) == datetime(2028, 2, 29, 10, tzinfo=UTC)

    def test_zones_and_their_days(self) -> None:
        late = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)  # 00:30 of the 21st in Berlin
        assert reset_time("03:00", late, BERLIN, DAY) == datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
        assert reset_time("03:00 on 22 Nov", late, BERLIN, 7 * DAY) == datetime(2026, 11, 22, 2, tzinfo=UTC)

    def test_clocks_that_are_put_back_and_forward(self) -> None:
        first = datetime(2026, 10, 25, 0, 10, tzinfo=UTC)  # 02:10 in summer time
        second = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)  # 02:10 again
        assert reset_time("02:30", first, BERLIN, DAY) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
        assert reset_time("02:30", second, BERLIN, DAY) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
        spring = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
        assert reset_time("03:10", spring, BERLIN, DAY) == datetime(2026, 3, 29, 1, 10, tzinfo=UTC)

    @given(
        MOMENTS,
        st.integers(0, 60 * 24 * 30),
        st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland"]),
        st.booleans(),
    )
    def test_what_codex_shows_is_what_was_meant(
        self, now: datetime, ahead: int, zone_name: str, english: bool
    ) -> None:
        """Written as Codex writes it: without the day where it is today's."""
        zone = ZoneInfo(zone_name)
        meant = (now + timedelta(minutes=ahead)).replace(second=0, microsecond=0)
        local, today = meant.astimezone(zone), now.astimezone(zone)
        clock = f"{local:%I:%M %p}".lstrip("0") if english else f"{local:%H:%M}"
        shown = clock if local.date() == today.date() else f"{clock} on {local.day} {local:%b}"
        # Ten minutes after midnight, 23:55 alone is taken for the one that has just passed.
        assume(" on " in shown or meant - now < DAY - timedelta(minutes=10))
        found = reset_time(shown, now, zone, 30 * DAY)
        twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
        assert found == meant or (twice and found is not None and abs(found - meant) <= timedelta(hours=1))
