"""A month of which the bill is known: real sessions of both CLIs, drawn by the page and read back from it."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page

from providers.host.files import Folders
from tests.real.browser import context
from tests.tray.faces.page.asking import served
from tray.engine.costs import Costs
from tray.engine.scope import Scope
from tray.faces.page.service import PageService

FIXTURES = Path(__file__).parents[1] / "fixtures"
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
TWICE = ("codex", "plain"), ("claude", "agent")
"""Sessions that are in two homes, and were billed once."""

# USD per million tokens, so that what a day costs is known without any list of prices.
RATES = {"input": 4.0, "cache_read": 1.0, "cache_write": 5.0, "cache_write_1h": 8.0, "output": 16.0}
PRICES = "".join(
    f'[[price]]\nmodel = "{model}"\n' + "".join(f"{name} = {rate}\n" for name, rate in RATES.items())
    for model in ("gpt-*", "claude-*")
)
DAYS = [f"2026-11-{day:02}" for day in range(1, 30)]

Bill = dict[str, Counter[str]]
"""Tokens by RATES of each day."""


def codex_bill(expected: dict[str, Any]) -> Bill:
    """Of a day's `input_tokens`, those read from the cache and those written to it are a part."""
    return {
        day: Counter(
            input=all_of["input_tokens"] - all_of["cached_input_tokens"] - all_of["cache_write_input_tokens"],
            cache_read=all_of["cached_input_tokens"],
            cache_write=all_of["cache_write_input_tokens"],
            output=all_of["output_tokens"],
        )
        for day, all_of in expected["in_rollouts"]["by_date_utc"].items()
    }


def claude_bill(expected: dict[str, Any]) -> Bill:
    """With what no line has, which was used on the only day of its session."""
    models = {day: list(models.values()) for day, models in expected["recoverable"]["by_date"].items()}
    next(iter(models.values())).extend(expected.get("not_on_lines", {}).values())
    return {
        day: Counter(
            input=sum(each["input"] for each in own),
            cache_read=sum(each["cache_read"] for each in own),
            cache_write=sum(each["cc_5m"] for each in own),
            cache_write_1h=sum(each["cc_1h"] for each in own),
            output=sum(each["output"] for each in own),
        )
        for day, own in models.items()
    }


class Month:
    """All fixtures as the homes of one person, and their bill by provider and day."""

    def __init__(self, folder: Path) -> None:
        self.bills: dict[str, Bill] = {"codex": {}, "claude": {}}
        homes: dict[str, list[str]] = {"codex": [], "claude": []}
        for provider, bill_of in (("codex", codex_bill), ("claude", claude_bill)):
            for file in sorted((FIXTURES / provider).glob("*/*/expected.json")):
                name = "-".join((provider, *file.parts[-3:-1]))
                copies = 2 if (provider, file.parent.name) in TWICE else 1
                for home in [folder / f"{name}-{number}" for number in range(copies)]:
                    shutil.copytree(file.parent / "home", home)
                    homes[provider].append(str(home))
                self._add(provider, bill_of(json.loads(file.read_text("utf-8"))))
        environ = {
            "HOME": str(folder),
            "CODEX_HOME": ",".join(homes["codex"]),
            "CLAUDE_CONFIG_DIR": ",".join(homes["claude"]),
        }
        folders = Folders(settings=folder / "own", state=folder / "state", cache=folder / "cache")
        folders.settings.mkdir()
        (folders.settings / "prices.toml").write_text(PRICES, encoding="utf-8")
        self.scope = Scope(environ, folders, ZoneInfo("UTC"), clock=lambda: NOW)

    def _add(self, provider: str, bill: Bill) -> None:
        for day, tokens in bill.items():
            self.bills[provider].setdefault(day, Counter()).update(tokens)

    def tokens(self, day: str, *providers: str) -> int:
        return sum(self.bills[each].get(day, Counter()).total() for each in providers or self.bills)

    def usd(self, day: str, *providers: str) -> float:
        bills = [self.bills[each].get(day, Counter()) for each in providers or self.bills]
        return sum(count * RATES[name] / 1e6 for bill in bills for name, count in bill.items())

    def is_known(self, day: str) -> bool:
        return day >= min(day for bill in self.bills.values() for day in bill)


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Month:
    return Month(tmp_path_factory.mktemp("month"))


@pytest.fixture(scope="module")
def service(month: Month) -> Iterator[PageService]:
    costs = Costs(month.scope)
    costs.count()
    with served(month.scope, costs) as found:
        yield found


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def page(request: pytest.FixtureRequest, browser: Browser, service: PageService) -> Iterator[Page]:
    with context(browser, script=request.param) as window:
        found = window.new_page()
        found.goto(service.address)
        yield found


_COLUMNS = """plots => {
    const plot = plots[0], base = plot.getBoundingClientRect()
    const ticks = [...plot.querySelectorAll("text.tick")].filter(each => each.getAttribute("x") === "-8")
    const marks = ticks.map(each => [each.textContent, each.getAttribute("y") - 4])
    const parts = column => [...column.querySelectorAll("rect")]
        .filter(each => each.getAttribute("rx") && !each.classList.contains("unknown"))
        .map(each => each.getBoundingClientRect().height)
    const columns = [...plot.querySelectorAll(".column")].map(each => ({
        heights: parts(each), unknown: !!each.querySelector(".unknown"), zero: !!each.querySelector(".zero")}))
    return {marks, columns, height: base.height}
}"""


def drawn(page: Page) -> list[float | None]:
    """What the columns of the first chart are worth by the marks of its axis; None where nothing is known."""
    found = page.locator("section:has(#over_time-title) svg.plot").evaluate_all(_COLUMNS)
    marks = {_number(text): y for text, y in found["marks"]}
    most = max(marks)
    scale = most / (marks[0.0] - marks[most])
    values: list[float | None] = []
    for column in found["columns"]:
        gaps = 0.75 * sum(height > 2 for height in column["heights"])
        values.append(None if column["unknown"] else scale * (sum(column["heights"]) + gaps))
        assert column["zero"] == (not column["heights"] and not column["unknown"])
    return values


def _number(mark: str) -> float:
    digits, _, unit = mark.replace("$", "").replace(",", "").partition(" ")
    return float(digits) * {"": 1, "K": 1e3, "M": 1e6}[unit]


def listed(page: Page) -> list[list[float | None]]:
    """The figures of the same chart with all their digits, first day first."""
    rows: list[list[str | None]] = page.locator(
        "section:has(#over_time-title) figure >> nth=0 >> table.figures tbody tr"
    ).evaluate_all(
        "rows => rows.map(row => [...row.querySelectorAll('td')]"
        ".map(cell => cell.querySelector('data')?.value ?? null))"
    )
    return [[None if each is None else float(each) for each in row] for row in reversed(rows)]


@pytest.mark.parametrize("measure", ["usd", "tokens"])
def test_the_days_of_a_month_are_as_high_as_the_bill(
    page: Page, service: PageService, month: Month, measure: str
) -> None:
    page.goto(f"{service.place.origin}/?tab=usage&range=month&measure={measure}")
    bill = month.usd if measure == "usd" else month.tokens
    expected = [bill(day) if month.is_known(day) else None for day in DAYS]
    rows = listed(page)
    assert [row[-1] for row in rows] == pytest.approx(expected, abs=1e-6)
    heads = page.locator(
        "section:has(#over_time-title) table.figures >> nth=0 >> thead th"
    ).all_text_contents()
    for place, provider in ((heads.index("Codex") - 1, "codex"), (heads.index("Claude") - 1, "claude")):
        own = [bill(day, provider) if month.is_known(day) else None for day in DAYS]
        assert [row[place] for row in rows] == pytest.approx(own, abs=1e-6)
    columns = drawn(page)
    assert [each is None for each in columns] == [each is None for each in expected]
    pixel = max(each or 0.0 for each in expected) / 100
    assert [each for each in columns if each is not None] == pytest.approx(
        [each for each in expected if each is not None], abs=pixel
    )


def test_the_cards_of_a_month_are_the_bill(page: Page, service: PageService, month: Month) -> None:
    page.goto(f"{service.place.origin}/?range=month")

    def card(section: str, name: str) -> float:
        cards = page.locator(f"section:has(#{section}-title) .card")
        return float(cards.filter(has_text=name).locator("data").first.get_attribute("value") or "nan")

    assert card("totals", "Cost at API prices") == pytest.approx(sum(map(month.usd, DAYS)), abs=1e-6)
    assert card("totals", "Total tokens") == sum(map(month.tokens, DAYS))
    assert card("month", "Nov 2026 so far") == pytest.approx(sum(map(month.usd, DAYS)), abs=1e-6)
    page.goto(f"{service.place.origin}/?range=month&provider=claude")
    assert card("totals", "Total tokens") == sum(month.tokens(day, "claude") for day in DAYS)
