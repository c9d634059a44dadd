"""Homes that the person adds in the settings, and takes away again. Nothing of a home itself is touched."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any

from providers.host.files import short
from providers.host.toml_lines import read_toml
from providers.setting import FolderList, InvalidValue, Setting
from providers.source import Home, Provider
from tray.engine import settings_writer
from tray.engine.bounded import Bounded
from tray.engine.scope import Scope
from tray.engine.settings_edit import with_item, without_items
from tray.engine.settings_table import find

LOOK_SECONDS = 3.0


class HomeRefused(ValueError):
    """The folder cannot be added, or not be removed here; str() is a sentence."""


def add(scope: Scope, provider: Provider, typed: str) -> Path:
    """Add the folder to the homes of the provider. Returns its path.

    Raises HomeRefused and CannotWriteSettings.
    """
    path = require_home(scope, provider, typed)
    setting = _setting(scope, provider)
    settings_writer.edit(
        scope.settings_file, setting, partial(with_item, path=setting.path, item=typed.strip())
    )
    return path


def remove(scope: Scope, provider: Provider, ident: str) -> Home:
    """Take the home of this id out of the settings. Returns it. Raises HomeRefused and CannotWriteSettings."""
    home = next((each for each in scope.homes_of(provider) if each.id == ident), None)
    if home is None:
        raise HomeRefused("This folder is no longer a home.")
    if not home.in_settings:
        raise HomeRefused(f"The settings do not name {home.label}. {how_to_remove(provider, home)}")
    setting = _setting(scope, provider)

    def edit(text: str) -> str:
        return without_items(
            text, setting.path, [n for n, each in enumerate(_items(text, setting)) if each == home.path]
        )

    settings_writer.edit(scope.settings_file, setting, edit)
    return home


def how_to_remove(provider: Provider, home: Home) -> str:
    """Where a home is known from that is not in the settings, and so how it can be removed."""
    if home.named is not None:
        return f"To remove it, take it out of {provider.home_variable}."
    return f"It is the default of {provider.title}. To use another one instead, set {provider.home_variable}."


def require_home(scope: Scope, provider: Provider, typed: str) -> Path:
    """The path that was typed, if it is that of a home which is not known yet. Raises HomeRefused."""
    try:
        (path,) = FolderList().parse([typed]) if typed.strip() else ()
    except (InvalidValue, ValueError):
        raise HomeRefused("Enter the path of a folder, starting with / or ~.") from None
    slow = f"{short(path)} is not responding. Is its disk connected?"
    problem = Bounded().run("home", LOOK_SECONDS, lambda: _problem(scope, provider, path), otherwise=slow)
    if problem:
        raise HomeRefused(problem)
    return path


def looks_like_home(provider: Provider, path: Path) -> bool:
    """Whether it has anything that a home of the provider has."""
    return any(os.path.exists(path / name) for name in (*provider.home_files, *provider.logs.folders))


def _problem(scope: Scope, provider: Provider, path: Path) -> str:
    """What keeps it from being added, "" if nothing does."""
    name, person = short(path), Path(os.path.expanduser("~"))
    if not os.path.isdir(path):
        return (
            f"{name} is a file. Enter the path of a folder."
            if os.path.exists(path)
            else f"{name} does not exist."
        )
    for each in scope.providers:
        if any(_is_same(path, home.path) for home in scope.log_homes_of(each)):
            return f"{name} is already a home of {each.title}."
    inside = (scope.folders.state, scope.folders.cache)
    if _is_same(path, scope.folders.settings) or any(
        _is_same(folder, each) for folder in (path, *path.parents) for each in inside
    ):
        return f"{name} is one of tankful's own folders."
    if path == person or path in person.parents:
        return f"{name} has more than a home of {provider.title} in it.{_instead(provider, path)}"
    if not os.access(path, os.R_OK | os.X_OK):
        return f"You have no permission to read {name}."
    if not looks_like_home(provider, path):
        parts = ", ".join((*provider.home_files, *provider.logs.folders))
        return f"{name} is no home of {provider.title}: it has none of {parts}.{_instead(provider, path)}"
    return ""


def _instead(provider: Provider, path: Path) -> str:
    """A folder above or below that is one."""
    usual = [home.path.name for home in provider.find_homes({})]
    near = (*(path / name for name in usual), *list(path.parents)[:3])
    found = next(
        (each for each in near if each != Path(os.path.expanduser("~")) and looks_like_home(provider, each)),
        None,
    )
    return "" if found is None else f" Did you mean {short(found)}?"


def _is_same(one: Path, two: Path) -> bool:
    try:
        return one == two or os.path.samefile(one, two)
    except OSError:
        return False


def _items(text: str, setting: Setting[Any]) -> list[Path | None]:
    """The folders in the file as it has them, None for what is none."""
    node: Any = read_toml(text)
    for part in setting.path:
        node = node.get(part, {}) if isinstance(node, dict) else {}
    return [_path(each) for each in node] if isinstance(node, list) else []


def _path(raw: object) -> Path | None:
    try:
        return FolderList().parse([raw])[0]
    except InvalidValue:
        return None


def _setting(scope: Scope, provider: Provider) -> Setting[Any]:
    return find(scope.table, f"providers.{provider.id}.homes")
