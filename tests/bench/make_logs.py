"""Seeded corpora, shaped like the logs of people who work with Codex or Claude Code all day.

    python -m tests.bench.make_logs codex|claude BYTES FILES FOLDER [--form 2.1.332] [--seed N] [--until DATE]
        [--long-lines]

Claude's come in two forms: as 2.1.197 wrote them, and as 2.1.332 does, where nearly all lines say nothing of use.
Beside the logs it leaves `billed.json`: what a right count comes to. The same arguments give the same bytes.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec

from tests.bench.claude_332_logs import Claude332Logs
from tests.bench.claude_logs import ClaudeLogs
from tests.bench.codex_logs import CodexLogs
from tests.bench.corpus import LONG_LINE, Billed, Writer, age_folders, sessions

FORM_332 = "claude 2.1.332"

WRITERS: dict[str, Callable[[Path, random.Random, Billed], Writer]] = {
    "codex": CodexLogs,
    "claude": ClaudeLogs,
    FORM_332: Claude332Logs,
}


def make(
    writer: str, size: int, files: int, folder: Path, *, seed: int = 1, until: date, long_line: int = 0
) -> Billed:
    """Logs of about `size` bytes below the home `folder`, of the days before `until`.

    `long_line` is the length of the LONG_LINES lines that come on top of them.
    """
    rng = random.Random(seed)
    billed = Billed()
    # Even the shortest session has the lines with which it begins.
    spread = 0.5 if writer == FORM_332 else 1.1
    logs = WRITERS[writer](folder, rng, billed)
    logs.write(sessions(rng, size, files, until, long_line=long_line, spread=spread))
    age_folders(folder)
    return billed


def main() -> None:
    parser = argparse.ArgumentParser(prog="make_logs")
    parser.add_argument("provider", choices=("claude", "codex"))
    parser.add_argument("bytes", type=int)
    parser.add_argument("files", type=int)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--form", choices=("2.1.332",), help="of Claude's logs")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--until", type=date.fromisoformat, default=datetime.now(UTC).date())
    parser.add_argument("--long-lines", action="store_true")
    options = parser.parse_args()
    if options.form and (options.provider != "claude" or options.long_lines):
        parser.error("--form is of Claude's logs, without long lines")
    billed = make(
        f"{options.provider} {options.form}" if options.form else options.provider,
        options.bytes,
        options.files,
        options.folder,
        seed=options.seed,
        until=options.until,
        long_line=LONG_LINE if options.long_lines else 0,
    )
    told = {"totals": billed.totals, "by_model": billed.by_model, "total_tokens": billed.totals.total}
    told |= {
        "not_on_lines": billed.beyond,
        "bytes": billed.bytes,
        "share_of_use": round(billed.bytes_of_use / billed.bytes, 4),
    }
    text = msgspec.json.format(msgspec.json.encode(told), indent=1)
    (options.folder / "billed.json").write_bytes(text)
    print(text.decode())


if __name__ == "__main__":
    main()
