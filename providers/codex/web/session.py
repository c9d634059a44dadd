"""The web app's session address, which gives a token for the web app's cookie.

    GET {origin}/api/auth/session
    {user: {id, email}, account: {id, planType}, accessToken, expires, error?}

It is `{}` for a cookie that is not, or no longer, signed in. `expires` is that of the session, not of the token.
The server may send the cookie anew with each response.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from providers.codex import limits
from providers.codex.claims import as_object, as_text, claims_of, headers_of, identity_of
from providers.codex.web.pasted import NAME, Cookies, as_header, whole
from providers.domain.errors import Blocked, LoginExpired, NotUnderstood, ProviderError
from providers.domain.limits import Identity
from providers.domain.scalars import moment
from providers.host.http.refusal import is_page, refusal
from providers.host.http.transport import Answer, CookieWeb
from providers.host.secret import Secret
from providers.version import user_agent

SECONDS = 12.0
PASTE_AGAIN = "Sign in to chatgpt.com in your browser, then paste the cookie again: `tankful login-cookie`."
_SET = re.compile(rf"(?:^|[,\s])({re.escape(NAME)}(?:\.\d{{1,2}})?)=([^;,\s]*)")
_BEFORE_EXPIRY = timedelta(minutes=5)
_UNKNOWN_LASTS = timedelta(hours=1)
_CHALLENGE = (b"challenge-platform", b"cf-chl", b"Just a moment")


class WebSession(Struct, frozen=True, kw_only=True):
    """A token, whose it is, and until when it may be used."""

    token: Secret
    identity: Identity
    headers: Mapping[str, str]
    expires_at: datetime
    cookies: Cookies
    """Those that the next request needs: the same, or others in their place."""

    def usable(self, now: datetime) -> bool:
        return now < self.expires_at - _BEFORE_EXPIRY


def address(base: str) -> str:
    """For the base of the other endpoints, which has been found safe for a login."""
    parts = urlsplit(base)
    return f"{parts.scheme}://{parts.netloc}/api/auth/session"


def open_session(web: CookieWeb, base: str, cookies: Cookies, now: datetime) -> WebSession:
    """One request. Raises LoginExpired where the cookie is not signed in, or another ProviderError."""
    headers = {"Accept": "application/json", "User-Agent": user_agent()}
    answer = web.get_by_cookie(address(base), cookie=as_header(cookies), headers=headers, seconds=SECONDS)
    if (challenge := challenge_of(answer)) is not None:
        raise challenge
    if answer.status == 401 or 300 <= answer.status < 400 or (answer.status == 200 and is_page(answer)):
        raise LoginExpired("ChatGPT answered with its login page, not with a session.", remedy=PASTE_AGAIN)
    if answer.status != 200:
        raise refusal(answer, "ChatGPT", now, "this session")
    return _session(_object(answer.body), rotated(cookies, answer.headers.get("set-cookie", "")), now)


def challenge_of(answer: Answer) -> ProviderError | None:
    """The error for Cloudflare's check of the browser, which only a browser passes."""
    mitigated = "cf-mitigated" in answer.headers
    is_check = (
        answer.status in (403, 429, 503)
        and is_page(answer)
        and any(map(answer.body.__contains__, _CHALLENGE))
    )
    if not mitigated and not is_check:
        return None
    return Blocked(
        f"ChatGPT wants to check the browser first (Cloudflare, HTTP {answer.status}).",
        remedy="tankful tries again later. Signing in with `codex login` avoids this check.",
    )


def rotated(cookies: Cookies, header: str) -> Cookies:
    """The cookies after a response with these Set-Cookie headers, which clients join with commas."""
    sent = {name: value for name, value in _SET.findall(header) if value}
    sound = all(Secret(value).sendable() for value in sent.values())
    return (whole(sent) if sound else {}) or cookies


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise NotUnderstood("ChatGPT's session is malformed.")
    return found


def _session(sent: dict[str, Any], cookies: Cookies, now: datetime) -> WebSession:
    token = sent.get("accessToken")
    if not token or sent.get("error"):
        raise LoginExpired("The saved cookie no longer signs in to ChatGPT.", remedy=PASTE_AGAIN)
    if not isinstance(token, str) or not Secret(token).sendable():
        raise NotUnderstood("ChatGPT's session is malformed.")
    user, account, claims = as_object(sent.get("user")), as_object(sent.get("account")), claims_of(token)
    named = {"account_id": account.get("id")} if as_text(account.get("id")) else {}
    found = identity_of(named, {"email": user.get("email")}, claims)
    identity = msgspec.structs.replace(
        found,
        user_id=found.user_id or as_text(user.get("id")),
        plan=limits.plan(account.get("planType")) or found.plan,
    )
    if any(text and token in text for text in (identity.account_id, identity.user_id, identity.email)):
        raise NotUnderstood(
            "ChatGPT's session is malformed."
        )  # an id is stored, as a hash, and an address shown
    return WebSession(
        token=Secret(token),
        identity=identity,
        headers=headers_of(named, identity, claims),
        expires_at=moment(claims.get("exp")) or now + _UNKNOWN_LASTS,
        cookies=cookies,
    )
