"""Tables of text that fit the width they are given. Pure.

The first column holds names, the others cells. Where the width does not do, columns are left out as the table
says, and the names are cut at last.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from tray.view import format as fmt
from tray.view.cells import cells_of
from tray.view.output import Paper

GAP = "  "
_ENOUGH = 40
"""Columns for a name: a longer one is cut before a column of figures is left out for it."""
_LEAST = 8
_LONGEST = 1000


class TableLine(Struct, frozen=True):
    """A name and cells by column, and what stands `below`: parts, as many on a line as fit. Those that are copied,
    such as paths, stay `whole`. `cut` is where a name that is too long loses its characters.
    """

    name: str
    cells: Mapping[str, str]
    below: tuple[str, ...] = ()
    cut: str = "end"
    whole: bool = False


class Columns(Struct, frozen=True):
    """Which columns are shown, and how wide each is. Tables of one layout stand in line below each other."""

    paper: Paper
    name: int
    columns: tuple[tuple[str, str, int], ...]
    left: frozenset[str]

    @property
    def width(self) -> int:
        return self.name + sum(len(GAP) + width for _, _, width in self.columns)

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(key for key, _, _ in self.columns)

    def head(self, name: str) -> str:
        return self.paper.strong(self._line(name, {key: heading for key, heading, _ in self.columns}, "end"))

    def rule(self) -> str:
        return self.paper.plain("─") * self.width

    def row(self, line: TableLine) -> Iterator[str]:
        """The line, and what stands below it."""
        yield self._line(line.name, line.cells, line.cut)
        yield from joined(line.below, self.paper, "  ", whole=line.whole)

    def _line(self, name: str, cells: Mapping[str, str], cut: str) -> str:
        parts = [padded(shortened(safe(name, self.paper), self.name, self.paper, cut), self.name)]
        for key, _, width in self.columns:
            parts.append(padded(safe(cells.get(key, ""), self.paper), width, right=key not in self.left))
        return GAP.join(parts).rstrip()


def layout(
    lines: Iterable[TableLine],
    headings: Mapping[str, str],
    levels: Sequence[tuple[str, ...]],
    paper: Paper,
    *,
    left: Iterable[str] = (),
) -> Columns:
    """With the first of the `levels`, which are columns by key, beside which the names have room. The columns
    in `left` are aligned left.
    """
    lines = list(lines)
    wanted = max((cells_of(safe(line.name, paper)) for line in lines), default=0)
    for level in levels:
        columns = tuple(
            (key, safe(headings[key], paper), _width(key, headings, lines, paper)) for key in level
        )
        room = paper.width - sum(len(GAP) + width for _, _, width in columns)
        if room >= min(wanted, _ENOUGH):
            break
    return Columns(paper, min(wanted, max(room, _LEAST)), columns, frozenset(left))


def _width(key: str, headings: Mapping[str, str], lines: Iterable[TableLine], paper: Paper) -> int:
    texts = (headings[key], *(line.cells.get(key, "") for line in lines))
    return max(cells_of(safe(text, paper)) for text in texts)


def safe(text: str, paper: Paper) -> str:
    return paper.plain(fmt.plain(text, longest=_LONGEST))


def padded(text: str, width: int, *, right: bool = False) -> str:
    blanks = " " * (width - cells_of(text))
    return blanks + text if right else text + blanks


def shortened(text: str, width: int, paper: Paper, cut: str = "end") -> str:
    """Cut at its end, or for what tells more at its end, such as a path, at its `start`."""
    if cells_of(text) <= width:
        return text
    mark = paper.plain("…")
    kept, room = [], width - len(mark)
    for character in text if cut == "end" else reversed(text):
        room -= cells_of(character)
        if room < 0:
            break
        kept.append(character)
    return "".join(kept) + mark if cut == "end" else mark + "".join(reversed(kept))


def joined(parts: Iterable[str], paper: Paper, indent: str = "", *, whole: bool = False) -> Iterator[str]:
    """The parts with dots between them, a new line where one has no room; one that is too long is wrapped, unless
    each is to stay `whole`.
    """

    def line_or_lines(text: str) -> Iterator[str]:
        return iter([indent + text]) if whole else wrapped(text, paper, indent)

    line = ""
    dot = paper.plain(fmt.DOT)
    for part in (safe(part, paper) for part in parts):
        if line and cells_of(indent + line + dot + part) <= paper.width:
            line += dot + part
            continue
        if line:
            yield from line_or_lines(line)
        line = part
    if line:
        yield from line_or_lines(line)


def fitted(text: str, paper: Paper) -> str:
    """The text with its long lines broken at spaces; what goes on is indented by two more."""
    return "\n".join(line for each in text.split("\n") for line in _fitted(each, paper))


def _fitted(line: str, paper: Paper) -> Iterator[str]:
    if cells_of(paper.plain(line)) <= paper.width:
        yield line
        return
    content = line.lstrip(" ")
    indent = " " * (len(line) - len(content))
    yield from wrapped(content, paper, indent, f"{indent}  ")


def wrapped(text: str, paper: Paper, indent: str = "", hanging: str | None = None) -> Iterator[str]:
    """Lines that fit, broken at spaces; a word that is too long, such as a path, stays whole."""
    line = indent
    after = indent if hanging is None else hanging
    for word in safe(text, paper).split(" "):
        if line.strip() and cells_of(f"{line} {word}") > paper.width:
            yield line
            line = after + word
        else:
            line = f"{line} {word}" if line.strip() else line + word
    yield line
