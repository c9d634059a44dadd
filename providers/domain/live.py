"""Live sessions: what runs, what it waits for, what it costs. Frozen, no I/O.

Times are aware datetimes in UTC. What is not known is None, never 0. No text of a prompt or an answer is in
here.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from providers.domain.cost import Tally

Status = Literal["approval", "waiting", "working", "idle", "done", "unknown"]
"""approval: a tool waits for the person's approval. waiting: a question waits for their answer. idle: the
turn has ended, and the program waits for the next prompt. done: the program has ended.
"""
STATUSES: tuple[Status, ...] = ("approval", "waiting", "working", "idle", "done", "unknown")
"""The order in which a person wants to see them."""

Evidence = Literal["hook", "program", "log", "process"]
"""How a status is known: by a hook, by what the CLI wrote down about itself, by its log, by its processes."""

TITLE_LENGTH = 60


class Task(Struct, frozen=True, kw_only=True):
    """A tool call that has not ended: `argument` is its main one, shortened, without secrets; None if it has
    none. `since` is when it was called.
    """

    tool: str
    argument: str | None = None
    since: datetime | None = None


class SessionStatus(Struct, frozen=True, kw_only=True):
    """`since` is when it began, as far as is known. `look_again` is True where a moment later more may be
    known.
    """

    status: Status
    since: datetime | None = None
    task: Task | None = None
    evidence: Evidence = "log"
    look_again: bool = False

    @property
    def waits(self) -> bool:
        """Whether it goes on only when the person does something, other than to prompt it again."""
        return self.status in ("approval", "waiting")


class ChildProcess(Struct, frozen=True, kw_only=True):
    """A descendant of a session's program: its `command` shortened, without secrets. `ports` are those on which
    it listens; `shared_ports` those of them on which a child of another session listens too.
    """

    pid: int
    command: str
    rss: int | None = None
    ports: tuple[int, ...] = ()
    shared_ports: tuple[int, ...] = ()


class OrphanProcess(Struct, frozen=True, kw_only=True):
    """A former child of a session that has ended, which still listens."""

    pid: int
    command: str
    ports: tuple[int, ...]
    provider: str
    session: str
    project: str | None


class McpServer(Struct, frozen=True, kw_only=True):
    """A CLI that serves as an MCP server, or an MCP server among the children of a session. `session` is the id
    of the session that uses it, None if unknown.
    """

    pid: int
    name: str
    session: str | None = None
    provider: str | None = None


class LiveSubagent(Struct, frozen=True, kw_only=True):
    id: str
    status: Status
    name: str | None = None
    tally: Tally | None = None


class GitState(Struct, frozen=True, kw_only=True):
    """Of the working folder: files that are new, files that were modified. Both are None where git took too
    long or is not there; `problem` then says so.
    """

    branch: str | None = None
    added: int | None = None
    modified: int | None = None
    problem: str | None = None


class LiveSession(Struct, frozen=True, kw_only=True):
    """One session of a person, with its subagents.

    `home` is the label of its home, `account` the account's id, None if unknown. `pid` is that of the program
    that runs it, None if unknown; `owner_certain` tells whether there is evidence that it does. `kind` is ""
    for one in a terminal, else "exec", "background", "app" or "daemon". `own` are the tokens and cost of the
    session, `tally` those with its subagents; both are None where the ledger has none. `token_history` are the
    tokens of its newest responses (at most 64), oldest first. `title` is None unless the person switched titles
    on. `more_children` are how many it has beside its `children`, which are at most 64. `rate_limited`: its
    account is blocked. `memory_files` are how many files of memory the CLI loads there.
    """

    provider: str
    id: str
    home: str
    status: SessionStatus
    kind: str = ""
    account: str | None = None
    project: str | None = None
    cwd: str | None = None
    model: str | None = None
    effort: str | None = None
    version: str | None = None
    title: str | None = None
    context_tokens: int | None = None
    context_window: int | None = None
    own: Tally | None = None
    tally: Tally | None = None
    turns: int | None = None
    compactions: int | None = None
    started_at: datetime | None = None
    last_at: datetime | None = None
    pid: int | None = None
    owner_certain: bool = False
    rss: int | None = None
    tokens_per_minute: float | None = None
    token_history: tuple[int, ...] = ()
    week_percent: float | None = None
    children: tuple[ChildProcess, ...] = ()
    more_children: int = 0
    subagents: tuple[LiveSubagent, ...] = ()
    git: GitState | None = None
    memory_files: int | None = None
    rate_limited: bool = False

    @property
    def key(self) -> str:
        """What names it among all: one id may be in two homes, where one is a copy of the other."""
        return f"{self.provider}:{self.home}:{self.id}"

    @property
    def may_have_terminal(self) -> bool:
        """Whether it is certain which process it has, and that one may be in a terminal."""
        return self.pid is not None and self.owner_certain and self.kind in ("", "exec")

    @property
    def context_percent(self) -> float | None:
        if self.context_tokens is None or not self.context_window:
            return None
        return 100 * self.context_tokens / self.context_window


class SessionsLook(Struct, frozen=True, kw_only=True):
    """All sessions at one moment, those that wait for the person first. `counted_at` is when the ledger, which
    their cost is of, was last brought up to date; None if never. `problems` are sentences on what could not be
    looked at. `next_look` is after what time another look will say more, None where nothing is known to change
    soon. `logs` are the logs of those that run; no face shows them.
    """

    at: datetime
    sessions: tuple[LiveSession, ...] = ()
    mcp_servers: tuple[McpServer, ...] = ()
    orphans: tuple[OrphanProcess, ...] = ()
    counted_at: datetime | None = None
    problems: tuple[str, ...] = ()
    next_look: timedelta | None = None
    logs: tuple[str, ...] = ()
