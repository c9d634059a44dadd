"""The context window of a session: only where it is certain."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from providers.claude.context_window import context_window as of_claude
from providers.codex.logs.context_window import context_window as of_codex
from providers.codex.logs.observation import encode, nothing_yet
from providers.codex.logs.rollout import ModelContext
from providers.domain.context_use import ContextUse
from providers.domain.cost import TokenUsage
from providers.ledger.index import Homes
from providers.ledger.session_contexts import SessionContext, contexts
from tests.tray.faces.page.ledgers import NOW, LedgerPage, billed

FIXTURE = Path(__file__).parents[1] / "fixtures/codex/0.169.0/plain/home/sessions"
USE = ContextUse(
    provider="",
    session="s",
    thread="s",
    is_subagent=False,
    home="~",
    account=None,
    project=None,
    model="m",
    effort=None,
    at=NOW,
    prompt=1,
    largest=1,
)


def newest(page: LedgerPage, homes: Homes, since: datetime) -> list[SessionContext]:
    nothing: list[SessionContext] = []
    return page.costs.ledger.read(partial(contexts, homes=homes, since=since, limit=10), nothing)


def observed(thread: str, *windows: tuple[str, int | None]) -> bytes:
    kept = nothing_yet(thread, None)
    kept.contexts = [
        ModelContext(number, model, None, window) for number, (model, window) in enumerate(windows)
    ]
    return encode(kept)


def test_codex_has_that_of_the_threads_last_turn_of_this_model() -> None:
    own = observed("s", ("m", 100), ("m", 200), ("other", 300))
    assert of_codex(USE, [observed("fork", ("m", 5)), own]) == 200
    assert of_codex(replace(USE, model="other"), [own]) == 300
    assert of_codex(replace(USE, model="third"), [own]) is None
    assert of_codex(USE, [observed("s", ("m", None))]) is None
    assert of_codex(USE, []) is None
    assert of_codex(USE, [own.replace(b"codex ", b"codec ")]) is None


@pytest.mark.parametrize("damaged", [b"", b"\x00", b"\xff" * 9, msgspec.msgpack.encode(["codex 9", 1])])
def test_codex_skips_what_is_of_another_make(damaged: bytes) -> None:
    assert of_codex(USE, [damaged, observed("s", ("m", 7))]) == 7


@pytest.mark.parametrize(
    ("model", "largest", "window"),
    [
        ("claude-haiku-4-5-20251001", 10, 200_000),
        ("claude-opus-4-5-20251101", 10, 200_000),
        ("claude-opus-4-20250514", 10, 200_000),
        ("claude-3-7-sonnet-20250219", 10, 200_000),
        ("claude-sonnet-4-5-20250929", 10, None),
        ("claude-opus-4-8", 200_000, None),
        ("claude-opus-4-8", 200_001, 1_000_000),
        (None, 10, None),
        ("", 10, None),
    ],
)
def test_claude_has_one_where_there_is_no_doubt(model: str | None, largest: int, window: int | None) -> None:
    assert of_claude(replace(USE, model=model, largest=largest), []) == window


def test_the_newest_response_of_each_session_since_then(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path)
    minute = timedelta(minutes=1)

    def sent(ago: int, fresh: int, **more: Any) -> Any:
        return billed(NOW - ago * minute, home=page.codex, usage=TokenUsage(fresh, 20, 3, 0, 99, 0), **more)

    page.add(
        "codex",
        [
            sent(300, 900, session="one"),
            sent(30, 500, session="one", model="gpt-5.4"),
            sent(10, 100, session="one", effort="high", project="/p", account="a"),
            sent(5, 7, session="sub", root="one"),
            sent(61, 1, session="old"),
            sent(1, 1),
            billed(NOW, home=page.codex, tokens=9, session="total", not_on_lines=True),
        ],
    )
    found = newest(page, page.homes, NOW - 60 * minute)
    assert [(each.use.session, each.use.prompt, each.use.largest) for each in found] == [
        ("sub", 30, 30),
        ("one", 123, 923),
    ]
    one = found[1].use
    assert (one.model, one.effort, one.project, one.account) == ("gpt-5.5", "high", "/p", "a")
    assert (one.at, one.is_subagent, found[0].use.thread) == (NOW - 10 * minute, False, "one")
    assert newest(page, {}, NOW - 60 * minute) == []
    assert newest(page, page.homes, NOW) == []


def test_a_real_rollout_has_its_window(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path)
    shutil.copytree(FIXTURE, page.codex / "sessions")
    page.costs.count()
    found = newest(page, page.homes, datetime(2026, 1, 1, tzinfo=UTC))
    windows = {of_codex(each.use, each.observations) for each in found}
    logged = [
        line["payload"]["model_context_window"]
        for log in (page.codex / "sessions").rglob("*.jsonl")
        for line in map(msgspec.json.decode, log.read_bytes().splitlines())
        if line["payload"].get("model_context_window")
    ]
    assert windows
    assert windows <= set(logged)
