from __future__ import annotations

import os
import stat
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tray.engine import hook_marks

NOW = 1_795_000_000.0


def marks(folder: Path) -> list[Path]:
    return sorted((folder / hook_marks.FOLDER).glob("turn-*"))


def test_a_turn_is_first_once(tmp_path: Path) -> None:
    assert hook_marks.is_first(str(tmp_path), "codex", "session", "turn")
    assert hook_marks.is_first(str(tmp_path), "codex", "session", "turn") is False
    assert hook_marks.is_first(str(tmp_path), "codex", "session", "other")
    assert hook_marks.is_first(str(tmp_path), "codex", "sessionturn", "")


def test_of_hooks_that_run_at_once_one_is_first(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: hook_marks.is_first(str(tmp_path), "turn"), range(64)))
    assert (found.count(True), found.count(False)) == (1, 63)


@pytest.mark.parametrize("ago", [-90_000, 90_000])
def test_old_turns_are_forgotten(tmp_path: Path, ago: float) -> None:
    hook_marks.is_first(str(tmp_path), "old")
    (old,) = marks(tmp_path)
    os.utime(old, (time.time() + ago,) * 2)
    hook_marks.is_first(str(tmp_path), "new")
    hook_marks.is_first(str(tmp_path), "newer")
    assert old not in marks(tmp_path)


def test_a_day_later_it_is_first_again(tmp_path: Path) -> None:
    hook_marks.is_first(str(tmp_path), "turn")
    (mark,) = marks(tmp_path)
    os.utime(mark, (time.time() - 90_000,) * 2)
    assert hook_marks.is_first(str(tmp_path), "turn")
    assert hook_marks.is_first(str(tmp_path), "turn") is False


def test_not_all_of_them_are_kept(tmp_path: Path) -> None:
    folder = tmp_path / hook_marks.FOLDER
    folder.mkdir()
    for number in range(600):
        (folder / f"turn-{number:04}").touch()
    hook_marks.is_first(str(tmp_path), "new")
    assert len(marks(tmp_path)) == 513


@pytest.mark.skipif(sys.platform == "win32", reason="it has no modes")
def test_nobody_else_can_read_them(tmp_path: Path) -> None:
    hook_marks.is_first(str(tmp_path), "turn")
    hook_marks.note(str(tmp_path), "codex", "~/.codex", "let pass", NOW)
    for path in (tmp_path / hook_marks.FOLDER, *(tmp_path / hook_marks.FOLDER).iterdir()):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077


def test_what_is_in_the_way(tmp_path: Path) -> None:
    (tmp_path / hook_marks.FOLDER).write_text("")
    assert hook_marks.is_first(str(tmp_path), "turn") is None
    with pytest.raises(OSError):  # noqa: PT011 - whichever
        hook_marks.note(str(tmp_path), "codex", "~/.codex", "let pass", NOW)


def test_an_answer_is_news_when_it_changes(tmp_path: Path) -> None:
    folder = str(tmp_path)
    assert hook_marks.note(folder, "codex", "~/.codex", "let pass", NOW)
    assert not hook_marks.note(folder, "codex", "~/.codex", "let pass", NOW + 60)
    path = hook_marks.path_of(folder, "codex", "~/.codex")
    assert os.stat(path).st_mtime == NOW + 60
    assert hook_marks.note(folder, "codex", "~/.codex", "too little left", NOW + 120)
    assert hook_marks.read(path) == {"home": "~/.codex", "outcome": "too little left"}
    assert hook_marks.note(folder, "codex", "~/other", "let pass", NOW)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"[" * 5000])
def test_a_damaged_note_is_made_anew(tmp_path: Path, content: bytes) -> None:
    hook_marks.note(str(tmp_path), "codex", "~/.codex", "let pass", NOW)
    path = Path(hook_marks.path_of(str(tmp_path), "codex", "~/.codex"))
    path.write_bytes(content)
    assert hook_marks.read(str(path)) is None
    assert hook_marks.note(str(tmp_path), "codex", "~/.codex", "let pass", NOW)
    assert hook_marks.read(str(path)) is not None


def test_hooks_at_once_with_different_outcomes(tmp_path: Path) -> None:
    """Each writes what is whole, and leaves nothing beside it."""
    outcomes = [f"let pass: {'long ' * number}" for number in range(64)]
    with ThreadPoolExecutor(8) as pool:
        notes = [
            pool.submit(hook_marks.note, str(tmp_path), "codex", "~/.codex", each, NOW) for each in outcomes
        ]
    assert all(each.result() for each in notes)
    (found,) = (tmp_path / hook_marks.FOLDER).iterdir()
    assert (hook_marks.read(str(found)) or {})["outcome"] in outcomes


def test_what_a_hook_did_not_finish_is_removed(tmp_path: Path) -> None:
    """Its deadline may end it anywhere."""
    folder = tmp_path / hook_marks.FOLDER
    path = Path(hook_marks.path_of(str(tmp_path), "codex", "~/.codex"))
    folder.mkdir()
    torn, current = folder / f".{path.name}.0a1b2c3d4e5f", folder / f".{path.name}.5f4e3d2c1b0a"
    torn.touch()
    current.touch()
    os.utime(torn, (time.time() - 120,) * 2)
    hook_marks.note(str(tmp_path), "codex", "~/.codex", "let pass", NOW)
    assert sorted(folder.iterdir()) == sorted([path, current])
