"""What the lines of one rollout say of its session: the reader of Codex."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from providers.codex.logs.wire import text_or_none
from providers.codex.sessions.calls import Calls
from providers.codex.sessions.lines import CompletedItem, Payload, TellingLine, counts, decoded, time_of
from providers.codex.sessions.lines import kind_of as line_kind
from providers.codex.sessions.logged import kind_of
from providers.domain.live import Task
from providers.domain.scalars import whole
from providers.sessions import OpenCall, SessionFacts, TurnState

_NEVER = "never"
_PERSON = "user"
_LIMIT_REACHED = "usage_limit_exceeded"
_LATER = "request_user_input_async"


class LiveRollout:
    """Turns have events of their own since 0.101. Before that one begins with a message of the person, and
    counts as ended when the model has answered in words and calls nothing.
    """

    def __init__(self, clis: Collection[str] = ()) -> None:
        self._newest = b""
        self._calls = Calls(clis)
        self._members: dict[str, Any] = {}
        """Of the SessionFacts, those that a line sets."""
        self._turn: TurnState | None = None
        self._turn_since: datetime | None = None
        self._has_events = False
        self._saw_begin = False
        """Of a turn: what the person was asked, and what was called, cannot be older than the last one's."""
        self._is_refused = False
        self._question: OpenCall | None = None
        """One that the turn does not wait for: the person may answer it later (0.171)."""
        self._lines = 0
        self._turns = 0
        self._compactions = 0

    def feed(self, line: bytes) -> None:
        self._lines += 1
        kind, inner = line_kind(line)
        turns, compactions = counts(kind, inner)
        self._turns += turns
        self._compactions += compactions
        if line.startswith(b'{"timestamp":"'):
            self._newest = line[:96]
        known = decoded(line, kind, inner)
        if known is not None:
            self._take(known, known.timestamp.astimezone(UTC))

    @property
    def facts(self) -> SessionFacts:
        return SessionFacts(
            is_settled=self._saw_begin and self._members.get("model") is not None,
            turns=self._turns,
            compactions=self._compactions,
            turn=self._turn,
            turn_since=self._turn_since,
            is_refused=self._is_refused,
            calls=(*self._calls.open, *((self._question,) if self._question else ())),
            last_at=time_of(self._newest) if self._newest else None,
            **self._members,
        )

    def _take(self, line: TellingLine, at: datetime) -> None:
        payload = line.payload
        match line.type:
            case "session_meta":
                self._session(payload, at)
            case "turn_context":
                self._context(payload, at)
            case "event_msg":
                self._event(payload, at)
            case "response_item":
                self._item(payload, at)

    def _session(self, payload: Payload, at: datetime) -> None:
        """The first line is the file's own; others like it are of those that it was copied from."""
        if self._lines > 1:
            return
        branch = payload.git.get("branch") if isinstance(payload.git, dict) else None
        self._set(
            session=text_or_none(payload.id),
            thread=text_or_none(payload.session_id) or text_or_none(payload.id),
            cwd=text_or_none(payload.cwd),
            branch=text_or_none(branch),
            version=text_or_none(payload.cli_version),
            kind=kind_of(text_or_none(payload.originator)),
            started_at=at,
        )

    def _context(self, payload: Payload, at: datetime) -> None:
        self._set(
            cwd=text_or_none(payload.cwd),
            model=text_or_none(payload.model),
            effort=text_or_none(payload.effort),
        )
        self._has_events = self._has_events or payload.turn_id is not None
        self._calls.asks_person = payload.approval_policy != _NEVER and payload.approvals_reviewer in (
            None,
            _PERSON,
        )
        if not self._has_events and self._turn != "open":
            self._begin(at)
        self._goes_on()

    def _event(self, payload: Payload, at: datetime) -> None:
        match payload.type:
            case "task_started" | "turn_started":
                self._has_events = True
                self._set(context_window=whole(payload.model_context_window))
                self._begin(at)
            case "task_complete" | "turn_complete" | "turn_aborted":
                self._end(at)
                about = payload.error.get("codex_error_info") if isinstance(payload.error, dict) else None
                self._is_refused = about == _LIMIT_REACHED
            case "token_count":
                self._tokens(payload.info)
            case "item_completed":
                self._completed(payload.item, at)
            case "user_message" | "agent_message":
                self._message(payload.type, at)
            case "exec_command_end":
                self._calls.ended(None, payload.call_id)

    def _message(self, kind: str, at: datetime) -> None:
        match kind:
            case "user_message":
                if not self._has_events:
                    self._begin(at)
            case "agent_message":
                if not self._has_events and not self._calls.open:
                    self._turn, self._turn_since = "ended", at

    def _completed(self, item: CompletedItem, at: datetime) -> None:
        if item.type == "CommandExecution":
            self._calls.ended(item.process_id, item.id)
        elif item.type == "UserMessage":
            self._question = None
        elif item.type == "AgentMessage" and item.questions:
            task = Task(tool=_LATER, since=at)
            self._question = OpenCall(id=_LATER, task=task, asks=True, in_background=True)

    def _item(self, payload: Payload, at: datetime) -> None:
        if payload.type in ("function_call_output", "custom_tool_call_output"):
            self._calls.output(payload)
            return
        self._goes_on(is_reopened=not self._has_events)
        self._calls.call(payload, at)

    def _begin(self, at: datetime) -> None:
        self._turn, self._turn_since = "open", at
        self._is_refused = False
        self._saw_begin = True
        self._question = None
        self._calls.begin_turn()

    def _goes_on(self, *, is_reopened: bool = False) -> None:
        """In the midst of a turn, whose beginning was not read."""
        if self._turn is None or is_reopened:
            self._turn = "open"

    def _end(self, at: datetime) -> None:
        self._has_events = True
        self._turn, self._turn_since = "ended", at
        self._calls.begin_turn()

    def _tokens(self, info: Any) -> None:
        if not isinstance(info, dict):
            return
        last = info.get("last_token_usage")
        if isinstance(last, dict):
            # After a compaction there was no request yet: then the total is what Codex expects of the next one.
            self._set(context_tokens=whole(last.get("input_tokens")) or whole(last.get("total_tokens")))
        self._set(context_window=whole(info.get("model_context_window")))

    def _set(self, **members: Any) -> None:
        self._members.update({name: value for name, value in members.items() if value is not None})
