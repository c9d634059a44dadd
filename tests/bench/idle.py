"""What the tray costs while nothing happens: CPU time, wake-ups, memory, what it writes and what it sends.

    python -m tests.bench.idle [--minutes 10] [--logs 3000] [--headless]

On a real xfce4-panel without a screen, beside 3,000 rollouts of which none is written; with `--headless` the
engine alone. A server on this machine is asked for the limits, as often as by everybody. Figures are of the
process after its first count, each minute. It runs in an environment of its own, as a person would have it.

Written is what reaches the disk: without files that are deleted before. Its share by polls and the rest of it make
the figure of an idle day, of which `POLLS_A_DAY` are the polls; traffic is HTTP as it was sent here, with what a
TLS connection to the vendors costs.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psutil

from tests.bench.installation import installed
from tests.bench.make_logs import make
from tests.fake_chatgpt import FakeChatGPT, fake_chatgpt, says, usage_now
from tests.fake_status_page import page, summary
from tests.homes import make_home
from tests.programs import started
from tests.real.panel import xfce_panel
from tests.soak.process import written

ROOT = Path(__file__).parents[2]
LOG_BYTES = 3_000
POLLS_A_DAY = 48
"""Where nobody works or looks: every 30 minutes; status pages as often."""
TLS_BYTES = 6_500
"""A full handshake with a chain of three certificates, as both vendors send it, and the frames of one response."""
ACCOUNTS = 2
LARGE_PAGE = 6_000
"""A summary of a hundred components, compressed, where it is sent anew each time."""


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
        with ExitStack() as stack:
            server, pages = (stack.enter_context(fake_chatgpt()) for _ in range(2))
            server.answer, pages.answer = says(usage_now()), page(summary())
            process = stack.enter_context(running(folder, server.base, pages.url, headless=options.headless))
            wait_until_counted(process, folder)
            report(process, options.minutes, server, pages)


@contextmanager
def running(folder: Path, server: str, pages: str, *, headless: bool) -> Iterator[psutil.Process]:
    """The tray, or the engine without one, in homes of its own."""
    make_home(folder / "codex", base=server)
    environ = {
        **{name: value for name, value in os.environ.items() if name in ("PATH", "LANG")},
        "HOME": str(folder),
        "TANKFUL_HOME": str(folder / "own"),
        "CODEX_HOME": str(folder / "codex"),
        "CLAUDE_CONFIG_DIR": str(folder / "claude"),
        "TANKFUL_STATUS_URL": pages,
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
    while not (folder / "own/state/ledger.sqlite3").exists() or _is_busy(process):
        if time.monotonic() > deadline:
            raise TimeoutError("it never came to rest")


def _is_busy(process: psutil.Process, seconds: float = 10.0) -> bool:
    """Also a count that waits for the processor writes something in that time."""
    before = written(process.pid)
    return _cpu_of(process, seconds) > 0.1 or written(process.pid) > before


def report(process: psutil.Process, minutes: float, server: FakeChatGPT, pages: FakeChatGPT) -> None:
    """A line a minute, and the mean of all."""
    print(
        "| minute | CPU % | wake-ups/s | RSS MB | threads | polls | written KB |\n"
        "| --: | --: | --: | --: | --: | --: | --: |"
    )
    began, first = time.monotonic(), _seconds(process)
    of_polls = of_rest = polls = quiet = before_that = 0
    for minute in range(1, round(minutes) + 1):
        before, asked, switches = written(process.pid), len(server.requests), _switches(process)
        cpu = _cpu_of(process, 60.0) * 100
        bytes_, new = written(process.pid) - before, len(server.requests) - asked
        wakes = (_switches(process) - switches) / 60
        polls += new
        is_of_poll = bool(new or before_that)  # the count that follows a poll is its own
        of_polls, of_rest = (of_polls + bytes_, of_rest) if is_of_poll else (of_polls, of_rest + bytes_)
        quiet, before_that = quiet + (not is_of_poll), new
        rss, threads = process.memory_info().rss / 1e6, process.num_threads()
        row = f"{minute} | {cpu:.3f} | {wakes:.1f} | {rss:.1f} | {threads} | {new} | {bytes_ / 1024:.0f}"
        print(f"| {row} |", flush=True)
    share = (_seconds(process) - first) / (time.monotonic() - began)
    print(f"\nmean CPU: {share * 100:.3f} %, RSS at the end: {process.memory_info().rss / 1e6:.1f} MB")
    rest, of_account = of_rest / max(1, quiet) * 1440, of_polls / max(1, polls) * POLLS_A_DAY
    print(
        f"an idle day, one account: {(rest + of_account) / 1e6:.1f} MB written; two accounts:"
        f" {(rest + 2 * of_account) / 1e6:.1f} MB written, {_traffic(server, pages) / 1e6:.1f} MB sent and"
        f" received, {_traffic(server, pages, LARGE_PAGE) / 1e6:.1f} MB where no status page answers 304"
    )


def _traffic(server: FakeChatGPT, pages: FakeChatGPT, summary: int = 0) -> float:
    """Bytes of a day: two accounts, each with its status page, whose `summary` is so large each time."""
    asked = [_request(*each) for each in (*server.requests, *pages.requests)]
    mean = sum(asked) / max(1, len(asked))
    answers = len(json.dumps(usage_now())) + 300 + summary
    return POLLS_A_DAY * ACCOUNTS * (2 * (mean + TLS_BYTES) + answers)


def _request(path: str, headers: dict[str, str]) -> int:
    return len(path) + 20 + sum(len(name) + len(value) + 4 for name, value in headers.items())


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
