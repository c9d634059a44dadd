"""Several machines, each with logs of its own, whose exports are added up."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tray.cli.main import main

FIXTURES = Path(__file__).parents[2] / "fixtures"
SINCE = ("--since", "2026-11-01", "--until", "2026-11-30", "--timezone", "UTC")


class Machines:
    """Each a folder of its own; `run` is on one of them."""

    def __init__(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[bytes]
    ) -> None:
        self.folder = folder
        self.err = ""
        self._monkeypatch = monkeypatch
        self._capture = capture
        self.logs = sorted(
            path
            for name in ("plain", "cache_write")
            for path in (FIXTURES / "codex/0.169.0" / name).rglob("rollout-*.jsonl")
        )
        self.transcripts = sorted((FIXTURES / "claude").glob("*/*/home/projects/**/*.jsonl"))

    def give(self, machine: str, *logs: Path) -> None:
        """Rollouts or transcripts; a folder for them also where there are none."""
        sessions = self.folder / machine / "codex/sessions"
        sessions.mkdir(parents=True, exist_ok=True)
        for log in logs:
            inside = str(log).partition("/home/projects/")[2]
            place = self.folder / machine / "claude/projects" / inside if inside else sessions / log.name
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(log, place)

    def run(self, machine: str, *arguments: str, code: int = 0) -> bytes:
        home = self.folder / machine
        for name, value in {"HOME": "", "TANKFUL_HOME": "own", "CODEX_HOME": "codex"}.items():
            self._monkeypatch.setenv(name, str(home / value))
        self._monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(home / "claude"))
        try:
            found = main(list(arguments))
        except SystemExit as ended:
            found = int(str(ended.code))
        out, err = self._capture.readouterr()
        self.err = err.decode()
        assert found == code, self.err
        return out

    def export(self, machine: str, *arguments: str, form: str = "csv", what: str = "responses") -> Path:
        file = self.folder / f"{machine}.{form}"
        command = ("export", "--what", what, "--format", form, "--machine", machine, *arguments)
        file.write_bytes(self.run(machine, *command))
        return file

    def cost(self, machine: str, *arguments: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run(machine, "cost", "--json", *SINCE, *arguments))
        return found


def figures(document: dict[str, Any], provider: str = "codex") -> Any:
    """Without the places where the logs are."""
    found = document["providers"][provider]
    return document["totals"], [found[name] for name in ("totals", "by_model", "by_day", "month_to_date_usd")]
