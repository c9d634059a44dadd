"""What `tankful --help` prints, from the table of commands alone; and the error for an unknown command."""

from __future__ import annotations

TYPE_CHECKING = False  # as in `main`
if TYPE_CHECKING:
    from collections.abc import Sequence

    from tray.cli.commands import Command

SUMMARY = (
    "Shows what is left of your Codex and Claude Code limits, when they reset, and what your usage costs."
)
OPTIONS = (
    ("--tray", "wait for a desktop to appear (for autostart)"),
    ("--headless", "run without a tray and keep the snapshot current (for servers)"),
    ("--version", "show the version and exit"),
    ("-h, --help", "show this help and exit"),
)


def overview(commands: Sequence[Command]) -> str:
    """All commands, a line each if the terminal is wide enough."""
    import os
    import sys
    import textwrap

    from tray.view.terminal import columns

    page = columns(os.environ, sys.stdout)

    def line(name: str, summary: str) -> str:
        begin = f"  {name:{width}}  "
        return textwrap.fill(summary, page - 1, initial_indent=begin, subsequent_indent=" " * len(begin))

    named = [(command.name, command.summary) for command in commands if command.name and command.summary]
    width = max(len(name) for name, _ in (*named, *OPTIONS))
    return "\n".join(
        (
            "usage: tankful [OPTIONS]",
            "       tankful COMMAND [OPTIONS]",
            "",
            *textwrap.wrap(SUMMARY, min(page, 80) - 1),
            "",
            "commands:",
            *(line("(none)", command.summary) for command in commands if not command.name),
            *(line(name, summary) for name, summary in named),
            "",
            "options:",
            *(line(name, summary) for name, summary in OPTIONS),
            "",
            *textwrap.wrap("Run `tankful COMMAND --help` for the options of a command.", page - 1),
        )
    )


def unknown(name: str, commands: Sequence[Command]) -> str:
    """A sentence on a name that no command has."""
    from difflib import get_close_matches

    names = [command.name for command in commands if command.name and command.summary]
    near = get_close_matches(name, names, 1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"unknown command {name!r}.{hint} The commands are {', '.join(names)}."
