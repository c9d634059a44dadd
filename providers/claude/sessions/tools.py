"""What the environment of a tool tells of its session: which program called it, and for which session.

Fact (2.1.332): a tool's command has CLAUDE_PID and CLAUDE_CODE_SESSION_ID; the program itself has neither.
"""

from __future__ import annotations

from collections.abc import Iterator

from providers.domain.processes import ProcessTable

PID, SESSION = "CLAUDE_PID", "CLAUDE_CODE_SESSION_ID"


def has_tool(pid: int, session: str, table: ProcessTable) -> bool | None:
    """Whether a tool of this session runs below the program; None where no environment can be read."""
    if not table.environment(pid, ("PATH",)):
        return None
    return any(called_for == session for called_for in called_by(pid, table))


def called_by(pid: int, table: ProcessTable) -> Iterator[str]:
    """The sessions that the tools of a program were called for."""
    for process in table.processes.values():
        if process.parent == pid:
            known = table.environment(process.pid, (PID, SESSION))
            if SESSION in known and known.get(PID, str(pid)) == str(pid):
                yield known[SESSION]
