from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tray.view import format as fmt

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)  # a Friday


@pytest.mark.parametrize(
    ("used", "text"),
    [(37, "63 %"), (0, "100 %"), (0.4, "99 %"), (99.5, "< 1 %"), (100, "0 %"), (130, "0 %"), (1.0, "99 %")],
)
def test_percent_left(used: float, text: str) -> None:
    assert fmt.percent(fmt.left_percent(used)) == text


@pytest.mark.parametrize(
    ("share", "filled"), [(63, 9), (38, 5), (0.5, 1), (0, 0), (100, 14), (97, 14), (130, 14), (None, 0)]
)
def test_bar(share: float | None, filled: int) -> None:
    assert fmt.bar(share) == "━" * filled + "─" * (14 - filled)
    assert fmt.bar(share, "blocks") == "█" * filled + "░" * (14 - filled)
    assert fmt.bar(share, "ascii") == "=" * filled + "~" * (14 - filled)


@pytest.mark.parametrize(
    ("left", "shown", "used"),
    [
        (100.0, "100", "__0"),
        (99.9, "_99", "__1"),
        (63.0, "_63", "_37"),
        (9.4, "__9", "_91"),
        (1.0, "__1", "_99"),
        (0.96, ".0.9", "_99"),
        (0.01, ".0.1", "_99"),
        (0.0, "__0", "100"),
        (None, "__‒", "__‒"),
    ],
)
def test_percentages_of_one_width(left: float | None, shown: str, used: str) -> None:
    def blanks(text: str) -> str:
        return text.replace("\u2007", "_").replace("\u2008", ".")

    assert blanks(fmt.padded(left)) == shown
    assert blanks(fmt.padded(left, used=True)) == used


@given(st.floats(0, 100))
def test_words_and_rows_have_the_same_number(left: float) -> None:
    assert fmt.reading(left, used=True) == f"{fmt.padded(left, used=True).strip(chr(0x2007))} % used"
    number = fmt.padded(left).strip("\u2007\u2008")
    assert fmt.reading(left) == ("< 1 % left" if "." in number else f"{number} % left")


def test_a_number_keeps_its_percent_sign() -> None:
    assert fmt.unbroken("5h 8 % left") == "5h 8\N{NO-BREAK SPACE}% left"


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(hours=1, minutes=29), "1 h 29 m"),
        (timedelta(minutes=13, seconds=1), "14 m"),
        (timedelta(seconds=1), "1 m"),
        (timedelta(hours=2), "2 h"),
        (timedelta(days=5, hours=3, minutes=9), "5 d 3 h"),
        (timedelta(0), "now"),
        (timedelta(seconds=-1), "now"),
    ],
)
def test_countdown(span: timedelta, text: str) -> None:
    assert fmt.countdown(span) == text


@given(st.timedeltas())
def test_a_countdown_is_never_negative(span: timedelta) -> None:
    assert "-" not in fmt.countdown(span)


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (NOW + timedelta(hours=1, minutes=29), "resets in 1 h 29 m"),
        (NOW, "resets now"),
        (datetime(2026, 11, 22, 18, 0, tzinfo=UTC), "resets Sun 19:00"),
        (datetime(2026, 11, 26, 18, 0, tzinfo=UTC), "resets Thu 19:00"),
        (datetime(2026, 11, 27, 11, 0, tzinfo=UTC), "resets 27 Nov 12:00"),
        (datetime(2026, 12, 18, 11, 0, tzinfo=UTC), "resets 18 Dec 12:00"),
        (datetime(2027, 9, 15, 11, 0, tzinfo=UTC), "resets 15 Sep 13:00"),
        (datetime(2027, 11, 21, 11, 0, tzinfo=UTC), "resets 21 Nov 2027 12:00"),
    ],
)
def test_resets(at: datetime, text: str) -> None:
    assert fmt.resets(at, NOW, ZoneInfo("Europe/Berlin")) == text


@pytest.mark.parametrize(
    ("minutes", "text"),
    [
        (-5, "just now"),
        (0.9, "just now"),
        (2, "2 min ago"),
        (61, "1 h ago"),
        (47 * 60, "47 h ago"),
        (49 * 60, "2 d ago"),
    ],
)
def test_age(minutes: float, text: str) -> None:
    assert fmt.age(timedelta(minutes=minutes)) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"),
        (950, "950"),
        (999, "999"),
        (1000, "1.0 K"),
        (1234, "1.2 K"),
        (9_949, "9.9 K"),
        (9_960, "10 K"),
        (66_968, "67 K"),
        (999_499, "999 K"),
        (999_600, "1.0 M"),
        (45_000_000, "45 M"),
        (1_300_000_000, "1.3 B"),
        (5 * 10**15, "5000 T"),
    ],
)
def test_tokens(count: int, text: str) -> None:
    assert fmt.tokens(count) == text


@pytest.mark.parametrize(
    ("usd", "text"),
    [(0, "$0.00"), (0.004, "< $0.01"), (0.23807, "$0.24"), (3.1, "$3.10"), (12345.678, "$12,345.68")],
)
def test_money(usd: float, text: str) -> None:
    assert fmt.money(usd) == text


@pytest.mark.parametrize(
    ("usd", "complete", "text"),
    [(2.36, True, "≈ $2.36"), (2.36, False, "≥ $2.36"), (0.004, True, "< $0.01"), (0.004, False, "≥ $0.00")],
)
def test_a_price_has_one_sign(usd: float, complete: bool, text: str) -> None:
    assert fmt.priced(usd, complete=complete) == text


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        ("12.3", "USD", "$12.30"),
        ("1200", "EUR", "1,200.00 EUR"),
        ("3400", "JPY", "3,400 JPY"),
        ("0.505", "KWD", "0.505 KWD"),
    ],
)
def test_amounts_have_the_decimals_of_their_currency(value: str, currency: str, text: str) -> None:
    assert fmt.amount(Decimal(value), currency) == text


def test_balance_and_plan() -> None:
    assert fmt.balance(Decimal("150.5")) == "150.50"
    assert fmt.balance(Decimal(1234)) == "1,234.00"
    assert fmt.balance(Decimal("0.125")) == "0.12"
    assert fmt.balance(Decimal("0.375")) == "0.38"
    assert fmt.balance(Decimal("1E+27")) == f"1{',000' * 9}.00"
    assert fmt.plan("pro") == "Pro"
    assert fmt.plan("free_workspace") == "Free Workspace"


@pytest.mark.parametrize("milliseconds", [-29_999, -20, 0, 20, 29_999])
def test_a_reset_that_is_sent_with_other_seconds_is_shown_alike(milliseconds: int) -> None:
    zone, other = ZoneInfo("Europe/Berlin"), timedelta(milliseconds=milliseconds)
    midnight = datetime(2026, 11, 24, 23, 0, tzinfo=UTC)
    shown = (fmt.moment, fmt.soon, fmt.on_or_at, fmt.resets)
    assert [show(midnight + other, NOW, zone) for show in shown] == [
        "25 Nov 00:00",
        "Wed 00:00",
        "on Wed 00:00",
        "resets Wed 00:00",
    ]
    assert fmt.clock(datetime.max.replace(tzinfo=UTC), ZoneInfo("UTC")) == "23:59"


def test_a_moment_of_another_year_shows_the_year() -> None:
    assert fmt.moment(datetime(2025, 11, 21, 11, 0, tzinfo=UTC), NOW, ZoneInfo("UTC")) == "21 Nov 2025 11:00"


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0 %"), (0.344, "34 %"), (0.29, "29 %"), (0.999, "99 %"), (1, "100 %"), (1.7, "100 %")],
)
def test_how_far_it_is_done(share: float, text: str) -> None:
    assert fmt.done(share) == text


@pytest.mark.parametrize(
    "text", ["a\nb", "a\x1bb", "a\x00b", "a\u202eb", "a\u2028b", "a\x9bb", "a\u200fb", "a\rb", "a\ud800b"]
)
def test_nothing_that_steers_a_terminal_is_shown(text: str) -> None:
    assert fmt.plain(text).replace(" ", "") == "ab"


def test_what_is_too_long_is_cut() -> None:
    assert fmt.plain("x" * 60) == "x" * 60
    assert fmt.plain("x" * 61) == "x" * 59 + "…"
    assert fmt.plain("用量") == "用量"
