"""A report in a running process, this checkout against another one: in turns, from ledgers of the same logs.

    python -m tests.bench.warm CHECKOUT [--responses 300000] [--rounds 30] [--keep FOLDER]

Nothing changes between the reports, so this is what a tray waits for. The other checkout is run with the
libraries of this environment, each in a process of its own, and one waits while the other reports. Figures are
CPU time, user and system, in ms: the least of all rounds, and the median of what the two differ by in one
round. The last row is a whole process, which looks at all logs, and takes the lock, too.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.million import make
from tests.bench.versus import run_cost

ROOT = Path(__file__).parents[2]
ASKED = {
    "30-day report": 'ledger.report("codex", {home: "home"}, since=END.date() - timedelta(days=29), **until)',
    "one-day report": 'ledger.report("codex", {home: "home"}, since=END.date(), **until)',
    "two-year report": 'ledger.report("codex", {home: "home"}, since=END.date() - timedelta(days=730), **until)',
    "figures of the menu": 'ledger.home_figures("codex", [home], zone=UTC, now=END)',
}
PROGRAM = """
import sys, time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from providers.ledger.refresh import Shelf  # where it was before, too
from providers.ledger.ledger import Ledger
from providers.ledger.prices.load import load_rates
from providers.registry import PROVIDERS
home, path = map(Path, sys.argv[1:])
logs = next(each.logs for each in PROVIDERS if each.id == "codex")
END = datetime(2026, 11, 20, tzinfo=UTC)
until = dict(until=END.date(), zone=UTC, now=END)
ledger = Ledger(path)
ledger.refresh([Shelf(provider="codex", home=home, format=logs)], load_rates())
for line in sys.stdin:
    began = time.process_time()
    eval(line)
    print((time.process_time() - began) * 1000, flush=True)
"""


class Side:
    """A process of one checkout, which has counted the logs."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def cpu_ms(self, asked: str) -> float:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{asked}\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())


@contextmanager
def side(checkout: Path, home: Path, ledger: Path) -> Iterator[Side]:
    process = subprocess.Popen(
        (sys.executable, "-c", PROGRAM, str(home), str(ledger)),
        env=os.environ | {"PYTHONPATH": str(checkout)},
        cwd=checkout,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Side(process)
    finally:
        process.communicate()


def main() -> None:
    parser = argparse.ArgumentParser(prog="warm")
    parser.add_argument("checkout", type=Path)
    parser.add_argument("--responses", type=int, default=300_000)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tankful-warm-") as scratch:
        folder = options.keep or Path(scratch)
        home = folder / f"home-{options.responses}"
        if not home.exists():
            make(home, options.responses)
        with (
            side(options.checkout.resolve(), home, Path(scratch) / "before.sqlite3") as before,
            side(ROOT, home, Path(scratch) / "now.sqlite3") as now,
        ):
            print(f"| {options.responses:,} responses | before | now | | in one round |")
            print("| --- | --: | --: | --: | --: |")
            for name, asked in ASKED.items():
                pairs = [(before.cpu_ms(asked), now.cpu_ms(asked)) for _ in range(options.rounds + 1)]
                print(_row(name, pairs), flush=True)
        own = [tempfile.mkdtemp(dir=scratch) for _ in range(2)]
        pairs = [
            (
                run_cost(options.checkout.resolve(), "codex", home, own[0]).cpu_ms,
                run_cost(ROOT, "codex", home, own[1]).cpu_ms,
            )
            for _ in range(options.rounds // 2 + 1)
        ]
        print(_row("`tankful cost --json`, nothing changed", pairs))


def _row(name: str, pairs: list[tuple[float, float]]) -> str:
    """The first of the pairs warms up."""
    pairs = pairs[1:]
    least, most = (min(each) for each in zip(*pairs, strict=True))
    usual = statistics.median(new - old for old, new in pairs)
    return f"| {name} | {least:.2f} | {most:.2f} | {most - least:+.2f} | {usual:+.2f} |"


if __name__ == "__main__":
    main()
