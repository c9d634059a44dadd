"""What was measured, by the names of rows; kept in a file between runs, and printed in Markdown.

    python -m tests.bench.results BEFORE [NOW]

Both are files that tests.bench.run leaves with `--save`, where each run adds its rows or replaces them.
"""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct, field

from tests.bench.corpora import CORPORA, KINDS, TOKSCALE_AIM, Aim
from tests.bench.peers import CCUSAGE, TOKSCALE
from tests.bench.tray_rows import titles


class Took(Struct, frozen=True):
    """Of a whole process: medians."""

    wall_ms: float
    cpu_ms: float
    peak_mb: float


class Ratio(Struct, frozen=True):
    """To another program's: medians of the rounds."""

    wall: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.wall:.2f} / {self.cpu:.2f}"


class Process(Struct, frozen=True):
    took: Took
    ccusage: Took
    of_ccusage: Ratio
    of_tokscale: Ratio | None = None


class Tokens(Struct, frozen=True):
    """What each counted; `is_exact` where tankful's are the billed ones in each class."""

    billed: int
    tankful: int
    is_exact: bool
    ccusage: int
    tokscale: int


class Results(Struct):
    """Processes by corpus and kind, as `codex-600:first`; tokens by corpus; rows of the tray by their titles."""

    when: str
    processes: dict[str, Process] = field(default_factory=dict)
    tokens: dict[str, Tokens] = field(default_factory=dict)
    tray: dict[str, float] = field(default_factory=dict)

    def save(self, path: Path) -> None:
        saved = load(path) if path.exists() else self
        for name in ("processes", "tokens", "tray"):
            setattr(self, name, getattr(saved, name) | getattr(self, name))
        path.write_bytes(msgspec.json.format(msgspec.json.encode(self)))


def load(path: Path) -> Results:
    return msgspec.json.decode(path.read_bytes(), type=Results)


def measured_here(rounds: int) -> str:
    when = f"{datetime.now(UTC).date()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"
    versions = f"Python {platform.python_version()}, ccusage {CCUSAGE}, tokscale {TOKSCALE}"
    return f"{when}, {versions}, medians of {rounds} rounds"


def tables(states: Sequence[Results]) -> Iterator[str]:
    yield f"{states[-1].when}\n"
    yield _table(
        ("tokens", "billed", "tankful", "every class equal", "ccusage", "tokscale"), _tokens(states[-1])
    )
    columns = ("wall ms", "CPU ms", "peak MB", "x ccusage", "x tokscale")
    head = ("whole process", "aim", *columns * len(states))
    yield _table((*head, "reached"), _processes(states))
    yield _table(("nothing changed, growth", "aim", *("" for _ in states)), _growth(states))
    yield _table(("in a running process", "aim", *("" for _ in states)), _tray(states))


def _tokens(results: Results) -> Iterator[tuple[str, ...]]:
    for corpus in CORPORA:
        if (each := results.tokens.get(corpus.name)) is not None:
            exact = "yes" if each.is_exact else "NO"
            ours = (f"{each.billed:,}", f"{each.tankful:,}", exact)
            yield (corpus.title, *ours, f"{each.ccusage:,}", f"{each.tokscale:,}")


def _processes(states: Sequence[Results]) -> Iterator[tuple[str, ...]]:
    for corpus in CORPORA:
        for kind, aim in corpus.aims.items():
            found = [results.processes.get(f"{corpus.name}:{kind}") for results in states]
            if any(found):
                cells = (cell for each in found for cell in _cells(each))
                row = f"{corpus.title}: {KINDS[kind]}"
                yield (row, str(aim), *cells, "" if found[-1] is None else _reached(aim, found[-1]))


def _cells(each: Process | None) -> tuple[str, ...]:
    if each is None:
        return ("",) * 5
    took = each.took
    figures = tuple(f"{figure:,.0f}" for figure in (took.wall_ms, took.cpu_ms, took.peak_mb))
    return (*figures, str(each.of_ccusage), str(each.of_tokscale or ""))


def _reached(aim: Aim, each: Process) -> str:
    took, ratio, other = each.took, each.of_ccusage, each.of_tokscale
    pairs = [
        (took.wall_ms, aim.wall_ms),
        (took.cpu_ms, aim.cpu_ms),
        (took.peak_mb, aim.peak_mb),
        (ratio.wall, aim.wall),
        (ratio.cpu, aim.cpu),
    ]
    if other is not None:
        pairs += [(other.wall, TOKSCALE_AIM), (other.cpu, TOKSCALE_AIM)]
    held = [round(value, 2) <= most for value, most in pairs if most is not None]
    return "" if not held else "yes" if all(held) else "no"


def _growth(states: Sequence[Results]) -> Iterator[tuple[str, ...]]:
    """CPU time where nothing changed: of each file more, and of a gigabyte more in as many files."""
    files = [_more(results, "codex-10000:again", "codex-100000:again") for results in states]
    title = "codex, 10,000 to 100,000 files: CPU µs for each more"
    yield (title, "4", *("" if more is None else f"{more / 90:.1f}" for more in files))
    for provider in ("codex", "claude"):
        sizes = [_more(results, f"{provider}-600:again", f"{provider}-1g:again") for results in states]
        title = f"{provider}, 600 small files to 1 GB in 600: CPU ms more"
        yield (title, "0", *("" if more is None else f"{more:.1f}" for more in sizes))


def _more(results: Results, few: str, many: str) -> float | None:
    if not {few, many} <= results.processes.keys():
        return None
    return results.processes[many].took.cpu_ms - results.processes[few].took.cpu_ms


def _tray(states: Sequence[Results]) -> Iterator[tuple[str, ...]]:
    for title, aim in titles():
        values = [results.tray.get(title) for results in states]
        if any(value is not None for value in values):
            yield (title, aim, *("" if value is None else f"{value:.1f}" for value in values))


def _table(head: Sequence[str], rows: Iterator[tuple[str, ...]]) -> str:
    made = [row for row in rows if any(row[2:])]
    rule = ("---", *("--:" for _ in head[1:]))
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *made)) + "\n" if made else ""


def main() -> None:
    parser = argparse.ArgumentParser(prog="results")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    options = parser.parse_args()
    print("\n".join(filter(None, tables([load(file) for file in options.files]))))


if __name__ == "__main__":
    main()
