"""What a session of Claude Code is doing. Pure.

The program's own record counts first: it alone tells an open dialog from a running tool, knows an Esc at once, and
stays busy while agents or shells work in the background (2.1.332). What it does not name, the tool, is that of the
log. Programs that write no record are known by hooks, by the log, and by the processes of their tools.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec.structs import replace

from providers.domain.live import SessionStatus, Status, Task
from providers.sessions import FoundSession, HookRecord, OpenCall, OwnRecord, SessionFacts

_HOOK_BEFORE = timedelta(seconds=2)
"""The hook of a permission is called a moment before the program writes that it waits."""
_FLUSHED = timedelta(seconds=1)
"""Lines of the log are written a moment after the program's own record."""


def status_of(
    found: FoundSession,
    facts: SessionFacts | None,
    hook: HookRecord | None,
    subagents: Mapping[str, SessionStatus],
    *,
    has_tool: bool | None,
    now: datetime,
) -> SessionStatus:
    """`has_tool` is whether a process of one of its tools runs, None where that cannot be seen."""
    facts = facts or SessionFacts()
    if hook is not None and hook.pid is not None and hook.pid != found.pid:
        hook = None  # of a process that ran the session before
    if found.is_running is False:
        return SessionStatus(status="done", since=facts.last_at or found.since, evidence="process")
    if found.parent is not None:
        return _subagent(found, facts)
    if found.record is not None:
        return _recorded(found.record, facts, hook, subagents, now)
    if found.is_running is None:
        return SessionStatus(status="unknown", since=facts.turn_since)
    if hook is not None and _is_newer(hook, facts):
        return SessionStatus(
            status=hook.status, since=hook.at, task=_hooked_task(hook, facts), evidence="hook"
        )
    return _logged(facts, subagents, has_tool, now)


def _subagent(found: FoundSession, facts: SessionFacts) -> SessionStatus:
    """One that has answered is done: who sends it another message opens another turn."""
    if facts.turn == "ended":
        return SessionStatus(status="done", since=facts.turn_since)
    if found.is_running is None:
        return SessionStatus(status="unknown", since=facts.turn_since)
    return SessionStatus(status="working", since=facts.turn_since, task=_task(facts.calls))


def _recorded(
    record: OwnRecord,
    facts: SessionFacts,
    hook: HookRecord | None,
    subagents: Mapping[str, SessionStatus],
    now: datetime,
) -> SessionStatus:
    if record.is_dialog and facts.turn != "open":
        record = replace(record, status="idle")
    task = None
    question = _task(tuple(call for call in facts.calls if call.asks))
    if record.status == "approval" and question is not None and len(facts.calls) == 1:
        # 2.1.197 calls its questions permission prompts, too.
        record = replace(record, status="waiting")
    if record.status == "approval":
        task = _asked(record, facts, hook, subagents)
    elif record.status == "waiting":
        task = question
    elif record.status == "working":
        task = _task(facts.calls) or _below(subagents)
    is_fresh = record.since is not None and now - record.since < _FLUSHED
    return SessionStatus(
        status=record.status,
        since=record.since,
        task=task,
        evidence="program",
        look_again=is_fresh and record.status != "idle",
    )


def _asked(
    record: OwnRecord,
    facts: SessionFacts,
    hook: HookRecord | None,
    subagents: Mapping[str, SessionStatus],
) -> Task | None:
    """The call that waits for permission: the one that the hook names, else the first that is open, since the
    program asks for one after the other. While an agent works in the foreground, it may be one of its calls.
    """
    calls = tuple(call.task for call in facts.calls if not call.asks)
    below = _below(subagents)
    if hook is not None and hook.status == "approval" and hook.tool and _is_of(hook, record):
        named = next((task for task in (*calls, below) if task and task.tool == hook.tool), None)
        return named or Task(tool=hook.tool, since=hook.at)
    own = next((task for task in calls if task.tool not in _AGENTS), None)
    return own or below or (calls[0] if calls else None)


def _is_of(hook: HookRecord, record: OwnRecord) -> bool:
    """Whether it is of what the program waits for now."""
    return record.since is None or hook.at >= record.since - _HOOK_BEFORE


def _is_newer(hook: HookRecord, facts: SessionFacts) -> bool:
    """Whether nothing has happened since: an Esc calls no hook, but the log has it."""
    return facts.last_at is None or hook.at >= facts.last_at - _FLUSHED


def _hooked_task(hook: HookRecord, facts: SessionFacts) -> Task | None:
    if hook.status not in ("approval", "waiting", "working"):
        return None
    if hook.tool is None:
        return _task(facts.calls)
    named = next((call.task for call in facts.calls if call.task.tool == hook.tool), None)
    return named or Task(tool=hook.tool, since=hook.at)


def _logged(
    facts: SessionFacts, subagents: Mapping[str, SessionStatus], has_tool: bool | None, now: datetime
) -> SessionStatus:
    question = next((call.task for call in facts.calls if call.asks), None)
    status: Status
    if question is not None:
        return SessionStatus(status="waiting", since=question.since, task=question)
    if facts.turn == "open":
        return _open(facts, has_tool, now)
    below = any(each.status == "working" for each in subagents.values())
    status = "working" if below else "idle"
    return SessionStatus(status=status, since=facts.turn_since, task=_below(subagents) if below else None)


def _open(facts: SessionFacts, has_tool: bool | None, now: datetime) -> SessionStatus:
    """A command that was called and has no process asks for permission."""
    waits = next((call.task for call in facts.calls if call.task.tool in _WITH_PROCESS), None)
    if waits is not None and has_tool is not None:
        if has_tool:
            return SessionStatus(status="working", since=facts.turn_since, task=waits, evidence="process")
        if waits.since is not None and now - waits.since >= _STARTED:
            return SessionStatus(status="approval", since=waits.since, task=waits, evidence="process")
        return SessionStatus(status="working", since=facts.turn_since, task=waits, look_again=True)
    return SessionStatus(status="working", since=facts.turn_since, task=_task(facts.calls))


_AGENTS = frozenset(("Agent", "Task"))
_WITH_PROCESS = frozenset(("Bash", "PowerShell"))
_STARTED = timedelta(seconds=2)
"""So long after its call a command's process has begun, if nobody is asked."""


def _task(calls: tuple[OpenCall, ...]) -> Task | None:
    """The newest: those before it may wait for it."""
    return calls[-1].task if calls else None


def _below(subagents: Mapping[str, SessionStatus]) -> Task | None:
    """What one of its agents does."""
    tasks = (each.task for each in subagents.values() if each.status == "working" and each.task)
    return next(tasks, None)
