"""tankful against the native binaries of ccusage and tokscale, in turns, on generated logs; prints Markdown.

    python -m tests.bench.run [--only NAME ...] [--rounds 5] [--keep FOLDER] [--save FILE] [--list]

NAME is that of a row, as `--list` prints them, and may have wildcards: `--only 'claude332-*:first'`,
`--only 'codex-600:*'`, `--only 'tray:*'`. All rows need 13 GB and half an hour; those of most corpora a minute.
Everything is made in a temporary folder and deleted in the end. With `--keep` the logs and the other programs stay
in FOLDER, and those of an earlier run are used again. `--save` adds the rows to a file, for tests.bench.results.

In each round each program runs once, so that whatever else the machine does meets all of them.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from msgspec import Struct

from tests.bench import tray_rows
from tests.bench.appending import Appending
from tests.bench.corpora import AGAIN, APPENDED, COLD, FIRST, Corpus, chosen
from tests.bench.installation import COST, interpreter
from tests.bench.measured import Run, evict, linked, run, run_json, warm
from tests.bench.peers import Peer, environ, installed
from tests.bench.results import Process, Ratio, Results, Tokens, Took, measured_here, tables


def main() -> None:
    parser = argparse.ArgumentParser(prog="run")
    parser.add_argument("--only", action="append", metavar="NAME")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    parser.add_argument("--save", type=Path, metavar="FILE")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    patterns = options.only or ["*"]
    if options.list:
        rows = [f"{corpus.name}:{kind}" for corpus, kinds in chosen(patterns) for kind in kinds]
        print("\n".join((*rows, *_of_tray(patterns))))
        return
    with tempfile.TemporaryDirectory(prefix="tankful-bench-") as name:
        folder = (options.keep or Path(name)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        results = bench(folder, patterns, options.rounds)
    print("\n".join(filter(None, tables([results]))))
    if options.save is not None:
        results.save(options.save)


def bench(folder: Path, patterns: Sequence[str], rounds: int) -> Results:
    results = Results(measured_here(rounds))
    # In the same folder: a file has no links on another disk.
    with tempfile.TemporaryDirectory(dir=folder, prefix="scratch-") as name:
        scratch = Path(name)
        if rows := chosen(patterns):
            programs = _Programs(str(interpreter(folder)), *installed(folder / "peers"))
            for corpus, kinds in rows:
                _Corpus(corpus, kinds, folder, scratch, programs).measure(rounds, results)
        for row in _of_tray(patterns):
            results.tray |= tray_rows.measure(row, folder, scratch)
    return results


def _of_tray(patterns: Sequence[str]) -> list[str]:
    return [name for name in tray_rows.NAMES if any(fnmatch(name, pattern) for pattern in patterns)]


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
        self._runs: dict[str, list[Run]] = {}

    def measure(self, rounds: int, results: Results) -> None:
        is_warm = any(kind != COLD for kind in self._kinds)
        if is_warm:
            warm(self._home)
            results.tokens[self._corpus.name] = self._count()
        for number in range(rounds):
            print(f"{self._corpus.name}: round {number + 1} of {rounds}", file=sys.stderr)
            if is_warm:
                self._round()
            if COLD in self._kinds:
                self._cold_round()
        for kind in self._kinds:
            results.processes[f"{self._corpus.name}:{kind}"] = self._process(kind)

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

    def _count(self) -> Tokens:
        """Of all days; all three have read the corpus before they are measured."""
        billed = json.loads((self._home / "billed.json").read_text())
        own, provider = self._folder(), self._corpus.provider
        here = environ(own, provider, self._home)
        command = (self._programs.python, *COST, "--provider", provider, "--since", "2000-01-01")
        printed = run_json(command, here)[1]["providers"][provider]
        peers = [
            peer.tokens(run_json(peer.command(provider), here)[1])
            for peer in (self._programs.ccusage, self._programs.tokscale)
        ]
        shutil.rmtree(own)
        return Tokens(
            billed["total_tokens"], printed["totals"]["total_tokens"], _is_exact(printed, billed), *peers
        )

    def _tankful(self, own: Path) -> Run:
        provider = self._corpus.provider
        command = (self._programs.python, *COST, "--provider", provider)
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
        self._runs.setdefault(name, []).append(taken)

    def _process(self, kind: str) -> Process:
        peer = "ccusage, cold" if kind == COLD else "ccusage"
        of_tokscale = self._ratio(kind, "tokscale") if kind == FIRST else None
        return Process(self._took(kind), self._took(peer), self._ratio(kind, peer), of_tokscale)

    def _took(self, name: str) -> Took:
        runs = self._runs[name]
        values = (
            [each.wall_ms for each in runs],
            [each.cpu_ms for each in runs],
            [each.peak_mb for each in runs],
        )
        return Took(*map(statistics.median, values))

    def _ratio(self, name: str, other: str) -> Ratio:
        pairs = list(zip(self._runs[name], self._runs[other], strict=True))
        return Ratio(
            statistics.median(one.wall_ms / two.wall_ms for one, two in pairs),
            statistics.median(one.cpu_ms / two.cpu_ms for one, two in pairs),
        )


def _is_exact(printed: Mapping[str, Any], billed: Mapping[str, Any]) -> bool:
    beyond = {name: count for name, count in billed["not_on_lines"].items() if name != "responses"}
    return all(
        printed[part][name] == count
        for part, counts in (("totals", billed["totals"]), ("not_on_lines", beyond))
        for name, count in counts.items()
    )


if __name__ == "__main__":
    main()
