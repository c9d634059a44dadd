"""Logs read in one go, without a ledger."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec import Struct

from providers.domain.cost import BilledResponse
from providers.ledger.discover import LogFinder
from providers.ledger.scan import LINE_CAP, LineReader, open_log
from providers.logs import LogFormat, Observed


class Scan(Struct, frozen=True, kw_only=True):
    """How reading one log went.

    `offset` is where its first unread line begins, in plain bytes; `skipped` counts lines that were no text or
    too long; `whole` is False when the file was missing, unreadable or torn: what it gave until then stands.
    """

    offset: int
    skipped: int
    whole: bool


def read_log(
    path: str,
    unwanted: re.Pattern[bytes],
    take: Callable[[bytearray], None],
    *,
    buffer: bytearray | None = None,
    cap: int = LINE_CAP,
) -> Scan:
    """Hands each line of a log, plain or `.zst`, whose head is not `unwanted` to `take`; never raises OSError."""
    try:
        stream = open_log(path)
    except OSError:
        return Scan(offset=0, skipped=0, whole=False)
    reader = LineReader(stream, unwanted, buffer=buffer, cap=cap)
    whole = True
    try:
        reader.read(take)
    except OSError:
        whole = False
    finally:
        stream.close()
    return Scan(offset=reader.offset, skipped=reader.skipped, whole=whole)


class Count(Struct):
    responses: list[BilledResponse]
    files: int
    skipped_lines: int
    unreadable_files: tuple[str, ...]


def count(fmt: LogFormat, homes: Sequence[Path]) -> Count:
    observed, unreadable, files, skipped = [], list[str](), 0, 0
    scanner = fmt.scanner()
    for home in homes:
        logs, bad = LogFinder(home, fmt.folders, fmt.is_log).find()
        unreadable += bad
        files += len(logs)
        for log in logs:
            try:
                scan = scanner.scan(log.path)
            except OSError:
                unreadable.append(log.path)
                continue
            if not scan.complete:
                unreadable.append(log.path)
            skipped += scan.skipped
            observed.append(Observed(home, scan.observation))
    return Count(fmt.resolve(observed).responses, files, skipped, tuple(sorted(unreadable)))
