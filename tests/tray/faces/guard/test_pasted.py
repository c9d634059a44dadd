"""The blocks that people have pasted from docs/guard.md: their command lines never change.

Codex skips a hook whose entry was changed since it was trusted, in silence; so another version of the page must
not change the entries of the old one.
"""

from __future__ import annotations

import json
import textwrap
import tomllib
from pathlib import Path

import pytest

from providers.claude import hooks as claude_hooks
from providers.codex import hooks as codex_hooks
from providers.source import Home, OwnHook
from tests.providers.codex.test_hooks import missing
from tests.tray.faces.published import ROOT
from tray.faces.guard.options import parse

PROGRAM = "~/.local/bin/tankful"
EVENTS = tuple(
    OwnHook(event=event, program=PROGRAM, timeout=5) for event in ("UserPromptSubmit", "PreToolUse")
)


def block(beginning: str) -> str:
    page = (ROOT / "docs/guard.md").read_text()
    (found,) = [each for each in page.split("\n\n") if each.lstrip().startswith(beginning)]
    return textwrap.dedent(found)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(provider="any", path=tmp_path, label="~/home")


def test_of_claude(home: Home) -> None:
    settings = json.loads("{" + block('"hooks": {') + "}")
    (home.path / "settings.json").write_text(json.dumps(settings))
    assert claude_hooks.find_hooks(home, {}, None) == EVENTS
    for groups in settings["hooks"].values():
        assert groups == [
            {
                "hooks": [
                    {
                        "type": "command",
                        "timeout": 5,
                        "command": "~/.local/bin/tankful guard --hook claude",
                    }
                ]
            }
        ]


def test_of_codex(home: Home) -> None:
    page = (ROOT / "docs/guard.md").read_text()
    start = page.index("    [[hooks.UserPromptSubmit]]")
    text = textwrap.dedent(page[start : page.index("\n\nCodex asks once", start)])
    (home.path / "config.toml").write_text(text)
    assert codex_hooks.find_hooks(home, {}, None, find=missing) == EVENTS
    for groups in tomllib.loads(text)["hooks"].values():
        assert groups == [
            {
                "hooks": [
                    {"type": "command", "command": "~/.local/bin/tankful guard --hook codex", "timeout": 5}
                ]
            }
        ]


@pytest.mark.parametrize("line", ["--hook codex", "--hook claude", "--hook codex --refuse-calls"])
def test_each_is_answered_fast(line: str) -> None:
    assert parse(line.split()) is not None
