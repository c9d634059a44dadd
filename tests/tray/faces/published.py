"""A state folder with a snapshot in it, for the faces that read one."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from msgspec.structs import replace

from providers.domain.limits import Account, AccountUsage, RateWindow, Sourced, UsageSnapshot
from tray.engine.publish import SnapshotFile
from tray.engine.state import State

ROOT = Path(__file__).parents[3]
WHEN = r"(?:at|on [A-Z][a-z]{2}) \d{2}:\d{2}"
"""A moment of the next hours: which day that is depends on when the test runs."""


class Folder:
    """Of a person whose limits were published, at `now`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "own/state"
        self.now = datetime.now(UTC).replace(microsecond=0)
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "TANKFUL_HOME": str(folder / "own"),
            "CODEX_HOME": str(folder / "codex"),
            "CLAUDE_CONFIG_DIR": str(folder / "claude"),
            "TZ": "UTC",
            "TANKFUL_STATUS_URL": "http://127.0.0.1:9",
        }

    def window(
        self, used: float, *, ident: str = "session", title: str = "5h", **more: Any
    ) -> Sourced[RateWindow]:
        values = {"duration": timedelta(hours=5), "resets_at": self.now + timedelta(hours=2), **more}
        window = RateWindow(id=ident, title=title, used_percent=used, **values)
        return Sourced(value=window, source="oauth", fetched_at=self.now)

    def account(self, *windows: Sourced[RateWindow], provider: str = "codex", **more: Any) -> AccountUsage:
        known = AccountUsage(
            provider=provider,
            title=provider.title(),
            homes=(f"~/.{provider}",),
            account=Account(id="a1b2c3d4", email="dev@example.com", plan="pro"),
            windows=windows,
        )
        return replace(known, **more)

    def publish(
        self,
        *accounts: AccountUsage,
        at: datetime | None = None,
        state: State = State(),  # noqa: B008
        kind: Literal["tray", "command"] = "tray",
    ) -> None:
        snapshot = UsageSnapshot(generated_at=self.now, accounts=accounts)
        SnapshotFile(self.state, kind, lambda: at or self.now)(State(), replace(state, snapshot=snapshot))

    def run(self, *arguments: str, code: int = 0) -> str:
        """What the command prints."""
        done = self.start(*arguments)
        assert done.returncode == code, done.stderr
        return done.stdout

    def start(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self._python("-m", "tray.cli", *arguments)

    def loaded_by(self, *arguments: str, patch: str = "", printed: str) -> set[str]:
        """The top-level modules that the command imports; `patch` is code to run before it."""
        program = (
            f"import sys; before = set(sys.modules); sys.argv[1:] = {list(arguments)}\n"
            "from tray.cli.main import main\n"
            f"{patch}\n"
            "main()\n"
            "sys.stderr.write(' '.join(sorted({name.partition('.')[0] for name in set(sys.modules) - before})))"
        )
        done = self._python("-c", program)
        assert (done.returncode, done.stdout) == (0, printed), done.stderr
        return set(done.stderr.split())

    def _python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            env=self.environ,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )


def until(true: Any, what: str, seconds: float = 20.0) -> None:
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, what
        time.sleep(0.05)
