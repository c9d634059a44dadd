from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tray.engine.salt import FILE, SaltUnusable, private_salt


def test_it_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    state = tmp_path / "state"
    salt = private_salt(state)
    assert len(salt) == 32
    assert private_salt(state) == salt
    assert [each.name for each in state.iterdir()] == [FILE]
    if sys.platform != "win32":
        assert stat.S_IMODE((state / FILE).stat().st_mode) == 0o600


def test_all_at_once_get_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        assert len(set(pool.map(private_salt, [tmp_path] * 64))) == 1
    assert [each.name for each in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize("content", [b"", b"x" * 31, b"x" * 33, b"x" * 100_000])
def test_a_damaged_one_stays(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(SaltUnusable, match="It is damaged") as found:
        private_salt(tmp_path)
    assert found.value.filename == str(tmp_path / FILE)
    assert (tmp_path / FILE).read_bytes() == content


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pipes in folders")
@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo], ids=["folder", "pipe"])
def test_what_is_no_file_is_named(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / FILE)
    with pytest.raises(SaltUnusable, match="It is not a regular file") as found:
        private_salt(tmp_path)
    assert found.value.filename == str(tmp_path / FILE)
    assert [each.name for each in tmp_path.iterdir()] == [FILE]


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        private_salt(tmp_path / "file")
