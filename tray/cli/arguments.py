"""The parser of one command."""

from __future__ import annotations

import argparse
import sys
from typing import NoReturn

from tray.cli.commands import Command
from tray.cli.console import BAD_ARGUMENTS


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        if sys.stderr is not None:  # else argparse would print it among the data
            self.print_usage(sys.stderr)
        self.exit(BAD_ARGUMENTS, f"{self.prog}: {message}\n")


def parser_of(command: Command) -> Parser:
    """A parser without arguments yet."""
    return Parser(
        prog=f"tankful {command.name}".rstrip(),
        description=f"{command.summary[:1].upper()}{command.summary[1:]}.",
    )
