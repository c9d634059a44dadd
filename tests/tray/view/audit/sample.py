"""Rows of an audit as a person may have them.

`python -m tests.tray.view.audit.sample` writes the golden tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from providers.domain.audit import AuditRow, CountedUse, ReportedUse, UsedTokens
from providers.domain.cause import Cause
from providers.registry import PROVIDERS
from tray.view.audit import table
from tray.view.output import Paper

NOW = datetime(2026, 11, 28, 15, 42, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
GOLDEN = Path(__file__).with_name("golden")
WIDTHS = (40, 60, 80, 120)


def row(
    number: int,
    on_lines: int,
    reported: int | None,
    *,
    beyond: int = 0,
    explains: Sequence[Cause] = (),
    explained: int | None = None,
    beside: Sequence[Cause] = (),
    why: str | None = None,
    usd: float = 0.0,
) -> AuditRow:
    """A session; a thousand tokens cost a cent, and `usd` is what ours costs beside that."""
    return AuditRow(
        provider="claude",
        what="session",
        id=f"{number:08x}-0000-4000-8000-000000000000",
        counted=CountedUse(
            on_lines=UsedTokens(on_lines, on_lines / 1e5 + usd),
            not_on_lines=UsedTokens(beyond, beyond / 1e5),
            last_at=NOW - timedelta(hours=7 * number),
            project="/home/dev/app",
        ),
        reported=ReportedUse(
            by="cost-state",
            used=None if reported is None else UsedTokens(reported, reported / 1e5),
            explains=tuple(explains),
            explained_tokens=explained,
            beside=tuple(beside),
            why=why,
        ),
    )


ROWS = [
    *(row(number, 1000 * number, 1000 * number) for number in range(1, 9)),
    row(9, 8_000, 12_300, beyond=4_300, beside=("compaction", "titles")),
    row(10, 21_850, 37_088, beyond=15_238, beside=("web_search",)),
    row(11, 950, 1_000, beyond=50),
    row(12, 12_300, 7_900, explains=("killed",), explained=4_400),
    row(13, 12_300, 7_900, explains=("killed",), explained=4_000),
    row(14, 1_200_000, 2_400_000, explains=("deleted",)),
    row(15, 5_000, 5_500),
    row(16, 5_000, 5_000, usd=0.75),
    row(17, 300, None, explains=("no_total",), why="older_version"),
    row(18, 400, None, explains=("no_total",), why="older_version"),
    row(19, 500, None, explains=("no_total",), why="killed"),
    row(20, 600, None, explains=("no_total",)),
]
SHOWN = {"audit": False, "audit-all": True}
"""By name, whether each row is shown."""


def shown(name: str, width: int, encoding: str = "utf-8") -> str:
    paper = Paper(width=width, encoding=encoding)
    return table.text(ROWS, PROVIDERS, BERLIN, NOW, paper, every=SHOWN[name])


if __name__ == "__main__":
    for each in SHOWN:
        for columns in WIDTHS:
            (GOLDEN / f"{each}-{columns}.txt").write_text(f"{shown(each, columns)}\n", encoding="utf-8")
