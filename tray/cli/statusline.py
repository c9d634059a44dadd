"""`tankful statusline`: what is left, in one line for the status line of another program."""

from __future__ import annotations

import argparse

from tray.cli.console import BadArgument


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.usage = "tankful statusline --from-claude [-- COMMAND ...]"
    parser.description = (
        "For Claude Code's statusLine setting: reads the JSON that Claude Code sends on stdin, stores the "
        "limits in it and prints what is left in one line."
    )
    parser.add_argument(
        "--from-claude", action="store_true", required=True, help="read Claude Code's JSON on stdin"
    )
    parser.add_argument(
        "command",
        nargs=argparse.REMAINDER,
        metavar="-- COMMAND",
        help="run your own status line command with the same JSON and print its output instead; a single "
        "argument is run by the shell",
    )


def run(options: argparse.Namespace) -> int:
    from tray.faces import claude_statusline

    if options.command and (options.command[0] != "--" or len(options.command) == 1):
        raise BadArgument("put the command after `--`")
    return claude_statusline.show(options.command[1:])
