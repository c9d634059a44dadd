"""The figures of each home are those that reports of the same days have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from providers.domain.cost import (
    DAYS_SHOWN,
    BilledResponse,
    Context,
    CostReport,
    HomeFigures,
    Tally,
    TokenUsage,
    burn_rate,
    tallied,
)
from providers.ledger.database import opened, transaction
from providers.ledger.ledger import Ledger
from providers.ledger.responses import replace_responses
from providers.ledger.spans import figures_span, span
from tests.providers.ledger.test_refresh import SMALL, copied, named, once
from tests.providers.ledger.test_refresh import Ledger as Scanned

LABELS = {Path("/home/dev/.codex"): "~/.codex", Path("/home/dev/work"): "~/work", Path("/idle"): "/idle"}
HOMES = tuple(LABELS)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MODELS = ("gpt-5.5", "gpt-5.4", "mystery", None)
ZONES = [UTC, *map(ZoneInfo, ("Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati"))]
NOTHING = Tally(usd=0.0)


def price(each: BilledResponse) -> int | None:
    """Whole dollars, so that sums of floats are exact."""
    return None if each.context.model in (None, "mystery") else each.usage.total_tokens * 10**12


def response(
    at: datetime, key: int, tokens: int = 1, model: str | None = "gpt-5.5", home: Path = HOMES[0]
) -> BilledResponse:
    usage = TokenUsage(input_tokens=2 * tokens, output_tokens=tokens)
    return BilledResponse(round(at.timestamp() * 1000), key, Context(home=home, model=model), usage)


def ledger(folder: str, responses: Sequence[BilledResponse]) -> Ledger:
    path = Path(folder) / "ledger.sqlite3"
    with opened(path) as db, transaction(db):
        replace_responses(db, "codex", [([1], list(responses))], price)
    return Ledger(path)


def check(
    held: Ledger, provider: str, homes: Mapping[Path, str], zone: tzinfo, now: datetime
) -> dict[Path, HomeFigures]:
    """Hold the figures against five reports."""
    today = now.astimezone(zone).date()

    def report(since: date, *own: Path) -> CostReport:
        labels = {home: homes[home] for home in own or homes}
        return held.report(provider, labels, since=since, until=today, zone=zone, now=now)

    def by_home(since: date) -> list[Tally]:
        return [report(since).by_home.get(label, NOTHING) for label in homes.values()]

    figures = held.home_figures(provider, homes, zone=zone, now=now)
    assert list(figures) == list(homes)
    found = list(figures.values())
    month_ago = today - timedelta(days=29)
    assert [each.today for each in found] == by_home(today)
    assert [each.days_7 for each in found] == by_home(today - timedelta(days=6))
    assert [each.days_30 for each in found] == by_home(month_ago)
    assert [each.month for each in found] == by_home(today.replace(day=1))
    for ago in range(DAYS_SHOWN):
        day = today - timedelta(days=ago)
        whole = held.report(provider, homes, since=day, until=day, zone=zone, now=now)
        of_day = [each.last_days[-1 - ago] for each in found]
        assert of_day == [whole.by_home.get(label, NOTHING) for label in homes.values()]
    assert burn_rate(tallied(each.recent for each in found)) == whole.burn
    whole = report(month_ago)
    assert [each.files for each in found] == [whole.files_by_home.get(label, 0) for label in homes.values()]
    assert sorted({model for each in found for model in each.unpriced_models}) == list(whole.unpriced_models)
    for home in homes:
        alone = report(month_ago, home)
        figure = held.home_figures(provider, [home], zone=zone, now=now)[home]
        assert (figure.priced, figure.unpriced_models) == (alone.priced, alone.unpriced_models)
    return figures


def test_figures_of_two_homes(tmp_path: Path) -> None:
    day = timedelta(days=1)
    first, second, idle = HOMES
    made = [
        response(NOW, 1, 1),
        response(NOW - day, 2, 2, "gpt-5.4"),
        response(NOW - 7 * day, 3, 4),
        response(NOW - 25 * day, 4, 8, "mystery"),
        response(NOW - 30 * day, 5, 16, None),
        response(NOW, 1, 1, home=second),
        response(NOW, 6, 32, "mystery", second),
    ]
    found = check(ledger(str(tmp_path), made), "codex", LABELS, UTC, NOW)

    def tally(responses: int, tokens: int, usd: float | None, unpriced: int = 0) -> Tally:
        usage = TokenUsage(input_tokens=2 * tokens, output_tokens=tokens)
        return Tally(responses=responses, usage=usage, usd=usd, unpriced=unpriced)

    assert found[first] == HomeFigures(
        today=tally(1, 1, 3),
        days_7=tally(2, 3, 9),
        days_30=tally(4, 15, 21, unpriced=1),
        month=tally(3, 7, 21),
        priced="partial",
        unpriced_models=("mystery",),
        files=0,
        last_days=(
            *[NOTHING] * 6,
            tally(1, 4, 12),
            *[NOTHING] * 5,
            tally(1, 2, 6),
            tally(1, 1, 3),
        ),
        recent=tally(1, 1, 3),
    )
    assert (found[second].today, found[second].priced) == (tally(1, 32, None, unpriced=1), "none")
    assert found[idle] == HomeFigures(
        today=NOTHING,
        days_7=NOTHING,
        days_30=NOTHING,
        month=NOTHING,
        priced="full",
        unpriced_models=(),
        files=0,
        last_days=(NOTHING,) * 14,
        recent=NOTHING,
    )


def test_a_month_may_have_31_days(tmp_path: Path) -> None:
    now = datetime(2026, 10, 31, 12, tzinfo=UTC)
    made = [response(datetime(2026, 10, 1, tzinfo=UTC), 1), response(datetime(2026, 10, 2, tzinfo=UTC), 2)]
    figures = check(ledger(str(tmp_path), made), "codex", LABELS, UTC, now)[HOMES[0]]
    assert (figures.days_30.responses, figures.month.responses) == (1, 2)


@st.composite
def responses(draw: st.DrawFn) -> list[BilledResponse]:
    found = []
    for key in range(1, draw(st.integers(0, 30)) + 1):
        at = NOW - timedelta(
            minutes=15 * draw(st.integers(-4 * 48, 4 * 24 * 65)), seconds=draw(st.integers(0, 1))
        )
        one = response(at, key, draw(st.integers(0, 9)), draw(st.sampled_from(MODELS)))
        for home in draw(st.sampled_from([HOMES[:1], HOMES[1:2], HOMES[:2]])):
            found.append(replace(one, context=replace(one.context, home=home)))  # noqa: PERF401
    return found


@settings(deadline=None, max_examples=60)
@given(responses(), st.sampled_from(ZONES), st.integers(0, 4 * 24 * 62))
def test_figures_are_those_of_reports(made: list[BilledResponse], zone: tzinfo, quarters: int) -> None:
    with TemporaryDirectory() as folder:
        check(ledger(folder, made), "codex", LABELS, zone, NOW - timedelta(minutes=15 * quarters))


@pytest.mark.parametrize("corpus", SMALL, ids=named)
def test_figures_of_logs_are_those_of_reports(corpus: Path, tmp_path: Path) -> None:
    home, other = copied(corpus, tmp_path), copied(corpus, tmp_path / "other")
    Scanned(tmp_path, home, other).refresh()
    moments = [row[0] / 1000 for row in once(tmp_path / "fresh", home)]
    for provider in ("codex", "claude"):
        for at in (max(moments), min(moments) + 6 * 86400, min(moments) + 30 * 86400):
            held = Ledger(tmp_path / "ledger.sqlite3")
            check(held, provider, {home: "home", other: "other"}, UTC, datetime.fromtimestamp(at, UTC))


@pytest.mark.parametrize("zone", ZONES, ids=str)
def test_a_scan_for_the_usual_report_is_enough_for_them(zone: tzinfo) -> None:
    for day in range(62):
        now = NOW + timedelta(days=day)
        today = now.astimezone(zone).date()
        assert figures_span(zone, now)[0] >= span(today - timedelta(days=29), today, zone, now)[0]
