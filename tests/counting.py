"""One reading of all logs of some homes, without a ledger."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from providers.ledger.scan import find_logs, read_log
from providers.logs import LogFormat, Observed
from providers.models import BilledResponse


class Count(Struct):
    responses: list[BilledResponse]
    files: int
    skipped_lines: int
    unreadable_files: tuple[str, ...]


def count(fmt: LogFormat, homes: Sequence[Path]) -> Count:
    logs, unreadable = find_logs(homes, fmt.folders, fmt.is_log)
    observed, skipped = [], 0
    for log in logs:
        reader = fmt.reader(log.path)
        scan = read_log(log.path, fmt.unwanted, reader.take)
        if not scan.whole:
            unreadable.append(log.path)
        skipped += scan.skipped + reader.skipped
        observed.append(Observed(log.home, reader.observation()))
    return Count(fmt.resolve(observed), len(logs), skipped, tuple(sorted(unreadable)))
