"""The completions of bash, zsh and fish, made by shtab from the commands' own parsers.

    uv run python -m tools.completion

Run it when a command, an option or a setting comes or goes; a test compares the files with what it would write.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib import import_module

import shtab

from providers.registry import PROVIDERS
from tray.cli.arguments import Parser
from tray.cli.commands import COMMANDS, Command
from tray.cli.completion import SHELLS, path_of
from tray.cli.guard import hooks
from tray.cli.help import OPTIONS, SUMMARY
from tray.engine.settings_table import SETTINGS

_PROVIDERS = tuple(provider.id for provider in PROVIDERS)
_SOURCES = tuple(dict.fromkeys(ident for provider in PROVIDERS for ident in provider.source_ids))
WORDS: dict[str, tuple[str, ...]] = {
    "provider": (*_PROVIDERS, "all"),
    "source": ("auto", *_SOURCES),
    "hook": tuple(hooks()),
    "key": tuple(setting.key for setting in SETTINGS),
}
"""What arguments may be that the parsers themselves take as any text, by where they are stored."""


def script(shell: str, commands: Sequence[Command] = COMMANDS) -> str:
    return shtab.complete(parser_of_all(commands), shell=shell)


def parser_of_all(commands: Sequence[Command] = COMMANDS) -> argparse.ArgumentParser:
    """All commands with a summary in one parser, as no run of tankful needs it."""
    root = Parser(prog="tankful", description=SUMMARY)
    for name, summary in OPTIONS:
        if name.startswith("--"):
            root.add_argument(name, action="store_true", help=summary)
    below = root.add_subparsers(metavar="COMMAND")
    for command in commands:
        if command.name and command.summary:
            parser = below.add_parser(command.name, help=command.summary, description=command.summary)
            import_module(command.module).add_arguments(parser)
            _name_words(parser)
    return root


def _name_words(parser: argparse.ArgumentParser) -> None:
    for action in parser._actions:  # noqa: SLF001 - argparse has no other list of them
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for each in action.choices.values():
                _name_words(each)
        elif action.choices is None and action.dest in WORDS:
            action.choices = WORDS[action.dest]
        elif action.metavar == "FILE":
            action.complete = shtab.FILE  # type: ignore[attr-defined]


def main() -> None:
    for shell in SHELLS:
        path_of(shell).write_text(script(shell), encoding="utf-8")


if __name__ == "__main__":
    main()
