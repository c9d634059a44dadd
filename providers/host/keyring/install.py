"""How to add what tankful needs for the keyring, which is installed with it on macOS only."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from providers.host.files import short


def install_sentence(prefix: str = sys.prefix) -> str:
    """The command for the environment with this prefix, by who made it."""
    path = Path(prefix)
    parts = path.parts
    if "pipx" in parts:
        return "Run `pipx inject tankful keyring`."
    if "tools" in parts and "uv" in parts:
        return "In your clone of tankful, run `uv tool install '.[keyring]'`."
    if path.name == ".venv" and os.path.isfile(path.parent / "providers" / "registry.py"):
        return "Run `uv sync --inexact --extra keyring` in your clone of tankful."
    return f"Run `{short(Path(sys.executable))} -m pip install keyring`."
