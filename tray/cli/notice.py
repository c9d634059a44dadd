"""`tankful notice`: what a guard starts to tell a person whose CLI does not. Prints nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tray.cli.console import OK

if TYPE_CHECKING:
    import argparse


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """It takes none."""


def run(_options: argparse.Namespace) -> int:
    return OK
