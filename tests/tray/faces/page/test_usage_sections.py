"""What the sections of cost and tokens say: comparisons, gaps, prices that are not known, odd names and days."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from providers.domain.cost import BilledResponse, TokenUsage
from tests.tray.faces.page.ledgers import NOW, LedgerPage, billed
from tests.tray.view.charts.drawn import read, rows
from tray.faces.page.render import FAULT, Pages
from tray.faces.page.sections import (
    SECTIONS,
    averages,
    blocks,
    burn,
    heat,
    money,
    month,
    over_time,
    ranking,
    recent_days,
    rhythm,
    tokens,
    totals,
    use_by_day,
    worth,
)

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TABS = ("overview", "usage")
Price = Callable[[BilledResponse], int | None]


def dollars(each: BilledResponse) -> int | None:
    return None if each.context.model in (None, "mystery") else each.usage.total_tokens * 10**12


def page_of(
    folder: Path, *ago: timedelta, model: str = "gpt-5.5", settings: str = "", **more: Any
) -> LedgerPage:
    """A response of a dollar at each of these times."""
    page = LedgerPage(folder, settings=settings)
    own = [billed(NOW - each, model, home=page.codex, session=f"s{each.days}", **more) for each in ago]
    return page.add("codex", own, dollars)


def cards(built: totals.Totals | month.Month | recent_days.RecentDays) -> dict[str, Any]:
    return {each.name: each for each in built.cards}


def html(page: LedgerPage, address: str, usage: dict[str, Any] | None = None) -> str:
    shown = Pages().page(page.data(address, usage))
    assert FAULT not in shown
    return shown


def test_compared_with_the_period_before(tmp_path: Path) -> None:
    page = page_of(tmp_path, 0 * DAY, 1 * DAY, 2 * DAY, 7 * DAY, 8 * DAY, 20 * DAY)
    built = totals.build(page.data("?range=7d&compare=1"))
    assert built.compared == "Compared with 7 – 13 Nov."
    found = cards(built)
    assert found["Cost at API prices"].change == "+$1.00 (+50 %), before $2.00"
    assert found["Total tokens"].change == "+1 (+50 %), before 2"
    assert found["Active days"].change == "+1 (+50 %), before 2"
    rows = {row.name: row for row in tokens.build(page.data("?range=7d&compare=1")).rows}
    assert (rows["Total"].before.full, rows["Total"].change) == ("2", "+1 (+50 %)")
    assert all(not card.change for card in totals.build(page.data("?range=7d")).cards)


def test_a_period_before_without_logs_is_not_zero(tmp_path: Path) -> None:
    built = totals.build(page_of(tmp_path, DAY, 3 * DAY).data("?range=7d&compare=1"))
    assert built.compared == "There are no logs from 7 – 13 Nov to compare with."
    assert all(not card.change for card in built.cards)


def test_a_period_before_that_logs_cover_in_part_is_not_compared(tmp_path: Path) -> None:
    built = totals.build(page_of(tmp_path, DAY, 8 * DAY).data("?range=7d&compare=1"))
    assert built.compared == "Compared with 7 – 13 Nov, whose logs begin on 12 Nov, so no changes are shown."
    assert cards(built)["Total tokens"].change == "before 1"
    assert not tokens.build(page_of(tmp_path, DAY, 8 * DAY).data("?range=7d&compare=1")).has_before


def test_nothing_used_before_is_a_difference_without_a_percentage(tmp_path: Path) -> None:
    built = totals.build(page_of(tmp_path, DAY, 20 * DAY).data("?range=7d&compare=1"))
    assert cards(built)["Cost at API prices"].change == "+$1.00, before $0.00"


def test_a_bar_is_compared_with_the_same_day_of_a_shorter_month(tmp_path: Path) -> None:
    now = datetime(2026, 3, 30, 12, tzinfo=UTC)
    page = LedgerPage(tmp_path, now=now)
    days = [
        datetime(2026, month, day, tzinfo=UTC) for month, day in ((1, 31), (2, 2), (2, 28), (3, 2), (3, 30))
    ]
    own = [billed(day, home=page.codex, tokens=day.month * 100 + day.day) for day in days]
    built = over_time.build(page.add("codex", own, dollars).data("?range=month&compare=1&measure=tokens"))
    shown = {row[0]: row[1:] for row in rows(read(built.charts[0]))}
    assert shown["Mon 2 Mar 2026"] == ["302", "202"]
    assert shown["Sat 28 Mar 2026"] == ["0", "228"]
    assert shown["Sun 1 Mar 2026"] == ["0", "0"]
    assert shown["Mon 30 Mar 2026"] == ["330", "unknown"]  # there is no 30 February


def test_lower_bounds_are_marked_and_their_models_named(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path).add("codex", [])
    own = [billed(NOW, home=page.codex), billed(NOW, "mystery", home=page.codex)]
    data = page.add("codex", own, dollars).data()
    built = totals.build(data)
    assert cards(built)["Cost at API prices"].value == "≥ $1.00"
    assert built.notes == ("Not included (no known price): mystery.",)
    assert over_time.build(data).footer.startswith("Total: ≥ $1.00 and 2 tokens.")
    assert "Not included (no known price): mystery." in over_time.build(data).notes
    assert all(row.cost.shown.startswith("≥") for row in averages.build(data).rows)
    assert blocks.build(data).rows[0].cost.shown == "≥ $1.00"
    assert burn.build(data).rows[0].hour_cost.shown == "≥ $0.33"  # type: ignore[union-attr]


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("address", ["", "&compare=1&measure=usd", "&sort=cost", "&by=model&range=all"])
def test_without_any_price_there_is_no_dollar(tmp_path: Path, tab: str, address: str) -> None:
    page = page_of(tmp_path, *(each * DAY for each in range(40)), model="mystery")
    shown = html(page, f"?tab={tab}{address}")
    assert "$" not in re.sub(r"<script.*?</script>", "", shown)
    assert "Not included (no known price): mystery." in shown


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("usage", [None, {"providers": []}])
def test_an_empty_ledger_is_a_page(tmp_path: Path, tab: str, usage: dict[str, Any] | None) -> None:
    page = LedgerPage(tmp_path)
    for address in ("", "&range=all", "&range=custom&from=2026-01-01&to=2026-01-02&compare=1", "&range=ytd"):
        assert "No logs of Codex or Claude were found." in html(page, f"?tab={tab}{address}", usage)


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize(
    "address", ["", "&range=custom&from=2026-01-01&to=2026-01-02&compare=1", "&range=ytd"]
)
def test_days_without_use_are_a_page(tmp_path: Path, tab: str, address: str) -> None:
    page = page_of(tmp_path, 400 * DAY)
    assert "No usage in this period." in html(page, f"?tab={tab}{address}")


def test_no_template_has_a_style_or_a_script_of_its_own(tmp_path: Path) -> None:
    page = page_of(tmp_path, *(each * DAY for each in range(40)))
    for tab in TABS:
        shown = html(page, f"?tab={tab}&compare=1")
        assert " style=" not in shown
        assert not re.search(r"<script(?! src=)| on[a-z]+=", shown)


HOSTILE = [
    "<script>alert(1)</script>",
    "\u202eevil",
    "nul\x00\x1b[31mred",
    "m" * 10_000,
    "a\nb",
    "half\ud800",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_text(tmp_path: Path, name: str) -> None:
    page = page_of(tmp_path, DAY, 2 * DAY, model=name, account=name, project=name)
    mystery = page_of(tmp_path / "other", DAY, model="mystery", account=name)
    for shown in (
        html(page, "?tab=usage&by=model"),
        html(page, "?tab=usage&by=account"),
        html(mystery, "?tab=overview"),
    ):
        assert "<script>alert" not in shown
        assert not re.search("[\x00\x1b\u202e\ud800]", shown)
        assert len(shown) < 400_000


def test_a_day_ahead_counts_where_it_was_asked_for(tmp_path: Path) -> None:
    page = page_of(tmp_path, DAY, -1 * DAY)
    assert cards(totals.build(page.data("?range=7d")))["Total tokens"].full == "1"
    ahead = page.data("?range=custom&from=2026-11-20&to=2026-11-30")
    assert cards(totals.build(ahead))["Total tokens"].full == "1"
    assert averages.build(ahead).rows[0].tokens.full == "0"  # 1 in two days, rounded
    assert "2 calendar days" in averages.build(ahead).method
    assert cards(month.build(page.data()))["Nov 2026 so far"].full == "2.000000"


def test_sums_of_billions_of_tokens(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path)
    own = [
        billed(NOW - each * DAY, home=page.codex, usage=TokenUsage(cache_read_tokens=10**12))
        for each in range(3)
    ]
    page.add("codex", own, lambda each: each.usage.total_tokens * 10**5)
    found = cards(totals.build(page.data()))
    assert (found["Total tokens"].value, found["Total tokens"].full) == ("3.0 T", f"{3 * 10**12}")
    assert found["Cost at API prices"].full == "300000.000000"
    assert "3.0 T" in html(page, "?tab=usage")


@pytest.mark.parametrize(
    ("day", "at"), [("2026-10-25", "2026-10-24T22:30"), ("2026-03-29", "2026-03-29T21:30")]
)
def test_days_in_which_clocks_change(tmp_path: Path, day: str, at: str) -> None:
    page = LedgerPage(tmp_path)
    page.add("codex", [billed(datetime.fromisoformat(at).replace(tzinfo=UTC), home=page.codex)], dollars)
    data = page.data(f"?range=custom&from={day}&to={day}&zone=Europe/Berlin")
    assert cards(totals.build(data))["Total tokens"].full == "1"
    assert len(ranking.build(data).rows) == 1
    assert "1 calendar day" in averages.build(data).method
    other = page.data(f"?range=custom&from={day}&to={day}&zone=America/New_York")
    assert bool(totals.build(other).cards) == (day == "2026-03-29")


def test_days_before_the_first_log_are_not_zero(tmp_path: Path) -> None:
    data = page_of(tmp_path, DAY, 3 * DAY).data("?range=7d&tab=usage")
    built = over_time.build(data)
    assert "Unknown: 14 – 16 Nov, before the first log." in built.notes
    assert built.charts[0].count(">unknown<") == 3
    assert "Per day: ≈ $0.50 and 0 tokens, over 4 days." in built.footer
    assert averages.build(data).method.startswith(
        "Over the 4 calendar days since the first log, 17 – 20 Nov, with"
    )
    assert ">unknown<" in heat.build(data).chart


def test_logs_that_begin_later_than_the_others_are_named(tmp_path: Path) -> None:
    page = page_of(tmp_path, DAY, 20 * DAY)
    page.add("claude", [billed(NOW - 3 * DAY, home=page.claude)], dollars)
    sentence = "The logs of Claude begin on 17 Nov: before that it counts as 0."
    assert sentence in over_time.build(page.data("?range=7d")).notes
    for address in (
        "?range=today",
        "?range=7d&provider=claude",
        "?range=custom&from=2026-11-17&to=2026-11-20",
    ):
        assert sentence not in over_time.build(page.data(address)).notes


def test_days_without_use_of_a_project_are_zero(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path)
    own = [
        billed(NOW - DAY, home=page.codex, project="/work/new"),
        billed(NOW - 40 * DAY, home=page.codex, project="/work/old"),
    ]
    built = over_time.build(page.add("codex", own, dollars).data("?range=7d&project=/work/new"))
    assert ">unknown<" not in built.charts[0]
    assert "over 7 days" in built.footer


def test_the_forecast_names_its_method(tmp_path: Path) -> None:
    long = month.build(page_of(tmp_path / "a", *(each * DAY for each in range(60))).data())
    assert cards(long)["Forecast for the month"].value == "≈ $30.00"
    assert "the average of its weekday over the last 4 weeks" in long.method
    short = month.build(page_of(tmp_path / "b", *(each * DAY for each in range(6))).data())
    assert short.method == "Each remaining day counts as the average of the last 5 days: too few for a range."
    assert cards(short)["Forecast for the month"].value == "≈ $16.00"
    new = month.build(page_of(tmp_path / "c", 0 * DAY, DAY).data())
    assert new.method == "A forecast needs 3 full days of logs."
    assert list(cards(new)) == ["Nov 2026 so far"]


def test_a_forecast_made_of_days_without_a_price_is_a_lower_bound(tmp_path: Path) -> None:
    page = page_of(tmp_path, *(each * DAY for each in range(60)))
    page.add("claude", [billed(NOW - 22 * DAY, "mystery", home=page.claude)], dollars)
    found = cards(month.build(page.data()))
    assert found["Nov 2026 so far"].value == "≈ $20.00"
    assert found["Forecast for the month"].value == "≥ $30.00"


def test_the_rhythm_of_what_has_no_price_is_not_zero(tmp_path: Path) -> None:
    page = page_of(tmp_path, HOUR)  # a Friday, 11:00
    page.add("claude", [billed(NOW - DAY, "mystery", home=page.claude)], dollars)
    built = rhythm.build(page.data("?range=7d"))
    assert built.chart.count("unknown") == 1
    assert [row.share for row in built.parts_of_day] == ["0 %", "100 %", "", "0 %", "0 %"]
    assert built.parts_of_day[2].cost.shown == ""


def test_the_range_of_a_forecast_is_from_the_quietest_to_the_busiest_week(tmp_path: Path) -> None:
    page = page_of(
        tmp_path, *(each * DAY for each in range(15)), *(2 * HOUR + each * DAY for each in range(1, 8))
    )
    page_with_past = page.add("claude", [billed(NOW - 60 * DAY, home=page.claude, session="old")], dollars)
    found = cards(month.build(page_with_past.data()))["Forecast for the month"]
    assert found.value == "≈ $29.50"
    assert found.note == "$22.00 to $43.00"


def test_cards_of_the_last_weeks(tmp_path: Path) -> None:
    page = page_of(tmp_path, 0 * DAY, DAY, 5 * DAY, 6 * DAY, 12 * DAY)  # today is a Friday
    shown = [
        (each.name, each.value, each.note) for each in recent_days.build(page.data("?range=today")).cards
    ]
    assert shown == [
        ("Today", "≈ $1.00", "1 token, 1 session, 20 Nov"),
        ("This week", "≈ $2.00", "2 tokens, 2 sessions, 16 – 20 Nov"),
        ("Last week", "≈ $2.00", "2 tokens, 2 sessions, 9 – 15 Nov"),
        ("Two weeks ago", "≈ $1.00", "1 token, 1 session, 2 – 8 Nov"),
    ]
    new = recent_days.build(page_of(tmp_path / "new", DAY).data())
    assert [each.value for each in new.cards] == ["≈ $0.00", "≈ $1.00", "–", "–"]


def names(built: ranking.RankingTable) -> list[str]:
    return [row.name for row in built.rows]


def test_the_ranking_sorts_by_what_was_asked(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path)
    own = [
        billed(NOW, home=page.codex, usage=TokenUsage(input_tokens=5), session="a"),
        billed(NOW - DAY, home=page.codex, usage=TokenUsage(output_tokens=9), session="a"),
        billed(
            NOW - 2 * DAY, "mystery", home=page.codex, usage=TokenUsage(cache_read_tokens=90), session="b"
        ),
        billed(NOW - 2 * DAY, "mystery", home=page.codex, usage=TokenUsage(cache_read_tokens=1), session="c"),
    ]
    page.add("codex", own, dollars)
    first = {
        sort: names(ranking.build(page.data(f"?sort={sort}")))[0][:6]
        for sort in ("total", "input", "output", "cost", "sessions", "date", "-total", "nonsense")
    }
    assert first == {
        "total": "Wed 18",
        "input": "Fri 20",
        "output": "Thu 19",
        "cost": "Thu 19",
        "sessions": "Wed 18",
        "date": "Fri 20",
        "-total": "Fri 20",
        "nonsense": "Wed 18",
    }
    turned = ranking.build(page.data("?sort=-total"))
    assert [row.rank for row in turned.rows] == [3, 2, 1]
    for sort in ("cost", "-cost"):
        assert 'class="unknown"' in ranking.build(page.data(f"?sort={sort}")).rows[-1].bar


def test_a_long_ranking_has_pages(tmp_path: Path) -> None:
    page = page_of(tmp_path, *(each * DAY for each in range(80)))
    built = ranking.build(page.data("?range=90d&page=3"))
    assert (len(built.rows), built.rows[0].rank, built.page.pages) == (18, 63, 3)


def test_a_running_block_has_a_rate_and_a_projection(tmp_path: Path) -> None:
    page = page_of(tmp_path, HOUR, 2 * HOUR, 9 * HOUR)
    rows = blocks.build(page.data()).rows
    assert [row.when for row in rows] == ["Fri 20 Nov, 10:00 – 15:00", "Fri 20 Nov, 03:00 – 08:00"]
    assert rows[0].running == "now, 3 h to go"
    assert rows[0].rate == "≈ $1.00 and 1 token per hour"
    assert rows[0].projected == "≈ $5.00 and 5 tokens by 15:00 at this rate"
    assert (rows[0].is_most, rows[1].running) == (True, "")


def test_blocks_of_two_providers_are_not_mixed(tmp_path: Path) -> None:
    page = page_of(tmp_path, 2 * HOUR)
    page.add("claude", [billed(NOW - HOUR, "claude-opus-4-6", home=page.claude)], dollars)
    rows = blocks.build(page.data()).rows
    assert [(row.provider, row.when[-13:], row.tokens.full) for row in rows] == [
        ("Claude", "11:00 – 16:00", "1"),
        ("Codex", "10:00 – 15:00", "1"),
    ]
    assert [row.provider for row in blocks.build(page.data("?provider=claude")).rows] == ["Claude"]


def test_burn_rates_together_and_by_provider(tmp_path: Path) -> None:
    page = page_of(tmp_path, HOUR, 2 * HOUR, 4 * HOUR)
    page.add("claude", [billed(NOW - HOUR, "claude-opus-4-6", home=page.claude, tokens=4)], dollars)
    built = burn.build(page.data("?range=today"))
    assert built is not None
    assert [(row.name, row.hour_cost.full, row.day_cost.full) for row in built.rows] == [
        ("All providers", "2.000000", "7.000000"),
        ("Claude", "1.333333", "4.000000"),
        ("Codex", "0.666667", "3.000000"),
    ]
    assert (
        built.method
        == "Per hour: over the last 3 hours, whatever days are chosen. Per day: over 1 day, 20 Nov."
    )
    idle = burn.build(page_of(tmp_path / "idle", DAY).data())
    assert idle is not None
    assert (idle.idle, idle.rows[0].hour_tokens.shown) == ("No usage in the last 3 hours.", "")


def test_measures_of_the_heatmap_and_the_rhythm(tmp_path: Path) -> None:
    page = page_of(tmp_path, HOUR, DAY, DAY + HOUR)
    sessions = heat.build(page.data("?measure=sessions&weeks=52"))
    assert "Sessions in the last 52 weeks" in sessions.chart
    assert [each.title for each in sessions.weeks if each.current] == ["52 weeks"]
    assert "Most was used on Fri 06–12 h: $1.00" in rhythm.build(page.data("?range=today")).chart
    counted = rhythm.build(page.data("?range=7d&measure=sessions"))
    assert [row.sessions.full for row in counted.parts_of_day] == ["0", "2", "1", "0", "0"]
    assert counted.notes
    assert [row.share for row in counted.parts_of_day] == ["0 %", "67 %", "33 %", "0 %", "0 %"]


ACCOUNT: dict[str, Any] = {
    "provider": "codex",
    "account": {"id": "c1"},
    "windows": [],
    "credits": None,
    "spend": None,
}
READ = {"source": "oauth", "fetched_at": "2026-11-20T11:00:00Z", "stale": False}


def account(page: LedgerPage, **more: Any) -> dict[str, Any]:
    return {"providers": [{**ACCOUNT, "homes": [page.homes["codex"][page.codex]], **more}]}


def test_real_money_is_apart(tmp_path: Path) -> None:
    page = page_of(tmp_path, HOUR)
    usage = account(
        page,
        credits={"balance": "150.5", "unlimited": False, **READ},
        spend={
            "used": "12.34",
            "limit": "50",
            "currency": "EUR",
            "resets_at": "2026-12-01T00:00:00Z",
            **READ,
        },
    )
    built = money.build(page.data("", usage))
    assert built is not None
    assert [(row.what, row.amount, row.note, row.age) for row in built.rows] == [
        ("Credits left", "150.50", "", "1 h ago"),
        ("Extra usage", "12.34 EUR", "of at most 50.00 EUR, until 1 Dec", "1 h ago"),
    ]
    for address in ("?project=/work", "?model=x", "?provider=claude", "?account=other", "?home=elsewhere"):
        assert money.build(page.data(address, usage)) is None
    assert money.build(page.data("", account(page))) is None
    unlimited = money.build(
        page.data("", account(page, credits={"balance": None, "unlimited": True, **READ}))
    )
    assert unlimited is not None
    assert unlimited.rows[0].amount == "unlimited"
    assert "150.50" in html(page, "?tab=usage", usage)


@pytest.mark.parametrize(
    "providers",
    [
        [{}],
        [None],
        [{**ACCOUNT, "homes": 3}],
        [{**ACCOUNT, "homes": ["~/.codex"], "spend": {"used": "x", **READ}}],
        [{**ACCOUNT, "homes": ["~/.codex"], "credits": {"balance": "1", "fetched_at": "yesterday"}}],
    ],
)
def test_a_damaged_snapshot_costs_no_figure(tmp_path: Path, providers: list[Any]) -> None:
    page = page_of(tmp_path, HOUR, settings=PAID)
    assert money.build(page.data("", {"providers": providers})) is None
    assert worth.build(page.data("", {"providers": providers})) is not None


def test_accounts_are_called_as_people_know_them(tmp_path: Path) -> None:
    page = page_of(tmp_path, HOUR, account="c1")
    named = account(page, account={"id": "c1", "email": "dev@example.com"})
    second = page.add("claude", [billed(NOW, "x", home=page.claude, account="a1")], dollars)
    chart = over_time.build(second.data("?by=account", named)).charts[0]
    assert "dev@example.com (c1)" in chart
    assert ">a1<" in chart


PAID = '[subscriptions]\nc1 = "100 USD"\n'


def test_what_a_subscription_is_worth(tmp_path: Path) -> None:
    page = page_of(tmp_path, *(each * DAY for each in range(30)), account="c1", settings=PAID)
    built = worth.build(page.data("?range=30d", account(page)))
    assert built is not None
    assert built.ratio == "0.3 ×"
    assert built.sentence == (
        "the price of the subscriptions: ≈ $30.00 at API prices for $98.56, their share of 30 days, "
        "22 Oct – 20 Nov."
    )
    assert [(row.monthly, row.price, row.api.shown, row.ratio) for row in built.rows] == [
        ("$100.00", "$98.56", "$30.00", "0.3 ×")
    ]
    assert "0.3 ×" in html(page, "?range=30d", account(page))
    for part in ("project=/work", "model=gpt-5.5"):
        partial = worth.build(page.data(f"?range=30d&{part}", account(page)))
        assert partial is not None
        assert (partial.rows, len(partial.notes)) == ((), 1)


def test_without_a_price_set_nothing_is_compared(tmp_path: Path) -> None:
    page = page_of(tmp_path, DAY, account="c1")
    assert worth.build(page.data("", account(page))) is None
    assert "Subscriptions" not in html(page, "", account(page))


def test_the_price_of_an_account_that_is_not_shown_counts_on_neither_side(tmp_path: Path) -> None:
    page = page_of(tmp_path, DAY, account="c1", settings=f'{PAID}a1 = "20 USD"\n')
    page.add("claude", [billed(NOW, "claude-opus-4-6", home=page.claude, account="a1", tokens=5)], dollars)
    both = account(page)
    both["providers"].append(
        {
            **ACCOUNT,
            "provider": "claude",
            "account": {"id": "a1"},
            "homes": [page.homes["claude"][page.claude]],
        }
    )
    together = worth.build(page.data("?range=today", both))
    assert together is not None
    assert [row.api.full for row in together.rows] == ["0.000000", "5.000000"]
    alone = worth.build(page.data("?range=today&provider=claude", both))
    assert alone is not None
    assert [row.monthly for row in alone.rows] == ["$20.00"]
    assert alone.ratio == "7.6 ×"
    assert not any("No account" in note for note in alone.notes)


def test_each_price_counts_from_the_first_log_of_its_account_on(tmp_path: Path) -> None:
    page = page_of(
        tmp_path, *(each * DAY for each in range(30)), account="c1", settings=f'{PAID}new = "100 USD"\n'
    )
    page.add("claude", [billed(NOW - 9 * DAY, home=page.claude, account="new")], dollars)
    built = worth.build(page.data("?range=30d", account(page)))
    assert built is not None
    assert sorted(row.price for row in built.rows) == ["$32.85", "$98.56"]  # of 10 days, and of 30
    assert built.sentence.endswith(
        "≈ $31.00 at API prices for $131.42, their share of 22 Oct – 20 Nov, each from the first log of its "
        "account on."
    )
    for address, price in (
        ("&account=new", "$32.85"),
        ("&account=c1", "$98.56"),
        ("&provider=claude", "$32.85"),
    ):
        alone = worth.build(page.data(f"?range=30d{address}", account(page)))
        assert alone is not None
        assert [row.price for row in alone.rows] == [price]
        assert not any("No account" in note for note in alone.notes)
    before = worth.build(page.data("?range=custom&from=2026-11-01&to=2026-11-05", account(page)))
    assert before is not None
    assert [row.monthly for row in before.rows] == ["$100.00"]


@pytest.mark.parametrize(
    ("dollars_used", "is_partial", "shown"),
    [
        (8, False, "0.08 ×"),
        (0, False, "0 ×"),
        (1, True, "≥ 0.01 ×"),
        (20_000, False, "203 ×"),
        (150, True, "≥ 1.5 ×"),
    ],
)
def test_a_ratio_is_not_rounded_to_nothing(
    tmp_path: Path, dollars_used: int, is_partial: bool, shown: str
) -> None:
    page = page_of(tmp_path, 29 * DAY, account="c1", settings=PAID)
    own = [billed(NOW, home=page.codex, account="c1", tokens=dollars_used - 1)] if dollars_used > 1 else []
    start = [billed(NOW - (29 if dollars_used else 40) * DAY, home=page.codex, account="c1")]
    unknown = [billed(NOW, "mystery", home=page.codex, account="c1")] if is_partial else []
    built = worth.build(
        page.add("codex", [*start, *own, *unknown], dollars).data("?range=30d", account(page))
    )
    assert built is not None
    assert [row.ratio for row in built.rows] == [shown]


def test_what_is_left_out_is_named(tmp_path: Path) -> None:
    page = page_of(tmp_path, DAY, account="c2", settings=f'{PAID}nobody = "5 EUR"\n')
    built = worth.build(page.data("", account(page)))
    assert built is not None
    assert built.notes[1].startswith("Left out on both sides, as no price is set for them: Codex (")
    assert built.notes[1].endswith("/codex, account c2).")
    assert built.notes[2:] == ("No account or home matches these names in your settings: nobody.",)


def test_all_templates_are_there() -> None:
    own: Sequence[str] = [each.name for each in SECTIONS if each.tab in TABS]
    assert len(own) == len(set(own))


def test_the_overview_has_the_same_first_chart_as_the_tab_of_costs(tmp_path: Path) -> None:
    page = page_of(tmp_path, *(each * DAY for each in range(30)))
    for address in ("?range=30d", "?range=all&measure=tokens", "?range=7d&compare=1", "?range=30d&by=model"):
        built = use_by_day.build(page.data(address))
        assert built is not None
        assert built.chart == over_time.build(page.data(address.replace("&by=model", ""))).charts[0]
        assert "tab=usage" in built.all_charts
    assert use_by_day.build(page.data("?range=custom&from=2020-01-01&to=2020-01-02")) is None
