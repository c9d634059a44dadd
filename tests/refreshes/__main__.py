"""Refresh again and again from the real CLIs, and look at what is left: `README.md` beside this file.

Nothing leaves the machine: the servers are on loopback, and everything else goes to a proxy that is not there.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from msgspec import Struct

from tests.fake_chatgpt import fake_chatgpt
from tests.left_behind import at_work, children, folders, marked
from tests.real import test_app_server, test_claude, test_status_screen
from tests.real.backend import backend
from tests.real.clis import NotInstalled, installed
from tests.real.tls_proxy import tls_proxy

CODEX, CLAUDE = "@openai/codex", "@anthropic-ai/claude-code"


class Asked(Struct, frozen=True):
    """Something to refresh from: `read` raises for a refresh that fails, `content` is what must stay the same."""

    read: Callable[[], Any]
    content: Callable[[], Any]


class Outcome(Struct, frozen=True):
    source: str
    times: int
    seconds: float
    failed: int
    changed: int
    processes: tuple[str, ...]
    files: tuple[str, ...]

    @property
    def is_clean(self) -> bool:
        return self.times > 0 and not (self.failed or self.changed or self.processes or self.files)


@contextmanager
def app_server(folder: Path) -> Iterator[Asked]:
    program = installed(CODEX, test_app_server.NEWEST)
    with backend() as server:
        person = test_app_server.Person(folder, server, program)
        yield Asked(lambda: person.source.read(person.question()), person.content)


@contextmanager
def status(folder: Path) -> Iterator[Asked]:
    program = installed(CODEX, test_app_server.NEWEST)
    with fake_chatgpt() as fake:
        person = test_status_screen.Person(folder, test_status_screen.Server(fake), program)
        yield Asked(person.read, person.content)


@contextmanager
def usage_command(folder: Path) -> Iterator[Asked]:
    """Claude Code counts in `.claude.json` and the like, as it does whoever asks: those may change."""
    program = installed(CLAUDE, test_claude.NOTES)
    with tls_proxy(folder, test_claude.anthropic) as proxy:
        place = test_claude.Place(program, folder, proxy)

        def content() -> dict[str, str]:
            return {
                name: digest
                for name, digest in place.files().items()
                if not test_claude.USUAL.fullmatch(name)
            }

        yield Asked(lambda: place.source.read(place.question()), content)


SOURCES = {"app-server": app_server, "status": status, "usage-command": usage_command}


def refresh(source: str, times: int, seconds: float, above: Path) -> Outcome:
    """So often, or as often as the time allows."""
    began, done, failed, changed = time.monotonic(), 0, 0, 0
    processes, files = set[str](), set[str]()
    folder, temporary = above / "home", above / "temp"
    for each in (folder, temporary):
        each.mkdir()
    tempfile.tempdir = str(temporary)
    try:
        with SOURCES[source](folder) as asked:
            before = asked.content()
            while done < times and time.monotonic() - began < seconds:
                done += 1
                failed += not _reads(asked)
                changed += asked.content() != before
                processes |= {*children(), *at_work(above), *marked(above)}
                files |= {*folders(temporary), *(path.name for path in temporary.iterdir())}
    finally:
        tempfile.tempdir = None
    took = time.monotonic() - began
    return Outcome(source, done, took, failed, changed, tuple(sorted(processes)), tuple(sorted(files)))


def _reads(asked: Asked) -> bool:
    try:
        return bool(asked.read().windows)
    except Exception as error:  # noqa: BLE001 - it is counted, whatever it is
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return False


def summary(outcome: Outcome) -> str:
    return (
        f"{outcome.source:14} {outcome.times:5} refreshes in {outcome.seconds:6.1f} s: {outcome.failed} failed,"
        f" {outcome.changed} homes changed, {len(outcome.processes)} processes, {len(outcome.files)} files left"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.refreshes")
    parser.add_argument("--times", type=int, default=1000, metavar="N", help="refreshes from each source")
    parser.add_argument("--source", choices=(*SOURCES, "all"), default="all")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="at most so long for each source")
    options = parser.parse_args(arguments)
    clean = True
    for source in SOURCES if options.source == "all" else (options.source,):
        with ExitStack() as after:
            above = Path(after.enter_context(tempfile.TemporaryDirectory(prefix="refreshes-")))
            try:
                outcome = refresh(source, options.times, options.seconds, above)
            except NotInstalled as why:
                print(f"{source:14} not run: {why}")
                continue
        print(summary(outcome), flush=True)
        for left in (*outcome.processes, *outcome.files):
            print(f"  {left}")
        clean &= outcome.is_clean
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main())
