"""Whole processes, measured, and what the page cache holds before they run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from tests.bench.corpus import age_folders

ROOT = Path(__file__).parents[2]
_CHUNK = 1 << 20


class Run(Struct, frozen=True):
    """A process from its start to its end. CPU is user and system time, of its children too; the peak is the
    largest resident set of any of them.
    """

    wall_ms: float
    cpu_ms: float
    peak_mb: float


class _Launched(Run, frozen=True):
    code: int


def run(command: Sequence[str], environ: Mapping[str, str], *, cwd: Path = ROOT) -> Run:
    """Without what it prints; raises CalledProcessError."""
    return _launched(command, environ, os.devnull, cwd)


def run_json(command: Sequence[str], environ: Mapping[str, str]) -> tuple[Run, Any]:
    """With the JSON that it prints; raises CalledProcessError."""
    with tempfile.NamedTemporaryFile() as out:
        taken = _launched(command, environ, out.name, ROOT)
        return taken, json.load(out)


def _launched(command: Sequence[str], environ: Mapping[str, str], out: str, cwd: Path) -> Run:
    launcher = (sys.executable, "-S", str(ROOT / "tests/bench/launcher.py"), out)
    done = subprocess.run(
        (*launcher, *command), env=dict(environ), cwd=cwd, check=True, stdout=subprocess.PIPE
    )
    taken = msgspec.json.decode(done.stdout, type=_Launched)
    if taken.code:
        raise subprocess.CalledProcessError(taken.code, command)
    return taken


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
    age_folders(copy)
    return copy
