"""What a session of Codex is doing. Pure: of its log, its hooks and its processes.

The log cannot tell a tool that runs from a dialog that asks whether it may (0.171: the same lines, and nothing
until either ends); its processes can. They do not prove that a turn goes on: after Esc a tool's may live on, as a
background terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from msgspec.structs import replace

from providers.codex.sessions.tool_runs import ToolRun
from providers.domain.live import Evidence, SessionStatus, Status, Task
from providers.sessions import FoundSession, HookRecord, OpenCall, SessionFacts

Runs = Callable[[OpenCall], ToolRun]

DIALOG_AFTER = timedelta(seconds=2)
"""A tool of which neither a process nor a line is there by then waits for the person."""
_CLOCKS = timedelta(seconds=0.25)
"""By which the time of a file may differ from that of a line."""
_URGENT: tuple[Status, ...] = ("approval", "waiting", "working")


def status(
    found: FoundSession,
    facts: SessionFacts | None,
    hook: HookRecord | None,
    subagents: Mapping[str, SessionStatus],
    runs: Runs,
    now: datetime,
) -> SessionStatus:
    """`runs` looks for the processes of a call."""
    facts = _of_program(found, facts or SessionFacts())
    is_over = facts.turn == "ended" and not _busy(subagents)
    begins = found.kind == "exec" and found.is_running and _is_before(facts.last_at, found.held_since)
    if begins:  # its prompt is not in the log yet
        return SessionStatus(status="working", since=found.held_since, evidence="process")
    if found.is_running is False or (is_over and (found.kind == "exec" or found.parent)):
        return SessionStatus(status="done", since=facts.last_at or facts.turn_since, evidence="log")
    if found.is_running is None:
        return SessionStatus(status="unknown", since=facts.last_at, evidence="log")
    if hook is not None and (facts.last_at is not None and hook.at <= facts.last_at):
        hook = None
    is_open = facts.turn == "open"
    own = _open_turn(facts, hook, runs, now) if is_open else _no_turn(found, facts, hook)
    return _with_subagents(own, subagents)


def _is_before(at: datetime | None, held_since: datetime | None) -> bool:
    return at is not None and held_since is not None and at < held_since - _CLOCKS


def _of_program(found: FoundSession, facts: SessionFacts) -> SessionFacts:
    """A turn that was open when another program was killed has ended: nothing in the log says so."""
    if facts.turn != "open" or not _is_before(facts.last_at, found.held_since):
        return facts
    return replace(facts, turn="ended", turn_since=facts.last_at, calls=())


def _no_turn(found: FoundSession, facts: SessionFacts, hook: HookRecord | None) -> SessionStatus:
    since = facts.turn_since or facts.last_at or found.since
    if hook is not None and hook.status == "working":  # its prompt is not in the log yet
        return SessionStatus(status="working", since=hook.at, evidence="hook")
    question = next((call for call in facts.calls if call.asks), None)
    if question is not None:
        return SessionStatus(status="waiting", since=since, task=question.task)
    return SessionStatus(status="idle", since=since, evidence="log" if facts.turn else "process")


def _open_turn(facts: SessionFacts, hook: HookRecord | None, runs: Runs, now: datetime) -> SessionStatus:
    calls = [call for call in facts.calls if not call.in_background]
    question = next((call for call in calls if call.asks), None)
    if question is not None:
        return _of("waiting", question)
    may_ask = [call for call in calls if call.escalates is not False]
    runs_of = {call.id: runs(call) for call in may_ask}
    running = [call for call in may_ask if runs_of[call.id].has_process == "yes"]
    look_again = False
    for call in may_ask:
        run = runs_of[call.id]
        # What began since the dialog opened was allowed by it.
        if hook is not None and _asked_by_hook(call, hook) and not (run.began_at and run.began_at >= hook.at):
            return _of("approval", call, "hook", hook.tool)
        # Where another one runs, a call that need not be asked about may only wait for its turn.
        if call.is_internal or (running and not call.escalates):
            continue
        if run.has_process == "no" and now - _quiet_since(call, facts, now) >= DIALOG_AFTER:
            return _of("approval", call, "process")
        look_again = look_again or run.has_process in ("no", "lately")
    newest = (running or calls)[-1:]
    task = newest[0].task if newest else _in_background(facts)
    # Nothing asks that could: its program works.
    evidence: Evidence = "process" if running or (calls and not may_ask) else "log"
    since = facts.turn_since
    return SessionStatus(status="working", since=since, task=task, evidence=evidence, look_again=look_again)


def _quiet_since(call: OpenCall, facts: SessionFacts, now: datetime) -> datetime:
    """While the person is asked, nothing is written. A script may have come to its next command."""
    return max((at for at in (call.task.since, facts.last_at) if at is not None), default=now - DIALOG_AFTER)


def _of(what: Status, call: OpenCall, evidence: Evidence = "log", tool: str | None = None) -> SessionStatus:
    task = Task(tool=tool or call.task.tool, argument=call.task.argument, since=call.task.since)
    return SessionStatus(status=what, since=call.task.since, task=task, evidence=evidence)


def _asked_by_hook(call: OpenCall, hook: HookRecord | None) -> bool:
    """Whether the person was asked about it. A hook of a subagent has the id of its parent's session: one that
    came before the call, or while nothing is open, is not about this one.
    """
    if hook is None or hook.status != "approval":
        return False
    return call.task.since is None or hook.at >= call.task.since - timedelta(seconds=1)


def _in_background(facts: SessionFacts) -> Task | None:
    """The command that the turn started and has not seen the end of."""
    since = facts.turn_since
    started = [call.task for call in facts.calls if call.in_background and not call.asks]
    return next(
        (task for task in reversed(started) if since and task.since and task.since >= since),
        None,
    )


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
