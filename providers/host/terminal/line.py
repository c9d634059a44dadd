"""What a terminal is made of, whichever system opens it: its size, and the wire to the program in it."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct


class Size(Struct, frozen=True):
    """A terminal's size in cells."""

    columns: int
    lines: int


class Line(Protocol):
    """The wire to a program in a terminal."""

    @property
    def ended(self) -> bool:
        """Whether the program is gone, and all it said was read."""

    def read(self, seconds: float) -> bytes:
        """What came within that time, nothing when nothing did."""

    def write(self, data: bytes) -> None:
        """Never waits: what a program does not take is lost."""
