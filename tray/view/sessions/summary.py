"""The sentences around the table of sessions. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from providers.domain.live import SessionsLook, Status
from tray.view import format as fmt
from tray.view.sessions import words

_NOUNS: dict[Status, str] = {"approval": "approval", "waiting": "question"}
_VERBS: dict[Status, tuple[str, str]] = {
    "working": ("is working", "are working"),
    "idle": ("is idle", "are idle"),
    "done": ("is done", "are done"),
    "unknown": ("has an unknown status", "have an unknown status"),
}
_COUNT_IS_OLD = timedelta(minutes=2)


def headline(look: SessionsLook) -> str:
    """`2 sessions wait for you (1 approval, 1 question), 3 are working, 1 is idle.`"""
    counts = Counter(session.status.status for session in look.sessions)
    parts = []
    waiting = [fmt.plural(counts[status], noun) for status, noun in _NOUNS.items() if counts[status]]
    number = sum(counts[status] for status in _NOUNS)
    if number:
        subject = "1 session waits" if number == 1 else f"{number:,} sessions wait"
        parts.append(f"{subject} for you ({', '.join(waiting)})")
    for status, (one, many) in _VERBS.items():
        if count := counts[status]:
            noun = "" if parts else "session " if count == 1 else "sessions "
            parts.append(f"{count:,} {noun}{one if count == 1 else many}")
    return f"{', '.join(parts)}."


def nothing(look: SessionsLook, titles: Sequence[str], homes: Sequence[str]) -> str:
    """What was looked for, where there is no session."""
    if look.problems:
        return "No live sessions were found, but not everything could be looked at."
    where = f" in {words.either([fmt.plain(home) for home in homes])}" if homes else ""
    return (
        f"No live sessions: nothing of {words.either(titles)} is running{where}, and nothing ended there in the"
        " last 5 minutes."
    )


def servers(look: SessionsLook, titles: Mapping[str, str]) -> Iterator[str]:
    """MCP servers that no known session uses."""
    for server in look.mcp_servers:
        if server.session is None:
            name = fmt.plain(server.name)
            owner = titles.get(server.provider or "", "")
            yield (
                f"{owner} serves as an MCP server: {name} (pid {server.pid})."
                if owner
                else (f"MCP server of an unknown session: {name} (pid {server.pid}).")
            )


def legend(look: SessionsLook) -> Iterator[str]:
    """Only what the table makes one ask."""
    if any(map(words.is_unsure, look.sessions)):
        yield (
            f"{words.UNSURE} marks a status judged by the log alone, which cannot tell a running tool from one"
            " that waits for your approval."
        )
    if any(session.tally is not None for session in look.sessions):
        yield f"Cost is at API prices, not your bill, and includes subagents{_counted(look)}."
    elif look.sessions:
        yield "Tokens and cost are not counted yet; `tankful cost` counts them."


def _counted(look: SessionsLook) -> str:
    if look.counted_at is None or look.at - look.counted_at < _COUNT_IS_OLD:
        return ""
    return f"; it was counted {fmt.age(look.at - look.counted_at)}"
