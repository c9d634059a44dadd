"""`tankful statusline`: what is left, in one line for a status bar, a prompt or Claude Code's status line."""

from __future__ import annotations

import argparse

from tray.cli.console import BadArgument, chosen

_USAGE = """tankful statusline --format text [--provider ID]
                          [--max-age AGE]
       tankful statusline --from-claude [-- COMMAND ...]"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.usage = _USAGE
    parser.description = (
        "Print what is left in one line, from the last published values; or, as Claude Code's statusLine "
        "command, read the JSON that Claude Code sends on stdin, store the limits in it and print them."
    )
    how = parser.add_mutually_exclusive_group(required=True)
    how.add_argument("--format", choices=("text",), help="the kind of line to print")
    how.add_argument("--from-claude", action="store_true", help="read Claude Code's JSON on stdin")
    parser.add_argument(
        "--provider", metavar="ID", default="all", help="show only this provider (default: all)"
    )
    parser.add_argument(
        "--max-age",
        metavar="AGE",
        default="5m",
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
    return _format(options) if options.format else _from_claude(options.command)


def _format(options: argparse.Namespace) -> int:
    from providers.registry import PROVIDERS
    from tray.faces import bars

    max_age = bars.age(options.max_age)
    if max_age is None:
        raise BadArgument(f"{options.max_age!r} is not a valid age; use the form 90s, 5m or 2h")
    if options.command:
        raise BadArgument("COMMAND needs --from-claude")
    chosen("provider", options.provider, "all", tuple(provider.id for provider in PROVIDERS))
    return bars.show(options.provider, max_age)


def _from_claude(command: list[str]) -> int:
    from tray.faces import claude_statusline

    if command and (command[0] != "--" or len(command) == 1):
        raise BadArgument("put the command after `--`")
    return claude_statusline.show(command[1:])
