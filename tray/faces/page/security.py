"""Who gets an answer: every request passes here first, and every refusal of the page is decided here.

Other users of this machine can reach the port, and so can every site that the person's browser shows. So:

* The Host must be our own: a foreign name that leads here (DNS rebinding) gets nothing.
* What another site or another port asks for, as its Origin or Sec-Fetch-Site say, gets nothing, with the cookie or
  without. Only who follows a link from there is asked to go on.
* Without the cookie there are the styles, and for programs `/health` and `/recalc`, which have no numbers.
* What belongs to another user of the machine gets nothing, where the system tells whose a connection is (`peer`):
  a browser sends a cookie to all ports of a host, so that it may come into wrong hands.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qsl, urlencode

from msgspec import Struct
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from providers.host.faults import log_fault, logger_of
from tray.faces.page.passes import Passes
from tray.faces.page.refusal import CONTINUES, FOREIGN_SITE, OLD_ADDRESS, WAY_IN, RefusedRequest

LARGEST_BODY = 1 << 16
LONGEST_TARGET = 40_000  # a project of 10 KB can be chosen, whatever script it is written in
LARGEST_HEAD = 1 << 14
OPEN_PATHS = ("/health", "/recalc")
OPEN_FOLDER = "/static/"
ACTIONS = "/do/"
_GET_ONLY = ("/recalc", "/events")
_FORM = "application/x-www-form-urlencoded"
HEADERS = (
    (
        "content-security-policy",
        (
            "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
            "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        ),
    ),
    ("x-content-type-options", "nosniff"),
    # With no-referrer, browsers send `Origin: null` with our own forms, too.
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
)

FAULT = "This page could not be shown because of an internal error. `tankful doctor` has the details."
log = logger_of(__name__)


class Asked(Struct, frozen=True, kw_only=True):
    """What of a request decides about it. `path` is decoded; of a header with several lines there are all."""

    method: str
    path: str
    raw_path: bytes
    query: str
    headers: tuple[tuple[str, str], ...]

    def all(self, name: str) -> list[str]:
        return [value for each, value in self.headers if each == name]

    def get(self, name: str) -> str | None:
        """None where it is not there; "" for one that is there twice, which equals nothing that we expect."""
        found = self.all(name)
        return None if not found else found[0] if len(found) == 1 else ""

    def cookies(self, name: str) -> list[str]:
        """All with that name: another port of this host can set one, which is first if its path is longer."""
        pairs = (pair.strip().partition("=") for line in self.all("cookie") for pair in line.split(";"))
        return [value for key, _, value in pairs if key == name]

    @property
    def members(self) -> list[tuple[str, str]]:
        return parse_qsl(self.query, keep_blank_values=True)

    @property
    def address(self) -> str:
        """The same without a token, relative to the host."""
        rest = urlencode([(name, value) for name, value in self.members if name != "token"])
        return f"/?{rest}" if rest else "/"


class Guard:
    """The app, for those who may ask it."""

    def __init__(self, app: ASGIApp, *, hosts: Sequence[str], passes: Passes) -> None:
        self._app = app
        self._hosts = tuple(hosts)
        self._passes = passes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        asked = _asked(scope)
        answer = _Answer(send, is_open=asked.path.startswith(OPEN_FOLDER))
        try:
            self.check(asked, is_foreign=scope.get("state", {}).get("is_foreign", False))
            await self._app(scope, _bounded(receive), answer)
        except RefusedRequest as refused:
            await _refuse(refused, asked, answer)
        except Exception as error:  # noqa: BLE001 - without a traceback, which might hold an address
            log_fault(log, "a request of the page failed", error)
            if not answer.has_begun:
                await _refuse(RefusedRequest(500, FAULT), asked, answer)

    def check(self, asked: Asked, *, is_foreign: bool = False) -> None:
        """Raises RefusedRequest for all that is not to be answered."""
        if is_foreign:
            raise RefusedRequest(403, "This page belongs to another user of this machine.")
        self._check_form(asked)
        self._check_site(asked)
        if asked.path == "/" and asked.method == "GET" and (token := _token(asked)) is not None:
            self._admit(asked, token)
        if asked.path in OPEN_PATHS or asked.path.startswith(OPEN_FOLDER):
            return
        if not self._is_let_in(asked):
            raise RefusedRequest(403, WAY_IN)
        if asked.method == "POST" and asked.get("origin") is None:
            raise RefusedRequest(403, "A form is accepted from this page alone.")

    def _check_form(self, asked: Asked) -> None:
        """What no browser sends that shows our page."""
        if not asked.raw_path.startswith(b"/") or len(asked.raw_path) + len(asked.query) > LONGEST_TARGET:
            raise RefusedRequest(400, "This address is not one of this page.")
        if sum(len(name) + len(value) for name, value in asked.headers) > LARGEST_HEAD:
            raise RefusedRequest(431, "This request is too large.")
        if asked.get("host") is None or (asked.get("host") or "").lower() not in self._hosts:
            raise RefusedRequest(400, f"The address of this page is http://{self._hosts[0]}/.")
        path = asked.path
        if "\\" in path or not path.isprintable() or {".", ".."} & set(path.split("/")) or "//" in path:
            raise RefusedRequest(400, "This address is not one of this page.")
        allowed = (
            ("GET",) if path in _GET_ONLY else ("POST",) if path.startswith(ACTIONS) else ("GET", "HEAD")
        )
        if asked.method not in allowed:
            raise RefusedRequest(
                405, "This page does not take such requests.", headers=(("allow", ", ".join(allowed)),)
            )
        _check_body(asked)

    def _check_site(self, asked: Asked) -> None:
        """Raises RefusedRequest where something other than this page, or the person, made the browser ask."""
        origin = asked.get("origin")
        if origin is not None and origin != f"http://{(asked.get('host') or '').lower()}":
            raise RefusedRequest(403, "Another site asked for this page.")
        if asked.get("sec-fetch-site") in (None, "none", "same-origin"):
            return
        is_link = (asked.get("sec-fetch-mode"), asked.get("sec-fetch-dest")) == ("navigate", "document")
        if not is_link or asked.method != "GET" or asked.path != "/":
            raise RefusedRequest(403, "Another site asked for this page.")
        if _token(asked) is None:
            raise RefusedRequest(403, FOREIGN_SITE, go_on=asked.address)

    def _admit(self, asked: Asked, token: str) -> None:
        """Exchange the token for the cookie."""
        if not self._passes.admits(token):
            if self._is_let_in(asked):  # a reload of an address that was used before
                raise RefusedRequest(303, CONTINUES, headers=(("location", asked.address),))
            raise RefusedRequest(403, OLD_ADDRESS)
        cookie = ("set-cookie", self._passes.set_cookie)
        if asked.get("sec-fetch-site") in (None, "none", "same-origin"):
            raise RefusedRequest(303, CONTINUES, headers=(("location", asked.address), cookie))
        # Clicked in a terminal in the browser: a redirect would still be from there, and be without the cookie.
        raise RefusedRequest(200, CONTINUES, headers=(cookie,), go_on=asked.address, at_once=True)

    def _is_let_in(self, asked: Asked) -> bool:
        return any(self._passes.is_cookie(each) for each in asked.cookies(self._passes.cookie_name))


def _token(asked: Asked) -> str | None:
    return next((value for name, value in asked.members if name == "token"), None)


def _check_body(asked: Asked) -> None:
    length = asked.get("content-length")
    if asked.method != "POST":
        if length not in (None, "0") or asked.get("transfer-encoding") is not None:
            raise RefusedRequest(400, "This page does not take such requests.")
        return
    if (asked.get("content-type") or "").partition(";")[0].strip().lower() != _FORM:
        raise RefusedRequest(415, "A form is accepted from this page alone.")
    if length is None or not length.isdecimal() or asked.get("transfer-encoding") is not None:
        raise RefusedRequest(411, "A form is accepted from this page alone.")
    if len(length) > 9 or int(length) > LARGEST_BODY:
        raise RefusedRequest(413, "That is more than a form of this page can hold.")


def _asked(scope: Scope) -> Asked:
    return Asked(
        method=scope["method"],
        path=scope["path"],
        raw_path=scope["raw_path"],
        query=scope["query_string"].decode("latin-1"),
        headers=tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]),
    )


def _bounded(receive: Receive) -> Receive:
    """Whatever the headers say, no more than a form can hold."""
    left = LARGEST_BODY

    async def bounded() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise RefusedRequest(413, "That is more than a form of this page can hold.")
        return message

    return bounded


class _Answer:
    """Sends each with the headers of all; what is private is kept nowhere."""

    def __init__(self, send: Send, *, is_open: bool) -> None:
        more = HEADERS if is_open else (*HEADERS, ("cache-control", "no-store"))
        self._added = [(name.encode(), value.encode()) for name, value in more]
        self._send = send
        self.has_begun = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_begun = True
            message = {**message, "headers": [*message.get("headers", ()), *self._added]}
        await self._send(message)


async def _refuse(refused: RefusedRequest, asked: Asked, send: Send) -> None:
    as_json = asked.path in OPEN_PATHS or asked.path.startswith("/api/")
    body, media_type = refused.body(as_json=as_json)
    headers = [*refused.headers, ("content-type", media_type), ("content-length", str(len(body)))]
    if asked.method not in ("GET", "HEAD"):
        headers.append(("connection", "close"))  # what is left of its body is not read
    await send(
        {
            "type": "http.response.start",
            "status": refused.status,
            "headers": [(name.encode(), value.encode()) for name, value in headers],
        }
    )
    await send({"type": "http.response.body", "body": b"" if asked.method == "HEAD" else body})
