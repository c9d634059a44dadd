"""`tankful watch`: what is left, in one line again whenever it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tray.cli import bar_arguments
from tray.cli.console import BadArgument

if TYPE_CHECKING:
    import argparse


EXAMPLES = (
    ("tankful watch --format polybar", "for a bar that keeps a program running"),
    ("tankful watch --json", "each change, for a script"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.usage = (
        "tankful watch [--json | --format FORMAT] [--template TEMPLATE]\n                     [--provider ID]"
    )
    parser.description = (
        "Print what is left in one line, and again whenever it changes, until its reader exits. Where no "
        "tray runs, this keeps the values up to date itself."
    )
    bar_arguments.add(parser)
    parser.add_argument(
        "--json", action="store_true", help="print the document of `usage --json` on one line"
    )


def run(given: argparse.Namespace) -> int:
    from tray.faces.bars import statusline, watch

    if given.json and (given.format or given.template is not None):
        raise BadArgument("--json does not go with --format or --template")
    arguments = ["--json"] if given.json else []
    for name in ("format", "template", "provider"):
        value = getattr(given, name)
        arguments += [] if value is None else [f"--{name}", value]
    if given.format is None and given.template is None:
        given.format = "text"
    options = bar_arguments.checked(given, statusline.read_snapshot())
    if not any((value or "").startswith("-") for value in (given.template, given.provider)):
        watch.restart(arguments)
    return watch.show(options, is_json=given.json)
