"""What is tankful's own on the disk: folders that only their owner enters, and files that only their owner reads.

The standard library alone, and little of it: a status line makes its folders by this.
"""

from __future__ import annotations

import errno
import os
import stat

TYPE_CHECKING = False  # typing's own would cost milliseconds
if TYPE_CHECKING:
    from typing import Literal

    Distrust = Literal["foreign", "writable"]

_OTHERS = 0o077
_OTHERS_WRITE = 0o022


def make_folder(path: str | os.PathLike[str]) -> None:
    """Make it, and what is missing above it (as the XDG Base Directory Specification has it), for its owner alone.

    Raises OSError. Unlike `os.makedirs`, whose mode is that of the last folder only.
    """
    missing = []
    at = os.path.abspath(path)
    while not _made(at):
        missing.append(at)
        at = os.path.dirname(at)
    for each in reversed(missing):
        _made(each)


def _made(path: str) -> bool:
    """Whether it is there now; False where the folder above it is missing."""
    try:
        os.mkdir(path, 0o700)
    except FileNotFoundError:
        return False
    except FileExistsError:
        if not os.path.isdir(path):
            raise
    return True


def make_file(path: str | os.PathLike[str]) -> None:
    """An empty file for its owner alone, unless there is one; for what others (SQLite) then open by its name.

    Raises OSError for what is in its place and no file of ours: a pipe or a device, which would keep us waiting,
    or a link to somebody else's file.
    """
    try:
        about = os.lstat(path)
    except FileNotFoundError:
        try:  # noqa: SIM105 - contextlib takes its time
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:  # another process was faster
            pass
        return
    if stat.S_ISLNK(about.st_mode):
        about = os.stat(path)
    if not stat.S_ISREG(about.st_mode):
        raise OSError(errno.EINVAL, "Not a regular file", os.fspath(path))
    if not _is_own(about):
        raise PermissionError(errno.EPERM, "It belongs to another user", os.fspath(path))
    if about.st_mode & _OTHERS:
        try:  # noqa: SIM105
            os.chmod(path, 0o600)
        except OSError:  # on a read-only disk it can be read all the same
            pass


def open_to_write(path: str | os.PathLike[str], flags: int = 0) -> int:
    """A file of ours, made for its owner alone if there is none; further `flags` as those of `os.open`.

    Raises OSError, also for a link, and for a pipe that nobody reads, which would keep us waiting.
    """
    flags |= os.O_WRONLY | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    return os.open(path, flags, 0o600)


def tighten(folder: str | os.PathLike[str]) -> None:
    """Take from others what they can do in a folder of ours and with the files in it, all levels. Never raises.

    Links are left alone, and so is what belongs to somebody else.
    """
    if not _has_modes():
        return
    try:
        about = os.lstat(folder)
        if not stat.S_ISDIR(about.st_mode) or not _is_own(about):
            return
        _close_to_others(folder, about)
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    tighten(entry.path)
                elif entry.is_file(follow_symlinks=False):
                    _close_to_others(entry.path, entry.stat(follow_symlinks=False))
    except OSError:  # on a read-only disk, or removed by another process
        return


def close_folder(folder: str | os.PathLike[str]) -> None:
    """The same for the folder alone: a person's own files in it stay as they are. Never raises."""
    try:
        about = os.lstat(folder)
        if _has_modes() and stat.S_ISDIR(about.st_mode) and _is_own(about):
            _close_to_others(folder, about)
    except OSError:
        return


def _close_to_others(path: str | os.PathLike[str], about: os.stat_result) -> None:
    if about.st_mode & _OTHERS and _is_own(about):
        os.chmod(path, stat.S_IMODE(about.st_mode) & ~_OTHERS)


def distrust(path: str | os.PathLike[str]) -> Distrust | None:
    """Whether the folder or file is another user's, or others can write to it, as ssh asks of its own.

    What is not there is trusted, and so is what belongs to root.
    """
    try:
        about = os.stat(path)
    except (OSError, ValueError):  # not there, or not to be entered: said by who needs it
        return None
    if not _has_modes() or not (stat.S_ISDIR(about.st_mode) or stat.S_ISREG(about.st_mode)):
        return None
    if not _is_own(about) and about.st_uid != 0:
        return "foreign"
    return "writable" if about.st_mode & _OTHERS_WRITE and not _is_safe(about) else None


def _is_safe(about: os.stat_result) -> bool:
    """Whether those who can write can do no harm: by a folder's sticky bit, or a group of its owner alone."""
    if about.st_mode & stat.S_ISVTX and stat.S_ISDIR(about.st_mode):
        return True
    return not about.st_mode & stat.S_IWOTH and _is_own_group(about.st_gid)


def _is_own_group(group: int) -> bool:
    """Debian, Fedora and others give each user a group of the same name, and a umask that lets it write."""
    import grp
    import pwd

    try:
        name = pwd.getpwuid(os.geteuid()).pw_name
        found = grp.getgrgid(group)
    except KeyError:
        return False
    return found.gr_name == name and set(found.gr_mem) <= {name}


def is_own(path: str | os.PathLike[str]) -> bool:
    """Whether what is there, also behind a link, belongs to this user. Raises OSError."""
    return _is_own(os.stat(path))


def _is_own(about: os.stat_result) -> bool:
    return not _has_modes() or about.st_uid == os.geteuid()


def _has_modes() -> bool:
    """Windows guards a user's folders by other means."""
    return hasattr(os, "geteuid")
