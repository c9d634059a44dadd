"""A tray that is disturbed for as long as you like: see the README beside this file."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import psutil

from tests.bench.make_logs import make
from tests.fake_chatgpt import FakeChatGPT, fake_chatgpt
from tests.homes import make_home
from tests.programs import started
from tests.soak import clock_jumps
from tests.soak.disturbances import Disturbances
from tests.soak.process import Sample, growth, sample
from tests.tray.desktop.conftest import BUS_CONFIG, Bus
from tests.tray.desktop.fake_watcher import Panel
from tray.engine import published

ROOT = Path(__file__).parents[2]
MEGABYTES, COUNT = 3.0, 2
CLOCK_SHARE = 0.15


def main() -> int:
    """0 where nothing grew and nothing failed, else 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    chance, seconds = Random(options.seed), options.minutes * 60
    with tempfile.TemporaryDirectory(prefix="tankful-soak-") as name, tray(Path(name)) as parts:
        problems = soak(Path(name), *parts, chance, seconds * (1 - CLOCK_SHARE))
    with tempfile.TemporaryDirectory(prefix="tankful-soak-clock-") as name:
        jumps, found = clock_jumps.soak(Path(name), seconds * CLOCK_SHARE, chance)
    print(f"clock set {jumps} times in another engine")
    for problem in (*problems, *found):
        print(f"FAILED: {problem}")
    print(f"seed {options.seed}: {'failed' if problems or found else 'nothing grew'}")
    return 1 if problems or found else 0


@contextmanager
def tray(folder: Path) -> Iterator[tuple[psutil.Process, Panel, FakeChatGPT, FakeChatGPT]]:
    """`tankful --tray` on a session bus of its own, with a watcher, and a server for each of its addresses."""
    make("codex", 600_000, 200, folder / "codex", until=datetime.now(UTC).date())
    config = folder / "bus.conf"
    config.write_text(BUS_CONFIG)
    command = ["dbus-daemon", f"--config-file={config}", "--print-address", "--nofork", "--nopidfile"]
    with ExitStack() as stack:
        server, pages = (stack.enter_context(fake_chatgpt()) for _ in range(2))
        make_home(folder / "codex", base=server.base)
        bus = Bus(
            stack.enter_context(
                started(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            )
        )
        panel = Panel(bus.environ)
        stack.callback(panel.close)
        panel.start_watching()
        errors = stack.enter_context((folder / "stderr").open("wb"))
        program = stack.enter_context(
            started(
                [sys.executable, "-m", "tray.cli", "--tray"],
                env=environ(folder, pages.url) | bus.environ,
                cwd=ROOT,
                stderr=errors,
            )
        )
        panel.wait_for_item()
        yield psutil.Process(program.pid), panel, server, pages


def environ(folder: Path, pages: str) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if name in ("PATH", "LANG")},
        "HOME": str(folder),
        "TANKFUL_HOME": str(folder / "own"),
        "CODEX_HOME": str(folder / "codex"),
        "CLAUDE_CONFIG_DIR": str(folder / "claude"),
        "TANKFUL_STATUS_URL": pages,
    }


def soak(
    folder: Path,
    process: psutil.Process,
    panel: Panel,
    server: FakeChatGPT,
    pages: FakeChatGPT,
    chance: Random,
    seconds: float,
) -> list[str]:
    """What was wrong, in sentences; the figures are printed."""
    happen = Disturbances(chance, process, panel, server, pages, folder)
    samples, happened, ends = [sample(process)], Counter[str](), time.monotonic() + seconds
    began, slept = time.monotonic(), False
    while time.monotonic() < ends:
        happened[happen.happen()] += 1
        if not slept and seconds > 300 and time.monotonic() - began > seconds / 2:
            happen.is_suspended(35.0)  # long enough to count as sleep
            slept = True
        time.sleep(chance.uniform(0.2, 1.0))
        samples.append(sample(process))
    report(samples, time.monotonic() - began, len(server.requests), len(pages.requests), happened)
    return [
        *growth(samples, megabytes=MEGABYTES, count=COUNT),
        *recovers(folder, happen),
        *ends_well(folder, process),
    ]


def report(
    samples: list[Sample], seconds: float, requests: int, page_requests: int, happened: Counter[str]
) -> None:
    first, last = samples[0], samples[-1]
    rss = [each.rss for each in samples]
    thirds = [rss[at] for at in (len(rss) // 3, 2 * len(rss) // 3)]
    written = last.written - first.written
    print("; ".join(f"{what} {times}x" for what, times in happened.most_common()))
    print(f"{seconds / 60:.1f} min, {requests} requests of limits, {page_requests} of status pages")
    print(
        f"RSS {rss[0]:.1f} MB at first, {thirds[0]:.1f} and {thirds[1]:.1f} after thirds, {rss[-1]:.1f} at the end"
    )
    print(f"threads {last.threads}, files {last.files}, children {last.children} at the end")
    print(f"CPU {(last.cpu - first.cpu) / seconds * 100:.2f} %, written {written / 1e6:.2f} MB", flush=True)


def recovers(folder: Path, happen: Disturbances) -> list[str]:
    """Once the server answers, its values are published."""
    happen.server_recovers()
    (folder / "own/settings/settings.toml").unlink(missing_ok=True)
    ends = time.monotonic() + 45
    while time.monotonic() < ends:
        happen.click_refresh()
        accounts = (published.read(str(folder / "own/state")) or {"providers": []})["providers"]
        if any(account["windows"] and account["error"] is None for account in accounts):
            return []
        time.sleep(0.5)
    return ["it did not recover"]


def ends_well(folder: Path, process: psutil.Process) -> list[str]:
    """It ends when it is asked to, leaves no child, and had no fault of ours."""
    children = process.children(recursive=True)
    process.terminate()
    problems = []
    try:
        process.wait(10)
    except psutil.TimeoutExpired:
        problems.append("it does not end")
    problems += [f"{child.pid} was left behind" for child in children if child.is_running()]
    log = (folder / "own/state/tankful.log").read_text("utf-8", "replace")
    problems += [line for line in log.splitlines() if " ERROR " in line][:5]
    if text := (folder / "stderr").read_text("utf-8", "replace"):
        problems.append(f"on stderr: {text[-500:]}")
    return problems


if __name__ == "__main__":
    sys.exit(main())
