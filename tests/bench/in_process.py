"""CPU time of a refresh within a process that goes on running, as the tray's: prints JSON, in milliseconds.

python -m tests.bench.in_process PROVIDER HOME LEDGER ROUNDS
"""

from __future__ import annotations

import json
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


def measure(provider: str, home: Path, ledger: Ledger, rounds: int) -> dict[str, float]:
    logs = next(each.logs for each in PROVIDERS if each.id == provider)
    shelves = [Shelf(provider=provider, home=home, format=logs)]
    rates = load_rates()
    now = datetime.now(UTC)

    def refresh() -> None:
        ledger.refresh(shelves, rates)

    def report() -> None:
        today = now.date()
        since = today - timedelta(days=29)
        ledger.report(provider, {home: "home"}, since=since, until=today, zone=UTC, now=now)

    refresh()
    unchanged = [_cpu_ms(refresh) for _ in range(rounds)]
    reports = [_cpu_ms(report) for _ in range(rounds)]
    appended = []
    with Appending(provider, home) as log:
        for _ in range(rounds):
            log.append()
            appended.append(_cpu_ms(refresh))
    return {
        "unchanged": statistics.median(unchanged),
        "appended": statistics.median(appended),
        "report": statistics.median(reports),
    }


def _cpu_ms(work: Callable[[], None]) -> float:
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1000


if __name__ == "__main__":
    _, chosen, folder, file, times = sys.argv
    print(json.dumps(measure(chosen, Path(folder), Ledger(Path(file)), int(times))))
