from __future__ import annotations

import os
import sys
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest

from providers.host.files import open_regular, read_small, short, split_homes, stamp


def test_a_path_as_its_owner_would_write_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/dev")
    monkeypatch.setenv("USERPROFILE", "/home/dev")
    assert short(Path("/home/dev/.codex")) == "~/.codex"
    assert short(Path("/srv/codex")) == "/srv/codex"
    assert short(Path("/srv/größe 1")) == "/srv/größe 1"
    assert short(Path(os.fsdecode(b"/srv/h\xff"))) == "/srv/h\\udcff"
    assert short(Path("/srv/a\nb\x1b[2J")) == "/srv/a\\nb\\x1b[2J"


@pytest.mark.skipif(sys.platform == "win32", reason="paths of POSIX")
@pytest.mark.parametrize(
    ("home", "path", "shown"),
    [
        ("/home/dev", "/home/dev", "~"),
        ("/home/dev", "/home/developer/x", "/home/developer/x"),
        ("/home/dev/", "/home/dev/x", "~/x"),
        ("/home//dev", "/home/dev/x", "~/x"),
        ("/", "/srv", "~/srv"),
        ("/", "/", "~"),
        ("/home/dev", "/", "/"),
    ],
)
def test_what_is_below_the_home_folder(
    home: str, path: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", home)
    assert short(Path(path)) == shown


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


def test_a_stamp_tells_a_file_that_was_written_or_replaced(tmp_path: Path) -> None:
    file = tmp_path / "f"
    assert stamp(str(file)) is None
    assert stamp("\0") is None
    file.write_bytes(b"1")
    stamps = [stamp(str(file)), stamp(str(file))]
    file.write_bytes(b"12")
    stamps.append(stamp(str(file)))
    other = tmp_path / "other"
    other.write_bytes(b"12")
    os.utime(other, ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns))
    other.replace(file)
    stamps.append(stamp(str(file)))
    assert stamps[0] == stamps[1] is not None
    assert len(set(stamps)) == 3


@pytest.mark.skipif(sys.platform == "win32", reason="pipes are no files there")
def test_only_files_are_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    before = len(os.listdir("/dev/fd"))
    for place in (tmp_path / "pipe", Path("/dev/null"), tmp_path):
        with pytest.raises(OSError, match=r"(?i)not a regular file|is a directory"):
            open_regular(place)
    assert len(os.listdir("/dev/fd")) == before
