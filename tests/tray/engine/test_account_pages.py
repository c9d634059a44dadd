"""A running engine asks for account pages beside its polls; a second one does not ask again within the hour."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.fake_chatgpt import account_pages, fake_chatgpt, says, usage_now
from tests.homes import SECRETS, make_home
from tests.programs import started

DEADLINE = 60.0


def test_they_are_published_and_asked_for_once_over_a_restart(tmp_path: Path) -> None:
    snapshot = tmp_path / "own/state/snapshot.json"

    def pages() -> Any:
        try:
            return json.loads(snapshot.read_bytes())["providers"][0]["plan_limit_history"]
        except (OSError, ValueError, LookupError):
            return None

    with fake_chatgpt() as server:
        server.answer = says(usage_now())
        server.pages = {path: says(sent) for path, sent in account_pages(datetime.now(UTC).date()).items()}
        home = make_home(tmp_path / "home", base=server.base)
        environ = os.environ | {
            "CODEX_HOME": str(home),
            "CLAUDE_CONFIG_DIR": str(tmp_path / "none"),
            "TANKFUL_HOME": str(tmp_path / "own"),
        }
        for _ in range(2):
            command = [sys.executable, "-m", "tray.cli", "--headless"]
            with started(command, env=environ, cwd=Path(__file__).parents[3], stderr=subprocess.DEVNULL):
                ends = time.monotonic() + DEADLINE
                while pages() is None and time.monotonic() < ends:
                    time.sleep(0.1)
                assert len(pages()["windows"]) == 2
            snapshot.unlink()
        assert len(server.asked_pages) == 3
        files = [file for file in (tmp_path / "own").rglob("*") if file.is_file()]
        assert not [file for file in files for secret in SECRETS if secret.encode() in file.read_bytes()]
