"""Without a Codex, which alone knows what is trusted: tests/real/test_guarded_codex.py asks a real one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from providers.codex import hooks
from providers.domain.errors import NotUnderstood, ProgramMissing
from providers.domain.hook_line import program_of, purpose_of
from providers.host.locate.find import Program
from providers.source import Home, OwnHook

GUARD = {"type": "command", "command": "/home/me/bin/tankful guard --hook codex", "timeout": 5}
OTHER = {"type": "command", "command": "secret --token 7f3a9c"}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    folder = tmp_path / "home"
    folder.mkdir()
    return Home(provider="codex", path=folder, label="~/.codex")


def missing(name: str, *, chosen: Path | None, environ: Mapping[str, str]) -> Program:
    raise ProgramMissing("There is no Codex.", remedy="Install it.")


def found(home: Home) -> tuple[OwnHook, ...]:
    return hooks.find_hooks(home, {}, None, find=missing)


def test_none(home: Home) -> None:
    assert found(home) == ()
    (home.path / "hooks.json").write_text(json.dumps({"hooks": {"Stop": [{"hooks": [OTHER]}]}}))
    assert found(home) == ()


def test_in_both_files(home: Home) -> None:
    (home.path / "hooks.json").write_text(json.dumps({"hooks": {"PreToolUse": [{"hooks": [OTHER, GUARD]}]}}))
    (home.path / "config.toml").write_text(
        "[[hooks.UserPromptSubmit]]\n[[hooks.UserPromptSubmit.hooks]]\n"
        'type = "command"\ncommand = "tankful guard --min-left 20 --hook codex"\n'
    )
    assert found(home) == (
        OwnHook(event="PreToolUse", program="/home/me/bin/tankful", timeout=5),
        OwnHook(event="UserPromptSubmit", program="tankful", timeout=600),
    )


@pytest.mark.parametrize(
    "content", ["[]", '{"hooks": 1}', '{"hooks": {"Stop": [1, {"hooks": [1, {"command": 3}]}]}}']
)
def test_odd_files(home: Home, content: str) -> None:
    (home.path / "hooks.json").write_text(content)
    assert found(home) == ()


def test_files_that_cannot_be_read(home: Home) -> None:
    (home.path / "hooks.json").write_text("{")
    with pytest.raises(NotUnderstood):
        found(home)


def test_foreign_hooks_are_not_copied(home: Home, tmp_path: Path) -> None:
    """They may hold a token; what they are is replaced, and where they stand stays, since trust goes by places."""
    state = {f"{home.path}/hooks.json:stop:0:1": {"trusted_hash": "sha256:1"}, "/else:stop:0:0": {}}
    table: dict[str, Any] = {"Stop": [{"matcher": "a", "hooks": [OTHER, GUARD]}, {"hooks": [OTHER]}]}
    place = tmp_path / "place"
    place.mkdir()
    hooks._write_config(place, home, {"hooks.json": table, "config.toml": {}}, {"hooks": {"state": state}})
    text = (place / "hooks.json").read_text()
    assert "7f3a9c" not in text
    assert [len(each["hooks"]) for each in json.loads(text)["hooks"]["Stop"]] == [2, 1]
    assert json.loads(text)["hooks"]["Stop"][0]["hooks"][1] == GUARD
    config = (place / "config.toml").read_text()
    assert f"{place}/hooks.json:stop:0:1" in config
    assert "else" not in config


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("tankful guard --hook codex", "guard"),
        ("'/a b/tankful' guard --min-left 5 --hook=codex --refuse-calls", "guard"),
        ("python -m tray.cli guard --hook claude", "guard"),
        ("tankful guard", None),
        ("safeguard --hook codex", None),
        ("echo guards --hook codex", None),
        ("~/.local/bin/tankful hook --for codex", "sessions"),
        ("'/a b/tankful' hook --for=claude", "sessions"),
        ("tankful hook", None),
        ("webhook --for codex", None),
        (None, None),
    ],
)
def test_how_hooks_of_ours_are_recognized(command: object, expected: str | None) -> None:
    assert purpose_of(command) == expected


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("tankful guard --hook codex", "tankful"),
        ("'/a b/tankful' guard --hook codex", "/a b/tankful"),
        ("TANKFUL_HOME=/secret ~/bin/tankful guard --hook codex", "~/bin/tankful"),
        ("$HOME/bin/tankful guard --hook codex", None),
        ("'tankful guard --hook codex", None),
        ("A=1", None),
        ("", None),
        (5, None),
    ],
)
def test_the_program_of_a_hook(command: object, expected: str | None) -> None:
    assert program_of(command) == expected
