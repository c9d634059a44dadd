"""How long `tankful cost --with` takes for a large export, and how much memory. Linux.

    python -m tests.bench.machines [RESPONSES]

The responses are those of `tests.bench.million`. They are exported and added on a machine without logs, and on the
one that has them all, where each is a copy; each command runs in a process of its own.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from tests.bench.exports import timed
from tests.bench.million import make

DAYS = ("900", "30")


def main() -> None:
    responses = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory(prefix="tankful-bench-") as name:
        folder = Path(name)
        make(folder / "home", responses)
        has_them, has_none = environ(folder, "own", "home"), environ(folder, "other", "none")
        timed(("cost", "--days", "900"), has_them, folder)
        print("| command | wall s | CPU s | peak MB |\n| --- | --: | --: | --: |")
        for form in ("csv", "jsonl"):
            export = ("export", "--what", "responses", "--machine", "laptop", "--format", form)
            timed(export, has_them, folder)
            file = str((folder / "out").rename(folder / f"export.{form}"))
            for days in DAYS:
                show(f"`--days {days}`, {form}", ("cost", "--days", days, "--with", file), has_none, folder)
        show(
            "`--days 900`, jsonl, all of it copies",
            ("cost", "--days", "900", "--with", file),
            has_them,
            folder,
        )
        show("`--days 900`, without", ("cost", "--days", "900"), has_them, folder)


def show(what: str, arguments: tuple[str, ...], own: dict[str, str], folder: Path) -> None:
    wall, cpu, peak, _ = timed(arguments, own, folder)
    print(f"| {what} | {wall:.1f} | {cpu:.1f} | {peak:.0f} |", flush=True)


def environ(folder: Path, own: str, home: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TANKFUL_HOME": str(folder / own),
        "CODEX_HOME": str(folder / home),
        "CLAUDE_CONFIG_DIR": str(folder / "claude"),
    }


if __name__ == "__main__":
    main()
