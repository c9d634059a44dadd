"""All that shows a total shows the same one, with what is on no line of a log and without it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from providers.domain.cost import GROUPS, Detail, tallied
from providers.host.files import Folders
from tests.tray.faces.page.asking import request, served
from tray.engine import document, publish
from tray.engine.budgets import budgets_of, facts
from tray.engine.cost_settings import NOT_ON_LINES
from tray.engine.costs import Costs
from tray.engine.once import costs_of, take_round
from tray.engine.scope import Scope
from tray.engine.state import State
from tray.faces.mcp import cost as mcp_cost
from tray.faces.page.service import PageService
from tray.view import cost_document, cost_tables, menu
from tray.view.format import BLANKS, money
from tray.view.rows import walk

FIXTURES = Path(__file__).parents[1] / "fixtures"
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
SINCE = datetime(2026, 11, 1, tzinfo=UTC).date()
ZONE = ZoneInfo("UTC")
PRICES = "".join(
    f'[[price]]\nmodel = "{model}"\ninput = 40.0\ncache_read = 10.0\ncache_write = 50.0\noutput = 160.0\n'
    for model in ("gpt-*", "claude-*")
)


class Seen:
    """The home of a person who compacted, forked and asked aside, and what each face says of it."""

    def __init__(self, folder: Path, *, with_it: bool) -> None:
        self.with_it = with_it
        homes = [FIXTURES / "codex/0.171.0/plain/home"]
        homes = [each for each in homes if each.is_dir()] or sorted(FIXTURES.glob("codex/*/plain/home"))[-1:]
        shutil.copytree(homes[0], folder / "codex")
        for scenario in ("asides", "forked", "resumed"):
            home = FIXTURES / f"claude/2.1.332/{scenario}/home"
            shutil.copytree(home, folder / "claude", dirs_exist_ok=True)
        folders = Folders(settings=folder / "own", state=folder / "state", cache=folder / "cache")
        folders.settings.mkdir()
        (folders.settings / "prices.toml").write_text(PRICES, encoding="utf-8")
        (folders.settings / "settings.toml").write_text(
            f"[budget]\nmonth = 400\n[cost]\nnot_on_lines = {str(with_it).lower()}\n", encoding="utf-8"
        )
        environ = {
            "HOME": str(folder),
            "CODEX_HOME": str(folder / "codex"),
            "CLAUDE_CONFIG_DIR": str(folder / "claude"),
        }
        self.scope = Scope(environ, folders, ZONE, clock=lambda: NOW)
        self.costs = Costs(self.scope)
        self.costs.count()
        detail = Detail(groups=GROUPS, blocks=True)
        self.reports, problem = self.costs.report(SINCE, NOW.date(), ZONE, detail=detail)
        assert problem is None
        snapshot = take_round(self.scope, self.costs, "cached")
        known = costs_of(self.scope, self.costs)
        self.state = State(settings=self.scope.settings(), snapshot=snapshot, costs=known)

    def json(self, by: str = "day") -> dict[str, Any]:
        shown = self.state.settings.get(NOT_ON_LINES)
        return cost_document.as_data(self.reports, by, None, ZONE, NOW, with_not_on_lines=shown)

    def billed(self, provider: str, *, with_it: bool) -> tuple[int, float]:
        """What the logs and the totals of the sessions hold."""
        report = self.json()["providers"][provider]
        parts = [report["totals"], *([report["not_on_lines"]] if with_it else [])]
        return sum(part["total_tokens"] for part in parts), sum(part["usd"] for part in parts)

    def shown(self, provider: str) -> tuple[int, float]:
        return self.billed(provider, with_it=self.with_it)

    def tables(self, by: str) -> dict[str, cost_tables.CostTable]:
        reports = self.reports if self.with_it else cost_tables.on_lines(self.reports)
        made = cost_tables.tables(reports, self.scope.chosen(), by, ZONE, NOW)
        return dict(zip(reports, made, strict=True))


@pytest.fixture(scope="module", params=[True, False], ids=["with", "without"])
def seen(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    return Seen(tmp_path_factory.mktemp("person"), with_it=request.param)


@pytest.fixture(scope="module")
def page(seen: Seen) -> Iterator[PageService]:
    with served(seen.scope, seen.costs) as service:
        assert service.figures.wait(1, 60)
        yield service


def near(value: tuple[int, float]) -> Any:
    return pytest.approx(value, abs=2e-6)


def test_there_is_something_to_leave_out(seen: Seen) -> None:
    whole, lines = (seen.billed("claude", with_it=each) for each in (True, False))
    assert whole[0] > 1.3 * lines[0]
    assert whole[1] > 1.2 * lines[1]
    assert (seen.shown("claude") == whole) == seen.with_it


@pytest.mark.parametrize("by", ["day", "week", "month", "block", "model", *sorted(GROUPS)])
def test_the_rows_of_each_table_come_to_its_total(seen: Seen, by: str) -> None:
    for provider, table in seen.tables(by).items():
        beyond = table.report.not_on_lines.tally
        rows = tallied([*(group.tally for group in table.groups), beyond])
        assert (rows.usage.total_tokens, rows.usd) == near(seen.shown(provider))
        assert (table.total.usage.total_tokens, table.total.usd) == near(seen.shown(provider))
        assert bool(beyond.responses) == (seen.with_it and provider == "claude")


def test_usage_snapshot_and_budget_are_the_tables_totals(seen: Seen) -> None:
    assert seen.state.snapshot is not None
    used = document.usage(
        seen.state.snapshot, NOW, zone=ZONE, budgets=facts(seen.state.settings, seen.state.costs, ())
    )
    published = publish.contents(seen.state)["cost"]
    for provider in ("codex", "claude"):
        own = next(each["cost"] for each in used["providers"] if each["provider"] == provider)
        for found in (own, published[provider]):
            for span in ("month", "days_30"):
                assert (found[f"{span}_tokens"], found[f"{span}_usd"]) == near(seen.shown(provider))
            whole, lines = (seen.billed(provider, with_it=each) for each in (True, False))
            beyond = (whole[0] - lines[0], whole[1] - lines[1]) if seen.with_it else (0, 0.0)
            assert (found["not_on_lines_tokens"], found["not_on_lines_usd"]) == near(beyond)
    (budget,) = budgets_of(seen.state, NOW, ZONE)
    whole_usd = sum(seen.billed(provider, with_it=True)[1] for provider in ("codex", "claude"))
    assert budget.used == pytest.approx(whole_usd, abs=2e-6)  # what is paid for, in any case


def test_the_menu_shows_the_tables_totals(seen: Seen) -> None:
    rows = [row.text.translate(BLANKS) for row in walk(menu.rows(seen.state, NOW, ZONE))]
    for provider in ("codex", "claude"):
        _, usd = seen.shown(provider)
        assert any(row.startswith(f"≈ {money(usd)} in 30 days") for row in rows)
        assert any(row.startswith(f"≈ {money(usd)} this month") for row in rows)
    assert any("of it not in the logs" in row for row in rows) == seen.with_it


def test_the_page_shows_the_tables_totals(seen: Seen, page: PageService) -> None:
    for address, providers in (
        ("/?range=month", ("codex", "claude")),
        ("/?range=month&provider=claude", ("claude",)),
    ):
        text = request(page, "GET", address).text
        tokens, usd = (sum(each) for each in zip(*map(seen.shown, providers), strict=True))
        for name, value in (("Cost at API prices", usd), ("Total tokens", tokens), ("Nov 2026 so far", usd)):
            card = text[text.index(name) :]
            found = re.search(r'<data value="([0-9.]+)"', card)
            assert found is not None
            assert float(found[1]) == pytest.approx(value, abs=2e-6)
    for tab in ("sessions", "usage"):
        text = request(page, "GET", f"/?range=month&tab={tab}&provider=claude").text
        assert ("ot in the logs" in text) == seen.with_it


def test_json_stays_what_the_logs_hold_and_names_the_rest(seen: Seen, page: PageService) -> None:
    made = seen.json("model")["providers"]["claude"]
    assert made["not_on_lines"]["total_tokens"] > 0
    assert sum(each["total_tokens"] for each in made["by_model"].values()) == made["totals"]["total_tokens"]
    served_json = json.loads(request(page, "GET", "/api/cost?range=month").body)["providers"]["claude"]
    for name in ("totals", "not_on_lines"):
        assert served_json[name] == made[name]
    (shown,) = (
        each
        for each in mcp_cost.shown(seen.json("model"), "model", NOW.timestamp())["providers"]
        if each["provider"] == "claude"
    )
    assert (shown["totals"]["total_tokens"], shown["totals"]["usd"]) == near(seen.shown("claude"))
    assert shown["month_to_date_usd"] == pytest.approx(shown["totals"]["usd"], abs=2e-6)
