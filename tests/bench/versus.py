"""This checkout against another one: `tankful cost --json` as a whole process, in turns, on generated logs.

    python -m tests.bench.versus CHECKOUT [--rounds 9] [--gigabytes 1] [--keep FOLDER]

The other checkout is run with this environment's libraries. Figures are those of CPU time, of user and system
and of all its processes, and of wall time, each the least of all rounds: whatever else the machine does only
adds to it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.corpora import PROVIDERS

ROOT = Path(__file__).parents[2]
SCRIPT = "from tray.cli.main import script; script()"
SMALL_FILES = 600


def main() -> None:
    parser = argparse.ArgumentParser(prog="versus")
    parser.add_argument("checkout", type=Path)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--gigabytes", type=float, default=1)
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tankful-versus-") as scratch:
        folder = options.keep or Path(scratch)
        print("| first scan | CPU before, ms | now | | wall before, ms | now |")
        print("| --- | --: | --: | --: | --: | --: |")
        for title, provider, home in _corpora(folder, options.gigabytes):
            before, now = _least(options.checkout.resolve(), provider, home, options.rounds)
            print(
                f"| {title} | {before[0]:,.0f} | {now[0]:,.0f} | {now[0] / before[0] - 1:+.1%}"
                f" | {before[1]:,.0f} | {now[1]:,.0f} |",
                flush=True,
            )


def _corpora(folder: Path, gigabytes: float) -> list[tuple[str, str, Path]]:
    found = []
    for provider in PROVIDERS:
        sizes = {
            f"{provider}, {gigabytes:g} GB in 600 files": round(gigabytes * 10**9),
            f"{provider}, 600 small files": SMALL_FILES * 4_000,
        }
        for title, size in sizes.items():
            home = folder / f"{provider}-{size}"
            if not (home / "billed.json").exists():
                arguments = (provider, str(size), str(SMALL_FILES), str(home))
                command = (sys.executable, "-m", "tests.bench.make_logs", *arguments)
                subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
            found.append((title, provider, home))
    return found


def _least(
    checkout: Path, provider: str, home: Path, rounds: int
) -> tuple[tuple[float, float], tuple[float, float]]:
    """CPU and wall time of either, in ms; one more round comes first, and warms up."""
    runs = [(_run(checkout, provider, home), _run(ROOT, provider, home)) for _ in range(rounds + 1)][1:]
    before, now = zip(*runs, strict=True)
    return _smallest(before), _smallest(now)


def _smallest(runs: tuple[tuple[float, float], ...]) -> tuple[float, float]:
    cpu, wall = zip(*runs, strict=True)
    return min(cpu), min(wall)


def _run(checkout: Path, provider: str, home: Path) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as own:
        return run_cost(checkout, provider, home, own)


def run_cost(checkout: Path, provider: str, home: Path, own: str) -> tuple[float, float]:
    """CPU and wall time of `tankful cost --json`, in ms; `own` is TANKFUL_HOME."""
    environ = {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": str(checkout),
        "HOME": own,
        "TANKFUL_HOME": own,
        "CODEX_HOME": str(home),
        "CLAUDE_CONFIG_DIR": str(home),
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
    }
    command = (sys.executable, "-c", SCRIPT, "cost", "--json", "--provider", provider)
    start = time.perf_counter()
    process = subprocess.Popen(command, env=environ, cwd=checkout, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return (used.ru_utime + used.ru_stime) * 1000, wall * 1000


if __name__ == "__main__":
    main()
