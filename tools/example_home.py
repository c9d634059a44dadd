"""The homes of a person who has used both CLIs for four months, with made-up logs and limits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from providers.host.files import Folders
from tests.bench.make_logs import make
from tests.tray.faces.page.asking import served
from tools.example_states import CLAUDE, CODEX, NOW, state
from tray.engine.costs import Costs
from tray.engine.publish import SnapshotFile
from tray.engine.scope import Scope
from tray.faces.page.service import PageService

_MONTHS = 2  # of 60 days each
_BYTES = {"codex": 9_000_000, "claude": 6_000_000}
_FILES = 80


def example_home(folder: Path, *, logs: bool = True) -> Scope:
    """Everything of this person lies below the folder; the clock stands still."""
    homes = {"codex": folder / ".codex", "claude": folder / ".claude"}
    if logs:
        for provider, home in homes.items():
            for number in range(_MONTHS):
                until = (NOW + timedelta(days=1 - 60 * number)).date()
                make(provider, _BYTES[provider], _FILES, home, seed=number + 1, until=until)
    folders = Folders(settings=folder / "own", state=folder / "own/state", cache=folder / "own/cache")
    environ = {
        "HOME": str(folder),
        "CODEX_HOME": str(homes["codex"]),
        "CLAUDE_CONFIG_DIR": str(homes["claude"]),
    }
    scope = Scope(environ, folders, ZoneInfo("Europe/Berlin"), clock=lambda: NOW)
    folders.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    usages = (replace(CODEX, homes=(str(homes["codex"]),)), replace(CLAUDE, homes=(str(homes["claude"]),)))
    now = state(*usages)
    SnapshotFile(folders.state, "tray", clock=lambda: NOW)(now, now)
    return scope


@contextmanager
def served_home(folder: Path, *, logs: bool = True) -> Iterator[PageService]:
    """The page of this person, on a port of its own, when all is counted."""
    scope = example_home(folder, logs=logs)
    costs = Costs(scope)
    costs.count()
    with served(scope, costs) as service:
        yield service
