"""The logs that counting is measured on, by name, and what is to be reached on each."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

from msgspec import Struct

from tests.bench.measured import ROOT

PROVIDERS = ("codex", "claude")
FIRST, AGAIN, APPENDED, COLD = "first", "again", "appended", "cold"
KINDS = {
    FIRST: "first scan",
    AGAIN: "nothing changed",
    APPENDED: "one line appended",
    COLD: "first scan, cold",
}


class Aim(Struct, frozen=True):
    """At most so many times what ccusage takes, or so many ms, or MB."""

    wall: float | None = None
    cpu: float | None = None
    wall_ms: float | None = None
    cpu_ms: float | None = None
    peak_mb: float | None = None

    def __str__(self) -> str:
        ratios = (self.wall, "x wall"), (self.cpu, "x CPU")
        figures = (self.wall_ms, " ms wall"), (self.cpu_ms, " ms CPU"), (self.peak_mb, " MB")
        return ", ".join(f"{most:,g}{unit}" for most, unit in (*ratios, *figures) if most is not None)


class Corpus(Struct, frozen=True):
    """`make` is the module that makes it, with all arguments but the folder; `aims` has the kinds to measure."""

    name: str
    title: str
    provider: str
    make: tuple[str, ...]
    aims: dict[str, Aim]

    def home(self, folder: Path) -> Path:
        """Made if it is not there; what counts as right is in its `billed.json`."""
        home = folder / self.name
        if not (home / "billed.json").exists():
            command = (sys.executable, "-m", *self.make, str(home))
            subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        return home


def _logs(provider: str, size: int, files: int, *options: str) -> tuple[str, ...]:
    return ("tests.bench.make_logs", provider, str(size), str(files), *options)


def _small(provider: str, files: int, first: Aim, again: Aim) -> Corpus:
    aims = {FIRST: first, AGAIN: again, APPENDED: Aim()}
    made = _logs(provider, files * 4_000, files)
    return Corpus(f"{provider}-{files}", f"{provider}, {files:,} small files", provider, made, aims)


def _large(provider: str, first: Aim) -> Corpus:
    aims = {FIRST: first, AGAIN: Aim(), APPENDED: Aim(), COLD: Aim(wall=1.0)}
    made = _logs(provider, 10**9, 600)
    return Corpus(f"{provider}-1g", f"{provider}, 1 GB in 600 files", provider, made, aims)


def _as_2_1_332(files: int, kilobytes: int, aims: dict[str, Aim]) -> Corpus:
    title = f"claude 2.1.332, {files:,} files of {kilobytes} KB"
    made = _logs("claude", files * kilobytes * 1_000, files, "--form", "2.1.332")
    return Corpus(f"claude332-{files}", title, "claude", made, aims)


def _long(provider: str) -> Corpus:
    made = _logs(provider, 10**7, 20, "--long-lines")
    title = f"{provider}, five lines of 100 MB"
    return Corpus(f"{provider}-long", title, provider, made, {FIRST: Aim(peak_mb=60)})


def _one_log(provider: str) -> Corpus:
    title = f"{provider}, one log of 75,000 responses"
    made = ("tests.bench.families", "log", provider, "75000")
    return Corpus(f"{provider}-75000", title, provider, made, {FIRST: Aim(peak_mb=60)})


def _family(provider: str) -> Corpus:
    """Of rows of a running process alone."""
    title = f"{provider}, a family of 1,000 subagents"
    return Corpus(
        f"{provider}-family", title, provider, ("tests.bench.families", "family", provider, "1000"), {}
    )


CORPORA = (
    _as_2_1_332(
        *(5_000, 250),
        {
            FIRST: Aim(wall=0.8, cpu=0.8, peak_mb=60),
            AGAIN: Aim(),
            APPENDED: Aim(),
            COLD: Aim(wall=1.0),
        },
    ),
    _as_2_1_332(2_000, 73, {FIRST: Aim(wall=1.2, cpu=1.2, peak_mb=60), AGAIN: Aim(), APPENDED: Aim()}),
    *(
        _small(provider, 600, Aim(wall=1.8, cpu=1.6, peak_mb=60), Aim(wall=1.3, cpu=1.3))
        for provider in PROVIDERS
    ),
    *(
        _small(provider, 3_000, Aim(wall=1.0, cpu=1.0, peak_mb=60), Aim(wall=0.6, cpu=0.6))
        for provider in PROVIDERS
    ),
    _large("codex", Aim(wall=0.9, cpu=0.75, peak_mb=60)),
    _large("claude", Aim(wall=0.6, cpu=0.55, peak_mb=60)),
    *(make(provider) for make in (_long, _one_log, _family) for provider in PROVIDERS),
    Corpus(
        *("codex-10000", "codex, 10,000 small files", "codex", _logs("codex", 40_000_000, 10_000)),
        {FIRST: Aim(), AGAIN: Aim()},
    ),
    Corpus(
        *("codex-100000", "codex, 100,000 small files", "codex", _logs("codex", 400_000_000, 100_000)),
        {FIRST: Aim(wall_ms=6_000, peak_mb=60), AGAIN: Aim(cpu_ms=650)},
    ),
)
TOKSCALE_AIM = 0.5  # wall and CPU of tokscale's, for the first scan of each


def by_name(name: str) -> Corpus:
    """Raises ValueError."""
    for corpus in CORPORA:
        if corpus.name == name:
            return corpus
    raise ValueError(name)


def chosen(patterns: Sequence[str]) -> list[tuple[Corpus, tuple[str, ...]]]:
    """The corpora with the kinds of rows that one of the patterns is for, as `claude332-*:first` and `*-600:*`."""
    found = []
    for corpus in CORPORA:
        names = {kind: f"{corpus.name}:{kind}" for kind in corpus.aims}
        kinds = tuple(
            kind for kind, name in names.items() if any(fnmatch(name, pattern) for pattern in patterns)
        )
        if kinds:
            found.append((corpus, kinds))
    return found
