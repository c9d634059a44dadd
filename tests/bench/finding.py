"""CPU time of finding logs in a process that goes on running: prints JSON, in milliseconds.

    python -m tests.bench.finding [--logs 3000] [--folders 800] [--recent 20] [--rounds 200]

Makes empty logs in a temporary folder, as the two programs lay them out: Codex a folder for each day, Claude Code
one for each project. `new` is a look at which a log has appeared.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from providers.ledger.discover import Finders, LogFinder
from providers.logs import LogFormat
from providers.registry import PROVIDERS

DAY_SECONDS = 86_400


def make(provider: str, home: Path, logs: int, folders: int, recent: int) -> Path:
    """The folder of the newest log. Folders are as old as the newest log in them was when it came."""
    now = time.time()
    places = [_folder(provider, home, number) for number in range(folders)]
    for number in range(logs):
        # The recent ones are in one day's folder, or in several projects.
        fresh = number < recent
        place = (0 if provider == "codex" else number % 8) if fresh else 8 + number % (folders - 8)
        path = places[place] / f"rollout-{number}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
        age = 60 + number * 600 if fresh else (place + 2) * DAY_SECONDS
        os.utime(path, (now - age, now - age))
    for folder, _, names in os.walk(home, topdown=False):
        inside = [(Path(folder) / name).stat().st_mtime for name in (*os.listdir(folder), *names)]
        os.utime(folder, (max(inside), max(inside)))
    return places[0]


def _folder(provider: str, home: Path, number: int) -> Path:
    if provider == "claude":
        return home / f"projects/-home-dev-{number}"
    day = datetime.now(UTC) - timedelta(days=number)
    return home / f"sessions/{day:%Y/%m/%d}"


def measure(fmt: LogFormat, home: Path, newest: Path, rounds: int) -> dict[str, float]:
    finder = Finders().finder(home, fmt)
    day_ago = time.time_ns() - DAY_SECONDS * 10**9
    finder.find()

    def look() -> None:
        finder.recent(day_ago)

    return {
        "logs": len(finder.find()[0]),
        "recent_logs": len(finder.recent(day_ago)),
        "find": _cpu_ms(finder.find, max(5, rounds // 10)),
        "recent": _cpu_ms(look, rounds),
        "recent_of_31_days": _cpu_ms(lambda: finder.recent(day_ago - 30 * DAY_SECONDS * 10**9), rounds),
        "new": _new(finder, newest, day_ago, max(5, rounds // 10)),
    }


def _new(finder: LogFinder, folder: Path, since_ns: int, rounds: int) -> float:
    before = len(finder.recent(since_ns))
    times = []
    for number in range(rounds):
        (folder / f"rollout-new-{number}.jsonl").write_bytes(b"")
        times.append(_cpu_ms(lambda: finder.recent(since_ns), 1))
    assert len(finder.recent(since_ns)) == before + rounds
    return statistics.median(times)


def _cpu_ms(work: Callable[[], object], rounds: int) -> float:
    times = []
    for _ in range(rounds):
        start = time.process_time_ns()
        work()
        times.append((time.process_time_ns() - start) / 1e6)
    return round(statistics.median(times), 3)


def main() -> None:
    parser = argparse.ArgumentParser(prog="finding")
    parser.add_argument("--logs", type=int, default=3000)
    parser.add_argument("--folders", type=int, default=800)
    parser.add_argument("--recent", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=200)
    options = parser.parse_args()
    figures = {}
    for provider in PROVIDERS:
        with TemporaryDirectory() as name:
            home = Path(name)
            newest = make(provider.id, home, options.logs, options.folders, options.recent)
            figures[provider.id] = measure(provider.logs, home, newest, options.rounds)
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
