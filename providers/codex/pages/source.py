"""ChatGPT's account pages, fetched with Codex's login: the requests of the web app's usage page.

`GET {base}/wham/usage/…`; see `providers.codex.config.backend` for other servers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from providers.codex.auth import ELSE_SIGN_IN, RUN_ONCE, expiry, read_credentials
from providers.codex.config import backend
from providers.codex.pages.answer import MOST_DAYS, AccountPageAnswer
from providers.codex.same_account import require_same_account
from providers.domain.account_pages import AccountPage, PageName
from providers.domain.errors import Blocked, LoginExpired, NotUnderstood
from providers.host.http.refusal import is_page, refusal
from providers.host.http.transport import Answer, RequestsWeb, Web
from providers.host.secret import Secret
from providers.source import Question
from providers.version import user_agent

DEADLINE_SECONDS = 4.0
_SERVER = "ChatGPT"
_PATHS: dict[PageName, str] = {
    "credits_history": "usage/credit-usage-events",
    "usage_breakdown": "usage/daily-token-usage-breakdown?start_date={since}&end_date={until}&group_by=day",
    "plan_limit_history": "usage/plan_limit_history?days=30",
}
_PARSERS: dict[PageName, Callable[[AccountPageAnswer], AccountPage]] = {
    "credits_history": AccountPageAnswer.credits_history,
    "usage_breakdown": AccountPageAnswer.usage_breakdown,
    "plan_limit_history": AccountPageAnswer.plan_limit_history,
}


class ChatGPTPages:
    """Implements providers.source.PageSource."""

    login_of = ("oauth",)

    def __init__(self, web: Web | None = None, seconds: Callable[[], float] = time.monotonic) -> None:
        self._web = web or RequestsWeb()
        self._seconds = seconds

    def read(self, page: PageName, question: Question) -> AccountPage:
        """One request; none with a login that has expired."""
        credentials = read_credentials(question.home)
        question.require(credentials.identity)
        if (error := expiry(credentials, question.now)) is not None:
            raise error
        return read_page(
            page,
            question,
            self._web,
            backend(question.home),
            credentials.access_token,
            credentials.headers,
            self.login_of[0],
            self._seconds,
        )


def read_page(
    page: PageName,
    question: Question,
    web: Web,
    base: str,
    bearer: Secret,
    headers: Mapping[str, str],
    source: str,
    seconds: Callable[[], float] = time.monotonic,
) -> AccountPage:
    """The page below `base` (see `config.backend`) that this login may see, fetched for `source`.

    `headers` name the account that it is for. Raises ProviderError.
    """
    began = seconds()
    sent = {"Accept": "application/json", "User-Agent": user_agent(), **headers}
    answer = web.get(
        page_url(base, page, question.now), bearer=bearer, headers=sent, seconds=DEADLINE_SECONDS
    )
    if answer.status == 401:
        raise LoginExpired(f"{_SERVER} rejected your login.", remedy=f"{RUN_ONCE} {ELSE_SIGN_IN}")
    if answer.status != 200:
        raise refusal(answer, _SERVER, question.now + timedelta(seconds=seconds() - began), "this page")
    return _parsed(page, answer, question, bearer, source)


def page_url(base: str, page: PageName, now: datetime) -> str:
    """The breakdown is that of the last 31 days, in UTC."""
    until = now.date()
    since = until - timedelta(days=MOST_DAYS - 1)
    return f"{base}/{_PATHS[page].format(since=since, until=until)}"


def _parsed(page: PageName, answer: Answer, question: Question, bearer: Secret, source: str) -> AccountPage:
    try:
        found = AccountPageAnswer(answer.body, question.now, bearer, source)
        require_same_account(question, found.account_id, found.user_id)
        return _PARSERS[page](found)
    except ValueError:
        if is_page(answer):
            raise Blocked("Got a web page instead of data. A proxy or captive portal?") from None
        raise NotUnderstood(f"{_SERVER}'s response is malformed.") from None
