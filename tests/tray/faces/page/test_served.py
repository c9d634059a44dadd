"""The page as a server: what raw sockets get, how long it waits, how soon it ends."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.tray.faces.page.asking import exchanged, parsed, posted, request, scope_in, served
from tray.faces.page import running, server
from tray.faces.page.open_tabs import CLOSED_SECONDS
from tray.faces.page.place import CannotServe, PagePlace, PortInUse, bound, listen, listen_near, place_of
from tray.faces.page.service import PageService


@pytest.fixture
def page(tmp_path: Path) -> Iterator[PageService]:
    with served(scope_in(tmp_path)) as service:
        yield service


def raw(service: PageService, text: str, **values: str) -> bytes:
    filled = text.format(host=service.place.netloc, port=service.place.port, **values)
    return exchanged(service.place, filled.replace("\n", "\r\n").encode())


def test_the_printed_address_leads_in(page: PageService) -> None:
    target = page.address.removeprefix(page.place.origin)
    answer = request(page, "GET", target, cookie=False)
    assert (answer.status, answer.header("location")) == (303, "/")
    cookie = (answer.header("set-cookie") or "").partition(";")[0]
    shown = request(page, "GET", "/", [("Cookie", cookie)], cookie=False)
    assert shown.status == 200
    assert "<main" in shown.text
    assert shown.header("server") is None


@pytest.mark.parametrize(
    "text",
    [
        "GET / HTTP/1.0\n\n",
        "GET http://evil.example/ HTTP/1.1\nHost: {host}\nConnection: close\n\n",
        "GET / HTTP/1.1\nHost: evil.example\nConnection: close\n\n",
        "GET / HTTP/1.1\nHost: evil.example:{port}\nConnection: close\n\n",
        "GET / HTTP/1.1\nHost: {host}\nHost: {host}\nConnection: close\n\n",
        "GET / HTTP/1.1\nConnection: close\n\n",
        "GET /static/..%2f..%2f..%2fetc/passwd HTTP/1.1\nHost: {host}\nConnection: close\n\n",
        "GET /\n\n",
        "\x16\x03\x01\x02\n\n",
        "GET / HTTP/1.1\nHost: {host}\nX: {many}\nConnection: close\n\n",
    ],
)
def test_what_no_browser_sends_is_refused(page: PageService, text: str) -> None:
    answer = parsed(raw(page, text, many="a" * 40_000))
    assert answer.status in (400, 431)
    assert b"<main" not in answer.body or b"tankful</h1>\n<p>" in answer.body


def test_an_answer_to_head_has_no_body_and_other_methods_get_none(page: PageService) -> None:
    head = request(page, "HEAD", "/")
    assert (head.status, head.body) == (200, b"")
    for method in ("OPTIONS", "TRACE", "PUT", "DELETE"):
        assert request(page, method, "/").status == 405


def test_a_page_that_is_not_there_is_not_found(page: PageService) -> None:
    assert request(page, "GET", "/nothing").status == 404
    assert request(page, "GET", "/static/nothing.css").status == 404
    assert request(page, "GET", "/static/base.html").status == 404
    assert posted(page, "nothing").status == 404


def test_health_and_recalc_answer_curl_without_totals(page: PageService) -> None:
    health = json.loads(request(page, "GET", "/health", cookie=False).body)
    assert health["ok"] is True
    assert health["service"] == "tankful"
    recalc = json.loads(request(page, "GET", "/recalc", cookie=False).body)
    assert recalc["ok"] is True
    assert {"updated_at", "timings_ms"} <= recalc.keys()
    text = json.dumps([health, recalc])
    assert not {"usd", "tokens", "token", "totals", os.sep} & set(
        text.replace('"', " ").replace("_", " ").split()
    )


def test_a_form_leads_back_to_its_address_with_a_note_that_is_shown(page: PageService) -> None:
    answer = posted(page, "recalculate", "back=%2F%3Frange%3D7d%26token%3Dx")
    location = answer.header("location") or ""
    assert answer.status == 303
    assert location.startswith("/?range=7d&note=")
    assert "Recalculated." in request(page, "GET", location).text
    assert "Recalculated." not in request(page, "GET", "/?range=7d&note=other").text


def test_a_form_leads_nowhere_else(page: PageService) -> None:
    for back in (
        "http%3A%2F%2Fevil.example%2F",
        "%2F%2Fevil.example",
        "javascript%3Aalert(1)",
        "%00",
        "%2F%2F%5B",
    ):
        location = posted(page, "recalculate", f"back={back}").header("location") or ""
        assert location.startswith("/?note=")


def test_a_request_that_does_not_come_to_its_end_is_given_up(
    page: PageService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "REQUEST_SECONDS", 0.3)
    for begun in ("", "GET / HT", "GET / HTTP/1.1\r\nHost: x\r\nX-A: "):
        with socket.create_connection((page.place.host, page.place.port), 5) as connection:
            connection.sendall(begun.encode())
            with suppress(ConnectionResetError):
                assert connection.recv(100) == b""
    form = "POST /do/recalculate HTTP/1.1\nHost: {host}\nContent-Type: application/x-www-form-urlencoded\n"
    assert b"200 OK" not in raw(page, form + "Content-Length: 10\n\na=")


def test_one_who_does_not_read_the_answers_keeps_no_connection(
    page: PageService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "READ_SECONDS", 0.3)
    asked = f"GET /static/page.css HTTP/1.1\r\nHost: {page.place.netloc}\r\n\r\n".encode() * 100
    with socket.create_connection((page.place.host, page.place.port), 10) as connection:

        def ask_on() -> None:
            while True:
                connection.sendall(asked)

        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            ask_on()


def listening(service: PageService, seen: str = "") -> socket.socket:
    connection = socket.create_connection((service.place.host, service.place.port), 10)
    cookie = service.passes.set_cookie.partition(";")[0]
    lines = f"GET /events?tab=a&seen={seen} HTTP/1.1", f"Host: {service.place.netloc}", f"Cookie: {cookie}"
    connection.sendall("\r\n".join([*lines, "", ""]).encode())
    return connection


def read_until(connection: socket.socket, wanted: bytes) -> bytes:
    found = b""
    while wanted not in found:
        part = connection.recv(4096)
        assert part, found
        found += part
    return found


def test_a_stream_tells_what_changed_and_ends_with_the_server(tmp_path: Path) -> None:
    with served(scope_in(tmp_path)) as page:
        connection = listening(page, "earlier")
        read_until(connection, b"event: changed\nid: ")
        began = time.monotonic()
    assert time.monotonic() - began < 1.5
    connection.settimeout(5)
    while connection.recv(4096):
        pass
    connection.close()


def test_a_second_start_finds_the_page_and_gets_in_once(page: PageService, tmp_path: Path) -> None:
    state = tmp_path / "state"
    assert (state / running.FILE).stat().st_mode & 0o777 == 0o600
    found = running.find(state)
    assert found is not None
    assert found.address == page.address
    ticket = running.new_ticket(found)
    assert ticket is not None
    assert [request(page, "GET", f"/?token={ticket}", cookie=False).status for _ in range(2)] == [303, 403]


def test_where_nothing_can_be_kept_the_page_says_so_and_is_shown(tmp_path: Path) -> None:
    (tmp_path / "state").touch()
    with served(scope_in(tmp_path)) as page:
        assert page.figures.wait(1, 10)
        shown = request(page, "GET", "/?tab=overview")
        assert shown.status == 200
        assert "state is a file. Move it away." in shown.text
        assert json.loads(request(page, "GET", "/recalc").body)["error"] == "recalc_failed"


def test_a_page_at_a_second_port_leaves_the_first_to_be_found(page: PageService, tmp_path: Path) -> None:
    with served(scope_in(tmp_path)) as second:
        assert request(second, "GET", "/health").status == 200
        assert running.find(tmp_path / "state") == page._running
    assert running.find(tmp_path / "state") == page._running


def test_a_page_that_nobody_needs_waits_for_a_browser_that_is_on_its_way(page: PageService) -> None:
    page.tabs.opened("a")
    assert page.seconds_left is None
    page.tabs.ended()
    assert (page.seconds_left or 0) <= CLOSED_SECONDS
    ticket = page.ticket_address().removeprefix(page.place.origin)
    assert (page.seconds_left or 0) > CLOSED_SECONDS
    request(page, "GET", ticket, cookie=False)
    assert (page.seconds_left or 0) <= CLOSED_SECONDS


def test_the_trace_of_a_page_that_was_killed_leads_nowhere(tmp_path: Path) -> None:
    with served(scope_in(tmp_path)) as page:
        kept = (tmp_path / "state" / running.FILE).read_bytes()
    assert not (tmp_path / "state" / running.FILE).exists()
    (tmp_path / "state" / running.FILE).write_bytes(kept)
    assert running.find(tmp_path / "state") is None
    with served(scope_in(tmp_path / "other")) as other:  # another page at a port that it names
        entry = json.loads(kept) | {"port": other.place.port}
        (tmp_path / "state" / running.FILE).write_text(json.dumps(entry))
        assert running.find(tmp_path / "state") is None
    del page


def test_it_is_served_on_this_machine_alone() -> None:
    assert place_of({}, None) == PagePlace("127.0.0.1", 8765)
    assert place_of({"TANKFUL_DASHBOARD_PORT": "9000", "TANKFUL_DASHBOARD_HOST": "::1"}, None) == PagePlace(
        "::1", 9000
    )
    assert place_of({"TANKFUL_DASHBOARD_PORT": "9000"}, 9001) == PagePlace("127.0.0.1", 9001)
    for host in ("0.0.0.0", "192.168.1.2", "::", "example.com", "127.0.0.1:80", "/tmp/x"):
        with pytest.raises(CannotServe, match="this machine alone"):
            place_of({"TANKFUL_DASHBOARD_HOST": host}, None)
    for port in ("65536", "-1", "http", "٣", "9" * 400):
        with pytest.raises(CannotServe, match="from 0 to 65535"):
            place_of({"TANKFUL_DASHBOARD_PORT": port}, None)


def test_a_port_in_use_says_by_whom_and_which_is_free() -> None:
    with listen(PagePlace(port=0)) as taken:
        place = bound(taken)
        with pytest.raises(
            PortInUse, match=rf"Port {place.port} is in use by .* \(process {os.getpid()}\)\. Try"
        ):
            listen(place)
        with listen_near(place) as near:
            assert place.port < bound(near).port <= place.port + 20
