"""Logs as a walk would have found them."""

from __future__ import annotations

from collections.abc import Sequence

from providers.ledger.found_logs import FoundLogs, LogFile


def found(folders: Sequence[Sequence[LogFile]]) -> FoundLogs:
    """Of folders named by their numbers; the path of each log is its name."""
    logs = FoundLogs()
    for number, own in enumerate(folders):
        logs.add(
            f"/{number}/",
            [log.path for log in own],
            [log.inode for log in own],
            [log.size for log in own],
            [log.mtime_ns for log in own],
        )
    return logs
