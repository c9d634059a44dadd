"""What Tab does in real shells."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.real.terminals import Terminal, terminal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no such terminals")

START = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], 'eval "$(tankful completion bash)"'),
    "zsh": (["zsh", "-f", "-i"], 'autoload -U compinit; compinit -u -D; eval "$(tankful completion zsh)"'),
    # It wants the terminal to be its own.
    "fish": (["setsid", "--ctty", "fish", "--no-config", "-i"], "tankful completion fish | source"),
}


class Typed:
    """A shell with the completions in it."""

    def __init__(self, screen: Terminal) -> None:
        self._screen = screen

    def completes(self, typed: str, into: str) -> None:
        """One way to go on: Tab takes it."""
        self._screen.types(f"\x15{typed}\t")
        self._screen.until(lambda: into in self._screen.text, f"{typed!r} did not become {into!r}")

    def offers(self, typed: str, *words: str) -> None:
        """Several: they are listed."""
        self._screen.types(f"\x15{typed}\t\t")
        self._screen.until(
            lambda: all(word in self._screen.text for word in words), f"{typed!r} did not offer {words}"
        )


@pytest.mark.parametrize("shell", START)
def test_tab(shell: str, tmp_path: Path, need: Callable[..., None]) -> None:
    command, load = START[shell]
    need(command[0], shell)
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    (bin_ / "tankful").write_text(f'#!/bin/sh\nexec {sys.executable} -m tray.cli "$@"\n')
    (bin_ / "tankful").chmod(0o755)
    environ = {
        "HOME": str(tmp_path),
        "PATH": f"{bin_}:{os.environ['PATH']}",
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "PS1": "ready> ",
        "INPUTRC": "/dev/null",
    }
    with terminal(command, environ, tmp_path) as screen:
        screen.types(f"{load}; echo loa''ded\r")
        screen.until(lambda: "loaded" in screen.text, "the completions cannot be loaded")
        typed = Typed(screen)
        typed.completes("tankful doct", into="tankful doctor")
        typed.completes("tankful usage --refr", into="tankful usage --refresh")
        typed.completes("tankful cost --provider clau", into="tankful cost --provider claude")
        typed.completes("tankful config set notify.quiet", into="tankful config set notify.quiet_hours")
        typed.completes("tankful prices upd", into="tankful prices update")
        typed.offers("tankful guard --window ", "session", "weekly", "any")
        typed.offers("tankful completion ", "bash", "zsh", "fish")
