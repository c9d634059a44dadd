"""What Claude Code writes about its sessions: records, and the ends of transcripts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace

from providers.claude.sessions.finder import ClaudeSessions
from providers.claude.sessions.records import Records
from providers.domain.live import STATUSES, TITLE_LENGTH
from providers.host.shown_command import LONGEST_SHOWN
from providers.sessions import FoundSession
from tests.fuzz import mutate
from tests.fuzz.run import Target, require
from tests.providers.claude.sessions.fakes import Fake, FakeTable
from tests.providers.claude.sessions.recorded_tables import TABLES, rows

NOW = datetime(2026, 11, 29, 16, tzinfo=UTC)
RUNNING = FoundSession(home=Path("/home"), id="", pid=100, is_running=True)
OVER = FoundSession(home=Path("/home"), id="", is_running=False)
ALONE = FakeTable(Fake(pid=100))


def targets(folder: Path) -> tuple[Target, ...]:
    transcripts = [b"\n".join(_lines(table)) for table in TABLES]
    records = [
        json.dumps(row["content"]).encode() for table in TABLES for row in rows(table) if row.get("content")
    ]
    return (
        Target(
            name="live-transcripts", make=mutate.of_lines(transcripts, most=60), check=_check, suffix=".jsonl"
        ),
        Target(
            name="claude-records",
            make=mutate.of_json(records),
            check=lambda raw: _check_record(folder, raw),
        ),
    )


def _lines(table: Path) -> Iterator[bytes]:
    for row in rows(table):
        if "line" in row:
            yield json.dumps(row["line"], separators=(",", ":")).encode()


def _check(content: bytes) -> None:
    """An open turn is not over, and what is shown is a short line."""
    sessions = ClaudeSessions()
    reader = sessions.reader()
    for line in content.split(b"\n"):
        sessions.counts(line)
        reader.feed(line)
    facts = reader.facts
    for found in (RUNNING, replace(RUNNING, parent="x")):
        shown = sessions.status(found, facts, None, {}, ALONE, NOW)
        require(shown.status in STATUSES, f"{shown.status!a}")
        require(facts.turn != "open" or shown.status not in ("idle", "done"), f"{shown.status} within a turn")
    require(sessions.status(OVER, facts, None, {}, ALONE, NOW).status == "done", "it ended")
    texts = [(call.task.argument or "", LONGEST_SHOWN) for call in facts.calls]
    for text, longest in [*texts, (facts.title or "", TITLE_LENGTH)]:
        require(len(text) <= longest and text.isprintable(), f"{text!a} is shown")


def _check_record(folder: Path, content: bytes) -> None:
    home = folder / "home"
    (home / "sessions").mkdir(parents=True, exist_ok=True)
    (home / "sessions/100.json").write_bytes(content)
    for record in Records().look([home])[home]:
        require(record.pid == 100, f"pid {record.pid}")
        require(record.own is None or record.own.status in STATUSES, "no status")
