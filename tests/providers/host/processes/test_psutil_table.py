"""The processes of systems without /proc: psutil's answers, and what is kept of them."""

from __future__ import annotations

from collections.abc import Sequence

import psutil as real_psutil

from providers.domain.processes import OpenFile, Process
from providers.host.processes.asked_files import AskedFiles
from providers.host.processes.psutil_table import _WHOLE_LOOKS, PsutilProcesses, listening_ports
from tests.providers.host.processes.fake_psutil import FakeProcess, FakePsutil, connection

FILE = (OpenFile("/Users/dev/x", True),)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Asked:
    """Answers with a file for each process, and remembers who was asked for."""

    def __init__(self) -> None:
        self.pids: list[list[int]] = []
        self.is_silent = False

    def __call__(self, pids: Sequence[int]) -> dict[int, tuple[OpenFile, ...]] | None:
        self.pids.append(list(pids))
        return None if self.is_silent else {pid: FILE for pid in pids if pid != 9}


def looked(psutil: FakePsutil, uid: int | None = None, ask: Asked | None = None) -> PsutilProcesses:
    return PsutilProcesses(
        psutil, AskedFiles(ask or Asked()), lambda _, found: dict.fromkeys(found, (80,)), uid
    )


def test_what_psutil_says() -> None:
    table = looked(FakePsutil(FakeProcess(7, 3, "codex", 12.5))).look()
    assert table.processes == {7: Process(7, 3, 12.5, "codex")}
    assert table.command(7) == ("codex", "-x")
    assert table.environment(7, ["A", "B"]) == {"A": "1"}
    assert (table.folder(7), table.memory(7)) == ("/Users/dev", 4096)
    assert table.open_files([7, 8]) == {7: FILE}
    assert table.ports([7, 8]) == {7: (80,)}


def test_what_is_denied_is_absent() -> None:
    process = FakeProcess(7)
    process.denied = {"cmdline", "environ", "cwd", "memory_info"}
    processes = looked(FakePsutil(process, FakeProcess(9)))
    for _ in range(3):
        table = processes.look()
        assert (table.command(7), table.environment(7, ["A"])) == ((), {})
    assert process.asked.count("environ") == 1
    assert (table.folder(7), table.memory(7)) == (None, None)
    assert table.open_files([7, 9]) == {7: FILE}
    for pid in (0, 8):
        assert (table.command(pid), table.environment(pid, ["A"]), table.folder(pid)) == ((), {}, None)


def test_processes_of_others_and_those_that_do_not_say_when_they_started() -> None:
    unknown = FakeProcess(8)
    unknown.about["create_time"] = None
    hidden = FakeProcess(9)
    hidden.about["uids"] = None
    psutil = FakePsutil(FakeProcess(6, uid=0), FakeProcess(7), unknown, hidden)
    assert list(looked(psutil, uid=501).look().processes) == [7]
    assert list(looked(psutil).look().processes) == [6, 7, 9]


def test_what_was_read_is_kept_until_the_process_is_another_one() -> None:
    process = FakeProcess(7)
    psutil = FakePsutil(process)
    processes = looked(psutil)
    for _ in range(3):
        table = processes.look()
        assert (table.command(7), table.environment(7, ["A"])) == (("node", "-x"), {"A": "1"})
    assert process.asked == ["as_dict", "cmdline", "environ"]
    process.is_there = False
    psutil.processes = [FakeProcess(7, name="vite", started=6.0)]
    table = processes.look()
    assert (table.processes[7].started, table.command(7)) == (6.0, ("vite", "-x"))


def test_a_parent_that_ended_and_a_new_name_are_noticed_some_looks_later() -> None:
    process = FakeProcess(7)
    processes = looked(FakePsutil(process))
    assert processes.look().command(7) == ("node", "-x")
    process.about["ppid"] = 5
    parents = [processes.look().processes[7].parent for _ in range(_WHOLE_LOOKS)]
    assert parents == [*[1] * (_WHOLE_LOOKS - 1), 5]
    process.about["name"] = "vite"
    process.answers["cmdline"] = ["vite"]
    commands = [processes.look().command(7) for _ in range(_WHOLE_LOOKS)]
    assert commands == [*[("node", "-x")] * (_WHOLE_LOOKS - 1), ("vite",)]


def test_of_one_that_has_just_started_nothing_is_kept() -> None:
    """It may be a copy of what started it, and yet to become a program of its own."""
    clock, process = Clock(), FakeProcess(7, started=99.0)
    processes = PsutilProcesses(FakePsutil(process), AskedFiles(Asked()), lambda *_: {}, clock=clock)
    assert processes.look().command(7) == ("node", "-x")
    process.answers["cmdline"] = ["sandbox"]
    assert processes.look().command(7) == ("sandbox",)
    clock.now += 3
    assert processes.look().command(7) == ("sandbox",)
    process.answers["cmdline"] = ["later"]
    assert processes.look().command(7) == ("sandbox",)


def test_those_of_others_are_asked_again_some_looks_later() -> None:
    other = FakeProcess(7, uid=0)
    processes = looked(FakePsutil(other), uid=501)
    for _ in range(_WHOLE_LOOKS):
        assert processes.look().processes == {}
    assert other.asked == ["as_dict"]
    other.about["uids"] = FakeProcess(8).about["uids"]
    assert list(processes.look().processes) == [7]


def test_one_that_ends_is_absent_at_once() -> None:
    process, other = FakeProcess(7), FakeProcess(8)
    psutil = FakePsutil(process, other)
    processes = looked(psutil)
    assert list(processes.look().processes) == [7, 8]
    process.is_there = False
    assert list(processes.look().processes) == [8]
    psutil.processes = []
    assert list(processes.look().processes) == []


def test_who_is_asked_for_open_files_and_how_often() -> None:
    clock, ask = Clock(), Asked()
    files = AskedFiles(ask, clock=clock, fresh=10, pause=60)
    one, two = Process(1, 0, 5.0, "a"), Process(2, 0, 5.0, "b")
    assert files.of([]) == {}
    assert files.of([one]) == {1: FILE}
    assert files.of([one]) == {1: FILE}
    assert ask.pids == [[1]]
    assert files.of([one, two]) == {1: FILE, 2: FILE}
    clock.now += 9
    assert files.of([two]) == {2: FILE}
    assert ask.pids == [[1], [1, 2]]
    clock.now += 1
    assert files.of([two]) == {2: FILE}
    assert files.of([Process(2, 0, 6.0, "b")]) == {2: FILE}
    assert ask.pids == [[1], [1, 2], [2], [2]]


def test_where_no_answer_comes_nobody_is_asked_for_a_while() -> None:
    clock, ask = Clock(), Asked()
    files = AskedFiles(ask, clock=clock, fresh=10, pause=60)
    one = Process(1, 0, 5.0, "a")
    assert files.of([one]) == {1: FILE}
    ask.is_silent = True
    clock.now += 10
    assert files.of([one]) == {}
    clock.now += 59
    assert files.of([one, Process(2, 0, 5.0, "b")]) == {}
    assert len(ask.pids) == 2
    ask.is_silent = False
    clock.now += 1
    assert files.of([one]) == {1: FILE}


def test_ports_that_listen_each_once() -> None:
    found = [connection(8080), connection(80), connection(8080), connection(9, "ESTABLISHED")]
    assert listening_ports(found) == (80, 8080)


def test_the_real_psutil_of_this_system_has_what_is_asked_for() -> None:
    own = real_psutil.Process()
    table = looked_real().look()
    assert table.processes[own.pid].parent == own.ppid()
    assert list(table.command(own.pid)) == own.cmdline()
    assert table.folder(own.pid) == own.cwd()
    assert table.environment(own.pid, ["PATH"])
    assert table.memory(own.pid)


def looked_real() -> PsutilProcesses:
    return PsutilProcesses(
        real_psutil, AskedFiles(Asked()), lambda *_: {}, real_psutil.Process().uids().effective
    )
