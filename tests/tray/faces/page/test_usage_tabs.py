"""All figures of the overview of cost, and of the tab of cost and tokens, against sums made one by one."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from providers.domain.cost import TOKEN_CLASSES, BilledResponse, TokenUsage
from providers.ledger.rollup.selection import PARTS_OF_DAY
from tests.tray.faces.page.ledgers import NOW, LedgerPage, billed
from tray.faces.page.data import PageData
from tray.faces.page.sections import (
    averages,
    blocks,
    burn,
    heat,
    month,
    over_time,
    ranking,
    recent_days,
    rhythm,
    tokens,
    totals,
    worth,
)

PICO = 10**5
"""Of a token."""
SETTINGS = '[subscriptions]\nacct = "50 USD"\n'


class Used(Struct, frozen=True):
    """A response as the tests know it."""

    at: datetime
    provider: str
    home: str
    model: str | None
    project: str | None
    account: str | None
    session: str
    beyond: bool
    usage: TokenUsage

    @property
    def price(self) -> float | None:
        return None if self.model in (None, "mystery") else self.usage.total_tokens * PICO / 10**12

    def day(self, zone: ZoneInfo) -> date:
        return self.at.astimezone(zone).date()


USED = st.builds(
    lambda ago, place, model, project, account, session, beyond, counts: Used(
        NOW - timedelta(minutes=ago),
        "claude" if place == "claude" else "codex",
        place,
        model,
        project,
        account,
        session,
        beyond,
        TokenUsage(counts[0], counts[1], counts[2], counts[2] // 2, counts[3], counts[3] // 3),
    ),
    st.one_of(st.integers(0, 300), st.integers(0, 75 * 24 * 60), st.just(-24 * 60)),
    st.sampled_from(["codex", "codex_2", "claude"]),
    st.sampled_from(["gpt-5.5", "gpt-5.4", "mystery", None]),
    st.sampled_from(["/work/one", "/work/two", None]),
    st.sampled_from(["acct", "other", None]),
    st.sampled_from(["s1", "s2", "s3"]),
    st.sampled_from([False, False, False, True]),
    st.tuples(*[st.sampled_from([1, 7, 10**6, 10**12])] * 4),
)
RANGES = ["today", "7d", "30d", "90d", "week", "month", "ytd", "all", "custom&from=2026-10-20&to=2026-11-19"]
ZONES = ["UTC", "Asia/Kathmandu", "America/New_York", "Europe/Berlin"]
FILTERS = [
    "",
    "provider=codex",
    "provider=claude",
    "account=acct",
    "home=codex_2",
    "project=/work/one",
    "model=gpt-5.5",
]


class World:
    """A page over these responses, and the ones that an address asks for."""

    def __init__(self, folder: Path, used: Sequence[Used], asked: str) -> None:
        self.page = LedgerPage(folder, settings=SETTINGS)
        made: dict[str, list[BilledResponse]] = {"codex": [], "claude": []}
        for each in used:
            made[each.provider].append(
                billed(
                    each.at,
                    each.model,
                    home=getattr(self.page, each.home),
                    usage=each.usage,
                    project=each.project,
                    account=each.account,
                    session=each.session,
                    not_on_lines=each.beyond,
                )
            )
        for provider, own in made.items():
            self.page.add(
                provider,
                own,
                lambda each: (
                    None if each.context.model in (None, "mystery") else (each.usage.total_tokens * PICO)
                ),
            )
        name, _, value = asked.rpartition("&")[2].partition("=")
        if name == "home":
            label = self.page.homes["codex"][self.page.codex_2]
            asked = asked.replace("home=codex_2", f"home={label}")
        self.data: PageData = self.page.data(f"?{asked}")
        self.zone = ZoneInfo(self.data.query.zone or "UTC")
        self.all = used
        self.filtered = [each for each in used if name not in FILTER_NAMES or getattr(each, name) == value]

    def days(self, since: date | None, until: date | None, own: Collection[Used] | None = None) -> list[Used]:
        return [
            each
            for each in (self.filtered if own is None else own)
            if (since is None or each.day(self.zone) >= since)
            and (until is None or each.day(self.zone) <= until)
        ]

    @property
    def chosen(self) -> list[Used]:
        return self.days(self.data.selection.since, self.data.selection.until)


FILTER_NAMES = ("provider", "account", "home", "project", "model")


def count(used: Collection[Used]) -> int:
    return sum(each.usage.total_tokens for each in used)


def cost(used: Collection[Used]) -> float | None:
    prices = [each.price for each in used if each.price is not None]
    return sum(prices) if prices or not used else None


def sessions(used: Collection[Used]) -> int:
    return len({each.session for each in used if not each.beyond})


def same(shown: str, value: float | None) -> bool:
    """The full digits of the markup, "" for None."""
    if value is None:
        return not shown
    return float(shown) == pytest.approx(value, abs=1e-6, rel=1e-9)


def table_sum(markup: str) -> float:
    """Of the last column of a chart's table, which has totals."""
    rows = re.findall(r"<tr>(<th scope=\"row\">.*?)</tr>", markup, re.DOTALL)
    return sum(float(re.findall(r'value="([^"]*)"', row)[-1]) for row in rows if "value=" in row)


def check_totals(world: World) -> None:
    cards = {each.name: each for each in totals.build(world.data).cards}
    chosen = world.chosen
    if not chosen:
        assert not cards
        return
    assert same(cards["Total tokens"].full, count(chosen))
    assert same(cards["Cost at API prices"].full if "Cost at API prices" in cards else "", cost(chosen))
    assert same(cards["Sessions"].full, sessions(chosen))
    assert same(cards["Active days"].full, len({each.day(world.zone) for each in chosen}))
    partial = any(each.price is None for each in chosen)
    if "Cost at API prices" in cards:
        assert cards["Cost at API prices"].value.startswith("≥") == partial


def check_tokens(world: World) -> None:
    rows = {row.name: row for row in tokens.build(world.data).rows}
    chosen = world.chosen
    if not chosen:
        assert not rows
        return
    on_lines = [each for each in chosen if not each.beyond]
    for each in TOKEN_CLASSES:
        value = sum(getattr(one.usage, f"{each.name}_tokens") for one in on_lines)
        title = tokens._TITLES[each.name]
        assert same(rows[title].tokens.full, value) if title in rows else not value
    assert same(rows["Total"].tokens.full, count(chosen))
    assert same(rows["Total"].cost.full, cost(chosen))
    beyond = [each for each in chosen if each.beyond]
    assert ("Not in the logs" in rows) == bool(beyond)
    if beyond:
        assert same(rows["Not in the logs"].tokens.full, count(beyond))
        assert same(rows["Not in the logs"].cost.full, cost(beyond))
        assert same(rows["In the logs"].tokens.full, count(on_lines))


def check_over_time(world: World) -> None:
    chosen, built = world.chosen, over_time.build(world.data)
    if not chosen:
        assert not built.charts
        return
    for chart in built.charts:
        expected = count(chosen) if "Tokens by" in chart else cost(chosen)
        assert table_sum(chart) == pytest.approx(expected or 0.0, abs=1e-3, rel=1e-9)
    assert built.footer.startswith("Total: ")


def check_heat(world: World) -> None:
    today = world.data.today
    first = today - timedelta(days=(today.weekday() + 1) % 7, weeks=25)
    own = world.days(first, today)
    built = heat.build(world.data).chart
    expected: float | None
    if world.data.query.measure == "sessions":
        keys = {(each.day(world.zone), each.provider) for each in own}
        expected = sum(
            sessions([each for each in own if (each.day(world.zone), each.provider) == key]) for key in keys
        )
    else:
        expected = count(own) if "Tokens in the last" in built else cost(own)
    if expected is not None:
        assert table_sum(built) == pytest.approx(expected, abs=1e-3, rel=1e-9)


def check_burn(world: World) -> None:
    recent = [
        each for each in world.filtered if not each.beyond and NOW - timedelta(minutes=180) < each.at <= NOW
    ]
    built = burn.build(world.data)
    if built is None:
        assert not recent
        assert not world.chosen
        return
    last = built.rows[0] if len(built.rows) != 1 else built.rows[-1]
    whole = recent
    assert same(last.hour_tokens.full, round(count(whole) / 3) if whole else None)
    assert same(last.hour_cost.full, None if not whole or cost(whole) is None else (cost(whole) or 0) / 3)
    assert (built.idle == "") == bool(recent)


def check_recent_days(world: World) -> None:
    today = world.data.today
    monday = today - timedelta(days=today.weekday())
    spans = [
        (today, today),
        (monday, today),
        (monday - timedelta(days=7), monday - timedelta(days=1)),
        (monday - timedelta(days=14), monday - timedelta(days=8)),
    ]
    for card, (since, until) in zip(recent_days.build(world.data).cards, spans, strict=True):
        own = world.days(since, until)
        if card.value == "–":
            assert not own
            continue
        expected = cost(own) if "tokens" not in card.value else count(own)
        assert same(card.full, expected)
        assert f"{sessions(own)} session" in card.note


def check_month(world: World) -> None:
    first = world.data.today.replace(day=1)
    own = world.days(first, date(2026, 11, 30))
    cards = month.build(world.data).cards
    assert bool(cards) == bool(own)
    if own:
        expected = count(own) if "tokens" in cards[0].value else cost(own)
        assert same(cards[0].full, expected)


def check_averages(world: World) -> None:
    rows = {row.name: row for row in averages.build(world.data).rows}
    chosen = world.chosen
    if not chosen:
        assert not rows
        return
    active = len({each.day(world.zone) for each in chosen})
    assert same(rows["Per active day"].tokens.full, round(count(chosen) / active))
    assert float(rows["Per week"].tokens.full) == pytest.approx(7 * float(rows["Per day"].tokens.full), abs=7)
    if (usd := cost(chosen)) is not None:
        assert same(rows["Per active day"].cost.full, usd / active)


def check_rhythm(world: World) -> None:
    chosen, built = world.chosen, rhythm.build(world.data)
    for place, row in enumerate(built.parts_of_day):
        first, end = PARTS_OF_DAY[place]
        own = [each for each in chosen if first <= each.at.astimezone(world.zone).hour < end]
        assert same(row.tokens.full, count(own))
        assert same(row.sessions.full, sessions(own))
        if own:
            assert same(row.cost.full, cost(own))
    assert bool(built.parts_of_day) == bool(chosen)


def check_ranking(world: World) -> None:
    rows, chosen = ranking.build(world.data).rows, world.chosen
    by_day: dict[date, list[Used]] = {}
    for each in chosen:
        by_day.setdefault(each.day(world.zone), []).append(each)
    assert len(rows) == min(len(by_day), 31)
    shown = {row.address.partition("from=")[2][:10]: row for row in rows}
    for day, own in by_day.items():
        if row := shown.get(day.isoformat()):
            assert same(row.cells[5].full, count(own))
            assert same(row.cells[0].full, sessions(own))
            if len(row.cells) > 6:
                assert same(row.cells[6].full, cost(own))
    most = [float(row.cells[5].full) for row in rows]
    assert most == sorted(most, reverse=True)


def check_blocks(world: World) -> None:
    rows = blocks.build(world.data).rows
    on_lines = [each for each in world.chosen if not each.beyond]
    assert sum(int(row.tokens.full) for row in rows) == count(on_lines)
    assert sum(float(row.cost.full or 0) for row in rows) == pytest.approx(cost(on_lines) or 0.0, abs=1e-4)


def check_worth(world: World) -> None:
    built = worth.build(world.data)
    paid = [each for each in world.chosen if each.account == "acct"]
    first = min((each.provider for each in paid), default="")  # an id is that of one provider
    own = [each for each in paid if each.provider == first]
    if built is None or world.data.selection.project or world.data.selection.model:
        assert built is None or not built.rows
        return
    found = [row for row in built.rows if row.api.full]
    assert sum(float(row.api.full) for row in found) == pytest.approx(cost(own) or 0.0, abs=1e-4)


CHECKS: list[Callable[[World], None]] = [
    check_totals,
    check_tokens,
    check_over_time,
    check_heat,
    check_burn,
    check_recent_days,
    check_month,
    check_averages,
    check_rhythm,
    check_ranking,
    check_blocks,
    check_worth,
]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(USED, max_size=14),
    st.sampled_from([each for each in RANGES if each != "all"]),
    st.sampled_from(ZONES),
)
def test_equal_cost_json(used: list[Used], days: str, zone: str) -> None:
    with TemporaryDirectory() as folder:
        world = World(Path(folder), used, f"range={days}&zone={zone}")
        found = world.page.cost(world.data, "day").values()
        rows = {row.name: row for row in tokens.build(world.data).rows}
        for name, title in tokens._TITLES.items():
            whole = sum(each["totals"][f"{name}_tokens"] for each in found)
            assert same(rows[title].tokens.full, whole) if title in rows else not whole
        for name, members in {
            "In the logs": ["totals"],
            "Not in the logs": ["not_on_lines"],
            "Total": ["totals", "not_on_lines"],
        }.items():
            if name in rows:
                sums = [each[member] for each in found for member in members]
                assert same(rows[name].tokens.full, sum(each["total_tokens"] for each in sums))
                prices = [each["usd"] for each in sums if each["usd"] is not None and each["responses"]]
                nothing = not any(each["responses"] for each in sums)
                assert same(rows[name].cost.full, sum(prices) if prices or nothing else None)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(USED, max_size=14),
    st.sampled_from(RANGES),
    st.sampled_from(ZONES),
    st.sampled_from(["provider", "account", "model"]),
    st.sampled_from(FILTERS),
    st.sampled_from(["", "tokens", "sessions"]),
)
def test_every_section_obeys_every_filter(
    used: list[Used], days: str, zone: str, by: str, chosen: str, measure: str
) -> None:
    with TemporaryDirectory() as folder:
        world = World(Path(folder), used, f"range={days}&zone={zone}&by={by}&measure={measure}&{chosen}")
        for check in CHECKS:
            check(world)


def test_a_subscription_is_compared_with_what_no_line_has_before_its_first_log(tmp_path: Path) -> None:
    place = ("codex", "codex", "gpt-5.5", "/work/one", "acct", "s1")
    usage = TokenUsage(1, 1, 1, 0, 1, 0)
    used = [Used(NOW, *place, False, usage), Used(NOW - timedelta(days=1), *place, True, usage)]
    check_worth(World(tmp_path, used, "range=custom&from=2026-10-20&to=2026-11-19"))
