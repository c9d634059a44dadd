"""ChatGPT's usage endpoint, with a token that the web app's cookie gives: for who has no login of the CLI."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec.structs import replace

from providers.codex.endpoint.source import reading_of
from providers.codex.web.session import PASTE_AGAIN, challenge_of
from providers.codex.web.sessions import SignedIn, WebSessions, no_cookie, sessions
from providers.domain.errors import (
    Denied,
    LoginExpired,
    NotSignedIn,
    NotUnderstood,
    ProgramMissing,
    ProgramTooOld,
    ProviderError,
)
from providers.domain.limits import Reading
from providers.domain.saved_cookie import COOKIE_SOURCE
from providers.host.http.refusal import refusal
from providers.host.http.transport import Answer
from providers.source import Question
from providers.version import user_agent

USAGE_SECONDS = 15.0


class WebSource:
    """Implements providers.source.Source."""

    id = COOKIE_SOURCE
    title = "web"
    local = False
    rest = timedelta(0)

    def __init__(
        self, web_sessions: WebSessions | None = None, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._sessions = web_sessions or sessions()
        self._seconds = seconds

    def is_fallback_for(self, error: ProviderError) -> bool:
        """After a problem with the CLI or its login: the network and the server are the same."""
        return isinstance(
            error, NotSignedIn | LoginExpired | Denied | NotUnderstood | ProgramMissing | ProgramTooOld
        )

    def unavailable(self, question: Question) -> ProviderError | None:
        """Where no cookie of this account was saved, the keyring is not opened."""
        return no_cookie() if question.cookie is None else None

    def read(self, question: Question) -> Reading:
        """Within 60 s, of which the keyring may take 10, or as long as the user lets it ask them."""
        began = self._seconds()

        def now() -> datetime:
            return question.now + timedelta(seconds=self._seconds() - began)

        signed_in = self._sessions.sign_in(question, now)
        answer = self._usage(signed_in)
        if answer.status == 401 and not signed_in.is_new:
            answer = self._usage(self._sessions.renew(signed_in, now))
        session = signed_in.opened()
        if answer.status == 401:
            signed_in.session = None
            raise LoginExpired("ChatGPT rejected the token from the cookie.", remedy=PASTE_AGAIN)
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

    def _usage(self, signed_in: SignedIn) -> Answer:
        session = signed_in.opened()
        headers = {"Accept": "application/json", "User-Agent": user_agent(), **session.headers}
        return self._sessions.web.get(
            f"{signed_in.login.base}/usage", bearer=session.token, headers=headers, seconds=USAGE_SECONDS
        )
