"""Documents as JSON and rows as text, to stdout. Pure but for `emit`."""

from __future__ import annotations

import codecs
import sys
from typing import Any

import msgspec

from providers.domain.visible import json_text, sound, visible
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


def emit(text: str, *, styled: bool = False) -> None:
    """Data to stdout; a character that its encoding lacks becomes a similar one, or a question mark.

    What a terminal would obey becomes a blank, unless the text is `styled`: then its colours are ours.
    """
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="tankful-plain")
    print(text if styled else visible(text), flush=True)


def as_json(value: object) -> str:
    """Whatever its names are: half surrogates are written out, other characters that are not print are escaped."""
    try:
        encoded = msgspec.json.encode(value)
    except UnicodeEncodeError:
        encoded = msgspec.json.encode(_sound(msgspec.to_builtins(value)))
    return json_text(msgspec.json.format(encoded, indent=2).decode())


def _sound(value: Any) -> Any:
    if isinstance(value, str):
        return sound(value)
    if isinstance(value, dict):
        return {sound(name): _sound(each) for name, each in value.items()}
    return [_sound(each) for each in value] if isinstance(value, list) else value


def as_text(rows: tuple[Row, ...]) -> str:
    return "\n".join(lines(rows))


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_PLAIN.get(each, "?") for each in error.object[error.start : error.end]), error.end


codecs.register_error("tankful-plain", _plain)
