"""Anthropic's usage endpoint, fetched with Claude Code's login.

`GET {origin}/api/oauth/usage`, origin `https://api.anthropic.com` or TANKFUL_CLAUDE_BASE_URL. It allows about
five requests per login in a short time, and then rejects them for long, with `Retry-After: 0` or none.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from providers.claude.auth import SIGN_IN, Credentials, Logins, error_of, no_scope
from providers.claude.endpoint import answer
from providers.domain.errors import (
    Blocked,
    Denied,
    LoginExpired,
    NotUnderstood,
    ProviderError,
    RateLimited,
    ServerError,
)
from providers.domain.limits import Reading
from providers.host.http.origin import origin_allowed
from providers.host.http.refusal import is_page, refusal
from providers.host.http.transport import Answer, RequestsWeb, Web
from providers.source import Question

DEFAULT_ORIGIN = "https://api.anthropic.com"
DEADLINE_SECONDS = 20.0
_LEAST_WAIT = timedelta(minutes=5)  # the regular time between two requests
# Other user agents are rate-limited sooner, so this is the one of the program whose login it is.
_HEADERS = {
    "Accept": "application/json",
    "Content-Type": "application/json",
    "User-Agent": "claude-cli/2.1.329 (external, cli)",
    "anthropic-beta": "oauth-2025-04-20",
}


class OAuthSource:
    """Implements providers.source.Source."""

    id = "oauth"
    title = "Anthropic"
    local = False
    rest = timedelta(0)

    def __init__(
        self,
        logins: Logins | None = None,
        web: Web | None = None,
        environ: Mapping[str, str] = os.environ,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._logins = logins or Logins(environ)
        self._web = web or RequestsWeb()
        self._environ = environ
        self._seconds = seconds

    def is_fallback_for(self, error: ProviderError) -> bool:  # noqa: ARG002 - as every source
        """It is tried first."""
        return True

    def unavailable(self, question: Question) -> ProviderError | None:
        """A login that cannot be read, is expired or lacks the scope is not worth a request."""
        try:
            known = self._logins.known(question.home)
        except ProviderError as error:
            return error
        if known is None or self._logins.may_be_newer:
            return None  # known once the Keychain is read
        return error_of(known, question.now)

    def read(self, question: Question) -> Reading:
        credentials = self._logins.read(question.home, question.now, user_initiated=question.user_initiated)
        if error := error_of(credentials, question.now):
            raise error
        question.require(credentials.identity)
        began = self._seconds()
        response = self._web.get(
            usage_url(self._environ),
            bearer=credentials.access_token,
            headers=_HEADERS,
            seconds=DEADLINE_SECONDS,
        )
        # A Retry-After counts from the response, which may arrive long after the request was made.
        now = question.now + timedelta(seconds=self._seconds() - began)
        if response.status != 200:
            raise _refusal(response, credentials, now)
        return _reading(response, credentials, question)


def usage_url(environ: Mapping[str, str]) -> str:
    """The URL of the endpoint; raises NotUnderstood for an origin that no token may be sent to."""
    origin = environ.get("TANKFUL_CLAUDE_BASE_URL") or DEFAULT_ORIGIN
    if not origin_allowed(origin) or "?" in origin or "#" in origin:
        raise NotUnderstood(
            "TANKFUL_CLAUDE_BASE_URL is not a safe address to send a login to.",
            remedy="Use https, or http on this machine only.",
        )
    return f"{origin.rstrip('/')}/api/oauth/usage"


def _refusal(response: Answer, credentials: Credentials, now: datetime) -> ProviderError:
    if response.status == 401:
        return _rejected(credentials)
    error = refusal(response, "Anthropic", now)
    if isinstance(error, RateLimited) and error.retry_at and error.retry_at - now < _LEAST_WAIT:
        # It rejects for long whatever it sends: its value must not shorten our own, growing back-off.
        error.retry_at = None
    if isinstance(error, Denied):
        if response.status == 403 and (credentials.from_environment or b"scope" in response.body):
            return no_scope(from_environment=credentials.from_environment)
        error.remedy = f"Ask your administrator, or sign in again. {SIGN_IN}"
    return error


def _rejected(credentials: Credentials) -> ProviderError:
    if credentials.from_environment:
        return Denied(
            "Anthropic rejected the token in CLAUDE_CODE_OAUTH_TOKEN.",
            remedy="Create a new one with `claude setup-token`.",
        )
    return LoginExpired(
        "Anthropic rejected your Claude login.",
        remedy="Run `claude` once. If that does not help, enter /login there.",
    )


def _reading(response: Answer, credentials: Credentials, question: Question) -> Reading:
    token = credentials.access_token.reveal()
    try:
        content = msgspec.json.decode(response.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        if is_page(response):
            raise Blocked("Got a web page instead of data. A proxy or captive portal?") from None
        raise NotUnderstood("Anthropic's response is malformed.") from None
    parsed = answer.parse(content, question.now, lambda name: token not in name)
    if parsed is None:
        raise _no_usage(content, credentials)
    return Reading(
        source=OAuthSource.id,
        fetched_at=question.now,
        windows=parsed.windows,
        spend=parsed.spend,
        plan=credentials.identity.plan,
        speaks_for=parsed.speaks_for,
        dropped=parsed.dropped,
    )


def _no_usage(content: Any, credentials: Credentials) -> ProviderError:
    """An error may come with status 200; and a token without the scope gets no usage at all."""
    error = content.get("error") if isinstance(content, dict) else None
    if isinstance(error, dict):
        if error.get("type") == "rate_limit_error":
            return RateLimited("Rate-limited by Anthropic.")
        return ServerError("Anthropic returned a server error.")
    if isinstance(content, dict) and credentials.scopes is None:
        return no_scope(from_environment=credentials.from_environment)
    return NotUnderstood("Anthropic's response contains neither limits nor spend.")
