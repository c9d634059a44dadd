"""What a look at live sessions costs: 12 sessions with 40 children beside 3,000 logs. Prints JSON. Linux only.

    python -m tests.bench.sessions [--logs 3000] [--sessions 12] [--children 40] [--seconds 60] [--keep FOLDER]

`imports` is a look in a new process with a counted ledger, `first` one by who has never looked before, without
the imports. The looks after that are at a cadence of 2 s, while a third of the sessions write a line before
each; once in 15 looks the ledger was written meanwhile. Times are of the processor, in ms; `percent` is the
share of one, git and other children included; `mb` is what is resident beyond an engine that has found the
logs, reported their cost, and never looked. `stat` is to look at each log of a session whether it was written,
and `watchfiles` is to be notified of that.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

from providers.domain.live import SessionsLook
from providers.host.processes import system_processes
from providers.ledger.changes import Shelf
from providers.ledger.discover import FINDERS
from providers.ledger.ledger import Ledger
from providers.ledger.prices.load import load_rates
from providers.live.compose import HomeAccount
from providers.live.ledger_costs import LedgerCosts
from providers.live.look import LookContext, LookedAt, SessionLook
from providers.registry import PROVIDERS
from providers.source import Home
from tests.bench.fake_sessions import Machine, machine, make_homes

CADENCE = 2.0
_COUNTED_EVERY = 15


def main() -> None:
    parser = argparse.ArgumentParser(prog="sessions")
    parser.add_argument("--logs", type=int, default=3000)
    parser.add_argument("--sessions", type=int, default=12)
    parser.add_argument("--children", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    parser.add_argument("--count", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.count is not None:
        count(options.count)
        return
    with nullcontext(str(options.keep)) if options.keep else tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        if not (folder / "claude.live").exists():
            make_homes(folder, options.logs, options.sessions)
        recount(folder)
        with machine(folder, options.sessions, options.children) as live:
            print(json.dumps(measure(folder, live, options.seconds), indent=1))


def looked_at(folder: Path) -> LookedAt:
    return [
        (each, (Home(provider=each.id, path=folder / each.id, label=each.id),))
        for each in PROVIDERS
        if (folder / each.id).exists()
    ]


def count(folder: Path) -> None:
    shelves = [
        Shelf(provider=provider.id, home=home.path, format=provider.logs)
        for provider, homes in looked_at(folder)
        for home in homes
    ]
    ledger = Ledger(folder / "ledger.sqlite3")
    ledger.refresh(shelves, load_rates())
    ledger.counters()


def recount(folder: Path) -> None:
    """In another process: what it costs is not ours."""
    subprocess.run((sys.executable, "-m", "tests.bench.sessions", "--count", str(folder)), check=True)


def measure(folder: Path, live: Machine, seconds: float) -> dict[str, object]:
    _as_an_engine(folder)
    before = _resident()
    one = Looking(folder)
    figures: dict[str, object] = {"logs": live.logs, "imports": _cpu_ms(one.take)}
    figures |= _cadence(folder, live, one.take, seconds)
    figures["mb"] = _resident() - before
    figures["idle"] = statistics.median(_cpu_ms(one.take) for _ in range(50))
    figures["first"] = statistics.median(_cpu_ms(Looking(folder).take) for _ in range(9))
    return figures | _shown(one.shown) | _stat_or_watch(live)


def _as_an_engine(folder: Path) -> None:
    """What it does before it looks: it finds the logs, and reports what they cost."""
    ledger, now = Ledger(folder / "ledger.sqlite3"), datetime.now(UTC)
    for provider, homes in looked_at(folder):
        for home in homes:
            FINDERS.finder(home.path, provider.logs).find()
        labels = {home.path: home.label for home in homes}
        since, until = now.date() - timedelta(days=29), now.date()
        ledger.report(provider.id, labels, since=since, until=until, zone=UTC, now=now)


class Looking:
    """Someone who has never looked before."""

    def __init__(self, folder: Path) -> None:
        file = folder / "ledger.sqlite3"
        homes = looked_at(folder)
        self._look = SessionLook(lambda: homes, system_processes(), LedgerCosts(Ledger(file), [file]))
        since = datetime.now(UTC) - timedelta(days=3)
        account = HomeAccount(id="unknown", week_percent=40.0, week_since=since)
        self._known = LookContext(accounts={home.path: account for _, own in homes for home in own})
        self.shown = SessionsLook(at=since)

    def take(self) -> None:
        self.shown = self._look.look(datetime.now(UTC), self._known)


def _cadence(folder: Path, live: Machine, take: Callable[[], None], seconds: float) -> dict[str, object]:
    """Looks that find something new."""
    busy: list[float] = []
    counted: list[float] = []
    began = time.monotonic()
    of_children = 0.0  # of git, and the like
    while (passed := time.monotonic() - began) < seconds:
        for log in live.live[::3]:
            _grow(log)
        is_counted = len(busy) + len(counted) in range(_COUNTED_EVERY, 10**9, _COUNTED_EVERY)
        if is_counted:
            recount(folder)
        before = _children_seconds()
        (counted if is_counted else busy).append(_cpu_ms(take))
        of_children += _children_seconds() - before
        time.sleep(max(0.0, CADENCE - (time.monotonic() - began - passed)))
    looks = len(busy) + len(counted)
    spent = sum(busy) + sum(counted) + of_children * 1000
    return {
        "looks": looks,
        "steady": statistics.median(busy),
        "steady_most": max(busy),
        "after_a_count": statistics.median(counted) if counted else None,
        "percent": spent / 10 / (looks * CADENCE),
    }


def _grow(log: Path) -> None:
    """By a copy of its last line but one."""
    with log.open("rb+") as file:
        file.seek(-min(file.seek(0, os.SEEK_END), 1 << 16), os.SEEK_END)
        line = file.read().splitlines(keepends=True)[-1]
        file.write(line)


def _shown(look: SessionsLook) -> dict[str, object]:
    return {
        "sessions": len(look.sessions),
        "subagents": sum(len(each.subagents) for each in look.sessions),
        "children": sum(len(each.children) for each in look.sessions),
        "with_cost": sum(each.tally is not None for each in look.sessions),
        "statuses": sorted({each.status.status for each in look.sessions}),
        "problems": look.problems,
    }


def _stat_or_watch(live: Machine, rounds: int = 200) -> dict[str, object]:
    """CPU time of one look at all logs by stat, and of one notification of a written log."""
    paths = [str(log) for log in live.live]

    def stat_all() -> None:
        for path in paths:
            os.stat(path)

    found: dict[str, object] = {"stat": statistics.median(_cpu_ms(stat_all) for _ in range(rounds))}
    try:
        watchfiles = import_module("watchfiles")
    except ImportError:
        return found
    changes = watchfiles.watch(
        *{str(log.parent) for log in live.live}, rust_timeout=500, yield_on_timeout=True, step=10
    )
    next(changes)
    began, start = time.monotonic(), time.process_time()
    while time.monotonic() - began < 10:
        for log in live.live[::3]:
            _grow(log)
        next(changes)
        time.sleep(CADENCE)
    found["watchfiles"] = (time.process_time() - start) * 1000 / (10 / CADENCE)
    changes.close()
    return found


def _resident() -> float:
    """MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _cpu_ms(work: Callable[[], None]) -> float:
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1000


if __name__ == "__main__":
    main()
