"""`tankful hook` as the hook of a real CLI: what it recorded of the only session."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from providers.sessions import HookRecord
from tests.real.terminals import Terminal
from tests.tray.faces.published import ROOT
from tray.engine.live import hook_records


class Recorder:
    """Has its state in this folder; `program` is the command line that stands for `tankful`."""

    program = f"{shlex.quote(sys.executable)} -m tray.cli"

    def __init__(self, folder: Path) -> None:
        self.own = folder / "own"
        self.own.mkdir(mode=0o700)
        self.state = self.own / "state"

    @property
    def environ(self) -> dict[str, str]:
        return {"TANKFUL_HOME": str(self.own), "PYTHONPATH": str(ROOT)}

    @property
    def records(self) -> dict[tuple[str, str], HookRecord]:
        return dict(hook_records.read(str(self.state), datetime.now(UTC) + timedelta(seconds=1)))

    @property
    def status(self) -> tuple[str, str | None] | None:
        found = [(each.status, each.tool) for each in self.records.values()]
        assert len(found) < 2, found
        return found[0] if found else None

    def shows(self, status: str, tool: str | None = None) -> bool:
        return self.status == (status, tool)

    def until(self, screen: Terminal, status: str, tool: str | None = None) -> None:
        screen.until(lambda: self.shows(status, tool), f"never {status}, but {self.status}")

    def shown(self, environ: dict[str, str]) -> dict[str, Any]:
        """The only session, as `tankful sessions --json` has it."""
        done = subprocess.run(
            [sys.executable, "-m", "tray.cli", "sessions", "--json"],
            env=environ,
            capture_output=True,
            check=True,
            timeout=60,
        )
        (session,) = json.loads(done.stdout)["sessions"]
        found: dict[str, Any] = session
        return found

    def written(self) -> str:
        """All of it."""
        files = [path for path in self.own.rglob("*") if path.is_file()]
        return "\n".join(path.read_text(errors="replace") for path in files)


def pressed(screen: Terminal, key: str, taken: Callable[[], bool]) -> None:
    """A dialog that has just opened takes no keys yet: the key is pressed again until it was taken."""

    def is_taken() -> bool:
        if not taken():
            screen.types(key)
        ends = time.monotonic() + 1
        screen.until(lambda: taken() or time.monotonic() > ends, "")
        return taken()

    screen.until(is_taken, f"{key!r} was never taken")
