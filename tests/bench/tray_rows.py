"""Rows of a process that goes on running, each of tests.bench.in_process on logs that nobody else changes."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from tests.bench.corpora import PROVIDERS, by_name
from tests.bench.measured import linked, run_json, warm
from tests.bench.peers import environ

ROUNDS = 15


class _Figure(Struct, frozen=True):
    """`key` is its name in what in_process prints."""

    key: str
    title: str
    aim: str = ""


_PEAK = "peak_mb"
_FIGURES = {
    "look": (
        _Figure("unchanged", "a full look, CPU ms"),
        _Figure("ratio", "a full look, x a bare scandir and stat", "1.1"),
        _Figure("beyond", "one line appended, CPU ms beyond a full look", "4"),
        _Figure("report", "30-day report, CPU ms"),
    ),
    "append": (_Figure("appended", "one line appended, CPU ms", "30"),),
    "count": (_Figure(_PEAK, "peak MB while it is counted", "60"),),
}
_TASKS = {
    **{f"{provider}-{files}": "look" for files in (600, 3_000) for provider in PROVIDERS},
    "claude332-5000": "look",
    **{f"{provider}-family": "append" for provider in PROVIDERS},
    **{f"{provider}-75000": "count" for provider in PROVIDERS},
}
NAMES = tuple(f"tray:{corpus}" for corpus in _TASKS)


def titles() -> Iterator[tuple[str, str]]:
    """Each with its aim."""
    for corpus, task in _TASKS.items():
        for figure in _FIGURES[task]:
            yield f"{by_name(corpus).title}: {figure.title}", figure.aim


def measure(name: str, folder: Path, scratch: Path) -> dict[str, float]:
    """By title."""
    corpus = by_name(name.removeprefix("tray:"))
    task = _TASKS[corpus.name]
    own = Path(tempfile.mkdtemp(dir=scratch))
    home = linked(corpus.home(folder), own / "home")
    warm(home)
    arguments = (task, corpus.provider, str(home), str(own / "ledger.sqlite"), str(ROUNDS))
    command = (sys.executable, "-m", "tests.bench.in_process", *arguments)
    taken, printed = run_json(command, environ(own, corpus.provider, home))
    found = printed | {_PEAK: taken.peak_mb}
    return {f"{corpus.title}: {figure.title}": found[figure.key] for figure in _FIGURES[task]}
