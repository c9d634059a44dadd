"""Whole rounds with the real Codex provider: which of its sources is asked, and what an account then shows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from providers.codex.app_server.source import AppServerSource
from providers.codex.descriptor import CODEX
from providers.codex.endpoint.source import OAuthSource
from providers.codex.logs.limits import RolloutLimits
from providers.codex.pages.source import ChatGPTPages
from providers.codex.web.item import WebLogin
from providers.codex.web.pages import WebPages
from providers.codex.web.pasted import NAME
from providers.codex.web.sessions import WebSessions
from providers.codex.web.source import WebSource
from providers.domain.account import account_id, account_keys
from providers.domain.errors import ProgramMissing
from providers.domain.limits import AccountUsage
from providers.domain.saved_cookie import COOKIES_FILE, SavedCookie
from providers.host.http.transport import RequestsWeb
from providers.polling.account_pages import with_pages
from providers.polling.account_store import AccountStore
from providers.polling.accounts import find_targets, take_usage
from providers.polling.poll import Mode
from providers.source import Provider, Question, Source
from tests.fake_chatgpt import FakeChatGPT, account_pages, fake_chatgpt, says, usage_now
from tests.fake_items import FakeItems
from tests.homes import auth, make_home
from tests.web_logins import COOKIE, SECRETS, session

NOW = datetime.now(UTC)
EXPIRED = auth(expires=NOW - timedelta(days=1))


class NoProgram:
    """A source that needs a program which is not installed."""

    id = "app-server"
    title = "Codex CLI"
    local = False
    rest = timedelta(0)
    is_fallback_for = AppServerSource.is_fallback_for

    def unavailable(self, _question: Question) -> ProgramMissing:
        return ProgramMissing("Codex is not installed.")

    def read(self, _question: Question) -> None:
        raise AssertionError("it was unavailable")


@pytest.fixture
def server() -> Iterator[FakeChatGPT]:
    with fake_chatgpt() as fake:
        fake.session = says(session())
        fake.answer = says(usage_now())
        fake.pages = {path: says(sent) for path, sent in account_pages(NOW.date()).items()}
        yield fake


class Person:
    """One with a home, and a cookie of that account in the keyring."""

    def __init__(self, folder: Path, server: FakeChatGPT) -> None:
        self.home = make_home(folder / "home", base=server.base)
        self.state = folder / "state"
        self.state.mkdir()
        self.items = FakeItems()
        sessions = WebSessions(RequestsWeb(), self.items)
        sources: tuple[Source, ...] = (OAuthSource(), NoProgram(), RolloutLimits(), WebSource(sessions))
        self.provider: Provider = replace(
            CODEX,
            make_sources=lambda _foreign: sources,
            make_page_sources=lambda: (ChatGPTPages(), WebPages(sessions)),
        )
        self.save(COOKIE, f"{server.base}/wham")

    def save(self, cookie: str, base: str, at: datetime = NOW) -> None:
        account = account_id("codex", "acct-1", "user-1")
        keys = tuple(account_keys("codex", "acct-1", "user-1", "dev@example.com"))
        saved = SavedCookie(
            provider="codex", account=account, keys=keys, email="dev@example.com", saved_at=at
        )
        (self.state / COOKIES_FILE).write_bytes(msgspec.json.encode([saved]))
        self.items.kept[saved.item] = WebLogin(base=base, cookies={NAME: cookie}).as_secret().reveal()

    def round(self, *, at: datetime = NOW, mode: Mode = "due", source: str | None = None) -> AccountUsage:
        environ, memory = {"CODEX_HOME": str(self.home)}, AccountStore(self.state)
        snapshot = take_usage(
            (self.provider,), environ, memory, lambda: at, mode=mode, only_source=source, ask_seconds=60
        )
        targets = find_targets((self.provider,), environ, memory, at, only_source=source)
        (account,) = with_pages(snapshot, targets, memory, lambda: at, 60).accounts
        for file in self.state.iterdir():
            assert not [secret for secret in SECRETS if secret.encode() in file.read_bytes()]
        return account


@pytest.fixture
def person(tmp_path: Path, server: FakeChatGPT) -> Person:
    return Person(tmp_path, server)


def test_a_login_that_works_needs_no_cookie(person: Person, server: FakeChatGPT) -> None:
    account = person.round()
    assert {lane.source for lane in account.windows} == {"oauth"}
    assert not server.asked_session
    assert not person.items.reads


def test_where_the_login_has_expired_the_cookie_stands_in(person: Person, server: FakeChatGPT) -> None:
    person.round()
    make_home(person.home, EXPIRED, base=server.base)
    account = person.round(at=NOW + timedelta(minutes=5))
    assert {lane.source for lane in account.windows} == {"web"}
    assert account.error is None
    assert account.credits is not None
    assert account.credits.source == "oauth", "what another way gave five minutes ago"
    account = person.round(at=NOW + timedelta(minutes=90))
    assert account.credits is not None
    assert account.credits.source == "web"
    assert len(server.asked_session) == 1
    assert len(person.items.reads) == 1


def test_without_any_login_it_also_reads_the_account_pages(person: Person, server: FakeChatGPT) -> None:
    (person.home / "auth.json").unlink()
    account = person.round()
    assert {lane.source for lane in account.windows} == {"web"}
    assert account.account is not None
    assert account.account.email == "dev@example.com"
    assert account.pages.credits_history is not None
    assert account.pages.credits_history.source == "web"
    assert len(server.asked_pages) == 3
    assert len(server.asked_session) == 1
    assert all("cookie" not in headers for _, headers in server.asked_pages)


def test_the_pages_of_an_expired_login_are_read_by_the_cookie(person: Person, server: FakeChatGPT) -> None:
    make_home(person.home, EXPIRED, base=server.base)
    account = person.round()
    assert account.pages.usage_breakdown is not None
    assert len(server.asked_session) == 1


def test_a_minute_lies_between_two_rounds(person: Person, server: FakeChatGPT) -> None:
    (person.home / "auth.json").unlink()
    person.round()
    person.round(at=NOW + timedelta(seconds=50))
    assert len(server.requests) == 1
    person.round(at=NOW + timedelta(seconds=70))
    assert len(server.requests) == 2


def test_an_ended_cookie_is_not_sent_again_until_another_is_saved(
    person: Person, server: FakeChatGPT
) -> None:
    make_home(person.home, EXPIRED, base=server.base)
    server.session = says({})
    account = person.round()
    assert account.error is not None
    assert account.error.kind == "login_expired"
    assert "tankful login-cookie" in account.error.remedy
    person.round(at=NOW + timedelta(minutes=5))
    assert len(server.asked_session) == 1
    person.save(COOKIE, f"{server.base}/wham", NOW + timedelta(minutes=6))
    (target,) = find_targets(
        (person.provider,), {"CODEX_HOME": str(person.home)}, AccountStore(person.state), NOW
    )
    AccountStore(person.state).forget(target.key, "web", NOW + timedelta(minutes=6))
    server.session = says(session())
    account = person.round(at=NOW + timedelta(minutes=7))
    assert account.error is None
    assert account.windows


def test_a_rate_limit_outlives_a_new_cookie(person: Person, server: FakeChatGPT) -> None:
    (person.home / "auth.json").unlink()
    server.session = says({}, 429, Retry_After="1800")
    account = person.round()
    assert account.error is not None
    assert account.error.kind == "rate_limited"
    AccountStore(person.state).forget(account.key, "web", NOW)
    person.round(at=NOW + timedelta(minutes=10))
    assert len(server.asked_session) == 1


@pytest.mark.parametrize("content", [b"", b"[", b'[{"provider": 1}]', b"{}", b"\xff"])
def test_a_damaged_list_counts_as_none(person: Person, content: bytes) -> None:
    (person.state / COOKIES_FILE).write_bytes(content)
    assert {lane.source for lane in person.round().windows} == {"oauth"}
    assert not person.items.reads


def test_chosen_without_a_cookie_it_says_what_to_do(person: Person) -> None:
    (person.state / COOKIES_FILE).unlink()
    account = person.round(source="web")
    assert account.error is not None
    assert account.error.remedy == "Save one with `tankful login-cookie`."
    assert not person.items.reads
