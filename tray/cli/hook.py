"""`tankful hook`: records what a session is doing, as a hook of its CLI."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tray.cli.arguments import KNOWN_PROVIDERS
from tray.cli.console import BadArgument
from tray.faces import session_hook

if TYPE_CHECKING:
    import argparse

EXAMPLES = (("tankful hook --for claude", "as the command of a hook in Claude Code's settings.json"),)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Record what a session is doing, as a hook of its CLI. Only the status, the name of a tool and the time "
        "are kept. docs/sessions.md has the lines to paste."
    )
    parser.add_argument(
        session_hook.OPTION,
        dest="hook",
        metavar="ID",
        required=True,
        help=f"the CLI that runs the hook: {KNOWN_PROVIDERS}",
    )


def hooks() -> list[str]:
    from providers.registry import PROVIDERS

    return [provider.id for provider in PROVIDERS if session_hook.protocol_of(provider.id)]


def run(options: argparse.Namespace) -> int:
    code = session_hook.run(options.hook)
    if code is None:
        raise BadArgument(f"unknown hook {options.hook!r}; choose from {', '.join(hooks())}")
    return code
