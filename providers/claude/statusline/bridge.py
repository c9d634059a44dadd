"""What Claude Code sends to its `statusLine` command, stored for the tray: two windows, and no conversation.

Facts (2.1.80-2.1.332): the JSON on stdin has `rate_limits.{five_hour, seven_day}.{used_percentage, resets_at}`
once a session had its first response, the reset in epoch seconds, as seen in public threads also in ISO. The line
is redrawn for many reasons, with the limits of that session's last response; so they are as old as the moment at
which this session first reported them.

Claude Code waits for us to draw its line: this imports nothing but small parts of the standard library.
"""

from __future__ import annotations

import json
import os

from providers.domain.scalars import moment, number, percent
from providers.domain.short_hash import short_hash
from providers.host.atomic import write_whole
from providers.host.state_folder import is_trusted, state_folder

TYPE_CHECKING = False  # typing's own would cost milliseconds
if TYPE_CHECKING:
    from collections.abc import Mapping

PROVIDER = "claude"
"""The descriptor's id, which a status line has no time to load."""
SIZE_LIMIT = 1 << 20
WINDOWS = ("five_hour", "seven_day")
_MOST_SESSIONS = 20
_MOST_LIMITS = 50

Limits = dict[str, dict[str, float]]
"""`used_percentage` and, where sent, `resets_at` (epoch s) of each of WINDOWS that was sent."""


class StatusReport:
    """What Claude Code sent to one line: `limits`, the session, and its total API duration (ms); `dropped` names
    what could not be parsed.
    """

    __slots__ = ("answered_ms", "dropped", "limits", "session")

    def __init__(self, session: str, limits: Limits, answered_ms: float | None, dropped: list[str]) -> None:
        self.session = session
        self.limits = limits
        self.answered_ms = answered_ms
        self.dropped = dropped


def parse(raw: bytes) -> StatusReport | None:
    """The report in the JSON, None where it has no limits."""
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    limits = limits_of(content)
    if not limits:
        return None
    dropped = _dropped(content["rate_limits"], limits)
    return StatusReport(str(content.get("session_id")), limits, _answered_ms(content), dropped)


def is_whole(raw: bytes) -> bool:
    """Whether this is the complete JSON."""
    if not raw.rstrip().endswith(b"}"):
        return False
    try:
        json.loads(raw)
    except (ValueError, RecursionError):
        return False
    return True


def keep(report: StatusReport, environ: Mapping[str, str], now: float) -> None:
    """Store it with the time `now` (epoch s) if it is new. Raises OSError, also where others could have put a
    folder or link there.
    """
    if not is_trusted(environ):
        raise PermissionError("untrusted folder")
    folder = folder_of(own_home(environ), environ)
    file = os.path.join(folder, f"{short_hash(report.session)}.json")
    news = {"limits": report.limits, "answered_ms": report.answered_ms, "dropped": report.dropped}
    known = read(file)
    if known is None or any(known.get(name) != value for name, value in news.items()):
        write_whole(file, json.dumps(news | {"at": now}).encode())
        _forget_old(folder)


def read(file: str) -> dict[str, object] | None:
    """What one session reported: `limits`, and `at` when it first did so (epoch s); None for no such file."""
    try:
        with open(file, "rb", opener=_without_waiting) as opened:
            content = json.loads(opened.read(SIZE_LIMIT))
    except (OSError, TypeError, ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def folder_of(home: str, environ: Mapping[str, str]) -> str:
    """Where the sessions of this home are stored, a file for each."""
    return os.path.join(state_folder(environ), "statusline", short_hash(home))


def own_home(environ: Mapping[str, str]) -> str:
    """The home of the Claude Code that started us: it hands its environment down."""
    return os.path.abspath(os.path.expanduser(environ.get("CLAUDE_CONFIG_DIR") or "~/.claude"))


def context_percent(content: Mapping[str, object]) -> float | None:
    """How much of the context window is used, as Claude Code has it; 0-100."""
    window = content.get("context_window")
    return percent(window.get("used_percentage")) if isinstance(window, dict) else None


def limits_of(content: object) -> Limits:
    """What is sent of the two windows; none of other JSON."""
    sent = content.get("rate_limits") if isinstance(content, dict) else None
    found: Limits = {}
    for name in WINDOWS:
        window = sent.get(name) if isinstance(sent, dict) else None
        if not isinstance(window, dict) or (used := percent(window.get("used_percentage"))) is None:
            continue
        found[name] = {"used_percentage": used}
        if (resets_at := moment(window.get("resets_at"))) is not None:
            found[name]["resets_at"] = resets_at.timestamp()
    return found


def _dropped(sent: dict[str, object], found: Limits) -> list[str]:
    """The limits, and the resets, that are sent and not found."""
    names = []
    for name, window in list(sent.items())[:_MOST_LIMITS]:
        if not isinstance(window, dict):
            names += [name] if window is not None and name in WINDOWS else []
        elif name not in found:
            names += [name] if window.get("used_percentage") is not None else []
        elif window.get("resets_at") is not None and "resets_at" not in found[name]:
            names.append(f"{name}.resets_at")
    return names


def _answered_ms(content: dict[str, object]) -> float | None:
    """How long the session's responses took together: it grows with each one."""
    cost = content.get("cost")
    return number(cost.get("total_api_duration_ms")) if isinstance(cost, dict) else None


def _without_waiting(name: str, flags: int) -> int:
    """A pipe of that name must keep nobody waiting; it then has no bytes, which is a TypeError."""
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))


def _forget_old(folder: str) -> None:
    """What is no file of ours stays, and a link counts as itself."""
    with os.scandir(folder) as entries:
        by_age = sorted(
            (entry.stat(follow_symlinks=False).st_mtime, entry.path)
            for entry in entries
            if not entry.is_dir(follow_symlinks=False)
        )
    for _, path in by_age[:-_MOST_SESSIONS]:
        os.unlink(path)
