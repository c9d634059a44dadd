from __future__ import annotations

import os
import stat
import sys
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest

from providers.host.files import open_regular, read_small, short, split_homes, write_whole


def test_a_path_as_its_owner_would_write_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/dev")
    monkeypatch.setenv("USERPROFILE", "/home/dev")
    assert short(Path("/home/dev/.codex")) == "~/.codex"
    assert short(Path("/srv/codex")) == "/srv/codex"
    assert short(Path("/srv/größe 1")) == "/srv/größe 1"
    assert short(Path(os.fsdecode(b"/srv/h\xff"))) == "/srv/h\\udcff"
    assert short(Path("/srv/a\nb\x1b[2J")) == "/srv/a\\nb\\x1b[2J"


def test_slashes_lean_forward_everywhere() -> None:
    assert short(PureWindowsPath("D:\\codex\\work")) == "D:/codex/work"  # type: ignore[arg-type]
    assert short(PurePosixPath("/srv/codex")) == "/srv/codex"  # type: ignore[arg-type]


def test_homes_of_nobody_are_folders_like_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/dev")
    monkeypatch.setenv("USERPROFILE", "/home/dev")
    found = split_homes(" ~/.codex, ,~nosuchuser/x,/srv/../srv/a,/srv/a")
    unknown = os.path.abspath("~nosuchuser/x")
    assert list(found) == [Path("/home/dev/.codex"), Path(unknown), Path("/srv/a")]
    assert list(found.values()) == ["/home/dev/.codex", unknown, "/srv/../srv/a"]


def test_a_small_file_is_read_whole_and_a_larger_one_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"12345")
    assert read_small(tmp_path / "f", 5) == b"12345"
    with pytest.raises(OSError, match="too large"):
        read_small(tmp_path / "f", 4)


@pytest.mark.skipif(sys.platform == "win32", reason="pipes are no files there")
def test_only_files_are_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    before = len(os.listdir("/dev/fd"))
    for place in (tmp_path / "pipe", Path("/dev/null"), tmp_path):
        with pytest.raises(OSError, match=r"(?i)not a regular file|is a directory"):
            open_regular(place)
    assert len(os.listdir("/dev/fd")) == before


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    write_whole(tmp_path / "a/b", b"one")
    write_whole(tmp_path / "a/b", b"two")
    assert (tmp_path / "a/b").read_bytes() == b"two"
    assert os.listdir(tmp_path / "a") == ["b"]
    if sys.platform != "win32":
        assert stat.S_IMODE((tmp_path / "a/b").stat().st_mode) == 0o600


@pytest.mark.parametrize("times", [4, 5])
def test_a_file_that_another_process_has_open_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    """As Windows answers for a moment."""
    real, refusals = os.replace, iter(range(times))

    def replace(source: str, target: Path) -> None:
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
