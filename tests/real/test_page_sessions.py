"""Live sessions on the page, in Debian's Chromium: kept up to date while somebody sees them, and only then."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser, Page, expect

from providers.domain.live import SessionStatus
from tests.real.browser import Theme, context
from tests.real.test_page import faults
from tests.tray.faces.page.asking import scope_in, served
from tests.tray.faces.page.live.shown import ShownSessions
from tests.tray.faces.published import until
from tools.example_sessions import APPROVAL, DONE, EXAMPLES, IDLE, QUESTION, WORKING
from tools.page_pictures import too_wide
from tray.faces.page.service import PageService

HIDE = """(hidden) => {
  Object.defineProperty(document, 'hidden', {configurable: true, get: () => hidden});
  document.dispatchEvent(new Event('visibilitychange'));
}"""


@pytest.fixture
def found() -> ShownSessions:
    return ShownSessions(WORKING, IDLE)


@pytest.fixture
def service(tmp_path: Path, found: ShownSessions) -> Iterator[PageService]:
    scope = scope_in(tmp_path)
    with served(
        scope, feed=found.feed(scope.folders.state), bring_to_front=lambda each: f"In front: {each.id}"
    ) as page:
        yield page


@pytest.fixture
def page(browser: Browser, service: PageService) -> Iterator[Page]:
    with context(browser) as window:
        opened = window.new_page()
        failed: list[str] = []
        opened.on("pageerror", lambda error: failed.append(str(error)))
        opened.goto(service.address)
        yield opened
        assert failed == []


def tab(page: Page, service: PageService, query: str) -> Page:
    page.goto(f"{service.place.origin}/?{query}")
    return page


def test_who_waits_appears_is_read_out_and_disappears(
    page: Page, service: PageService, found: ShownSessions
) -> None:
    tab(page, service, "tab=overview")
    page.evaluate("window.same = document.getElementById('main')")
    card, read = page.locator("[data-live=live_card]"), page.locator("#announced")
    expect(card).to_contain_text("1 session is working, 1 is idle.")
    expect(read).to_have_text("")
    found.sessions = (APPROVAL, WORKING, IDLE)
    expect(card).to_contain_text("approval: Bash")
    expect(card).to_contain_text("npm run deploy -- --stage")
    expect(read).to_have_text("cleaning waits for approval: Bash.")
    found.sessions = (APPROVAL, QUESTION, WORKING)
    expect(read).to_have_text("billing-api waits for your answer.")
    found.sessions = (WORKING, IDLE)
    expect(card).not_to_contain_text("cleaning")
    expect(read).to_have_text("")
    assert page.evaluate("window.same === document.getElementById('main')")


def test_what_does_not_change_stays_as_the_person_has_it(
    page: Page, service: PageService, found: ShownSessions
) -> None:
    tab(page, service, "tab=sessions")
    card = page.locator("article", has_text="tankful")
    card.get_by_text("Details").click()
    card.locator("summary").focus()
    focused = page.evaluate_handle("document.activeElement")
    kept = page.evaluate_handle(
        "[...document.querySelectorAll('article')].find((each) => each.matches(':focus-within'))"
    )
    page.evaluate("scrollTo(0, 40)")
    scrolled = page.evaluate("scrollY")
    found.sessions = (QUESTION, APPROVAL, replace(WORKING, turns=77), DONE)
    expect(card.locator(".live-details")).to_contain_text("77")
    names = page.locator("article .live-name").all_text_contents()
    assert sorted(names) == ["billing-api", "cleaning", "playground", "tankful"]
    assert card.locator("details").evaluate("(each) => each.open")
    assert page.evaluate("(before) => before === document.activeElement", focused)
    assert page.evaluate("(before) => before.isConnected", kept)
    assert page.evaluate("scrollY") == scrolled


def test_nothing_is_looked_at_once_the_tab_is_hidden_or_closed(
    page: Page, service: PageService, found: ShownSessions
) -> None:
    tab(page, service, "tab=overview")
    until(lambda: found.looks >= 3, "it is not looked at again and again")
    page.evaluate(HIDE, True)
    assert not _is_looked_at_again(service, found)
    page.evaluate(HIDE, False)
    ended = found.looks
    until(lambda: found.looks > ended, "it is not looked at again")
    page.close()
    assert not _is_looked_at_again(service, found)


def _is_looked_at_again(service: PageService, found: ShownSessions) -> bool:
    """Within more than the time between two looks."""
    looks = service.looks
    assert looks is not None
    until(lambda: looks.tabs == 0 and service.streams == 0, "the stream is still open")
    time.sleep(0.5)  # one that was under way
    ended = found.looks
    time.sleep(4.5)
    return found.looks > ended


def test_other_filters_and_other_tabs_are_heard_of(
    page: Page, service: PageService, found: ShownSessions
) -> None:
    tab(page, service, "tab=sessions")
    page.get_by_role("link", name="Claude", exact=True).click()
    page.wait_for_url("**provider=claude**")
    cards = page.locator("article .live-name")
    expect(cards).to_have_text(["docs"])
    found.sessions = (APPROVAL, QUESTION, WORKING, IDLE)
    expect(cards).to_have_text(["cleaning", "docs"])
    page.get_by_role("link", name="Cost and tokens").click()
    page.wait_for_url("**tab=usage**")
    looks = service.looks
    assert looks is not None
    until(lambda: looks.tabs == 0 and service.streams == 1, "a tab without sessions is counted")


def test_a_session_is_brought_to_the_front(page: Page, service: PageService, found: ShownSessions) -> None:
    found.sessions = EXAMPLES
    tab(page, service, "tab=sessions")
    expect(page.locator("article", has_text="cleaning")).to_be_visible()
    assert page.get_by_role("button", name="Bring to front: tankful").count() == 0
    page.get_by_role("button", name="Bring to front: cleaning").click()
    page.get_by_text(f"In front: {APPROVAL.id}").wait_for()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_nobody_is_kept_out_and_nothing_is_cut_off(
    browser: Browser, service: PageService, found: ShownSessions, axe: str, theme: Theme, width: int
) -> None:
    long = "a" * 300
    blocked = replace(APPROVAL, id="b", project=f"/x/{long}", model=long, rate_limited=True, title=long)
    found.sessions = (
        *EXAMPLES,
        replace(blocked, context_tokens=195_000, token_history=(1, 5, 3), cwd=f"/x/{long}"),
    )
    with context(browser, theme=theme, width=width) as window:
        page = window.new_page()
        page.goto(service.address)
        for name in ("overview", "sessions"):
            tab(page, service, f"tab={name}")
            for each in page.locator(".live-session details summary").all():
                each.click()
            assert faults(page, axe) == []
            assert too_wide(page) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_without_a_script_it_is_a_picture_of_when_it_was_loaded(
    browser: Browser, service: PageService, found: ShownSessions
) -> None:
    since = found.now() - timedelta(minutes=5)
    found.sessions = (replace(APPROVAL, status=SessionStatus(status="waiting", since=since)),)
    with context(browser, script=False) as window:
        page = window.new_page()
        page.goto(service.address)
        tab(page, service, "tab=sessions")
        expect(page.locator("article")).to_contain_text("question")
        expect(page.locator("article")).to_contain_text("for 5 min")
        page.locator("article summary").click()
        expect(page.locator("article")).to_contain_text("claude-opus-5 high")
