"""One key of a TOML text set or removed, and all else kept as it is: comments, order, quoting, line endings. Pure.

tomlkit edits the text. What comes out is compared with what should, as an odd file can be too much for it:
a file is never changed in any other way than it was meant to.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Mapping
from typing import Any

from providers.host.toml_lines import Keys, TomlLines, read_toml
from tray.engine.toml_file import CannotEdit

_Edit = Callable[[], str]


def with_value(text: str, path: Keys, raw: object) -> str:
    """The text with this TOML value for the key of `path`. Raises BadToml and CannotEdit."""
    written = as_written(raw)
    before, after = read_toml(text), read_toml(text)
    table = after
    for length, part in enumerate(path[:-1], 1):
        table = table.setdefault(part, {})
        if not isinstance(table, dict):
            raise CannotEdit(f"`{part}` should be a table, [{'.'.join(path[:length])}]")
    table[path[-1]] = read_toml(f"x = {written}")["x"]
    if comparable(before) == comparable(after):
        return text
    if text and not text.endswith("\n"):
        text += newline_of(text)
    edits: list[_Edit] = [
        lambda: _add_table(text, path, written),  # which is no TOML where the table stands already
        lambda: _set(text, path, raw),
        lambda: _add_line(text, path, written),
        lambda: f"{_dotted(path)} = {written}{newline_of(text)}{text}",
    ]
    return _first_right(text, edits, lambda new: comparable(new) == comparable(after))


def as_written(raw: object) -> str:
    """A TOML value on one line."""
    import tomlkit  # 30 ms, which few need

    if not isinstance(raw, Mapping):
        return tomlkit.item(raw).as_string()
    table = tomlkit.inline_table()
    table.update(raw)
    return table.as_string()


def with_members(text: str, path: Keys, raw: Mapping[str, object]) -> str:
    """The text with a table of exactly these members at `path`. Raises BadToml and CannotEdit."""
    found = _at(read_toml(text), path)
    if found is not None and not isinstance(found, dict):
        text = without(text, path)
    for key in (found if isinstance(found, dict) else {}).keys() - raw.keys():
        text = without(text, (*path, key))
    for key, value in raw.items():
        text = with_value(text, (*path, key), value)
    return text


def with_item(text: str, path: Keys, item: str) -> str:
    """The text with one more string in the list at `path`. Raises BadToml and CannotEdit."""
    found = _at(read_toml(text), path)
    if not isinstance(found, list):
        return with_value(text, path, [item])
    return _with_list(text, path, [*found, item], lambda items: items.append(item))


def without_items(text: str, path: Keys, numbers: Collection[int]) -> str:
    """The text without the items of these numbers, from 0, in the list at `path`; without the list if it is empty
    then. Raises BadToml and CannotEdit.
    """
    found = _at(read_toml(text), path)
    if not isinstance(found, list):
        return text
    kept = [each for number, each in enumerate(found) if number not in numbers]

    def edit(items: Any) -> None:
        for number in sorted(numbers, reverse=True):
            del items[number]

    return _with_list(text, path, kept, edit) if kept else without(text, path)


def _with_list(text: str, path: Keys, wanted: list[Any], edit: Callable[[Any], None]) -> str:
    """The list edited where it stands, which keeps its lines and comments; else written anew."""
    import tomlkit

    def in_place() -> str:
        document = tomlkit.parse(text)
        node: Any = document
        for part in path:
            node = node[part]
        edit(node)
        return document.as_string()

    rest = comparable(_pruned(read_toml(text), path))

    def is_right(new: dict[str, Any]) -> bool:
        items: bool = comparable(_at(new, path)) == comparable(wanted)
        return items and bool(comparable(_pruned(new, path)) == rest)

    return _first_right(text, [in_place, lambda: with_value(text, path, wanted)], is_right)


def without(text: str, path: Keys) -> str:
    """The text without that key, and without the tables that it leaves empty. Raises BadToml and CannotEdit."""
    before = read_toml(text)
    if _at(before, path) is None:
        return text
    after = _pruned(before, path)
    edits: list[_Edit] = [
        lambda: _remove_lines(text, path, header=True),
        lambda: _remove(text, path, prune=True),
        lambda: _remove_lines(text, path, header=False),
        lambda: _remove(text, path, prune=False),
    ]
    return _first_right(
        text,
        edits,
        lambda new: _at(new, path) is None and comparable(_pruned(new, path)) == comparable(after),
    )


def _first_right(text: str, edits: list[_Edit], is_right: Callable[[dict[str, Any]], bool]) -> str:
    """The first edit that changes one place of the text; where there is none, one that changes several."""
    right: list[str] = []
    for edit in edits:
        try:
            new = with_endings_of(text, edit())
            if not is_right(read_toml(new)):
                continue
        except Exception:  # noqa: BLE001, S112 - whatever tomlkit makes of it, the next edit may do
            continue
        if _is_local(text, new):
            return new
        right.append(new)
    if right:
        return right[0]
    raise CannotEdit("it is written in a way that only you can change: edit it by hand")


def _set(text: str, path: Keys, raw: object) -> str:
    """A value changed where it stands, or added to the table it belongs to."""
    import tomlkit
    from tomlkit.items import Table

    document = tomlkit.parse(text)
    table: Any = document
    for part in path[:-1]:
        table = table[part] if part in table else table.setdefault(part, tomlkit.inline_table())
    if path[-1] in table or not isinstance(table, Table):
        table[path[-1]] = raw
        return document.as_string()
    # Blank lines and comments at the end of a table lead up to the next one: the key goes before them.
    body, trailing = table.value.body, []
    while body and body[-1][0] is None:
        trailing.append(body.pop())
    table[path[-1]] = raw
    body.extend(reversed(trailing))
    return document.as_string()


def _add_table(text: str, path: Keys, written: str) -> str:
    newline = newline_of(text)
    gap = "" if not text else newline if text.endswith("\n") else 2 * newline
    return f"{text}{gap}[{_dotted(path[:-1])}]{newline}{_dotted(path[-1:])} = {written}{newline}"


def _add_line(text: str, path: Keys, written: str) -> str:
    """The key below the header of its table."""
    lines = text.split("\n")
    lines.insert(TomlLines(text).of(path[:-1]), f"{_dotted(path[-1:])} = {written}")
    return "\n".join(lines)


def _remove_lines(text: str, path: Keys, *, header: bool) -> str:
    """The key's line; with the `header` above it, where that has no other, and the blank line before the last."""
    lines = text.split("\n")
    place = TomlLines(text).of(path) - 1
    key = lines.pop(place)
    if header:
        if not lines[place - 1].startswith("[") or lines[place].strip()[:1] not in ("", "["):
            raise CannotEdit(f"{key} does not stand alone")
        del lines[place - 1]
        if place > 1 and not lines[place - 2].strip() and not "".join(lines[place - 1 :]):
            del lines[place - 2]
    return "\n".join(lines)


def _remove(text: str, path: Keys, *, prune: bool) -> str:
    import tomlkit

    document = tomlkit.parse(text)
    tables: list[Any] = [document]
    for part in path[:-1]:
        tables.append(tables[-1][part])
    for table, part in zip(reversed(tables), reversed(path), strict=True):
        if table is not tables[-1] and (not prune or not _is_blank(table[part])):
            break
        del table[part]
    return document.as_string()


def _dotted(path: Keys) -> str:
    """As TOML has it: in quotes, what is no bare key."""
    import tomlkit

    return ".".join(tomlkit.key(part).as_string() for part in path)


def _is_local(text: str, new: str) -> bool:
    """Whether one place is another: lines were put in, or gave way to one line or none, and no comment went."""
    old, now = text.split("\n"), new.split("\n")
    same = next(
        (n for n, (a, b) in enumerate(zip(old, now, strict=False)) if a != b), min(len(old), len(now))
    )
    old, now = old[same:], now[same:]
    while old and now and old[-1] == now[-1]:
        del old[-1], now[-1]
    return min(len(old), len(now)) <= 1 and not any(line.lstrip().startswith("#") for line in old)


def _is_blank(table: Any) -> bool:
    """Whether nothing is in it, a comment neither."""
    return not len(table) and "#" not in table.as_string()


def newline_of(text: str) -> str:
    return "\r\n" if text.count("\r\n") * 2 > text.count("\n") else "\n"


def with_endings_of(text: str, new: str) -> str:
    """With the text's line endings, where it has one kind alone."""
    if text.count("\r\n") and text.count("\r\n") == text.count("\n"):
        return new.replace("\r\n", "\n").replace("\n", "\r\n")
    return new


def _at(document: Mapping[str, Any], path: Keys) -> object | None:
    node: Any = document
    for part in path:
        node = node.get(part) if isinstance(node, dict) else None
    return node  # type: ignore[no-any-return]


def _pruned(document: Mapping[str, Any], path: Keys) -> dict[str, Any]:
    """A copy without the key, and without the tables on the way to it that hold nothing then."""
    root = copy.deepcopy(dict(document))
    tables: list[dict[str, Any]] = [root]
    for part in path[:-1]:
        inner = tables[-1].get(part)
        if not isinstance(inner, dict):
            break
        tables.append(inner)
    for table, part in reversed(list(zip(tables, path, strict=False))):
        if part == path[-1] or table.get(part) == {}:
            table.pop(part, None)
    return root


def comparable(value: Any) -> Any:
    """Equal where the TOML is: 1, 1.0 and true are three values, and nan is one."""
    if isinstance(value, dict):
        return {key: comparable(each) for key, each in value.items()}
    if isinstance(value, list):
        return [comparable(each) for each in value]
    return type(value), str(value)
