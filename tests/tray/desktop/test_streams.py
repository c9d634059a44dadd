"""What the command does when one of its streams is closed or full."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")


def shell(folder: Path, rest: str) -> subprocess.CompletedProcess[str]:
    """`tankful` with these arguments and redirections, in a home of its own and without a desktop."""
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TANKFUL_HOME": str(folder / "own"),
        "CODEX_HOME": str(folder / "codex"),
        "CLAUDE_CONFIG_DIR": str(folder / "claude"),
        "PYTHONWARNINGS": "error",
    }
    command = f"exec {sys.executable} -m tray.cli {rest}"
    return subprocess.run(
        ["sh", "-c", command], env=environ, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("arguments", ["", "usage --json", "--version", "--help"])
def test_a_full_disk_is_reported_in_one_line(tmp_path: Path, arguments: str) -> None:
    done = shell(tmp_path, f"{arguments} >/dev/full")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "tankful: cannot write the output: No space left on device."
    assert "Traceback" not in done.stderr


def test_messages_never_land_among_the_data(tmp_path: Path) -> None:
    aloud, silent = shell(tmp_path, ""), shell(tmp_path, "2>&-")
    assert "No icon" in aloud.stderr
    assert (silent.returncode, silent.stdout) == (0, aloud.stdout)
    assert "No icon" not in silent.stdout
    assert shell(tmp_path, "cost --days 0 2>&-").stdout == ""


def test_a_closed_pipe_is_no_error(tmp_path: Path) -> None:
    for closed in (">&-", ">&- 2>&-"):
        assert shell(tmp_path, closed).returncode == 0


@pytest.mark.parametrize(
    "arguments",
    [
        "--until 0001-01-01",
        "--since 0001-01-01",
        "--until 9999-12-31",
        "--since 9999-12-31 --until 9999-12-31",
    ],
)
def test_days_at_the_ends_of_the_calendar_are_bad_arguments(tmp_path: Path, arguments: str) -> None:
    done = shell(tmp_path, f"cost {arguments}")
    assert (done.returncode, done.stdout) == (64, "")
    assert done.stderr.startswith("usage: tankful cost")
    assert len(done.stderr.partition("\ntankful cost: ")[2].splitlines()) == 1
