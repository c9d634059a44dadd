"""Homes are added to the settings, and removed from them, one at a time."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from providers.host.files import own_folders
from providers.registry import PROVIDERS
from tests.homes import make_home
from tray.engine import home_settings
from tray.engine.home_settings import HomeRefused
from tray.engine.scope import Scope
from tray.engine.settings_writer import CannotWriteSettings

CODEX, CLAUDE = PROVIDERS


class Folders:
    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        person = root / "person"
        person.mkdir()
        monkeypatch.setenv("HOME", str(person))
        monkeypatch.setenv("USERPROFILE", str(person))
        self.environ = {"TANKFUL_HOME": str(root / "own"), "CODEX_HOME": str(root / "first")}
        make_home(root / "first")
        self.work = make_home(root / "work")

    @property
    def scope(self) -> Scope:
        clock = lambda: datetime(2026, 11, 20, tzinfo=UTC)  # noqa: E731
        return Scope(self.environ, own_folders(self.environ), ZoneInfo("UTC"), clock=clock)

    @property
    def settings(self) -> Path:
        return self.root / "own/settings.toml"

    def id_of(self, path: Path) -> str:
        (found,) = (home.id for home in self.scope.homes_of(CODEX) if home.path == path)
        return found

    def homes(self) -> list[Path]:
        return [home.path for home in self.scope.homes_of(CODEX)]


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folders:
    return Folders(tmp_path, monkeypatch)


def test_a_home_is_added_as_it_was_typed_and_removed_again(folders: Folders) -> None:
    nested = make_home(folders.root / "person/more/.codex")
    assert home_settings.add(folders.scope, CODEX, f" {folders.work} ") == folders.work
    assert home_settings.add(folders.scope, CODEX, "~/more/.codex") == nested
    assert folders.settings.read_text().endswith(
        f'[providers.codex]\nhomes = ["{folders.work}", "~/more/.codex"]\n'
    )
    assert folders.homes() == [folders.root / "first", folders.work, nested]
    assert home_settings.remove(folders.scope, CODEX, folders.id_of(folders.work)).path == folders.work
    assert folders.settings.read_text().endswith('homes = ["~/more/.codex"]\n')
    home_settings.remove(folders.scope, CODEX, folders.id_of(nested))
    assert "homes" not in folders.settings.read_text().replace("# ", "")
    assert folders.work.is_dir()
    assert (folders.work / "auth.json").exists(), "nothing of the home itself is deleted"


def test_the_list_keeps_its_lines_and_comments(folders: Folders) -> None:
    folders.settings.parent.mkdir()
    text = f'# mine\n[providers.codex]\nhomes = [\n  "~/old", # gone\n  "{folders.work}",\n]\n'
    text += "enabled = true # yes\n"
    folders.settings.write_text(text)
    other = make_home(folders.root / "other")
    home_settings.add(folders.scope, CODEX, str(other))
    assert folders.settings.read_text() == text.replace(
        f'"{folders.work}",\n', f'"{folders.work}",\n  "{other}",\n'
    )
    home_settings.remove(folders.scope, CODEX, folders.id_of(other))
    assert folders.settings.read_text() == text
    home_settings.remove(folders.scope, CODEX, folders.id_of(folders.work))
    assert folders.settings.read_text() == text.replace(f'  "{folders.work}",\n', "")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Enter the path of a folder, starting with / or ~."),
        ("work", "Enter the path of a folder, starting with / or ~."),
        ("/a\0b", "Enter the path of a folder, starting with / or ~."),
        ("{root}/nowhere", "nowhere does not exist."),
        ("{root}/work/auth.json", "auth.json is a file. Enter the path of a folder."),
        ("{root}/first", "first is already a home of Codex."),
        ("{root}/link", "link is already a home of Codex."),
        ("{root}/own", "own is one of tankful's own folders."),
        ("{root}/own/state/x", "x is one of tankful's own folders."),
        ("{root}/empty", "empty is no home of Codex: it has none of auth.json, config.toml, sessions, "),
        ("{root}/above", "above/.codex?"),
        ("{root}/work/sessions", "work?"),
        ("~", "~ has more than a home of Codex in it. Did you mean ~/.codex?"),
        ("/", "/ has more than a home of Codex in it."),
        ("{root}/claude", "claude is already a home of Claude."),
    ],
)
def test_what_is_no_new_home_is_refused(folders: Folders, typed: str, sentence: str) -> None:
    for name in ("empty", "own/state/x", "work/sessions", "claude/projects"):
        (folders.root / name).mkdir(parents=True)
    make_home(folders.root / "above/.codex")
    make_home(folders.root / "person/.codex")
    (folders.root / "link").symlink_to(folders.root / "first")
    folders.environ["CLAUDE_CONFIG_DIR"] = str(folders.root / "claude")
    with pytest.raises(HomeRefused) as refused:
        home_settings.add(folders.scope, CODEX, typed.format(root=folders.root))
    assert sentence in str(refused.value)
    assert not folders.settings.exists()


def test_a_home_of_the_environment_is_not_removed_here(folders: Folders) -> None:
    with pytest.raises(HomeRefused, match="To remove it, take it out of CODEX_HOME"):
        home_settings.remove(folders.scope, CODEX, folders.id_of(folders.root / "first"))
    del folders.environ["CODEX_HOME"]
    usual = folders.id_of(Path(os.path.expanduser("~/.codex")))
    with pytest.raises(HomeRefused, match=r"It is the default of Codex\. To use another one instead"):
        home_settings.remove(folders.scope, CODEX, usual)
    with pytest.raises(HomeRefused, match="no longer a home"):
        home_settings.remove(folders.scope, CODEX, "/x\0y")


def test_a_damaged_settings_file_is_left_alone(folders: Folders) -> None:
    folders.settings.parent.mkdir()
    folders.settings.write_text("a = = 1\n")
    with pytest.raises(CannotWriteSettings, match=r"settings\.toml, line 1: not TOML"):
        home_settings.add(folders.scope, CODEX, str(folders.work))
    assert folders.settings.read_text() == "a = = 1\n"


def test_homes_of_a_claude_in_a_folder_of_its_own(folders: Folders) -> None:
    (folders.root / "c/projects").mkdir(parents=True)
    assert home_settings.add(folders.scope, CLAUDE, str(folders.root / "c")) == folders.root / "c"
