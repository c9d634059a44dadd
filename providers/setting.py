"""The definition of a setting: key, type, default and description, next to the code that uses it.

The reader of `settings.toml`, its writer, `tankful config`, the menu and the README all work from these lines.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from msgspec import Struct

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class InvalidValue(ValueError):
    """A value that a setting does not accept; str() completes "`key` should be …"."""


class Type(Protocol[T_co]):
    """The type of a setting. Values are immutable, and None if nothing is set and there is no default."""

    @property
    def is_public(self) -> bool:
        """Whether its values may appear in snapshot.json: paths and commands may not."""

    def expected(self) -> str:
        """A description of valid values."""

    def parse(self, raw: object) -> T_co:
        """The value of a TOML value; raises InvalidValue."""

    def raw(self, text: str) -> object:
        """The TOML value for `text` on a command line; any text has one."""

    def text(self, value: Any) -> str:
        """A value as the command line accepts it, "" for None."""


class Menu(Struct, frozen=True, kw_only=True):
    """Where the menu offers a setting: its text, below these submenus of Settings.

    `names` are what a person calls the values of a Choice, where these are not their own names; it is called
    when the menu is made.
    """

    text: str
    path: tuple[str, ...] = ()
    names: Callable[[], Mapping[str, str]] | None = None


class Setting(Struct, Generic[T], frozen=True):
    """A line of the table. `key` is dotted, as in TOML; `doc` is one sentence.

    `live`: a tankful that runs applies a change at once, else when it is next started.
    """

    key: str
    type: Type[T]
    default: T
    doc: str
    live: bool = True
    menu: Menu | None = None

    @property
    def path(self) -> tuple[str, ...]:
        return tuple(self.key.split("."))


class Bool(Struct, frozen=True):
    is_public = True

    def expected(self) -> str:
        return "true or false"

    def parse(self, raw: object) -> bool:
        if isinstance(raw, bool):
            return raw
        raise InvalidValue(self.expected())

    def raw(self, text: str) -> object:
        known = {"true": True, "on": True, "yes": True, "false": False, "off": False, "no": False}
        return known.get(text.strip().lower(), text)

    def text(self, value: Any) -> str:
        return "true" if value else "false"


class _Words:
    """Values that the command line has as TOML does."""

    __slots__ = ()

    def raw(self, text: str) -> object:
        return text.strip()

    def text(self, value: Any) -> str:
        return "" if value is None else str(value)


class Choice(_Words, Struct, frozen=True):
    """One of several names."""

    values: tuple[str, ...]
    is_public = True

    def expected(self) -> str:
        return f"one of {', '.join(self.values)}"

    def parse(self, raw: object) -> str:
        if isinstance(raw, str) and raw in self.values:
            return raw
        raise InvalidValue(self.expected())


class Int(Struct, frozen=True):
    """A whole number within bounds, both included."""

    least: int
    most: int
    is_public = True

    def expected(self) -> str:
        return f"a whole number from {self.least} to {self.most}"

    def parse(self, raw: object) -> int:
        if isinstance(raw, int) and not isinstance(raw, bool) and self.least <= raw <= self.most:
            return raw
        raise InvalidValue(self.expected())

    def raw(self, text: str) -> object:
        try:
            return int(text)
        except ValueError:
            return text

    def text(self, value: Any) -> str:
        return str(value)


class Float(Struct, frozen=True):
    """A number within bounds, both included."""

    least: float
    most: float
    is_public = True

    def expected(self) -> str:
        return f"a number from {self.least:g} to {self.most:g}"

    def parse(self, raw: object) -> float:
        # comparisons with NaN are false; a Decimal NaN would raise
        if isinstance(raw, (int, float, Decimal)) and not isinstance(raw, bool):
            finite = not isinstance(raw, Decimal) or raw.is_finite()
            if finite and self.least <= raw <= self.most:
                return float(raw)
        raise InvalidValue(self.expected())

    def raw(self, text: str) -> object:
        try:
            return float(text)
        except ValueError:
            return text

    def text(self, value: Any) -> str:
        return f"{value:g}"


_UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
# Compiled when such a setting is read: to compile both takes 0.3 ms.
_DURATION = r"(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?"


class Duration(Struct, frozen=True):
    """Days, hours, minutes and seconds, such as "90s", "5m" or "1h 30m", within bounds, both included."""

    least: timedelta
    most: timedelta
    is_public = True

    def expected(self) -> str:
        bounds = f"from {self.text(self.least)} to {self.text(self.most)}"
        return f'a duration in quotes, such as "90s", "5m" or "1h30m", {bounds}'

    def parse(self, raw: object) -> timedelta:
        text = "".join(raw.split()) if isinstance(raw, str) and len(raw) < 40 else None
        if text is not None and (match := re.fullmatch(_DURATION, text, re.ASCII)):
            amounts = zip(match.groups(), _UNITS.values(), strict=True)
            value = timedelta(seconds=sum(int(amount) * unit for amount, unit in amounts if amount))
            if any(match.groups()) and self.least <= value <= self.most:
                return value
        raise InvalidValue(self.expected())

    def raw(self, text: str) -> object:
        return text.strip()

    def text(self, value: Any) -> str:
        rest, parts = int(value.total_seconds()), []
        for unit, seconds in _UNITS.items():
            amount, rest = divmod(rest, seconds)
            parts += [f"{amount}{unit}"] if amount else []
        return "".join(parts) or "0s"


_HOURS = r"(\d{1,2})(?::(\d\d))? ?[-–] ?(\d{1,2})(?::(\d\d))?"


class Hours(_Words, Struct, frozen=True):
    """From one time of day to another, possibly over midnight; the value is text, "22:00-07:00", or None."""

    is_public = True

    def expected(self) -> str:
        return 'two times of day in quotes, such as "22:00-07:00"'

    def parse(self, raw: object) -> str | None:
        if isinstance(raw, str) and not raw.strip():
            return None
        if isinstance(raw, str) and (match := re.fullmatch(_HOURS, raw.strip(), re.ASCII)):
            first, of_first, last, of_last = (int(part or 0) for part in match.groups())
            if first < 24 and (last, of_last) <= (24, 0) and of_first < 60 and of_last < 60:
                return f"{first:02}:{of_first:02}-{last % 24:02}:{of_last:02}"
        raise InvalidValue(self.expected())


class Text(Struct, frozen=True):
    """Any text, possibly a command: so it is not public."""

    is_public = False

    def expected(self) -> str:
        return "a text in quotes"

    def parse(self, raw: object) -> str:
        if isinstance(raw, str) and "\0" not in raw:
            return raw
        raise InvalidValue(self.expected())

    def raw(self, text: str) -> object:
        return text

    def text(self, value: Any) -> str:
        return str(value)


class FilePath(_Words, Struct, frozen=True):
    """A path; a ~ at its start is the person's home."""

    is_public = False

    def expected(self) -> str:
        return "a path in quotes, from / or ~"

    def parse(self, raw: object) -> Path | None:
        path = _absolute(raw)
        if path is None:
            raise InvalidValue(self.expected())
        return path


class FolderList(Struct, frozen=True):
    """Paths, each once."""

    is_public = False

    def expected(self) -> str:
        return "a list of folders in quotes, each from / or ~"

    def parse(self, raw: object) -> tuple[Path, ...]:
        paths = [_absolute(each) for each in raw] if isinstance(raw, list) else [None]
        if None in paths:
            raise InvalidValue(self.expected())
        return tuple(dict.fromkeys(path for path in paths if path is not None))

    def raw(self, text: str) -> object:
        """A list as TOML has it, or with commas between the paths."""
        if text.lstrip().startswith("["):
            import tomllib

            try:
                return tomllib.loads(f"list = {text}")["list"]
            except (ValueError, RecursionError):
                return text
        return [part.strip() for part in text.split(",") if part.strip()]

    def text(self, value: Any) -> str:
        return ", ".join(map(str, value))


def _absolute(raw: object) -> Path | None:
    if not isinstance(raw, str) or "\0" in raw:
        return None
    path = os.path.expanduser(raw.strip())
    return Path(os.path.abspath(path)) if os.path.isabs(path) else None
