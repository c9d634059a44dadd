from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from providers.domain.cost import BilledResponse, Burn, Context, CostReport, Tally, TokenUsage
from providers.ledger.database import opened, transaction
from providers.ledger.ledger import Ledger
from providers.ledger.responses import replace_responses

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
HOME, OTHER = Path("/home/dev/.codex"), Path("/home/dev/work")
LABELS = {HOME: "~/.codex", OTHER: "~/work"}
TODAY = date(2026, 11, 20)


def response(
    at: datetime = NOW,
    tokens: int = 1,
    model: str | None = "gpt-5.5",
    home: Path = HOME,
    key: int = 0,
    **more: Any,
) -> BilledResponse:
    usage = TokenUsage(output_tokens=tokens)
    context = Context(home=home, model=model, **more)
    return BilledResponse(round(at.timestamp() * 1000), key, context, usage)


def report(
    *responses: BilledResponse,
    since: date = TODAY,
    until: date = TODAY,
    zone: ZoneInfo | None = None,
    now: datetime = NOW,
    pico: int = 10**12,
) -> CostReport:
    """By way of a real ledger, where each token costs `pico`, except those of a model nobody knows."""

    def price(each: BilledResponse) -> int | None:
        return None if each.context.model in (None, "mystery") else each.usage.total_tokens * pico

    with TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.sqlite3"
        with opened(path) as db, transaction(db):
            keyed = [replace(each, key=each.key or key) for key, each in enumerate(responses, 1)]
            replace_responses(db, "codex", [([1], keyed)], price)
        zone = zone or ZoneInfo("UTC")
        return Ledger(path).report("codex", LABELS, since=since, until=until, zone=zone, now=now)


def tally(responses: int, tokens: int, usd: float | None, unpriced: int = 0) -> Tally:
    return Tally(responses=responses, usage=TokenUsage(output_tokens=tokens), usd=usd, unpriced=unpriced)


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
    assert made.by_home == {"~/work": tally(1, 2, 2), "~/.codex": tally(2, 5, 5)}
    assert (made.priced, made.unpriced_models) == ("full", ())


def test_nothing_was_used() -> None:
    made = report()
    assert made.totals == Tally(responses=0, usd=0.0)
    assert (made.by_model, made.by_day, made.by_home) == ({}, {}, {})
    assert (made.burn, made.month_to_date_usd, made.priced) == (None, 0.0, "full")


def test_a_total_that_leaves_models_out_says_so() -> None:
    made = report(response(), response(model="mystery"), response(model=None))
    assert made.totals == tally(3, 3, 1, unpriced=2)
    assert made.by_model["mystery"] == tally(1, 1, None, unpriced=1)
    assert made.by_model["unknown"] == tally(1, 1, None, unpriced=1)
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


@settings(deadline=None, max_examples=20)
@given(st.permutations(range(12)))
def test_sums_do_not_depend_on_order(order: list[int]) -> None:
    def made(numbers: list[int]) -> CostReport:
        responses = tuple(
            response(NOW - timedelta(hours=n), tokens=3**n, model=f"m{n % 3}", key=n + 1) for n in numbers
        )
        return report(*responses, since=date.min, until=date.max, pico=10**11)

    assert made(order) == made(sorted(order))


def test_what_stands_in_two_homes_counts_once() -> None:
    made = report(
        response(tokens=5, key=7),
        response(tokens=5, key=7, home=OTHER),
        response(tokens=1, key=8, home=OTHER),
    )
    assert made.totals == tally(2, 6, 6)
    assert made.by_home == {"~/.codex": tally(1, 5, 5), "~/work": tally(1, 1, 1)}


def test_a_session_has_its_subagents_under_it() -> None:
    hour = timedelta(hours=1)
    main = response(NOW - 2 * hour, tokens=1, session="main", root="main", project="/p", effort="high")
    helper = response(NOW - hour, tokens=2, session="sub", root="main", project="/p/sub", model="gpt-5.4")
    other = response(NOW - 3 * hour, tokens=4, session="old", project="/q")
    made = report(main, helper, other)
    assert [(found.id, found.project, found.subagents, found.models) for found in made.by_session] == [
        ("main", "/p", 1, ("gpt-5.4", "gpt-5.5")),
        ("old", "/q", 0, ("gpt-5.5",)),
    ]
    first = made.by_session[0]
    assert (first.started_at, first.last_at, first.tally) == (NOW - 2 * hour, NOW - hour, tally(2, 3, 3))
    assert made.by_project == {"/p": tally(1, 1, 1), "/p/sub": tally(1, 2, 2), "/q": tally(1, 4, 4)}
    assert made.by_effort == {"high": tally(1, 1, 1), "unknown": tally(2, 6, 6)}
