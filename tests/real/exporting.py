"""A person with logs, a limit history and hostile names, whose exports real programs read."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

from providers.domain.limits import Account, AccountUsage, RateWindow, Sourced
from providers.ledger import index, logins
from providers.ledger.database import opened, transaction
from providers.ledger.ledger import Ledger
from providers.ledger.logins import SeenLogin
from tests.tray.faces.published import ROOT, Folder

LOGS = ROOT / "tests/fixtures/codex/0.169.0/plain/home"
NAMES = (
    '=HYPERLINK("http://x";"a"),\n@SUM(1)',
    "+1\x1b[31m",
    "-2\t3",
    " @x",
    "a,b;c\u202ed 日本",
    "'quoted'",
    "ordinary",
)
"""One for the project of each of several homes."""


class Exporting(Folder):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        for number, name in enumerate(NAMES):
            shutil.copytree(LOGS, folder / f"codex{number}")
            for log in (folder / f"codex{number}").rglob("*.jsonl"):
                lines = [json.loads(line) for line in log.read_text().splitlines()]
                for line in lines:
                    line["payload"] |= {"cwd": name} if "cwd" in line["payload"] else {}
                text = "".join(json.dumps(line) + "\n" for line in lines)
                # Other sessions, so that each counts.
                log.write_text(text.replace("019a", f"{number:04d}").replace("resp_", f"resp_{number}"))
        self.environ["CODEX_HOME"] = ",".join(str(folder / f"codex{number}") for number in range(len(NAMES)))

    def note(self, used: float, at: datetime, resets_at: datetime, window: str = "session") -> None:
        """A reading of a window."""
        value = RateWindow(
            id=window, title="5h", used_percent=used, duration=timedelta(hours=5), resets_at=resets_at
        )
        usage = AccountUsage(
            provider="codex",
            title="Codex",
            homes=(),
            account=Account(id="a1b2c3d4"),
            windows=(Sourced(value=value, source="oauth", fetched_at=at),),
        )
        Ledger(self.state / "ledger.sqlite3").limits.note(usage, at)

    def note_login(self) -> None:
        """Who was signed in to the homes all the time: no log of theirs says so."""
        with opened(self.state / "ledger.sqlite3", repair=True) as db, transaction(db):
            for home in self.environ["CODEX_HOME"].split(","):
                login = SeenLogin("a1b2c3d4", self.now - timedelta(days=9_999), self.now)
                logins.note(db, index.home_id(db, "codex", Path(home)), login)

    def note_a_day(self) -> None:
        """A window that ended early, and one that is open."""
        self.note_login()
        began = self.began = self.now.replace(second=0) - timedelta(hours=3)
        self.note(10, began, began + timedelta(hours=5))
        self.note(60, began + timedelta(hours=1), began + timedelta(hours=5))
        self.note(5, began + timedelta(hours=2), began + timedelta(hours=7))

    def file(self, *arguments: str) -> Path:
        """What is exported."""
        path = self.folder / f"{'-'.join(arguments).strip('-')}.txt"
        command = [sys.executable, "-m", "tray.cli", "export", "--timezone", "UTC", *arguments]
        with path.open("wb") as out:
            subprocess.run(command, env=self.environ, cwd=ROOT, stdout=out, check=True, timeout=60)
        return path

    def piped(self, line: str, programs: str) -> str:
        """What a line of shell prints in which `tankful` is this one, and others are in that folder."""
        tankful = self.folder / "bin/tankful"
        tankful.parent.mkdir()
        tankful.write_text(f'#!/bin/sh\ncd {ROOT} && exec {sys.executable} -m tray.cli "$@"\n')
        tankful.chmod(0o755)
        path = f"{tankful.parent}:{programs}:{self.environ['PATH']}"
        done = subprocess.run(
            ["sh", "-c", line],
            env=self.environ | {"PATH": path},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout
