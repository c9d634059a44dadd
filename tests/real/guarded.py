"""tankful as the guard of a real CLI: what it knows of the limits is what a test publishes."""

from __future__ import annotations

import json
import shlex
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.tray.faces.published import ROOT, Folder
from tray.engine.brief_log import FILE


class Guard:
    """Of a CLI whose home has this label. `notices` are the notices that the person's own program got."""

    def __init__(self, folder: Path, provider: str, home: str) -> None:
        self.published = Folder(folder)
        self.provider = provider
        self.home = home
        self._notices = folder / "notices"
        self._notices.mkdir()
        program = folder / "notify"
        program.write_text(f'#!/bin/sh\ncat > "$(mktemp -p {self._notices} notice-XXXXXX)"\n')
        program.chmod(0o755)
        own = folder / "own"
        own.mkdir(mode=0o700)
        (own / "settings.toml").write_text(f'[notify]\ncommand = "{program}"\n')
        self.has_left(60)

    @property
    def environ(self) -> dict[str, str]:
        return {"TANKFUL_HOME": self.published.environ["TANKFUL_HOME"], "PYTHONPATH": str(ROOT)}

    def hooks(self, *events: str, arguments: str = "") -> dict[str, Any]:
        """As both CLIs take them."""
        command = (
            f"{shlex.quote(sys.executable)} -m tray.cli guard --hook {self.provider} {arguments}".strip()
        )
        entry = {"hooks": [{"type": "command", "command": command, "timeout": 5}]}
        return {"hooks": {event: [entry] for event in events}}

    def has_left(self, left: float) -> None:
        window = self.published.window(100 - left)
        self.published.publish(self.published.account(window, provider=self.provider, homes=(self.home,)))

    def is_reset(self) -> None:
        """The window that was spent has ended since; nobody has read the new one yet."""
        ended = self.published.window(100, resets_at=self.published.now - timedelta(seconds=1))
        self.published.publish(self.published.account(ended, provider=self.provider, homes=(self.home,)))
        (self.published.state / "round.started").touch()

    @property
    def notices(self) -> list[dict[str, Any]]:
        return [json.loads(path.read_text()) for path in self._notices.iterdir() if path.stat().st_size]

    @property
    def log(self) -> str:
        return (self.published.state / FILE).read_text()
