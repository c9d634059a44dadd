"""ChatGPT's usage endpoint, with a token that the web app's cookie gives: for who has no login of the CLI.

The cookie is in the system's keyring and is read once for each process; the token is in memory only, and used
until it expires. A server that sends the cookie anew has replaced it, and the old one may soon stop working: the
new one takes its place in the keyring.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec.structs import replace

from providers.codex.endpoint.source import reading_of
from providers.codex.web.item import WebLogin, read_item
from providers.codex.web.session import PASTE_AGAIN, Session, challenge_of, open_session
from providers.domain.account import account_keys
from providers.domain.errors import (
    Denied,
    LoginExpired,
    NotSignedIn,
    NotUnderstood,
    ProgramMissing,
    ProgramTooOld,
    ProviderError,
)
from providers.domain.limits import Identity, Reading
from providers.domain.saved_cookie import SavedCookie
from providers.host.faults import logger_of
from providers.host.http.refusal import refusal
from providers.host.http.transport import Answer, CookieWeb, RequestsWeb
from providers.host.keyring.own_items import OwnItems, SystemItems
from providers.source import Question
from providers.version import user_agent

USAGE_SECONDS = 15.0
PROVIDER = "codex"
_log = logger_of(__name__)


class _Known:
    """What this process knows of one account: its login as in the keyring, and the token that it gave."""

    def __init__(self, cookie: SavedCookie, login: WebLogin) -> None:
        self.cookie = cookie
        self.login = login
        self.session: Session | None = None


class WebSource:
    """Implements providers.source.Source."""

    id = "web"
    title = "web"
    local = False
    rest = timedelta(0)

    def __init__(
        self,
        web: CookieWeb | None = None,
        items: OwnItems | None = None,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._web = web or RequestsWeb()
        self._items = items or SystemItems()
        self._seconds = seconds
        self._known: dict[str, _Known] = {}

    def is_fallback_for(self, error: ProviderError) -> bool:
        """After a problem with the CLI or its login: the network and the server are the same."""
        return isinstance(
            error, NotSignedIn | LoginExpired | Denied | NotUnderstood | ProgramMissing | ProgramTooOld
        )

    def unavailable(self, question: Question) -> ProviderError | None:
        """Where no cookie of this account was saved, the keyring is not opened."""
        if question.cookie is None:
            return NotSignedIn(
                "No cookie of this account was saved.", remedy="Save one by `tankful login-cookie`."
            )
        return None

    def read(self, question: Question) -> Reading:
        """Within 60 s, of which the keyring may take 10, or as long as the user lets it ask them."""
        if question.cookie is None:
            raise NotSignedIn("No cookie of this account was saved.")
        began = self._seconds()

        def now() -> datetime:
            return question.now + timedelta(seconds=self._seconds() - began)

        known, session, is_new = self._signed_in(question.cookie, question, now)
        answer = self._usage(known.login, session)
        if answer.status == 401 and not is_new:
            known.session = None
            session = self._opened(known, now)
            answer = self._usage(known.login, session)
        if answer.status == 401:
            known.session = None
            raise LoginExpired("ChatGPT rejected the token that the cookie gave.", remedy=PASTE_AGAIN)
        if (challenge := challenge_of(answer)) is not None:
            raise challenge
        if answer.status != 200:
            # A Retry-After counts from the response, which may arrive long after the request was made.
            raise refusal(answer, "ChatGPT", now())
        asked = replace(question, identity=session.identity)
        reading = reading_of(answer, asked, session.token, self.id)
        return replace(
            reading, last_resort=frozenset({"credits"}), speaks_for=reading.speaks_for - {"credits"}
        )

    def _signed_in(
        self, cookie: SavedCookie, question: Question, now: Callable[[], datetime]
    ) -> tuple[_Known, Session, bool]:
        """With a session that may be used, and whether it was opened just now."""
        known = self._known.get(cookie.account)
        if known is None or known.cookie != cookie:
            known = self._from_keyring(cookie, question)
            return known, self._opened(known, now), True
        if known.session is not None and known.session.usable(now()):
            return known, known.session, False
        try:
            return known, self._opened(known, now), True
        except LoginExpired:
            held = known.login
            known = self._from_keyring(cookie, question)  # another process may have been sent the next cookie
            if known.login == held:
                raise
            return known, self._opened(known, now), True

    def _from_keyring(self, cookie: SavedCookie, question: Question) -> _Known:
        self._known.pop(cookie.account, None)
        secret = self._items.read(cookie.item, ask=question.user_initiated)
        if secret is None:
            raise NotSignedIn(
                "The keyring no longer has the cookie of this account.",
                remedy="Paste it again: `tankful login-cookie`.",
            )
        known = self._known[cookie.account] = _Known(cookie, read_item(secret))
        return known

    def _opened(self, known: _Known, now: Callable[[], datetime]) -> Session:
        session = open_session(self._web, known.login.base, known.login.cookies, now())
        self._keep(known, session)
        if not keys_of(session.identity) & set(known.cookie.keys):
            raise NotSignedIn(
                "The saved cookie now signs in to another account, whose limits are not shown here.",
                remedy="Save the cookie of each account by `tankful login-cookie`.",
            )
        known.session = session
        return session

    def _keep(self, known: _Known, session: Session) -> None:
        """The cookies that the server sent anew. Where the keyring is locked, this process goes on with them."""
        newer = replace(known.login, cookies=session.cookies)
        if newer == known.login:
            return
        try:
            self._items.replace(known.cookie.item, known.login.as_secret(), newer.as_secret())
        except ProviderError as error:
            _log.warning("the renewed cookie could not be saved in the keyring: %s", error.kind)
        known.login = newer

    def _usage(self, login: WebLogin, session: Session) -> Answer:
        headers = {"Accept": "application/json", "User-Agent": user_agent(), **session.headers}
        return self._web.get(
            f"{login.base}/usage", bearer=session.token, headers=headers, seconds=USAGE_SECONDS
        )


def keys_of(identity: Identity) -> frozenset[str]:
    return account_keys(PROVIDER, identity.account_id, identity.user_id, identity.email)
