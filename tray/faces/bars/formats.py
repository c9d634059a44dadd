"""How each program wants its line. Pure.

All of them show one line of a program that exits with 0. What is special in data differs (waybar 0.9.17, tmux
3.3a, polybar 3.6.3, i3blocks 1.4, starship 1.26):

    waybar    Pango markup, in text and tooltip: a bare & or < empties the module; JSON on one line, of whose
              `percentage` only a whole number counts
    tmux      # begins a format; 40 columns are what `status-right` shows unless it is set
    polybar   %{ begins a tag
    i3blocks  JSON on one line (`format=json`), which also says that nothing in it is markup; escapes in it are not
              understood: \\" ends the text, and \\\\ and \\u00a0 are shown as they are
"""

from __future__ import annotations

import json
import re

from providers.domain.visible import json_text
from tray.faces.bars import words
from tray.view.cells import cells_of

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from tray.faces.bars.line import BarLine

TMUX_COLUMNS = 40
_MARK, _FIRST_FROM_RIGHT = "\u200e", "\u0590"  # LEFT-TO-RIGHT MARK
_LETTER = "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]"
_FROM_RIGHT = f"{_LETTER}+(?:[^\\w\n{_MARK}]*{_LETTER}+)*"
_COLOURS = {"warning": "#e5a50a", "critical": "#ed333b", "blocked": "#ed333b"}


class Format:
    """`write` makes the line; `escape` is for a value that a template puts among the person's own markup, and
    `write_own` for the text that came of that.
    """

    __slots__ = ("escape", "write", "write_own")

    def __init__(
        self,
        write: Callable[[BarLine], str],
        *,
        escape: Callable[[str], str] = str,
        write_own: Callable[[str, BarLine], str] = lambda text, _line: text,
    ) -> None:
        self.write = write
        self.escape = escape
        self.write_own = write_own


def pango(text: str) -> str:
    return words.markup(_in_order(text))


def _in_order(text: str) -> str:
    """With names that are written from right to left between marks: else Pango would turn round what is beside
    them, as numbers, and all of a line that begins with one.
    """
    if max(text, default="") < _FIRST_FROM_RIGHT:
        return text
    return re.sub(_FROM_RIGHT, f"{_MARK}\\g<0>{_MARK}", text)


def tmux(text: str) -> str:
    return text.replace("#", "##")


def polybar(text: str) -> str:
    return text.replace("%{", "% {")


def _waybar(text: str, line: BarLine) -> str:
    """`text` is markup."""
    members: dict[str, Any] = {
        "text": text,
        "tooltip": pango(line.tooltip),
        "class": line.level,
        "alt": line.level,
    }
    if line.left is not None:
        members["percentage"] = line.left
    return _json(members)


def _i3blocks(line: BarLine) -> str:
    texts = {"full_text": _without_escapes(line.text), "short_text": _without_escapes(line.short)}
    return _raw({name: _in_order(text) for name, text in texts.items()} | {"markup": "none"} | _colour(line))


def _i3blocks_own(text: str, line: BarLine) -> str:
    """`text` is markup."""
    return _raw({"full_text": _without_escapes(text), "markup": "pango"} | _colour(line))


def _without_escapes(text: str) -> str:
    """Of which JSON needs none."""
    text = text.replace('"', "'").replace("\\", "/")
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() or sign == _MARK else " " for sign in text)


def _colour(line: BarLine) -> dict[str, str]:
    return {"color": _COLOURS[line.level]} if line.level in _COLOURS else {}


def _json(members: dict[str, Any]) -> str:
    return json_text(_raw(members))


def _raw(members: dict[str, Any]) -> str:
    return json.dumps(members, ensure_ascii=False, separators=(",", ":"))


def _tmux(line: BarLine) -> str:
    """The longer text if it fits, else the short one, cut if need be: by columns of the terminal."""
    return tmux(line.text) if _columns(line.text) <= TMUX_COLUMNS else _cut(line.short, TMUX_COLUMNS)


def _cut(text: str, columns: int) -> str:
    if _columns(text) <= columns:
        return tmux(text)
    kept = ""
    for sign in text:
        if _columns(kept + sign) > columns - 1:
            break
        kept += sign
    return f"{tmux(kept.rstrip())}…"


def _columns(text: str) -> int:
    """Of the escaped text: a # counts twice, so that it fits also where somebody counts characters."""
    return cells_of(tmux(text))


FORMATS = {
    "text": Format(lambda line: line.text),
    "waybar": Format(lambda line: _waybar(pango(line.short), line), escape=pango, write_own=_waybar),
    "tmux": Format(_tmux, escape=tmux),
    "polybar": Format(lambda line: polybar(line.text), escape=polybar),
    "i3blocks": Format(_i3blocks, escape=pango, write_own=_i3blocks_own),
    "starship": Format(lambda line: line.short),
}
