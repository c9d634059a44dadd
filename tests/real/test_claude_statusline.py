"""tankful as the status line of a real Claude Code in a terminal, with the line of before behind it."""

from __future__ import annotations

import json
import shlex
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from providers.claude.statusline.source import StatuslineSource
from providers.domain.limits import Identity
from providers.source import Home, Question
from tests.fake_anthropic import ACCOUNT, config, login, make_home
from tests.real.bars import pasted
from tests.real.terminals import Terminal, terminal
from tests.real.test_claude import NOTES, PACKAGE, anthropic
from tests.real.tls_proxy import Reply, Request, tls_proxy
from tray.engine.single_instance import SingleInstance

ROOT = Path(__file__).parents[2]


def answers(request: Request) -> Reply:
    """A model that says one word, and tells the limits in its headers as Anthropic's does."""
    if not request.path.startswith("/v1/messages"):
        return anthropic(request)
    now = int(time.time())
    usage = {"input_tokens": 5, "output_tokens": 1}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude", "content": []}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": message | {"stop_reason": None, "usage": usage}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello"}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": usage},
        {"type": "message_stop"},
    ]
    stream = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)
    limits = {
        "5h-utilization": "0.37",
        "5h-reset": now + 7200,
        "7d-utilization": "0.61",
        "7d-reset": now + 200_000,
    }
    headers = {f"anthropic-ratelimit-unified-{name}": str(value) for name, value in limits.items()}
    headers |= {"anthropic-ratelimit-unified-status": "allowed", "Content-Type": "text/event-stream"}
    return Reply(200, stream.encode(), headers)


@contextmanager
def session(
    cli: Callable[[str, str], Path], tmp_path: Path, status_line: dict[str, str], home: Home
) -> Iterator[Terminal]:
    """A Claude Code in a terminal with that line."""
    work = tmp_path / "work"
    work.mkdir()
    (home.path / "settings.json").write_text(json.dumps({"statusLine": status_line}))
    environ = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    environ |= {"CLAUDE_CONFIG_DIR": str(home.path), "TANKFUL_HOME": str(tmp_path / "own")}
    environ |= {"PYTHONPATH": str(ROOT), "TANKFUL_STATUS_URL": "http://127.0.0.1:9"}
    environ |= {"DISABLE_TELEMETRY": "1", "DISABLE_AUTOUPDATER": "1", "CLAUDE_CODE_TMPDIR": str(tmp_path)}
    with (
        tls_proxy(tmp_path, answers) as proxy,
        terminal([str(cli(PACKAGE, NOTES))], environ | proxy.environ, work) as screen,
    ):
        yield screen


def signed_in(tmp_path: Path) -> Home:
    trusted = {str(tmp_path / "work"): {"hasTrustDialogAccepted": True}}
    about = config(hasCompletedOnboarding=True, theme="dark", projects=trusted)
    return make_home(tmp_path / "claude", login(expires=datetime.now(UTC) + timedelta(hours=6)), about)


@pytest.mark.skipif(sys.platform == "win32", reason="no such terminals")
def test_what_a_session_tells_its_line_becomes_a_reading(
    cli: Callable[[str, str], Path], tmp_path: Path
) -> None:
    now, home = datetime.now(UTC), signed_in(tmp_path)
    line = shlex.join(
        [sys.executable, "-m", "tray.cli", "statusline", "--from-claude", "--", "echo the-old-line"]
    )
    source = StatuslineSource({"TANKFUL_HOME": str(tmp_path / "own"), "CLAUDE_CONFIG_DIR": str(home.path)})
    question = Question(home=home, identity=Identity(account_id=ACCOUNT), account_since=now, now=now)
    with session(cli, tmp_path, {"type": "command", "command": line}, home) as screen:
        screen.until(lambda: "the-old-line" in screen.text, "the line of before was not drawn")
        screen.enters("hello")
        screen.until(lambda: source.read(question) is not None, "no limits came")
    reading = source.read(question)
    assert reading is not None
    assert [(window.id, window.used_percent) for window in reading.windows] == [
        ("session", 37),
        ("weekly", 61),
    ]
    assert all(window.resets_at is not None for window in reading.windows)


@pytest.mark.skipif(sys.platform == "win32", reason="no such terminals")
def test_the_line_of_the_pasted(cli: Callable[[str, str], Path], tmp_path: Path) -> None:
    """With an owner of the engine: nobody asks a server."""
    program = shlex.join([sys.executable, "-m", "tray.cli"])
    settings = json.loads(f"{{{pasted('statusLine').replace('~/.local/bin/tankful', program)}}}")
    owner = SingleInstance(tmp_path / "own/state")
    assert owner.acquire()
    with session(cli, tmp_path, settings["statusLine"], signed_in(tmp_path)) as screen:
        screen.until(
            lambda: "% · 5h " in screen.text, "the line was not drawn"
        )  # limits may be known already
        screen.enters("hello")
        screen.until(lambda: "% · 5h 63 % · –" in screen.text, "no limits came")
    owner.release()
