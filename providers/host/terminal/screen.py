"""What a program has drawn on a terminal, and the replies to its queries.

Programs with a full-screen face ask the terminal where its cursor is, what it can do and which colours it has,
and draw nothing before they have an answer. Nothing of the size of what they send is kept but the screen itself.
"""

from __future__ import annotations

import codecs
import re
import unicodedata

import pyte

_ESC = "\x1b"
# A whole sequence: CSI; OSC, DCS, APC, PM and SOS with their text up to its end; or two or three signs.
_SEQUENCE = re.compile(
    r"\x1b(?:\[([0-?]*)([ -/]*[@-~])|([\]PX^_])([^\x07\x1b]*)(?:\x07|\x1b\\)|[ -/]+[0-~]|[0-OQ-WYZ\\`-~])"
)
_LONGEST_SEQUENCE = 4096
_OLD_FORMS = frozenset(map(chr, range(0x80, 0xA0)))
_OTHER_SCREEN = {"47", "1047", "1049"}
_COLOURS = {"10": "rgb:d0d0/d0d0/d0d0", "11": "rgb:0000/0000/0000"}


class Screen:
    """A terminal of that many columns and lines, without the terminal."""

    def __init__(self, columns: int, lines: int) -> None:
        self._size = (columns, lines)
        self._main = self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.Stream(self._screen)
        self._decode = codecs.getincrementaldecoder("utf-8")("replace")
        self._begun = ""
        self._text: str | None = ""

    @property
    def text(self) -> str:
        """The lines as they stand, without the blanks at their ends."""
        if self._text is None:
            self._text = "\n".join(line.rstrip() for line in self._screen.display).rstrip()
        return self._text

    def feed(self, data: bytes) -> bytes:
        """Draw what a program sent; returns the replies to its queries, to be sent to it."""
        if data:
            self._text = None
        text = self._begun + self._decode.decode(data)
        self._begun = ""
        answers: list[str] = []
        while text:
            plain, escape, rest = text.partition(_ESC)
            self._draw(plain)
            if not escape:
                break
            whole = _SEQUENCE.match(escape + rest)
            if whole is not None:
                answers.append(self._sequence(whole))
                text = text[len(plain) + whole.end() :]
            elif len(rest) < _LONGEST_SEQUENCE and _ESC not in rest[:-1].removesuffix(_ESC):
                self._begun = escape + rest  # the rest of it is still to come
                break
            else:
                text = rest  # no sequence, or one without an end: its sign is passed over
        return "".join(answers).encode()

    def _draw(self, text: str) -> None:
        if not text.isascii():
            # Accents that stand alone join the sign before them: in one cell there is no end to them. The
            # one-sign forms of sequences, which nobody sends, would begin one unseen.
            text = "".join(sign for sign in text if not (unicodedata.combining(sign) or sign in _OLD_FORMS))
        self._feed_screen(text)

    def _sequence(self, whole: re.Match[str]) -> str:
        parameters, final, kind, content = whole.groups()
        if kind == "]":
            return self._colour(content)
        if final is None:
            if kind is None:
                self._feed_screen(whole[0])
            return ""
        private = parameters[:1] in ("<", "=", ">", "?")
        if private and final in ("h", "l") and not _OTHER_SCREEN.isdisjoint(parameters[1:].split(";")):
            self._turn_to(other=final == "h")
            return ""
        if (parameters, final) == ("6", "n"):
            cursor = self._screen.cursor
            return f"{_ESC}[{cursor.y + 1};{min(cursor.x, self._screen.columns - 1) + 1}R"
        if final == "c" and parameters in ("", "0"):
            return f"{_ESC}[?62;22c"
        if (parameters, final) == ("?", "u"):
            return f"{_ESC}[?0u"
        # Of the private ones pyte knows modes alone; others it would take for something else, or break.
        if final in ("n", "c") or (private and (parameters[0] != "?" or final not in ("h", "l"))):
            return ""
        if re.fullmatch(r"\??[0-9;]*", parameters) and len(final) == 1:
            self._feed_screen(whole[0])
        return ""

    def _feed_screen(self, text: str) -> None:
        try:
            self._stream.feed(text)
        except Exception:  # noqa: BLE001 - pyte checks no parameters, and fails in ways of all kinds
            self._stream = pyte.Stream(self._screen)

    def _turn_to(self, *, other: bool) -> None:
        """A second screen lies over the first while a dialog needs it; pyte itself knows one alone."""
        self._screen = pyte.Screen(*self._size) if other else self._main
        self._stream = pyte.Stream(self._screen)

    @staticmethod
    def _colour(content: str) -> str:
        number, _, asked = content.partition(";")
        return f"{_ESC}]{number};{_COLOURS[number]}{_ESC}\\" if asked == "?" and number in _COLOURS else ""
