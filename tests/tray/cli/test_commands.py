"""The table of commands, and how one of them is chosen."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from providers.claude.statusline import bridge
from tray.cli import internal_error, tray
from tray.cli.commands import COMMANDS, Command
from tray.cli.help import overview
from tray.cli.main import main

FAKE = """
from tray.cli.console import BadArgument

def add_arguments(parser):
    parser.add_argument("litres", type=int, help="how much")

def run(options):
    if options.litres == 0:
        raise BadArgument("nothing is not enough")
    if options.litres == 99:
        raise KeyboardInterrupt
    print({5: "full", 6: "fuller"}[options.litres])
    return 3
"""
CRASH = FAKE.splitlines().index('    print({5: "full", 6: "fuller"}[options.litres])') + 1
FAST = """
import sys

def answer(arguments):
    if arguments != ["5"]:
        return None
    print("at once", "argparse" in sys.modules)
    return 4
"""
NAMES = [command.name for command in COMMANDS]


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Command, ...]:
    """The table with one more line, for one more file."""
    (tmp_path / "fake_refuel.py").write_text(FAKE)
    (tmp_path / "fake_refuel_fast.py").write_text(FAST)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "fake_refuel", raising=False)
    monkeypatch.delenv("TANKFUL_DEBUG", raising=False)
    return (*COMMANDS, Command("refuel", "fill the tank", "fake_refuel"))


def tankful(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """`tankful`, and on stderr's last line every module that it imported."""
    code = "import sys\nfrom tray.cli.main import main\ntry: sys.exit(main())\nfinally: sys.stderr.write("
    return subprocess.run(
        [sys.executable, "-c", f"{code}' '.join(sys.modules))", *arguments],
        capture_output=True,
        check=False,
        timeout=30,
        text=True,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **environ},
    )


def test_a_new_command_is_a_file_and_a_line(
    commands: tuple[Command, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--help"], commands) == 0
    assert re.search(r"\n  refuel +fill the tank\n", capsys.readouterr().out)
    with pytest.raises(SystemExit, match=r"^0$"):
        main(["refuel", "--help"], commands)
    shown = capsys.readouterr().out
    assert shown.startswith("usage: tankful refuel [-h] litres\n\nFill the tank.\n")
    assert "how much" in shown
    assert main(["refuel", "5"], commands) == 3
    assert capsys.readouterr().out == "full\n"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "the following arguments are required: litres"),
        (["many"], "argument litres: invalid int value: 'many'"),
        (["0"], "nothing is not enough"),
    ],
)
def test_wrong_arguments_show_the_usage_of_their_command(
    commands: tuple[Command, ...], capsys: pytest.CaptureFixture[str], arguments: list[str], complaint: str
) -> None:
    with pytest.raises(SystemExit, match=r"^64$"):
        main(["refuel", *arguments], commands)
    out, errors = capsys.readouterr()
    assert (out, errors) == ("", f"usage: tankful refuel [-h] litres\ntankful refuel: {complaint}\n")


def test_a_fast_path_is_asked_first_and_may_pass(
    commands: tuple[Command, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    fast = Command("refuel", "", "fake_refuel", fast_paths=("fake_refuel_fast",))
    assert main(["refuel", "5"], (fast,)) == 4
    assert capsys.readouterr().out.startswith("at once")
    assert "fake_refuel" not in sys.modules
    assert main(["refuel", "6"], (fast,)) == 3
    assert capsys.readouterr().out == "fuller\n"


@pytest.mark.parametrize(("name", "hint"), [("usge", " Did you mean 'usage'?"), ("refuel", "")])
def test_an_unknown_command_names_those_there_are(name: str, hint: str) -> None:
    done = tankful(name)
    assert (done.returncode, done.stdout) == (64, "")
    names = [command.name for command in COMMANDS if command.name and command.summary]
    named = f"The commands are {', '.join(names)}."
    assert done.stderr.startswith(f"tankful: unknown command {name!r}.{hint} {named}\n")


@pytest.mark.parametrize("arguments", [[""], ["--trya"], ["--", "usage"], ["--tray", "usage"]])
def test_what_is_no_command_is_a_wrong_argument(arguments: list[str]) -> None:
    done = tankful(*arguments)
    assert (done.returncode, done.stdout) == (64, "")
    assert done.stderr.startswith("usage: tankful [")


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_help_and_usage(name: str) -> None:
    arguments = [name] if name else []
    done = tankful(*arguments, "--help", PYTHONIOENCODING="ascii", COLUMNS="80")
    assert done.returncode == 0
    assert done.stdout.startswith(f"usage: tankful {name}")
    assert max(map(len, done.stdout.splitlines())) <= 80
    done = tankful(*arguments, "--no-such-option")
    assert (done.returncode, done.stdout) == (64, "")
    assert done.stderr.startswith(f"usage: tankful {name}")
    assert f"tankful {name}".rstrip() + ": " in done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_a_command_that_is_not_chosen_is_not_imported(name: str) -> None:
    loaded = set(tankful(*([name] if name else []), "--help").stderr.split("\n")[-1].split())
    assert "tray.cli.main" in loaded
    modules = {command.module for command in COMMANDS}
    assert loaded & modules == {command.module for command in COMMANDS if command.name == name != ""}
    assert not loaded & {
        "tray.engine.scope",
        "tray.engine.engine",
        "tray.view.output",
        "msgspec",
        "importlib.metadata",
    }
    if not name:
        assert not loaded & {"argparse", "contextlib"}


def test_the_version_at_once() -> None:
    done = tankful("--version")
    loaded = set(done.stderr.split("\n")[-1].split())
    assert (done.returncode, done.stdout.split()[0]) == (0, "tankful")
    assert "tray.cli.main" in loaded
    assert not loaded & {"argparse", "contextlib", "importlib.metadata", "re", "tray.cli.tray"}
    assert tankful("--tray", "--version").stdout == done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="no such shell")
@pytest.mark.parametrize("arguments", [["--version"], ["--help"]])
def test_a_closed_output_is_no_error(arguments: list[str]) -> None:
    done = subprocess.run(
        ["sh", "-c", 'exec "$0" "$@" >&-', sys.executable, "-m", "tray.cli", *arguments],
        stderr=subprocess.PIPE,
        check=False,
        timeout=30,
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_the_overview_lists_every_option_of_the_bare_command() -> None:
    parser = argparse.ArgumentParser()
    tray.add_arguments(parser)
    listed = overview(COMMANDS).partition("options:")[2].replace(",", "").split()
    assert {flag for flag in listed if flag.startswith("-")} >= set(parser._option_string_actions)


def test_an_unexpected_error_is_one_sentence_without_its_values_and_is_logged(
    commands: tuple[Command, ...],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("TANKFUL_HOME", str(tmp_path))
    assert main(["refuel", "4711"], commands) == 1
    (logged,) = (tmp_path / "state/tankful.log").read_text().splitlines()
    assert " ERROR a command failed: KeyError at " in logged
    assert "4711" not in logged
    place = f"KeyError at fake_refuel.py:{CRASH}"
    advice = "Run it again with TANKFUL_DEBUG=1 to see the traceback."
    assert capsys.readouterr() == ("", f"tankful: internal error ({place}). {advice}\n")
    monkeypatch.setenv("TANKFUL_DEBUG", "1")
    assert main(["refuel", "4711"], commands) == 1
    errors = capsys.readouterr().err
    assert errors.startswith("Traceback")
    assert errors.endswith("KeyError: 4711\n")


def test_an_error_in_a_library_is_placed_where_we_called_it(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        bridge.parse(5)  # type: ignore[arg-type]  # so json raises
    except TypeError as error:
        internal_error.report(error)
    assert "(TypeError at providers/claude/statusline/bridge.py:" in capsys.readouterr().err


def test_an_interrupt_is_no_error(commands: tuple[Command, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["refuel", "99"], commands) == 130
    assert capsys.readouterr() == ("", "")
