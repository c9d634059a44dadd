"""What it costs to know what was logged in each window: `usage --json`, the limits tab and an export.

    python -m tests.bench.windows [--weeks 12 52 104] [--responses 10000]

A ledger with so many responses of two accounts, evenly over the working hours of so many weeks, in sessions of
a hundred, and with readings of both limits every ten minutes of them. Processor time in this process: the first
time, when nothing has changed, after each of twenty writes to the newest session, and of an export.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from msgspec.structs import replace

from providers.domain.cost import BilledResponse, Context, TokenUsage
from providers.domain.limits import Account, AccountUsage, RateWindow, Sourced
from providers.ledger import window_log
from providers.ledger.database import opened, transaction
from providers.ledger.ledger import Ledger
from providers.ledger.responses import replace_responses
from tray.engine.window_figures import KEPT

NOW = datetime(2026, 11, 20, 16, tzinfo=UTC)
HOME = Path("/home/dev/.codex")
ACCOUNTS = ("a1b2c3d4", "e5f6a7b8")
LENGTHS = {"session": timedelta(hours=5), "weekly": timedelta(days=7)}
PER_SESSION = 100
TICK = timedelta(minutes=10)
WRITES = 20


def working(weeks: int) -> Iterator[datetime]:
    """Every ten minutes from nine to six on weekdays."""
    at = (NOW - weeks * timedelta(days=7)).replace(hour=9)
    while at < NOW:
        if at.weekday() < 5 and 9 <= at.hour < 18:
            yield at
        at += TICK


def sessions(weeks: int, responses: int) -> Iterator[list[BilledResponse]]:
    ticks = list(working(weeks))
    for first in range(0, responses, PER_SESSION):
        own = []
        for number in range(first, min(first + PER_SESSION, responses)):
            place = number * len(ticks) / responses
            at = ticks[int(place)] + (place % 1) * TICK
            account = ACCOUNTS[first // PER_SESSION % 2]
            context = Context(
                home=HOME,
                model="gpt-5.5",
                session=f"s{first}",
                root=f"s{first}",
                project="/work",
                account=account,
            )
            own.append(
                BilledResponse(int(at.timestamp() * 1000), number, context, TokenUsage(output_tokens=500))
            )
        yield own


def readings(weeks: int) -> Iterator[AccountUsage]:
    used = dict.fromkeys(LENGTHS, 0.0)
    ends = dict.fromkeys(LENGTHS, NOW - timedelta(days=9999))
    for at in working(weeks):
        lanes = []
        for window, length in LENGTHS.items():
            if at >= ends[window]:
                used[window], ends[window] = 0.0, at + length
            used[window] = min(100.0, used[window] + TICK / length * 90)
            value = RateWindow(
                id=window,
                title=window,
                used_percent=float(round(used[window])),
                duration=length,
                resets_at=ends[window],
            )
            lanes.append(Sourced(value=value, source="oauth", fetched_at=at))
        for account in ACCOUNTS:
            yield AccountUsage(
                provider="codex", title="Codex", homes=(), account=Account(id=account), windows=tuple(lanes)
            )


def price(each: BilledResponse) -> int:
    return each.usage.output_tokens * 10**6


def fill(path: Path, weeks: int, responses: int) -> list[BilledResponse]:
    """Returns the newest session."""
    parts = list(sessions(weeks, responses))
    with opened(path, repair=True) as db, transaction(db):
        replace_responses(db, "codex", [([number], own) for number, own in enumerate(parts, 1)], price)
        for reading in readings(weeks):
            window_log.note(db, reading, reading.windows[0].fetched_at)
    return parts[-1]


def spent(ask: Callable[[], object]) -> float:
    """ms of processor time."""
    began = time.process_time()
    ask()
    return (time.process_time() - began) * 1000


def measure(weeks: int, responses: int) -> None:
    with TemporaryDirectory() as folder:
        path, kept = Path(folder) / "ledger.sqlite3", Path(folder) / KEPT
        newest = fill(path, weeks, responses)
        ledger, part = Ledger(path), -(-responses // PER_SESSION)

        def ask() -> None:
            ledger.limits.recent_uses(ACCOUNTS, NOW, kept)

        first = spent(ask)
        same = median(spent(ask) for _ in range(WRITES))
        changed = []
        for number in range(WRITES):
            more = replace(newest[-1], key=responses + number)
            newest = [*newest, more]
            with opened(path) as db, transaction(db):
                replace_responses(db, "codex", [([part], newest)], price)
            changed.append(spent(ask))
        records = ledger.limits.windows(NOW - timedelta(days=9999), NOW)
        exported = spent(lambda: ledger.limits.uses(records))
        print(
            f"| {weeks} | {responses:,} | {len(records):,} | {first:.0f} | {same:.1f} | {median(changed):.1f}"
            f" | {exported:.0f} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weeks", type=int, nargs="+", default=[12, 52, 104])
    parser.add_argument("--responses", type=int, default=10_000, help="in a quarter of a year")
    options = parser.parse_args()
    print(
        "| weeks | responses | windows | first, ms | nothing changed, ms | after a write, ms | all windows, ms |"
    )
    print("| --: | --: | --: | --: | --: | --: | --: |")
    for weeks in options.weeks:
        measure(weeks, options.responses * weeks // 12)


if __name__ == "__main__":
    main()
