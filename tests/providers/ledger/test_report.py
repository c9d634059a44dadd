from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.ledger.report import cost_report, scan_start
from providers.models import BilledResponse, Burn, CostReport, LogCount, Tally, TokenUsage

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
HOME, OTHER = Path("/home/dev/.codex"), Path("/home/dev/work")
LABELS = {HOME: "~/.codex"}
TODAY = date(2026, 11, 20)


class DollarAToken:
    """Every model costs a dollar a token, except those nobody knows."""

    def price(self, model: str, usage: TokenUsage, at: datetime) -> float | None:
        return None if model == "mystery" else float(usage.total_tokens)


class Tenth:
    def price(self, model: str, usage: TokenUsage, at: datetime) -> float | None:
        return usage.total_tokens * 0.1


def response(
    at: datetime = NOW, tokens: int = 1, model: str | None = "gpt-5.5", home: Path = HOME
) -> BilledResponse:
    return BilledResponse(at=at, model=model, usage=TokenUsage(output_tokens=tokens), home=home)


def report(
    *responses: BilledResponse,
    since: date = TODAY,
    until: date = TODAY,
    zone: ZoneInfo | None = None,
    now: datetime = NOW,
) -> CostReport:
    count = LogCount(responses=responses, files_by_home={Path("/h"): 3}, skipped_lines=2)
    zone = zone or ZoneInfo("UTC")
    return cost_report(count, LABELS, DollarAToken(), since=since, until=until, zone=zone, now=now)


def tally(responses: int, tokens: int, usd: float | None) -> Tally:
    return Tally(responses=responses, usage=TokenUsage(output_tokens=tokens), usd=usd)


def test_sums_by_model_day_and_home() -> None:
    yesterday = NOW - timedelta(days=1)
    made = report(
        response(tokens=1),
        response(tokens=2, model="gpt-5.4", home=OTHER),
        response(yesterday, tokens=4),
        response(NOW - timedelta(days=2), tokens=8),
        since=TODAY - timedelta(days=1),
    )
    assert made.totals == tally(3, 7, 7)
    assert made.by_model == {"gpt-5.4": tally(1, 2, 2), "gpt-5.5": tally(2, 5, 5)}
    assert made.by_day == {
        yesterday.date(): {"gpt-5.5": tally(1, 4, 4)},
        TODAY: {"gpt-5.4": tally(1, 2, 2), "gpt-5.5": tally(1, 1, 1)},
    }
    assert made.by_home == {str(OTHER): tally(1, 2, 2), "~/.codex": tally(2, 5, 5)}
    assert (made.files, made.skipped_lines, made.priced, made.unpriced_models) == (3, 2, "full", ())


def test_nothing_was_used() -> None:
    made = report()
    assert made.totals == Tally(responses=0, usd=0.0)
    assert (made.by_model, made.by_day, made.by_home) == ({}, {}, {})
    assert (made.burn, made.month_to_date_usd, made.priced) == (None, 0.0, "full")


def test_a_total_that_leaves_models_out_says_so() -> None:
    made = report(response(), response(model="mystery"), response(model=None))
    assert made.totals == tally(3, 3, 1)
    assert made.by_model["mystery"] == tally(1, 1, None)
    assert made.by_model["unknown"] == tally(1, 1, None)
    assert (made.priced, made.unpriced_models) == ("partial", ("mystery", "unknown"))


def test_no_price_at_all_is_not_zero() -> None:
    made = report(response(model="mystery"))
    assert (made.totals.usd, made.priced, made.month_to_date_usd) == (None, "none", None)
    assert made.burn == Burn(usd_per_hour=None, tokens_per_hour=1 / 3, over_minutes=180)


def test_unpriced_models_are_those_of_the_range() -> None:
    made = report(response(), response(NOW - timedelta(days=9), model="mystery"))
    assert (made.priced, made.unpriced_models) == ("full", ())


def test_burn_looks_at_the_last_three_hours_only() -> None:
    made = report(
        response(NOW, tokens=3),
        response(NOW - timedelta(minutes=179), tokens=6),
        response(NOW - timedelta(minutes=180), tokens=100),
        response(NOW + timedelta(minutes=1), tokens=100),
    )
    assert made.burn == Burn(usd_per_hour=3, tokens_per_hour=3, over_minutes=180)


def test_burn_and_month_do_not_depend_on_the_range() -> None:
    made = report(
        response(NOW - timedelta(hours=1), tokens=3), since=date(2026, 1, 1), until=date(2026, 1, 2)
    )
    assert made.totals.responses == 0
    assert made.burn == Burn(usd_per_hour=1, tokens_per_hour=1, over_minutes=180)
    assert made.month_to_date_usd == 3


def test_the_month_is_a_local_one() -> None:
    start = datetime(2026, 10, 31, 23, tzinfo=UTC)  # midnight in Berlin
    made = report(response(start, tokens=1), response(start - timedelta(seconds=1), tokens=2), zone=BERLIN)
    assert made.month_to_date_usd == 1


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (datetime(2026, 3, 28, 22, 59, 59, tzinfo=UTC), date(2026, 3, 28)),
        (datetime(2026, 3, 28, 23, 0, 0, tzinfo=UTC), date(2026, 3, 29)),
        (datetime(2026, 3, 29, 21, 59, 59, tzinfo=UTC), date(2026, 3, 29)),  # a day of 23 hours
        (datetime(2026, 3, 29, 22, 0, 0, tzinfo=UTC), date(2026, 3, 30)),
        (datetime(2026, 10, 24, 22, 0, 0, tzinfo=UTC), date(2026, 10, 25)),
        (datetime(2026, 10, 25, 22, 59, 59, tzinfo=UTC), date(2026, 10, 25)),  # a day of 25 hours
    ],
)
def test_days_are_local_through_the_change_of_clocks(at: datetime, day: date) -> None:
    made = report(response(at), since=date(2026, 1, 1), until=date(2026, 12, 31), zone=BERLIN)
    assert list(made.by_day) == [day]


def test_future_days_are_accepted() -> None:
    assert report(response(), until=date(2030, 1, 1)).totals.responses == 1


@settings(deadline=None)
@given(st.permutations(range(12)))
def test_sums_do_not_depend_on_order(order: list[int]) -> None:
    def made(numbers: list[int]) -> CostReport:
        responses = tuple(response(NOW - timedelta(hours=n), tokens=3**n, model=f"m{n % 3}") for n in numbers)
        count = LogCount(responses=responses)
        return cost_report(count, {}, Tenth(), since=date.min, until=date.max, zone=UTC, now=NOW)

    assert made(order) == made(sorted(order))


def test_a_scan_begins_with_the_range_the_month_or_the_burn_whichever_is_first() -> None:
    assert scan_start(date(2026, 10, 1), BERLIN, NOW) == datetime(2026, 9, 30, 22, tzinfo=UTC)
    assert scan_start(TODAY, NEW_YORK, NOW) == datetime(2026, 11, 1, 4, tzinfo=UTC)
    midnight = datetime(2026, 12, 1, 0, 30, tzinfo=UTC)
    assert scan_start(date(2026, 12, 1), UTC, midnight) == datetime(2026, 11, 30, 21, 30, tzinfo=UTC)


def test_a_scan_may_begin_at_the_beginning() -> None:
    assert scan_start(date.min, ZoneInfo("Asia/Tokyo"), NOW) == datetime.min.replace(tzinfo=UTC)


def test_a_day_that_begins_without_midnight() -> None:
    # Santiago's clocks go from 24:00 straight to 01:00 on 6 September 2026.
    zone = ZoneInfo("America/Santiago")
    start = scan_start(date(2026, 9, 6), zone, NOW)
    assert start.astimezone(zone).date() == date(2026, 9, 6)
    assert (start - timedelta(microseconds=1)).astimezone(zone).date() == date(2026, 9, 5)
