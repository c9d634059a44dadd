"""Windows: open files by a process that may be killed, ports by one table."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from providers.domain.processes import OpenFile
from providers.host.process.brief import Brief
from providers.host.processes.windows import asked_child, windows_processes
from tests.providers.host.processes.fake_psutil import FakeProcess, FakePsutil, connection


def test_open_files_of_real_processes(tmp_path: Path) -> None:
    with (tmp_path / "a b.jsonl").open("w"):
        found = asked_child([os.getpid(), 1 << 22])
    assert found is not None
    assert list(found) == [os.getpid()]
    assert OpenFile(str(tmp_path / "a b.jsonl"), None) in found[os.getpid()]


def test_what_it_printed_before_its_deadline_counts() -> None:
    def run(*_: Any, **__: Any) -> Brief:
        return Brief(out=b'[7, ["C:\\\\x"]]\n[8, []]\n[9, ["C:', code=None, timed_out=True)

    assert asked_child([7, 8, 9], run) == {7: (OpenFile("C:\\x", None),), 8: ()}


def test_without_an_answer_nothing_is_known() -> None:
    def late(*_: Any, **__: Any) -> Brief:
        return Brief(out=b"", code=None, timed_out=True)

    def missing(*_: Any, **__: Any) -> Brief:
        raise FileNotFoundError(sys.executable)

    for run in (late, missing):
        assert asked_child([7], run) is None
        assert windows_processes(FakePsutil(FakeProcess(7)), run).look().open_files([7]) == {}


def test_ports_of_all_by_one_table() -> None:
    psutil = FakePsutil(FakeProcess(7), FakeProcess(8))
    processes = windows_processes(psutil)
    assert processes.look().ports([7, 8]) == {}
    psutil.connections = [connection(3000, pid=7), connection(80, pid=4), connection(9, "TIME_WAIT", pid=7)]
    assert processes.look().ports([7, 8]) == {7: (3000,), 8: ()}
