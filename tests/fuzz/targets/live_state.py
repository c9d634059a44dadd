"""Our own files on live sessions: the shared look, and what hooks recorded."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

from providers.domain.live import STATUSES
from providers.host.files import own_folders
from tests.fuzz import mutate
from tests.fuzz.run import Target, require
from tests.tray.engine.live.test_document import LOOK
from tray.engine.live import hook_records
from tray.engine.live.document import as_document
from tray.engine.live.shared import FILE, SharedLook

RECORD = {"session": "0199", "status": "approval", "tool": "Bash", "at": LOOK.at.timestamp(), "pid": 4711}


def targets(folder: Path) -> tuple[Target, ...]:
    state = own_folders({"TANKFUL_HOME": str(folder / "live")}).state
    shared = SharedLook(state)
    shared.write(LOOK)
    looks = [(state / FILE).read_bytes()]
    return (
        Target(
            name="sessions-json",
            make=mutate.of_json(looks),
            check=lambda raw: _check_shared(state, raw),
        ),
        Target(
            name="hook-records",
            make=mutate.of_json([json.dumps(RECORD).encode()]),
            check=lambda raw: _check_record(state, raw),
        ),
    )


def _check_shared(state: Path, content: bytes) -> None:
    """What is damaged is no look; what is one can be written again, and removed."""
    (state / FILE).write_bytes(content)
    shared = SharedLook(state)
    found = shared.read(LOOK.at, timedelta(days=1))
    if found is not None:
        require(bool(json.dumps(as_document(found))), "it cannot be written again")
    shared.remove()


def _check_record(state: Path, content: bytes) -> None:
    folder = state / hook_records.FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "codex-0.json").write_bytes(content)
    found = hook_records.read(str(state), LOOK.at)
    require(all(each.status in STATUSES for each in found.values()), "a status that there is not")
