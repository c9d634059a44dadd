from __future__ import annotations

import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.ledger.discover import LogFinder

LONG_AGO = (1_600_000_000, 1_600_000_000)


def is_log(name: str) -> bool:
    return name.endswith(".jsonl")


def put(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    return path


def find(home: Path, *folders: str) -> tuple[list[str], list[str]]:
    logs, unreadable = LogFinder(home, folders, is_log).find()
    return [log.path for log in logs], unreadable


def test_logs_are_found_through_links_and_once(tmp_path: Path) -> None:
    real = put(tmp_path / "elsewhere" / "logs" / "2026" / "11" / "a.jsonl")
    put(tmp_path / "elsewhere" / "logs" / "notes.txt")
    home = tmp_path / "home"
    home.symlink_to(tmp_path / "elsewhere")
    (real.parent / "loop").symlink_to(tmp_path / "elsewhere")
    (real.parent / "twin.jsonl").hardlink_to(real)
    assert find(home, "logs", "archive") == ([str(home / "logs/2026/11/a.jsonl")], [])


def test_what_is_no_file_is_no_log(tmp_path: Path) -> None:
    inner = put(tmp_path / "logs" / "x.jsonl" / "inner.jsonl")
    os.mkfifo(tmp_path / "logs" / "pipe.jsonl")
    dangling = tmp_path / "logs" / "dangling.jsonl"
    dangling.symlink_to(tmp_path / "nowhere")
    assert find(tmp_path, "logs") == ([str(inner)], [str(dangling)])


@pytest.mark.parametrize("others", [0, 30], ids=["few", "many"])
def test_few_logs_of_a_folder_are_found_as_many_are(tmp_path: Path, others: int) -> None:
    """Many are reached from their folder, few by their paths."""
    logs = tmp_path / "logs"
    real = put(tmp_path / "elsewhere" / "b.jsonl")
    expected = [put(logs / f"{number:02}.jsonl") for number in range(others)]
    (logs / "a.jsonl").mkdir(parents=True)
    (logs / "b.jsonl").symlink_to("../elsewhere/b.jsonl")
    (logs / "c.jsonl").hardlink_to(real)
    (logs / "d.jsonl").symlink_to("nowhere")
    put(logs / "e.jsonl").write_bytes(b"12345")
    expected += [logs / "b.jsonl", logs / "e.jsonl"]
    found, unreadable = LogFinder(tmp_path, ["logs"], is_log).find()
    assert ([log.path for log in found], unreadable) == ([*map(str, expected)], [str(logs / "d.jsonl")])
    stamps = [(status.st_ino, status.st_size, status.st_mtime_ns) for status in map(os.stat, expected)]
    assert [(log.inode, log.size, log.mtime_ns) for log in found] == stamps


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may look into every folder")
def test_a_folder_that_cannot_be_listed_is_reported(tmp_path: Path) -> None:
    put(tmp_path / "logs" / "a.jsonl")
    closed = put(tmp_path / "logs" / "closed" / "b.jsonl").parent
    closed.chmod(0o300)
    try:
        assert find(tmp_path, "logs") == ([str(tmp_path / "logs" / "a.jsonl")], [str(closed)])
    finally:
        closed.chmod(0o700)


def test_a_home_that_is_a_file_is_reported(tmp_path: Path) -> None:
    put(tmp_path / "logs")
    assert find(tmp_path, "logs") == ([], [str(tmp_path / "logs")])
    assert find(tmp_path / "missing", "logs") == ([], [])


def test_a_link_in_a_circle_hides_nothing(tmp_path: Path) -> None:
    real = put(tmp_path / "logs" / "a.jsonl")
    (tmp_path / "logs" / "loop").symlink_to("loop")
    (tmp_path / "logs" / "loop.jsonl").symlink_to("loop.jsonl")
    assert find(tmp_path, "logs") == ([str(real)], [str(tmp_path / "logs" / "loop.jsonl")])


def test_another_tree_in_the_place_of_one_is_seen_by_its_folders(tmp_path: Path) -> None:
    """As old as the other, to the nanosecond."""
    for tree in ("one", "other"):
        put(tmp_path / tree / "logs" / f"{tree}.jsonl")
        os.utime(tmp_path / tree / "logs", LONG_AGO)
    home = tmp_path / "home"
    home.symlink_to("one")
    finder = LogFinder(home, ["logs"], is_log)
    assert [Path(log.path).name for log in finder.find()[0]] == ["one.jsonl"]
    home.unlink()
    home.symlink_to("other")
    assert [Path(log.path).name for log in finder.find()[0]] == ["other.jsonl"]


def test_a_link_that_leads_somewhere_later_is_followed_then(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "disk").symlink_to(tmp_path / "mounted later")
    os.utime(logs, LONG_AGO)
    finder = LogFinder(tmp_path, ["logs"], is_log)
    assert [list(each) for each in finder.find()] == [[], []]
    put(tmp_path / "mounted later" / "a.jsonl")
    assert [log.path for log in finder.find()[0]] == [str(logs / "disk" / "a.jsonl")]


class Listings:
    """Notes the files whose names a finder asks about: once for each listing."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def is_log(self, name: str) -> bool:
        self.names.append(name)
        return is_log(name)

    def taken(self) -> list[str]:
        names, self.names = sorted(self.names), []
        return names


def test_only_a_folder_that_changed_is_listed_again(tmp_path: Path) -> None:
    first, second = put(tmp_path / "logs/1/a.jsonl"), put(tmp_path / "logs/2/b.jsonl")
    for folder in (first.parent, second.parent, tmp_path / "logs"):
        os.utime(folder, LONG_AGO)
    now, listings = 0.0, Listings()
    finder = LogFinder(tmp_path, ["logs"], listings.is_log, lambda: now)
    assert len(finder.find()[0]) == 2
    assert listings.taken() == ["a.jsonl", "b.jsonl"]
    first.write_bytes(b"grown")
    assert [log.size for log in finder.find()[0] if log.path == str(first)] == [5]
    assert listings.taken() == []
    third = put(tmp_path / "logs/1/c.jsonl")
    assert str(third) in [log.path for log in finder.find()[0]]
    assert listings.taken() == ["a.jsonl", "c.jsonl"]
    os.utime(first.parent, LONG_AGO)
    finder.find()
    listings.taken()
    now = 700.0  # not every file system keeps a folder's time
    finder.find()
    assert listings.taken() == ["a.jsonl", "b.jsonl", "c.jsonl"]


DEEDS = st.lists(
    st.tuples(
        st.sampled_from(["put", "remove", "move", "folder", "link", "age", "find"]),
        st.integers(0, 3),
        st.integers(0, 3),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(DEEDS)
def test_a_finder_of_long_standing_finds_what_a_new_one_does(deeds: list[tuple[str, int, int]]) -> None:
    with TemporaryDirectory() as name:
        home = Path(name)
        logs = home / "logs"
        logs.mkdir()
        finder = LogFinder(home, ["logs"], is_log)
        for deed, one, other in deeds:
            path = logs / str(one) / f"{other}.jsonl"
            target = logs / str(other) / f"{one}.jsonl"
            if deed == "put" and not path.is_symlink():
                put(path)
            elif deed == "remove":
                path.unlink(missing_ok=True)
            elif deed == "move" and path.exists() and target.parent.exists() and not target.is_dir():
                path.replace(target)
            elif deed == "folder":
                shutil.rmtree(logs / str(one), ignore_errors=True)
            elif deed == "link" and not path.exists() and not path.is_symlink() and path.parent.exists():
                path.symlink_to(target)
            elif deed == "age":
                for folder in (*logs.iterdir(), logs):
                    os.utime(folder, LONG_AGO)
            assert finder.find() == LogFinder(home, ["logs"], is_log).find()
