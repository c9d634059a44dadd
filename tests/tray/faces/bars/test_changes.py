"""Waiting for files without looking at them."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tray.faces.bars import changes
from tray.faces.bars.changes import FileChanges, PeerGone

NAMES = ("one", "two")
Open = Callable[[], FileChanges]


@pytest.fixture(params=["inotify", "looks"])
def opened(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    if request.param == "inotify" and sys.platform != "linux":
        pytest.skip("Linux has inotify")
    monkeypatch.setattr(changes, "LOOK_SECONDS", 0.05)
    made: list[FileChanges] = []

    def make() -> FileChanges:
        notify = None if request.param == "inotify" else lambda _: None
        made.append(FileChanges(str(tmp_path), NAMES, None, notify))
        return made[-1]

    yield make
    for each in made:
        each.__exit__(None, None, None)


def soon(work: Callable[[], object]) -> None:
    threading.Timer(0.1, work).start()


def replaced(folder: Path, name: str) -> None:
    (folder / "temporary").write_text(str(time.time_ns()))
    (folder / "temporary").replace(folder / name)


def test_the_first_change_is_named_without_a_rest(
    opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "REST_SECONDS", 60)
    waiting = opened()
    soon(lambda: replaced(tmp_path, "one"))
    began = time.monotonic()
    assert waiting.wait(60) == {"one"}
    assert time.monotonic() - began < 20


def test_it_names_what_was_written(opened: Open, tmp_path: Path) -> None:
    waiting = opened()
    soon(lambda: replaced(tmp_path, "one"))
    assert waiting.wait(10) == {"one"}
    (tmp_path / "two").write_text("x")
    assert waiting.wait(10) == {"two"}
    soon((tmp_path / "one").unlink)
    assert waiting.wait(10) == {"one"}


def test_other_files_are_nothing(opened: Open, tmp_path: Path) -> None:
    waiting = opened()
    for number in range(10):
        (tmp_path / f"other{number}").write_text("x")
    assert waiting.wait(0.3) == set()


@pytest.mark.skipif(sys.platform == "win32", reason="there an open folder cannot be removed")
def test_a_folder_that_is_another_one_is_noticed_also_while_somebody_has_the_old_one_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "REST_SECONDS", 0.05)
    monkeypatch.setattr(changes, "LOOK_SECONDS", 0.05)
    folder = tmp_path / "state"
    folder.mkdir()
    replaced(folder, "one")
    held = os.open(folder, os.O_RDONLY)
    try:
        with FileChanges(str(folder), NAMES, None) as waiting:
            (folder / "one").unlink()
            folder.rmdir()
            assert "one" in waiting.wait(20)
            folder.mkdir()
            while waiting.wait(0.3):  # the names of what is gone
                pass
            soon(lambda: replaced(folder, "two"))
            assert waiting.wait(20) == {"two"}
    finally:
        os.close(held)


def test_what_was_written_before_the_wait_counts(opened: Open, tmp_path: Path) -> None:
    waiting = opened()
    replaced(tmp_path, "one")
    assert waiting.wait(0) == {"one"}


def test_many_writes_wake_once_a_second(opened: Open, tmp_path: Path) -> None:
    waiting, ended = opened(), threading.Event()

    def write() -> None:
        while not ended.wait(0.01):
            replaced(tmp_path, "one")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        began = time.monotonic()
        assert [waiting.wait(10) for _ in range(3)] == [{"one"}] * 3
        assert time.monotonic() - began > 2 * changes.REST_SECONDS
    finally:
        ended.set()
        writer.join()


@pytest.mark.skipif(sys.platform != "linux", reason="Linux has inotify")
@pytest.mark.parametrize("by", ["rename", "delete"])
def test_another_folder_in_its_place(tmp_path: Path, by: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "LOOK_SECONDS", 0.05)
    folder = tmp_path / "folder"
    folder.mkdir()
    with FileChanges(str(folder), NAMES, None) as waiting:
        if by == "rename":
            folder.rename(tmp_path / "away")
        else:
            folder.rmdir()
        assert waiting.wait(10) == {"one", "two"}, "whatever was there is gone"
        folder.mkdir()
        replaced(folder, "one")
        assert waiting.wait(10) == {"one"}
        replaced(folder, "two")
        assert waiting.wait(10) == {"two"}


@pytest.mark.skipif(sys.platform == "win32", reason="this system does not tell of it")
def test_the_end_of_a_reader_is_heard_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "REST_SECONDS", 60)
    monkeypatch.setattr(changes, "LOOK_SECONDS", 60)
    reader, writer = os.pipe()
    with FileChanges(str(tmp_path), NAMES, writer) as waiting:
        soon(lambda: os.close(reader))
        began = time.monotonic()
        with pytest.raises(PeerGone):
            waiting.wait(60)
        assert time.monotonic() - began < 20
    os.close(writer)


def test_no_folder_at_all(tmp_path: Path) -> None:
    with FileChanges(str(tmp_path / "missing"), NAMES, None) as waiting:
        assert waiting.wait(0.01) == set()
