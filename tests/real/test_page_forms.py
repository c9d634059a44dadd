"""The forms of the page in Debian's Chromium: with its script, and without."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.real.browser import context
from tests.tray.faces.page.asking import scope_in, served
from tray.faces.page.service import PageService

LOGS = Path(__file__).parents[1] / "fixtures/codex/0.169.0/plain/home/sessions"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[PageService]:
    shutil.copytree(LOGS, tmp_path / "codex/sessions")
    with served(scope_in(tmp_path)) as found:
        assert found.figures.wait(1, 20)
        yield found


def opened(page: Page, service: PageService, query: str = "tab=prices&range=all") -> None:
    page.goto(service.address)
    page.goto(f"{service.place.origin}/?{query}")


@pytest.mark.parametrize("script", [True, False])
def test_a_price_is_added_corrected_ended_and_deleted(
    browser: Browser, service: PageService, tmp_path: Path, script: bool
) -> None:
    file = tmp_path / "prices.toml"
    with context(browser, script=script) as window:
        page = window.new_page()
        opened(page, service)
        page.get_by_role("link", name="Add a price").click()
        page.locator("[name=model]").last.fill("gpt-5.5*")
        page.locator("[name=input]").last.fill("1")
        page.locator("[name=output]").last.fill("two")
        page.get_by_role("button", name="Save").first.click()
        wrong = page.locator("[name=output]").last
        expect(wrong).to_have_attribute("aria-invalid", "true")
        expect(wrong).to_have_value("two")
        expect(wrong).to_be_in_viewport()
        expect(page.locator("[name=model]").last).to_have_value("gpt-5.5*")
        assert not file.exists()
        wrong.fill("2")
        page.get_by_role("button", name="Preview").click()
        expect(page.locator("#price-form .form-note").last).to_contain_text("The chosen days would come to")
        assert not file.exists()
        page.get_by_role("button", name="Save").first.click()
        expect(page.locator("main").get_by_role("status").first).to_contain_text("The price was added.")
        assert 'model = "gpt-5.5*"\ninput = 1\noutput = 2\n' in file.read_text()
        page.get_by_role("link", name="End the price of").click()
        page.locator("[name=until]").last.fill("2026-11-20")
        page.get_by_role("button", name="End").click()
        expect(page.get_by_text("The end of the price was set.")).to_be_visible()
        assert "until = 2026-11-20\n" in file.read_text()
        page.get_by_role("link", name="Delete the price of").click()
        page.get_by_role("button", name="Delete").click()
        expect(page.get_by_text("The price was deleted.")).to_be_visible()
        assert "[[price]]" not in file.read_text()


def test_what_is_typed_stays_while_the_numbers_change(
    browser: Browser, service: PageService, tmp_path: Path
) -> None:
    with context(browser) as window:
        page = window.new_page()
        opened(page, service, "tab=prices&range=all&open=price:add:")
        page.wait_for_function("window.tankful !== undefined")
        page.locator("[name=model]").last.fill("acme")
        page.locator("[name=input]").last.fill("1")
        log = next((tmp_path / "codex").rglob("*.jsonl"))
        shutil.copy(log, log.with_name(log.name.replace("rollout-", "rollout-1")))
        with page.expect_response(lambda answer: "open=price" in answer.url):
            log.write_text(log.read_text().replace('"gpt-5.5"', '"gpt-5.4"'))
            service.figures.recount()
        page.get_by_role("button", name="Preview").focus()
        page.wait_for_timeout(100)  # an update would come now
        expect(page.locator("[name=model]").last).to_have_value("acme")
        page.locator("[name=output]").last.fill("2")
        page.get_by_role("button", name="Save").first.click()
        expect(page.locator("main").get_by_role("status").first).to_contain_text("The price was added.")
        assert 'model = "acme"' in (tmp_path / "prices.toml").read_text()
