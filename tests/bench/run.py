"""tankful against the native binaries of ccusage and tokscale, in turns, on generated logs; prints Markdown.

    python -m tests.bench.run [--only NAME ...] [--rounds 5] [--keep FOLDER] [--list]

NAME is that of a row, as `--list` prints them, and may have wildcards: `--only 'claude332-*:first'`,
`--only 'codex-600:*'`, `--only 'tray:*'`. All rows need 12 GB and half an hour; those of one corpus a minute.
Everything is made in a temporary folder and deleted in the end. With `--keep` the logs and the other programs stay
in FOLDER, and those of an earlier run are used again.

In each round each program runs once, so that whatever else the machine does meets all of them.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

from msgspec import Struct

from tests.bench import tables
from tests.bench.appending import Appending
from tests.bench.corpora import AGAIN, APPENDED, COLD, FIRST, Corpus, chosen
from tests.bench.installation import interpreter
from tests.bench.measured import Run, evict, linked, run, run_json, warm
from tests.bench.peers import Peer, environ, installed
from tests.bench.tables import Measured
from tests.bench.tray_rows import TRAY_ROWS, tray_rows

# As the installed command begins; with -m, the module itself would be compiled at each start.
TANKFUL = ("-c", "from tray.cli.main import script; script()", "cost", "--json")


def main() -> None:
    parser = argparse.ArgumentParser(prog="run")
    parser.add_argument("--only", action="append", metavar="NAME")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    patterns = options.only or ["*"]
    if options.list:
        print("\n".join(f"{corpus.name}:{kind}" for corpus, kinds in chosen(patterns) for kind in kinds))
        print("\n".join(_tray_rows(patterns)))
    elif options.keep is not None:
        options.keep.mkdir(parents=True, exist_ok=True)
        bench(options.keep.resolve(), patterns, options.rounds)
    else:
        with tempfile.TemporaryDirectory(prefix="tankful-bench-") as folder:
            bench(Path(folder), patterns, options.rounds)


def bench(folder: Path, patterns: Sequence[str], rounds: int) -> None:
    # In the same folder: a file has no links on another disk.
    with tempfile.TemporaryDirectory(dir=folder, prefix="scratch-") as name:
        scratch = Path(name)
        measured: list[Measured] = []
        if rows := chosen(patterns):
            programs = _Programs(str(interpreter(folder)), *installed(folder / "peers"))
            measured = [
                _Corpus(corpus, kinds, folder, scratch, programs).measure(rounds) for corpus, kinds in rows
            ]
        if measured:
            print(tables.machine(rounds))
            print(tables.tokens(measured))
            print(tables.processes(measured))
            print(tables.growth(measured))
        print(tables.tray(row for name in _tray_rows(patterns) for row in tray_rows(name, folder, scratch)))


def _tray_rows(patterns: Sequence[str]) -> list[str]:
    return [name for name in TRAY_ROWS if any(fnmatch(name, pattern) for pattern in patterns)]


class _Programs(Struct, frozen=True):
    python: str
    ccusage: Peer
    tokscale: Peer


class _Corpus:
    """One corpus, and what each program makes of it."""

    def __init__(
        self,
        corpus: Corpus,
        kinds: Sequence[str],
        folder: Path,
        scratch: Path,
        programs: _Programs,
    ) -> None:
        self._corpus, self._kinds, self._scratch = corpus, kinds, scratch
        self._programs = programs
        self._home = corpus.home(folder)
        if APPENDED in kinds:
            self._home = linked(self._home, scratch / corpus.name)
        self._measured = Measured(corpus=corpus, kinds=kinds, home=self._home)

    def measure(self, rounds: int) -> Measured:
        if any(kind != COLD for kind in self._kinds):
            warm(self._home)
            self._count()
        for number in range(rounds):
            print(f"{self._corpus.name}: round {number + 1} of {rounds}", file=sys.stderr)
            if any(kind != COLD for kind in self._kinds):
                self._round()
            if COLD in self._kinds:
                self._cold_round()
        return self._measured

    def _round(self) -> None:
        own = self._folder()
        self._note(FIRST, self._tankful(own))
        self._note("ccusage", self._peer(self._programs.ccusage))
        if FIRST in self._kinds:
            self._note("tokscale", self._peer(self._programs.tokscale))
        if AGAIN in self._kinds:
            self._note(AGAIN, self._tankful(own))
        if APPENDED in self._kinds:
            with Appending(self._corpus.provider, self._home) as log:
                log.append()
                self._note(APPENDED, self._tankful(own))
        shutil.rmtree(own)

    def _cold_round(self) -> None:
        evict(self._home)
        own = self._folder()
        self._note(COLD, self._tankful(own))
        shutil.rmtree(own)
        evict(self._home)
        self._note("ccusage, cold", self._peer(self._programs.ccusage))

    def _count(self) -> None:
        """Of all days; all three have read the corpus before they are measured."""
        own = self._folder()
        provider, here = self._corpus.provider, environ(own, self._corpus.provider, self._home)
        command = (self._programs.python, *TANKFUL, "--provider", provider, "--since", "2000-01-01")
        _, printed = run_json(command, here)
        self._measured.counted = {"tankful": printed["providers"][provider]}
        for peer in (self._programs.ccusage, self._programs.tokscale):
            _, printed = run_json(peer.command(provider), here)
            self._measured.counted[peer.name] = peer.tokens(printed)
        shutil.rmtree(own)

    def _tankful(self, own: Path) -> Run:
        provider = self._corpus.provider
        command = (self._programs.python, *TANKFUL, "--provider", provider)
        return run(command, environ(own, provider, self._home))

    def _peer(self, peer: Peer) -> Run:
        """In a new HOME: tokscale keeps what it counted there."""
        own, provider = self._folder(), self._corpus.provider
        taken = run(peer.command(provider), environ(own, provider, self._home))
        shutil.rmtree(own)
        return taken

    def _folder(self) -> Path:
        return Path(tempfile.mkdtemp(dir=self._scratch))

    def _note(self, name: str, taken: Run) -> None:
        self._measured.runs.setdefault(name, []).append(taken)


if __name__ == "__main__":
    main()
