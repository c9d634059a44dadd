"""The ids that `tankful cost --by session` prints, handed to the real CLIs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.real.claude_sessions import sessions
from tests.real.codex_threads import threads
from tests.real.test_app_server import NEWEST as NEWEST_CODEX
from tests.real.test_claude import VERSIONS


def resume_command(folder: Path, **homes: Path) -> list[str]:
    """The one that stands below the only session of these homes."""
    shown = subprocess.run(
        [sys.executable, "-m", "tray.cli", "cost", "--by", "session", "--days", "2"],
        env={
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": str(folder),
            "TANKFUL_HOME": str(folder / "own"),
            **{name: str(home) for name, home in homes.items()},
        },
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    ).stdout
    [command] = re.findall(r"^  ((?:codex|claude) .*?)(?:  ·.*)?$", shown, re.MULTILINE)
    return str(command).split()


@pytest.mark.parametrize("version", VERSIONS)
def test_claude_goes_on_with_the_session(
    version: str, cli: Callable[[str, str], Path], tmp_path: Path
) -> None:
    with sessions(cli("@anthropic-ai/claude-code", version), tmp_path / "person") as person:
        session = person.prints("one")
        program, *arguments = resume_command(tmp_path, CLAUDE_CONFIG_DIR=person.home)
        assert program == "claude"
        assert person.prints("two", *arguments) == session


def test_codex_goes_on_with_the_thread(cli: Callable[[str, str], Path], tmp_path: Path) -> None:
    with threads(cli("@openai/codex", NEWEST_CODEX), tmp_path / "person") as person:
        thread = person.runs("one")
        program, *arguments = resume_command(tmp_path, CODEX_HOME=person.home)
        assert program == "codex"
        assert person.runs(*arguments, "two") == thread
        assert len(person.logs) == 1
