from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from msgspec.structs import replace

from providers.source import Links, Provider
from tests.fake_chatgpt import FakeChatGPT, fake_chatgpt, says
from tests.fake_provider import FakeSource, fake_provider, make_fake_home, reading
from tests.fake_status_page import component, incident, page, summary
from tests.tray.engine.test_engine import DEADLINE, FAST, Seen, running, scope_of
from tray.engine.engine import Engine
from tray.engine.incident_setting import INCIDENTS
from tray.engine.incidents import ORIGIN, StatusPages
from tray.engine.publish import contents
from tray.engine.scope import Scope

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ERRORS = page(summary(incident("Errors", "Fake")))
SOON = replace(FAST, poll=FAST.tick, pages=FAST.tick, pages_rest=FAST.tick)


@pytest.fixture
def server() -> Iterator[FakeChatGPT]:
    with fake_chatgpt() as fake:
        yield fake


def provider(*folders: Path, status: str = "", ident: str = "fake") -> Provider:
    made = fake_provider(folders, FakeSource(lambda _: reading(30)), ident=ident)
    links = Links(usage="", status=status, changelog="", components=("Fake",))
    return replace(made, links=links)


def test_each_provider_is_asked_at_its_own_address(server: FakeChatGPT) -> None:
    server.answer = ERRORS
    pages = StatusPages({})
    found = pages.read([provider(status=f"{server.url}/a"), provider(ident="other")], NOW)
    assert {ident: each.title for ident, each in found.items()} == {"fake": "Errors"}
    assert [path for path, _ in server.requests] == ["/a/api/v2/summary.json"]


def test_another_place_for_all_pages_can_be_named(server: FakeChatGPT) -> None:
    server.answer = ERRORS
    found = StatusPages({ORIGIN: server.url}).read([provider(), provider(ident="other")], NOW)
    assert found.keys() == {"fake", "other"}
    assert [path for path, _ in server.requests] == [
        "/fake/api/v2/summary.json",
        "/other/api/v2/summary.json",
    ]
    assert StatusPages({ORIGIN: "http://example.com"}).read([provider()], NOW) == {}


def test_a_page_that_fails_counts_as_unchanged_for_an_hour_and_is_no_news(
    server: FakeChatGPT, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "tray.engine.incidents")
    ours = [provider(status=server.url)]
    pages = StatusPages({})
    server.answer = ERRORS
    assert pages.read(ours, NOW)
    server.answer = says({}, 500)
    assert pages.read(ours, NOW + timedelta(minutes=10))
    assert pages.read(ours, NOW + timedelta(minutes=59))
    assert not pages.read(ours, NOW + timedelta(minutes=61))
    assert not pages.read(ours, NOW - timedelta(minutes=61))
    server.answer = ERRORS
    assert pages.read(ours, NOW + timedelta(minutes=71))
    assert [record.levelname for record in caplog.records] == ["DEBUG", "DEBUG"], "on a change, and quietly"


def test_a_page_that_says_when_to_come_back_is_asked_no_sooner(server: FakeChatGPT) -> None:
    ours = [provider(status=server.url)]
    pages = StatusPages({})
    server.answer = says({}, 429, Retry_After="3600")
    pages.read(ours, NOW)
    server.answer = ERRORS
    assert not pages.read(ours, NOW + timedelta(minutes=59))
    assert len(server.requests) == 1
    assert pages.read(ours, NOW + timedelta(minutes=60))
    server.answer = says({}, 429, Retry_After="3600")
    pages.read(ours, NOW + timedelta(minutes=61))
    server.answer = ERRORS
    assert pages.read(ours, NOW - timedelta(days=1)), "nor does a clock that was set back make it longer"


def test_a_page_has_its_rest_however_often_it_is_wanted(server: FakeChatGPT) -> None:
    ours = [provider(status=server.url)]
    pages = StatusPages({}, timedelta(minutes=1))
    for answer in (says({}, 500), ERRORS):
        server.answer = answer
        asked = len(server.requests)
        begins = NOW + timedelta(hours=asked)
        for second in range(60):
            pages.read(ours, begins + timedelta(seconds=second))
        assert len(server.requests) == asked + 1
    assert pages.read(ours, begins + timedelta(seconds=30))
    pages.read(ours, begins - timedelta(hours=2))
    assert len(server.requests) == 3, "whatever the clock does"


def test_what_was_read_long_ago_is_not_known_any_more(server: FakeChatGPT) -> None:
    ours = [provider(status=server.url)]
    pages = StatusPages({})
    server.answer = ERRORS
    pages.read(ours, NOW)
    assert pages.known(ours, NOW + timedelta(minutes=59))
    assert not pages.known(ours, NOW + timedelta(minutes=60))
    assert len(server.requests) == 1


@pytest.fixture
def scope(tmp_path: Path, server: FakeChatGPT) -> Scope:
    return scope_of(tmp_path, provider(make_fake_home(tmp_path / "one"), status=server.url))


def titles(engine: Engine) -> list[str]:
    return [incident.title for incident in engine.snapshot.incidents.values()]


def test_the_state_has_the_incident_until_it_is_over(scope: Scope, server: FakeChatGPT) -> None:
    server.answer = ERRORS
    with running(scope, SOON) as (_, seen):
        state = seen.wait_for(lambda state: bool(state.incidents))
        assert state.incidents["fake"].title == "Errors"
        server.answer = page(summary(components=(component("Fake"),)), etag='"two"')
        seen.wait_for(lambda later: later.revision > state.revision and not later.incidents)


def test_it_is_published(scope: Scope, server: FakeChatGPT) -> None:
    server.answer = ERRORS
    with running(scope, SOON) as (_, seen):
        state = seen.wait_for(lambda state: bool(state.incidents) and state.snapshot is not None)
    assert contents(state)["incidents"] == {
        "fake": {"title": "Errors", "impact": "minor", "updated_at": "2026-11-20T11:58:00Z"}
    }


def test_it_can_be_switched_off_and_on_at_once(scope: Scope, server: FakeChatGPT) -> None:
    server.answer = ERRORS
    with running(scope, replace(SOON, pages=timedelta(hours=1))) as (engine, seen):
        state = seen.wait_for(lambda state: bool(state.incidents))
        engine.set("display.incidents", "off")
        off = seen.wait_for(lambda later: later.revision > state.revision and not later.incidents)
        asked = len(server.requests)
        engine.set("display.incidents", "on")
        seen.wait_for(lambda later: later.revision > off.revision and bool(later.incidents))
        assert len(server.requests) <= asked + 1


def test_what_a_slow_page_says_after_it_was_switched_off_is_not_shown(
    scope: Scope, server: FakeChatGPT
) -> None:
    began, may_answer = threading.Event(), threading.Event()

    def slow(handler: BaseHTTPRequestHandler) -> None:
        began.set()
        may_answer.wait(DEADLINE)
        ERRORS(handler)

    server.answer = slow
    with running(scope, replace(SOON, pages=timedelta(hours=1))) as (engine, seen):
        assert began.wait(DEADLINE)
        engine.set("display.incidents", "off")
        seen.wait_for(lambda state: state.settings.get(INCIDENTS) is False)
        may_answer.set()
        _settle(engine, seen)
        time.sleep(FAST.look.total_seconds())
        assert not any(state.incidents for state in seen.states)


def test_no_page_is_read_during_a_pause_nor_for_who_is_not_signed_in(
    tmp_path: Path, server: FakeChatGPT
) -> None:
    folder = tmp_path / "nobody"
    folder.mkdir()
    with running(scope_of(tmp_path, provider(folder, status=server.url)), SOON) as (engine, seen):
        _settle(engine, seen)
        assert server.requests == []
        (folder / "account").write_text("somebody")
        server.answer = ERRORS
        seen.wait_for(lambda state: bool(state.incidents))
        engine.pause(datetime.now(UTC) + timedelta(hours=1))
        state = seen.wait_for(lambda state: state.paused_until is not None)
        _settle(engine, seen)
        asked = len(server.requests)
        _settle(engine, seen)
        assert len(server.requests) == asked
        engine.pause(None)
        seen.wait_for(lambda later: later.revision > state.revision and later.paused_until is None)


def _settle(engine: Engine, seen: Seen) -> None:
    """A few ticks of the engine."""
    for step in range(4):
        until = datetime(2000, 1, 1 + step, tzinfo=UTC)
        engine.mute(until)
        seen.wait_for(lambda state, until=until: state.muted_until == until)  # type: ignore[misc]
        time.sleep(FAST.tick.total_seconds())
