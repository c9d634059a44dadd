"""The page in Chromium: nobody is kept out, nothing is cut off, and the script only adds to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.bench.claude_logs import one_more
from tests.homes import NOW
from tests.real.browser import Theme, context
from tests.tray.faces.page.asking import scope_in, served
from tools import chart_page
from tools.example_home import served_home
from tools.page_pictures import too_wide
from tray.engine.costs import Costs
from tray.faces.page.service import PageService
from tray.faces.page.tab_titles import TABS

THEMES: tuple[Theme, ...] = ("light", "dark")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageService]:
    with served_home(tmp_path_factory.mktemp("home")) as found:
        yield found


class Visit:
    """A window on the page; `failed` is what its console and its network complained about."""

    def __init__(self, page: Page, service: PageService) -> None:
        self.page, self._origin = page, service.place.origin
        self.failed: list[str] = []
        page.on("console", lambda said: self.failed.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.failed.append(str(error)))
        page.on("request", lambda asked: self._asked(asked.url))
        page.goto(service.address)

    def _asked(self, url: str) -> None:
        if not url.startswith((f"{self._origin}/", "data:")):
            self.failed.append(f"asked {url}")

    def open(self, query: str) -> Page:
        self.page.goto(f"{self._origin}/?{query}")
        return self.page


@pytest.fixture
def visit(browser: Browser, service: PageService) -> Iterator[Visit]:
    with context(browser) as window:
        found = Visit(window.new_page(), service)
        yield found
        assert found.failed == []


def faults(page: Page, axe: str) -> list[str]:
    """What axe-core calls serious or critical."""
    page.evaluate(axe)
    found: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{each['id']}: {node['html'][:200]} {node['failureSummary']}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


@pytest.mark.timeout(240)
@pytest.mark.parametrize("theme", THEMES)
def test_nobody_is_kept_out(browser: Browser, service: PageService, axe: str, theme: Theme) -> None:
    with context(browser, theme=theme) as window:
        found = Visit(window.new_page(), service)
        kept_out = {
            tab: faults(found.open(f"tab={tab}&range=90d&compare=1&model=gpt-5.5"), axe) for tab in TABS
        }
        assert {tab: each for tab, each in kept_out.items() if each} == {}
        assert found.failed == []


@pytest.mark.parametrize("theme", THEMES)
def test_nobody_is_kept_out_of_a_chart(browser: Browser, axe: str, theme: Theme, tmp_path: Path) -> None:
    chart_page.main([str(tmp_path / "parts.html")])
    with context(browser, theme=theme) as window:
        page = window.new_page()
        page.goto(f"file://{tmp_path}/parts.html")
        for each in page.locator(".chart-figures").all():
            each.locator("summary").click()
        assert faults(page, axe) == []


@pytest.mark.timeout(240)
@pytest.mark.parametrize("width", [360, 1280, 2000])
def test_nothing_is_cut_off(browser: Browser, service: PageService, width: int) -> None:
    with context(browser, width=width) as window:
        found = Visit(window.new_page(), service)
        for tab in TABS:
            page = found.open(f"tab={tab}&range=90d&compare=1&provider=codex")
            assert too_wide(page) == [], tab
            assert page.evaluate("document.documentElement.scrollWidth") <= width, tab


def test_filters_fold_in_a_narrow_window_alone(browser: Browser, service: PageService) -> None:
    for width, is_folded in ((360, True), (1280, False)):
        with context(browser, width=width, script=False) as window:
            page = Visit(window.new_page(), service).open("tab=overview&range=7d")
            head, inside = page.locator(".fold > summary"), page.get_by_role("link", name="90 days")
            assert (head.is_visible(), inside.is_visible()) == (is_folded, not is_folded)
            if is_folded:
                expect(head).to_contain_text("7 days")
                head.click()
            inside.click()
            page.wait_for_url("**range=90d**")


def test_all_is_there_without_a_script(browser: Browser, service: PageService) -> None:
    with context(browser, script=False) as window:
        page = Visit(window.new_page(), service).open("tab=models&range=90d")
        page.locator("select[name=model]").select_option("gpt-5.5")
        page.get_by_role("button", name="Apply").click()
        assert "model=gpt-5.5" in page.url
        assert "range=90d" in page.url
        assert "tab=models" in page.url
        assert page.locator("main table tbody tr").count() > 0
        page.locator("details.days summary").click()
        page.locator("input[name=from]").fill("2026-11-02")
        page.locator("input[name=to]").fill("2026-11-09")
        page.get_by_role("button", name="Show").click()
        expect(page.locator("details.days summary")).to_have_text("2 – 9 Nov")
        page.locator(".chips a").first.click()
        assert "model" not in page.url.partition("?")[2].replace("tab=models", "")


def test_a_choice_applies_at_once_and_keeps_the_rest(visit: Visit) -> None:
    page = visit.open("tab=models&range=90d")
    page.locator("select[name=model]").select_option("gpt-5.5")
    page.wait_for_url("**/?*model=gpt-5.5*")
    assert "zone" not in page.url
    assert "range=90d" in page.url
    page.get_by_role("link", name="7 days").click()
    page.wait_for_url("**/?*range=7d*")
    assert "model=gpt-5.5" in page.url
    page.go_back()
    page.wait_for_url("**/?*range=90d*")
    expect(page.locator(".ranges a[aria-current]")).to_have_text("90 days")


def test_a_sentence_for_an_address_that_means_nothing(visit: Visit) -> None:
    page = visit.open(
        "tab=money&range=custom&from=2026-11-09&to=2026-11-02&zone=Nowhere&model=%3Cscript%3E%00"
    )
    assert page.locator(".alert:visible").all_inner_texts() == [
        "There is no page called 'money'. Showing Overview.",
        "There is no time zone 'Nowhere'. Try Europe/Berlin or UTC.",
        "The range ended before it began, so its days were swapped.",
    ]


def test_an_update_leaves_focus_and_what_is_open(visit: Visit) -> None:
    page = visit.open("tab=usage&range=90d")
    details = page.locator("details.chart-figures").first
    details.locator("summary").click()
    details.locator("summary").focus()
    page.evaluate("document.querySelector('main').dataset.old = '1'")
    page.evaluate("window.tankful.refresh()")
    page.wait_for_function("!document.querySelector('main').dataset.old")
    assert details.evaluate("each => each.open")
    expect(details.locator("summary")).to_be_focused()


def test_what_was_unfolded_is_so_again(visit: Visit) -> None:
    page = visit.open("tab=usage&range=90d")
    page.locator("details.chart-figures summary").first.click()
    page.wait_for_function("sessionStorage.getItem('tankful.open')")
    page.reload()
    assert page.locator("details.chart-figures").first.evaluate("each => each.open")
    assert not page.locator("details.chart-figures").nth(1).evaluate("each => each.open")


def test_an_update_waits_while_somebody_types(visit: Visit) -> None:
    page = visit.open("tab=usage")
    zone = page.locator("input[name=zone]")
    zone.press_sequentially("Asia/T")
    page.evaluate("document.querySelector('main').dataset.old = '1'")
    with page.expect_response(lambda answer: "tab=usage" in answer.url):
        page.evaluate("window.tankful.refresh()")
    zone.press_sequentially("okyo")
    zone.press("Enter")
    page.wait_for_url("**zone=Asia%2FTokyo*")


def test_keys_do_what_the_foot_says(visit: Visit) -> None:
    page = visit.open("tab=overview")
    page.keyboard.press("?")
    expect(page.locator("details.keys dl")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("details.keys dl")).to_be_hidden()
    page.locator("input[name=zone]").press_sequentially("r,l")
    assert page.locator("input[name=zone]").input_value() == "r,l"
    page.locator("input[name=zone]").fill("")
    page.locator("h1 a").focus()
    with page.expect_request(lambda asked: asked.url.endswith("/do/recalculate")):
        page.keyboard.press("r")
    page.wait_for_load_state()


def test_the_arrow_keys_go_from_day_to_day(visit: Visit) -> None:
    page = visit.open("tab=overview")
    page.locator(".heatmap").first.focus()
    said = page.locator("[data-said]").first
    page.keyboard.press("End")
    expect(said).to_contain_text("Fri 20 Nov 2026: ")
    page.keyboard.press("ArrowUp")
    expect(said).to_contain_text("Thu 19 Nov 2026: ")
    page.keyboard.press("ArrowLeft")
    expect(said).to_contain_text("Thu 12 Nov 2026: ")
    expect(page.locator(".tip")).to_contain_text("Thu 12 Nov 2026: ")


def test_the_last_tab_and_range_are_remembered(browser: Browser, service: PageService) -> None:
    with context(browser) as window:
        first = Visit(window.new_page(), service)
        first.open("tab=models&range=week&model=gpt-5.5")
        again = window.new_page()
        again.goto(f"{service.place.origin}/")
        again.wait_for_url("**/?tab=models&range=week")


HOSTILE = [
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "/work/\u202egnp.exe",
    "/" + "very-long-name/" * 700,
    "/" + "x" * 10_000,
    "/work/\u0627\u0644\u0639\u0631\u0628\u064a\u0629",
    "/nul\0/\x1b[31m",
    "\"'><b>&amp;",
]


@pytest.mark.timeout(240)
def test_foreign_names_do_nothing_and_can_be_chosen(browser: Browser, tmp_path: Path) -> None:
    logs = tmp_path / "claude/projects/any"
    logs.mkdir(parents=True)
    for number, name in enumerate(HOSTILE):
        path = logs / f"00000000-0000-4000-8000-{number:012}.jsonl"
        line = json.loads(one_more(path, NOW - timedelta(hours=number + 1), number)) | {"cwd": name}
        path.write_text(json.dumps(line) + "\n")
    scope = scope_in(tmp_path)
    costs = Costs(scope)
    costs.count()
    with served(scope, costs) as service, context(browser, width=360) as window:
        found = Visit(window.new_page(), service)
        found.page.on("dialog", lambda dialog: found.failed.append(dialog.message))
        for tab in TABS:
            page = found.open(f"tab={tab}&range=90d")
            assert too_wide(page) == [], tab
            assert page.locator("main b, main img").count() == 0
        rows = found.open("tab=projects").locator("section").first.locator("tbody th a[href*='project=']")
        addresses = [rows.nth(place).get_attribute("href") for place in range(rows.count())]
        assert len(addresses) == len(HOSTILE)
        for address in addresses:
            page.goto(f"{service.place.origin}{address}")
            assert page.locator(".chips li").count() == 2
            expect(page.locator(".alert:visible")).to_have_count(0)
            assert too_wide(page) == []
            assert page.locator("section").first.locator("tbody th").count() > 0
            assert page.locator("section").first.locator(".nothing").count() == 0
        assert found.failed == []
