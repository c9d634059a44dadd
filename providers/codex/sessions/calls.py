"""The tool calls of a turn that have no result yet, of all the ways in which Codex 0.98 to 0.171 call tools.

Some models (gpt-5.5) call `exec_command` and others directly. Others (gpt-6.2-sol, the default of 0.171) write
a script for the tool `exec`, "Code Mode", which calls them. A command that does not end within seconds goes on
in a session of its own, a script in a cell: the model waits for them by `write_stdin` and `wait`, or leaves
them running.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from providers.codex.sessions.arguments import QUESTIONS, argument_of, scripted
from providers.codex.sessions.lines import Payload, output_head
from providers.domain.live import Task
from providers.sessions import OpenCall

_PERMISSIONS = frozenset(("request_permissions",))
_COMMANDS = frozenset(
    ("exec_command", "shell", "shell_command", "container.exec", "local_shell", "apply_patch")
)
"""Those that the person may be asked for, and that run a process otherwise, or end at once."""
_NEVER_ASK = frozenset(
    (
        *(
            "wait_agent",
            "wait",
            "sleep",
            "write_stdin",
            "view_image",
            "update_plan",
            "tool_search",
            "web_search",
        ),
        *("spawn_agent", "followup_task", "assign_task", "send_message", "send_input", "interrupt_agent"),
        *("list_agents", "close_agent", "resume_agent", "get_goal", "create_goal", "update_goal"),
        *("request_user_input_async", "send_message_to_user_async"),
    )
)
_SCRIPT = "exec"
_ESCALATED = re.compile(
    r"require_escalated|with_additional_permissions|with_escalated_permissions\W{1,4}true"
)
_SESSION = re.compile(r"Process running with session ID (\d+)")
_CELL = re.compile(r"Script running with cell ID (\w+)")
_HEAD = 1 << 16


class Calls:
    """Fed with what a rollout says of tools. `asks_person`: whether Codex may ask the person, by the turn's
    approval policy.
    """

    def __init__(self, clis: Collection[str] = ()) -> None:
        self._clis = clis
        self._open: dict[str, OpenCall] = {}
        self._waits: dict[str, str] = {}
        """By the id of a call, the session or cell for which it waits."""
        self._running: dict[str, OpenCall] = {}
        """Commands and scripts that go on without the turn, by session or cell."""
        self.asks_person = True

    @property
    def open(self) -> tuple[OpenCall, ...]:
        """The newest last. Those in the background come first."""
        return (*self._running.values(), *self._open.values())

    def begin_turn(self) -> None:
        """What a turn leaves open was cut off; what runs in the background may go on."""
        self._open.clear()
        self._waits.clear()

    def call(self, payload: Payload, at: datetime) -> None:
        call_id, name = payload.call_id, payload.name
        if payload.type == "local_shell_call":
            call_id, name = payload.call_id or payload.id, "local_shell"
        if not isinstance(call_id, str) or not isinstance(name, str):
            return
        arguments = _arguments(payload)
        waited_for = _waited_for(name, arguments)
        running = self._running.get(waited_for) if waited_for else None
        if waited_for:
            self._waits[call_id] = waited_for
        if running is not None:  # the command counts, not that it is waited for
            # That of a session runs; a script may have come to another command, which the person is asked about.
            escalates = running.escalates if name == "wait" else False
            self._open[call_id] = replace(running, id=call_id, escalates=escalates, in_background=False)
        else:
            self._open[call_id] = self._call(call_id, name, payload, arguments, at)

    def _call(self, call_id: str, name: str, payload: Payload, arguments: Any, at: datetime) -> OpenCall:
        if payload.type == "custom_tool_call" and name == _SCRIPT:
            script = scripted(arguments, self._clis)
            task = Task(tool=script.tool or name, argument=script.argument, since=at)
            is_command, asks, never_asks = script.may_ask, script.asks, False
        else:
            task = Task(tool=name, argument=argument_of(name, arguments, self._clis), since=at)
            is_command, asks = name in _COMMANDS or name in _PERMISSIONS, name in QUESTIONS
            never_asks = name in _NEVER_ASK
        return OpenCall(
            id=call_id,
            task=task,
            asks=asks,
            escalates=self._escalates(name, payload)
            if self.asks_person and not (asks or never_asks)
            else False,
            is_internal=not is_command,
        )

    def _escalates(self, name: str, payload: Payload) -> bool | None:
        """None: rules of the person's, or the sandbox, may want them to be asked."""
        text = next((each for each in (payload.arguments, payload.input) if isinstance(each, str)), "")
        return True if name in _PERMISSIONS or _ESCALATED.search(text[:_HEAD]) else None

    def output(self, payload: Payload) -> None:
        """One output of several (a script may notify) ends a call, too: what follows says the same."""
        if not isinstance(payload.call_id, str):
            return
        call = self._open.pop(payload.call_id, None)
        waited_for = self._waits.pop(payload.call_id, None)
        head = output_head(payload)
        session, cell = _SESSION.search(head), _CELL.search(head)
        runs = session[1] if session else f"cell {cell[1]}" if cell else None
        if runs is None:
            self._running.pop(waited_for or "", None)
        elif call is not None and runs not in self._running:
            self._running[runs] = replace(call, id=payload.call_id, in_background=True)

    def ended(self, process: Any, call_id: Any) -> None:
        """A command has ended: of the session `process`, or that of a call."""
        self._running.pop(str(process), None)
        running = [name for name, call in self._running.items() if call.id == call_id]
        for name in running:
            del self._running[name]


def _arguments(payload: Payload) -> Any:
    """As the tool gets them: members, or a text."""
    given = payload.action if payload.type == "local_shell_call" else payload.arguments
    if given is None:
        given = payload.input
    if isinstance(given, str) and payload.type == "function_call":
        try:
            return msgspec.json.decode(given)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return None
    return given


def _waited_for(name: str, arguments: Any) -> str | None:
    if not isinstance(arguments, dict):
        return None
    if name == "write_stdin" and "session_id" in arguments:
        return str(arguments["session_id"])
    if name == "wait" and "cell_id" in arguments:
        return f"cell {arguments['cell_id']}"
    return None
