"""What totals include beyond the logs is explained once on a machine."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tray.engine.explained import FILE, Explanation


def test_it_is_explained_once_over_restarts(tmp_path: Path) -> None:
    first, beside = Explanation(tmp_path), Explanation(tmp_path)
    assert not first
    assert first.first_time()
    assert not first.first_time()
    assert not beside.first_time()  # another process, at the same moment
    assert all((first, beside, Explanation(tmp_path)))


def test_a_ledger_that_is_counted_anew_explains_nothing_again(tmp_path: Path) -> None:
    assert Explanation(tmp_path).first_time()
    for file in tmp_path.glob("ledger*"):
        file.unlink()
    assert Explanation(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_that_leads_nowhere_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / FILE).symlink_to(tmp_path / "elsewhere")
    assert not Explanation(tmp_path).first_time()
    assert not (tmp_path / "elsewhere").exists()


def test_where_nothing_can_be_written_this_process_remembers(tmp_path: Path) -> None:
    there_is_none = tmp_path / "none"
    explained = Explanation(there_is_none)
    assert explained.first_time()
    assert explained
    assert not Explanation(there_is_none)
