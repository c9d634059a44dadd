"""What the limit history and the log of windows cost: a year of two accounts with five windows each.

    python -m tests.bench.limits [--days 365]

They are read every five minutes, day and night; people work on weekdays from 9 to 18, in bursts. Afterwards the
tray's call for one reading of an account is timed: record it, and get its early resets and rates. Linux only.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from providers.domain.limits import Account, AccountUsage, RateWindow, Sourced
from providers.ledger import window_log
from providers.ledger.database import opened, transaction
from providers.ledger.health import size_of
from providers.ledger.ledger import Ledger
from tray.engine import history

START = datetime(2026, 1, 5, tzinfo=UTC)
EVERY = timedelta(minutes=5)
LENGTHS = {
    "session": timedelta(hours=5),
    "weekly": timedelta(days=7),
    "model:opus:weekly": timedelta(days=7),
    "code_review:weekly": timedelta(days=7),
    "individual": timedelta(days=30),
}
SPEEDS = {
    "session": 22.0,
    "weekly": 2.2,
    "model:opus:weekly": 1.5,
    "code_review:weekly": 0.2,
    "individual": 0.5,
}
"""Percent in an hour of work."""
TIMED = 300


class Person:
    """An account whose windows are used while somebody works."""

    def __init__(self, account: str, seed: int) -> None:
        self.account = account
        self._random = random.Random(seed)
        self._used = dict.fromkeys(LENGTHS, 0.0)
        self._ends: dict[str, datetime | None] = dict.fromkeys(LENGTHS)
        self._busy = False

    def read(self, now: datetime) -> AccountUsage:
        if self._random.random() < 0.1:
            self._busy = not self._busy
        works = self._busy and now.weekday() < 5 and 9 <= now.hour < 18
        return AccountUsage(
            provider="codex",
            title="Codex",
            homes=(),
            account=Account(id=self.account),
            windows=tuple(self._window(window, now, works) for window in LENGTHS),
        )

    def _window(self, window: str, now: datetime, works: bool) -> Sourced[RateWindow]:
        ends = self._ends[window]
        if ends is not None and now >= ends:
            self._used[window], ends = 0.0, None
        if works:
            more = SPEEDS[window] * (EVERY / timedelta(hours=1)) * self._random.uniform(0.2, 3)
            self._used[window] = min(100.0, self._used[window] + more)
            ends = ends or now + LENGTHS[window]
        self._ends[window] = ends
        value = RateWindow(
            id=window,
            title=window,
            used_percent=float(round(self._used[window])),
            duration=LENGTHS[window],
            resets_at=ends or now + LENGTHS[window],
        )
        return Sourced(value=value, source="oauth", fetched_at=now)


def moments(days: float) -> Iterator[datetime]:
    """Until half past twelve of the last day."""
    for number in range(int(days * 24 * 12) + 150):
        yield START + number * EVERY


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=float, default=365)
    days = parser.parse_args().days
    people = [Person("a1b2c3d4", 1), Person("e5f6a7b8", 2)]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.sqlite3"
        began = time.process_time()
        with opened(path, repair=True) as db:
            empty = size_of(path)
            for now in moments(days):
                with transaction(db):
                    for person in people:
                        window_log.note(db, person.read(now), now)
            filled = time.process_time() - began
            rows = {
                table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                for table in ("limits", "windows")
            }
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = size_of(path) - empty
        print(f"{days:.0f} days: {size / 1e6:.2f} MB, rows {rows}, {filled:.0f} s of CPU to fill")
        _time(path, people[0], now)
        _write(path, people, now + timedelta(days=1))


def _time(path: Path, person: Person, now: datetime) -> None:
    """A working day, a reading a minute."""
    ledger, taken, wall = Ledger(path), [], []
    for number in range(TIMED):
        at = now + number * timedelta(minutes=1)
        usage = person.read(at)
        cpu, clock = time.process_time(), time.perf_counter()
        noted = history.note(ledger, usage, at, UTC, "all")
        taken.append(time.process_time() - cpu)
        wall.append(time.perf_counter() - clock)
    print(
        f"a reading recorded, early resets and {len(noted.rates)} rates: {median(taken) * 1000:.2f} ms of CPU"
        f" (most {max(taken) * 1000:.2f}), {median(wall) * 1000:.2f} ms"
    )


def _write(path: Path, people: list[Person], now: datetime) -> None:
    """What the tray's calls of a Saturday and of a Monday give to the disk, as Linux counts it."""
    ledger, now = Ledger(path), now.replace(hour=0, minute=0)
    for day in ("a day off", "a working day"):
        while (now.weekday() == 5) != (day == "a day off") or now.weekday() > 5:
            now += timedelta(days=1)
        before = _written()
        for number in range(24 * 12):
            for person in people:
                at = now + number * EVERY
                history.note(ledger, person.read(at), at, UTC, "all")
        print(f"{day}: {(_written() - before) / 1e6:.2f} MB written")


def _written() -> int:
    """Bytes, without those of files that were deleted before they got to the disk: SQLite's shared memory."""
    counts = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(counts["write_bytes"]) - int(counts["cancelled_write_bytes"])


if __name__ == "__main__":
    main()
