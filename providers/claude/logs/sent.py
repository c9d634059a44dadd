"""Which lines of the user's side of a transcript a person sent, as Claude Code 2.1.30 to 2.1.332 wrote them.

A message is what went to the model as the person's own words: typed, queued, handed over between two tools, given
to `-p`, or a command that is a prompt. Commands of the program itself (/compact, /model), shell lines (`!`), what
these print, and what tasks, agents and plugins report are none.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
from msgspec import Struct

from providers.domain.typed import json_decoder

# A command that is a prompt begins with <command-message>; one of the program itself with its name.
_NOT_WRITTEN = re.compile(
    r"\s*(?:<(?:command-name>|local-command-|bash-|task-notification|teammate-message|system-reminder>|ide_)"
    r"|\[Request interrupted by user)"
)
# The beginning of a text in JSON of which _NOT_WRITTEN matches none.
_PLAINLY_WRITTEN = re.compile(rb'"[^\s"\\<\[\x7f-\xff]')
_TURNS = (None, "human", "sdk", "unknown")


class User(Struct, rename="camel"):
    """A line of the user's side. 2.1.30 names no `origin`, and 2.1.197 none of a turn."""

    message: Any = None
    is_meta: Any = None
    is_compact_summary: Any = None
    origin: Any = None
    turn_origin: Any = None

    @property
    def is_prompt(self) -> bool:
        """As opposed to what a tool returned, and to a summary."""
        content = self._content
        if not content or self.is_meta or self.is_compact_summary:
            return False
        blocks = content if isinstance(content, list) else ()
        return not any(isinstance(block, dict) and block.get("type") == "tool_result" for block in blocks)

    @property
    def is_sent(self) -> bool:
        """Whether this prompt is the person's."""
        return is_persons_turn(self.origin, self.turn_origin) and _is_written(self._content)

    @property
    def _content(self) -> Any:
        return self.message.get("content") if isinstance(self.message, dict) else None


class _QueuedCommand(Struct, rename="camel"):
    type: Any = None
    prompt: Any = None
    command_mode: Any = None
    is_meta: Any = None
    origin: Any = None


class Attached(Struct):
    """A line with an attachment: one of a `queued_command` has what was typed while the model worked, and handed
    to it between two of its tools.
    """

    attachment: _QueuedCommand

    @property
    def is_sent(self) -> bool:
        command = self.attachment
        if (
            command.type != "queued_command"
            or command.command_mode not in (None, "prompt")
            or command.is_meta
        ):
            return False
        return _is_persons(command.origin) and _is_written(command.prompt)


decode_user = json_decoder(User).decode
decode_attached = json_decoder(Attached).decode


def is_persons_turn(origin: Any, turn_origin: Any) -> bool:
    return _is_persons(origin) and turn_origin in _TURNS


def is_plainly_written(content: msgspec.Raw) -> bool:
    """True only for a text of the person's, as can be seen from its first letter."""
    return _PLAINLY_WRITTEN.match(content) is not None


def _is_persons(origin: Any) -> bool:
    """False for what an agent, a plugin, a background task or the program itself sent."""
    return not isinstance(origin, dict) or origin.get("kind") in (None, "human")


def _is_written(content: Any) -> bool:
    """Whether it holds a text of the person's, or an image or a document."""
    if isinstance(content, str):
        return bool(content.strip()) and _NOT_WRITTEN.match(content) is None
    blocks = [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []
    return any(
        _is_written(block.get("text")) if block.get("type") == "text" else block.get("type") != "tool_result"
        for block in blocks
    )
