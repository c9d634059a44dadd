"""How sessions read where there is little room, in the menu, the tooltip and notices: their names, and what
they do or wait for. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from providers.domain.live import STATUSES, LiveSession, SessionsLook, SessionStatus, Status
from tray.engine.state import State
from tray.view import format as fmt
from tray.view.sessions import words
from tray.view.sessions.words import folder_name, is_unsure

LONGEST_NAME = 28
LONGEST_TOOL = 24
_SHORT_ID = 4  # its last characters: the first ones are a time in some CLIs' ids
STATUS_WORDS: dict[Status, str] = {**words.STATUSES, "unknown": "status unknown"}
_COUNTED: tuple[tuple[str, frozenset[Status]], ...] = (
    ("waiting", frozenset({"approval", "waiting"})),
    ("working", frozenset({"working"})),
    ("idle", frozenset({"idle"})),
    ("unknown", frozenset({"unknown"})),
    ("done", frozenset({"done"})),
)


def ordered(look: SessionsLook) -> tuple[LiveSession, ...]:
    """Those that wait for the person first, and of those the one that has waited longest."""

    def order(session: LiveSession) -> tuple[int, float]:
        status = session.status
        waited = status.since.timestamp() if status.waits and status.since is not None else 0.0
        return STATUSES.index(status.status), waited

    return tuple(sorted(look.sessions, key=order))


def waiting(state: State) -> tuple[LiveSession, ...]:
    """Those that wait for the person."""
    look = state.sessions
    return () if look is None else tuple(session for session in ordered(look) if session.status.waits)


def names(sessions: Sequence[LiveSession]) -> dict[str, str]:
    """Of each by its key: its project, and what tells it from others there: its branch, or the end of its id."""
    found = {each.key: _project(each) for each in sessions}
    for more in (_branch, _end_of_id):
        found = _distinguished(found, sessions, more)
    return found


def name(session: LiveSession, sessions: Sequence[LiveSession]) -> str:
    return names(sessions).get(session.key) or _project(session)


def doing(session: LiveSession) -> str:
    """What it does or waits for: `working`, `approval for Bash`."""
    status = session.status
    if status.status == "working" and session.rate_limited:
        return "rate-limited"
    word = STATUS_WORDS[status.status]
    if status.status == "approval":
        word += f" for {tool}" if (tool := tool_of(status)) else ""
        return f"probably {word}" if is_unsure(session) else word
    return word


def waiting_text(session: LiveSession, name: str) -> str:
    """`shop waits for approval: Bash`, of one that waits."""
    if session.status.status == "waiting":
        return f"{name} waits for your answer"
    tool, unsure = tool_of(session.status), "probably " if is_unsure(session) else ""
    return f"{name} {unsure}waits for approval{f': {tool}' if tool else ''}"


def tool_of(status: SessionStatus) -> str:
    """The name of the tool that runs or waits; "" if unknown."""
    return fmt.plain(status.task.tool, longest=LONGEST_TOOL).strip() if status.task is not None else ""


def for_how_long(status: SessionStatus, now: datetime) -> str:
    """`2 min`; "" if unknown."""
    if status.since is None:
        return ""
    return "< 1 min" if now - status.since < timedelta(minutes=1) else fmt.span(now - status.since)


def counts(sessions: Iterable[LiveSession]) -> str:
    """`2 waiting · 3 working`."""
    found = Counter(session.status.status for session in sessions)
    parts = [(sum(found[status] for status in of), word) for word, of in _COUNTED]
    return fmt.DOT.join(f"{number} {word}" for number, word in parts if number)


def _project(session: LiveSession) -> str:
    folder = folder_name(session.project or session.cwd)
    return (
        fmt.plain(folder, longest=LONGEST_NAME).strip()
        or fmt.plain(session.id, longest=8).strip()
        or "session"
    )


def _branch(session: LiveSession) -> str:
    return fmt.plain(session.git.branch or "", longest=20).strip() if session.git is not None else ""


def _end_of_id(session: LiveSession) -> str:
    return fmt.plain(session.id[-_SHORT_ID:]).strip()


def _distinguished(
    found: dict[str, str], sessions: Sequence[LiveSession], more: Callable[[LiveSession], str]
) -> dict[str, str]:
    """With more in brackets where several have the same name, and it tells some of them apart."""
    shared = Counter(found.values())
    added = {each.key: more(each) for each in sessions}
    differ = {name: len({added[at] for at in found if found[at] == name}) > 1 for name in shared}
    return {
        at: f"{name} ({added[at]})" if differ[name] and shared[name] > 1 and added[at] else name
        for at, name in found.items()
    }
