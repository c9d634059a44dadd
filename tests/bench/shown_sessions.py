"""What a face that shows live sessions costs: the page's tab *Sessions*; `tankful sessions --watch` on a terminal.

    python -m tests.bench.shown_sessions [--logs 3000] [--sessions 12] [--children 40] [--seconds 60]
        [--keep FOLDER]

One after the other, each alone, from when all is counted. At first nothing changes; then a third of the sessions
write a line every two seconds. CPU is the share of one processor, in percent, with git and other children; `shown`
is how many bytes the face sent or drew while they wrote. `pass_ms` is what `python -c pass` takes meanwhile: on an
idle machine 10. Prints JSON. Linux only.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import pty
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext, suppress
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from threading import Thread

import psutil

from tests.bench.fake_sessions import machine, make_homes
from tests.bench.idle_sessions import cpu, write
from tests.bench.installation import ROOT, interpreter
from tests.bench.served import benched, until_counted
from tests.programs import started

_FIRST_SECONDS = 15.0
_LINES, _COLUMNS = 50, 160


class ShownFace:
    """Its process, and how many bytes it has shown."""

    def __init__(self, process: psutil.Process) -> None:
        self.process = process
        self.bytes = 0

    def read(self, next_bytes: Callable[[], bytes]) -> None:
        """Until there are no more, in a thread."""

        def run() -> None:
            with suppress(OSError, ValueError, AttributeError):
                while got := next_bytes():
                    self.bytes += len(got)

        Thread(target=run, daemon=True).start()


def main() -> None:
    parser = argparse.ArgumentParser(prog="shown_sessions")
    parser.add_argument("--logs", type=int, default=3000)
    parser.add_argument("--sessions", type=int, default=12)
    parser.add_argument("--children", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    options = parser.parse_args()
    with nullcontext(str(options.keep)) if options.keep else tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        if not (folder / "claude.live").exists():
            make_homes(folder, options.logs, options.sessions)
        with machine(folder, options.sessions, options.children) as live:
            for title, face in (("page", _page), ("watch", _watch)):
                with face(folder) as shown:
                    time.sleep(_FIRST_SECONDS)
                    still = cpu({title: shown.process}, options.seconds, lambda: None)[title]
                    before = shown.bytes
                    written = cpu({title: shown.process}, options.seconds, lambda: write(live.live[::3]))[
                        title
                    ]
                    found = {"still": still, "written": written, "shown": shown.bytes - before}
                    print(json.dumps({title: found | {"pass_ms": _pass_ms()}}), flush=True)


def _pass_ms() -> float:
    """The median of nine."""
    taken = []
    for _ in range(9):
        before = getrusage(RUSAGE_CHILDREN)
        subprocess.run((sys.executable, "-c", "pass"), check=True)
        after = getrusage(RUSAGE_CHILDREN)
        taken.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return round(statistics.median(taken) * 1000, 1)


@contextmanager
def _page(folder: Path) -> Iterator[ShownFace]:
    """With one tab that is in sight."""
    homes = {"codex": [folder / "codex"], "claude": [folder / "claude"]}
    with benched(_own(folder), homes) as (page, _):
        until_counted(page)
        with closing(page.listen("tab=sessions")) as stream:
            face = ShownFace(page.process)
            face.read(stream.readline)
            yield face


@contextmanager
def _watch(folder: Path) -> Iterator[ShownFace]:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", _LINES, _COLUMNS, 0, 0))
    environ = {
        "PATH": os.environ["PATH"],
        "TERM": "xterm-256color",
        "HOME": str(folder),
        "TANKFUL_HOME": str(_own(folder)),
        "CODEX_HOME": str(folder / "codex"),
        "CLAUDE_CONFIG_DIR": str(folder / "claude"),
        "PYTHONPATH": str(ROOT),
    }
    command = [str(interpreter(Path(tempfile.gettempdir()))), "-m", "tray.cli", "sessions", "--watch"]
    try:
        with started(command, env=environ, cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs) as process:
            face = ShownFace(psutil.Process(process.pid))
            face.read(lambda: os.read(ours, 1 << 16))
            yield face
    finally:
        os.close(theirs)
        os.close(ours)


def _own(folder: Path) -> Path:
    """The files of both: what the page has counted is counted for the other."""
    own = folder / "shown"
    own.mkdir(parents=True, exist_ok=True, mode=0o700)
    return own


if __name__ == "__main__":
    main()
