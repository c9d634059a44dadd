"""Who gets an answer of the page, and who does not: each refusal, on the app alone."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from tests.tray.faces.page.asking import Answer, Headers, asked_of
from tray.faces.page.passes import TICKET_SECONDS, Passes
from tray.faces.page.refusal import FOREIGN_SITE, OLD_ADDRESS, WAY_IN
from tray.faces.page.security import LARGEST_BODY, LONGEST_TARGET, Guard

HOST = "127.0.0.1:8765"
PRIVATE = "private: 12.34 USD"
FORM = ("Content-Type", "application/x-www-form-urlencoded")
OWN = ("Origin", f"http://{HOST}")
_passes = Passes(8765)
COOKIE = ("Cookie", f"theme=dark; {_passes.set_cookie.partition(';')[0]}; other=1")


async def private(scope: Scope, receive: Receive, send: Send) -> None:
    """Reads all that was posted, and answers with what nobody else may see."""
    more = True
    while more:
        message = await receive()
        more = message.get("more_body", False)
    await PlainTextResponse(PRIVATE)(scope, receive, send)


_guard = Guard(private, hosts=(HOST, "localhost:8765"), passes=_passes)


def ask(
    method: str, target: str, *headers: tuple[str, str], body: bytes = b"", host: str | None = HOST
) -> Answer:
    named: Headers = [] if host is None else [("Host", host)]
    return asked_of(_guard, method, target, [*named, *headers], body)


def is_refused(answer: Answer, status: int) -> bool:
    return answer.status == status and PRIVATE not in answer.text


def test_the_person_is_answered() -> None:
    answer = ask("GET", "/?range=7d", COOKIE)
    assert (answer.status, answer.text) == (200, PRIVATE)
    assert ask("GET", "/", COOKIE, ("Sec-Fetch-Site", "same-origin")).status == 200
    assert ask("GET", "/", ("Cookie", COOKIE[1]), host="LOCALHOST:8765").status == 200
    assert ask("HEAD", "/", COOKIE).status == 200


def test_each_answer_has_the_headers_that_bind_a_browser() -> None:
    for answer in (
        ask("GET", "/", COOKIE),
        ask("GET", "/"),
        ask("GET", "/health"),
        ask("PUT", "/", host="x"),
    ):
        policy = answer.header("content-security-policy") or ""
        assert policy.startswith("default-src 'none';")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.header("x-content-type-options") == "nosniff"
        assert answer.header("cross-origin-opener-policy") == "same-origin"
        assert answer.header("cross-origin-resource-policy") == "same-origin"
        assert answer.header("cache-control") == "no-store"
        assert answer.header("access-control-allow-origin") is None


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        "evil.example",
        "evil.example:8765",
        "127.0.0.1",
        "127.0.0.1:80",
        "127.0.0.1:8765.evil.example",
        "127.0.0.1:8765@evil.example",
        "evil.example@127.0.0.1:8765",
        "localhost.:8765",
        "127.1:8765",
        "[::1]:8765",
        " 127.0.0.1:8765",
    ],
)
def test_a_foreign_host_is_refused_also_with_the_cookie(host: str | None) -> None:
    assert is_refused(ask("GET", "/", COOKIE, host=host), 400)
    assert is_refused(ask("GET", "/health", host=host), 400)
    assert is_refused(ask("GET", f"/?token={_passes.token}", host=host), 400)


def test_two_hosts_are_refused() -> None:
    assert is_refused(ask("GET", "/", ("Host", HOST), COOKIE), 400)


def test_without_the_cookie_there_is_nothing_but_how_to_get_in() -> None:
    for target in ("/", "/?tab=models", "/api/usage", "/events", "/nothing", "/api/ticket"):
        answer = ask("GET", target)
        assert is_refused(answer, 403)
        assert "tankful dashboard" in answer.text
    for wrong in (
        "",
        "tankful_8765=",
        "tankful_8765=x",
        _passes.set_cookie.partition(";")[0].replace("8765", "8766"),
        "é=ü",
    ):
        assert is_refused(ask("GET", "/", ("Cookie", wrong)), 403)
    assert WAY_IN.split("`")[0] in ask("GET", "/").text


def test_styles_and_health_need_no_cookie() -> None:
    for target in ("/static/page.css", "/health", "/recalc"):
        assert ask("GET", target).status == 200


def test_a_token_becomes_a_cookie_and_is_gone_from_the_address() -> None:
    answer = ask("GET", f"/?range=7d&token={_passes.token}&project=a%26b")
    assert (answer.status, answer.header("location")) == (303, "/?range=7d&project=a%26b")
    cookie = answer.header("set-cookie") or ""
    assert re.fullmatch(r"tankful_8765=[\w-]{40,}; HttpOnly; SameSite=Strict; Path=/", cookie)
    assert _passes.token not in cookie
    assert _passes.token not in answer.text
    assert ask("GET", "/", ("Cookie", cookie.partition(";")[0])).status == 200


def test_a_cookie_of_another_port_beside_it_keeps_nobody_out() -> None:
    name, value = _passes.set_cookie.partition(";")[0].split("=")
    assert ask("GET", "/", ("Cookie", f"{name}=planted; {name}={value}")).status == 200
    assert ask("GET", "/", ("Cookie", f"{name}=planted; {name}=")).status == 403


def test_a_wrong_token_says_so_and_whoever_is_in_stays_in() -> None:
    answer = ask("GET", "/?token=wrong")
    assert is_refused(answer, 403)
    assert OLD_ADDRESS.split("`")[0] in answer.text
    assert answer.header("set-cookie") is None
    again = ask("GET", "/?token=wrong&range=7d", COOKIE)
    assert (again.status, again.header("location")) == (303, "/?range=7d")


def test_a_ticket_lets_in_once_and_not_for_long() -> None:
    now = 0.0
    passes = Passes(8765, lambda: now)
    guard = Guard(private, hosts=(HOST,), passes=passes)

    def status(ticket: str) -> int:
        return asked_of(guard, "GET", f"/?token={ticket}", [("Host", HOST)]).status

    ticket, late = passes.ticket(), passes.ticket()
    assert [status(ticket), status(ticket)] == [303, 403]
    assert passes.seconds_left == TICKET_SECONDS
    now = 121.0
    assert status(late) == 403
    assert passes.seconds_left == 0
    assert status(passes.token) == 303


@pytest.mark.parametrize(
    "origin", ["null", "http://evil.example", "http://127.0.0.1:9999", "https://127.0.0.1:8765"]
)
@pytest.mark.parametrize("path", ["/", "/health", "/recalc", "/static/page.css", "/api/usage"])
def test_another_origin_is_refused_also_with_the_cookie(origin: str, path: str) -> None:
    assert is_refused(ask("GET", path, COOKIE, ("Origin", origin)), 403)


@pytest.mark.parametrize("site", ["cross-site", "same-site", "something-new"])
@pytest.mark.parametrize("path", ["/", "/health", "/recalc", "/static/page.css", "/events", "/api/usage"])
@pytest.mark.parametrize("mode", ["no-cors", "cors", "navigate"])
def test_what_another_site_makes_a_browser_ask_is_refused(site: str, path: str, mode: str) -> None:
    headers = (("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", mode), ("Sec-Fetch-Dest", "iframe"))
    assert is_refused(ask("GET", path, COOKIE, *headers), 403)


def test_who_follows_a_link_from_another_site_is_asked_to_go_on() -> None:
    link = (("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"))
    for cookie in ((), (COOKIE,)):
        answer = ask("GET", "/?project=%22%3E%3Cscript%3E&range=7d", *link, *cookie)
        assert is_refused(answer, 403)
        assert FOREIGN_SITE in answer.text
        assert '<a href="/?project=%22%3E%3Cscript%3E&amp;range=7d">' in answer.text
    assert is_refused(ask("GET", "/api/usage", *link, COOKIE), 403)
    assert "go on" not in ask("GET", "/recalc", *link).text


def test_the_printed_address_may_be_clicked_in_a_terminal_of_the_browser() -> None:
    link = (("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"))
    answer = ask("GET", f"/?token={_passes.token}", *link)
    assert answer.status == 200
    assert answer.header("set-cookie") is not None
    assert 'content="0; url=/"' in answer.text
    assert PRIVATE not in answer.text


@pytest.mark.parametrize(
    "method", ["OPTIONS", "TRACE", "PUT", "DELETE", "PATCH", "CONNECT", "PROPFIND", "get"]
)
@pytest.mark.parametrize("path", ["/", "/recalc", "/static/page.css", "/do/recalculate"])
def test_methods_that_are_not_meant_are_refused(method: str, path: str) -> None:
    answer = ask(method, path, COOKIE, OWN, FORM)
    assert is_refused(answer, 405)
    assert answer.header("allow") in ("GET", "POST", "GET, HEAD")


def test_an_action_is_no_link_and_a_page_takes_no_form() -> None:
    assert is_refused(ask("GET", "/do/recalculate", COOKIE), 405)
    assert is_refused(ask("HEAD", "/recalc"), 405)
    assert is_refused(ask("POST", "/", COOKIE, OWN, FORM, ("Content-Length", "0")), 405)


@pytest.mark.parametrize(
    "target",
    [
        "/static/..%2f..%2fetc%2fpasswd",
        "/static/../../etc/passwd",
        "/..",
        "/%2e%2e/",
        "/./health",
        "/static/..%5c..%5cx",
        "/a%00b",
        "/a%0d%0ab",
        "//evil.example/",
        "http://evil.example/",
        "*",
        "/%e2%80%ae",
        "/" + "a" * LONGEST_TARGET,
        "/?" + "a" * LONGEST_TARGET,
    ],
)
def test_a_path_outside_is_refused(target: str) -> None:
    assert is_refused(ask("GET", target, COOKIE), 400)


def test_a_form_needs_the_cookie_and_the_origin_of_the_page() -> None:
    length = ("Content-Length", "3")
    assert ask("POST", "/do/x", COOKIE, OWN, FORM, length, body=b"a=1").status == 200
    assert is_refused(ask("POST", "/do/x", OWN, FORM, length, body=b"a=1"), 403)
    assert is_refused(ask("POST", "/do/x", COOKIE, FORM, length, body=b"a=1"), 403)
    assert is_refused(ask("POST", "/do/x", COOKIE, ("Origin", "null"), FORM, length, body=b"a=1"), 403)
    crossed = (COOKIE, OWN, FORM, length, ("Sec-Fetch-Site", "same-site"))
    assert is_refused(ask("POST", "/do/x", *crossed, body=b"a=1"), 403)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([("Content-Type", "application/json"), ("Content-Length", "2")], 415),
        ([("Content-Type", "multipart/form-data"), ("Content-Length", "2")], 415),
        ([("Content-Length", "2")], 415),
        ([FORM], 411),
        ([FORM, ("Transfer-Encoding", "chunked")], 411),
        ([FORM, ("Content-Length", "3"), ("Transfer-Encoding", "chunked")], 411),
        ([FORM, ("Content-Length", "-1")], 411),
        ([FORM, ("Content-Length", "٣")], 411),
        ([FORM, ("Content-Length", "1"), ("Content-Length", "2")], 411),
        ([FORM, ("Content-Length", str(LARGEST_BODY + 1))], 413),
        ([FORM, ("Content-Length", "9" * 5000)], 413),
    ],
)
def test_no_more_than_a_form_is_read(headers: list[tuple[str, str]], status: int) -> None:
    assert is_refused(ask("POST", "/do/x", COOKIE, OWN, *headers, body=b"a=1"), status)


def test_a_body_that_is_longer_than_it_says_is_refused() -> None:
    answer = ask("POST", "/do/x", COOKIE, OWN, FORM, ("Content-Length", "1"), body=b"a" * (LARGEST_BODY + 1))
    assert is_refused(answer, 413)


def test_a_page_is_asked_for_without_a_body() -> None:
    assert is_refused(ask("GET", "/", COOKIE, ("Content-Length", "3"), body=b"a=1"), 400)
    assert is_refused(ask("GET", "/", COOKIE, ("Transfer-Encoding", "chunked")), 400)


def test_another_user_of_the_machine_is_refused_also_with_the_cookie() -> None:
    answer = asked_of(_guard, "GET", "/", [("Host", HOST), COOKIE], state={"is_foreign": True})
    assert is_refused(answer, 403)
    assert "another user" in answer.text


def test_a_fault_is_an_answer_without_a_traceback() -> None:
    async def fails(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise ValueError(PRIVATE)

    answer = asked_of(Guard(fails, hosts=(HOST,), passes=_passes), "GET", "/", [("Host", HOST), COOKIE])
    assert is_refused(answer, 500)


@given(
    method=st.sampled_from(["GET", "HEAD", "POST", "OPTIONS", "PUT"]),
    target=st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="#"), max_size=30),
    headers=st.lists(
        st.tuples(
            st.sampled_from(["Host", "Origin", "Cookie", "Sec-Fetch-Site", "Content-Type", "Content-Length"]),
            st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=30),
        ),
        max_size=5,
    ),
)
def test_whatever_is_asked_without_the_cookie_nothing_private_is_answered(
    method: str, target: str, headers: list[tuple[str, str]]
) -> None:
    path = f"/{target}".partition("?")[0]
    if path in ("/health", "/recalc") or path.startswith("/static/"):
        return
    answer = ask(method, f"/{target}", *headers)
    assert answer.status in (303, 400, 403, 405, 411, 413, 415)
    assert PRIVATE not in answer.text


def test_more_headers_than_a_browser_sends_are_refused() -> None:
    assert is_refused(ask("GET", "/", COOKIE, ("X", "a" * 20_000)), 431)
