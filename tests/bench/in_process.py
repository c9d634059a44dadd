"""A process that goes on running, as the tray does, and looks at its logs: CPU time in ms, printed as JSON.

    python -m tests.bench.in_process look|append|count PROVIDER HOME LEDGER ROUNDS

look: a refresh that finds nothing changed and, in the same round, a bare scandir and stat of the same files; a
refresh after a line was appended, beyond one of the same round before it; a report of 30 days. append: only the
refreshes after appended lines. count: one refresh, which reads everything.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from providers.ledger.changes import Shelf
from providers.ledger.ledger import Ledger
from providers.ledger.prices.load import load_rates
from providers.registry import PROVIDERS
from tests.bench.appending import Appending


class _Tray:
    def __init__(self, provider: str, home: Path, ledger: Ledger) -> None:
        logs = next(each.logs for each in PROVIDERS if each.id == provider)
        self._provider, self._home, self._ledger = provider, home, ledger
        self._shelves = [Shelf(provider=provider, home=home, format=logs)]
        self._rates = load_rates()

    def refresh(self) -> None:
        self._ledger.refresh(self._shelves, self._rates)

    def report(self) -> None:
        now = datetime.now(UTC)
        until = now.date()
        since = until - timedelta(days=29)
        self._ledger.report(self._provider, {self._home: "home"}, since=since, until=until, zone=UTC, now=now)

    def scandir(self) -> None:
        stat_all(str(self._home))

    def look(self, rounds: int) -> dict[str, float]:
        self.refresh()
        looks = [(_cpu_ms(self.scandir), _cpu_ms(self.refresh)) for _ in range(rounds)]
        reports = [_cpu_ms(self.report) for _ in range(rounds)]
        appended = self._appended(rounds)
        return {
            "scandir": statistics.median(scandir for scandir, _ in looks),
            "unchanged": statistics.median(look for _, look in looks),
            "ratio": statistics.median(look / scandir for scandir, look in looks),
            "appended": statistics.median(after for _, after in appended),
            "beyond": statistics.median(after - before for before, after in appended),
            "report": statistics.median(reports),
        }

    def append(self, rounds: int) -> dict[str, float]:
        self.refresh()
        return {"appended": statistics.median(after for _, after in self._appended(rounds))}

    def count(self, rounds: int) -> dict[str, float]:
        del rounds
        return {"count": _cpu_ms(self.refresh)}

    def _appended(self, rounds: int) -> list[tuple[float, float]]:
        found = []
        with Appending(self._provider, self._home) as log:
            for _ in range(rounds):
                before = _cpu_ms(self.refresh)
                log.append()
                found.append((before, _cpu_ms(self.refresh)))
        return found


def stat_all(folder: str) -> int:
    """How many logs there are: the least that a look at all of them has to do."""
    found = 0
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                found += stat_all(entry.path)
            elif entry.name.endswith(".jsonl"):
                entry.stat()
                found += 1
    return found


def _cpu_ms(work: Callable[[], None]) -> float:
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1000


if __name__ == "__main__":
    _, task, chosen, folder, file, times = sys.argv
    tray = _Tray(chosen, Path(folder), Ledger(Path(file)))
    print(json.dumps({"look": tray.look, "append": tray.append, "count": tray.count}[task](int(times))))
