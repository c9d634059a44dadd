"""Each reason why nothing can be written has its own sentence and its own remedy."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from providers.host.storage import cannot_write, fault_of, lock_fault

FULL = "the disk is full. Free up space."
RIGHTS = "your account may not write there. Check the owner and permissions of that folder."
LOCKS = "its file system has no file locks. Set TANKFUL_HOME to a folder on a local disk."


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.ENOSPC, FULL),
        (errno.EDQUOT, "your disk quota is used up. Delete files of yours, or ask for a larger quota."),
        (errno.EROFS, "it is on a read-only file system. Set TANKFUL_HOME to another folder."),
        (errno.EACCES, RIGHTS),
        (errno.EPERM, RIGHTS),
        (errno.EIO, "the disk reports an I/O error. Check the disk, and back up what is on it."),
        (errno.EMFILE, "tankful has too many files open. Restart it."),
        (errno.ENOLCK, LOCKS),
        (errno.ENOSYS, LOCKS),
        (errno.EOPNOTSUPP, LOCKS),
        (errno.EBUSY, f"{os.strerror(errno.EBUSY)}. Check what is in its place."),
    ],
)
def test_each_reason_has_its_own_sentence(tmp_path: Path, number: int, sentence: str) -> None:
    error = OSError(number, os.strerror(number))
    assert cannot_write(tmp_path, error) == f"Cannot write to {tmp_path}: {sentence}"


def test_an_error_without_a_number_has_a_sentence(tmp_path: Path) -> None:
    assert (
        cannot_write(tmp_path, OSError())
        == f"Cannot write to {tmp_path}: OSError. Check what is in its place."
    )


def test_a_file_in_the_folders_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "state"):
        sentence = f"Cannot create {folder}: {tmp_path / 'file'} is a file. Move it away."
        assert cannot_write(folder, NotADirectoryError(errno.ENOTDIR, "")) == sentence


def test_what_can_be_written_has_no_fault_and_keeps_nothing(tmp_path: Path) -> None:
    assert fault_of(tmp_path / "ledger") is None
    (tmp_path / "ledger").write_text("kept")
    assert fault_of(tmp_path / "ledger") is None
    assert [path.read_text() for path in tmp_path.iterdir()] == ["kept"]


def test_a_fault_is_found_by_trying(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    found = fault_of(tmp_path / "folder")
    assert found is not None
    assert found.errno == errno.EISDIR
    assert fault_of(tmp_path / "new" / "ledger") is None
    assert (tmp_path / "new").is_dir()


def test_a_lock_that_cannot_be_taken_is_a_fault(tmp_path: Path) -> None:
    def refuse(_handle: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    found = lock_fault(tmp_path, refuse)
    assert found is not None
    assert found.errno == errno.ENOLCK
