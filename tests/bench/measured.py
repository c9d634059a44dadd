"""Whole processes, measured, and what the page cache holds before they run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from tests.programs import started

ROOT = Path(__file__).parents[2]
_CHUNK = 1 << 20


class Run(Struct, frozen=True):
    """A process from its start to its end. CPU is user and system time, of its children too; the peak is the
    largest resident set of any of them.
    """

    wall_ms: float
    cpu_ms: float
    peak_mb: float
    printed: Any


def run(command: Sequence[str], environ: Mapping[str, str]) -> Run:
    """A command that prints JSON; raises CalledProcessError.

    This process must stay small: a child's peak memory begins with its parent's.
    """
    with tempfile.TemporaryFile() as out:
        start = time.perf_counter()
        with started(command, env=dict(environ), cwd=ROOT, stdout=out) as process:
            _, status, used = os.wait4(process.pid, 0)
            wall = time.perf_counter() - start
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command)
        out.seek(0)
        printed = json.load(out)
    kilo = 1 if sys.platform == "darwin" else 1024
    return Run(wall * 1000, (used.ru_utime + used.ru_stime) * 1000, used.ru_maxrss * kilo / 1e6, printed)


def warm(home: Path) -> None:
    room = bytearray(_CHUNK)
    for path in home.rglob("*.jsonl"):
        with path.open("rb", buffering=0) as file:
            while file.readinto(room):
                pass


def evict(home: Path) -> None:
    """The files of a home leave the page cache, so that they are read from the disk. Linux only."""
    for path in home.rglob("*.jsonl"):
        file = os.open(path, os.O_RDONLY)
        try:
            os.fdatasync(file)  # what is not written yet cannot leave
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(file)


def linked(home: Path, copy: Path) -> Path:
    """The same files under another name, but for the newest, which is copied: one can append to it."""
    newest = max(home.rglob("*.jsonl"), key=lambda path: path.stat().st_mtime_ns)
    for folder, _, names in os.walk(home):
        place = copy / Path(folder).relative_to(home)
        place.mkdir(parents=True)
        for name in names:
            original = Path(folder) / name
            if original == newest:
                shutil.copy2(original, place / name)
            else:
                os.link(original, place / name)
    return copy
