"""tankful against ccusage's native binary, in turns, on generated corpora; prints tables in Markdown.

    python -m tests.bench.run [--gigabytes 1] [--rounds 5] [--keep FOLDER]

Everything is made in a temporary folder and deleted in the end. With `--keep` the corpora and ccusage stay in
FOLDER, and those of an earlier run are used again. This process stays small: a child's peak memory begins with
its parent's.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.bench.appending import Appending
from tests.programs import started

ROOT = Path(__file__).parents[2]
CCUSAGE = "20.0.24"
PROVIDERS = ("codex", "claude")
FILES_PER_GIGABYTE = 600
SMALL_FILES = (600, 3_000)
IN_PROCESS_ROUNDS = 9
# As the installed command begins; with -m, cli.py itself would be compiled at each start.
TANKFUL = (sys.executable, "-c", "from tray.cli.main import script; script()", "cost", "--json")


@dataclass(frozen=True)
class Run:
    """A process from its start to its end. CPU is user and system time, of its children too."""

    wall_ms: float
    cpu_ms: float
    peak_mb: float
    told: Any


@dataclass
class Corpus:
    """A home with logs of one provider, and what was measured on it: runs by what was run."""

    provider: str
    home: Path
    title: str
    runs: dict[str, list[Run]] = field(default_factory=dict)

    def median(self, name: str, value: Callable[[Run], float]) -> float:
        return statistics.median(value(run) for run in self.runs[name])


def main() -> None:
    parser = argparse.ArgumentParser(prog="run")
    parser.add_argument("--gigabytes", type=float, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    options = parser.parse_args()
    if options.keep is not None:
        options.keep.mkdir(parents=True, exist_ok=True)
        bench(options.keep.resolve(), options.gigabytes, options.rounds)
    else:
        with tempfile.TemporaryDirectory(prefix="tankful-bench-") as folder:
            bench(Path(folder), options.gigabytes, options.rounds)


def bench(folder: Path, gigabytes: float, rounds: int) -> None:
    scratch = folder / "scratch"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    try:
        _bench(folder, scratch, gigabytes, rounds)
    finally:
        shutil.rmtree(scratch)


def _bench(folder: Path, scratch: Path, gigabytes: float, rounds: int) -> None:
    peer = _ccusage(folder / "ccusage")
    size, files = round(gigabytes * 10**9), max(1, round(gigabytes * FILES_PER_GIGABYTE))
    large, long, small = [], [], []
    for provider in PROVIDERS:
        title = f"{provider}, {gigabytes:g} GB in {files:,} files"
        large.append(_corpus(folder, provider, f"{provider}-{gigabytes:g}g", title, size, files))
        title = f"{provider}, five lines of 100 MB"
        long.append(_corpus(folder, provider, f"{provider}-long", title, 10**7, 20, "--long-lines"))
        for count in SMALL_FILES:
            title = f"{provider}, {count:,} small files"
            small.append(_corpus(folder, provider, f"{provider}-{count}", title, count * 4_000, count))
    for corpus in (*large, *long, *small):
        _warm(corpus.home)
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
        for corpus in (*large, *small):
            _round(corpus, peer, scratch)
        for corpus in long:
            _first_scans(corpus, peer, scratch)
    print(_machine(rounds))
    print(_counts(large, long, scratch))
    print(_processes([*large, *long, *small]))
    print(_in_process(small, scratch))


# --- what is measured ---------------------------------------------------------------------------------------


def _round(corpus: Corpus, peer: Path, scratch: Path) -> None:
    """Each of them once, one after the other, so that what else the machine does meets all of them."""
    own = _first_scans(corpus, peer, scratch)
    _note(corpus, "unchanged", _run(_tankful(corpus), _environ(corpus, own)))
    with Appending(corpus.provider, corpus.home) as log:
        log.append()
        _note(corpus, "appended", _run(_tankful(corpus), _environ(corpus, own)))


def _first_scans(corpus: Corpus, peer: Path, scratch: Path) -> Path:
    own = Path(tempfile.mkdtemp(dir=scratch))
    _note(corpus, "first", _run(_tankful(corpus), _environ(corpus, own)))
    command = (str(peer), corpus.provider, "daily", "--offline", "--json")
    _note(corpus, "ccusage", _run(command, _environ(corpus, own)))
    return own


def _tankful(corpus: Corpus) -> tuple[str, ...]:
    return (*TANKFUL, "--provider", corpus.provider)


def _environ(corpus: Corpus, own: Path) -> dict[str, str]:
    """Nothing of the person's own: neither settings nor logs."""
    return {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(own),
        "TANKFUL_HOME": str(own),
        "CODEX_HOME": str(corpus.home),
        "CLAUDE_CONFIG_DIR": str(corpus.home),
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
    }


def _note(corpus: Corpus, name: str, run: Run) -> None:
    corpus.runs.setdefault(name, []).append(run)


def _run(command: Sequence[str], environ: Mapping[str, str]) -> Run:
    with tempfile.TemporaryFile() as out:
        start = time.perf_counter()
        with started(command, env=dict(environ), cwd=ROOT, stdout=out) as process:
            _, status, used = os.wait4(process.pid, 0)
            wall = time.perf_counter() - start
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command)
        out.seek(0)
        told = json.load(out)
    kilo = 1 if sys.platform == "darwin" else 1024
    return Run(wall * 1000, (used.ru_utime + used.ru_stime) * 1000, used.ru_maxrss * kilo / 1e6, told)


# --- what it is measured on ---------------------------------------------------------------------------------


def _corpus(folder: Path, provider: str, name: str, title: str, size: int, files: int, *more: str) -> Corpus:
    home = folder / name
    if not (home / "billed.json").exists():
        arguments = (provider, str(size), str(files), str(home), *more)
        command = (sys.executable, "-m", "tests.bench.make_logs", *arguments)
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return Corpus(provider, home, title)


def _ccusage(folder: Path) -> Path:
    """The program itself, without the script that starts it through Node."""
    pattern = "node_modules/@ccusage/ccusage-*/bin/ccusage*"
    if not any(folder.glob(pattern)):
        quiet = ("--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
        npm = shutil.which("npm") or "npm"
        subprocess.run(
            (npm, "install", "--prefix", str(folder), *quiet, f"ccusage@{CCUSAGE}"),
            check=True,
            stdout=subprocess.DEVNULL,
        )
    (binary,) = folder.glob(pattern)
    binary.chmod(0o755)
    return binary


def _warm(home: Path) -> None:
    room = bytearray(1 << 20)
    for path in home.rglob("*.jsonl"):
        with path.open("rb", buffering=0) as file:
            while file.readinto(room):
                pass


# --- what is told -------------------------------------------------------------------------------------------


def _machine(rounds: int) -> str:
    when = f"{datetime.now(UTC).date()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"
    versions = f"Python {platform.python_version()}, ccusage {CCUSAGE}"
    return f"{when}, {versions}, medians of {rounds} rounds\n"


def _counts(large: Sequence[Corpus], long: Sequence[Corpus], scratch: Path) -> str:
    """All of them have read the corpus: what they make of it."""
    rows = []
    for corpus in (*large, *long):
        billed = json.loads((corpus.home / "billed.json").read_text())
        command = (*_tankful(corpus), "--since", "2000-01-01")
        ours = _run(command, _environ(corpus, Path(tempfile.mkdtemp(dir=scratch)))).told
        totals = ours["providers"][corpus.provider]["totals"]
        theirs = corpus.runs["ccusage"][0].told["totals"]["totalTokens"]
        exact = "yes" if _same(totals, billed["totals"]) else "NO"
        rows.append(
            (corpus.title, f"{billed['total_tokens']:,}", f"{totals['total_tokens']:,}", exact, f"{theirs:,}")
        )
    return _table(("tokens", "billed", "tankful", "every class equal", "ccusage"), rows)


def _same(ours: Mapping[str, Any], billed: Mapping[str, Any]) -> bool:
    return all(ours[name] == count for name, count in billed.items())


_NAMES = {"first": "first scan", "unchanged": "nothing changed", "appended": "one line appended"}


def _processes(corpora: Sequence[Corpus]) -> str:
    head = ("whole process", "wall ms", "CPU ms", "peak MB", "ccusage wall", "CPU", "peak", "wall x", "CPU x")
    rows = []
    for corpus in corpora:
        for name in (name for name in _NAMES if name in corpus.runs):
            ours, theirs = _figures(corpus, name), _figures(corpus, "ccusage")
            ratios = (f"{ours[0] / theirs[0]:.2f}", f"{ours[1] / theirs[1]:.2f}")
            figures = (f"{figure:,.0f}" for figure in (*ours, *theirs))
            rows.append((f"{corpus.title}: {_NAMES[name]}", *figures, *ratios))
    return _table(head, rows)


def _figures(corpus: Corpus, name: str) -> tuple[float, float, float]:
    values: tuple[Callable[[Run], float], ...] = (
        lambda run: run.wall_ms,
        lambda run: run.cpu_ms,
        lambda run: run.peak_mb,
    )
    wall, cpu, peak = (corpus.median(name, value) for value in values)
    return wall, cpu, peak


def _in_process(corpora: Sequence[Corpus], scratch: Path) -> str:
    rows = []
    for corpus in corpora:
        ledger = Path(tempfile.mkdtemp(dir=scratch)) / "ledger.sqlite"
        arguments = (corpus.provider, str(corpus.home), str(ledger), str(IN_PROCESS_ROUNDS))
        command = (sys.executable, "-m", "tests.bench.in_process", *arguments)
        told = _run(command, _environ(corpus, ledger.parent)).told
        rows.append((corpus.title, *(f"{told[name]:.1f}" for name in ("unchanged", "appended", "report"))))
    head = ("in a running process, CPU ms", "nothing changed", "one line appended", "30-day report")
    return _table(head, rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    rule = ("---", *("--:" for _ in head[1:]))
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *rows)) + "\n"


if __name__ == "__main__":
    main()
