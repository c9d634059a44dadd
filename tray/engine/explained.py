"""Whether the person knows that totals include what is on no line of a log: it is explained once.

An empty file in the state folder says so, which is none of the ledger's: a new count explains nothing again.
"""

from __future__ import annotations

import os
from pathlib import Path

FILE = "not-on-lines-explained"


class Explanation:
    """Safe to use from several threads and processes. Where the folder is read-only, this process remembers."""

    def __init__(self, state_folder: Path) -> None:
        self._file = state_folder / FILE
        self._known = False

    def __bool__(self) -> bool:
        self._known = self._known or os.path.lexists(self._file)
        return self._known

    def first_time(self) -> bool:
        """Whether it is to be explained now, by this one alone of all that ask. Never raises."""
        if self:
            return False
        self._known = True
        try:
            os.close(os.open(self._file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            return False
        except OSError:  # rather twice than never
            return True
        return True
