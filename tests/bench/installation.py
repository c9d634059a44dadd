"""tankful as a person has it: its own environment, without what only development needs."""

from __future__ import annotations

import subprocess
import sys
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).parents[2]
# As the installed command begins; with -m, the module itself would be compiled at each start.
COST = ("-c", "from tray.cli.main import script; script()", "cost", "--json")
"""What a Python runs for `tankful cost --json`."""


def installed(where: Path) -> Path:
    """An environment with this checkout in it; the folder of its programs."""
    bin_ = where / ("Scripts" if sys.platform == "win32" else "bin")
    subprocess.run(["uv", "venv", "-q", "--python", sys.executable, str(where)], check=True)
    python = str(bin_ / "python")
    subprocess.run(
        ["uv", "pip", "install", "-q", "--compile-bytecode", "--python", python, str(ROOT)], check=True
    )
    return bin_


def interpreter(folder: Path) -> Path:
    """A Python with the libraries that this checkout needs, kept in the folder; run in the checkout, it has the
    checkout's code.

    In an environment for development msgspec alone takes 40 ms longer to import.
    """
    locked = sha256((ROOT / "pyproject.toml").read_bytes() + sys.version.encode()).hexdigest()[:12]
    where = folder / f"env-{locked}"
    bin_ = where / ("Scripts" if sys.platform == "win32" else "bin")
    if not (where / "whole").exists():
        installed(where)
        (where / "whole").touch()
    return bin_ / "python"
