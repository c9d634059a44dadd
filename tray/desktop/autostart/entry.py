"""Desktop entries: the Exec key, and the mark by which one that tankful wrote is known again.

Desktop Entry Specification 1.5, "The Exec key" and "Possible value types".
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence

GROUP = "[Desktop Entry]"
MARK = "X-tankful"
ICON_MARK = "X-tankful-Icon"
SWITCHES = frozenset({"Hidden", "X-GNOME-Autostart-enabled"})
"""Keys by which desktops' own settings switch an entry off."""

_PLAIN = re.compile(r"[A-Za-z0-9@_+=:,./-]+")
_ESCAPED_IN_QUOTES = re.compile(r'(["`$\\])')
_VALUE_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_VALUE_ESCAPE = re.compile(r"\\(.)")
_UNESCAPED = {"\\": "\\", "n": "\n", "r": "\r", "t": "\t", "s": " "}
_EXEC_PART = re.compile(r'"((?:[^"`$\\]|\\["`$\\])*)"|([^\s"\'\\><~|&;$*?#()`]+)')


class BadEntry(ValueError):
    """What is no desktop entry, or has an Exec that no desktop would start."""


def exec_value(command: Sequence[str]) -> str:
    """The value of Exec as it stands in the file: the program in quotes, arguments where they need them."""
    program, *arguments = command
    quoted = [_quoted(program)]
    quoted += [each if _PLAIN.fullmatch(each) else _quoted(each) for each in arguments]
    return "".join(_VALUE_ESCAPES.get(sign, sign) for sign in " ".join(quoted))


def caveat(program: str) -> str | None:
    """A sentence on a path that not every desktop reads as the specification wants it.

    Seen: GLib 2.74 (`gio launch`) refuses `%%` in the program; LXQt 1.2 starts none with an escape in quotes or a
    percent sign; xfce4-session 4.18 starts them all.
    """
    found = "".join(dict.fromkeys(re.findall(r'["`$\\%]', program)))
    return f"Some desktops cannot start a program with {found} in its path." if found else None


def exec_command(value: str) -> tuple[str, ...]:
    """What an Exec value starts, strictly by the specification. Raises BadEntry."""
    text, place, found = _unescape(value), 0, []
    while place < len(text):
        part = _EXEC_PART.match(text, place)
        if part is None or (part.end() < len(text) and text[part.end()] != " "):
            raise BadEntry("its Exec is not quoted as the specification wants it")
        quoted, plain = part.groups()
        argument = plain if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
        found.append(_without_field_codes(argument))
        place = part.end() + 1
    if not found:
        raise BadEntry("its Exec is empty")
    return tuple(found)


def entry(template: str, command: Sequence[str], icon_digest: str | None) -> bytes:
    """The template with this command, and our marks. Raises BadEntry for a path that no entry can hold."""
    if any("\0" in part for part in command):
        raise BadEntry("the program's path holds a zero byte")
    lines = [
        f"Exec={exec_value(command)}" if line.startswith("Exec=") else line for line in template.splitlines()
    ]
    if icon_digest is not None:
        lines.append(f"{ICON_MARK}={icon_digest}")
    lines.append(f"{MARK}={_digest(lines)}")
    try:
        return "".join(f"{line}\n" for line in lines).encode()
    except UnicodeEncodeError as error:
        raise BadEntry("the program's path is not UTF-8, which desktop entries have to be") from error


def values(content: bytes) -> Mapping[str, str]:
    """Key to value, as it stands, of the group that matters; the first of two wins. Raises BadEntry."""
    found: dict[str, str] = {}
    inside = False
    for line in _lines(content):
        if line.startswith("["):
            inside = line == GROUP
        elif inside and not line.startswith("#"):
            key, equals, value = line.partition("=")
            if not equals:
                raise BadEntry("it is not a desktop entry")
            found.setdefault(key.strip(), value.strip())
    if not found:
        raise BadEntry("it is not a desktop entry")
    return found


def is_as_written(content: bytes) -> bool:
    """Whether any tankful wrote it, and only switches were changed since."""
    try:
        mark = values(content).get(MARK)
    except BadEntry:
        return False
    return mark is not None and mark == _digest(_lines(content))


def _quoted(argument: str) -> str:
    escaped = _ESCAPED_IN_QUOTES.sub(r"\\\1", argument)
    return f'"{escaped}"'.replace("%", "%%")


def _without_field_codes(argument: str) -> str:
    """`%%` is a percent sign; a file manager's `%f` and the like are empty at a login."""
    return re.sub(r"%(.?)", lambda code: "%" if code[1] == "%" else "", argument)


def _unescape(value: str) -> str:
    def replaced(escape: re.Match[str]) -> str:
        if escape[1] not in _UNESCAPED:
            raise BadEntry(f"it has an unknown escape, \\{escape[1]}")
        return _UNESCAPED[escape[1]]

    return _VALUE_ESCAPE.sub(replaced, value)


def _lines(content: bytes) -> list[str]:
    """Without blank ones."""
    text = content.decode("utf-8", "replace").replace("\r\n", "\n")
    return [line.strip(" \t") for line in text.split("\n") if line.strip()]


def _digest(lines: Sequence[str]) -> str:
    """Of all lines in any order, as settings dialogs write them anew, but for switches and the digest itself."""
    kept = sorted(line for line in lines if line.partition("=")[0].strip() not in {*SWITCHES, MARK})
    return hashlib.sha256("\n".join(kept).encode("utf-8", "replace")).hexdigest()[:32]
