"""ChatGPT's account pages, fetched with the token that the web app's cookie gives."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec.structs import replace

from providers.codex.pages.source import read_page
from providers.codex.web.sessions import WebSessions, sessions
from providers.codex.web.source import WebSource
from providers.domain.account_pages import AccountPage, PageName
from providers.source import Question


class WebPages:
    """Implements providers.source.PageSource."""

    login_of = (WebSource.id,)

    def __init__(
        self, web_sessions: WebSessions | None = None, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._sessions = web_sessions or sessions()
        self._seconds = seconds

    def read(self, page: PageName, question: Question) -> AccountPage:
        """One request with the token that the limits were read with, or two."""
        began = self._seconds()

        def now() -> datetime:
            return question.now + timedelta(seconds=self._seconds() - began)

        signed_in = self._sessions.sign_in(question, now)
        session = signed_in.opened()
        return read_page(
            page,
            replace(question, identity=session.identity),
            self._sessions.web,
            signed_in.login.base,
            session.token,
            session.headers,
            self.login_of[0],
            self._seconds,
        )
