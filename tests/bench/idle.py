"""What the tray costs while nothing happens: CPU time, wake-ups, memory, and what it writes.

    python -m tests.bench.idle [--minutes 10] [--logs 3000] [--headless]

On a real xfce4-panel without a screen, beside 3,000 rollouts of which none is written; with `--headless` the
engine alone. A server on this machine is asked for the limits, as often as by everybody. Figures are of the
process after its first count, each minute. It runs in an environment of its own, as a person would have it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psutil

from tests.bench.commands import installed
from tests.bench.make_logs import make
from tests.fake_chatgpt import fake_chatgpt, says, usage_now
from tests.homes import make_home
from tests.programs import started
from tests.real.panel import xfce_panel

ROOT = Path(__file__).parents[2]
LOG_BYTES = 3_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--logs", type=int, default=3000)
    parser.add_argument("--headless", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make("codex", options.logs * LOG_BYTES, options.logs, folder / "codex", until=_last_week())
        _age(folder / "codex")
        with fake_chatgpt() as server, running(folder, server.base, headless=options.headless) as process:
            server.answer = says(usage_now())
            wait_until_counted(process, folder)
            report(process, options.minutes)


@contextmanager
def running(folder: Path, server: str, *, headless: bool) -> Iterator[psutil.Process]:
    """The tray, or the engine without one, in homes of its own."""
    make_home(folder / "codex", base=server)
    environ = {
        **{name: value for name, value in os.environ.items() if name in ("PATH", "LANG")},
        "HOME": str(folder),
        "TANKFUL_HOME": str(folder / "own"),
        "CODEX_HOME": str(folder / "codex"),
        "CLAUDE_CONFIG_DIR": str(folder / "claude"),
    }
    command = (str(installed(folder / "env") / "tankful"), "--headless" if headless else "--tray")
    if headless:
        with started(command, env=environ, cwd=ROOT, stderr=subprocess.DEVNULL) as process:
            yield psutil.Process(process.pid)
        return
    with xfce_panel(folder / "panel") as panel:
        panel.environ.update(environ | {"HOME": panel.environ["HOME"]})
        program = panel.start(*command, cwd=ROOT)
        panel.icon()
        yield psutil.Process(program.process.pid)


def wait_until_counted(process: psutil.Process, folder: Path) -> None:
    deadline = time.monotonic() + 120
    while not (folder / "own/state/ledger.sqlite3").exists() or _cpu_of(process, 3.0) > 0.2:
        if time.monotonic() > deadline:
            raise TimeoutError("it never came to rest")


def report(process: psutil.Process, minutes: float) -> None:
    """A line a minute, and the mean of all."""
    print(
        "| minute | CPU % | wake-ups/s | RSS MB | threads | written KB |\n| --: | --: | --: | --: | --: | --: |"
    )
    began, first = time.monotonic(), _seconds(process)
    written = process.io_counters().write_bytes
    minute = 0
    while time.monotonic() - began < minutes * 60:
        minute += 1
        switches = _switches(process)
        cpu = _cpu_of(process, 60.0) * 100
        wakes = (_switches(process) - switches) / 60
        kilobytes = (process.io_counters().write_bytes - written) / 1024
        rss, threads = process.memory_info().rss / 1e6, process.num_threads()
        print(f"| {minute} | {cpu:.3f} | {wakes:.1f} | {rss:.1f} | {threads} | {kilobytes:.0f} |", flush=True)
    share = (_seconds(process) - first) / (time.monotonic() - began)
    print(f"\nmean CPU: {share * 100:.3f} %, RSS at the end: {process.memory_info().rss / 1e6:.1f} MB")


def _switches(process: psutil.Process) -> int:
    """How often its threads have waited so far (Linux): each time they woke up before."""
    counts = (
        line.split()[1]
        for status in Path(f"/proc/{process.pid}/task").glob("*/status")
        for line in status.read_text().splitlines()
        if line.startswith("voluntary_ctxt_switches")
    )
    return sum(map(int, counts))


def _cpu_of(process: psutil.Process, seconds: float) -> float:
    """The share of one processor over that time."""
    before = _seconds(process)
    time.sleep(seconds)
    return (_seconds(process) - before) / seconds


def _seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _last_week() -> date:
    return datetime.now(UTC).date() - timedelta(days=3)


def _age(folder: Path) -> None:
    """As logs are that nobody has written for days."""
    then = time.time() - 3 * 86400
    for path in folder.rglob("*"):
        os.utime(path, (then, then))


if __name__ == "__main__":
    main()
