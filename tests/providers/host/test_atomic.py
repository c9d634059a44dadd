from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from providers.host.atomic import scratch_file, write_whole


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    write_whole(tmp_path / "a/b", b"one")
    write_whole(tmp_path / "a/b", b"two")
    assert (tmp_path / "a/b").read_bytes() == b"two"
    assert os.listdir(tmp_path / "a") == ["b"]
    if sys.platform != "win32":
        assert stat.S_IMODE((tmp_path / "a/b").stat().st_mode) == 0o600


@pytest.mark.skipif(sys.platform == "win32", reason="it has no modes")
def test_a_mode_of_its_own(tmp_path: Path) -> None:
    write_whole(tmp_path / "f", b"", mode=0o644)
    assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == 0o644


def test_nobodys_file_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "urandom", bytes)
    handle, name = scratch_file(tmp_path, ".f.")
    os.close(handle)
    with pytest.raises(FileExistsError):
        scratch_file(tmp_path, ".f.")
    assert os.listdir(tmp_path) == [os.path.basename(name)]


@pytest.mark.parametrize("times", [4, 5])
def test_a_file_that_another_process_has_open_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    """As Windows answers for a moment."""
    real, refusals = os.replace, iter(range(times))

    def replace(source: str, target: Path) -> None:
        assert os.path.basename(source).startswith(".f."), "no listing shows it"
        for _ in refusals:
            raise PermissionError(13, "sharing violation")
        real(source, target)

    monkeypatch.setattr(os, "replace", replace)
    (tmp_path / "f").write_bytes(b"old")
    if times == 4:
        write_whole(tmp_path / "f", b"new")
    else:
        with pytest.raises(PermissionError):
            write_whole(tmp_path / "f", b"new")
    assert (tmp_path / "f").read_bytes() == (b"new" if times == 4 else b"old")
    assert os.listdir(tmp_path) == ["f"]


def test_fast_paths_may_write() -> None:
    code = "import sys; before = set(sys.modules); import providers.host.atomic; print(*set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert not {"msgspec", "pathlib", "tempfile", "typing", "contextlib"} & set(done.stdout.split())
