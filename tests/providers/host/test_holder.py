"""Who holds a lock is noted beside it; what is noted there is not trusted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from providers.host.holder import holder_of, is_suspended, note_holder
from tests.programs import started


def test_who_holds_it_is_told(tmp_path: Path) -> None:
    lock = tmp_path / "ledger.lock"
    note_holder(lock, ["cost", "--days", "3"])
    holder = holder_of(lock)
    assert holder is not None
    assert (holder.pid, holder.command) == (os.getpid(), "tankful cost")
    assert str(holder).startswith(f"`tankful cost` (process {os.getpid()}, since ")
    assert not is_suspended(holder)


@pytest.mark.parametrize("arguments", [[], ["/home/dev/secret"], ["Cost"], ["a b"]])
def test_only_the_name_of_a_command_is_noted(tmp_path: Path, arguments: list[str]) -> None:
    note_holder(tmp_path / "lock", arguments)
    holder = holder_of(tmp_path / "lock")
    assert holder is not None
    assert holder.command == "tankful"


def test_the_dead_hold_nothing(tmp_path: Path) -> None:
    script = "import sys; from pathlib import Path; from providers.host.holder import note_holder\n"
    script += "note_holder(Path(sys.argv[1]))"
    with started([sys.executable, "-c", script, str(tmp_path / "lock")], stdout=subprocess.DEVNULL) as gone:
        assert gone.wait(20) == 0
    assert (tmp_path / "lock.holder").exists()
    assert holder_of(tmp_path / "lock") is None


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "\0" * 2000,
        json.dumps({"pid": 1, "command": "rm -rf", "since": "2026-11-20T12:00:00Z"}),
        json.dumps({"pid": 1, "command": "tankful \x1b[31m", "since": "2026-11-20T12:00:00Z"}),
        json.dumps({"pid": -1, "command": "tankful", "since": "2026-11-20T12:00:00Z"}),
        json.dumps({"pid": 1 << 70, "command": "tankful", "since": "2026-11-20T12:00:00Z"}),
        json.dumps({"pid": 1, "command": "tankful", "since": "2026-11-20T12:00:00"}),
        json.dumps({"pid": True, "command": "tankful", "since": "2026-11-20T12:00:00Z"}),
    ],
)
def test_what_is_damaged_tells_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / "lock.holder").write_text(content)
    assert holder_of(tmp_path / "lock") is None


def test_where_nothing_can_be_written_nobody_knows(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    note_holder(tmp_path / "file" / "lock")
    assert holder_of(tmp_path / "file" / "lock") is None
