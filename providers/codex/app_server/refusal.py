"""Maps errors of Codex's app-server, by their text, to ours.

The text quotes URLs and bodies, so it is matched and never shown. Seen with 0.45-0.169:
`failed to fetch codex rate limits: GET … failed: 401 Unauthorized; content-type=…; body=…`, `error sending request
for url (…)`, `Decode error for …; body=…`, `codex account authentication required to read rate limits`,
`Invalid request`.

0.58-0.77 renew a login that is over 8 days old before they use it, and where that fails they report only
that: `failed to construct backend client: Your access token could not be refreshed because your refresh token was
already used. …`, `…: Failed to refresh token: 400 Bad Request: {body}`. 0.101 and later use it anyway.

A program that does not know a value in the server's answer, such as a new plan, fails and quotes the whole
answer: the limits can still be read from that.
"""

from __future__ import annotations

import json
import re
from datetime import datetime

from providers.codex.auth import ELSE_SIGN_IN, RUN_ONCE, SIGN_IN
from providers.codex.endpoint.answer import UsageAnswer, usage
from providers.domain.errors import (
    Blocked,
    Denied,
    LoginExpired,
    NotSignedIn,
    NotUnderstood,
    Offline,
    ProgramTooOld,
    ProviderError,
    RateLimited,
    ServerError,
    TimedOut,
)
from providers.host.http.refusal import is_network_refusal, refused_network
from providers.host.process.jsonrpc import METHOD_NOT_FOUND, RpcRefused

_BODY = re.compile(r"\bbody(?:=|: ?)")
_STATUS = re.compile(r"failed: (\d{3})\b")
_NOBODY = re.compile(r"authentication required|token data is not available", re.IGNORECASE)
_NOT_RENEWED = re.compile(r"access token could not be refreshed")
_RENEWAL_STATUS = re.compile(r"Failed to refresh token: (\d{3})\b[^:]*:?\s*(<?)")
_NO_ROUTE = re.compile(r"routing discovery (?:failed|missing backend origin)")
_UNREACHED = re.compile(r"error sending request|dns error|connection refused", re.IGNORECASE)


def classify(refused: RpcRefused, *, renewed: bool, retry_at: datetime) -> ProviderError:
    """`renewed`: Codex should have just renewed the login. `retry_at` is when a rejected login is retried."""
    text, body = _parts(refused.message)
    if refused.code == METHOD_NOT_FOUND or text.startswith("Invalid request"):
        return ProgramTooOld("This Codex is too old to report limits.", remedy="Update Codex.")
    if found := _RENEWAL_STATUS.search(text):
        status, page = int(found[1]), bool(found[2])
        if status in (400, 403) and not page:
            status = 401  # the login is what is wrong with the request
        return _of_status(status, page=page, renewed=True, retry_at=retry_at)
    if _NOT_RENEWED.search(text):
        return refused_login(retry_at)
    if found := _STATUS.search(text):
        page = "html" in text or body.lstrip()[:1] == "<"
        if found[1] == "403" and not page and is_network_refusal(body):
            return refused_network("ChatGPT", 403)
        return _of_status(int(found[1]), page=page, renewed=renewed, retry_at=retry_at)
    if _NOBODY.search(text):
        return refused_login(retry_at) if renewed else NotSignedIn("Codex has no login.", remedy=SIGN_IN)
    if _NO_ROUTE.search(text):
        return ServerError("ChatGPT named no server for this workspace's limits.")
    if _UNREACHED.search(text):
        return Offline("Codex could not reach ChatGPT.")
    return NotUnderstood("Codex could not read ChatGPT's response.", remedy="Update Codex.")


def quoted_usage(refused: RpcRefused) -> UsageAnswer | None:
    """The server's answer, where the text of the error quotes one, with or without quotes around it."""
    _, body = _parts(refused.message)
    decoder = json.JSONDecoder()
    try:
        content, _ = decoder.raw_decode(body.lstrip(" '`"))
        return usage(decoder.raw_decode(content)[0] if isinstance(content, str) else content)
    except (ValueError, RecursionError):
        return None


def _parts(message: str) -> tuple[str, str]:
    """What Codex says, and the body that it quotes."""
    text, *body = _BODY.split(message, maxsplit=1)
    return text, "".join(body)


def refused_login(retry_at: datetime) -> LoginExpired:
    """Codex should have renewed its login, and it was rejected anyway."""
    return LoginExpired("Codex could not renew its login.", remedy=SIGN_IN, retry_at=retry_at)


def _of_status(status: int, *, page: bool, renewed: bool, retry_at: datetime) -> ProviderError:
    if status == 401:
        if renewed:
            return refused_login(retry_at)
        return LoginExpired("ChatGPT rejected your login.", remedy=f"{RUN_ONCE} {ELSE_SIGN_IN}")
    if status == 429:
        return RateLimited("Rate-limited by ChatGPT.")
    if status in (408, 504):
        return TimedOut(f"ChatGPT did not respond to Codex in time (HTTP {status}).")
    if status >= 500:
        return ServerError(f"ChatGPT returned a server error to Codex (HTTP {status}).")
    if page or 300 <= status < 400:
        return Blocked(f"Got a web page instead of data (HTTP {status}). A proxy or captive portal?")
    if status in (402, 403):
        return Denied(f"ChatGPT denied access to this account's usage (HTTP {status}).")
    return NotUnderstood(f"ChatGPT sent Codex an unexpected response (HTTP {status}).")
