"""A look at the live sessions as `tankful sessions --json` prints it, and back. Pure.

Folders are absolute, as in `tankful cost --json`, and homes have their labels. `tokens`, `usd` and `responses`
of a session are those with its subagents; `own` has what it used itself.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct, structs

from providers.domain import typed
from providers.domain.cost import Tally, TokenUsage
from providers.domain.live import (
    ChildProcess,
    Evidence,
    GitState,
    LiveSession,
    LiveSubagent,
    McpServer,
    OrphanProcess,
    SessionsLook,
    SessionStatus,
    Status,
    Task,
)
from tray.engine.document_values import as_usd

SCHEMA = "tankful.sessions/1"
_MEGABYTE = 1 << 20
_Time = Annotated[datetime, Meta(tz=True)]


class _Sum(Struct, kw_only=True):
    """`unpriced` is how many of the responses `usd` leaves out."""

    tokens: dict[str, int] | None = None
    usd: float | None = None
    responses: int | None = None
    unpriced: int | None = None


class _Task(Struct, kw_only=True):
    tool: str
    argument: str | None
    since: _Time | None


class _Child(Struct, kw_only=True):
    pid: int
    command: str
    rss_mb: float | None = None
    ports: tuple[int, ...] = ()
    shared_ports: tuple[int, ...] = ()


class _Subagent(_Sum, kw_only=True):
    id: str
    name: str | None = None
    status: Status


class _Session(_Sum, kw_only=True):
    provider: str
    id: str
    home: str
    kind: str
    account: str | None
    project: str | None
    cwd: str | None
    title: str | None
    model: str | None
    effort: str | None
    version: str | None
    status: Status
    status_since: _Time | None
    status_from: Evidence
    rate_limited: bool
    task: _Task | None
    context_percent: float | None
    context_tokens: int | None
    context_window: int | None
    own: _Sum | None
    week_percent: float | None
    turns: int | None
    compactions: int | None
    started_at: _Time | None
    last_at: _Time | None
    pid: int | None
    owner_certain: bool
    rss_mb: float | None
    tokens_per_minute: float | None
    token_history: tuple[int, ...]
    children: tuple[_Child, ...]
    more_children: int
    subagents: tuple[_Subagent, ...]
    git: GitState | None
    memory_files: int | None


class _Document(Struct, kw_only=True):
    schema: str
    generated_at: _Time
    counted_at: _Time | None
    sessions: tuple[_Session, ...]
    mcp_servers: tuple[McpServer, ...]
    orphans: tuple[OrphanProcess, ...]
    problems: tuple[str, ...]


def as_document(look: SessionsLook) -> dict[str, Any]:
    """Plain JSON. Times are to the second, but for when the look was, which is to the millisecond."""
    document = _Document(
        schema=SCHEMA,
        generated_at=_rounded(look.at),
        counted_at=_whole(look.counted_at),
        sessions=tuple(map(_session, look.sessions)),
        mcp_servers=look.mcp_servers,
        orphans=look.orphans,
        problems=look.problems,
    )
    found: dict[str, Any] = msgspec.to_builtins(document)
    return found


def look_of(document: object) -> SessionsLook:
    """The look of which this is the document. Raises ValueError for what is none, or one of another make."""
    found = typed.convert(document, _Document)  # its error is a ValueError
    if found.schema != SCHEMA:
        raise ValueError(found.schema)
    try:
        return SessionsLook(
            at=found.generated_at.astimezone(UTC),
            sessions=tuple(map(_session_of, found.sessions)),
            mcp_servers=found.mcp_servers,
            orphans=found.orphans,
            counted_at=_utc(found.counted_at),
            problems=found.problems,
        )
    except OverflowError as error:  # of a size, or of a time at the end of all times
        raise ValueError(str(error)) from error


def _session(session: LiveSession) -> _Session:
    status, task = session.status, session.status.task
    return _Session(
        **_same(session),
        **_sum(session.tally),
        status=status.status,
        status_since=_whole(status.since),
        status_from=status.evidence,
        task=_Task(tool=task.tool, argument=task.argument, since=_whole(task.since)) if task else None,
        context_percent=_round(session.context_percent, 1),
        own=_Sum(**_sum(session.own)) if session.own else None,
        week_percent=_round(session.week_percent, 2),
        started_at=_whole(session.started_at),
        last_at=_whole(session.last_at),
        rss_mb=_megabytes(session.rss),
        tokens_per_minute=_round(session.tokens_per_minute, 1),
        children=tuple(map(_child, session.children)),
        subagents=tuple(map(_subagent, session.subagents)),
    )


def _session_of(found: _Session) -> LiveSession:
    about = found.task
    task = Task(tool=about.tool, argument=about.argument, since=_utc(about.since)) if about else None
    return LiveSession(
        **_same(found),
        status=SessionStatus(
            status=found.status, since=_utc(found.status_since), task=task, evidence=found.status_from
        ),
        own=_tally(found.own) if found.own else None,
        tally=_tally(found),
        week_percent=found.week_percent,
        started_at=_utc(found.started_at),
        last_at=_utc(found.last_at),
        rss=_bytes(found.rss_mb),
        tokens_per_minute=found.tokens_per_minute,
        children=tuple(map(_child_of, found.children)),
        subagents=tuple(map(_subagent_of, found.subagents)),
    )


_SAME = (
    *("provider", "id", "home", "kind", "account", "project", "cwd", "title", "model", "effort", "version"),
    *("rate_limited", "context_tokens", "context_window", "turns", "compactions", "pid", "owner_certain"),
    *("token_history", "git", "memory_files", "more_children"),
)
"""Members that a session and its document have in common."""


def _same(session: LiveSession | _Session) -> dict[str, Any]:
    return {name: getattr(session, name) for name in _SAME}


def _child(child: ChildProcess) -> _Child:
    return _Child(
        pid=child.pid,
        command=child.command,
        rss_mb=_megabytes(child.rss),
        ports=child.ports,
        shared_ports=child.shared_ports,
    )


def _child_of(found: _Child) -> ChildProcess:
    return ChildProcess(
        pid=found.pid,
        command=found.command,
        rss=_bytes(found.rss_mb),
        ports=found.ports,
        shared_ports=found.shared_ports,
    )


def _subagent(agent: LiveSubagent) -> _Subagent:
    return _Subagent(id=agent.id, name=agent.name, status=agent.status, **_sum(agent.tally))


def _subagent_of(found: _Subagent) -> LiveSubagent:
    return LiveSubagent(id=found.id, name=found.name, status=found.status, tally=_tally(found))


def _sum(tally: Tally | None) -> dict[str, Any]:
    if tally is None:
        return {}
    tokens = {**structs.asdict(tally.usage), "total_tokens": tally.usage.total_tokens}
    return {
        "tokens": tokens,
        "usd": as_usd(tally.usd),
        "responses": tally.responses,
        "unpriced": tally.unpriced,
    }


def _tally(found: _Sum) -> Tally | None:
    if found.tokens is None:
        return None
    return Tally(
        responses=found.responses or 0,
        usage=typed.convert(found.tokens, TokenUsage),
        usd=found.usd,
        unpriced=found.unpriced or 0,
    )


def _round(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _megabytes(size: int | None) -> float | None:
    return None if size is None else round(size / _MEGABYTE, 1)


def _bytes(megabytes: float | None) -> int | None:
    return None if megabytes is None else round(megabytes * _MEGABYTE)


def _utc(at: datetime | None) -> datetime | None:
    return at and at.astimezone(UTC)


def _whole(at: datetime | None) -> datetime | None:
    return at and at.astimezone(UTC).replace(microsecond=0)


def _rounded(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(microsecond=at.microsecond // 1000 * 1000)
