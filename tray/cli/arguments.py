"""The parser of one command."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn, TextIO

from tray.cli.commands import Command
from tray.cli.console import BAD_ARGUMENTS
from tray.view.terminal import columns, is_styled

KNOWN_PROVIDERS = "codex, claude"
"""For help, which has no time to import them."""
Example = tuple[str, str]
"""A command line, and what it does."""


class _Help(argparse.HelpFormatter):
    """Wraps text, but not what has lines of its own, such as examples, which are there to be copied. Actions are
    listed without a line for their placeholder.
    """

    def __init__(self, prog: str, **more: Any) -> None:
        super().__init__(prog, **{"width": columns(os.environ, sys.stdout) - 2, **more})

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return text if "\n" in text else super()._fill_text(text, width, indent)

    def _format_action(self, action: argparse.Action) -> str:
        if not isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - there is no other name for it
            return super()._format_action(action)
        return "".join(self._format_action(each) for each in action._get_subactions())  # noqa: SLF001


class Parser(argparse.ArgumentParser):
    def __init__(self, **arguments: Any) -> None:
        own = {"formatter_class": _Help, "add_help": False, **_coloured(sys.stdout)}
        super().__init__(**{**own, **arguments})
        self._positionals.title = "arguments"
        self.add_argument("-h", "--help", action="help", help="show this help and exit")

    def error(self, message: str) -> NoReturn:
        if sys.stderr is not None:  # else argparse would print it among the data
            vars(self).update(_coloured(sys.stderr))
            self.print_usage(sys.stderr)
        self.exit(BAD_ARGUMENTS, f"{self.prog}: {message}\n")


def _coloured(stream: TextIO | None) -> dict[str, bool]:
    """From Python 3.14 on argparse colours its help, also where FORCE_COLOR=0 says not to."""
    return {"color": is_styled(os.environ, stream)} if sys.version_info >= (3, 14) else {}


def add_provider(parser: argparse.ArgumentParser, verb: str, default: str | None = "all") -> None:
    """The argument that all commands have which can do with one provider alone."""
    text = f"{verb} only this provider: {KNOWN_PROVIDERS} (default: all)"
    parser.add_argument("--provider", metavar="ID", default=default, help=text)


def parser_of(command: Command, examples: Sequence[Example] = ()) -> Parser:
    """A parser without arguments yet."""
    return Parser(
        prog=f"tankful {command.name}".rstrip(),
        description=f"{command.summary[:1].upper()}{command.summary[1:]}.",
        epilog=_listed(examples),
    )


def _listed(examples: Sequence[Example]) -> str | None:
    """Each on a line of its own, with what it does below it: the lines of some are long."""
    if not examples:
        return None
    return "examples:\n" + "\n".join(f"  {line}\n      {does}" for line, does in examples)
