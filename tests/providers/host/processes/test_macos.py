"""macOS: what lsof prints, how it is called, and ports process by process."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from providers.domain.processes import OpenFile
from providers.host.process.brief import Brief
from providers.host.processes.macos import asked_lsof, macos_processes, read_lsof
from tests.providers.host.processes.fake_psutil import FakeProcess, FakePsutil, connection

PRINTED = rb"""p812
f0
au
tCHR
n/dev/ttys003
f3
au
tREG
n/Users/dev/.codex/sessions/2026/11/29/rollout-2026-11-29T12-08-50-01a1f8dc.jsonl
f4
ar
tREG
n/Users/dev/.codex/config.toml
f5
aw
tREG
n/Users/dev/.codex/log/codex-tui.log
f6
a.
tKQUEUE
ncount=0, state=0xa
f7
au
tIPv4
n127.0.0.1:52044->127.0.0.1:443
f8
a.
tREG
n/Users/dev/\xc3\xbc \\ a\nb
f9
ar
tDIR
n/Users/dev
f10
aw
tREG
p901
p902
f3
aw
tREG
n/Users/dev/.codex/thread-writer-locks/01a1.lock
""".replace(b"\na.\n", b"\na \n")
"""The form of lsof 4.91, in the C locale. A blank says that the access is not known."""


def test_the_regular_files_and_which_are_written() -> None:
    assert read_lsof(PRINTED.splitlines()) == {
        812: (
            OpenFile(
                "/Users/dev/.codex/sessions/2026/11/29/rollout-2026-11-29T12-08-50-01a1f8dc.jsonl", True
            ),
            OpenFile("/Users/dev/.codex/config.toml", False),
            OpenFile("/Users/dev/.codex/log/codex-tui.log", True),
            OpenFile("/Users/dev/ü \\ a\nb", None),
        ),
        901: (),
        902: (OpenFile("/Users/dev/.codex/thread-writer-locks/01a1.lock", True),),
    }


@pytest.mark.parametrize("cut", range(0, len(PRINTED), 7))
def test_output_that_is_cut_short(cut: int) -> None:
    whole = read_lsof(PRINTED.splitlines())
    for pid, files in read_lsof(PRINTED[:cut].splitlines()).items():
        assert files[:-1] == whole.get(pid, ())[: max(len(files) - 1, 0)]


class Ran:
    """Answers for lsof."""

    def __init__(self, answer: Brief | OSError) -> None:
        self.answer = answer
        self.commands: list[Sequence[str]] = []

    def __call__(self, command: Sequence[str], **_: Any) -> Brief:
        self.commands.append(command)
        if isinstance(self.answer, OSError):
            raise self.answer
        return self.answer


def test_one_lsof_for_all_that_looks_at_no_mount() -> None:
    run = Ran(Brief(out=PRINTED, code=1))
    psutil = FakePsutil(*(FakeProcess(pid, uid=os.geteuid()) for pid in (812, 901, 902)))
    table = macos_processes(psutil, run).look()
    assert {pid: len(files) for pid, files in table.open_files([812, 901, 902]).items()} == {
        812: 4,
        901: 0,
        902: 1,
    }
    assert len(table.open_files([902])) == 1
    assert len(run.commands) == 1
    command = run.commands[0]
    assert command[0] == "/usr/sbin/lsof"
    assert "-b" in command
    assert command[-2:] == ["-p", "812,901,902"]


@pytest.mark.parametrize(
    "answer",
    [Brief(out=PRINTED, code=None, timed_out=True), FileNotFoundError("lsof")],
    ids=["slow", "missing"],
)
def test_without_an_answer_nothing_is_known(answer: Brief | OSError) -> None:
    run = Ran(answer)
    psutil = FakePsutil(FakeProcess(812, uid=os.geteuid()))
    processes = macos_processes(psutil, run)
    assert processes.look().open_files([812]) == {}
    assert processes.look().open_files([812]) == {}
    assert len(run.commands) == 1


def test_ports_of_each_process_that_may_be_asked() -> None:
    listens, denied = FakeProcess(7, uid=os.geteuid()), FakeProcess(8, uid=os.geteuid())
    listens.answers["net_connections"] = [connection(5173), connection(443, "ESTABLISHED")]
    denied.denied = {"net_connections"}
    table = macos_processes(FakePsutil(listens, denied), Ran(OSError())).look()
    assert table.ports([7, 8]) == {7: (5173,)}


@pytest.mark.skipif(shutil.which("lsof") is None, reason="there is no lsof")
def test_the_real_lsof(tmp_path: Path) -> None:
    names = ("ü \\x41", "a\nb\tc", "plain")
    files = [(tmp_path / name).open("w") for name in names]
    try:
        with (tmp_path / "plain").open() as read:
            found = asked_lsof([os.getpid(), 1 << 22], program=str(shutil.which("lsof")))
            assert read
    finally:
        for file in files:
            file.close()
    assert found is not None
    own = {each for each in found[os.getpid()] if each.path.startswith(str(tmp_path))}
    expected = {OpenFile(str(tmp_path / name), True) for name in names}
    assert own == expected | {OpenFile(str(tmp_path / "plain"), False)}
