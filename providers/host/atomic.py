"""Files that are replaced in one step: a reader sees the old or the new one whole. The standard library alone."""

from __future__ import annotations

import os
import time

from providers.host.private import make_folder

_REPLACE_TRIES = 5


def write_whole(path: str | os.PathLike[str], content: bytes, mode: int = 0o600) -> None:
    """Replace a file in one step. By default its owner alone reads it.

    Raises OSError when the folder cannot be written; the old file stays then.
    """
    folder, name = os.path.split(os.fspath(path))
    make_folder(folder)
    handle, temporary = scratch_file(folder, f".{name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        if mode != 0o600:  # which it was made with
            os.chmod(temporary, mode)
        _replace(temporary, path)
    except BaseException:
        try:  # noqa: SIM105 - contextlib takes its time
            os.unlink(temporary)
        except FileNotFoundError:
            pass
        raise


def scratch_file(folder: str | os.PathLike[str], prefix: str) -> tuple[int, str]:
    """A new file of its own name, open for reading and writing by its owner alone. Raises OSError.

    As `tempfile.mkstemp`, whose module takes 3 to 6 ms to import, and most commands write nothing else.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    name = os.path.join(folder, f"{prefix}{os.urandom(6).hex()}")
    return os.open(name, flags, 0o600), name


def _replace(temporary: str, path: str | os.PathLike[str]) -> None:
    for tries_left in reversed(range(_REPLACE_TRIES)):
        try:
            os.replace(temporary, path)
            return
        except PermissionError:  # on Windows, while another process has the old file open: for a moment
            if not tries_left:
                raise
            time.sleep(0.02)
