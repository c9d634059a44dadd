"""The completions that the package brings along."""

from __future__ import annotations

import re

import pytest

from tests.tray.cli.test_commands import tankful
from tools.completion import WORDS, script
from tray.cli.commands import COMMANDS
from tray.cli.completion import SHELLS, path_of


@pytest.mark.parametrize("shell", SHELLS)
def test_the_files_are_up_to_date(shell: str) -> None:
    assert path_of(shell).read_text(encoding="utf-8") == script(shell), (
        "Commands, options or settings have changed: run `python -m tools.completion`."
    )


@pytest.mark.parametrize("shell", SHELLS)
def test_it_prints_the_file(shell: str) -> None:
    done = tankful("completion", shell)
    assert (done.returncode, done.stdout) == (0, path_of(shell).read_text(encoding="utf-8"))
    assert not {"shtab", "msgspec"} & set(done.stderr.split())


def test_every_command_is_in_it_and_none_that_is_hidden() -> None:
    (line,) = re.findall(r"^_shtab_tankful_subparsers=\((.*)\)$", script("bash"), re.MULTILINE)
    assert line.split() == [command.name for command in COMMANDS if command.name and command.summary]


def test_every_setting_and_every_provider_can_be_completed() -> None:
    assert {"codex", "claude", "all"} == set(WORDS["provider"])
    assert "budget.week" in WORDS["key"]
    assert "budget.week" in script("bash")


@pytest.mark.parametrize("arguments", [(), ("powershell",), ("bash", "zsh")])
def test_another_shell_is_refused(arguments: tuple[str, ...]) -> None:
    done = tankful("completion", *arguments)
    assert (done.returncode, done.stdout) == (64, "")
