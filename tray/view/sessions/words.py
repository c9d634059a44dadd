"""How the values of a session read. "" is what is not known. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from ntpath import basename as windows_basename

from providers.domain.cost import Tally
from providers.domain.live import Evidence, GitState, LiveSession, SessionsLook, Status, Task
from tray.view import format as fmt
from tray.view import words

HIGH, FULL = 75, 90
"""From so many percent of its context window on a session is marked: it will soon be compacted."""
UNSURE = "?"
STATUSES: dict[Status, str] = {
    "approval": "approval",
    "waiting": "question",
    "working": "working",
    "idle": "idle",
    "done": "done",
    "unknown": "unknown",
}
_KINDS = {
    "exec": "runs without a terminal",
    "background": "in the background",
    "app": "in the desktop app",
    "daemon": "",
}
_EVIDENCE: dict[Evidence, str] = {
    "hook": "a hook",
    "program": "its program",
    "log": "its log",
    "process": "its processes",
}
_TOOL_LENGTH = 40
_ID_LENGTH = 8
_MEGABYTE = 1 << 20


def is_unsure(session: LiveSession) -> bool:
    """Whether it may be another status: a log alone tells neither that a tool runs, nor that its program does."""
    found = session.status
    if found.evidence != "log" or found.status in ("unknown", "done"):
        return False
    if found.status == "approval":
        return True
    return not session.owner_certain or (found.status == "working" and found.task is not None)


def status(session: LiveSession) -> str:
    found = session.status
    word = STATUSES[found.status]
    if found.status == "approval" and found.task is not None:
        word = f"{word}: {found.task.tool}"
    return f"{word} {UNSURE}" if is_unsure(session) else word


def lasting(since: datetime | None, at: datetime) -> str:
    """`40 s`, `12 min`, `3 h`."""
    if since is None:
        return ""
    passed = max(at - since, timedelta())
    return f"{passed.seconds} s" if passed < timedelta(minutes=1) else fmt.span(passed)


def project(session: LiveSession) -> str:
    """The name of its folder."""
    return folder_name(session.project or session.cwd) or "–"


def folder_name(path: str | None) -> str:
    """The last part of a path, of whichever system; "" of none."""
    return (windows_basename(path.rstrip("/\\")) or path) if path else ""


def model(session: LiveSession) -> str:
    return " ".join(filter(None, (session.model, session.effort)))


def context(session: LiveSession) -> str:
    """`78 % !`: with room for two marks, so that the numbers stand below each other. Tokens where the size of the
    window is unknown.
    """
    percent = session.context_percent
    if percent is None:
        return fmt.tokens(session.context_tokens) if session.context_tokens else ""
    mark = "!!" if percent >= FULL else "!" if percent >= HIGH else ""
    return f"{words.percent(max(100 - percent, 0), used=True)} {mark:2}"


def tokens(tally: Tally | None) -> str:
    return "" if tally is None else fmt.tokens(tally.usage.total_tokens)


def usd(tally: Tally | None) -> str:
    """A lower bound where some of it has no price."""
    if tally is None or (tally.usd is None and not tally.responses):
        return ""
    if tally.usd is None:
        return "no price"
    return fmt.at_least(tally.usd) if tally.unpriced else fmt.money(tally.usd)


def week(session: LiveSession) -> str:
    return "" if session.week_percent is None else fmt.share(session.week_percent, 100)


def memory(size: int | None) -> str:
    if size is None:
        return ""
    value = size / _MEGABYTE
    return f"{value:.0f} MB" if value < 999.5 else f"{value / 1024:.1f} GB"


def git(state: GitState | None) -> str:
    """`main +2 ~3`: new files, modified ones; nothing behind it where it is clean, or not known."""
    if state is None:
        return ""
    counts = (("+", state.added), ("~", state.modified))
    return " ".join(filter(None, (state.branch, *(f"{sign}{count}" for sign, count in counts if count))))


def task(found: Task) -> str:
    tool = fmt.plain(found.tool, longest=_TOOL_LENGTH)
    return f"{tool}: {found.argument}" if found.argument else tool


def evidence(session: LiveSession) -> str:
    """By what its status is known."""
    return _EVIDENCE[session.status.evidence]


def kind(session: LiveSession) -> str:
    return _KINDS.get(session.kind, "")


def id_length(look: SessionsLook) -> int:
    """So many characters tell the sessions apart."""
    ids = {session.id for session in look.sessions}
    longest = max(map(len, ids), default=0)
    for length in range(_ID_LENGTH, longest):
        if len({ident[:length] for ident in ids}) == len(ids):
            return length
    return longest


def either(names: Sequence[str]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else ""
