"""What bars cost all day: ten that keep running beside a tray, and ten that ask every five seconds without one.

    python -m tests.bench.bars [--minutes 10] watch
    python -m tests.bench.bars [--minutes 10] poll

`watch` starts ten `tankful watch` of all formats beside `tankful --headless` with an idle account, and reports the
CPU time, wake-ups, memory and lines of each. `poll` runs a command line for each of ten bars every five seconds
where nobody owns the engine, so that they refresh the values themselves in the background; and at the same time
as many `python -c pass`, so that whatever else the machine does meets both. CPU time is of the commands and of all
that they leave behind. Both run in an environment of their own, as a person would have it, against a server on
this machine.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from datetime import timedelta
from pathlib import Path

import psutil

from tests.bench.idle import _seconds, _switches, running, wait_until_counted
from tests.bench.installation import installed
from tests.fake_chatgpt import FakeChatGPT, fake_chatgpt, says, usage_now
from tests.fake_status_page import page, summary
from tests.homes import make_home
from tests.programs import started
from tests.tray.faces.published import Folder

BARS = 10
EVERY = 5.0
FORMATS = ("text", "waybar", "tmux", "polybar", "i3blocks", "starship")
_BECOME_REAPER = 36  # of prctl


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("watch", "poll", "worker"))
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    if options.what == "worker":
        work(options.minutes, options.command)
    else:
        with tempfile.TemporaryDirectory() as name:
            (watch if options.what == "watch" else poll)(Path(name), options.minutes)


def watch(folder: Path, minutes: float) -> None:
    with ExitStack() as stack:
        server, pages = (stack.enter_context(fake_chatgpt()) for _ in range(2))
        server.answer, pages.answer = says(usage_now()), page(summary())
        owner = stack.enter_context(running(folder, server.base, pages.url, headless=True))
        wait_until_counted(owner, folder)
        environ = psutil.Process(owner.pid).environ()
        outputs, watches = [], []
        for number in range(BARS):
            arguments = ("watch", "--format", FORMATS[number % len(FORMATS)])
            outputs.append(folder / f"lines{number}")
            file = stack.enter_context(outputs[-1].open("wb"))
            command = [str(folder / "env/bin/tankful"), *arguments]
            process = stack.enter_context(started(command, env=environ, stdout=file))
            watches.append(psutil.Process(process.pid))
        time.sleep(3)
        began = time.monotonic()
        before = [(_seconds(each), _switches(each)) for each in watches]
        time.sleep(minutes * 60)
        took = time.monotonic() - began
        print("| watch | CPU % | wake-ups/s | RSS MB | lines |\n| --: | --: | --: | --: | --: |")
        total = 0.0
        for number, (each, (cpu, switches), lines) in enumerate(zip(watches, before, outputs, strict=True)):
            share = (_seconds(each) - cpu) / took * 100
            total += share
            wakes, rss = (_switches(each) - switches) / took, each.memory_info().rss / 1e6
            count = len(lines.read_bytes().splitlines())
            print(f"| {number + 1} | {share:.3f} | {wakes:.2f} | {rss:.1f} | {count} |")
        print(f"\nall: {total:.3f} % of a CPU in {took / 60:.1f} minutes")


def poll(folder: Path, minutes: float) -> None:
    person = Folder(folder)
    with fake_chatgpt() as server:
        times = _noting(server)
        make_home(folder / "codex", base=server.base)
        bin_ = installed(folder / "env")
        environ = person.environ | {"PATH": os.environ["PATH"]}
        commands = (
            [str(bin_ / "tankful"), "statusline", "--max-age", "1m", "--format"],
            [str(bin_ / "python"), "-c", "pass"],
        )
        workers = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.bench.bars", "--minutes", str(minutes), "worker", *command],
                env=environ,
                stdout=subprocess.PIPE,
                text=True,
            )
            for command in commands
        ]
        ours, floor = (json.loads(worker.communicate()[0]) for worker in workers)
    seconds = minutes * 60
    print(f"{ours['runs']} commands in {minutes:g} minutes, and as many `python -c pass`: {floor['runs']}\n")
    print(f"CPU: {ours['cpu'] / seconds * 100:.2f} % and {floor['cpu'] / seconds * 100:.2f} %: ", end="")
    print(f"{(ours['cpu'] - floor['cpu']) / seconds * 100:.2f} % beyond")
    print(
        f"requests: {len(times)}, at most {_most(times, timedelta(minutes=1).total_seconds())} in any minute"
    )


def _noting(server: FakeChatGPT) -> list[float]:
    """When it was asked."""
    times: list[float] = []
    answer = says(usage_now())

    def noted(*arguments: object, **more: object) -> object:
        times.append(time.monotonic())
        return answer(*arguments, **more)  # type: ignore[arg-type]

    server.answer = noted  # type: ignore[assignment]
    return times


def _most(times: list[float], seconds: float) -> int:
    return max((sum(at <= each < at + seconds for each in times) for at in times), default=0)


def work(minutes: float, command: list[str]) -> None:
    """Run the command for ten bars every five seconds, and print what that and its offspring cost, as JSON."""
    ctypes.CDLL(None).prctl(_BECOME_REAPER, 1, 0, 0, 0)  # what outlives a command is ours to wait for
    ends, runs = time.monotonic() + minutes * 60, 0
    while time.monotonic() < ends:
        began = time.monotonic()
        for number in range(BARS):
            last = [FORMATS[number % len(FORMATS)]] if command[-1] == "--format" else []
            subprocess.run([*command, *last], stdout=subprocess.DEVNULL, check=True)
            runs += 1
            time.sleep(max(0.0, began + (number + 1) * EVERY / BARS - time.monotonic()))
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with suppress(ChildProcessError):
            if os.waitpid(-1, os.WNOHANG)[0] or psutil.Process().children():
                time.sleep(0.1)
                continue
        break
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(json.dumps({"runs": runs, "cpu": used.ru_utime + used.ru_stime}))


if __name__ == "__main__":
    main()
