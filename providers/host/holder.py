"""Who holds a lock: noted beside it by each holder, for those who wait and want to know for whom."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from providers.domain import typed
from providers.host.files import read_small
from providers.host.private import open_to_write

LONG_WAIT_SECONDS = 2.0
"""After that, the wait is reported, with the process that holds the lock."""
_LARGEST = 1000
_WRITTEN = 200
"""A note is that long, so that one in the place of another is never a part of each."""
_COMMAND = re.compile(r"(--)?[a-z]{1,16}")


class Holder(Struct, frozen=True, kw_only=True):
    """`command` is `tankful` with its first argument, such as `tankful --headless`; `since` is in UTC."""

    pid: int
    command: str
    since: datetime

    def __str__(self) -> str:
        at = self.since.astimezone()
        day = "" if at.date() == datetime.now(at.tzinfo).date() else f"{at:%Y-%m-%d} "
        return f"`{self.command}` (process {self.pid}, since {day}{at:%H:%M:%S})"


WaitListener = Callable[[str], None]
"""Gets a sentence as soon as it takes long."""


def note_holder(lock: Path, arguments: list[str] | None = None) -> None:
    """From now on this process holds the lock. Never raises: where nothing can be written, nobody knows it.

    Written in place, which takes a hundredth of the time that replacing the file would: it is done at each count.
    """
    first = (sys.argv[1:] if arguments is None else arguments)[:1]
    command = " ".join(["tankful", *(each for each in first if _COMMAND.fullmatch(each))])
    holder = Holder(pid=os.getpid(), command=command, since=datetime.now(UTC))
    with suppress(OSError):
        file = open_to_write(_file(lock))
        try:
            os.write(file, msgspec.json.encode(holder).ljust(_WRITTEN))
        finally:
            os.close(file)


def holder_of(lock: Path) -> Holder | None:
    """Who noted it last, if that process still runs; the caller knows that the lock is held."""
    try:
        holder = typed.json_decode(read_small(_file(lock), _LARGEST), Holder)
    except (OSError, msgspec.MsgspecError, ValueError, RecursionError):
        return None
    name, _, argument = holder.command.partition(" ")
    is_sound = name == "tankful" and (not argument or _COMMAND.fullmatch(argument))
    is_sound = is_sound and 0 < holder.pid < 1 << 31 and holder.since.tzinfo is not None
    return holder if is_sound and status_of(holder.pid) is not None else None


def status_of(pid: int) -> str | None:
    """psutil's word for it; None where there is no such process."""
    import psutil

    try:
        return str(psutil.Process(pid).status())
    except psutil.AccessDenied:
        return "unknown"
    except psutil.Error:
        return None


def is_suspended(holder: Holder | None) -> bool:
    """Whether it was stopped, as by Ctrl-Z: it keeps its lock, and does nothing."""
    return holder is not None and status_of(holder.pid) in ("stopped", "tracing-stop")


def waiting_for(holder: Holder | None, activity: str) -> str:
    """A clause to follow the name of this program; `activity` is as in "counting the logs"."""
    return f"waiting for {holder or 'another tankful'}, which is {activity}."


def still_held(holder: Holder | None, activity: str) -> tuple[str, str]:
    """A sentence on who did not release the lock in time, and one on what to do."""
    name = str(holder) if holder is not None else "Another tankful"
    if holder is not None and is_suspended(holder):
        return (
            f"{name} is {activity}, but it is suspended.",
            f"Run `kill -CONT {holder.pid}` to resume it.",
        )
    return f"{name} is still {activity}.", "Try again later, or quit it."


def _file(lock: Path) -> Path:
    return lock.with_name(f"{lock.name}.holder")
