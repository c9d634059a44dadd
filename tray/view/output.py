"""Documents as JSON and rows as text, to stdout. Pure but for `emit` and `paper`."""

from __future__ import annotations

import codecs
import os
import re
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TextIO

import msgspec

from providers.domain.visible import json_text, sound, visible
from tray.view import terminal

if TYPE_CHECKING:
    from tray.view.rows import Row

_PLAIN = {
    **dict.fromkeys("━█▰", "#"),
    **dict.fromkeys("▏▎▍▌▋▊▉", "="),
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


Style = Literal["bold", "dim", "reverse", "red", "green", "yellow"]
_CODES: dict[Style, int] = {"bold": 1, "dim": 2, "reverse": 7, "red": 31, "green": 32, "yellow": 33}
_STYLE = re.compile(r"(\x1b\[(?:0|1|2|7|31|32|33)m)")
"""Bold and coloured text as `Paper` and the report of `doctor` have it."""


class Paper(msgspec.Struct, frozen=True):
    """What text is laid out for: columns, the encoding, and whether it may have bold and coloured text."""

    width: int = 80
    encoding: str = "utf-8"
    styled: bool = False

    def plain(self, text: str) -> str:
        """As `emit` will print it, so that its width is known before."""
        return text.encode(self.encoding, "tankful-plain").decode(self.encoding)

    def strong(self, text: str) -> str:
        return self.drawn(text, "bold")

    def drawn(self, text: str, *styles: Style) -> str:
        """The text in these styles, where it may have any."""
        if not self.styled or not styles or not text:
            return text
        begin = "".join(f"\x1b[{_CODES[style]}m" for style in styles)
        return f"{begin}{text}\x1b[0m"


def paper(environ: Mapping[str, str] = os.environ, stream: TextIO | None = None) -> Paper:
    """Of stdout: as wide as COLUMNS says, or its terminal is, else 80."""
    stream = sys.stdout if stream is None else stream
    if stream is None:
        return Paper()
    return Paper(
        width=terminal.columns(environ, stream),
        encoding=getattr(stream, "encoding", None) or "utf-8",
        styled=terminal.is_styled(environ, stream),
    )


def screen(environ: Mapping[str, str] = os.environ, stream: TextIO | None = None) -> Paper | None:
    """As `paper`; None where nothing says how wide it is, as in a pipe."""
    stream = sys.stdout if stream is None else stream
    is_known = stream is not None and terminal.known_columns(environ, stream) is not None
    return paper(environ, stream) if is_known else None


def emit(text: str, *, styled: bool = False) -> None:
    """Data to stdout; a character that its encoding lacks becomes a similar one, or a question mark.

    What a terminal would obey becomes a blank, but for the styles of ours in a text that is `styled`.
    """
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="tankful-plain")
    print(harmless(text, styled=styled), flush=True)


def harmless(text: str, *, styled: bool = False) -> str:
    """The text with blanks for what a terminal would obey, but for the styles of a `styled` one."""
    parts = _STYLE.split(text) if styled else [text]
    parts[::2] = map(visible, parts[::2])
    return "".join(parts)


def as_json(value: object) -> str:
    """Whatever its names are: half surrogates are written out, other characters that are not print are escaped."""
    return json_text(msgspec.json.format(_encoded(value), indent=2).decode())


def as_json_line(value: object) -> str:
    """The same on one line."""
    return json_text(_encoded(value).decode())


def _encoded(value: object) -> bytes:
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return msgspec.json.encode(_sound(msgspec.to_builtins(value)))


def _sound(value: Any) -> Any:
    if isinstance(value, str):
        return sound(value)
    if isinstance(value, dict):
        return {sound(name): _sound(each) for name, each in value.items()}
    return [_sound(each) for each in value] if isinstance(value, list) else value


def as_text(rows: tuple[Row, ...]) -> str:
    from tray.view.rows import lines

    return "\n".join(lines(rows))


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_PLAIN.get(each, "?") for each in error.object[error.start : error.end]), error.end


codecs.register_error("tankful-plain", _plain)
