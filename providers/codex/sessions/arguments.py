"""What of a tool call is shown: its main argument, in one short line without secrets."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection
from typing import Any

from msgspec import Struct

from providers.host.shown_command import shown_argument

_NAMES = ("cmd", "command", "path", "file_path", "query", "pattern", "url", "task_name", "target")
"""The first of these that a call has; never what a person or a model wrote in words."""
_PATCHED = re.compile(r"""\*\*\* (?:Add|Update|Delete) File: ([^\n"'`]+)""")
_TOOL = re.compile(r"\btools\.([A-Za-z_]\w*)")
_COMMAND = re.compile(r"""\bcmd["']?\s*:\s*(["'`])((?:\\.|(?!\1)[^\\]){1,4000})\1""")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_BLANKS = {"n": "\n", "r": "\r", "t": "\t"}
_TIMER = re.compile(r"\bsetTimeout\b|\byield_control\b")
QUESTIONS = frozenset(("request_user_input", "ask_user_question"))
_MAY_ASK = frozenset(("exec_command", "shell", "shell_command", "apply_patch", "request_permissions"))
_HEAD = 1 << 16


class Script(Struct, frozen=True):
    """What a script of Code Mode calls: its first tool, None if none is seen, with that one's argument.
    `may_ask`: while no process of it runs, it can only wait for the person's permission. `asks`: it asks them a
    question.
    """

    tool: str | None
    argument: str | None
    may_ask: bool = False
    asks: bool = False


def argument_of(tool: str, arguments: Any, clis: Collection[str] = ()) -> str | None:
    """Of a command that calls one of these `clis`, what `shown_argument` shows."""
    if tool == "apply_patch":
        return _patched(arguments if isinstance(arguments, str) else _member(arguments, ("input", "patch")))
    if isinstance(arguments, dict):
        return _shown(_member(arguments, _NAMES), clis)
    return None


def scripted(code: Any, clis: Collection[str] = ()) -> Script:
    if not isinstance(code, str):
        return Script(None, None)
    head = code[:_HEAD]
    tools = _TOOL.findall(head)
    tool = tools[0] if tools else None
    command = _COMMAND.search(head)
    if tool == "apply_patch":
        argument = _patched(head.replace("\\n", "\n"))
    else:
        argument = _shown(_unescaped(command[2]), clis) if command else None
    may_ask = bool(tools) and _MAY_ASK.issuperset(tools) and not _TIMER.search(head)
    return Script(tool, argument, may_ask, asks=bool(tools) and QUESTIONS.issuperset(tools))


def _member(arguments: Any, names: tuple[str, ...]) -> Any:
    if not isinstance(arguments, dict):
        return None
    return next((arguments[name] for name in names if arguments.get(name)), None)


def _unescaped(literal: str) -> str:
    """A new line may begin another command."""
    return _ESCAPE.sub(lambda found: _BLANKS.get(found[1], found[1]), literal)


def _shown(value: Any, clis: Collection[str] = ()) -> str | None:
    if isinstance(value, list) and all(isinstance(word, str) for word in value):
        value = shlex.join(value)
    return shown_argument(value, clis=clis) or None if isinstance(value, str) else None


def _patched(patch: Any) -> str | None:
    """The files, by their names."""
    if not isinstance(patch, str):
        return None
    names = [re.split(r"[/\\]", path.strip())[-1] for path in _PATCHED.findall(patch[:_HEAD])]
    return _shown(", ".join(names)) if names else None
