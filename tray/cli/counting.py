"""How far a count is, on a terminal."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def counting() -> Iterator[Callable[[float], None]]:
    """A bar on the terminal while logs are read, and nothing in a pipe."""
    from tray.view.terminal import obeys_codes

    redraws = obeys_codes(os.environ, sys.stderr)
    drawn = False

    def draw(share: float) -> None:
        nonlocal drawn
        if redraws:
            from tray.view import format as fmt

            drawn = True
            sys.stderr.write(f"\rcounting  {fmt.bar(share * 100)}  {fmt.done(share)} ")
            sys.stderr.flush()

    try:
        yield draw
    finally:
        if drawn:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
