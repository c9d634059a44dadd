"""The page in Debian's Chromium: how a person gets in, what other sites cannot do, how it stays up to date."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.real.browser import context
from tests.tray.faces.page.asking import served
from tests.tray.faces.page.ledgers import LedgerPage, billed
from tests.tray.faces.published import until
from tray.faces.page.service import PageService

TOTAL = "data[value='{}']"


@pytest.fixture
def ledger(tmp_path: Path) -> LedgerPage:
    made = LedgerPage(tmp_path)
    return made.add("codex", [billed(home=made.codex, tokens=12_345)])


@pytest.fixture
def service(ledger: LedgerPage) -> Iterator[PageService]:
    with served(ledger.scope, ledger.costs) as found:
        assert found.figures.wait(1, 10)
        yield found


@pytest.fixture
def page(browser: Browser, service: PageService) -> Iterator[Page]:
    with context(browser) as opened:
        found = opened.new_page()
        found.goto(service.address)
        yield found


@contextmanager
def another_site(html: str) -> Iterator[int]:
    """A server of somebody else on this machine: its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = html.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *values: object) -> None:  # noqa: A002 - its own name
            """Nothing on stderr."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def test_the_token_is_gone_from_the_address_and_no_script_sees_the_cookie(
    page: Page, service: PageService
) -> None:
    assert page.url == f"{service.place.origin}/"
    assert page.evaluate("document.cookie") == ""
    (cookie,) = page.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    assert page.locator(TOTAL.format(12345)).count() > 0


def test_a_form_of_the_page_is_accepted(page: Page, service: PageService) -> None:
    """With `Referrer-Policy: no-referrer`, Chromium would send `Origin: null`, and it would not be."""
    counts = service.figures.status.counts
    page.get_by_role("button", name="Recalculate").click()
    page.get_by_text("Recalculated.").wait_for()
    assert service.figures.status.counts == counts + 1
    page.wait_for_url(lambda address: "note=" not in address)


ATTACK = """<!doctype html><title>evil</title>
<form id=f method=post action="{own}/do/recalculate"><input name=back value="/"></form>
<a id=link href="{own}/?tab=data">numbers</a>
<iframe id=frame src="{own}/"></iframe><img id=image src="{own}/recalc">
<script>
window.answers = [];
const note = (what) => window.answers.push(what);
fetch("{own}/api/usage", {{credentials: "include"}}).then(() => note("read"), () => note("refused"));
fetch("{own}/recalc", {{mode: "no-cors", credentials: "include"}}).then(() => note("sent"), () => note("refused"));
fetch("{own}/do/recalculate", {{method: "POST", mode: "no-cors", credentials: "include",
  body: new URLSearchParams({{back: "/"}})}}).then(() => note("sent"), () => note("refused"));
new EventSource("{own}/events", {{withCredentials: true}}).onopen = () => note("events");
</script>"""


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_a_site_at_another_port_or_name_can_do_nothing(page: Page, service: PageService, name: str) -> None:
    counts = service.figures.status.counts
    with another_site(ATTACK.format(own=service.place.origin)) as port:
        page.goto(f"http://{name}:{port}/")
        page.wait_for_function("window.answers.length >= 3")
        assert "read" not in page.evaluate("window.answers")
        assert "events" not in page.evaluate("window.answers")
        framed = [frame for frame in page.frames if frame != page.main_frame]
        assert all("12,345" not in frame.content() and "12 345" not in frame.content() for frame in framed)
        page.evaluate("document.getElementById('f').submit()")
        page.get_by_text("Another site asked for this page.").wait_for()
    assert service.figures.status.counts == counts


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_a_link_from_another_site_asks_first(page: Page, service: PageService, name: str) -> None:
    with another_site(ATTACK.format(own=service.place.origin)) as port:
        page.goto(f"http://{name}:{port}/")
        page.click("#link")
        page.get_by_text("A link on another site leads here.").wait_for()
        page.get_by_role("link", name="Open the page").click()
        page.get_by_role("heading", name="Counted logs").wait_for()
        assert page.url == f"{service.place.origin}/?tab=data"


def test_the_printed_address_can_be_clicked_on_another_site(browser: Browser, service: PageService) -> None:
    """As in a terminal in the browser: Chromium keeps a Strict cookie back after a redirect from there."""
    with another_site(f'<a id=link href="{service.address}">open</a>') as port, context(browser) as opened:
        page = opened.new_page()
        page.goto(f"http://localhost:{port}/")
        page.click("#link")
        page.locator(TOTAL.format(12345)).first.wait_for(state="attached")
        assert page.url == f"{service.place.origin}/"


def test_new_numbers_come_without_a_reload(page: Page, service: PageService, ledger: LedgerPage) -> None:
    page.evaluate("window.same = true")
    ledger.add("claude", [billed(home=ledger.claude, tokens=55_555)])
    service.figures.look()
    page.locator(TOTAL.format(12_345 + 55_555)).first.wait_for(state="attached")
    assert page.evaluate("window.same") is True


HIDE = """(hidden) => {
  Object.defineProperty(document, 'hidden', {configurable: true, get: () => hidden});
  document.dispatchEvent(new Event('visibilitychange'));
}"""


def test_a_hidden_tab_has_no_connection_and_is_up_to_date_when_it_is_shown(
    page: Page, service: PageService, ledger: LedgerPage
) -> None:
    def streams(count: int) -> None:
        until(lambda: service.streams == count, f"there are {service.streams} streams, not {count}")

    streams(1)
    page.evaluate(HIDE, True)
    streams(0)
    assert (service.tabs.seconds_left or 0) > 3000, "it is still open"
    ledger.add("claude", [billed(home=ledger.claude, tokens=55_555)])
    service.figures.look()
    page.evaluate(HIDE, False)
    streams(1)
    page.locator(TOTAL.format(12_345 + 55_555)).first.wait_for(state="attached")
    page.close()
    streams(0)
    until(lambda: (service.tabs.seconds_left or 0) <= 60, "it is thought to be hidden")


def test_when_the_server_ends_the_page_says_so_and_keeps_its_figures(
    page: Page, service: PageService
) -> None:
    lost = page.get_by_text("tankful is not responding.")
    assert not lost.is_visible()
    service.stop()
    lost.wait_for()
    page.get_by_role("link", name="7 days").click()
    page.get_by_role("button", name="Try now").and_(page.locator(":visible")).click()
    assert lost.is_visible()
    assert page.locator(TOTAL.format(12_345)).first.is_visible()


@pytest.mark.parametrize(("status", "sentence"), [(403, "was restarted"), (500, "could not update the page")])
def test_a_refused_update_is_tried_again_until_it_succeeds(
    page: Page, service: PageService, ledger: LedgerPage, status: int, sentence: str
) -> None:
    page.route("**/*", lambda route: route.fulfill(status=status, body="no"))
    ledger.add("claude", [billed(home=ledger.claude, tokens=55_555)])
    service.figures.look()
    banner = page.get_by_text(sentence)
    banner.wait_for()
    assert page.locator(TOTAL.format(12_345)).first.is_visible()
    page.unroute("**/*")
    page.locator(TOTAL.format(12_345 + 55_555)).first.wait_for(state="attached")
    banner.wait_for(state="hidden")
    until(lambda: service.streams == 1, "it does not listen again")
