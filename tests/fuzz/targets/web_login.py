"""The web app's login: what people paste, what the session address answers, and what the keyring has kept."""

from __future__ import annotations

import json
from pathlib import Path

from providers.codex.config import is_safe_base
from providers.codex.web.item import WebLogin, read_item
from providers.codex.web.pasted import LONGEST, NAME, NoCookie, as_header, find_cookies
from providers.codex.web.session import open_session, rotated
from providers.domain.errors import ProviderError
from providers.host.http.transport import Answer
from providers.host.secret import Secret
from tests import web_logins
from tests.fuzz import mutate
from tests.fuzz.run import Target, require
from tests.fuzz.targets.answers import NOW, check_error

BASE = "https://chatgpt.com/backend-api/wham"
COOKIES = {NAME: web_logins.COOKIE}
_PIECES = f"{NAME}.0={'a' * 80}; {NAME}.1={'b' * 80}"
PASTED = (
    f"Cookie: oai-did=1; {web_logins.PASTED}; _account=personal\r\n",
    _PIECES,
    f"curl 'https://chatgpt.com/' -H 'accept: */*' -b '{_PIECES}'",
    web_logins.COOKIE,
    f"{NAME}\t{web_logins.COOKIE}\t.chatgpt.com\t/\n",
)


def targets(_folder: Path) -> tuple[Target, ...]:
    sessions = [json.dumps(web_logins.session()).encode(), b"{}"]
    item = WebLogin(base=BASE, cookies=COOKIES).as_secret().reveal().encode()
    return (
        Target(
            name="pasted-cookie",
            make=mutate.of_text([text.encode() for text in PASTED]),
            check=_pasted,
            suffix=".txt",
        ),
        Target(name="web-session", make=mutate.of_json(sessions), check=_session),
        Target(
            name="set-cookie",
            make=mutate.of_text([f"a=b; Path=/, {web_logins.sets()}".encode()]),
            check=_set_cookie,
            suffix=".txt",
        ),
        Target(name="keyring-item", make=mutate.of_json([item]), check=_item),
    )


class _Web:
    """Implements providers.host.http.transport.CookieWeb."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def get(self, *_: object, **__: object) -> Answer:
        return self._answer

    get_by_cookie = get


def _pasted(content: bytes) -> None:
    text = content.decode("utf-8", "replace")
    try:
        found = find_cookies(text)
    except NoCookie as error:
        require(str(error).isprintable() and web_logins.COOKIE_MARK not in str(error), "a cookie is shown")
        return
    require(len(as_header(found).reveal()) <= LONGEST + len(NAME) + 1, "longer than what was pasted")
    for name, value in found.items():
        require(name.startswith(NAME) and Secret(value).sendable(), f"not one cookie: {name!a}")
        require(value in text or value in "".join(text.split()), "nobody pasted that")


def _session(content: bytes) -> None:
    try:
        session = open_session(_Web(Answer(200, {}, content)), BASE, COOKIES, NOW)
    except ProviderError as error:
        check_error(error)
        return
    require(session.token.sendable() and session.cookies == COOKIES, "a token that cannot be sent")
    require(all(value.isprintable() for value in session.headers.values()), "a header that cannot be sent")
    token = session.token.reveal()
    require(len(token) < 20 or token not in repr(session), "a token is shown")


def _set_cookie(content: bytes) -> None:
    found = rotated(COOKIES, content.decode("latin-1"))
    require(bool(found) and all(Secret(value).sendable() for value in found.values()), "no cookie is left")


def _item(content: bytes) -> None:
    try:
        login = read_item(Secret(content.decode("utf-8", "replace")))
    except ProviderError as error:
        check_error(error)
        return
    require(is_safe_base(login.base), f"a cookie would be sent to {login.base!a}")
    require(bool(login.cookies) and as_header(login.cookies).reveal().isprintable(), "no header")
