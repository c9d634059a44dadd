from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.claude.usage_command.text import parse
from tests.fake_anthropic import NOW

HEAD = "You are currently using your subscription to power your Claude Code usage\n\n"
# As 2.1.197 and 2.1.329 print it.
WHOLE = f"""{HEAD}Current session: 37% used · resets Nov 20, 2:08pm (UTC)
Current week (all models): 61% used · resets Nov 23, 4:55pm (UTC)
Current week (Sonnet only): 12% used · resets Nov 23, 4:55pm (UTC)
Current week (Fable): 0% used

What's contributing to your usage?
Approximate · sessions on this machine only · shares overlap

Last 24h · 12 requests · 3 sessions
  40%  Long sessions · half of it is context
  Top skills: /review 12%
"""


def resets(text: str, now: datetime = NOW, what: str = "week (all models)") -> datetime | None:
    printed = parse(f"Current {what}: 5% used · resets {text}", now)
    (window,) = printed.windows
    assert bool(printed.refused) is (window.resets_at is None)
    return window.resets_at


def test_the_whole_of_it() -> None:
    printed = parse(WHOLE, NOW)
    assert [(w.id, w.title, w.used_percent, w.resets_at) for w in printed.windows] == [
        ("session", "5h", 37, datetime(2026, 11, 20, 14, 8, tzinfo=UTC)),
        ("weekly", "Weekly", 61, datetime(2026, 11, 23, 16, 55, tzinfo=UTC)),
        ("model:fable:weekly", "Fable", 0, None),
        ("model:sonnet:weekly", "Sonnet", 12, datetime(2026, 11, 23, 16, 55, tzinfo=UTC)),
    ]
    assert printed.refused == ()


def test_text_without_limits() -> None:
    assert parse(HEAD, NOW) == parse("", NOW) == parse("Total cost: $0.0000\nUsage: 0 input", NOW)
    assert parse(HEAD, NOW).windows == ()


@pytest.mark.parametrize(
    ("used", "percent"),
    [
        ("0% used", 0),
        ("100% used", 100),
        ("137% used", 137),
        ("37.5% used", 37.5),
        ("37,5 % used", 37.5),
        ("37\u00a0% used", 37),
        ("37\u202f%\u00a0used", 37),
        ("\x1b[1m37%\x1b[0m used", 37),
    ],
)
def test_forms_of_percent(used: str, percent: float) -> None:
    (window,) = parse(f"Current session: {used}", NOW).windows
    assert window.used_percent == percent


@pytest.mark.parametrize(
    "line",
    [
        "Current session: 63% left",
        "Current session: 63% remaining",
        "Current session: < 1% used",
        "Current session: -1% used",
        "Current session: 1,234% used",
        "Current session: 12345% used",
        "Current session: ٣٧% used",
        "Current session: 37٪ used % ",
        "Current session: % used",
        "Current session: 1e2% used",
        "Current session: 37% of 5h used",
        "Current month: 37% used",
        "Current week (): 37% used",
        "Current week (\x07): 37% used",
        "Current week (all models) 37% used",
        "Current week (Sonnet: 37% used",
    ],
)
def test_any_other_line_is_rejected(line: str) -> None:
    printed = parse(line, NOW)
    assert (printed.windows, printed.refused) == ((), ("line 1",))


def test_another_language_is_rejected() -> None:
    assert parse("Aktuelle Sitzung: 37 % verbraucht · Zurücksetzung 20. Nov. (UTC)", NOW).windows == ()


def test_a_duplicate_window_counts_once() -> None:
    printed = parse("Current session: 5% used\nCurrent session: 6% used", NOW)
    assert ([w.used_percent for w in printed.windows], printed.refused) == ([5], ("line 2",))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Nov 20, 2pm (UTC)", datetime(2026, 11, 20, 14, tzinfo=UTC)),
        ("Nov 21, 12am (UTC)", datetime(2026, 11, 21, 0, tzinfo=UTC)),
        ("Nov 21, 12pm (UTC)", datetime(2026, 11, 21, 12, tzinfo=UTC)),
        ("Nov 21 at 2:08 PM (UTC)", datetime(2026, 11, 21, 14, 8, tzinfo=UTC)),
        ("November 21, 14:08 (UTC)", datetime(2026, 11, 21, 14, 8, tzinfo=UTC)),
        ("Nov 21, 2026, 2:08pm (Europe/Berlin)", datetime(2026, 11, 21, 13, 8, tzinfo=UTC)),
        ("Nov 21, 2:08pm (America/St_Johns)", datetime(2026, 11, 21, 17, 38, tzinfo=UTC)),
        ("Nov 21, 2:08pm (Asia/Kathmandu)", datetime(2026, 11, 21, 8, 23, tzinfo=UTC)),
        ("Nov 21, 2:08pm (GMT+5:30)", datetime(2026, 11, 21, 8, 38, tzinfo=UTC)),
        ("Nov 21, 2:08pm (UTC-03:00)", datetime(2026, 11, 21, 17, 8, tzinfo=UTC)),
        ("2:08pm (UTC)", datetime(2026, 11, 20, 14, 8, tzinfo=UTC)),
        ("2am (UTC)", datetime(2026, 11, 21, 2, tzinfo=UTC)),
        ("11:30am (UTC)", datetime(2026, 11, 20, 11, 30, tzinfo=UTC)),
        ("Nov 27, 12:05pm (UTC)", datetime(2026, 11, 27, 12, 5, tzinfo=UTC)),
        ("Nov 20, 11:30am (UTC)", datetime(2026, 11, 20, 11, 30, tzinfo=UTC)),
    ],
)
def test_forms_of_a_reset(text: str, expected: datetime) -> None:
    assert resets(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Nov 21, 2:08pm",
        "Nov 21, 2:08pm (CET)",
        "Nov 21, 2:08pm (EST)",
        "Nov 21, 2:08pm (Mars/Olympus)",
        "Nov 21, 2:08pm (../UTC)",
        "Nov 21, 2:08pm (/etc/localtime)",
        "Nov 21, 2:08pm (UTC+25)",
        "Nov 21, 2:08 (UTC) soon",
        "Nov 21, 2 (UTC)",
        "Nov 21, 14pm (UTC)",
        "Nov 21, 0:10am (UTC)",
        "Nov 21, 24:10 (UTC)",
        "Nov 21, 2:60pm (UTC)",
        "Nov 31, 2pm (UTC)",
        "Feb 29, 2027, 2pm (UTC)",
        "21 Nov, 2pm (UTC)",
        "Okt 21, 2pm (UTC)",
        "11/21, 2pm (UTC)",
        "Mon 2pm (UTC)",
        "in 3 hours (UTC)",
        "Nov 19, 2pm (UTC)",
        "Nov 30, 2pm (UTC)",
        "Nov 21, 2025, 2pm (UTC)",
        "Nov 27, 12:06pm (UTC)",
        "Nov 20, 10:59am (UTC)",
    ],
)
def test_a_reset_that_is_in_doubt_is_unknown(text: str) -> None:
    assert resets(text) is None


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}Z")


@pytest.mark.parametrize(
    ("now", "text", "expected"),
    [
        ("2026-07-09T15:05", "3pm (UTC)", "2026-07-09T15:00"),
        ("2026-07-09T14:55", "3pm (UTC)", "2026-07-09T15:00"),
        ("2026-07-09T10:00", "3pm (UTC)", "2026-07-09T15:00"),
        ("2026-07-09T09:54", "3pm (UTC)", None),
        ("2026-07-09T20:00", "3pm (UTC)", None),
        ("2026-07-10T00:01", "11:59pm (UTC)", "2026-07-09T23:59"),
        ("2026-07-09T23:58", "2am (UTC)", "2026-07-10T02:00"),
        ("2026-07-09T23:58", "12am (UTC)", "2026-07-10T00:00"),
        ("2026-07-10T00:30", "12am (UTC)", "2026-07-10T00:00"),
        ("2026-07-09T15:05", "1am (Asia/Tokyo)", "2026-07-09T16:00"),
        ("2026-07-09T15:05", "Jul 9, 3pm (UTC)", "2026-07-09T15:00"),
        ("2026-07-09T15:05", "Jul 9, 9pm (UTC)", None),
        ("2026-07-09T15:05", "Jul 10, 3pm (UTC)", None),
        ("2027-01-01T00:05", "Dec 31, 11:59pm (UTC)", "2026-12-31T23:59"),
        ("2026-12-31T22:00", "Jan 1, 2am (UTC)", "2027-01-01T02:00"),
    ],
)
def test_a_session_resets_within_five_hours_or_just_did(now: str, text: str, expected: str | None) -> None:
    assert resets(text, at(now), "session") == (expected and at(expected))


def test_a_week_that_has_just_reset() -> None:
    assert resets("Dec 31, 11:59pm (UTC)", at("2027-01-01T00:05")) == at("2026-12-31T23:59")
    assert resets("3pm (UTC)", at("2026-07-09T15:05")) == at("2026-07-09T15:00")
    assert resets("3pm (UTC)", at("2026-07-09T16:05")) == at("2026-07-10T15:00")


def test_years_end() -> None:
    eve = datetime(2026, 12, 31, 20, tzinfo=UTC)
    assert resets("Jan 2, 5pm (UTC)", eve) == datetime(2027, 1, 2, 17, tzinfo=UTC)
    assert resets("Jan 2, 2027, 5pm (UTC)", eve) == datetime(2027, 1, 2, 17, tzinfo=UTC)
    assert resets("Dec 31, 11pm (UTC)", eve) == datetime(2026, 12, 31, 23, tzinfo=UTC)
    # There it is next year already.
    assert resets("Jan 1, 8am (Asia/Tokyo)", eve) == datetime(2026, 12, 31, 23, tzinfo=UTC)
    assert resets("Dec 31, 8pm (Pacific/Honolulu)", datetime(2027, 1, 1, 4, tzinfo=UTC)) == datetime(
        2027, 1, 1, 6, tzinfo=UTC
    )


def test_summer_time() -> None:
    spring = datetime(2027, 3, 27, 12, tzinfo=UTC)
    assert resets("Mar 28, 1:30am (Europe/Berlin)", spring) == datetime(2027, 3, 28, 0, 30, tzinfo=UTC)
    assert resets("Mar 28, 2:30am (Europe/Berlin)", spring) is None  # a clock never shows it
    assert resets("Mar 28, 3:30am (Europe/Berlin)", spring) == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
    autumn = datetime(2026, 10, 24, 12, tzinfo=UTC)
    assert resets("Oct 25, 1:30am (Europe/Berlin)", autumn) == datetime(2026, 10, 24, 23, 30, tzinfo=UTC)
    assert resets("Oct 25, 2:30am (Europe/Berlin)", autumn) is None  # it shows it twice
    assert resets("Oct 25, 3:30am (Europe/Berlin)", autumn) == datetime(2026, 10, 25, 2, 30, tzinfo=UTC)


@given(
    st.integers(round(datetime(2024, 1, 1, tzinfo=UTC).timestamp()), 2_000_000_000),
    st.integers(0, 7 * 24 * 60),
    st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns", "Pacific/Chatham", "Asia/Tokyo"]),
    st.booleans(),
)
def test_what_is_printed_is_read_back_or_unknown(epoch: int, ahead: int, zone: str, year: bool) -> None:
    now = datetime.fromtimestamp(epoch, UTC)
    at = (now + timedelta(minutes=ahead)).replace(second=0, microsecond=0)
    there = at.astimezone(ZoneInfo(zone))
    minutes = f":{there.minute:02}" if there.minute else ""
    clock = f"{there.hour % 12 or 12}{minutes}{'pm' if there.hour >= 12 else 'am'}"
    named = year or there.year != now.astimezone(ZoneInfo(zone)).year
    text = f"{there:%b} {there.day}, {f'{there.year}, ' if named else ''}{clock} ({zone})"
    twice = there.replace(fold=0).utcoffset() != there.replace(fold=1).utcoffset()
    assert resets(text, now) == (None if twice else at)


PIECES = ["Current ", "session", "week (", "all models", "Sonnet only", ")", ": ", "37", "%", " used", " · "]
PIECES += [
    "resets ",
    "Nov",
    " 20",
    ", ",
    "2",
    ":08",
    "pm",
    " (",
    "UTC",
    "Europe/Berlin",
    "\n",
    "-",
    "2027",
    "99999",
]


@given(st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=30).map("".join)))
def test_any_text_is_parsed_or_rejected(text: str) -> None:
    printed = parse(text, NOW)
    for window in printed.windows:
        assert str(int(window.used_percent)) in text
        assert window.title.isprintable()
        assert window.resets_at is None or abs(window.resets_at - NOW) <= timedelta(days=9)
