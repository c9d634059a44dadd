"""Text that does nothing but be read: foreign names may hold control, C1 and bidi characters, and half surrogates.

Each exit uses one of these last, whatever was done before it. The standard library alone.
"""

from __future__ import annotations

_KEPT = "\u00a0\u2007\u2008"  # of ours: blanks of a certain width


def visible(text: str) -> str:
    """The text with a blank for each character that is none to be read; lines stay lines."""
    # By lines: a look at each character of a large document takes milliseconds.
    return "\n".join(line if line.isprintable() else _blanked(line) for line in text.split("\n"))


def json_text(text: str) -> str:
    """A JSON document with those characters as `\\uXXXX`, which means the same to who reads the JSON; half
    surrogates, which strict readers refuse, become that text.

    A JSON writer has them in strings only; it escapes those below a blank itself.
    """
    if text.isascii() and "\x7f" not in text:
        return text
    return "".join(sign if sign.isprintable() or sign in "\n\r\t" else _escaped(sign) for sign in text)


def sound(text: str) -> str:
    """The text with half surrogates, as of a file name that is no UTF-8, written out: they cannot be encoded."""
    if text.isascii():
        return text
    return "".join(f"\\u{ord(sign):04x}" if "\ud800" <= sign <= "\udfff" else sign for sign in text)


def _blanked(line: str) -> str:
    return "".join(sign if sign.isprintable() or sign in _KEPT else " " for sign in line)


def _escaped(sign: str) -> str:
    if "\ud800" <= sign <= "\udfff":
        return f"\\\\u{ord(sign):04x}"
    units = sign.encode("utf-16-be")
    return "".join(f"\\u{units[at] << 8 | units[at + 1]:04x}" for at in range(0, len(units), 2))
