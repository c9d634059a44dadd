"""A look at processes by our table and by a plain walk of psutil, in turns: the same list. Linux only.

    python -m tests.bench.processes [--sessions 12] [--children 40] [--others 300] [--rounds 40]

The list: each session's program with the files that it has open, its memory, and the processes below it with
command, memory and the ports on which they listen. The walk asks psutil for all of that of all processes, as
scripts do. Ours is that of an engine that looks again; `first` is that of a new process, which keeps nothing yet.
Times are of the processor, in ms, medians of the rounds; the ratio is the median of those within a round.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
from msgspec import Struct

from providers.domain.processes import Processes
from providers.domain.session_figures import SessionKey
from providers.host.processes import system_processes
from providers.live.children import SessionProgram, find_children
from tests.bench.fake_sessions import machine
from tests.programs import started

_NAMES = ("codex", "claude")
_FILES = 8


class _Child(Struct, frozen=True, order=True):
    pid: int
    memory: bool
    ports: tuple[int, ...]


class _Session(Struct, frozen=True, order=True):
    pid: int
    memory: bool
    files: tuple[str, ...]
    children: tuple[_Child, ...]


def main() -> None:
    parser = argparse.ArgumentParser(prog="processes")
    parser.add_argument("--sessions", type=int, default=12)
    parser.add_argument("--children", type=int, default=40)
    parser.add_argument("--others", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=40)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tankful-processes-") as name:
        folder = Path(name).resolve()
        _logs(folder, options.sessions)
        with _others(options.others), machine(folder, options.sessions, options.children) as live:
            _measure(set(live.pids), options.rounds)


def _logs(folder: Path, sessions: int) -> None:
    for name in _NAMES:
        (folder / name).mkdir()
        logs = [folder / name / f"rollout-{number}.jsonl" for number in range(sessions // 2)]
        for log in logs:
            log.touch()
        (folder / f"{name}.live").write_text("\n".join(map(str, logs)))


@contextmanager
def _others(count: int) -> Iterator[None]:
    """So many processes that have nothing to do with it, each with a few files open."""
    held = " ".join(f"{number}</bin/sh" for number in range(20, 20 + _FILES))
    script = f"for each in $(seq {count}); do sleep 3600 {held} & done; echo begun; wait"
    with started(("/bin/bash", "-c", script), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield


def _measure(pids: set[int], rounds: int) -> None:
    processes = system_processes()
    expected = [each for each in _walk() if each.pid in pids]
    found = [each for each in _look(processes) if each.pid in pids]
    assert found == expected, (found, expected)
    children = sum(len(each.children) for each in found)
    count = len(processes.look().processes)
    print(f"{len(found)} sessions, {children} children, {count} processes of this user")
    times = [
        (_cpu_ms(lambda: _look(processes)), _cpu_ms(_walk), _cpu_ms(lambda: _look(system_processes())))
        for _ in range(rounds)
    ]
    ours, walk, first = (statistics.median(each) for each in zip(*times, strict=True))
    ratio = statistics.median(own / theirs for own, theirs, _ in times)
    print("| | CPU ms | x psutil |")
    print("| --- | --: | --: |")
    print(f"| our table, looking again | {ours:.1f} | {ratio:.2f} |")
    print(f"| our table, first look | {first:.1f} | {first / walk:.2f} |")
    print(f"| psutil, all processes | {walk:.1f} | 1 |")


def _look(processes: Processes) -> list[_Session]:
    table = processes.look()
    agents = [pid for pid in table.processes if _is_agent(table.command(pid))]
    files = table.open_files(agents)
    programs = [
        SessionProgram(
            key=SessionKey("", Path(), str(pid)), pid=pid, ids=frozenset((str(pid),)), variable="A_TOOL"
        )
        for pid in agents
    ]
    children = find_children(programs, agents, table)
    return [
        _Session(
            pid=each.pid,
            memory=table.memory(each.pid) is not None,
            files=tuple(sorted(file.path for file in files.get(each.pid, ()))),
            children=tuple(
                sorted(
                    _Child(child.pid, child.rss is not None, child.ports)
                    for child in children[each.key].shown
                )
            ),
        )
        for each in programs
    ]


def _walk() -> list[_Session]:
    about: dict[int, dict[str, Any]] = {}
    below: dict[int, list[int]] = {}
    ports: dict[int, set[int]] = {}
    # Cheaper by one table for all than process by process.
    for each in psutil.net_connections("tcp"):
        if each.status == psutil.CONN_LISTEN and each.pid is not None and each.laddr:
            ports.setdefault(each.pid, set()).add(each.laddr.port)
    for process in psutil.process_iter():
        with suppress(psutil.Error), process.oneshot():
            about[process.pid] = {
                "command": process.cmdline(),
                "memory": process.memory_info().rss,
                "files": process.open_files(),
                "ports": ports.get(process.pid, ()),
            }
            below.setdefault(process.ppid(), []).append(process.pid)
    return [
        _Session(
            pid=pid,
            memory=bool(found["memory"]),
            files=tuple(sorted(each.path for each in found["files"])),
            children=tuple(sorted(_child(child, about[child]) for child in _tree(pid, below))),
        )
        for pid, found in about.items()
        if _is_agent(found["command"])
    ]


def _child(pid: int, found: dict[str, Any]) -> _Child:
    return _Child(pid, bool(found["memory"]), tuple(sorted(found["ports"])))


def _tree(pid: int, below: dict[int, list[int]]) -> Iterator[int]:
    for child in below.get(pid, ()):
        yield child
        yield from _tree(child, below)


def _is_agent(command: Any) -> bool:
    return bool(command) and command[0].rpartition("/")[2] in _NAMES


def _cpu_ms(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1000


if __name__ == "__main__":
    main()
