"""Documents as JSON and rows as text, to stdout. Pure but for `emit`."""

from __future__ import annotations

import codecs
import sys

import msgspec

from tray.view.rows import Row, lines

_PLAIN = {
    **dict.fromkeys("━█▰", "#"),
    **dict.fromkeys("─░▱‒–—", "-"),
    **dict(zip("▁▂▃▄▅▆▇█", "_.:-=+*#", strict=True)),
    "·": "-",
    "…": "...",
    "≈": "~",
    "≥": ">=",
    "→": "->",
    "\u2007": " ",
    "\u2008": " ",
}
"""What characters of ours become where they cannot be encoded, as in a POSIX locale."""


def emit(text: str) -> None:
    """Data to stdout; a character that its encoding lacks becomes a similar one, or a question mark."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="tankful-plain")
    print(text, flush=True)


def as_json(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def as_text(rows: tuple[Row, ...]) -> str:
    return "\n".join(lines(rows))


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_PLAIN.get(each, "?") for each in error.object[error.start : error.end]), error.end


codecs.register_error("tankful-plain", _plain)
