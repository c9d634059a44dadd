"""The page's answer for 30 days against the whole commands of ccusage and tokscale, in turns; prints JSON.

python -m tests.bench.page_versus HOME [--ccusage PROGRAM] [--tokscale PROGRAM] [--rounds 9]

HOME has `.codex` and `.claude` (`tests.bench.make_logs` makes them). Of ccusage it is the native binary. tokscale
needs `bun` in the PATH, and prices in HOME/.cache/tokscale, without which it asks the network. The page runs and
has counted, as it has while a person looks at it; each of its answers comes over a connection of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from tests.bench.served import BenchedPage, benched, until_counted

TABS = ("overview", "usage")
_DAYS = 30


def commands(options: argparse.Namespace) -> dict[str, list[str]]:
    since = (datetime.now().astimezone() - timedelta(days=_DAYS - 1)).date()
    found = {}
    if options.ccusage:
        found["ccusage"] = [options.ccusage, "daily", "--offline", "--json", "--since", f"{since:%Y%m%d}"]
    if options.tokscale:
        found["tokscale"] = [options.tokscale, "models", "--json", "--no-spinner", "--since", f"{since}"]
    return found


def measure(home: Path, others: Mapping[str, list[str]], rounds: int) -> dict[str, object]:
    homes = {"codex": [home / ".codex"], "claude": [home / ".claude"]}
    taken: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder, benched(Path(folder), homes) as (page, _):
        until_counted(page)
        for number in range(rounds + 1):
            for tab in TABS:
                _note(taken, f"page, {tab}", partial(answered, page, tab), number)
            for name, command in others.items():
                _note(taken, name, partial(run, command, home), number)
    return {
        "median_ms": {name: round(statistics.median(each), 1) for name, each in taken.items()},
        "page_against": {
            f"{ours}: {name}": round(
                statistics.median(a / b for a, b in zip(taken[ours], taken[name], strict=True)), 3
            )
            for ours in taken
            if ours not in others
            for name in others
        },
    }


def _note(taken: dict[str, list[float]], name: str, work: Callable[[], object], number: int) -> None:
    """The first round is to warm up."""
    began = time.perf_counter()
    work()
    if number:
        taken.setdefault(name, []).append((time.perf_counter() - began) * 1000)


def answered(page: BenchedPage, tab: str) -> None:
    page.hang_up()
    page.get(f"/?tab={tab}&range={_DAYS}d")


def run(command: list[str], home: Path) -> None:
    environ = {
        name: value for name, value in os.environ.items() if "CODEX" not in name and "CLAUDE" not in name
    }
    subprocess.run(command, env=environ | {"HOME": str(home)}, check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("home", type=Path)
    parser.add_argument("--ccusage")
    parser.add_argument("--tokscale")
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    print(json.dumps(measure(options.home.resolve(), commands(options), options.rounds), indent=2))


if __name__ == "__main__":
    main()
