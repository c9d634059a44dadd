"""A secret of this machine that makes hashes of names worth nothing to whoever guesses names."""

from __future__ import annotations

import errno
import os
import secrets
from contextlib import suppress
from pathlib import Path

from providers.host.atomic import scratch_file
from providers.host.files import read_small
from providers.host.private import make_folder

FILE = "export.salt"
_BYTES = 32


class SaltUnusable(OSError):
    """Hashes would be other ones each time."""


def private_salt(state_folder: Path) -> bytes:
    """The same each time; made if there is none, readable by its owner alone. Raises OSError.

    A damaged one is not replaced: all hashes that were given away would change, and nobody would know why.
    """
    file = state_folder / FILE
    for _ in range(2):
        with suppress(FileNotFoundError):
            return _read(file)
        _make(file)
    raise SaltUnusable(0, "It vanished", str(file))


def _read(file: Path) -> bytes:
    """Raises OSError, by the file's name: an error without one would be taken for the output's."""
    try:
        salt = read_small(file, _BYTES)
    except OSError as error:
        if isinstance(error, IsADirectoryError) or error.errno == errno.EINVAL:
            raise SaltUnusable(0, "It is not a regular file", str(file)) from error
        if error.errno != errno.EFBIG:
            raise OSError(error.errno, error.strerror, str(file)) from error
        salt = b""
    if len(salt) != _BYTES:
        raise SaltUnusable(0, "It is damaged", str(file))
    return salt


def _make(file: Path) -> None:
    """In one step, so that of two processes at once both read the salt of the first."""
    make_folder(file.parent)
    handle, temporary = scratch_file(file.parent, f".{file.name}.")
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(secrets.token_bytes(_BYTES))
        with suppress(FileExistsError):
            os.link(temporary, file)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
