"""One [[price]] of a `prices.toml` added, changed or removed, and all else kept byte for byte. Pure.

Only the lines of that entry are edited. What comes out is compared with what should: a text that is too odd for
this is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from providers.host.toml_lines import read_toml
from tray.engine.settings_edit import comparable, with_endings_of
from tray.engine.toml_file import CannotEdit

Value = str | Decimal | date
RuleValues = Mapping[str, Value | None]
"""By the keys of a [[price]], None for one that it is not to have; other keys of it stay as they are."""

KEYS = (
    "model",
    "from",
    "until",
    "as",
    "input",
    "cache_read",
    "cache_write",
    "cache_write_1h",
    "output",
    "web_search",
    "source",
)
"""Those that can be set, in the order in which they are written."""

_HEADER = re.compile(r"\s*(\[\[?)([^\]]+)\]\]?\s*(?:#.*)?")
_KEY = re.compile(r"""\s*["']?([\w-]+)["']?\s*=""")
_BY_HAND = "it is written in a way that only you can change: edit it by hand"


def added(text: str, values: RuleValues, copy_of: int | None = None) -> str:
    """The text with one more entry: at its end, or else below the entry of that number, as a copy of it with these
    values. Raises BadToml and CannotEdit.
    """
    wanted = _prices(text)
    given = {key: values[key] for key in KEYS if values.get(key) is not None}
    if copy_of is None:
        wanted.append(_merged({}, values))
    else:
        _require(wanted, copy_of)
        wanted.insert(copy_of + 1, _merged(wanted[copy_of], values))
    return _checked(text, lambda lines: _with_entry(lines, given, values, copy_of), wanted)


def changed(text: str, number: int, values: RuleValues) -> str:
    """The text with these values in the entry of that number, from 0. Raises BadToml and CannotEdit."""
    wanted = _prices(text)
    _require(wanted, number)
    wanted[number] = _merged(wanted[number], values)

    def edit(lines: list[str]) -> list[str]:
        first, end = _blocks(lines)[number]
        return [*lines[:first], *_edited(lines[first:end], values), *lines[end:]]

    return _checked(text, edit, wanted)


def removed(text: str, number: int) -> str:
    """The text without that entry and the blank lines above it; comments around it stay. Raises BadToml and
    CannotEdit.
    """
    wanted = _prices(text)
    _require(wanted, number)
    del wanted[number]

    def edit(lines: list[str]) -> list[str]:
        first, end = _blocks(lines)[number]
        while first and not lines[first - 1].strip():
            first -= 1
        while not first and end < len(lines) - 1 and not lines[end].strip():
            end += 1
        return [*lines[:first], *lines[end:]]

    return _checked(text, edit, wanted)


def _prices(text: str) -> list[dict[str, Any]]:
    found = read_toml(text).get("price", [])
    return list(found) if isinstance(found, list) else []


def _require(entries: list[dict[str, Any]], number: int) -> None:
    if not 0 <= number < len(entries) or not isinstance(entries[number], dict):
        raise CannotEdit("there is no such price any more")


def _merged(entry: Mapping[str, Any], values: RuleValues) -> dict[str, Any]:
    """The entry with these values; a number that is the same stays as it is written."""
    new = {key: value for key, value in values.items() if not _is_same(entry.get(key), value)}
    parsed = {key: None if value is None else _parsed(value) for key, value in new.items()}
    return {key: value for key, value in {**entry, **parsed}.items() if value is not None}


def _is_same(old: Any, new: Value | None) -> bool:
    """5.00 is 5, and a string is the same however it is quoted."""
    if isinstance(new, Decimal):
        return isinstance(old, int | Decimal) and not isinstance(old, bool) and old == new
    return new is not None and comparable(old) == comparable(new)


def _checked(text: str, edit: Callable[[list[str]], list[str]], wanted: list[dict[str, Any]]) -> str:
    """The edited text, if it means what it should. Raises CannotEdit."""
    after = {**read_toml(text), "price": wanted}
    if not wanted:
        del after["price"]
    lines = text.replace("\r\n", "\n").split("\n") if _is_crlf(text) else text.split("\n")
    try:
        new = with_endings_of(text, "\n".join(edit(lines)))
        is_right = comparable(read_toml(new)) == comparable(after)
    except Exception:  # noqa: BLE001 - whatever an odd file makes of it
        is_right = False
    if not is_right:
        raise CannotEdit(_BY_HAND)
    return new


def _is_crlf(text: str) -> bool:
    return bool(text.count("\r\n")) and text.count("\r\n") == text.count("\n")


def _blocks(lines: list[str]) -> list[tuple[int, int]]:
    """The lines of each [[price]], the second not included: from its header to the last line of its own or of
    tables below it. Comments and blank lines after that belong to what follows.
    """
    found: list[tuple[int, int]] = []
    first: int | None = None
    end = 0
    for number, line in enumerate(lines):
        if header := _HEADER.fullmatch(line.rstrip("\r")):
            parts = [part.strip(" \t\"'") for part in header[2].split(".")]
            is_own = parts[0] == "price" and (len(parts) > 1 or header[1] == "[[")
            if first is not None and (len(parts) == 1 or not is_own):
                found.append((first, end))
                first = None
            if is_own and len(parts) == 1:
                first = number
        if line.strip() and not line.lstrip().startswith("#"):
            end = number + 1
    return found if first is None else [*found, (first, end)]


def _with_entry(
    lines: list[str], given: Mapping[str, Value | None], values: RuleValues, copy_of: int | None
) -> list[str]:
    if copy_of is not None:
        first, end = _blocks(lines)[copy_of]
        return [*lines[:end], "", *_edited(lines[first:end], values), *lines[end:]]
    written = ["[[price]]", *(f"{key} = {_written(value)}" for key, value in given.items()), ""]
    above = lines[:-1] if not lines[-1] else lines
    return [*above, *([""] if above else []), *written]


def _edited(block: list[str], values: RuleValues) -> list[str]:
    """The lines of one entry with these values: comments, spacing, order and unchanged numbers stay."""
    import tomlkit

    header, *rest = block
    tables = next((n for n, line in enumerate(rest) if _HEADER.fullmatch(line.rstrip("\r"))), len(rest))
    text = "\n".join([*rest[:tables], ""])
    entry, before = tomlkit.parse(text), read_toml(text)
    for key, value in values.items():
        if key in before and value is None:
            del entry[key]
        elif key in before and value is not None and not _is_same(before[key], value):
            entry[key] = tomlkit.value(_written(value))
    lines = entry.as_string().removesuffix("\n").split("\n") if tables else []
    for key in KEYS:
        value = values.get(key)
        if value is not None and key not in before:
            lines.insert(_place_of(key, lines), f"{_indent([*lines, header])}{key} = {_written(value)}")
    return [header, *lines, *rest[tables:]]


def _place_of(key: str, lines: list[str]) -> int:
    """Below the nearest key before it in the order of KEYS; else at the top."""
    before = KEYS[: KEYS.index(key)]
    found = ((number, _KEY.match(line)) for number, line in enumerate(lines, 1))
    return max((number for number, key in found if key and key[1] in before), default=0)


def _indent(lines: list[str]) -> str:
    found = next((line for line in lines if _KEY.match(line)), lines[-1])
    return found[: len(found) - len(found.lstrip())]


def _written(value: Value | None) -> str:
    match value:
        case Decimal():
            shown = f"{value:f}"
            return shown.rstrip("0").rstrip(".") if "." in shown else shown
        case date():
            return value.isoformat()
    import tomlkit

    return tomlkit.string(str(value)).as_string()


def _parsed(value: Value) -> Any:
    """What a parser makes of it once it is written."""
    return read_toml(f"x = {_written(value)}")["x"]
