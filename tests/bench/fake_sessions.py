"""Sleeping processes that look like sessions of both CLIs, with children, and the logs of a machine that is used.

The processes are copies of `sleep` by the names of the CLIs: a Codex holds its rollout open for writing, for a
Claude there is its record in `sessions/`. Linux only.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from tests.bench.make_logs import FORM_332, make

LIVE_BYTES = 8_000_000
"""Of the log of a session that runs: those are the long ones."""
LOG_BYTES = 150_000
_SECONDS = "3600"


class Machine(Struct, frozen=True, kw_only=True):
    """`codex` and `claude` are the homes; `live` are the logs of the sessions that run."""

    codex: Path
    claude: Path
    live: tuple[Path, ...]
    pids: tuple[int, ...]

    @property
    def logs(self) -> int:
        return sum(1 for home in (self.codex, self.claude) for _ in home.rglob("*.jsonl"))


def make_homes(folder: Path, logs: int, sessions: int) -> None:
    """Half of each for either CLI."""
    today = datetime.now(UTC).date()
    for name, form in (("codex", "codex"), ("claude", FORM_332)):
        home = folder / name
        make(form, logs // 2 * LOG_BYTES, logs // 2, home, seed=1, until=today)
        before = set(home.rglob("*.jsonl"))
        # Of sessions with subagents only the sessions themselves run: so there are more of them.
        make(form, sessions * LIVE_BYTES, sessions, home, seed=2, until=today)
        (folder / f"{name}.live").write_text(
            "\n".join(map(str, _largest(set(home.rglob("*.jsonl")) - before)))
        )


def _largest(logs: set[Path]) -> list[Path]:
    own = [path for path in logs if not path.name.startswith("agent-")]
    return sorted(own, key=lambda path: path.stat().st_size, reverse=True)


@contextmanager
def machine(folder: Path, sessions: int = 12, children: int = 40, ports: int = 8) -> Iterator[Machine]:
    """With as many sessions as that in the homes below the folder. All ends with the context."""
    programs = {name: _program(folder, name) for name in ("codex", "claude")}
    live = [
        (name, path)
        for name in programs
        for path in map(Path, (folder / f"{name}.live").read_text().splitlines()[: sessions // 2])
    ]
    with ExitStack() as stack:
        pids = []
        for number, (name, log) in enumerate(live):
            listening = [stack.enter_context(_listening()) for _ in range(_share(ports, number, len(live)))]
            process = _start(programs[name], name, log, _share(children, number, len(live)), listening)
            stack.callback(_end, process)
            pids.append(process.pid)
            if name == "claude":
                stack.enter_context(_record(folder / name, process.pid, log))
        time.sleep(1)
        logs = tuple(log for _, log in live)
        yield Machine(codex=folder / "codex", claude=folder / "claude", live=logs, pids=tuple(pids))


def _share(whole: int, number: int, of: int) -> int:
    return whole // of + (number < whole % of)


def _program(folder: Path, name: str) -> Path:
    sleep = shutil.which("sleep")
    assert sleep is not None
    program = folder / "bin" / name
    program.parent.mkdir(exist_ok=True)
    shutil.copy(os.path.realpath(sleep), program)
    return program


@contextmanager
def _listening() -> Iterator[int]:
    """The file number of a socket that a child is to have."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.fileno()


def _start(
    program: Path, name: str, log: Path, children: int, listening: Sequence[int]
) -> subprocess.Popen[bytes]:
    """A session whose children were started before it took the name of its CLI; each socket is one child's."""
    sleeping = [f"sleep {_SECONDS} {_without(listening, each)} &" for each in listening[:children]]
    sleeping += [f"sleep {_SECONDS} {_without(listening)} &" for _ in range(children - len(sleeping))]
    held = f"9>>'{log}'" if name == "codex" else ""
    closed = _without(listening)
    script = f"{' '.join(sleeping)} exec '{program}' {_SECONDS} {closed} {held}"
    return subprocess.Popen(
        ("/bin/bash", "-c", script),
        pass_fds=listening,
        start_new_session=True,
        cwd="/",
        stdin=subprocess.DEVNULL,
    )


def _without(listening: Sequence[int], but: int | None = None) -> str:
    return " ".join(f"{number}>&-" for number in listening if number != but)


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, 9)
    process.wait()


@contextmanager
def _record(home: Path, pid: int, log: Path) -> Iterator[None]:
    now = int(time.time() * 1000)
    record = {
        "pid": pid,
        "sessionId": log.stem,
        "cwd": "/",
        "startedAt": now,
        "procStart": Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19],
        "version": "2.1.332",
        "kind": "interactive",
        "entrypoint": "cli",
        "status": "busy",
        "statusUpdatedAt": now,
    }
    path = home / "sessions" / f"{pid}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(record))
    try:
        yield
    finally:
        path.unlink()
