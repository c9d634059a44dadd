"""What a session of Codex is doing. Pure: of its log, its hooks and its processes.

The log cannot tell a tool that runs from a dialog that asks whether it may (0.171: the same lines, and nothing
until either ends). The processes can: a tool's have the id of their call in `CODEX_TOOL_CALL_ID`. In Code Mode
that is an id of its own, `exec-` and a UUID, which the log only names when the command has ended; there a
process counts that began after the call.

A process does not prove that a turn goes on: after Esc the tool's may live on, as a background terminal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from providers.codex.sessions.processes import descendants
from providers.domain.live import Evidence, SessionStatus, Status, Task
from providers.domain.processes import ProcessTable
from providers.sessions import FoundSession, HookRecord, OpenCall, SessionFacts

DIALOG_AFTER = timedelta(seconds=2)
"""A tool whose process is not there by then waits for the person."""
_CLOCKS = 0.5
"""Seconds by which a process may seem to be older than the call that started it: it is dated in ticks."""
_CALL = "CODEX_TOOL_CALL_ID"
_THREAD = "CODEX_THREAD_ID"
_ASKED = (_CALL, _THREAD, "PATH")
_OF_SCRIPT = "exec-"
_URGENT: tuple[Status, ...] = ("approval", "waiting", "working")


def status(
    found: FoundSession,
    facts: SessionFacts | None,
    hook: HookRecord | None,
    subagents: Mapping[str, SessionStatus],
    table: ProcessTable,
    now: datetime,
) -> SessionStatus:
    facts = facts or SessionFacts()
    is_over = facts.turn == "ended" and not _busy(subagents)
    if found.is_running is False or (is_over and (found.kind == "exec" or found.parent)):
        return SessionStatus(status="done", since=facts.last_at or facts.turn_since, evidence="log")
    if found.is_running is None:
        return SessionStatus(status="unknown", since=facts.last_at, evidence="log")
    if hook is not None and (facts.last_at is not None and hook.at <= facts.last_at):
        hook = None
    is_open = facts.turn == "open"
    own = _open_turn(found, facts, hook, table, now) if is_open else _no_turn(found, facts, hook)
    return _with_subagents(own, subagents)


def _no_turn(found: FoundSession, facts: SessionFacts, hook: HookRecord | None) -> SessionStatus:
    since = facts.turn_since or facts.last_at or found.since
    if hook is not None and hook.status == "working":  # its prompt is not in the log yet
        return SessionStatus(status="working", since=hook.at, evidence="hook")
    question = next((call for call in facts.calls if call.asks), None)
    if question is not None:
        return SessionStatus(status="waiting", since=since, task=question.task)
    return SessionStatus(status="idle", since=since, evidence="log" if facts.turn else "process")


def _open_turn(
    found: FoundSession, facts: SessionFacts, hook: HookRecord | None, table: ProcessTable, now: datetime
) -> SessionStatus:
    calls = [call for call in facts.calls if not call.in_background]
    for call in calls:
        if call.asks:
            return _of("waiting", call)
    newest = calls[-1] if calls else None
    look_again = False
    evidence: Evidence = "log"
    for call in calls:
        if call.escalates is False and not _asked_by_hook(call, hook):
            continue
        if runs(call, found, table):
            newest, evidence = call, "process"
        elif hook is not None and _asked_by_hook(call, hook):
            return _of("approval", call, "hook", hook.tool)
        elif found.pid is None:  # its processes are not known from those of others
            continue
        elif call.task.since is None or now - call.task.since >= DIALOG_AFTER:
            return _of("approval", call, "process")
        else:
            look_again = True
    task = newest.task if newest else _in_background(facts)
    since = facts.turn_since
    return SessionStatus(status="working", since=since, task=task, evidence=evidence, look_again=look_again)


def _of(what: Status, call: OpenCall, evidence: Evidence = "log", tool: str | None = None) -> SessionStatus:
    task = Task(tool=tool or call.task.tool, argument=call.task.argument, since=call.task.since)
    return SessionStatus(status=what, since=call.task.since, task=task, evidence=evidence)


def _asked_by_hook(call: OpenCall, hook: HookRecord | None) -> bool:
    """Whether the person was asked about it. A hook of a subagent has the id of its parent's session: one that
    came before the call, or while nothing is open, is not about this one.
    """
    if hook is None or hook.status != "approval" or call.task.tool in _NEVER_ASK:
        return False
    return call.task.since is None or hook.at >= call.task.since - timedelta(seconds=1)


_NEVER_ASK = frozenset(("wait_agent", "wait", "sleep", "write_stdin", "spawn_agent", "followup_task"))


def _in_background(facts: SessionFacts) -> Task | None:
    """The command that the turn started and has not seen the end of."""
    since = facts.turn_since
    started = [call.task for call in facts.calls if call.in_background and not call.asks]
    return next(
        (task for task in reversed(started) if since and task.since and task.since >= since),
        None,
    )


def runs(call: OpenCall, found: FoundSession, table: ProcessTable) -> bool:
    """Whether a process of this call is there."""
    pids: Iterable[int] = table.processes if found.pid is None else descendants(found.pid, table)
    began = call.task.since.timestamp() - _CLOCKS if call.task.since else 0
    for pid in pids:
        process = table.processes[pid]
        if process.started < began:
            continue
        known = table.environment(pid, _ASKED)
        if known.get(_CALL) == call.id:
            return True
        if known.get(_CALL, "").startswith(_OF_SCRIPT) and known.get(_THREAD) == found.id:
            return True
        if not known and found.pid is not None:  # the system hides it: what began after the call is its
            return True
    return False


def _busy(subagents: Mapping[str, SessionStatus]) -> bool:
    return any(each.status in _URGENT for each in subagents.values())


def _with_subagents(own: SessionStatus, subagents: Mapping[str, SessionStatus]) -> SessionStatus:
    """A parent is as busy as its subagents, and asks what they ask."""
    for urgent in _URGENT:
        if own.status == urgent:
            break
        below = next((each for each in subagents.values() if each.status == urgent), None)
        if below is not None:
            return below
    return own
