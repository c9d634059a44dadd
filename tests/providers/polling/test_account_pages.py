"""When account pages are asked for, with the real Codex provider and a backend on loopback."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from providers.codex.descriptor import CODEX
from providers.domain.limits import AccountUsage
from providers.polling.account_pages import ask_for_pages, with_pages
from providers.polling.account_store import AccountStore
from providers.polling.accounts import find_targets, take_usage
from providers.polling.page_store import PageStore
from providers.polling.poll import Mode
from providers.polling.targets import Target
from providers.source import Provider, ProviderSettings
from tests.fake_chatgpt import FakeChatGPT, account_pages, fake_chatgpt, says, waits_for
from tests.homes import NOW, SECRETS, make_home
from tests.programs import started

HOUR = timedelta(hours=1)
ALL = 3


@pytest.fixture
def server() -> Iterator[FakeChatGPT]:
    with fake_chatgpt() as fake:
        fake.pages = {path: says(sent) for path, sent in account_pages(NOW.date()).items()}
        yield fake


@pytest.fixture
def home(tmp_path: Path, server: FakeChatGPT) -> Path:
    return make_home(tmp_path / "home", base=server.base)


def round_(
    home: Path,
    *,
    at: datetime = NOW,
    mode: Mode = "due",
    source: str | None = None,
    settings: ProviderSettings | None = None,
    provider: Provider = CODEX,
    ask: bool = True,
) -> AccountUsage:
    """Limits, then pages, as a command asks for them."""
    environ, memory = {"CODEX_HOME": str(home)}, AccountStore(home.parent / "state")
    chosen = {"codex": settings} if settings else {}
    snapshot = take_usage(
        (provider,), environ, memory, lambda: at, mode=mode, only_source=source, settings=chosen
    )
    targets = find_targets((provider,), environ, memory, at, only_source=source, settings=chosen)
    if ask:
        snapshot = with_pages(snapshot, targets, memory, lambda: at, 30)
    (account,) = snapshot.accounts
    return account


def target(home: Path) -> Target:
    (found,) = find_targets((CODEX,), {"CODEX_HOME": str(home)}, AccountStore(home.parent / "state"), NOW)
    return found


def test_they_are_asked_for_after_the_limits_and_kept(server: FakeChatGPT, home: Path) -> None:
    account = round_(home)
    assert account.pages.credits_history is not None
    assert account.pages.usage_breakdown is not None
    assert account.pages.plan_limit_history is not None
    assert len(server.asked_pages) == ALL
    later = round_(home, at=NOW + timedelta(minutes=30), ask=False)
    assert later.pages == account.pages, "another process sees them"
    for file in (home.parent / "state").iterdir():
        assert not [secret for secret in SECRETS if secret.encode() in file.read_bytes()]
        assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("mode", ["due", "now"])
def test_an_hour_lies_between_two_rounds_also_when_a_person_refreshes(
    server: FakeChatGPT, home: Path, mode: Mode
) -> None:
    round_(home)
    for minutes in (1, 30, 59):
        round_(home, at=NOW + timedelta(minutes=minutes), mode=mode)
    assert len(server.asked_pages) == ALL
    round_(home, at=NOW + HOUR, mode=mode)
    assert len(server.asked_pages) == 2 * ALL


def test_a_clock_that_was_set_back_a_little_makes_none_due(server: FakeChatGPT, home: Path) -> None:
    round_(home)
    round_(home, at=NOW - timedelta(minutes=4))
    assert len(server.asked_pages) == ALL


def test_a_clock_that_was_far_ahead_does_not_stop_them(server: FakeChatGPT, home: Path) -> None:
    round_(home, at=NOW + timedelta(days=300))
    account = round_(home)
    assert len(server.asked_pages) == 2 * ALL
    assert account.pages.credits_history is not None
    assert account.pages.credits_history.fetched_at == NOW


@pytest.mark.parametrize(
    "settings", [ProviderSettings(account_pages=False), ProviderSettings(source="rollouts")]
)
def test_switched_off_they_are_neither_asked_for_nor_shown(
    server: FakeChatGPT, home: Path, settings: ProviderSettings
) -> None:
    assert round_(home).pages.credits_history is not None
    account = round_(home, at=NOW + HOUR, settings=settings)
    assert account.pages.credits_history is None
    assert len(server.asked_pages) == ALL


def test_a_provider_without_pages_has_none(server: FakeChatGPT, home: Path) -> None:
    account = round_(home, provider=replace(CODEX, make_page_sources=None))
    assert account.pages.credits_history is None
    assert account.windows
    assert not server.asked_pages


@pytest.mark.parametrize("status", [401, 429, 500, 503])
def test_where_the_limits_could_not_be_read_no_page_is_asked_for(
    server: FakeChatGPT, home: Path, status: int
) -> None:
    server.answer = says({}, status)
    round_(home, source="oauth")
    assert not server.asked_pages


@pytest.mark.parametrize(
    ("answer", "asked"),
    [
        (says({"detail": "No"}, 401), 1),
        (says({}, 429), 1),
        (says(b"<html>", kind="text/html"), 1),
        (says({"data": [], "account_id": "acct-9"}), 1),
        (says({}, 404), ALL),
        (says({"detail": "No"}, 403), ALL),
        (says({}, 500), ALL),
        (says(b'{"data": ['), ALL),
        (says({"data": 7}), ALL),
    ],
)
def test_a_page_that_is_refused_is_no_error_of_the_account(
    server: FakeChatGPT, home: Path, answer: Any, asked: int
) -> None:
    """Where the others would be refused as well, they are not even asked for."""
    before = round_(home, ask=False)
    server.pages = dict.fromkeys(server.pages, answer)
    login = (home / "auth.json").read_bytes()
    account = round_(home)
    assert len(server.asked_pages) == asked
    assert replace(account, attempts=()) == replace(before, attempts=()), "nothing of it is seen"
    assert all(attempt.ok for attempt in account.attempts)
    assert len(server.requests) == 1
    assert (home / "auth.json").read_bytes() == login
    assert sorted(path.name for path in home.iterdir()) == ["auth.json", "config.toml"], "no CLI has run"


def test_an_old_page_stays_with_its_age_where_the_new_one_is_refused(server: FakeChatGPT, home: Path) -> None:
    first = round_(home)
    server.pages["usage/credit-usage-events"] = says({}, 500)
    second = round_(home, at=NOW + HOUR)
    assert second.pages.credits_history == first.pages.credits_history
    assert second.pages.usage_breakdown is not None
    assert second.pages.usage_breakdown.fetched_at == NOW + HOUR
    third = round_(home, at=NOW + timedelta(days=8), ask=False)
    assert third.pages.credits_history is None, "too old to be shown"


def test_a_page_that_does_not_exist_is_asked_for_less_and_less_often(server: FakeChatGPT, home: Path) -> None:
    server.pages = {}
    asked = []
    for hour in range(24 * 4):
        round_(home, at=NOW + hour * HOUR)
        if server.asked_pages:
            asked.append(hour)
            server.asked_pages.clear()
    assert asked == [0, 1, 3, 7, 15, 31, 55, 79]


def test_a_retry_after_holds(server: FakeChatGPT, home: Path) -> None:
    server.pages["usage/credit-usage-events"] = says({}, 429, Retry_After="18000")
    round_(home)
    for hour in (1, 2, 3, 4):
        round_(home, at=NOW + hour * HOUR)
    paths = [path for path, _ in server.asked_pages if path.endswith("credit-usage-events")]
    assert len(paths) == 1
    round_(home, at=NOW + 6 * HOUR)
    assert len([path for path, _ in server.asked_pages if path.endswith("credit-usage-events")]) == 2


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"asked_at": "2026"}', b'{"pages": {"credits_history": 7}}']
)
def test_a_damaged_file_is_made_anew(server: FakeChatGPT, home: Path, content: bytes) -> None:
    round_(home)
    key = target(home).key
    PageStore(home.parent / "state").file_of(key).write_bytes(content)
    assert round_(home).pages.credits_history is not None
    assert len(server.asked_pages) == 2 * ALL


def test_where_nothing_can_be_saved_they_are_not_asked_for(server: FakeChatGPT, home: Path) -> None:
    round_(home, ask=False)
    state = home.parent / "state"
    PageStore(state).file_of(target(home).key).mkdir()
    assert not ask_for_pages(target(home), AccountStore(state), lambda: NOW)
    assert not server.asked_pages


def test_a_fault_of_ours_costs_no_limits(server: FakeChatGPT, home: Path) -> None:
    class Faulty:
        login_of = ("oauth",)

        def read(self, page: str, question: object) -> Any:
            raise ZeroDivisionError

    account = round_(home, provider=replace(CODEX, make_page_sources=lambda: (Faulty(),)))
    assert account.windows
    assert account.error is None


ASK = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from providers.codex.descriptor import CODEX
from providers.polling.account_pages import ask_for_pages
from providers.polling.account_store import AccountStore
from providers.polling.accounts import find_targets
memory, clock = AccountStore(Path(sys.argv[1])), lambda: datetime.fromisoformat(sys.argv[2])
target, = find_targets((CODEX,), os.environ, memory, clock())
print(ask_for_pages(target, memory, clock))
"""


def _process(home: Path) -> Any:
    return started(
        [sys.executable, "-c", ASK, str(home.parent / "state"), NOW.isoformat()],
        env={**os.environ, "CODEX_HOME": str(home)},
        cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE,
        text=True,
    )


def test_many_processes_at_once_ask_once(server: FakeChatGPT, home: Path) -> None:
    def slowly(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(1.0)
        says({"data": []})(handler)

    round_(home, ask=False)
    server.pages = dict.fromkeys(server.pages, slowly)
    with ExitStack() as stack:
        processes = [stack.enter_context(_process(home)) for _ in range(3)]
        said = sorted(process.communicate(timeout=60)[0].strip() for process in processes)
    assert said == ["False", "False", "True"]
    assert len(server.asked_pages) == ALL


def test_a_process_that_is_killed_meanwhile_counts(
    server: FakeChatGPT, home: Path, request: pytest.FixtureRequest
) -> None:
    done = threading.Event()
    request.addfinalizer(done.set)
    round_(home, ask=False)
    server.pages = dict.fromkeys(server.pages, waits_for(done))
    with _process(home) as process:
        ends = time.monotonic() + 60
        while not server.asked_pages and time.monotonic() < ends:
            time.sleep(0.02)
        process.kill()
        process.wait(60)
    assert len(server.asked_pages) == 1
    assert round_(home, at=NOW + timedelta(minutes=50)).pages.credits_history is None
    assert len(server.asked_pages) == 1


def test_a_slow_server_holds_up_nobody_for_longer_than_was_said(
    server: FakeChatGPT, home: Path, request: pytest.FixtureRequest
) -> None:
    done = threading.Event()
    request.addfinalizer(done.set)
    server.pages = dict.fromkeys(server.pages, waits_for(done))
    before = round_(home, ask=False)
    memory = AccountStore(home.parent / "state")
    snapshot = take_usage((CODEX,), {"CODEX_HOME": str(home)}, memory, lambda: NOW)
    shown = with_pages(snapshot, [target(home)], memory, lambda: NOW, 0.2)
    assert shown.accounts[0].windows == before.windows
    assert not done.is_set()
