"""What `tankful login-cookie` does with a pasted cookie: finds out whose it is, before anything is saved."""

from __future__ import annotations

from datetime import datetime

from providers.codex.config import backend
from providers.codex.web.item import WebLogin
from providers.codex.web.pasted import find_cookies
from providers.codex.web.session import open_session
from providers.codex.web.sessions import keys_of
from providers.domain.errors import NotUnderstood
from providers.domain.saved_cookie import CookieSignIn
from providers.host.http.transport import CookieWeb, RequestsWeb
from providers.source import Home, account_key


def sign_in(text: str, home: Home, now: datetime, web: CookieWeb | None = None) -> CookieSignIn:
    """One request, to the server of this home. Raises NoCookie, or a ProviderError."""
    cookies = find_cookies(text)
    base = backend(home)
    session = open_session(web or RequestsWeb(), base, cookies, now)
    keys = keys_of(session.identity)
    if not keys:
        raise NotUnderstood("ChatGPT's session does not say whose it is.")
    return CookieSignIn(
        identity=session.identity,
        account=account_key(home, session.identity),
        keys=tuple(sorted(keys)),
        item=WebLogin(base=base, cookies=session.cookies).as_secret(),
    )
