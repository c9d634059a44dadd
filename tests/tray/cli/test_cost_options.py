"""The arguments of `tankful cost`: read without argparse as argparse reads them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.providers.claude.reading import answer, spent, text
from tray.cli import cost, cost_options
from tray.cli.arguments import parser_of
from tray.cli.commands import COMMANDS

COMMAND = next(command for command in COMMANDS if command.name == "cost")


def as_argparse(arguments: list[str]) -> dict[str, object]:
    parser = parser_of(COMMAND)
    cost.add_arguments(parser)
    return vars(parser.parse_args(arguments))


def plainly(arguments: list[str]) -> dict[str, object] | None:
    options = cost_options.read(arguments)
    return None if options is None else {name: getattr(options, name) for name in options.__slots__}


@pytest.mark.parametrize(
    "arguments",
    [
        "",
        "--json",
        "--json --provider codex",
        "--days 7 --by model --chart --models",
        "--since 2026-11-01 --until 2026-11-30 --rates",
        "--timezone Europe/Berlin --days 007 --days 8",
        "--provider nobody --by session --json --json",
        *(f"--by {group}" for group in cost_options.GROUPS),
    ],
)
def test_as_argparse(arguments: str) -> None:
    assert plainly(arguments.split()) == as_argparse(arguments.split())


@pytest.mark.parametrize(
    "arguments",
    [
        ["-h"],
        ["--help"],
        ["--js"],
        ["--by=day"],
        ["--by", "year"],
        ["--by"],
        ["--by", "--json"],
        ["--days", "-3"],
        ["--days", "seven"],
        ["--days", "\u0663"],
        ["--days", "9" * 5000],
        ["--since", ""],
        ["--json", "x"],
        ["--"],
        [""],
    ],
)
def test_what_is_not_certainly_right_is_left_to_argparse(arguments: list[str]) -> None:
    assert plainly(arguments) is None


def test_nothing_is_loaded_that_a_count_does_not_need(tmp_path: Path) -> None:
    heavy = {"argparse", "json", "providers.domain.audit", "providers.domain.server_count"}
    code = "import sys\nfrom tray.cli.main import main\nmain(['cost', '--json', '--since', '2026-11-01'])\n"
    code += f"print('providers.claude.logs.resolve' in sys.modules, {heavy} & {{*sys.modules}})"
    log = tmp_path / ".claude" / "projects" / "p" / "s.jsonl"
    log.parent.mkdir(parents=True)
    log.write_bytes(text([answer(spent())]))
    environ = {"TANKFUL_HOME": str(tmp_path / "own"), "HOME": str(tmp_path), "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False
    )
    assert done.stdout.endswith("True set()\n"), done.stdout + done.stderr
