"""Why a folder of ours cannot be used, in one sentence with its remedy, and how to find out."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from providers.host.atomic import scratch_file
from providers.host.private import make_folder

NO_LOCKS = frozenset({errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP})
"""What a file system without locks answers, such as some that are mounted over a network."""
_PROBE_BYTES = 1 << 16
_LOCAL = "Set TANKFUL_HOME to a folder on a local disk."
_RIGHTS = "your account may not write there", "Check the owner and permissions of that folder."
_REASONS = {
    errno.ENOSPC: ("the disk is full", "Free up space."),
    errno.EDQUOT: ("your disk quota is used up", "Delete files of yours, or ask for a larger quota."),
    errno.EROFS: ("it is on a read-only file system", "Set TANKFUL_HOME to another folder."),
    errno.EACCES: _RIGHTS,
    errno.EPERM: _RIGHTS,
    errno.EIO: ("the disk reports an I/O error", "Check the disk, and back up what is on it."),
    errno.EMFILE: ("tankful has too many files open", "Restart it."),
    errno.ENFILE: ("too many files are open on this machine", "Quit some programs."),
    errno.EFBIG: ("the file is too large", "Make it smaller, or raise your limit on file sizes."),
    errno.ESTALE: ("the network drive is no longer connected", "Mount it again."),
    errno.ELOOP: ("a link on the way leads back to itself", "Correct the link."),
    errno.ENAMETOOLONG: ("its name is too long", "Set TANKFUL_HOME to another folder."),
    **dict.fromkeys(NO_LOCKS, ("its file system has no file locks", _LOCAL)),
}
_NO_INODES = "the disk has no room for more files", "Delete files you do not need."


def cannot_write(folder: Path, error: OSError) -> str:
    """A sentence on why files in the folder cannot be written, and one on what to do."""
    in_the_way = next((each for each in (folder, *folder.parents) if os.path.isfile(each)), None)
    if in_the_way is not None:
        return f"Cannot create {folder}: {in_the_way} is a file. Move it away."
    reason, remedy = reason_of(folder, error)
    return f"Cannot write to {folder}: {reason}. {remedy}"


def reason_of(folder: Path, error: OSError) -> tuple[str, str]:
    """Why something in the folder cannot be written, to follow a colon, and a sentence on what to do."""
    number = error.errno or 0
    if number == errno.ENOSPC and _has_no_inodes(folder):
        return _NO_INODES
    remedy = (
        "Check its owner and permissions."
        if isinstance(error, PermissionError)
        else "Check what is in its place."
    )
    return _REASONS.get(number, (error.strerror or type(error).__name__, remedy))


def has_no_locks(error: OSError) -> bool:
    return error.errno in NO_LOCKS


def fault_of(path: Path) -> OSError | None:
    """What keeps `path`, a file or what will be one, from being written: found by trying, since SQLite and others
    do not pass on the error of the system. None where nothing does. Makes the folder.
    """
    try:
        make_folder(path.parent)
        if os.path.exists(path):
            os.close(os.open(path, os.O_RDWR | getattr(os, "O_NONBLOCK", 0)))
        with _scratch(path.parent) as handle:
            with open(handle, "wb", closefd=False) as file:
                file.write(bytes(_PROBE_BYTES))
            os.fsync(handle)  # over a network a full disk or quota shows no sooner
    except OSError as error:
        return error
    return lock_fault(path.parent)


def lock_fault(folder: Path, lock: Callable[[int], None] | None = None) -> OSError | None:
    """What keeps files in this folder from being made and locked. None where nothing does."""
    try:
        with _scratch(folder) as handle:
            (lock or _lock)(handle)
    except OSError as error:
        return error
    return None


@contextmanager
def _scratch(folder: Path) -> Iterator[int]:
    """A file of no name, where the system can make one; gone in any case when it is closed."""
    name = None
    try:
        handle = os.open(folder, os.O_RDWR | os.O_TMPFILE, 0o600)
    except (AttributeError, OSError):  # if it is not for want of O_TMPFILE, that fails, too
        handle, name = scratch_file(folder, ".probe.")
    try:
        yield handle
    finally:
        os.close(handle)
        if name is not None:
            os.unlink(name)


def _lock(handle: int) -> None:
    """As SQLite does, and as file locks do; on Windows every disk has them."""
    try:
        import fcntl
    except ImportError:
        return
    fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _has_no_inodes(path: Path) -> bool:
    for folder in (path, *path.parents):  # the first one that exists
        with suppress(OSError, AttributeError):  # the latter on Windows
            found = os.statvfs(folder)
            return found.f_files > 0 and found.f_favail == 0 and found.f_bavail > 0
    return False
