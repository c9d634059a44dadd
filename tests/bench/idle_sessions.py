"""What looking at live sessions in the background costs an engine: two at once, with `sessions.watch` on and off.

    python -m tests.bench.idle_sessions [--logs 3000] [--sessions 12] [--minutes 3] [--faces 3]

Both watch the same homes, in which sessions of both CLIs run. At first nothing changes; then a third of the
sessions write a line every two seconds; then, without the engines, so many faces (`tankful sessions --watch`) show
them. CPU is the share of one processor, in percent, git and other children
included. Prints JSON. Linux only.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import psutil

from tests.bench.fake_sessions import machine, make_homes
from tests.bench.idle import wait_until_counted
from tests.bench.installation import ROOT, interpreter
from tests.programs import started

WRITES_EVERY = 2.0
_FIRST_SECONDS = 20.0
_LINE = b'{"type":"event_msg","timestamp":"2026-11-29T12:00:00Z","payload":{"type":"token_count"}}\n'


def main() -> None:
    parser = argparse.ArgumentParser(prog="idle_sessions")
    parser.add_argument("--logs", type=int, default=3000)
    parser.add_argument("--sessions", type=int, default=12)
    parser.add_argument("--minutes", type=float, default=3)
    parser.add_argument("--faces", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place, ExitStack() as stack:
        folder = Path(place).resolve()
        make_homes(folder, options.logs, options.sessions)
        live = stack.enter_context(machine(folder, options.sessions)).live
        seconds = options.minutes * 60
        with ExitStack() as running:
            engines = {name: running.enter_context(_engine(folder, name)) for name in ("watch", "off")}
            processes = {name: psutil.Process(engine.pid) for name, engine in engines.items()}
            for name, process in processes.items():
                wait_until_counted(process, folder / name)
            found: dict[str, object] = {
                "still": cpu(processes, seconds, lambda: None),
                "written": cpu(processes, seconds, lambda: write(live[::3])),
                "rss_mb": {name: round(each.memory_info().rss / 1e6, 1) for name, each in processes.items()},
            }
        shown = [stack.enter_context(_face(folder)) for _ in range(options.faces)]
        time.sleep(_FIRST_SECONDS)
        faces = {str(number): psutil.Process(each.pid) for number, each in enumerate(shown)}
        found["faces"] = cpu(faces, seconds, lambda: write(live[::3]))
        print(json.dumps(found))


def _engine(folder: Path, name: str) -> AbstractContextManager[subprocess.Popen[bytes]]:
    """Of a person who is signed in nowhere, so that nothing is polled."""
    own = folder / name / "own"
    own.mkdir(parents=True, mode=0o700)
    (own / "settings.toml").write_text(
        f"[sessions]\nwatch = {str(name == 'watch').lower()}\n[display]\nincidents = false\n"
    )
    return _started(folder, own, "--headless")


def _face(folder: Path) -> AbstractContextManager[subprocess.Popen[bytes]]:
    return _started(folder, folder / "off/own", "sessions", "--watch", "--json")


def _started(folder: Path, own: Path, *arguments: str) -> AbstractContextManager[subprocess.Popen[bytes]]:
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TANKFUL_HOME": str(own),
        "CODEX_HOME": str(folder / "codex"),
        "CLAUDE_CONFIG_DIR": str(folder / "claude"),
        "PYTHONPATH": str(ROOT),
    }
    command = [str(interpreter(Path(tempfile.gettempdir()))), "-m", "tray.cli", *arguments]
    nothing = subprocess.DEVNULL
    return started(command, env=environ, cwd=ROOT, stdout=nothing, stderr=nothing)


def write(logs: Sequence[Path]) -> None:
    for log in logs:
        with log.open("ab") as file:
            file.write(_LINE)


def cpu(processes: dict[str, psutil.Process], seconds: float, work: Callable[[], None]) -> dict[str, float]:
    before, began = {name: _seconds(each) for name, each in processes.items()}, time.monotonic()
    while time.monotonic() - began < seconds:
        work()
        time.sleep(WRITES_EVERY)
    took = time.monotonic() - began
    return {name: round(100 * (_seconds(each) - before[name]) / took, 3) for name, each in processes.items()}


def _seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system + times.children_user + times.children_system)


if __name__ == "__main__":
    main()
