"""What reading the totals of sessions adds to a first scan: the same logs with them and without, in turns.

    python -m tests.bench.totals [CORPUS ...] [--rounds 15] [--keep FOLDER]

CORPUS is one of those that `tests.bench.run --list` has rows of, as claude332-2000. In the logs without them the
`cost-state` lines have another name of the same length, so that both have the same bytes. The first column is the
median of by how much CPU time differs within a round, the others are the least of all rounds.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path

from tests.bench.corpora import by_name
from tests.bench.installation import ROOT
from tests.bench.measured import warm
from tests.bench.versus import run_cost

CORPORA = ("claude332-2000",)
TOTAL, UNKNOWN = b'"type":"cost-state"', b'"type":"cost-stat0"'


def main() -> None:
    parser = argparse.ArgumentParser(prog="totals")
    parser.add_argument("corpora", nargs="*", type=by_name, metavar="CORPUS")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):  # nothing is left to a second core
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory(prefix="tankful-totals-") as scratch:
        folder = (options.keep or Path(scratch)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        print("| | CPU in a round | CPU without, ms | with, ms |")
        print("| --- | --: | --: | --: |")
        for corpus in options.corpora or map(by_name, CORPORA):
            home = corpus.home(folder)
            without = without_totals(home, Path(scratch) / "without")
            warm(home)
            warm(without)
            pairs = [
                tuple(_cpu_ms(corpus.provider, each) for each in (without, home))
                for _ in range(options.rounds + 1)
            ][1:]
            differ = statistics.median(more / less for less, more in pairs) - 1
            least = [min(side) for side in zip(*pairs, strict=True)]
            print(f"| {corpus.title} | {differ:+.1%} | {least[0]:,.0f} | {least[1]:,.0f} |", flush=True)


def without_totals(home: Path, copy: Path) -> Path:
    """The same logs, in which no total is known as one."""
    for path in sorted(home.rglob("*.jsonl")):
        to = copy / path.relative_to(home)
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(path.read_bytes().replace(TOTAL, UNKNOWN))
    return copy


def _cpu_ms(provider: str, home: Path) -> float:
    with tempfile.TemporaryDirectory() as own:
        return run_cost(ROOT, provider, home, own, sys.executable).cpu_ms


if __name__ == "__main__":
    main()
