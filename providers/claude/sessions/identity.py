"""Whether a process is the one that wrote a record: pids are used again, and a home may be another machine's."""

from __future__ import annotations

import os
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

from providers.claude.sessions.records import SessionRecord
from providers.domain.processes import Process

_TICKS = 100
"""A second in clock ticks, as Linux counts them for all programs."""
_FILETIME_AT_EPOCH = 11_644_473_600
"""Seconds from 1601, where a FILETIME begins, in steps of 100 ns."""
_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"
_LSTART = re.compile(
    rf"[A-Z][a-z]{{2}} +({'|'.join(re.findall('...', _MONTHS))}) +(\d\d?) (\d\d):(\d\d):(\d\d) (\d{{4}})",
    re.ASCII,
)
_APART = 1.5
"""Seconds: `ps` shows whole ones, and so does the kernel the time of its boot."""


class Host:
    """This machine: `domain` as the program names it, "" where it is not known; `boot` in epoch seconds."""

    def __init__(
        self, platform: str = sys.platform, proc: Path = Path("/proc"), etc: Path = Path("/etc")
    ) -> None:
        self._platform = platform
        self._proc = proc
        self.domain = _domain(proc, etc) if platform == "linux" else ""

    def is_foreign(self, record: SessionRecord) -> bool:
        """Whether its pid is one of another machine, or of another container."""
        return bool(self.domain and record.domain and record.domain != self.domain)

    def wrote(self, process: Process, record: SessionRecord) -> bool:
        """Whether this process, which has the record's pid, is the one that wrote it.

        Who had the pid when the record was written has it still, if the process began before that. By this alone,
        a clock that was set would make all processes others: so the start that was written down counts, too.
        """
        if record.since is not None and process.started <= record.since.timestamp() + _APART:
            return True
        started = self._started(record.started)
        return started is not None and abs(process.started - started) <= _APART

    def _started(self, text: str) -> float | None:
        """In epoch seconds."""
        try:
            if not text.isdecimal():
                return _from_ps(text)
            if self._platform == "win32":
                return int(text[:20]) / 1e7 - _FILETIME_AT_EPOCH
            stat = (self._proc / "stat").read_text("ascii", "replace")
        except (OSError, ValueError):
            return None
        boot = re.search(r"^btime (\d{1,12})$", stat, re.MULTILINE)
        return int(boot[1]) + int(text[:20]) / _TICKS if boot else None


def _from_ps(text: str) -> float | None:
    """Of such as "Sat Nov 28 14:03:07 2026", in UTC. Not by strptime, whose names are those of the locale."""
    found = _LSTART.fullmatch(text)
    if not found:
        return None
    day, hour, minute, second, year = (int(found[each]) for each in (2, 3, 4, 5, 6))
    month = _MONTHS.index(found[1]) // 3 + 1
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()


def _domain(proc: Path, etc: Path) -> str:
    try:
        machine = (etc / "machine-id").read_text("ascii", "replace").strip()
    except OSError:
        machine = ""
    try:
        namespace = os.readlink(proc / "self/ns/pid")
    except OSError:
        namespace = ""
    return f"linux:{machine}:{namespace}"
