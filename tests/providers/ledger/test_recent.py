"""A look at the recent logs says what a full walk would, for what it promises to look at."""

from __future__ import annotations

import os
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.claude.logs.format import Transcripts
from providers.codex.logs.format import ROLLOUTS
from providers.ledger.discover import Finders, LogFile, LogFinder

DAY_NS = 24 * 3600 * 10**9
NOW_NS = time.time_ns()


def is_log(name: str) -> bool:
    return name.endswith(".jsonl")


class House:
    """A home with logs of chosen ages, and one finder whose clocks stand still until told otherwise."""

    def __init__(self, home: Path, **more: tuple[str, ...]) -> None:
        self.home = home
        self.seconds, self.now_ns = 0.0, NOW_NS
        self.finder = LogFinder(
            home, ["logs", "archive"], is_log, lambda: self.seconds, now_ns=lambda: self.now_ns, **more
        )

    def put(self, name: str, days_ago: float = 0, content: bytes = b"") -> Path:
        """Its folder is new then, by the real clock: `settle` makes it old."""
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        age(path, days_ago)
        return path

    def settle(self, days_ago: float = 9) -> None:
        """All folders are as old as this."""
        for folder in (path for path in self.home.rglob("*") if path.is_dir()):
            age(folder, days_ago)

    def recent(self, days: float = 1) -> list[str]:
        return [Path(log.path).name for log in self.finder.recent(NOW_NS - int(days * DAY_NS))]

    def all(self) -> list[LogFile]:
        """By a walk that can read everything."""
        logs, unreadable = self.finder.find()
        assert unreadable == []
        return list(logs)

    def later(self) -> None:
        """So much that the next look is a walk."""
        self.seconds += 301


def age(path: Path, days_ago: float) -> None:
    at_ns = NOW_NS - int(days_ago * DAY_NS)
    os.utime(path, ns=(at_ns, at_ns))


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_the_newest_comes_first_and_nothing_is_older_than_asked(house: House) -> None:
    house.put("logs/old.jsonl", 40)
    house.put("logs/2026/new.jsonl", 0.1)
    house.put("archive/newer.jsonl", 0.05)
    assert house.recent() == ["newer.jsonl", "new.jsonl"]
    assert house.recent(60) == ["newer.jsonl", "new.jsonl", "old.jsonl"]
    assert house.recent(0.07) == ["newer.jsonl"]


def test_answers_are_equal_as_long_as_nothing_changes(house: House) -> None:
    for number in range(5):
        house.put(f"logs/{number}/a.jsonl", number / 10)
    first = house.finder.recent(0)
    assert first == house.finder.recent(0)
    house.later()
    assert first == house.finder.recent(0)
    house.finder.find()
    assert first == house.finder.recent(0) == LogFinder(house.home, ["logs"], is_log).recent(0)


def test_a_recent_log_that_grew_or_went_shows_at_once(house: House) -> None:
    path = house.put("logs/2026/10/01/a.jsonl", 0.5)
    house.put("logs/2026/10/02/b.jsonl", 0.2)
    house.settle()
    before = house.finder.recent(0)
    house.put("logs/2026/10/01/a.jsonl", 0.1, b"grown")
    house.settle()
    newest, other = house.finder.recent(0)
    assert (newest.path, newest.size, other) == (str(path), 5, before[0])
    path.unlink()
    house.settle()
    assert house.recent() == ["b.jsonl"]


@pytest.mark.parametrize("days_ago", [0.1, 5])
@pytest.mark.parametrize(
    "name", ["logs/2026/10/09/b.jsonl", "logs/2026/10/10/b.jsonl", "logs/2027/01/01/b.jsonl"]
)
def test_a_new_session_shows_at_once(house: House, name: str, days_ago: float) -> None:
    """Also where nothing was written for days: the folders that lead to the newest log are looked at."""
    house.put("logs/2026/10/09/a.jsonl", days_ago)
    house.settle()
    house.recent()
    house.put(name)
    assert house.recent()[0] == "b.jsonl"


def test_the_first_log_of_all_shows_at_once(house: House) -> None:
    assert house.recent() == []
    house.put("archive/a.jsonl")
    assert house.recent() == ["a.jsonl"]


def test_an_old_log_in_an_old_folder_waits_for_the_next_walk(house: House) -> None:
    house.put("logs/2026/10/01/old.jsonl", 3)
    house.put("logs/2026/10/09/newer.jsonl", 2)
    house.settle()
    house.recent()
    house.put("logs/2026/10/01/old.jsonl", 0, b"grown")
    house.put("logs/2026/10/01/new.jsonl", 0)
    house.seconds += 300
    assert house.recent() == []
    house.later()
    assert house.recent() == ["old.jsonl", "new.jsonl"]


def test_what_is_recent_again_since_the_clock_was_set_back_shows_at_once(house: House) -> None:
    log = house.put("logs/2026/older.jsonl", 1.5)
    house.settle(1.5)
    assert house.recent() == []
    house.now_ns -= DAY_NS
    assert house.recent(1.9) == ["older.jsonl"]
    log.unlink()
    other = house.put("logs/2026/other.jsonl", 1.4)
    house.settle(1.4)
    assert house.recent(1.9) == ["other.jsonl"]
    house.now_ns += DAY_NS
    other.write_bytes(b"more")
    age(other, 1.3)
    assert house.recent(1.9) == ["other.jsonl"]


def test_a_walk_by_another_user_of_the_finder_counts(house: House) -> None:
    house.put("logs/a/old.jsonl", 3)
    house.put("logs/b/newer.jsonl", 2)
    house.settle()
    house.recent()
    house.put("logs/a/old.jsonl", 0, b"grown")
    house.finder.find()
    assert house.recent() == ["old.jsonl"]


def test_an_old_log_that_is_replaced_by_renaming_shows_at_once(house: House) -> None:
    """As programs write a document whole: the old inode lives until the new one has its name."""
    house.put("logs/a/old.jsonl", 3)
    house.settle()
    house.recent()
    house.put("logs/a/new.tmp", 0, b"whole").rename(house.home / "logs/a/old.jsonl")
    assert house.recent() == ["old.jsonl"]


@pytest.mark.parametrize("days_ago", [0.5, 3])
def test_a_log_that_is_archived_is_one_log(house: House, days_ago: float) -> None:
    path = house.put("logs/2026/10/01/a.jsonl", days_ago)
    house.put("logs/2026/10/09/newest.jsonl", 0.1)
    house.settle()
    house.recent()
    (house.home / "archive").mkdir()
    path.rename(house.home / "archive/a.jsonl")
    age(path.parent, 9)
    assert [log.path for log in house.finder.recent(0)][1:] == [str(house.home / "archive/a.jsonl")]


def test_a_second_name_for_a_log_is_no_second_log(house: House) -> None:
    path = house.put("logs/2026/a.jsonl")
    house.recent()
    (path.parent / "twin.jsonl").hardlink_to(path)
    (house.home / "logs/2026/link.jsonl").symlink_to(path)
    (house.home / "archive").symlink_to(house.home / "logs")
    assert house.recent() == house.recent() == ["a.jsonl"]


def test_another_tree_in_the_place_of_one_is_seen(tmp_path: Path) -> None:
    for tree in ("one", "other"):
        House(tmp_path / tree).put(f"logs/2026/{tree}.jsonl")
    (tmp_path / "home").symlink_to("one")
    house = House(tmp_path / "home")
    assert house.recent() == ["one.jsonl"]
    (tmp_path / "home").unlink()
    (tmp_path / "home").symlink_to("other")
    assert house.recent() == ["other.jsonl"]


def test_a_folder_that_goes_takes_its_logs_along(house: House) -> None:
    house.put("logs/2026/10/a.jsonl", 0.2)
    house.put("logs/2026/11/b.jsonl", 0.1)
    house.settle(0.1)
    assert house.recent() == ["b.jsonl", "a.jsonl"]
    shutil.rmtree(house.home / "logs/2026/10")
    assert house.recent() == ["b.jsonl"]
    shutil.rmtree(house.home / "logs")
    assert house.recent() == []


def test_a_change_of_a_companion_is_a_change_of_its_log(tmp_path: Path) -> None:
    house = House(tmp_path, companions=("-wal",))
    house.put("logs/a.jsonl", 0.5, b"1234")
    (before,) = house.finder.recent(0)
    house.put("logs/a.jsonl-wal", 0.2)
    assert house.finder.recent(0) == [before], "an empty one says nothing"
    house.put("logs/a.jsonl-wal", 0.1, b"56")
    expected = LogFile(before.path, before.inode, 6, NOW_NS - DAY_NS // 10)
    assert house.finder.recent(0) == house.all() == [expected]


def test_a_log_with_a_fixed_path_needs_no_folder(tmp_path: Path) -> None:
    house = House(tmp_path, files=("usage.db",))
    assert (house.recent(), house.all()) == ([], [])
    path = house.put("usage.db", 30, b"12")
    (found,) = house.finder.recent(0)
    house.put("usage.db", 0, b"345")
    assert [found.size, *(log.size for log in house.finder.recent(0))] == [2, 3]
    path.unlink()
    assert (house.recent(), house.all()) == ([], [])


DEEDS = st.lists(
    st.tuples(st.sampled_from(["put", "remove", "move", "folder"]), st.integers(0, 3), st.integers(0, 3)),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(DEEDS)
def test_while_all_is_recent_a_look_finds_what_a_walk_does(deeds: list[tuple[str, int, int]]) -> None:
    with TemporaryDirectory() as name:
        logs = Path(name) / "logs"
        logs.mkdir()
        finder = LogFinder(Path(name), ["logs"], is_log, lambda: 0.0)
        for deed, one, other in deeds:
            path = logs / str(one) / f"{other}.jsonl"
            target = logs / str(other) / str(one) / "0.jsonl"
            if deed == "put":
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(b"x" * one)
            elif deed == "remove":
                path.unlink(missing_ok=True)
            elif deed == "move" and path.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                path.replace(target)
            elif deed == "folder":
                shutil.rmtree(logs / str(one), ignore_errors=True)
            assert finder.recent(0) == LogFinder(Path(name), ["logs"], is_log).recent(0)


def test_one_finder_may_be_used_from_several_threads(tmp_path: Path) -> None:
    finder = LogFinder(tmp_path, ["logs"], is_log)
    stop = threading.Event()

    def search(look: bool) -> int:
        rounds = 0
        while not stop.is_set():
            found = finder.recent(0) if look else finder.find()[0]
            assert len({log.path for log in found}) == len(found)
            rounds += 1
        return rounds

    with ThreadPoolExecutor(4) as several:
        searching = [several.submit(search, look) for look in (True, True, False, False)]
        for number in range(200):
            path = tmp_path / f"logs/{number % 7}/{number}.jsonl"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"")
            if number % 3 == 0:
                path.unlink()
        stop.set()
        assert all(each.result(60) for each in searching)
    assert finder.recent(0) == LogFinder(tmp_path, ["logs"], is_log).recent(0)


def test_a_home_has_one_finder_for_each_format(tmp_path: Path) -> None:
    finders, transcripts = Finders(), Transcripts()
    with ThreadPoolExecutor(8) as several:
        made = set(several.map(lambda _: finders.finder(tmp_path, ROLLOUTS), range(64)))
    assert made == {finders.finder(Path(str(tmp_path)), ROLLOUTS)}
    assert len({*made, finders.finder(tmp_path, transcripts), finders.finder(tmp_path / "x", ROLLOUTS)}) == 3
