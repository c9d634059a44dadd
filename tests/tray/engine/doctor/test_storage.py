"""What tankful keeps, as a report has it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from providers.ledger.database import opened
from tests.tray.engine.test_engine import scope_of
from tests.tray.faces.published import Folder
from tray.engine.doctor import storage
from tray.engine.single_instance import SingleInstance


def test_an_engine_that_runs_and_one_that_ran(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    assert storage.engine(folder.state).published_at is None
    folder.publish(folder.account())
    found = storage.engine(folder.state)
    assert (found.kind, found.pid, found.published_at) == ("tray", os.getpid(), folder.now)
    if sys.platform == "win32":
        return
    assert found.running is False
    instance = SingleInstance(folder.state)
    assert instance.acquire()
    assert storage.engine(folder.state).running is True
    instance.release()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"owner": 5}',
        '{"schema": "tankful.snapshot/1", "providers": [], "owner": {"pid": "x", "kind": "<b>"}}',
        '{"schema": "tankful.snapshot/1", "providers": [], "owner": [], "generated_at": 5}',
    ],
)
def test_a_snapshot_that_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "snapshot.json").write_text(text)
    found = storage.engine(tmp_path)
    assert (found.kind, found.pid, found.published_at) == (None, None, None)


def test_a_ledger(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    assert storage.ledger(path, ("codex",)).exists is False
    assert not path.exists()
    with opened(path, repair=True):
        pass
    found = storage.ledger(path, ("codex",))
    assert (found.files, found.sound, found.complete, found.error) == (0, True, {"codex": None}, None)
    assert found.bytes > 0
    path.write_bytes(b"no database" * 100)
    found = storage.ledger(path, ("codex",))
    assert found.error is not None
    assert "damaged" in found.error
    path.write_bytes(b"")
    assert storage.ledger(path, ("codex",)).error == "It is empty, although logs were counted."


def test_settings_name_lines_and_no_words(tmp_path: Path) -> None:
    scope = scope_of(tmp_path)
    assert storage.settings(scope).exists is False
    scope.folders.settings.mkdir(parents=True)
    (scope.folders.settings / "settings.toml").write_text("\nmy-secret = 1\n")
    assert storage.settings(scope).problem == "line 2 not valid"
    (scope.folders.settings / "settings.toml").write_bytes(b"\xff")
    assert "is not text" in (storage.settings(scope).problem or "")


@pytest.mark.skipif(sys.platform == "win32", reason="modes")
def test_folders(tmp_path: Path) -> None:
    scope = scope_of(tmp_path)
    scope.folders.state.mkdir(parents=True)
    scope.folders.state.chmod(0o750)
    scope.folders.cache.write_text("in the way")
    settings, state, cache = storage.folders(scope)
    assert (settings.exists, settings.writable) == (True, True)
    assert (state.mode, state.writable) == ("0750", True)
    assert (cache.exists, cache.writable) == (False, False)


def test_the_last_transitions_of_the_log(tmp_path: Path) -> None:
    assert storage.log(tmp_path).exists is False
    at = "2026-11-20T12:00:00Z"
    (tmp_path / "tankful.log.1").write_text("".join(f"{at} INFO old {n}\n" for n in range(8)))
    lines = [f"{at} WARNING new {n}" for n in range(5)]
    strange = ["2026-11-20 12:00:00,123 WARNING tray: access-secret", "Traceback", f"{at} DEBUG no"]
    faults = [f"{at} ERROR could not draw: KeyError at x:1 f", "2026-11-21T12:00:00Z ERROR x"]
    (tmp_path / "tankful.log").write_text("\n".join((*lines, *strange, *faults, "")))
    found = storage.log(tmp_path)
    assert found.transitions == (
        *(f"{at} old {n}" for n in range(3, 8)),
        *(f"{at} new {n}" for n in range(5)),
    )
    assert (found.faults, found.last_fault) == (2, "2026-11-21T12:00:00Z")
