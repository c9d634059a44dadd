"""What `tankful hook` recorded of live sessions, in the state folder, readable by its owner alone:

live/<provider>-<hash of the session>.json            its status
live/<provider>-<hash of the session>-<hash>.json     that of a subagent that waits for the person, or did

`{"session": id, "status", "tool": name | null, "at": epoch s, "pid": number | null}`: nothing else, whatever a CLI
sends. Written with the standard library alone.
"""

from __future__ import annotations

import json
import os

from providers.domain.short_hash import short_hash
from providers.host.atomic import write_whole
from tray.engine.hook_file import read_object

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from typing import Any

    from providers.domain.hooked_status import HookedStatus
    from providers.sessions import HookRecord

FOLDER = "live"
MOST_RECORDS = 256
KEPT_SECONDS = 7 * 86400.0
LONGEST_SESSION = 200
_WAITS = ("approval", "waiting")
_STATUSES = (*_WAITS, "working", "idle", "done")
_ENDING = ".json"
_TORN_SECONDS = 60.0
_CLOCK_SLACK = 60.0


def write(state_folder: str, provider: str, found: HookedStatus, pid: int | None, at: float) -> bool:
    """Whether it was recorded: not where something newer is, or nothing that it ends. Raises OSError."""
    folder = os.path.join(state_folder, FOLDER)
    stem = f"{provider}-{short_hash(found.session)}"
    name = f"{stem}-{short_hash(found.agent)}" if found.agent else stem
    path = os.path.join(folder, f"{name}{_ENDING}")
    known = _read(path)
    if known is not None and at < known["at"] <= at + _CLOCK_SLACK:  # hooks of one moment run side by side
        return False
    if found.ends and (known is None or known["status"] not in _WAITS or known["tool"] != found.tool):
        return False
    tool = found.tool if found.status in _WAITS else None
    content = {"session": found.session, "status": found.status, "tool": tool, "at": at, "pid": pid}
    if known is None:
        _forget(folder, at)
    write_whole(path, json.dumps(content).encode())
    if not found.agent and not found.ends and found.status not in _WAITS:
        _forget_agents(folder, stem)
    return True


def read(state_folder: str, now: datetime) -> Mapping[tuple[str, str], HookRecord]:
    """By provider and session. Of a session with subagents the one that waits, else the newest. Never raises."""
    newest: dict[tuple[str, str], dict[str, Any]] = {}
    for provider, found in _all(os.path.join(state_folder, FOLDER)):
        key = provider, found["session"]
        is_of_now = -_CLOCK_SLACK <= now.timestamp() - found["at"] <= KEPT_SECONDS
        if is_of_now and (key not in newest or _rank(found) > _rank(newest[key])):
            newest[key] = found
    return {key: _record(found) for key, found in newest.items()}


def newest_at(state_folder: str, provider: str) -> float | None:
    """When the last one of a provider was written (epoch s)."""
    times = [found["at"] for each, found in _all(os.path.join(state_folder, FOLDER)) if each == provider]
    return max(times, default=None)


def _rank(found: dict[str, Any]) -> tuple[bool, float]:
    return found["status"] in _WAITS, found["at"]


def _record(found: dict[str, Any]) -> HookRecord:
    from datetime import UTC, datetime

    from providers.sessions import HookRecord

    at = datetime.fromtimestamp(found["at"], UTC)
    return HookRecord(status=found["status"], at=at, tool=found["tool"], pid=found["pid"])


def _all(folder: str) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        names = [name for name in os.listdir(folder) if name.endswith(_ENDING) and name[0] != "."]
    except OSError:
        return
    for name in names[: 2 * MOST_RECORDS]:
        found = _read(os.path.join(folder, name))
        if found is not None:
            yield name.partition("-")[0], found


def _read(path: str) -> dict[str, Any] | None:
    """None for what is none, or damaged."""
    content = read_object(path)
    return content if content is not None and _is_sound(content) else None


def _is_sound(content: dict[str, Any]) -> bool:
    at, tool, pid = content.get("at"), content.get("tool", 0), content.get("pid", "")
    return (
        isinstance(content.get("session"), str)
        and content.get("status") in _STATUSES
        and isinstance(at, float)
        and 0 <= at < 1e11
        and (tool is None or isinstance(tool, str))
        and (pid is None or type(pid) is int)
    )


def _forget(folder: str, now: float) -> None:
    """What is old, too many, or was begun when a deadline ended the hook. Another process may do the same."""
    try:
        with os.scandir(folder) as entries:
            found = sorted((entry.stat(follow_symlinks=False).st_mtime, entry.path) for entry in entries)
    except FileNotFoundError:
        return
    kept = [each for each in found if not os.path.basename(each[1]).startswith(".")]
    torn = [each for each in found if each not in kept and abs(now - each[0]) > _TORN_SECONDS]
    excess = kept[: max(0, len(kept) + 1 - MOST_RECORDS)]
    old = [each for each in kept if abs(now - each[0]) > KEPT_SECONDS]
    _remove(path for _, path in {*torn, *excess, *old})


def _forget_agents(folder: str, stem: str) -> None:
    """The turn of their session has begun, or ended: none of them waits any more."""
    names = [name for name in os.listdir(folder) if name.startswith(f"{stem}-")]
    _remove(os.path.join(folder, name) for name in names)


def _remove(paths: Iterator[str]) -> None:
    for path in paths:
        try:  # noqa: SIM105 - contextlib takes its time
            os.unlink(path)
        except FileNotFoundError:
            pass
