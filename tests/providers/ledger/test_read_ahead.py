from __future__ import annotations

import os
from pathlib import Path

import pytest

from providers.ledger.read_ahead import ReadAhead

pytestmark = pytest.mark.skipif(not hasattr(os, "posix_fadvise"), reason="the system cannot be asked")

COUNT = 200
PATHS = [f"log {place}" for place in range(COUNT)]


class Disk:
    """Each log that was not asked for is read from the disk when it is needed, in 8 blocks; and those asked for
    are, too, before.
    """

    def __init__(self, *, is_cold: bool) -> None:
        self.is_cold = is_cold
        self.blocks = 1000
        self.asked: list[str] = []
        self.late = 0

    def will_need(self, path: str) -> None:
        self.asked.append(path)
        self.blocks += 8 * self.is_cold

    def read(self, path: str) -> None:
        if self.is_cold and path not in self.asked:
            self.late += 1
            self.blocks += 8


def read_all(disk: Disk, places: range) -> ReadAhead:
    ahead = ReadAhead(COUNT, PATHS.__getitem__, disk_reads=lambda: disk.blocks, will_need=disk.will_need)
    for place in places:
        ahead.come_to(place)
        disk.read(PATHS[place])
    return ahead


FORTH, BACK = range(COUNT), range(COUNT - 1, -1, -1)


@pytest.mark.parametrize("places", [FORTH, BACK], ids=["from the front", "from the end"])
def test_a_cold_disk_is_asked_for_each_log_once(places: range) -> None:
    disk = Disk(is_cold=True)
    read_all(disk, places)
    assert disk.late < 5
    assert disk.asked == [PATHS[place] for place in places][COUNT - len(disk.asked) :]


@pytest.mark.parametrize("places", [FORTH, BACK], ids=["from the front", "from the end"])
def test_nothing_is_asked_for_that_is_in_memory(places: range) -> None:
    disk = Disk(is_cold=False)
    read_all(disk, places)
    assert disk.asked == []


def test_it_ends_where_the_logs_are_in_memory() -> None:
    disk = Disk(is_cold=True)
    ahead = read_all(disk, range(100))
    disk.is_cold = False
    asked = len(disk.asked)
    for place in range(100, 110):
        ahead.come_to(place)
    asked_since = len(disk.asked)
    for place in range(110, COUNT):
        ahead.come_to(place)
    assert asked <= asked_since == len(disk.asked)


def test_a_second_process_starts_to_count_anew() -> None:
    disk = Disk(is_cold=False)
    ahead = ReadAhead(COUNT, PATHS.__getitem__, disk_reads=lambda: disk.blocks, will_need=disk.will_need)
    disk.blocks = 0
    for place in BACK:
        ahead.come_to(place)
    assert disk.asked == []


def test_logs_that_are_gone_or_no_files(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "log").write_bytes(b"x")
    os.mkfifo(tmp_path / "pipe")
    names = ["log", "gone", "folder", "pipe"] * 10
    blocks = iter(range(100))
    ahead = ReadAhead(len(names), lambda place: str(tmp_path / names[place]), disk_reads=lambda: next(blocks))
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    for place in range(len(names)):
        ahead.come_to(place)
    assert before in (0, len(os.listdir("/proc/self/fd")))
