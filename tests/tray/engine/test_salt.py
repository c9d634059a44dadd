from __future__ import annotations

import stat
import sys
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


@pytest.mark.parametrize("content", [b"", b"x" * 31])
def test_a_damaged_one_stays(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(SaltUnusable):
        private_salt(tmp_path)
    assert (tmp_path / FILE).read_bytes() == content


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        private_salt(tmp_path / "file")
