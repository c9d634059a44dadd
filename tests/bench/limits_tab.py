"""What the limits tab takes of the page's process, the first time and afterwards: prints JSON, in ms of CPU.

    python -m tests.bench.limits_tab FOLDER [--rounds 7]

The ledger is that of tests.bench.windows over a year, made where FOLDER has none. `first` is the first request of
a process whose cache folder was empty, `kept` that of the next process, `again` of the same one. To compare it
with another version, copy this file into a checkout of that, and name the same FOLDER.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from statistics import median

from tests.bench.served import benched, until_counted

HOMES = {"codex": [Path("/home/dev/.codex")], "claude": [Path("/home/dev/.claude")]}
TARGET = "/?tab=limits&range=90d"
AGAIN = 5


def asked(folder: Path) -> tuple[float, float]:
    """Of the first request of a process, and the median of the next ones."""
    with benched(folder, HOMES) as (page, _):
        until_counted(page)
        found = []
        for _ in range(1 + AGAIN):
            before = page.busy_ms
            page.get(TARGET)
            found.append(page.busy_ms - before)
    return found[0], median(found[1:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    ledger = options.folder / "state" / "ledger.sqlite3"
    if not ledger.exists():
        from tests.bench.windows import fill  # an older version has none

        ledger.parent.mkdir(parents=True, mode=0o700)
        fill(ledger, 52, 43_333)
    rounds = []
    for _ in range(options.rounds):
        shutil.rmtree(options.folder / "cache", ignore_errors=True)
        (first, again), (kept, _) = asked(options.folder), asked(options.folder)
        rounds.append((first, kept, again))
    names = ("first", "kept", "again")
    print(
        json.dumps(dict(zip(names, (round(median(each)) for each in zip(*rounds, strict=True)), strict=True)))
    )


if __name__ == "__main__":
    main()
