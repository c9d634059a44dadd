"""Live sessions of a page that is served: who may ask for them and act on them, and when they are looked at."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest
from msgspec.structs import replace

from providers.domain.live import LiveSession
from providers.domain.short_hash import short_hash
from tests.tray.faces.page.asking import posted, request, scope_in, served
from tests.tray.faces.page.live.shown import ShownSessions
from tests.tray.faces.published import until
from tools.example_sessions import APPROVAL, EXAMPLES, WORKING
from tray.engine.live.shared import FILE
from tray.faces.page.forms import FormRefused
from tray.faces.page.service import PageService


class Terminals:
    """Those that were brought to the front."""

    def __init__(self) -> None:
        self.brought: list[str] = []
        self.works = True

    def __call__(self, session: LiveSession) -> str:
        self.brought.append(session.id)
        if not self.works:
            raise FormRefused("Its terminal cannot be brought to the front.")
        return "It is at the front now, in kitty."


@pytest.fixture
def found() -> ShownSessions:
    return ShownSessions(*EXAMPLES)


@pytest.fixture
def terminals() -> Terminals:
    return Terminals()


@pytest.fixture
def page(tmp_path: Path, found: ShownSessions, terminals: Terminals) -> Iterator[PageService]:
    scope = scope_in(tmp_path)
    with served(scope, feed=found.feed(scope.folders.state), bring_to_front=terminals) as service:
        yield service


@contextmanager
def listening(page: PageService, query: str) -> Iterator[socket.socket]:
    """A tab that shows the page."""
    with socket.create_connection((page.place.host, page.place.port), 10) as tab:
        cookie = page.passes.set_cookie.partition(";")[0]
        tab.sendall(
            f"GET /events?{query} HTTP/1.1\r\nHost: {page.place.netloc}\r\nCookie: {cookie}\r\n\r\n".encode()
        )
        yield tab


def heard(tab: socket.socket, until_there: bytes) -> bytes:
    text = b""
    while until_there not in text:
        part = tab.recv(1 << 16)
        assert part, text
        text += part
    return text


def after(page: PageService, key: str, *headers: tuple[str, str]) -> str:
    """What the page says after it was asked to bring the session with this key to the front."""
    answer = posted(
        page, "session-front", urlencode({"back": "/?tab=sessions", "session": short_hash(key)}), *headers
    )
    assert answer.status == 303
    return request(page, "GET", (answer.header("location") or "").partition("#")[0]).text


def test_the_document_is_that_of_the_command_for_the_filters(page: PageService) -> None:
    document = json.loads(request(page, "GET", "/api/sessions?provider=codex").body)
    assert document["schema"] == "tankful.sessions/1"
    assert [each["status"] for each in document["sessions"]] == ["waiting", "working"]
    assert request(page, "GET", "/api/sessions", cookie=False).status == 403
    assert b"cleaning" not in request(page, "GET", "/api/sessions", cookie=False).body


def test_a_page_without_a_feed_says_so(tmp_path: Path) -> None:
    with served(scope_in(tmp_path)) as service:
        assert request(service, "GET", "/api/sessions").status == 503
        assert "data-live" not in request(service, "GET", "/?tab=overview").text


def test_nothing_is_looked_at_but_for_a_tab_that_shows_sessions(
    page: PageService, found: ShownSessions
) -> None:
    for path in ("/?tab=usage", "/?tab=limits", "/api/usage", "/health"):
        assert request(page, "GET", path).status == 200
    with listening(page, "tab=a") as tab:
        heard(tab, b"retry")
        assert found.looks == 0
    text = request(page, "GET", "/?tab=overview").text
    assert "cleaning" in text
    assert found.looks == 1


def test_a_tab_that_shows_them_is_kept_up_to_date_and_one_that_is_closed_costs_nothing(
    page: PageService, found: ShownSessions, tmp_path: Path
) -> None:
    shared = scope_in(tmp_path).folders.state / FILE
    found.sessions = (WORKING,)
    with listening(page, f"tab=a&{urlencode({'live': '?tab=overview'})}") as tab:
        assert b"cleaning" not in heard(tab, b"event: sessions")
        found.sessions = (APPROVAL, WORKING)
        assert b"waits for approval" in heard(tab, b"cleaning")
    looks = page.looks
    assert looks is not None
    until(lambda: looks.tabs == 0, "a tab that was closed is still there")
    until(lambda: not shared.exists(), "sessions.json is still there")
    ended = found.looks
    assert request(page, "GET", "/?tab=usage").status == 200
    assert found.looks == ended


def test_a_stream_is_for_the_person_alone_and_any_address_means_something(page: PageService) -> None:
    assert request(page, "GET", "/events?live=%3Ftab%3Dsessions", cookie=False).status == 403
    with listening(page, urlencode({"live": "?tab=nothing&provider=%00&" + "x=1&" * 200})) as tab:
        heard(tab, b"event: sessions")


def test_a_session_is_brought_to_the_front(page: PageService, terminals: Terminals) -> None:
    assert "It is at the front now, in kitty." in after(page, APPROVAL.key)
    terminals.works = False
    assert "Its terminal cannot be brought to the front." in after(page, APPROVAL.key)
    assert terminals.brought == [APPROVAL.id] * 2


def test_what_is_not_certain_now_is_left_alone_whatever_the_page_showed(
    page: PageService, found: ShownSessions, terminals: Terminals
) -> None:
    assert "There is no such session any more." in after(page, "claude:~/.claude:nothing")
    assert "It is not certain which process" in after(page, WORKING.key)
    found.sessions = (replace(APPROVAL, id="other", owner_certain=False),)
    looked = found.looks
    until(lambda: bool(after(page, "x")) and found.looks > looked, "there was no other look")
    assert "It is not certain which process" in after(page, found.sessions[0].key)
    assert terminals.brought == []


def test_only_a_form_of_this_page_brings_anything_to_the_front(
    page: PageService, terminals: Terminals
) -> None:
    fields = urlencode({"back": "/", "session": short_hash(APPROVAL.key)})
    assert posted(page, "session-front", fields, ("Origin", "http://127.0.0.1:1")).status == 403
    assert posted(page, "session-front", fields, ("Accept", "*/*")).status == 403
    assert request(page, "GET", f"/do/session-front?{fields}").status in (403, 405)
    assert terminals.brought == []


def test_a_page_that_is_no_child_of_a_tray_offers_the_command_alone(
    tmp_path: Path, found: ShownSessions
) -> None:
    scope = scope_in(tmp_path)
    home = scope.homes_of(next(each for each in scope.chosen() if each.id == "claude"))[0].label
    found.sessions = (replace(APPROVAL, home=home),)
    with served(scope, feed=found.feed(scope.folders.state)) as service:
        text = request(service, "GET", "/?tab=sessions").text
        assert "Bring to front" not in text
        assert f"claude --resume {APPROVAL.id}" in text
        assert "This page cannot bring terminals to the front." in after(service, found.sessions[0].key)
