"""This checkout against another one: `tankful cost --json` as a whole process, in turns, on generated logs.

    python -m tests.bench.versus CHECKOUT [CORPUS ...] [--rounds 9] [--keep FOLDER]

CORPUS is one of those that `tests.bench.run --list` has rows of, as codex-600. Both run with the libraries that
this checkout needs. Times are the least of all rounds, since whatever else the machine does only adds to them; the
last column is the median of by how much CPU time differs within a round.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from tests.bench.corpora import by_name
from tests.bench.installation import COST, interpreter
from tests.bench.measured import ROOT, Run, run, warm
from tests.bench.peers import environ

CORPORA = ("codex-1g", "codex-600", "claude-1g", "claude-600")

_Pair = tuple[Run, Run]


def main() -> None:
    parser = argparse.ArgumentParser(prog="versus")
    parser.add_argument("checkout", type=Path)
    parser.add_argument("corpora", nargs="*", type=by_name, metavar="CORPUS")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tankful-versus-") as scratch:
        folder = (options.keep or Path(scratch)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        python = str(interpreter(folder))
        print("| | CPU before, ms | now | | wall before, ms | now | CPU in a round |")
        print("| --- | --: | --: | --: | --: | --: | --: |")
        for corpus in options.corpora or map(by_name, CORPORA):
            home = corpus.home(folder)
            warm(home)
            pairs = _rounds(python, options.checkout.resolve(), corpus.provider, home, options.rounds)
            for title, found in zip(("first scan", "nothing changed"), pairs, strict=True):
                print(f"| {corpus.title}: {title} | {_compared(found)} |", flush=True)


def _rounds(
    python: str, checkout: Path, provider: str, home: Path, rounds: int
) -> tuple[list[_Pair], list[_Pair]]:
    """Of first scans, and of runs after them; one more round comes first, and compiles."""
    first: list[_Pair] = []
    again: list[_Pair] = []
    for _ in range(rounds + 1):
        with tempfile.TemporaryDirectory() as before, tempfile.TemporaryDirectory() as now:
            for found in (first, again):
                one = run_cost(checkout, provider, home, before, python)
                found.append((one, run_cost(ROOT, provider, home, now, python)))
    return first[1:], again[1:]


def _compared(pairs: list[_Pair]) -> str:
    cpu = [min(each.cpu_ms for each in side) for side in zip(*pairs, strict=True)]
    wall = [min(each.wall_ms for each in side) for side in zip(*pairs, strict=True)]
    differ = statistics.median(now.cpu_ms / before.cpu_ms for before, now in pairs) - 1
    times = f"{cpu[0]:,.0f} | {cpu[1]:,.0f} | {cpu[1] / cpu[0] - 1:+.1%} | {wall[0]:,.0f} | {wall[1]:,.0f}"
    return f"{times} | {differ:+.1%}"


def run_cost(checkout: Path, provider: str, home: Path, own: str, python: str = sys.executable) -> Run:
    """`tankful cost --json` of a checkout; `own` is HOME and TANKFUL_HOME."""
    return run((python, *COST, "--provider", provider), environ(Path(own), provider, home), cwd=checkout)


if __name__ == "__main__":
    main()
