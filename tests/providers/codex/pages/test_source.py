from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from providers.codex.auth import read_credentials
from providers.codex.pages import source as pages
from providers.codex.pages.source import ChatGPTPages
from providers.domain.account_pages import PAGES, PageName
from providers.domain.errors import (
    Blocked,
    Denied,
    LoginExpired,
    NotSignedIn,
    NotUnderstood,
    Offline,
    ProviderError,
    RateLimited,
    ServerError,
)
from providers.host.secret import Secret
from providers.source import Home, PageSource, Question
from tests.fake_chatgpt import FakeChatGPT, account_pages, breaks_off, fake_chatgpt, says
from tests.homes import ACCESS_MARK, NOW, auth, make_home, write_auth
from tests.providers.page_conformance import PageSourceConformance


@pytest.fixture
def server() -> Iterator[FakeChatGPT]:
    with fake_chatgpt() as fake:
        fake.pages = {path: says(sent) for path, sent in account_pages(NOW.date()).items()}
        yield fake


@pytest.fixture
def question(tmp_path: Path, server: FakeChatGPT) -> Question:
    home = Home(provider="codex", path=make_home(tmp_path / "codex", base=server.base), label="~/.codex")
    return Question(home=home, identity=read_credentials(home).identity, account_since=NOW, now=NOW)


class TestConformance(PageSourceConformance):
    @pytest.fixture
    def source(self) -> PageSource:
        return ChatGPTPages()


def test_each_page_is_one_get_with_codexs_own_login(server: FakeChatGPT, question: Question) -> None:
    for page in PAGES:
        ChatGPTPages().read(page, question)
    assert [path for path, _ in server.asked_pages] == [
        "/backend-api/wham/usage/credit-usage-events",
        (
            "/backend-api/wham/usage/daily-token-usage-breakdown"
            "?start_date=2026-10-21&end_date=2026-11-20&group_by=day"
        ),
        "/backend-api/wham/usage/plan_limit_history?days=30",
    ]
    for _, headers in server.asked_pages:
        assert headers["authorization"].endswith(ACCESS_MARK)
        assert headers["chatgpt-account-id"] == "acct-1"
        assert headers["user-agent"].startswith("tankful/")
    assert server.requests == []


def _html(status: int) -> Any:
    return says(b"<html>Sign in</html>", status, kind="text/html")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (_html(200), Blocked),
        (_html(403), Blocked),
        (says({"detail": "No"}, 403), Denied),
        (says({"detail": "No"}, 401), LoginExpired),
        (says({}, 404), NotUnderstood),
        (says({}, 429, Retry_After="7200"), RateLimited),
        (says({}, 500), ServerError),
        (says(b'{"data": [{"date": "2026-'), NotUnderstood),
        (says(b'{"data": [' + b'"x",' * 300_000 + b"1]}"), NotUnderstood),
        (says({"data": "many"}), NotUnderstood),
        (says([]), NotUnderstood),
        (says({"data": [], "account_id": "acct-2"}), NotSignedIn),
        (breaks_off, ProviderError),
        (says({}, 302, Location="https://elsewhere.example/"), Blocked),
    ],
)
@pytest.mark.parametrize("page", PAGES)
def test_a_server_that_refuses_or_lies_is_an_error_of_its_kind(
    server: FakeChatGPT, question: Question, answer: Any, error: type[ProviderError], page: PageName
) -> None:
    server.pages = dict.fromkeys(server.pages, answer)
    with pytest.raises(error) as raised:
        ChatGPTPages().read(page, question)
    assert ACCESS_MARK not in f"{raised.value!r} {raised.value.remedy}"
    assert len(server.asked_pages) == 1


def test_a_retry_after_is_kept(server: FakeChatGPT, question: Question) -> None:
    server.pages = dict.fromkeys(server.pages, says({}, 429, Retry_After="7200"))
    with pytest.raises(RateLimited) as raised:
        ChatGPTPages(seconds=lambda: 0.0).read("credits_history", question)
    assert raised.value.retry_at == NOW + timedelta(hours=2)


def test_a_login_that_has_expired_is_sent_nowhere(server: FakeChatGPT, question: Question) -> None:
    write_auth(question.home.path, auth(expires=datetime(2026, 11, 1, tzinfo=UTC)))
    with pytest.raises(LoginExpired):
        ChatGPTPages().read("credits_history", question)
    assert server.asked_pages == []


def test_somebody_elses_login_is_sent_nowhere(server: FakeChatGPT, question: Question) -> None:
    write_auth(question.home.path, auth(account="acct-2", email="else@example.com"))
    with pytest.raises(NotSignedIn):
        ChatGPTPages().read("credits_history", question)
    assert server.asked_pages == []


@pytest.mark.parametrize(
    "base", ["http://chatgpt.example", "https://user:word@chatgpt.example", "ftp://127.0.0.1"]
)
def test_no_login_is_sent_to_an_unsafe_address(server: FakeChatGPT, question: Question, base: str) -> None:
    (question.home.path / "config.toml").write_text(f'chatgpt_base_url = "{base}"\n')
    with pytest.raises(NotUnderstood):
        ChatGPTPages().read("credits_history", question)


def test_a_server_of_another_make_has_its_pages_elsewhere(question: Question) -> None:
    url = pages.page_url("https://codex.example/api/codex", "plan_limit_history", NOW)
    assert url == "https://codex.example/api/codex/usage/plan_limit_history?days=30"


def test_a_request_has_a_short_deadline(question: Question) -> None:
    class Web:
        seconds = 0.0

        def get(self, url: str, *, bearer: Secret, headers: Mapping[str, str], seconds: float) -> Any:
            self.seconds = seconds
            raise Offline("No network.")

    web = Web()
    with pytest.raises(Offline):
        ChatGPTPages(web).read("credits_history", question)
    assert 0 < web.seconds <= 5
