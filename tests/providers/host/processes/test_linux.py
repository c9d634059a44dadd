"""The processes of Linux: this machine's own, compared with what psutil says, and a /proc made of files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from providers.domain.processes import OpenFile
from providers.host.processes.linux import LinuxProcesses
from tests.programs import started

WORKER = Path(__file__).with_name("worker.py")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="there is no /proc")


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    command = [sys.executable, str(WORKER), str(tmp_path)]
    environ = {**os.environ, "MARK": "a=b", "EMPTY": "", "OTHERMARK": "c"}
    pipe = subprocess.PIPE
    with started(command, text=True, stdin=pipe, stdout=pipe, env=environ) as process:
        assert process.stdout is not None
        yield process, json.loads(process.stdout.readline())


def send(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(line)
    process.stdin.flush()


def eventually(holds: Callable[[], bool]) -> None:
    ends = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.01)


def test_what_a_look_shows_is_what_psutil_says(
    worker: tuple[subprocess.Popen[str], dict[str, Any]], tmp_path: Path
) -> None:
    process, about = worker
    pid, peer = process.pid, psutil.Process(process.pid)
    table = LinuxProcesses().look()
    found = table.processes[pid]
    assert (found.pid, found.parent, found.name) == (pid, os.getpid(), peer.name()[:15])
    assert found.started == pytest.approx(peer.create_time(), abs=1.1)
    assert table.processes[about["child"]].parent == pid
    assert list(table.command(pid)) == peer.cmdline()
    assert table.environment(pid, ["MARK", "EMPTY", "NOT_THERE"]) == {"MARK": "a=b", "EMPTY": ""}
    assert table.folder(pid) == peer.cwd() == os.path.realpath(tmp_path)
    assert table.memory(pid) == pytest.approx(peer.memory_info().rss, rel=0.2)
    assert table.ports([pid, about["child"], os.getpid()])[pid] == tuple(about["ports"])
    listening = {each.laddr.port for each in peer.net_connections("tcp") if each.status == "LISTEN"}
    assert set(about["ports"]) == listening
    files = table.open_files([pid])[pid]
    assert {each.path for each in files} == {each.path for each in peer.open_files()}
    assert {each.path: each.writes for each in files} == {
        f"{os.path.realpath(tmp_path)}/written.jsonl": True,
        f"{os.path.realpath(tmp_path)}/both.lock": True,
        str(WORKER): False,
    }


def test_all_processes_of_the_user_are_there() -> None:
    own = os.geteuid()
    processes = LinuxProcesses()
    before = {each.pid for each in psutil.process_iter() if runs_for(each, own)}
    found = processes.look().processes
    after = {each.pid for each in psutil.process_iter() if runs_for(each, own)}
    assert before & after <= found.keys()
    assert 2 not in found, "a thread of the kernel"
    assert all(each.pid == pid for pid, each in found.items())


def runs_for(process: psutil.Process, uid: int) -> bool:
    try:
        own = process.uids().effective == uid and process.status() != psutil.STATUS_ZOMBIE
        return own and 2 not in (process.pid, process.ppid())
    except psutil.Error:
        return False


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_those_of_another_user_are_absent() -> None:
    nobody = 65534
    with started(["/bin/sleep", "600"], user=nobody) as process:
        eventually(lambda: process.pid in LinuxProcesses(uid=nobody).look().processes)
        assert process.pid not in LinuxProcesses().look().processes
        assert os.getpid() not in LinuxProcesses(uid=nobody).look().processes


def test_a_port_that_is_closed_is_not_shown_any_more(
    worker: tuple[subprocess.Popen[str], dict[str, Any]],
) -> None:
    process, about = worker
    processes = LinuxProcesses()
    assert processes.look().ports([process.pid])[process.pid] == tuple(about["ports"])
    assert processes.look().ports([process.pid])[process.pid] == tuple(about["ports"])
    send(process, "close\n")
    assert process.stdout is not None
    assert process.stdout.readline() == "closed\n"
    eventually(lambda: len(processes.look().ports([process.pid])[process.pid]) == len(about["ports"]) - 1)


def test_one_that_ends_is_absent_also_while_nobody_waits_for_it() -> None:
    processes = LinuxProcesses()
    with started([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        table = processes.look()
        assert process.pid in table.processes
        process.kill()
        eventually(lambda: psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE)
        assert table.open_files([process.pid]).get(process.pid) in (None, ())
        assert table.environment(process.pid, ["HOME"]) == {}
        assert table.command(process.pid) == ()
        assert table.memory(process.pid) in (None, 0)
        assert table.folder(process.pid) is None
        table = processes.look()
        assert process.pid not in table.processes
        assert (table.ports([process.pid]), table.open_files([process.pid])) == ({}, {})


def test_another_program_under_the_same_name_is_noticed() -> None:
    """As a sandbox that a CLI starts from its own executable."""
    script = (
        "import os, sys\nprint(1, flush=True)\ninput()\n"
        "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    )
    second = "print(2, flush=True)\ninput()"
    command = [sys.executable, "-c", script, "-c", second]
    processes = LinuxProcesses()
    with started(command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "1\n"
        table = processes.look()
        first = table.processes[process.pid]
        assert table.command(process.pid) == tuple(command)
        send(process, "\n")
        assert process.stdout.readline() == "2\n"
        table = processes.look()
        assert table.command(process.pid) == (sys.executable, "-c", second)
        assert table.processes[process.pid] == first


def test_a_folder_that_was_deleted_keeps_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    with started([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, cwd=folder) as process:
        folder.rmdir()
        assert LinuxProcesses().look().folder(process.pid) == os.path.realpath(folder)


class Proc:
    """A /proc made of files."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "net").mkdir(parents=True)
        (root / "stat").write_text("cpu 1 2 3\nbtime 1700000000\nprocesses 9\n")

    def look(self, uid: int | None = None) -> LinuxProcesses:
        return LinuxProcesses(str(self.root), uid)

    def add(self, pid: int, name: str = "node", **fields: int | str) -> Path:
        values: list[int | str] = [0] * 50
        numbers = {"state": 0, "parent": 1, "threads": 17, "ticks": 19, "arguments": 45}
        for key, value in {"state": "S", "parent": 1, "threads": 1, "ticks": 250, **fields}.items():
            values[numbers[key]] = value
        folder = self.root / str(pid)
        (folder / "fd").mkdir(parents=True, exist_ok=True)
        (folder / "fdinfo").mkdir(exist_ok=True)
        (folder / "stat").write_text(f"{pid} ({name}) {' '.join(map(str, values))}\n")
        return folder

    def opened(self, pid: int, fd: int, link: str, flags: str | None = None) -> None:
        (self.root / str(pid) / "fd" / str(fd)).symlink_to(link)
        if flags is not None:
            (self.root / str(pid) / "fdinfo" / str(fd)).write_text(f"pos:\t0\nflags:\t{flags}\nmnt_id:\t9\n")


@pytest.fixture
def proc(tmp_path: Path) -> Proc:
    return Proc(tmp_path / "proc")


def test_names_with_parentheses_and_blanks(proc: Proc) -> None:
    proc.add(7, "a) R 1 (b c", parent=3)
    proc.add(8, "")
    found = proc.look().look().processes
    assert (found[7].name, found[7].parent) == ("a) R 1 (b c", 3)
    assert found[7].started == 1700000002.5
    assert len(found) == 2


@pytest.mark.parametrize("text", ["", "7", "7 (x", "7 (x) S 1 2", ")", "7 (x) S"])
def test_a_stat_that_is_cut_short_is_no_process(proc: Proc, text: str) -> None:
    (proc.add(7) / "stat").write_text(text)
    proc.add(8)
    assert list(proc.look().look().processes) == [8]


def test_what_has_ended_and_what_only_lost_its_first_thread(proc: Proc) -> None:
    proc.add(7, state="Z")
    proc.add(8, state="X", threads=0)
    proc.add(9, state="Z", threads=4)
    assert list(proc.look().look().processes) == [9]


def test_other_users_and_a_machine_without_proc(proc: Proc, tmp_path: Path) -> None:
    proc.add(7)
    assert proc.look(os.geteuid() + 1).look().processes == {}
    table = LinuxProcesses(str(tmp_path / "nothing")).look()
    assert table.processes == {}
    assert table.command(1) == ()
    assert table.ports([1]) == {}


def test_what_was_read_is_kept_until_the_process_ends(proc: Proc) -> None:
    folder = proc.add(7)
    (folder / "cmdline").write_bytes(b"node\0a b\0\0")
    (folder / "environ").write_bytes(b"A=1\0B=2=3\0\0AB=x\0")
    processes = proc.look()
    table = processes.look()
    assert table.command(7) == ("node", "a b", "")
    assert table.environment(7, ["A", "C"]) == {"A": "1"}
    (folder / "cmdline").write_bytes(b"other\0")
    (folder / "environ").write_bytes(b"A=9\0B=9\0")
    table = processes.look()
    assert table.command(7) == ("node", "a b", "")
    assert table.environment(7, ["A", "C"]) == {"A": "1"}
    proc.add(7, parent=5)
    table = processes.look()
    assert table.processes[7].parent == 5
    assert table.command(7) == ("node", "a b", "")
    for arguments in (0, 4096):
        proc.add(7, ticks=251, arguments=arguments)
        (folder / "cmdline").write_bytes(b"%d\0" % arguments)
        table = processes.look()
        assert table.command(7) == (str(arguments),)
        assert table.environment(7, ["A"]) == {"A": "9"}


def test_when_the_clock_is_set_processes_began_at_another_time(proc: Proc) -> None:
    """But not while it is only corrected."""
    proc.add(7)
    clock = [0.0]
    processes = LinuxProcesses(str(proc.root), clock=lambda: clock[0])
    began = processes.look().processes[7].started
    (proc.root / "stat").write_text("btime 1700003600\n")
    for at, later in ((1.5, 0), (3600.0, 3600), (3601.0, 3600)):
        clock[0] = at
        assert processes.look().processes[7].started == began + later


_WITHOUT_FILES = """
import os, resource
from providers.host.processes.linux import LinuxProcesses

processes = LinuxProcesses()
assert os.getpid() in processes.look().processes
resource.setrlimit(resource.RLIMIT_NOFILE, (os.open("/", os.O_RDONLY),) * 2)
try:
    processes.look()
except OSError as error:
    print(error.strerror)
"""


def test_where_no_file_can_be_opened_none_seems_to_have_ended() -> None:
    done = subprocess.run([sys.executable, "-c", _WITHOUT_FILES], capture_output=True, text=True, check=True)
    assert done.stdout == "Too many open files\n"


def test_nothing_is_kept_that_could_not_be_read_yet(proc: Proc) -> None:
    folder = proc.add(7)
    processes = proc.look()
    table = processes.look()
    assert (table.command(7), table.environment(7, ["A"])) == ((), {})
    (folder / "cmdline").write_bytes(b"x\0")
    (folder / "environ").write_bytes(b"A=1\0")
    assert (table.command(7), table.environment(7, ["A"])) == (("x",), {"A": "1"})


def test_no_more_than_the_beginning_of_a_long_command_is_kept(proc: Proc) -> None:
    (proc.add(7) / "cmdline").write_bytes(b"codex\0exec\0" + b"x" * 1_000_000)
    command = proc.look().look().command(7)
    assert command[:2] == ("codex", "exec")
    assert len(command[2]) < 20_000


def test_files_where_links_have_no_real_permissions(proc: Proc) -> None:
    """As in sandboxes that imitate Linux: then the flags of the descriptor count."""
    proc.add(7)
    for fd, flags in enumerate(("0100000", "0100001", "02102002", None)):
        proc.opened(7, fd, f"/home/dev/{fd}", flags)
    proc.opened(7, 10, "socket:[77]")
    proc.opened(7, 11, "/dev/null", "02")
    proc.opened(7, 12, "anon_inode:[eventpoll]")
    proc.opened(7, 13, "/home/dev/x (deleted)", "01")
    assert sorted(proc.look().look().open_files([7, 8])[7], key=lambda each: each.path) == [
        OpenFile("/home/dev/0", False),
        OpenFile("/home/dev/1", True),
        OpenFile("/home/dev/2", True),
        OpenFile("/home/dev/3", None),
    ]


HEADER = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"


def socket_line(port: int, inode: int, state: str = "0A", address: str = "0100007F") -> str:
    ends = f"{address}:{port:04X} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000"
    return f"   0: {ends} {os.geteuid():5d}        0 {inode} 1 0\n"


def test_ports_of_both_tables_and_of_nobody_else(proc: Proc) -> None:
    proc.add(7)
    proc.add(8)
    proc.opened(7, 3, "socket:[31]")
    proc.opened(7, 4, "socket:[32]")
    proc.opened(7, 5, "socket:[33]")
    proc.opened(7, 6, "socket:[34]")
    (proc.root / "net/tcp").write_text(
        HEADER + socket_line(8080, 31) + socket_line(9, 99) + socket_line(40000, 33, "01")
    )
    (proc.root / "net/tcp6").write_text(
        HEADER
        + socket_line(8080, 34, address="0" * 32)
        + socket_line(3000, 32, address="0" * 32)
        + "broken\n"
    )
    processes = proc.look()
    assert processes.look().ports([7, 8, 9]) == {7: (3000, 8080), 8: ()}
    (proc.root / "net/tcp").write_text(HEADER)
    assert processes.look().ports([7, 8]) == {7: (3000, 8080), 8: ()}
    (proc.root / "net/tcp6").unlink()
    assert processes.look().ports([7, 8]) == {7: (), 8: ()}


def test_a_socket_that_another_process_keeps_open_is_noticed_some_looks_later(proc: Proc) -> None:
    proc.add(7)
    proc.opened(7, 3, "socket:[31]")
    (proc.root / "net/tcp").write_text(HEADER + socket_line(8080, 31))
    processes = proc.look()
    assert processes.look().ports([7]) == {7: (8080,)}
    (proc.root / "7/fd/3").unlink()
    seen = [processes.look().ports([7])[7] for _ in range(5)]
    assert seen == [*[(8080,)] * 4, ()]


def test_of_a_busy_server_only_those_that_listen_are_read(proc: Proc) -> None:
    proc.add(7)
    proc.opened(7, 3, "socket:[31]")
    busy = socket_line(5432, 40, "01") * 5000
    (proc.root / "net/tcp").write_text(HEADER + socket_line(8080, 31) + busy + socket_line(9, 31))
    assert proc.look().look().ports([7]) == {7: (8080,)}
