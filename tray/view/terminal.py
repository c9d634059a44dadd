"""What a stream of ours is: how wide, and whether it takes colours and lines that are drawn again. The one place.

With the standard library alone, since help needs it, too.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO

NARROWEST, USUAL = 40, 80


def columns(environ: Mapping[str, str], stream: TextIO | None) -> int:
    """As wide as COLUMNS says, or its terminal is, else 80; never less than 40."""
    return max(NARROWEST, known_columns(environ, stream) or USUAL)


def known_columns(environ: Mapping[str, str], stream: TextIO | None) -> int | None:
    """None where nothing says how wide it is, as of a pipe."""
    named = environ.get("COLUMNS", "")
    if named.isascii() and named.isdigit() and int(named[:5]) > 0:
        return int(named[:5])
    try:
        return os.get_terminal_size(_descriptor(stream)).columns or None
    except (OSError, ValueError):  # a file, a pipe, or nothing of the system's
        return None


def is_styled(environ: Mapping[str, str], stream: TextIO | None) -> bool:
    """Whether colours and bold text are welcome: on a terminal, unless NO_COLOR is set, or with FORCE_COLOR.

    FORCE_COLOR=0 and FORCE_COLOR=false switch them off, as whoever sets that means it.
    """
    if environ.get("NO_COLOR"):
        return False
    if forced := environ.get("FORCE_COLOR"):
        return forced.lower() not in ("0", "false")
    return obeys_codes(environ, stream)


def obeys_codes(environ: Mapping[str, str], stream: TextIO | None) -> bool:
    """Whether it is a terminal that does what escape codes say, as to draw a line again."""
    known = os.name != "nt" or "WT_SESSION" in environ  # an old console of Windows would print the codes
    return known and environ.get("TERM") != "dumb" and is_terminal(stream)


def is_terminal(stream: TextIO | None) -> bool:
    """None, and a stream that is closed, are none."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False


def _descriptor(stream: TextIO | None) -> int:
    """Raises ValueError where there is none."""
    try:
        return stream.fileno() if stream is not None else -1
    except AttributeError:
        raise ValueError(stream) from None
