"""Resets as a calendar: iCalendar (RFC 5545), whose events keep their UID while a reset moves. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from providers.domain.visible import sound, visible
from providers.ledger.windows import WindowRecord
from providers.version import VERSION
from tray.view.export.redact import Redaction
from tray.view.window_names import window_name
from tray.view.words import local_minute, percent

_LONGEST_LINE = 75  # bytes, without the end of the line
Titles = Mapping[tuple[str, str], tuple[str, str]]
"""The titles of provider and window, by account and window."""


def calendar(
    records: Iterable[WindowRecord],
    titles: Titles,
    hidden: Redaction,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Iterator[bytes]:
    """An event at the end of each window that ended or will end from `since` until before `until`."""
    yield _lines("BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:-//tankful//tankful {VERSION}//EN")
    yield _lines("CALSCALE:GREGORIAN", "X-WR-CALNAME:tankful")
    for record in records:
        ends = record.ended_at or record.resets_at
        if ends is not None and (since is None or ends >= since) and (until is None or ends < until):
            yield _event(record, ends, titles, hidden)
    yield _lines("END:VCALENDAR")


def _event(record: WindowRecord, ends: datetime, titles: Titles, hidden: Redaction) -> bytes:
    account = hidden.account(record.account) or ""
    provider, window = titles.get((record.account, record.window), ("", ""))
    title = f"{provider} {window or window_name(record.window)}".strip()
    used = percent(100 - record.used_percent, used=True)
    did = "resets" if record.ended_at is None else "was reset early" if record.reset_early else "was reset"
    # What a window is known by, however its reset moves.
    key = f"{account}\0{record.window}\0{record.starts_at.timestamp():.3f}"
    return _lines(
        "BEGIN:VEVENT",
        f"UID:{hashlib.sha256(key.encode(errors='replace')).hexdigest()[:32]}@tankful",
        f"DTSTAMP:{_utc(record.seen_at)}",
        f"DTSTART:{_utc(local_minute(ends, UTC))}",
        f"SEQUENCE:{record.moved + (record.ended_at is not None)}",
        f"SUMMARY:{_text(f'{title} {did}')}",
        f"DESCRIPTION:{_text(f'{used} used, account {account}.')}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    )


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ").rjust(16, "0")


def _text(text: str) -> str:
    for special in ("\\", ";", ","):
        text = text.replace(special, f"\\{special}")
    return visible(sound(text)).replace("\n", "\\n")


def _lines(*lines: str) -> bytes:
    return b"".join(_folded(line.encode()) + b"\r\n" for line in lines)


def _folded(line: bytes) -> bytes:
    """In pieces of at most 75 bytes, none of which ends within a character."""
    pieces, room = [], _LONGEST_LINE
    while len(line) > room:
        end = room
        while line[end] & 0xC0 == 0x80:
            end -= 1
        pieces.append(line[:end])
        line, room = line[end:], _LONGEST_LINE - 1  # a space comes first
    return b"\r\n ".join([*pieces, line])
