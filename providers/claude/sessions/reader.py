"""What the lines of one transcript say about its session, of the main chain alone.

Facts (2.1.30 to 2.1.332): an answer's lines are written when it is complete, so nothing is written while the model
streams, nor while a tool runs or a dialog asks for permission. A prompt that is taken back by Esc before anything
was answered leaves no line that says so. The transcript of a subagent has sidechain lines with its id; versions
that had none of these files wrote sidechain lines without an id into that of the session.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import datetime

from providers.claude.context_window import window_of
from providers.claude.logs.sent import User
from providers.claude.sessions import lines
from providers.claude.sessions.lines import LiveLine, LiveMessage, MessageBlock
from providers.claude.sessions.records import kind_of
from providers.claude.sessions.tool_argument import main_argument
from providers.domain.live import TITLE_LENGTH, Task
from providers.domain.visible import visible
from providers.sessions import OpenCall, SessionFacts, TurnState

_MOST_CALLS = 256
_SYNTHETIC = "<synthetic>"
_NO_TURN = re.compile(r"\s*<(?:command-name>|local-command-|bash-)")
_INTERRUPTED = "[Request interrupted by user"
_NOTIFIED = "<task-notification>"
_TASK = re.compile(r"<task-id>([\w-]{1,80})</task-id>", re.ASCII)
_ENDS = frozenset(("end_turn", "stop_sequence", "max_tokens", "refusal", "model_context_window_exceeded"))
_STOPPED = frozenset(("hook_stopped_continuation", "hook_deferred_tool"))
_QUESTIONS = frozenset(("AskUserQuestion",))


class SessionTranscript:
    """Implements providers.sessions.SessionReader."""

    def __init__(self, clis: Collection[str] = ()) -> None:
        self._clis = clis
        self._handlers: dict[str, Callable[[LiveLine], None]] = {
            "user": self._read_user,
            "assistant": self._read_assistant,
            "system": self._read_system,
            "attachment": self._read_attachment,
            "queue-operation": self._read_queue,
            "custom-title": self._read_title,
            "ai-title": self._read_title,
            "summary": self._read_title,
        }
        self._thread: str | None = None
        self._agent: str | None = None
        self._cwd: str | None = None
        self._branch: str | None = None
        self._version: str | None = None
        self._originator: str | None = None
        self._model: str | None = None
        self._effort: str | None = None
        self._titles: dict[str, str] = {}
        self._context: int | None = None
        self._largest = 0
        self._turns = 0
        self._compactions = 0
        self._turn: TurnState | None = None
        self._turn_since: datetime | None = None
        self._calls: dict[str, OpenCall] = {}
        self._background: dict[str, None] = {}
        self._last_at: datetime | None = None
        self._has_context = False
        self._is_anchored = False
        self._follows_user = False

    def feed(self, line: bytes) -> None:
        read = lines.decode(line)
        if read is None or not isinstance(read.type, str):
            return
        if read.is_sidechain is True and not isinstance(read.agent_id, str):
            return
        handle = self._handlers.get(read.type)
        if handle is not None:
            self._describe(read)
            handle(read)

    def _describe(self, read: LiveLine) -> None:
        """What all dated lines have in common."""
        at = read.at
        if at is not None and (self._last_at is None or at > self._last_at):
            self._last_at = at
        self._thread = _text(read.session_id) or self._thread
        self._agent = _text(read.agent_id) if read.is_sidechain is True else self._agent
        self._cwd = _text(read.cwd) or self._cwd
        self._branch = _branch(read.git_branch) or self._branch
        self._version = _text(read.version) or self._version
        self._originator = _text(read.entrypoint) or self._originator

    def _read_user(self, read: LiveLine) -> None:
        message = lines.message_of(read)
        if message is None or read.is_compact_summary is True:
            return
        self._follows_user = True
        results = [block for block in message.blocks() if block.type == "tool_result"]
        if results:
            self._end_calls(read, results)
            return
        text = _words(message)
        if text.startswith(_INTERRUPTED):
            self._end(read)
            return
        if read.is_meta is True or _NO_TURN.match(text):
            return
        self._notify(text)
        self._begin(read)
        is_sent = _is_sent(read, message)
        self._turns += is_sent
        if is_sent and read.parent_uuid is None:
            self._titles.setdefault("prompt", _title(text))

    def _end_calls(self, read: LiveLine, results: list[MessageBlock]) -> None:
        for block in results:
            if isinstance(block.tool_use_id, str):
                self._calls.pop(block.tool_use_id, None)
        result = lines.result_of(read)
        if result is not None and result.background:
            self._background[result.background] = None
        self._go_on(read)

    def _read_assistant(self, read: LiveLine) -> None:
        message = lines.message_of(read)
        if message is None:
            return
        self._is_anchored |= self._follows_user
        if read.is_api_error_message is True or message.model == _SYNTHETIC:
            self._end(read)
            return
        self._use(read, message)
        for block in message.blocks():
            if block.type == "tool_use":
                self._call(read, block)
        if _text(message.stop_reason) in _ENDS:
            self._end(read)
        else:
            self._go_on(read)

    def _use(self, read: LiveLine, message: LiveMessage) -> None:
        self._model = _text(message.model) or self._model
        self._effort = _text(read.effort)
        prompt = message.prompt
        if prompt:
            self._context, self._has_context = prompt, True
            self._largest = max(self._largest, prompt)

    def _call(self, read: LiveLine, block: MessageBlock) -> None:
        name = _text(block.name)
        if not isinstance(block.id, str) or name is None:
            return
        if len(self._calls) >= _MOST_CALLS:
            del self._calls[next(iter(self._calls))]
        given = lines.members_of(block.input)
        self._calls[block.id] = OpenCall(
            id=block.id,
            task=Task(tool=visible(name), argument=main_argument(name, given, self._clis), since=read.at),
            asks=name in _QUESTIONS,
            in_background=given.get("run_in_background") is True,
        )

    def _read_system(self, read: LiveLine) -> None:
        if read.subtype == "turn_duration":
            self._end(read)
        elif read.subtype == "compact_boundary":
            self._compactions += 1
            self._context, self._has_context = None, True
        elif read.subtype == "api_error":  # it is tried again
            self._go_on(read)

    def _read_attachment(self, read: LiveLine) -> None:
        if _text(lines.attachment_type(read)) in _STOPPED:
            self._end(read)

    def _read_queue(self, read: LiveLine) -> None:
        self._notify(lines.text_of(read.content) or "")

    def _read_title(self, read: LiveLine) -> None:
        for kind, title in (("custom", read.custom_title), ("ai", read.ai_title), ("summary", read.summary)):
            if isinstance(title, str) and title.strip():
                self._titles[kind] = _title(title)

    def _notify(self, text: str) -> None:
        """Of what worked in the background and has ended."""
        if text.startswith(_NOTIFIED):
            for task in _TASK.findall(text[:4096])[:1]:
                self._background.pop(task, None)

    def _begin(self, read: LiveLine) -> None:
        self._turn, self._turn_since = "open", read.at
        self._calls.clear()
        self._is_anchored = True

    def _go_on(self, read: LiveLine) -> None:
        if self._turn != "open":
            self._turn, self._turn_since = "open", read.at

    def _end(self, read: LiveLine) -> None:
        if self._turn != "ended":
            self._turn, self._turn_since = "ended", read.at
        self._calls.clear()
        self._is_anchored = True

    @property
    def facts(self) -> SessionFacts:
        return SessionFacts(
            is_settled=self._is_anchored and self._has_context and self._model is not None,
            session=self._agent or self._thread,
            thread=self._thread,
            cwd=self._cwd,
            branch=self._branch,
            model=self._model,
            effort=self._effort,
            version=self._version,
            kind=kind_of(self._originator),
            title=next((title for each in _TITLES if (title := self._titles.get(each))), None),
            context_tokens=self._context,
            context_window=window_of(self._model, self._largest) if self._context is not None else None,
            turns=self._turns,
            compactions=self._compactions,
            turn=self._turn,
            turn_since=self._turn_since,
            calls=tuple(self._calls.values()),
            background=tuple(self._background),
            last_at=self._last_at,
        )


_TITLES = ("custom", "ai", "summary", "prompt")
"""The person's own, the program's, and where neither is known how the session began; the best first."""


def counts(line: bytes) -> tuple[int, int]:
    reader = SessionTranscript()
    reader.feed(line)
    facts = reader.facts
    return facts.turns, facts.compactions


def _is_sent(read: LiveLine, message: LiveMessage) -> bool:
    content = lines.value_of(message.content)
    return User({"content": content}, origin=read.origin, turn_origin=read.turn_origin).is_sent


def _title(text: str) -> str:
    return " ".join(visible(text[:1000]).split())[:TITLE_LENGTH]


def _words(message: LiveMessage) -> str:
    """The first text of a line of the user's side; "" where it has none."""
    if (text := lines.text_of(message.content)) is not None:
        return text
    return next((text for block in message.blocks() if (text := lines.text_of(block.text)) is not None), "")


def _branch(value: object) -> str | None:
    """2.1.332 writes "HEAD" in a folder that is in no repository."""
    return None if value == "HEAD" else _text(value)


def _text(raw: object) -> str | None:
    return raw if isinstance(raw, str) and raw else None
