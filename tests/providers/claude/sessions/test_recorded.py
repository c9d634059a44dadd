"""What real sessions wrote, step by step, and what they were doing at the moments that their scenario knew.

tests/real/record_live_claude.py made the tables: each row is a record as it was written (null: removed), a line of
a log, the death of the process, or what `is` so by now. `by_log` is what is known of that without the record.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from providers.claude.descriptor import CLAUDE
from providers.claude.sessions.finder import ClaudeSessions
from providers.claude.sessions.reader import SessionTranscript
from providers.claude.sessions.status import status_of
from providers.domain.live import LiveSession, SessionStatus, Status
from providers.domain.processes import ProcessTable
from providers.live.look import SessionLook
from providers.sessions import FoundSession, OwnRecord
from providers.source import Home
from tests.providers.claude.sessions.fakes import BOOT, Fake, FakeTable, make_host
from tests.providers.claude.sessions.recorded_tables import TABLES, Row, rows


class Replay:
    """A home in which the rows happen again, and the one process that writes there."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / ".claude"
        (self.home / "sessions").mkdir(parents=True)
        self._running: tuple[Fake, ...] = ()
        self._main: str | None = None
        self.now = datetime(2026, 11, 29, tzinfo=UTC)
        provider = replace(CLAUDE, sessions=ClaudeSessions(make_host(folder)))
        home = Home(provider="claude", path=self.home, label="~/.claude")
        self._look = SessionLook(lambda: [(provider, [home])], self)

    def look(self) -> ProcessTable:
        return FakeTable(*self._running)

    def happens(self, row: Row) -> None:
        if "record" in row:
            self._record(self.home / "sessions" / row["record"], row["content"])
        elif "log" in row:
            self._log(row["log"], row["line"])
        elif "killed" in row:
            self._running = ()

    def seen(self) -> LiveSession | None:
        found = self._look.look(self.now)
        assert found.problems == ()
        assert len(found.sessions) <= 1
        return found.sessions[0] if found.sessions else None

    def _record(self, path: Path, content: Row | None) -> None:
        if content is None:
            path.unlink()
            return
        path.write_text(json.dumps(content))
        started = BOOT + int(content["procStart"]) / 100
        self._running = (Fake(pid=content["pid"], started=started),)
        self._main = content["sessionId"]
        self.now = datetime.fromtimestamp((content.get("updatedAt") or content["startedAt"]) / 1000 + 2, UTC)

    def _log(self, name: str, line: Row) -> None:
        folder = self.home / "projects/-home-user-work"
        path = folder / f"{name}.jsonl"
        if name.startswith("agent-"):
            path = folder / str(self._main) / "subagents" / path.name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            file.write(json.dumps(line, separators=(",", ":")) + "\n")


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.stem)
def test_the_status_is_what_it_was(table: Path, tmp_path: Path) -> None:
    replay = Replay(tmp_path)
    for at, row in enumerate(rows(table), 1):
        replay.happens(row)
        seen = replay.seen()
        if "is" in row:
            assert seen is not None
            assert (at, seen.status.status) == (at, row["is"])
            if "tool" in row:
                assert seen.status.task is not None
                assert (at, seen.status.task.tool, seen.status.task.argument) == (
                    at,
                    row["tool"],
                    row["argument"],
                )


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.stem)
def test_a_program_that_runs_is_never_done(table: Path, tmp_path: Path) -> None:
    replay = Replay(tmp_path)
    for row in rows(table):
        if "killed" in row:
            break
        replay.happens(row)
        if replay.look().processes and (seen := replay.seen()):
            assert seen.status.status != "done" or not list(replay.home.glob("sessions/*.json"))


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.stem)
def test_the_log_alone_says_what_it_can(table: Path) -> None:
    """As of versions that write no records."""
    readers: dict[str, SessionTranscript] = {}
    for at, row in enumerate(rows(table), 1):
        if "log" in row:
            reader = readers.setdefault(row["log"], SessionTranscript())
            reader.feed(json.dumps(row["line"], separators=(",", ":")).encode())
        elif row.get("is", "done") != "done":
            assert (at, logged(readers).status) == (at, row["by_log"])


def logged(readers: dict[str, SessionTranscript]) -> SessionStatus:
    below = {
        name: status_of(found(parent="x"), reader.facts, None, {}, has_tool=None, now=datetime.now(UTC))
        for name, reader in readers.items()
        if name.startswith("agent-")
    }
    main = next((reader for name, reader in readers.items() if name not in below), SessionTranscript())
    return status_of(found(), main.facts, None, below, has_tool=None, now=datetime.now(UTC))


def found(parent: str | None = None) -> FoundSession:
    return FoundSession(home=Path("/h"), id="x", pid=1, is_running=True, parent=parent)


def lines() -> Iterator[bytes]:
    for table in TABLES:
        for row in rows(table):
            if "line" in row:
                yield json.dumps(row["line"], separators=(",", ":")).encode()


LINES = list(lines())


STATUSES: tuple[Status, ...] = ("working", "approval", "waiting", "idle")
RECORDS = st.none() | st.builds(
    OwnRecord, status=st.sampled_from(STATUSES), since=st.none() | st.just(datetime(2026, 11, 29, tzinfo=UTC))
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(LINES), max_size=40), st.lists(RECORDS, max_size=40))
def test_no_order_of_lines_and_records_makes_one_done_that_runs(
    read: list[bytes], written: list[OwnRecord | None]
) -> None:
    """And of one that has ended nothing else is shown."""
    reader = SessionTranscript()
    for line, own in zip_longest(read, written):
        reader.feed(line or b"")
        facts, now = reader.facts, datetime.now(UTC)
        one = replace(found(), record=own)
        status = status_of(one, facts, None, {}, has_tool=None, now=now)
        assert status.status != "done"
        assert own is None or status.status == own.status or own.is_dialog or own.status == "approval"
        assert status.task is None or status.status not in ("idle", "done")
        over = status_of(replace(one, is_running=False), facts, None, {}, has_tool=None, now=now)
        assert (over.status, over.task) == ("done", None)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(LINES), max_size=60), st.sampled_from([True, None]))
def test_no_order_of_lines_makes_one_done_that_runs(read: list[bytes], is_running: bool | None) -> None:
    reader = SessionTranscript()
    one = replace(found(), is_running=is_running)
    for line in read:
        reader.feed(line)
        facts = reader.facts
        status = status_of(one, facts, None, {}, has_tool=None, now=datetime.now(UTC)).status
        assert status != "done"
        assert facts.turn != "open" or status != "idle"
