from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from providers.claude.descriptor import find_hooks
from providers.domain.errors import NotUnderstood
from providers.source import Home, OwnHook

GUARD = {"type": "command", "command": "'/home/me/bin/tankful' guard --hook claude", "timeout": 5}
OTHER = {"type": "command", "command": "say guard"}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(provider="claude", path=tmp_path, label="~/.claude")


def settings(home: Home, content: Any) -> None:
    (home.path / "settings.json").write_text(content if isinstance(content, str) else json.dumps(content))


def test_none(home: Home) -> None:
    assert find_hooks(home, {}, None) == ()
    settings(home, {"hooks": {"PreToolUse": [{"hooks": [OTHER]}]}})
    assert find_hooks(home, {}, None) == ()


def test_among_others(home: Home) -> None:
    settings(
        home,
        {"hooks": {"PreToolUse": [{"matcher": "Bash", "hooks": [OTHER, GUARD]}], "Stop": [{"hooks": []}]}},
    )
    assert find_hooks(home, {}, None) == (
        OwnHook(event="PreToolUse", program="/home/me/bin/tankful", timeout=5),
    )


@pytest.mark.parametrize(
    ("event", "timeout", "expected"),
    [
        ("PreToolUse", {}, 600),
        ("UserPromptSubmit", {}, 30),
        ("UserPromptSubmit", {"timeout": 90}, 90),
        ("PreToolUse", {"timeout": 0}, 600),
        ("PreToolUse", {"timeout": "soon"}, 600),
        ("PreToolUse", {"timeout": True}, 600),
    ],
)
def test_how_long_it_is_waited_for(home: Home, event: str, timeout: dict[str, Any], expected: float) -> None:
    entry = {"type": "command", "command": "tankful guard --hook claude", **timeout}
    settings(home, {"hooks": {event: [{"hooks": [entry]}]}})
    (found,) = find_hooks(home, {}, None)
    assert found.timeout == expected


def test_switched_off(home: Home) -> None:
    settings(home, {"disableAllHooks": True, "hooks": {"UserPromptSubmit": [{"hooks": [GUARD]}]}})
    assert find_hooks(home, {}, None) == (
        OwnHook(event="UserPromptSubmit", program="/home/me/bin/tankful", enabled=False, timeout=5),
    )


@pytest.mark.parametrize(
    "content",
    [
        [],
        {"hooks": []},
        {"hooks": {"Stop": 1}},
        {"hooks": {"Stop": [1, {"hooks": [1]}, {"hooks": [{"command": 2}]}]}},
    ],
)
def test_odd_settings(home: Home, content: Any) -> None:
    settings(home, content)
    assert find_hooks(home, {}, None) == ()


def test_settings_that_cannot_be_read(home: Home) -> None:
    settings(home, "{")
    with pytest.raises(NotUnderstood):
        find_hooks(home, {}, None)
