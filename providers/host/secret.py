"""A login in memory: it may be sent, and is never shown."""

from __future__ import annotations

import re

_HEADER_SAFE = re.compile(r"[\x21-\x7e]+")


class Secret:
    """A value that may be sent and never shown: no repr, no text, no comparison gives it away."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def sendable(self) -> bool:
        """Whether it can stand in a header at all; a library's error about one that cannot would quote it."""
        return _HEADER_SAFE.fullmatch(self._value) is not None

    def __repr__(self) -> str:
        return "Secret(…)"
