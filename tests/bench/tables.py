"""What was measured, in Markdown."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from tests.bench.corpora import AGAIN, COLD, FIRST, KINDS, TOKSCALE_AIM, Aim, Corpus
from tests.bench.measured import Run
from tests.bench.peers import CCUSAGE, TOKSCALE

Value = Callable[[Run], float]


class Measured(Struct):
    """Runs by what ran, one for each round, and what each program counted in all."""

    corpus: Corpus
    kinds: Sequence[str]
    home: Path
    runs: dict[str, list[Run]] = field(default_factory=dict)
    counted: dict[str, Any] = field(default_factory=dict)

    def median(self, name: str, value: Value) -> float:
        return statistics.median(value(each) for each in self.runs[name])

    def ratio(self, name: str, other: str, value: Value) -> float:
        """The median of all rounds."""
        pairs = zip(self.runs[name], self.runs[other], strict=True)
        return statistics.median(value(one) / value(two) for one, two in pairs)

    def least(self, name: str, other: str, value: Value) -> float:
        """The ratio of the least of each: what else the machine does only adds to them."""
        return min(map(value, self.runs[name])) / min(map(value, self.runs[other]))

    def billed(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = json.loads((self.home / "billed.json").read_text())
        return found


class TrayRow(Struct, frozen=True):
    title: str
    unit: str
    aim: str
    value: float


def _wall(run: Run) -> float:
    return run.wall_ms


def _cpu(run: Run) -> float:
    return run.cpu_ms


def _peak(run: Run) -> float:
    return run.peak_mb


def machine(rounds: int) -> str:
    when = f"{datetime.now(UTC).date()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"
    versions = f"Python {platform.python_version()}, ccusage {CCUSAGE}, tokscale {TOKSCALE}"
    return f"{when}, {versions}, medians of {rounds} rounds; ratios: medians of pairs (least of each)\n"


def tokens(measured: Iterable[Measured]) -> str:
    rows = []
    for each in measured:
        if "tankful" not in each.counted:
            continue
        billed, printed = each.billed(), each.counted["tankful"]
        rows.append(
            (
                each.corpus.title,
                f"{billed['total_tokens']:,}",
                f"{printed['totals']['total_tokens']:,}",
                "yes" if _is_exact(printed, billed) else "NO",
                f"{each.counted['ccusage']:,}",
                f"{each.counted['tokscale']:,}",
            )
        )
    return _table(("tokens", "billed", "tankful", "every class equal", "ccusage", "tokscale"), rows)


def _is_exact(printed: Mapping[str, Any], billed: Mapping[str, Any]) -> bool:
    beyond = {name: count for name, count in billed["not_on_lines"].items() if name != "responses"}
    return all(
        printed[part][name] == count
        for part, counts in (("totals", billed["totals"]), ("not_on_lines", beyond))
        for name, count in counts.items()
    )


def processes(measured: Iterable[Measured]) -> str:
    head = (
        *("whole process", "wall ms", "CPU ms", "peak MB", "ccusage: wall", "CPU", "peak"),
        *("wall x", "CPU x", "aim", "reached", f"tokscale: wall x, aim {TOKSCALE_AIM}", "CPU x"),
    )
    rows = []
    for each in measured:
        for kind in each.kinds:
            peer = "ccusage, cold" if kind == COLD else "ccusage"
            figures = [each.median(name, value) for name in (kind, peer) for value in (_wall, _cpu, _peak)]
            ratios = [each.ratio(kind, peer, value) for value in (_wall, _cpu)]
            least = [each.least(kind, peer, value) for value in (_wall, _cpu)]
            aim = each.corpus.aims[kind]
            rows.append(
                (
                    f"{each.corpus.title}: {KINDS[kind]}",
                    *(f"{figure:,.0f}" for figure in figures),
                    *(f"{median:.2f} ({other:.2f})" for median, other in zip(ratios, least, strict=True)),
                    str(aim),
                    _reached(aim, figures[:3], ratios),
                    *_against_tokscale(each, kind),
                )
            )
    return _table(head, rows)


def _reached(aim: Aim, figures: Sequence[float], ratios: Sequence[float]) -> str:
    pairs = zip((aim.wall_ms, aim.cpu_ms, aim.peak_mb, aim.wall, aim.cpu), (*figures, *ratios), strict=True)
    held = [value <= most for most, value in pairs if most is not None]
    return "" if not held else "yes" if all(held) else "no"


def _against_tokscale(each: Measured, kind: str) -> tuple[str, str]:
    if kind != FIRST:
        return "", ""
    wall, cpu = (
        f"{each.ratio(FIRST, 'tokscale', value):.2f} ({each.least(FIRST, 'tokscale', value):.2f})"
        for value in (_wall, _cpu)
    )
    return wall, cpu


def growth(measured: Iterable[Measured]) -> str:
    """Where nothing changed: CPU time for each file more, and for each gigabyte more in as many files."""
    cpu = {each.corpus.name: each.median(AGAIN, _cpu) for each in measured if AGAIN in each.runs}
    rows = []
    if {"codex-10000", "codex-100000"} <= cpu.keys():
        each_us = (cpu["codex-100000"] - cpu["codex-10000"]) / 90_000 * 1000
        rows.append(("from 10,000 to 100,000 files: CPU us for each more", "4", f"{each_us:.1f}"))
    for provider in ("codex", "claude"):
        if {f"{provider}-600", f"{provider}-1g"} <= cpu.keys():
            more = cpu[f"{provider}-1g"] - cpu[f"{provider}-600"]
            rows.append((f"{provider}, 600 files, small ones to 1 GB: CPU ms more", "0", f"{more:.1f}"))
    return _table(("nothing changed, growth", "aim", ""), rows) if rows else ""


def tray(rows: Iterable[TrayRow]) -> str:
    made = [(each.title, each.unit, each.aim, f"{each.value:.2f}") for each in rows]
    return _table(("in a running process", "unit", "aim", ""), made) if made else ""


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    rule = ("---", *("--:" for _ in head[1:]))
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *rows)) + "\n"
