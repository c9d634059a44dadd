"""How a provider's sessions are found and read: the interface between the look at live sessions and the
providers.

    SessionFinder    which processes are the provider's CLI, which session each runs, and by what evidence
    SessionReader    what the lines of one log say, fed in order: from its tail first, then what is appended
    StatusRule       what a session is doing, of all that is known: pure

Ownership is evidence or nothing: a process is paired with a session by a file that it writes, or by what the
CLI itself wrote down, and never by the order of both, by a folder, or by a time.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, Protocol

from msgspec import Struct

from providers.domain.live import SessionStatus, Status, Task
from providers.domain.processes import ProcessTable

TurnState = Literal["open", "ended"]

RECENT = timedelta(minutes=5)
"""For so long a session that has ended is still found, and shown."""


class HookRecord(Struct, frozen=True, kw_only=True):
    """What `tankful hook` last wrote about a session: `status`, and of an approval the tool's name."""

    status: Status
    at: datetime
    tool: str | None = None
    pid: int | None = None


class OwnRecord(Struct, frozen=True, kw_only=True):
    """What a CLI wrote down about a session itself; `since` is when it did. `is_dialog`: a dialog of its own is
    open, such as the person's choice of a model, which asks for nothing that its work needs.
    """

    status: Status
    since: datetime | None = None
    is_dialog: bool = False


class FoundSession(Struct, frozen=True, kw_only=True):
    """A session with a process, or one whose process just ended.

    `log` is its log, None while there is none. `pid` is the process that runs it, None where that is not known;
    `started` is that of the Process. `is_running` is None where nobody can tell whether its program still runs.
    `kind` is as in LiveSession. `parent` is the id of the session whose subagent it is, `name` then what the CLI
    calls it. `since` is when the session began, `held_since` when its present program took it up, if known: what
    its log says of the time before was another one. `title` and `memory_files` are as in LiveSession. The ids are
    those of the ledger; that of a program of which nobody knows what it runs is made of its process.
    """

    home: Path
    id: str
    log: Path | None = None
    pid: int | None = None
    is_running: bool | None = None
    kind: str = ""
    parent: str | None = None
    name: str | None = None
    cwd: str | None = None
    version: str | None = None
    since: datetime | None = None
    held_since: datetime | None = None
    title: str | None = None
    memory_files: int | None = None
    record: OwnRecord | None = None


class FoundServer(Struct, frozen=True, kw_only=True):
    """A CLI that serves another program (as an MCP server), not a person."""

    pid: int
    name: str


class FoundSessions(Struct, frozen=True, kw_only=True):
    """`agents` are all processes of the CLI that are no tools: a child of one is a child of its session."""

    sessions: tuple[FoundSession, ...] = ()
    servers: tuple[FoundServer, ...] = ()
    agents: frozenset[int] = frozenset()


class OpenCall(Struct, frozen=True, kw_only=True):
    """A tool call without a result. `asks` tells whether it is a question to the person; `escalates` whether it
    is one that needs their permission, None if unknown; `is_internal` whether it runs within the CLI, so that no
    process shows it; `in_background` whether its turn goes on without it.
    """

    id: str
    task: Task
    asks: bool = False
    escalates: bool | None = None
    is_internal: bool = False
    in_background: bool = False


class SessionFacts(Struct, frozen=True, kw_only=True):
    """What the lines read so far say, newest first. `is_settled` is False while older lines could still change
    what is said of the present: the tail was too short.

    `kind` is as in LiveSession, of what last wrote. `session` is the log's own session, `thread` the one that the
    person started. `turns` and `compactions` count from where the reading began. `turn` is None before the first
    one. `turn_since` is when it began, or ended. `is_refused`: it ended because the account has reached a
    limit.
    """

    is_settled: bool = False
    session: str | None = None
    thread: str | None = None
    cwd: str | None = None
    branch: str | None = None
    model: str | None = None
    effort: str | None = None
    version: str | None = None
    kind: str = ""
    title: str | None = None
    context_tokens: int | None = None
    context_window: int | None = None
    turns: int = 0
    compactions: int = 0
    turn: TurnState | None = None
    turn_since: datetime | None = None
    is_refused: bool = False
    calls: tuple[OpenCall, ...] = ()
    background: tuple[str, ...] = ()
    started_at: datetime | None = None
    last_at: datetime | None = None


class SessionReader(Protocol):
    """Reads one log. It is fed whole lines without their newlines, in order, each once; a line that it does not
    understand says nothing.
    """

    def feed(self, line: bytes) -> None: ...

    @property
    def facts(self) -> SessionFacts: ...


class SessionFinder(Protocol):
    """A provider's sessions."""

    def find(self, homes: Sequence[Path], table: ProcessTable, now: datetime) -> FoundSessions:
        """The sessions in these homes; those that ended a moment ago where there is evidence of them."""

    def reader(self, clis: Collection[str] = ()) -> SessionReader:
        """A new one, for one log. Of a tool that calls one of these `clis` no prompt is shown: it cuts that out of
        the whole argument, since of a shortened one the call may be lost.
        """

    def counts(self, line: bytes) -> tuple[int, int]:
        """How many turns begin, and how many compactions happen, in this line: of a log's older part, which the
        reader does not get.
        """

    @property
    def counted(self) -> tuple[bytes, ...]:
        """Bytes of which a line has at least one, if `counts` says more than (0, 0) of it."""

    @property
    def needs_turn(self) -> bool:
        """Whether its reader finds enough only after the beginning of a turn: then that is looked for first, by
        `counts`, rather than read the end of a log twice.
        """

    @property
    def tool_variable(self) -> str | None:
        """The variable in which the processes of tools have the id of their session or subagent."""

    def subagents(self, found: FoundSession) -> Sequence[FoundSession]:
        """Those with a log that are not among the found sessions, the newest ones first; in a bounded number of
        stats.
        """

    def status(
        self,
        found: FoundSession,
        facts: SessionFacts | None,
        hook: HookRecord | None,
        subagents: Mapping[str, SessionStatus],
        table: ProcessTable,
        now: datetime,
    ) -> SessionStatus:
        """What it is doing. Explicit events count before anything that is inferred."""
