"""The account's own pages on the page, in Chromium: what is drawn, its figures, and the link to the shop."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.real.browser import context
from tests.real.test_page import Visit
from tools.example_home import served_home
from tray.faces.page.service import PageService


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageService]:
    with served_home(tmp_path_factory.mktemp("home")) as found:
        yield found


@pytest.mark.timeout(180)
@pytest.mark.parametrize("width", [360, 1280])
def test_the_history_is_drawn_with_its_figures(
    browser: Browser, service: PageService, tmp_path: Path, width: int
) -> None:
    with context(browser, width=width) as window:
        visit = Visit(window.new_page(), service)
        page = visit.open("tab=limits")
        section = page.locator("section", has=page.get_by_role("heading", name="Account history", exact=True))
        chart = section.get_by_role("img", name="Credits used by day")
        expect(chart).to_be_visible()
        assert chart.locator("g.column").count() == 14
        box = chart.bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= width
        drawn = page.get_by_role("img", name="Credits used by day")
        figures = section.locator("figure", has=drawn).locator("details")
        figures.locator("summary").click()
        expect(figures.get_by_role("row", name="Fri 20 Nov 2026")).to_contain_text("14.75")
        expect(section.get_by_role("row", name="9 Nov – 16 Nov")).to_contain_text("100 %")
        link = section.get_by_role("link", name="Buy credits")
        assert (link.get_attribute("href") or "").startswith("https://chatgpt.com/codex/settings/usage")
        assert link.get_attribute("rel") == "noreferrer"
        assert visit.failed == [], "nothing is asked of the vendor by looking"
