"""The tables of the page in Chromium: what they show is what `tankful cost --json` prints."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from providers.domain.cost import Detail
from tests.real.browser import context
from tests.tray.faces.page.asking import served
from tools.example_home import example_home
from tray.engine.costs import Costs
from tray.engine.scope import Scope
from tray.faces.page.service import PageService
from tray.view import cost_document


class Person:
    """A page that is served, and what `tankful cost --json` prints to the same person."""

    def __init__(self, scope: Scope, costs: Costs, service: PageService) -> None:
        self.address, self.origin = service.address, service.place.origin
        self._scope, self._costs = scope, costs

    def cost(self, by: str, provider: str) -> Any:
        """Of the 30 days that the page shows first."""
        zone, until = self._scope.zone, self._scope.today()
        detail = Detail(models_of=by)
        reports, _ = self._costs.report(until - timedelta(days=29), until, zone, detail=detail)
        return cost_document.as_data(reports, by, None, zone, self._scope.clock())["providers"][provider]


@pytest.fixture(scope="module")
def person(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    scope = example_home(tmp_path_factory.mktemp("home"))
    costs = Costs(scope)
    costs.count()
    with served(scope, costs) as service:
        yield Person(scope, costs, service)


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def page(request: pytest.FixtureRequest, browser: Browser, person: Person) -> Iterator[Page]:
    with context(browser, script=request.param) as window:
        found = window.new_page()
        found.goto(person.address)
        yield found


def figures(page: Page, row: str, section: str) -> list[str]:
    """The full digits of a row of the table in this section."""
    found: list[str] = page.locator(f"section:has(#{section}-title) .sums {row} data").evaluate_all(
        "each => each.map((one) => one.value)"
    )
    return found


def test_models_and_their_efforts(page: Page, person: Person) -> None:
    page.goto(f"{person.origin}/?tab=models&provider=codex")
    expected = person.cost("effort", "codex")
    assert len(page.locator(".sums tbody tr").all()) == len(expected["by_model"])
    total = figures(page, "tfoot tr:last-child", "breakdown")
    assert float(total[0]) == expected["totals"]["usd"]
    assert int(total[2]) == expected["totals"]["total_tokens"]
    name = page.locator(".sums tbody th bdi").first.inner_text()
    assert float(figures(page, "tbody tr:first-child", "breakdown")[0]) == expected["by_model"][name]["usd"]
    page.locator(".sums a.opener").first.click()
    expect(page.locator(".sums .part")).to_have_count(
        sum(name in each["by_model"] for each in expected["by_effort"].values())
    )
    page.get_by_role("link", name="Tokens", exact=True).click()
    expect(page.locator("th[aria-sort=descending]")).to_contain_text("Tokens")
    expect(page.locator(".sums .part").first).to_be_visible()


def test_a_session_opens_to_its_subagents_and_its_command(page: Page, person: Person) -> None:
    page.goto(f"{person.origin}/?tab=sessions&sort=subagents&provider=claude")
    most = max(
        person.cost("session", "claude")["by_session"],
        key=lambda each: (each["subagents"], each["last_at"]),
    )
    first = figures(page, "tbody tr:first-child", "sessions")
    assert (float(first[0]), int(first[1])) == (most["usd"], most["total_tokens"])
    page.locator("section:has(#sessions-title) a.opener").first.click()
    expect(page.locator(".opened code").nth(0)).to_have_text(most["id"])
    expect(page.locator(".opened code").nth(1)).to_have_text(f"claude --resume {most['id']}")
    parts = page.locator("section:has(#sessions-title) .part")
    expect(parts).to_have_count(most["subagents"] + 1)
    tokens = [int(each.locator("data").nth(1).get_attribute("value") or 0) for each in parts.all()]
    assert sum(tokens) == most["total_tokens"]


def test_a_session_id_is_copied(browser: Browser, person: Person) -> None:
    with context(browser) as window:
        window.grant_permissions(["clipboard-read", "clipboard-write"])
        page = window.new_page()
        page.goto(person.address)
        page.goto(f"{person.origin}/?tab=sessions")
        page.locator("section:has(#sessions-title) a.opener").first.click()
        page.get_by_role("button", name="Copy the command").click()
        expect(page.locator(".copy").nth(1)).to_have_text("Copied")
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied == page.locator(".opened code").nth(1).inner_text()


def test_every_response_is_on_one_of_the_pages(page: Page, person: Person) -> None:
    page.goto(f"{person.origin}/?tab=responses&provider=codex")
    seen = figures(page, "tbody tr", "responses")
    times = page.locator(".sums time").all_inner_texts()
    while page.get_by_role("link", name="Older").count():
        page.get_by_role("link", name="Older").click()
        expect(page.locator(".sums time").first).not_to_have_text(times[-50])
        times += page.locator(".sums time").all_inner_texts()
        seen += figures(page, "tbody tr", "responses")
    totals = person.cost("day", "codex")["totals"]
    assert len(times) == totals["responses"]
    assert times == sorted(times, reverse=True)
    assert sum(int(each) for each in seen[1::7]) == totals["total_tokens"]


def test_the_data_tab_says_how_all_was_counted(page: Page, person: Person) -> None:
    page.goto(f"{person.origin}/?tab=data")
    expect(page.get_by_text("Codex: all logs are counted.")).to_be_visible()
    files = person.cost("day", "codex")["files"]
    row = page.locator("section:has(#counted_logs-title) tbody tr").first
    assert row.locator("data").first.get_attribute("value") == f"{files}"
