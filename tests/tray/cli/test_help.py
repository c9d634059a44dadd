"""`--help`: for every command, with examples that work, as wide as the terminal."""

from __future__ import annotations

import shlex
from importlib import import_module

import pytest

from providers.registry import PROVIDERS
from tests.tray.cli.test_commands import tankful
from tools.completion import parser_of_all
from tray.cli.commands import COMMANDS

VERBS = {"Check", "Choose", "Compare", "Print", "Record", "Save", "Serve", "Show"}
NAMED = [command for command in COMMANDS if command.name and command.summary]
EXAMPLES = [line for command in NAMED for line, _ in getattr(import_module(command.module), "EXAMPLES", ())]


@pytest.mark.parametrize("name", [command.name for command in NAMED])
def test_every_help_ends_with_examples(name: str) -> None:
    done = tankful(name, "--help")
    assert done.returncode == 0
    assert "\nexamples:\n  " in done.stdout
    assert f"tankful {name}" in done.stdout.split("examples:")[1]


@pytest.mark.parametrize("name", [command.name for command in NAMED])
def test_every_help_speaks_with_one_voice(name: str) -> None:
    shown = tankful(name, "--help", COLUMNS="200").stdout
    assert "  show this help and exit\n" in shown
    assert "positional arguments:" not in shown
    first = shown.split("\n\n")[1].split()[0]
    assert first in VERBS, "an imperative, as those of the other commands"
    if "--provider" in shown and name != "login-cookie":  # a cookie is of one provider
        ids = ", ".join(provider.id for provider in PROVIDERS)
        assert f"only this provider: {ids} (default: all)" in shown
    widest = max(len(line) for line in shown.split("examples:")[0].splitlines())
    assert widest > 80 or len(shown) < 1000, "as wide as the terminal"


@pytest.mark.parametrize("line", EXAMPLES)
def test_every_example_is_right(line: str) -> None:
    words = shlex.split(line.replace('"$(', "").replace(')"', ""))
    words = words[words.index("tankful") + 1 :] if "mcp" not in words else ["mcp"]
    end = next((place for place, word in enumerate(words) if word in ("|", ">", "&&", "||")), len(words))
    parser_of_all().parse_args(words[:end])


@pytest.mark.parametrize("columns", [40, 60, 80, 200])
@pytest.mark.parametrize("arguments", [("--help",), ("cost", "--help"), ("config", "set", "--help")])
def test_it_is_as_wide_as_the_terminal(arguments: tuple[str, ...], columns: int) -> None:
    shown = tankful(*arguments, COLUMNS=str(columns)).stdout.split("examples:")[0]
    widths = [len(line) for line in shown.splitlines()]
    assert max(widths) < columns
    assert columns > 80 or max(widths) > columns - 25, "the room is used"


@pytest.mark.parametrize("environ", [{}, {"FORCE_COLOR": "0"}, {"NO_COLOR": "1", "FORCE_COLOR": "1"}])
def test_there_is_no_colour_in_a_pipe(environ: dict[str, str]) -> None:
    for arguments in (("--help",), ("usage", "--help"), ("usage", "--nonsense"), ("cost", "--days", "0")):
        done = tankful(*arguments, **environ)
        assert "\x1b" not in done.stdout + done.stderr


def test_the_version() -> None:
    from providers.version import VERSION

    assert tankful("--version").stdout == f"tankful {VERSION}\n"
