"""How long an export of a million responses takes, and how much memory. Linux.

    python -m tests.bench.exports [RESPONSES]

The responses are those of `tests.bench.million`; each command runs in a process of its own and writes to a file.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.million import make

ROOT = Path(__file__).parents[2]
EXPORTS = (
    "--what responses --format csv",
    "--what responses --format csv --redact",
    "--what responses --format jsonl",
    "--what days --format csv",
    "--what responses --format prometheus",
)


def main() -> None:
    responses = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory(prefix="tankful-bench-") as name:
        folder = Path(name)
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": name,
            "TANKFUL_HOME": str(folder / "own"),
            "CODEX_HOME": str(folder / "home"),
            "CLAUDE_CONFIG_DIR": str(folder / "claude"),
        }
        make(folder / "home", responses)
        timed(("cost", "--days", "900"), environ, folder)
        print("| export | wall s | CPU s | peak MB | written MB |\n| --- | --: | --: | --: | --: |")
        for export in EXPORTS:
            wall, cpu, peak, written = timed(("export", *export.split()), environ, folder)
            print(f"| `{export}` | {wall:.1f} | {cpu:.1f} | {peak:.0f} | {written:.0f} |")


def timed(
    arguments: tuple[str, ...], environ: dict[str, str], folder: Path
) -> tuple[float, float, float, float]:
    """Seconds on the clock and of the processor, and the peak of its memory and the size of its output in MB."""
    out = folder / "out"
    began = time.perf_counter()
    with out.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "tray.cli", *arguments], env=environ, cwd=ROOT, stdout=file
        )
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, arguments
    wall = time.perf_counter() - began
    return wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, out.stat().st_size / 1e6


if __name__ == "__main__":
    main()
