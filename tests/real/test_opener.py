"""The real xdg-open: pages go to the browser, files and folders to their programs, with any name."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.real.session import until
from tray.desktop.launcher import Launcher
from tray.desktop.opener import CannotOpen, find_opener

PAGE = "https://chatgpt.com/codex/settings/usage"
ENTRY = """[Desktop Entry]
Type=Application
Name=Viewer
Exec={program} %f
MimeType=text/plain;application/toml;inode/directory;
"""
TYPES = "[Default Applications]\n" + "".join(
    f"{each}=viewer.desktop\n" for each in ("text/plain", "application/toml", "inode/directory")
)


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A person without a desktop, whose browser and viewer write down what they are given."""
    program = tmp_path / "program"
    program.write_text(
        f'#!/bin/sh\nprintf "%s" "$1" > {tmp_path}/given.part && mv {tmp_path}/given.part {tmp_path}/given\n'
    )
    program.chmod(0o755)
    for folder in ("config", "data/applications"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "data/applications/viewer.desktop").write_text(ENTRY.format(program=program))
    (tmp_path / "config/mimeapps.list").write_text(TYPES)
    (tmp_path / "data/mime").symlink_to(
        "/usr/share/mime"
    )  # else mailcap's viewers are asked, where it has some
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "LC_ALL": "C.UTF-8",  # as a person has one: in the POSIX locale xdg-mime may not read such names
        "BROWSER": str(program),
        "DISPLAY": ":0",  # else it looks for programs of a terminal; none of these opens it
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "XDG_DATA_DIRS": "/nowhere",
    }


def given(folder: Path) -> str:
    file = folder / "given"
    until(file.exists, "nothing was opened")
    return file.read_text()


def test_a_page(environ: dict[str, str], tmp_path: Path, need: Callable[..., None]) -> None:
    need("xdg-open")
    find_opener(environ, Launcher(environ)).page(PAGE)
    assert given(tmp_path) == PAGE


@pytest.mark.parametrize("name", ["settings.toml", "a b%20&größe.txt", "logs"])
def test_a_file_and_a_folder(
    name: str, environ: dict[str, str], tmp_path: Path, need: Callable[..., None]
) -> None:
    need("xdg-open")
    path = tmp_path / "own" / name
    path.parent.mkdir()
    if "." in name:
        path.write_text("# a comment\n")
    else:
        path.mkdir()
    find_opener(environ, Launcher(environ)).path(path)
    assert given(tmp_path) == str(path)


def test_without_a_program_for_it_that_is_told(
    environ: dict[str, str], tmp_path: Path, need: Callable[..., None]
) -> None:
    need("xdg-open")
    environ["BROWSER"] = str(tmp_path / "none")
    with pytest.raises(CannotOpen, match=PAGE):
        find_opener(environ, Launcher(environ)).page(PAGE)
