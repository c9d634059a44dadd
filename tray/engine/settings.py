"""The person's own `settings.toml`, beside their `prices.toml`.

    [providers.codex]
    enabled = true                  # false: neither its limits nor its cost
    homes = ["~/.codex-work"]       # beside those of its environment variable
    program = "~/bin/codex"         # its own program, where it is not on PATH
    source = "auto"                 # or the one source to ask

What is wrong is named with its line and counts as not set; the rest counts.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from providers.host.files import printable, read_small, short
from providers.host.toml_lines import BadToml, Keys, TomlLines, read_toml
from providers.source import ProviderSettings

_LIMIT = 1 << 18
_MOST_TOLD = 3
_LONGEST_KEY = 40


class Settings(Struct, frozen=True, kw_only=True):
    """What the person set, by provider; `trouble` is one sentence on what of it does not count."""

    providers: Mapping[str, ProviderSettings] = {}
    trouble: str | None = None


class SettingsFile:
    """Read anew whenever it was written. `sources` are those of each provider there is, by their ids."""

    def __init__(self, path: Path, sources: Mapping[str, Sequence[str]]) -> None:
        self._path = path
        self._sources = sources
        self._state: tuple[int, int, int] | None = None
        self._settings = Settings()

    def current(self) -> Settings:
        """Never raises: a file that is not there sets nothing, one that cannot be read says so."""
        try:
            found = self._path.stat()
            state = found.st_mtime_ns, found.st_size, found.st_ino
            if state != self._state:
                text = read_small(self._path, _LIMIT).decode("utf-8-sig")
                self._settings, self._state = read_settings(text, short(self._path), self._sources), state
            return self._settings
        except (FileNotFoundError, NotADirectoryError):
            self._settings = Settings()
        except UnicodeDecodeError:
            self._settings = Settings(trouble=f"{short(self._path)} is not text in UTF-8: it sets nothing.")
        except (OSError, ValueError) as error:  # the latter for a name that no file can have
            reason = getattr(error, "strerror", None) or "no such name"
            self._settings = Settings(
                trouble=f"{short(self._path)} cannot be read ({reason}): it sets nothing."
            )
        self._state = None
        return self._settings


def read_settings(text: str, file: str, sources: Mapping[str, Sequence[str]]) -> Settings:
    """What the text sets; `file` is what it is called. Never raises."""
    try:
        document = read_toml(text)
    except BadToml as error:
        return Settings(trouble=f"{file}, line {error.line}: {error}: it sets nothing.")
    reader = _Reader(TomlLines(text))
    return Settings(providers=reader.providers(document, sources), trouble=reader.trouble(file))


class _Reader:
    """Takes what is right, and keeps what is not with its line."""

    def __init__(self, lines: TomlLines) -> None:
        self._lines = lines
        self._wrong: list[tuple[int, str]] = []

    def trouble(self, file: str) -> str | None:
        if not self._wrong:
            return None
        told = [f"line {line}: {what}" for line, what in sorted(self._wrong)[:_MOST_TOLD]]
        more = len(self._wrong) - len(told)
        return f"{file}, {'; '.join(told)}{f'; and {more} more' if more else ''}. The rest counts."

    def providers(
        self, document: dict[str, Any], sources: Mapping[str, Sequence[str]]
    ) -> dict[str, ProviderSettings]:
        self._check_keys((), document, ("providers",))
        tables = self._table(("providers",), document.get("providers", {}))
        self._check_keys(("providers",), tables, tuple(sources))
        return {
            ident: self._provider(("providers", ident), tables[ident], ids)
            for ident, ids in sources.items()
            if ident in tables
        }

    def _provider(self, path: Keys, raw: object, sources: Sequence[str]) -> ProviderSettings:
        table = self._table(path, raw)
        self._check_keys(path, table, ("enabled", "homes", "program", "source"))
        found = ProviderSettings()
        if "enabled" in table:
            enabled = table["enabled"]
            if isinstance(enabled, bool):
                found = replace(found, enabled=enabled)
            else:
                self._say((*path, "enabled"), "`enabled` should be true or false")
        if "homes" in table:
            found = replace(found, homes=self._homes((*path, "homes"), table["homes"]))
        if "program" in table:
            program = _folder(table["program"])
            if program is None:
                self._say((*path, "program"), "`program` should be a path in quotes, from / or ~")
            found = replace(found, program=program)
        if "source" in table:
            found = replace(found, source=self._source((*path, "source"), table["source"], sources))
        return found

    def _homes(self, path: Keys, raw: object) -> tuple[Path, ...]:
        homes = [_folder(each) for each in raw] if isinstance(raw, list) else [None]
        if None in homes:
            self._say(path, "`homes` should be a list of folders in quotes, each from / or ~")
        return tuple(dict.fromkeys(home for home in homes if home is not None))

    def _source(self, path: Keys, raw: object, sources: Sequence[str]) -> str | None:
        if raw == "auto":
            return None
        if isinstance(raw, str) and raw in sources:
            return raw
        self._say(path, f"`source` should be one of {', '.join(('auto', *sources))}")
        return None

    def _table(self, path: Keys, raw: object) -> dict[str, Any]:
        if isinstance(raw, dict):
            return raw
        self._say(path, f"`{path[-1]}` should be a table, [{'.'.join(path)}]")
        return {}

    def _check_keys(self, path: Keys, table: Mapping[str, object], known: Sequence[str]) -> None:
        for key in table:
            if key not in known:
                shown = printable(key if len(key) <= _LONGEST_KEY else f"{key[:_LONGEST_KEY]}…")
                self._say((*path, key), f"`{shown}` is not known here, only {', '.join(known)}")

    def _say(self, path: Keys, what: str) -> None:
        self._wrong.append((self._lines.of(path), what))


def _folder(raw: object) -> Path | None:
    """An absolute path; a ~ at its start is the person's home."""
    if not isinstance(raw, str) or "\0" in raw:
        return None
    path = os.path.expanduser(raw.strip())
    return Path(os.path.abspath(path)) if os.path.isabs(path) else None
