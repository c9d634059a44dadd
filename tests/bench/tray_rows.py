"""Rows of a process that goes on running, each of tests.bench.in_process on logs that nobody else changes."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench.corpora import PROVIDERS, by_name
from tests.bench.measured import Run, linked, run_json, warm
from tests.bench.peers import environ
from tests.bench.tables import TrayRow

ROUNDS = 15


def _look(name: str, folder: Path, scratch: Path) -> Iterator[TrayRow]:
    corpus = by_name(name)
    _, took = _in_process("look", corpus.provider, corpus.home(folder), scratch)
    aimed = {"3000": ("1.1", "4")}.get(name.rpartition("-")[2], ("", ""))
    for title, key, unit, aim in (
        ("a full look", "unchanged", "CPU ms", ""),
        ("a full look, against a bare scandir and stat", "ratio", "x", aimed[0]),
        ("one line appended, beyond a full look", "beyond", "CPU ms", aimed[1]),
        ("30-day report", "report", "CPU ms", ""),
    ):
        yield TrayRow(f"{corpus.title}: {title}", unit, aim, took[key])


def _family(provider: str, folder: Path, scratch: Path) -> Iterator[TrayRow]:
    corpus = by_name(f"{provider}-family")
    _, took = _in_process("append", provider, corpus.home(folder), scratch)
    yield TrayRow(f"{corpus.title}: one line appended", "CPU ms", "30", took["appended"])


def _log(provider: str, folder: Path, scratch: Path) -> Iterator[TrayRow]:
    corpus = by_name(f"{provider}-75000")
    taken, _ = _in_process("count", provider, corpus.home(folder), scratch)
    yield TrayRow(f"{corpus.title}: peak while it is counted", "MB", "60", taken.peak_mb)


_Rows = Callable[[str, Path, Path], Iterator[TrayRow]]
_KINDS: dict[str, tuple[_Rows, str]] = {
    **{
        f"tray:{provider}-{files}": (_look, f"{provider}-{files}")
        for provider in PROVIDERS
        for files in (600, 3_000)
    },
    "tray:claude332-5000": (_look, "claude332-5000"),
    **{f"tray:{provider}-family": (_family, provider) for provider in PROVIDERS},
    **{f"tray:{provider}-75000": (_log, provider) for provider in PROVIDERS},
}
TRAY_ROWS = tuple(_KINDS)


def tray_rows(name: str, folder: Path, scratch: Path) -> Iterator[TrayRow]:
    rows, argument = _KINDS[name]
    yield from rows(argument, folder, scratch)


def _in_process(task: str, provider: str, original: Path, scratch: Path) -> tuple[Run, dict[str, float]]:
    own = Path(tempfile.mkdtemp(dir=scratch))
    home = linked(original, own / "home")
    warm(home)
    arguments = (task, provider, str(home), str(own / "ledger.sqlite"), str(ROUNDS))
    command = (sys.executable, "-m", "tests.bench.in_process", *arguments)
    return run_json(command, environ(own, provider, home))
