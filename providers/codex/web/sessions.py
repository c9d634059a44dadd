"""The web app's sessions of this process: a cookie from the keyring, a token in memory for as long as it is valid.

The cookie is in the system's keyring and is read once for each process; the token is in memory only, and used
until it expires. A server that sends the cookie anew has replaced it, and the old one may soon stop working: the
new one takes its place in the keyring.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from functools import cache
from threading import Lock

from msgspec.structs import replace

from providers.codex.web.item import WebLogin, read_item
from providers.codex.web.session import WebSession, open_session
from providers.domain.account import account_keys
from providers.domain.errors import LoginExpired, NotSignedIn, ProviderError
from providers.domain.limits import Identity
from providers.domain.saved_cookie import SavedCookie
from providers.host.faults import logger_of
from providers.host.http.transport import CookieWeb, RequestsWeb
from providers.host.keyring.own_items import OwnItems, SystemItems
from providers.source import Question

PROVIDER = "codex"
Now = Callable[[], datetime]
_log = logger_of(__name__)


class SignedIn:
    """What this process knows of one account: its login as in the keyring, and the token that it gave."""

    def __init__(self, cookie: SavedCookie, login: WebLogin) -> None:
        self.cookie = cookie
        self.login = login
        self.session: WebSession | None = None
        self.is_new = False
        """Whether the session was opened for this very question."""

    def opened(self) -> WebSession:
        assert self.session is not None  # noqa: S101 - who gets one of these gets it with a session
        return self.session


class WebSessions:
    """Of all accounts; thread-safe. Each session is opened by one thread, and used by all that come meanwhile."""

    def __init__(self, web: CookieWeb | None = None, items: OwnItems | None = None) -> None:
        self.web = web or RequestsWeb()
        self._items = items or SystemItems()
        self._known: dict[str, SignedIn] = {}
        self._locks: defaultdict[str, Lock] = defaultdict(Lock)

    def sign_in(self, question: Question, now: Now) -> SignedIn:
        """With a session that may be used. Raises ProviderError, as the keyring and the server do."""
        cookie = question.cookie
        if cookie is None:
            raise no_cookie()
        with self._locks[cookie.account]:
            return self._sign_in(cookie, question, now)

    def _sign_in(self, cookie: SavedCookie, question: Question, now: Now) -> SignedIn:
        known = self._known.get(cookie.account)
        if known is None or known.cookie != cookie:
            return self._open(self._from_keyring(cookie, question), now)
        if known.session is not None and known.session.usable(now()):
            known.is_new = False
            return known
        try:
            return self._open(known, now)
        except LoginExpired:
            held = known.login
            known = self._from_keyring(cookie, question)  # another process may have been sent the next cookie
            if known.login == held:
                raise
            return self._open(known, now)

    def renew(self, known: SignedIn, now: Now) -> SignedIn:
        """After the server rejected its token."""
        with self._locks[known.cookie.account]:
            known.session = None
            return self._open(known, now)

    def _from_keyring(self, cookie: SavedCookie, question: Question) -> SignedIn:
        self._known.pop(cookie.account, None)
        secret = self._items.read(cookie.item, ask=question.user_initiated)
        if secret is None:
            raise NotSignedIn(
                "The keyring no longer has the cookie of this account.",
                remedy="Paste it again: `tankful login-cookie`.",
            )
        known = self._known[cookie.account] = SignedIn(cookie, read_item(secret))
        return known

    def _open(self, known: SignedIn, now: Now) -> SignedIn:
        session = open_session(self.web, known.login.base, known.login.cookies, now())
        self._keep(known, session)
        if not keys_of(session.identity) & set(known.cookie.keys):
            raise NotSignedIn(
                "The saved cookie now signs in to another account, whose limits are not shown here.",
                remedy="Save the cookie of each account with `tankful login-cookie`.",
            )
        known.session, known.is_new = session, True
        return known

    def _keep(self, known: SignedIn, session: WebSession) -> None:
        """The cookies that the server sent anew. Where the keyring is locked, this process goes on with them."""
        newer = replace(known.login, cookies=session.cookies)
        if newer == known.login:
            return
        try:
            self._items.replace(known.cookie.item, known.login.as_secret(), newer.as_secret())
        except ProviderError as error:
            _log.warning("the renewed cookie could not be saved in the keyring: %s", error.kind)
        known.login = newer


@cache
def sessions() -> WebSessions:
    """Those of this process, for all who ask by a cookie."""
    return WebSessions()


def no_cookie() -> NotSignedIn:
    return NotSignedIn("No cookie of this account was saved.", remedy="Save one with `tankful login-cookie`.")


def keys_of(identity: Identity) -> frozenset[str]:
    return account_keys(PROVIDER, identity.account_id, identity.user_id, identity.email)
