"""ChatGPT's usage endpoint, fetched with Codex's login.

`GET {base}/wham/usage`; see `providers.codex.config.backend` for other servers. When the next of the
available resets expires is reported by a second endpoint, `rate-limit-reset-credits`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec.structs import replace

from providers.codex.auth import ELSE_SIGN_IN, RUN_ONCE, Credentials, expiry, read_credentials
from providers.codex.config import backend
from providers.codex.endpoint import answer as answers
from providers.codex.same_account import require_same_account
from providers.domain.errors import Blocked, LoginExpired, NotUnderstood, ProviderError
from providers.domain.limits import Reading, ResetCredits
from providers.host.http.refusal import is_page, refusal
from providers.host.http.transport import Answer, RequestsWeb, Web
from providers.host.secret import Secret
from providers.source import Home, Question
from providers.version import user_agent

DEADLINE_SECONDS = 20.0
RESETS_SECONDS = 4.0


class OAuthSource:
    """Implements providers.source.Source."""

    id = "oauth"
    title = "ChatGPT"
    local = False
    rest = timedelta(0)

    def __init__(self, web: Web | None = None, seconds: Callable[[], float] = time.monotonic) -> None:
        self._web = web or RequestsWeb()
        self._seconds = seconds

    def is_fallback_for(self, error: ProviderError) -> bool:  # noqa: ARG002 - as every source
        """It is tried first."""
        return True

    def unavailable(self, question: Question) -> ProviderError | None:
        """A login that cannot be read or has expired is not worth a request."""
        try:
            return expiry(read_credentials(question.home), question.now)
        except ProviderError as error:
            return error

    def read(self, question: Question) -> Reading:
        """At most two requests, within 24 s in total."""
        credentials = read_credentials(question.home)
        question.require(credentials.identity)
        began = self._seconds()
        answer = self._get(endpoint(question.home, "usage"), credentials, DEADLINE_SECONDS)
        if answer.status != 200:
            # A Retry-After counts from the response, which may arrive long after the request was made.
            raise _rejected(answer, question.now + timedelta(seconds=self._seconds() - began))
        reading = reading_of(answer, question, credentials.access_token, self.id)
        resets = self._resets(question, credentials, reading.resets)
        if resets is None:
            return reading
        return replace(reading, resets=resets, speaks_for=reading.speaks_for | {"resets"})

    def _get(self, url: str, credentials: Credentials, seconds: float) -> Answer:
        headers = {"Accept": "application/json", "User-Agent": user_agent(), **credentials.headers}
        return self._web.get(url, bearer=credentials.access_token, headers=headers, seconds=seconds)

    def _resets(
        self, question: Question, credentials: Credentials, reported: ResetCredits | None
    ) -> ResetCredits | None:
        """The available resets, with their next expiry, which has an endpoint of its own.

        That is fetched in the first poll of an hour, and when their number changed; its errors do not affect the
        reading.
        """
        if reported is not None and reported.available == 0:
            return reported
        last = question.last.resets if question.last else None
        changed = reported is not None and (last is None or last.available != reported.available)
        if (
            question.last is not None
            and not changed
            and _hour(question.last.fetched_at) == _hour(question.now)
        ):
            return last or reported
        try:
            url = endpoint(question.home, "rate-limit-reset-credits")
            answer = self._get(url, credentials, RESETS_SECONDS)
            return answers.reset_credits(answer.body, question.now) if answer.status == 200 else reported
        except (ProviderError, ValueError):
            return reported


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def endpoint(home: Home, name: str) -> str:
    """The URL for this home; raises NotUnderstood for a base that no token may be sent to."""
    return f"{backend(home)}/{name}"


def _rejected(answer: Answer, now: datetime) -> ProviderError:
    if answer.status == 401:
        return LoginExpired("ChatGPT rejected your login.", remedy=f"{RUN_ONCE} {ELSE_SIGN_IN}")
    return refusal(answer, "ChatGPT", now)


def reading_of(answer: Answer, question: Question, token: Secret, source: str) -> Reading:
    """What a response of the usage endpoint says, by `source`; raises Blocked, NotUnderstood or NotSignedIn."""
    try:
        usage = answers.parse(answer.body)
    except ValueError:
        if is_page(answer):
            raise Blocked("Got a web page instead of data. A proxy or captive portal?") from None
        raise NotUnderstood("ChatGPT's response is malformed.") from None
    require_same_account(question, usage.account_id, usage.user_id)
    reading = usage.reading(question.now, token, source)
    if reading is None:
        raise NotUnderstood("ChatGPT's response contains neither limits nor credits.")
    return reading
