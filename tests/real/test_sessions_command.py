"""A real Claude Code in a real tmux asks for permission: `tankful sessions` shows that, and opens its pane."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.left_behind import at_work
from tests.programs import ROOT
from tests.real.claude_sessions import Sessions, sessions
from tests.real.live_claude import ASK, PLAYS, QUESTION, LiveModel
from tests.real.panel import until
from tests.real.session import DEADLINE
from tests.real.test_claude import NOTES, PACKAGE
from tests.real.test_terminals import PROGRAMS, Terminals, desktop

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="X11")


class Person:
    """Somebody whose Claudes run in tmux."""

    def __init__(self, claude: Sessions, terminals: Terminals, own: Path) -> None:
        self.claude, self.terminals = claude, terminals
        path = {"PATH": os.environ["PATH"], "DISPLAY": terminals.panel.environ["DISPLAY"]}
        homes = {"CLAUDE_CONFIG_DIR": str(claude.home), "CODEX_HOME": str(own / "none")}
        self.environ = {"HOME": str(own), "TANKFUL_HOME": str(own / "own"), **homes, **path}

    def starts(self, name: str) -> str:
        """A window of tmux with a Claude in it, and its pane."""
        variables = [word for each in self.claude.environ.items() for word in ("-e", "=".join(each))]
        command = (str(self.claude.program), "--permission-mode", "default")
        where = ("-d", "-P", "-F", "#{pane_id}", "-c", str(self.claude.work), "-n", name, *variables)
        pane = self.terminals.tmux("new-window", "-t", "first", *where, *command)
        until(lambda: "❯" in self.shows(pane), "it never asked for a prompt")
        return pane

    def shows(self, pane: str) -> str:
        return self.terminals.tmux("capture-pane", "-p", "-t", pane)

    def enters(self, pane: str, text: str) -> None:
        self.terminals.tmux("send-keys", "-t", pane, "-l", text)
        until(lambda: text in self.shows(pane), "it shows nothing")
        self.terminals.tmux("send-keys", "-t", pane, "Enter")

    def tankful(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "tray.cli", "sessions", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self.environ, capture_output=True, text=True, timeout=DEADLINE, check=False
        )

    def sees(self, *statuses: str) -> list[dict[str, Any]]:
        """The sessions, once they are these."""

        def found() -> list[dict[str, Any]]:
            shown: list[dict[str, Any]] = json.loads(self.tankful("--json").stdout)["sessions"]
            return shown if sorted(each["status"] for each in shown) == sorted(statuses) else []

        return until(found, f"never {statuses}")


@contextmanager
def person(program: Path, folder: Path) -> Iterator[Person]:
    with desktop(folder) as terminals, sessions(program, folder / "person", LiveModel(*PLAYS)) as claude:
        terminals.tmux("new-session", "-d", "-s", "first", "-x", "100", "-y", "40", "sleep 600")
        own = folder / "tankful"
        own.mkdir()
        yield Person(claude, terminals, own)
    until(lambda: at_work(claude.folder) == [], "something is left behind")


def test_the_one_that_waits_is_shown_first_and_opened(
    cli: Callable[[str, str], Path], tmp_path: Path, need: Callable[..., None]
) -> None:
    need(*PROGRAMS, "tmux")
    with person(cli(PACKAGE, NOTES), tmp_path) as dev:
        asking, idle = dev.starts("asking"), dev.starts("idle")
        dev.enters(asking, ASK)
        first, second = dev.sees("approval", "idle")
        assert (first["status"], first["task"]["tool"], second["status"]) == ("approval", "Bash", "idle")

        table = dev.tankful()
        assert table.returncode == 0
        assert table.stdout.startswith("1 session waits for you (1 approval), 1 is idle.\n")
        assert [line[:16] for line in table.stdout.splitlines()].count("! approval: Bash") == 1
        assert "touch asked" in table.stdout
        assert ASK not in table.stdout, "no prompt is shown"

        opened = dev.tankful("open", first["id"])
        assert (opened.returncode, opened.stderr) == (0, HIDDEN)
        assert opened.stdout.startswith(f"tmux -S {tmp_path}/tmux attach -t ")

        window = dev.terminals.xterm("around", *dev.terminals.attach("first"))
        other = dev.terminals.xterm("other")
        dev.terminals.until_active(other)
        opened = dev.tankful("open", first["id"][:8])
        assert (opened.returncode, opened.stdout) == (0, "")
        assert "at the front now, in tmux" in opened.stderr
        dev.terminals.until_active(window)
        assert dev.terminals.tmux("display-message", "-p", "-t", "first", "#{pane_id}") == asking
        assert "touch asked" in dev.shows(asking), "it still asks: nothing was typed"

        assert dev.tankful("open", second["id"]).returncode == 0
        assert dev.terminals.tmux("display-message", "-p", "-t", "first", "#{pane_id}") == idle
        dev.enters(idle, QUESTION)
        dev.sees("approval", "waiting")
        assert dev.tankful().stdout.startswith("2 sessions wait for you (1 approval, 1 question).\n")


HIDDEN = "tankful: no terminal shows it. Copied the command that shows it:\n"
