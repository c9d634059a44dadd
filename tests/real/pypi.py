"""Libraries from PyPI that only a test needs: each in an environment of its own, kept between runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from filelock import FileLock

CACHE = Path(tempfile.gettempdir()) / f"tankful-pypi-{os.getuid() if hasattr(os, 'getuid') else 'all'}"
INSTALL_SECONDS = 180


def python_with(request: pytest.FixtureRequest, *requirements: str) -> str:
    """A Python that can import them; skips the test where they cannot be installed."""
    where = CACHE / "-".join(requirements)
    where.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    python = str(where / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python"))
    with FileLock(f"{where}.lock"):
        if not (where / "whole").exists():
            for command in (
                ["uv", "venv", "-q", "--clear", "--python", sys.executable, str(where)],
                ["uv", "pip", "install", "-q", "--python", python, *requirements],
            ):
                if shutil.which("uv") is None or _fails(command):
                    reason = f"cannot install {', '.join(requirements)}"
                    if request.config.getoption("--require-real"):
                        pytest.fail(reason)
                    pytest.skip(reason)
            (where / "whole").touch()
    return python


def _fails(command: list[str]) -> bool:
    try:
        return subprocess.run(command, check=False, timeout=INSTALL_SECONDS).returncode != 0
    except subprocess.TimeoutExpired:
        return True


def printed(python: str, script: str, *arguments: str) -> str:
    """What a script prints there."""
    done = subprocess.run(
        [python, "-W", "error", "-c", script, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
