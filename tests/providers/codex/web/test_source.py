from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from providers.codex.web.item import WebLogin
from providers.codex.web.pasted import NAME
from providers.codex.web.sessions import WebSessions
from providers.codex.web.source import WebSource
from providers.domain.account import account_id, account_keys
from providers.domain.errors import (
    Blocked,
    Denied,
    LoginExpired,
    NotSignedIn,
    NotUnderstood,
    ProviderError,
    RateLimited,
)
from providers.domain.limits import Identity
from providers.domain.saved_cookie import SavedCookie
from providers.host.http.transport import RequestsWeb
from providers.source import Home, Question, Source
from tests.fake_chatgpt import FakeChatGPT, fake_chatgpt, says, usage_now
from tests.fake_items import FakeItems
from tests.providers.conformance import SourceConformance
from tests.web_logins import COOKIE, COOKIE_MARK, NEXT_COOKIE, SECRETS, sets
from tests.web_logins import session as session_answer

ACCOUNT = account_id("codex", "acct-1", "user-1")
CHALLENGE = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>"


@pytest.fixture
def server() -> Iterator[FakeChatGPT]:
    with fake_chatgpt() as fake:
        fake.session = says(session_answer())
        fake.answer = says(usage_now())
        yield fake


@pytest.fixture
def items(server: FakeChatGPT) -> FakeItems:
    items = FakeItems()
    login = WebLogin(base=f"{server.base}/wham", cookies={NAME: COOKIE})
    items.kept[f"codex-{ACCOUNT}"] = login.as_secret().reveal()
    return items


@pytest.fixture
def source(items: FakeItems) -> WebSource:
    return WebSource(WebSessions(RequestsWeb(), items))


@pytest.fixture
def question(tmp_path: Path) -> Question:
    home = tmp_path / "home"
    home.mkdir()
    now = datetime.now(UTC)
    cookie = SavedCookie(
        provider="codex",
        account=ACCOUNT,
        keys=tuple(sorted(account_keys("codex", "acct-1", "user-1", "dev@example.com"))),
        email="dev@example.com",
        saved_at=now,
    )
    return Question(
        home=Home(provider="codex", path=home, label="~/.codex"),
        identity=Identity(email="dev@example.com"),
        account_since=now,
        now=now,
        cookie=cookie,
    )


class TestWeb(SourceConformance):
    secrets = SECRETS

    @pytest.fixture
    def source(self, items: FakeItems) -> Source:
        return WebSource(WebSessions(RequestsWeb(), items))

    @pytest.fixture
    def question(self, question: Question) -> Question:
        return question


def test_a_token_is_used_until_it_expires(
    server: FakeChatGPT, items: FakeItems, source: WebSource, question: Question
) -> None:
    for minutes in range(3):
        reading = source.read(replace(question, now=question.now + timedelta(minutes=minutes)))
    assert {window.id for window in reading.windows} == {"session", "weekly"}
    assert reading.last_resort == {"credits"}
    assert "credits" not in reading.speaks_for
    assert (len(server.asked_session), len(server.requests), len(items.reads)) == (1, 3, 1)
    path, headers = server.asked_session[0]
    assert path == "/api/auth/session"
    assert headers["cookie"] == f"{NAME}={COOKIE}"
    assert "authorization" not in headers
    path, headers = server.requests[0]
    assert path == "/backend-api/wham/usage"
    assert headers["chatgpt-account-id"] == "acct-1"
    assert "cookie" not in headers
    source.read(replace(question, now=question.now + timedelta(days=1)))
    assert len(server.asked_session) == 2


def test_a_cookie_that_the_server_renews_takes_the_place_of_the_old_one(
    server: FakeChatGPT, items: FakeItems, source: WebSource, question: Question
) -> None:
    server.session = says(session_answer(lasts=60), Set_Cookie=sets())
    source.read(question)
    assert COOKIE_MARK not in items.kept[f"codex-{ACCOUNT}"]
    assert NEXT_COOKIE in items.kept[f"codex-{ACCOUNT}"]
    source.read(question)  # its token expires too soon
    assert server.asked_session[1][1]["cookie"] == f"{NAME}={NEXT_COOKIE}"
    assert len(items.reads) == 1


def test_a_renewed_cookie_is_used_where_the_keyring_is_locked_meanwhile(
    server: FakeChatGPT, items: FakeItems, source: WebSource, question: Question
) -> None:
    source.read(question)
    items.refuses = Denied("Locked.")
    server.session = says(session_answer(), Set_Cookie=sets())
    later = replace(question, now=question.now + timedelta(days=1))
    source.read(later)
    server.session = says(session_answer())
    source.read(replace(later, now=later.now + timedelta(days=1)))
    assert server.asked_session[-1][1]["cookie"] == f"{NAME}={NEXT_COOKIE}"


def test_another_process_was_sent_the_next_cookie(
    server: FakeChatGPT, items: FakeItems, source: WebSource, question: Question
) -> None:
    source.read(question)
    name = f"codex-{ACCOUNT}"
    items.kept[name] = items.kept[name].replace(COOKIE, NEXT_COOKIE)
    good = server.session

    def once(handler):  # type: ignore[no-untyped-def]
        known = NEXT_COOKIE in handler.headers["Cookie"]
        (good if known else says({}))(handler)

    server.session = once
    assert source.read(replace(question, now=question.now + timedelta(days=1))).windows


def test_a_rejected_token_is_renewed_once(server: FakeChatGPT, source: WebSource, question: Question) -> None:
    source.read(question)
    server.answer = says({}, 401)
    with pytest.raises(LoginExpired):
        source.read(question)
    assert (len(server.asked_session), len(server.requests)) == (2, 3)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (says({}), LoginExpired),
        (says({"user": {"id": "user-1"}}), LoginExpired),
        (says(session_answer() | {"error": "RefreshAccessTokenError"}), LoginExpired),
        (says(b"<html>Log in</html>", kind="text/html"), LoginExpired),
        (says(b"", 307, Location="https://auth.example.com/log-in"), LoginExpired),
        (says({}, 401), LoginExpired),
        (says(CHALLENGE, 403, kind="text/html; charset=UTF-8"), Blocked),
        (says(CHALLENGE, 503, kind="text/html"), Blocked),
        (says(b"<html>No.</html>", 403, kind="text/html", cf_mitigated="challenge"), Blocked),
        (says({"detail": "Forbidden for this account"}, 403), Denied),
        (says({}, 429, Retry_After="120"), RateLimited),
        (says(b"[1"), NotUnderstood),
        (says([]), NotUnderstood),
        (says(session_answer() | {"accessToken": 7}), NotUnderstood),
        (says(session_answer() | {"accessToken": "a b"}), NotUnderstood),
        (says(session_answer(account="acct-2")), NotSignedIn),
        (says(session_answer(user="user-2", email="other@example.com")), NotSignedIn),
    ],
)
def test_what_the_session_address_may_answer(
    server: FakeChatGPT, source: WebSource, question: Question, answer: object, kind: type[ProviderError]
) -> None:
    server.session = answer  # type: ignore[assignment]
    with pytest.raises(ProviderError) as caught:
        source.read(question)
    assert type(caught.value) is kind
    assert not server.requests
    TestWeb().check_trouble(caught.value)
    if kind is RateLimited:
        assert caught.value.retry_at is not None


def test_the_keyring_is_not_opened_where_no_cookie_was_saved(
    items: FakeItems, source: WebSource, question: Question
) -> None:
    assert isinstance(source.unavailable(replace(question, cookie=None)), NotSignedIn)
    assert not items.reads


def test_a_cookie_pasted_again_is_read_again(
    server: FakeChatGPT, items: FakeItems, source: WebSource, question: Question
) -> None:
    source.read(question)
    assert question.cookie is not None
    source.read(replace(question, cookie=replace(question.cookie, saved_at=question.now + timedelta(1))))
    assert (len(items.reads), len(server.asked_session)) == (2, 2)


def test_only_who_asks_for_it_may_be_prompted(
    items: FakeItems, source: WebSource, question: Question
) -> None:
    source.read(question)
    WebSource(WebSessions(RequestsWeb(), items)).read(replace(question, user_initiated=True))
    assert [ask for _, ask in items.reads] == [False, True]


@pytest.mark.parametrize("content", ["", "{}", '{"base": "https://chatgpt.com/x", "cookies": {}}', COOKIE])
def test_a_damaged_item(items: FakeItems, source: WebSource, question: Question, content: str) -> None:
    items.kept[f"codex-{ACCOUNT}"] = content
    with pytest.raises(NotSignedIn) as caught:
        source.read(question)
    TestWeb().check_trouble(caught.value)


def test_a_cookie_goes_nowhere_unsafe(items: FakeItems, source: WebSource, question: Question) -> None:
    bad = WebLogin(base="http://example.com/backend-api/wham", cookies={NAME: COOKIE})
    items.kept[f"codex-{ACCOUNT}"] = bad.as_secret().reveal()
    with pytest.raises(NotSignedIn):
        source.read(question)
