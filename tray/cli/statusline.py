"""`tankful statusline`: what is left, in one line for a status bar, a prompt or Claude Code's status line."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from tray.cli import bar_arguments
from tray.cli.console import BadArgument

if TYPE_CHECKING:
    from tray.faces.bars.template import Pieces

_USAGE = """tankful statusline [--format FORMAT] [--template TEMPLATE]
                          [--provider ID] [--max-age AGE]
       tankful statusline --from-claude [--template TEMPLATE] [-- COMMAND ...]"""


EXAMPLES = (
    ("tankful statusline --format waybar", "a line for waybar; its block is in docs/bars.md"),
    ("tankful statusline --template '{tightest.left} % until {tightest.resets_at}'", "a line of your own"),
    (
        "tankful statusline --from-claude -- ~/.claude/my-line.sh",
        "in Claude Code's settings, with your own line",
    ),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.usage = _USAGE
    parser.description = (
        "Print what is left in one line, from the last published values; or, as Claude Code's statusLine "
        "command, read the JSON that Claude Code sends on stdin, store the limits in it and print them."
    )
    bar_arguments.add(parser)
    parser.add_argument("--from-claude", action="store_true", help="read Claude Code's JSON on stdin")
    parser.add_argument(
        "--max-age",
        metavar="AGE",
        help="refresh in the background if the values are older, such as 90s, 5m or 2h (default: 5m)",
    )
    parser.add_argument(
        "command",
        nargs=argparse.REMAINDER,
        metavar="-- COMMAND",
        help="run your own status line command with the same JSON and print its output instead; a single "
        "argument is run by the shell",
    )


def run(options: argparse.Namespace) -> int:
    if options.from_claude:
        return _from_claude(options)
    if options.command:
        raise BadArgument("COMMAND needs --from-claude")
    from tray.faces.bars import statusline

    snapshot = statusline.read_snapshot()
    return statusline.show(bar_arguments.checked(options, snapshot, options.max_age), snapshot)


def _from_claude(options: argparse.Namespace) -> int:
    from tray.faces import claude_statusline

    for name in ("format", "provider", "max_age"):
        if getattr(options, name) is not None:
            raise BadArgument(f"--{name.replace('_', '-')} does not go with --from-claude")
    command = options.command
    if command and (command[0] != "--" or len(command) == 1):
        raise BadArgument("put the command after `--`")
    return claude_statusline.show(command[1:], _own_line(options.template))


def _own_line(text: str | None) -> Pieces | None:
    from providers.registry import PROVIDERS
    from tray.faces import claude_template
    from tray.faces.bars import statusline

    if text is None:
        return None
    return bar_arguments.pieces_of(
        text,
        tuple(provider.id for provider in PROVIDERS),
        statusline.read_snapshot(),
        claude_template.NAMES,
    )
