"""The settings in `settings.toml`, as one value.

    [providers.codex]
    enabled = true                  # `tankful config list` shows all keys
    homes = ["~/.codex-work"]

What is wrong in the file is named with its line and counts as not set; the rest counts. Nothing here writes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import Struct

from providers.host.files import read_small, short
from providers.host.shown_path import printable
from providers.host.trust import SETTINGS_FILE
from providers.provider_settings import provider_settings
from providers.setting import InvalidValue, Setting
from providers.source import ProviderSettings
from tray.engine.settings_table import Table, nearest

if TYPE_CHECKING:
    from providers.host.toml_lines import Keys, TomlLines

FILE = SETTINGS_FILE
SIZE_LIMIT = 1 << 18
_MOST_SHOWN = 3
_LONGEST_KEY = 40
T = TypeVar("T")


class Settings(Struct, frozen=True, kw_only=True):
    """`values` are those that are set, by their keys in the `table`; `problem` is one sentence on what does not
    count.
    """

    table: Table = ()
    values: Mapping[str, Any] = {}
    problem: str | None = None

    def get(self, setting: Setting[T]) -> T:
        """The value that applies."""
        value: T = self.values.get(setting.key, setting.default)
        return value

    @property
    def providers(self) -> dict[str, ProviderSettings]:
        """The settings of each provider that has any."""
        return provider_settings(self.values)


class SettingsFile:
    """Reads the file again whenever it changed."""

    def __init__(self, path: Path, table: Table) -> None:
        self._path = path
        self._table = table
        self._state: tuple[int, int, int] | None = None
        self._settings = Settings(table=table)

    def current(self) -> Settings:
        """Never raises: a missing file sets nothing, one that cannot be read says so."""
        try:
            found = self._path.stat()
            state = found.st_mtime_ns, found.st_size, found.st_ino
            if state != self._state:
                text = read_small(self._path, SIZE_LIMIT).decode("utf-8-sig")
                self._settings, self._state = read_settings(text, short(self._path), self._table), state
            return self._settings
        except (FileNotFoundError, NotADirectoryError):
            problem = None
        except UnicodeDecodeError:
            problem = f"{short(self._path)} is not text in UTF-8; the file is ignored."
        except (OSError, ValueError) as error:  # the latter for a name that no file can have
            reason = getattr(error, "strerror", None) or "no such name"
            problem = f"{short(self._path)} cannot be read ({reason}); the file is ignored."
        self._settings, self._state = Settings(table=self._table, problem=problem), None
        return self._settings


def read_settings(text: str, file: str, table: Table) -> Settings:
    """The settings in the text; `file` is its name. Never raises."""
    from providers.host.toml_lines import BadToml, TomlLines, read_toml

    try:
        document = read_toml(text)
    except BadToml as error:
        return Settings(table=table, problem=f"{file}, line {error.line}: {error}; the file is ignored.")
    reader = _Reader(TomlLines(text))
    reader.read(document, _tree(table), ())
    return Settings(table=table, values=MappingProxyType(reader.values), problem=reader.problem(file))


def _tree(table: Table) -> dict[str, Any]:
    """The settings as they are nested in the file."""
    root: dict[str, Any] = {}
    for setting in table:
        node = root
        for part in setting.path[:-1]:
            node = node.setdefault(part, {})
        node[setting.path[-1]] = setting
    return root


class _Reader:
    """Takes valid values, and keeps the line of each invalid one; only errors that are shown are formatted."""

    def __init__(self, lines: TomlLines) -> None:
        self._lines = lines
        self._wrong: list[tuple[int, Callable[[], str]]] = []
        self.values: dict[str, Any] = {}

    def read(self, document: Mapping[str, Any], known: Mapping[str, Any], above: Keys) -> None:
        for key, raw in document.items():
            path, expected = (*above, key), known.get(key)
            if expected is None:
                self._add(path, partial(_unknown, key, known))
            elif isinstance(expected, Setting):
                try:
                    self.values[expected.key] = expected.type.parse(raw)
                except InvalidValue as error:
                    self._add(path, f"`{key}` should be {error}".__str__)
            elif isinstance(raw, dict):
                self.read(raw, expected, path)
            else:
                self._add(path, f"`{key}` should be a table, [{'.'.join(path)}]".__str__)

    def problem(self, file: str) -> str | None:
        if not self._wrong:
            return None
        first = sorted(self._wrong, key=lambda wrong: wrong[0])[:_MOST_SHOWN]
        shown = [f"line {line}: {what()}" for line, what in first]
        more = len(self._wrong) - len(shown)
        return f"{file}, {'; '.join(shown)}{f'; and {more} more' if more else ''}. All other settings apply."

    def _add(self, path: Keys, what: Callable[[], str]) -> None:
        self._wrong.append((self._lines.of(path), what))


def _unknown(key: str, known: Mapping[str, Any]) -> str:
    shown = printable(key if len(key) <= _LONGEST_KEY else f"{key[:_LONGEST_KEY]}…")
    near = nearest(key[: 2 * _LONGEST_KEY], known)
    hint = f"did you mean `{near[0]}`?" if near else f"known here: {', '.join(known)}"
    return f"unknown key `{shown}` ({hint})"
