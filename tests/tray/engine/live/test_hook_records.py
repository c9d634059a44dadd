from __future__ import annotations

import json
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from providers.domain.hooked_status import HookedStatus, tool_name
from providers.sessions import HookRecord
from tray.engine.live.hook_records import FOLDER, KEPT_SECONDS, MOST_RECORDS, newest_at, read, write

NOW = datetime.now(UTC).replace(microsecond=0)  # since files are forgotten by when they were written
KEY = ("codex", "0199")


class Records:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.at = NOW.timestamp()

    def hook(
        self,
        status: str,
        tool: str | None = None,
        *,
        session: str = "0199",
        agent: str = "",
        ends: bool = False,
        after: float = 1.0,
    ) -> bool:
        self.at += after
        found = HookedStatus(session, status, tool=tool, agent=agent, ends=ends)
        return write(str(self.folder), "codex", found, 4711, self.at)

    def shown(self) -> tuple[str, str | None] | None:
        found = read(str(self.folder), datetime.fromtimestamp(self.at, UTC)).get(KEY)
        return None if found is None else (found.status, found.tool)

    @property
    def files(self) -> list[Path]:
        return sorted((self.folder / FOLDER).iterdir())


@pytest.fixture
def records(tmp_path: Path) -> Records:
    return Records(tmp_path)


def test_a_record_has_status_tool_time_and_process_and_nothing_else(records: Records) -> None:
    assert records.hook("approval", "Bash")
    (file,) = records.files
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    at = NOW.timestamp() + 1
    assert json.loads(file.read_text()) == {
        "session": "0199",
        "status": "approval",
        "tool": "Bash",
        "at": at,
        "pid": 4711,
    }
    expected = HookRecord(status="approval", at=NOW + timedelta(seconds=1), tool="Bash", pid=4711)
    assert read(str(records.folder), NOW + timedelta(seconds=2)) == {KEY: expected}
    assert newest_at(str(records.folder), "codex") == at
    assert newest_at(str(records.folder), "claude") is None


def test_only_what_waits_names_a_tool(records: Records) -> None:
    records.hook("idle", "Bash")
    assert records.shown() == ("idle", None)


def test_an_approval_ends_when_its_tool_has_run_and_not_with_another(records: Records) -> None:
    records.hook("working")
    records.hook("approval", "Bash")
    assert not records.hook("working", "Read", ends=True)
    assert records.shown() == ("approval", "Bash")
    assert records.hook("working", "Bash", ends=True)
    assert records.shown() == ("working", None)
    assert not records.hook("working", "Bash", ends=True), "nothing is written for each tool"


def test_hooks_that_run_side_by_side_leave_the_newest(records: Records) -> None:
    records.hook("approval", "Bash")
    assert not records.hook("working", after=-0.5)
    assert records.shown() == ("approval", "Bash")


def test_a_clock_that_was_set_back_does_not_keep_an_old_record(records: Records) -> None:
    records.hook("approval", "Bash")
    records.at -= 3600
    assert records.shown() is None, "it is of the future"
    assert records.hook("working")
    assert records.shown() == ("working", None)


def test_a_subagent_that_waits_is_what_its_session_waits_for(records: Records) -> None:
    records.hook("working")
    records.hook("approval", "Bash", agent="a")
    records.hook("approval", "Edit", agent="b")
    assert records.shown() == ("approval", "Edit")
    records.hook("working", "Edit", agent="b", ends=True)
    assert records.shown() == ("approval", "Bash"), "the other one still waits"
    records.hook("working", "Bash", agent="a", ends=True)
    assert records.shown() == ("working", None)


def test_with_the_next_turn_no_subagent_waits_any_more(records: Records) -> None:
    """One that was refused, or ended by Esc, has no further hook."""
    records.hook("approval", "Bash", agent="a")
    records.hook("idle", session="other")
    records.hook("idle")
    assert records.shown() == ("idle", None)
    assert len(records.files) == 2


def test_two_providers_may_have_the_same_id(records: Records) -> None:
    records.hook("idle")
    write(str(records.folder), "claude", HookedStatus("0199", "working"), None, records.at)
    found = read(str(records.folder), NOW + timedelta(seconds=5))
    assert {key[0]: each.status for key, each in found.items()} == {"codex": "idle", "claude": "working"}


def test_they_do_not_become_more_and_more(records: Records) -> None:
    for number in range(MOST_RECORDS + 10):
        records.hook("idle", session=f"session {number}")
        newest = max(records.files, key=lambda file: file.stat().st_mtime_ns)
        os.utime(newest, (records.at, records.at))
    assert len(records.files) == MOST_RECORDS
    assert len(read(str(records.folder), datetime.fromtimestamp(records.at, UTC))) == MOST_RECORDS


def test_what_is_old_is_nobodys_present_and_is_removed(records: Records) -> None:
    records.hook("approval", "Bash")
    (file,) = records.files
    os.utime(file, (records.at, records.at))
    records.at += KEPT_SECONDS + 10
    assert records.shown() is None
    records.hook("idle", session="new")
    assert len(records.files) == 1


def test_what_a_deadline_interrupted_is_removed(records: Records) -> None:
    records.hook("idle")
    torn = records.folder / FOLDER / ".codex-1.json.2"
    torn.write_text("{")
    os.utime(torn, (records.at - 3600, records.at - 3600))
    records.hook("idle", session="new")
    assert not torn.exists()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{",
        "[" * 4096,
        '{"session": "0199"}',
        '{"session": "0199", "status": "approval", "tool": {"x": 1}, "at": 1.5, "pid": 1}',
        '{"session": "0199", "status": "asleep", "tool": null, "at": 1.5, "pid": 1}',
        '{"session": "0199", "status": "idle", "tool": null, "at": 1e300, "pid": 1}',
        '{"session": "0199", "status": "idle", "tool": null, "at": NaN, "pid": 1}',
    ],
)
def test_a_damaged_record_says_nothing_and_is_replaced(records: Records, content: str) -> None:
    records.hook("idle")
    (file,) = records.files
    file.write_text(content)
    assert records.shown() is None
    assert records.hook("working")
    assert records.shown() == ("working", None)


def test_a_pipe_in_the_folder_keeps_nobody_waiting(records: Records) -> None:
    records.hook("idle")
    os.mkfifo(records.folder / FOLDER / "codex-pipe.json")
    assert records.shown() == ("idle", None)


def test_without_records_there_are_none(tmp_path: Path) -> None:
    assert read(str(tmp_path), NOW) == {}


@pytest.mark.parametrize("name", [None, 5, "", "a\nb", "a\x1b[31m"])
def test_what_is_no_name_of_a_tool_is_none(name: object) -> None:
    assert tool_name({"tool_name": name}) is None


def test_a_name_is_short() -> None:
    assert tool_name({"tool_name": "x" * 5000}) == "x" * 80
