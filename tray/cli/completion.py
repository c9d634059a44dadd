"""`tankful completion`: the completions of a shell, as they were made when this version was built."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tray.cli.console import OK

if TYPE_CHECKING:
    import argparse

SHELLS = ("bash", "zsh", "fish")
_FOLDER = Path(__file__).parents[2] / "assets/completions"
EXAMPLES = (
    ('eval "$(tankful completion bash)"', "in ~/.bashrc"),
    ('eval "$(tankful completion zsh)"', "in ~/.zshrc, after compinit"),
    ("tankful completion fish | source", "in ~/.config/fish/config.fish"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=SHELLS, help="the shell to complete commands in")


def run(options: argparse.Namespace) -> int:
    content = path_of(options.shell).read_bytes()
    if sys.stdout is not None:
        sys.stdout.buffer.write(content)
    return OK


def path_of(shell: str) -> Path:
    return _FOLDER / f"tankful.{shell}"
