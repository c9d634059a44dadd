"""The blocks of docs/sessions.md: their command lines never change, or Codex skips what people have trusted."""

from __future__ import annotations

from pathlib import Path

import pytest

from providers.claude import hooks as claude_hooks
from providers.codex import hooks as codex_hooks
from providers.source import Home, OwnHook
from tests.providers.codex.test_hooks import missing
from tests.tray.faces.session_blocks import claude_block, codex_block
from tray.faces.session_hook import protocol_of

PROGRAM = "~/.local/bin/tankful"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(provider="any", path=tmp_path, label="~/home")


def hook(event: str) -> OwnHook:
    return OwnHook(event=event, purpose="sessions", program=PROGRAM, timeout=5)


def test_of_claude(home: Home) -> None:
    (home.path / "settings.json").write_text(claude_block())
    events = (
        *("SessionStart", "UserPromptSubmit", "PermissionRequest", "Notification"),
        *("Stop", "StopFailure", "SessionEnd"),
    )
    assert claude_hooks.find_hooks(home, {}, None) == tuple(map(hook, events))
    assert claude_block().count(f'"{PROGRAM} hook --for claude"') == len(events)


def test_of_codex(home: Home) -> None:
    (home.path / "config.toml").write_text(codex_block())
    events = ("UserPromptSubmit", "PermissionRequest", "PreToolUse", "Interrupt", "Stop", "SessionEnd")
    assert codex_hooks.find_hooks(home, {}, None, find=missing) == tuple(map(hook, events))
    assert codex_block().count(f'"{PROGRAM} hook --for codex"') == len(events)


@pytest.mark.parametrize("cli", ["codex", "claude"])
def test_each_is_answered_fast(cli: str) -> None:
    assert protocol_of(cli) is not None
