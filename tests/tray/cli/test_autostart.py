"""`tankful autostart`, as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tray.faces.published import ROOT

pytestmark = pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="autostart entries are for Linux")


class Person:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "config/autostart/tankful.desktop"
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "XDG_DATA_HOME": str(folder / "data"),
            "XDG_CURRENT_DESKTOP": "XFCE",
            "PYTHONWARNINGS": "error",
        }

    def run(self, *arguments: str, code: int = 0, **environ: str) -> tuple[str, str]:
        done = subprocess.run(
            [sys.executable, "-m", "tray.cli", "autostart", *arguments],
            env={**self.environ, **environ},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
        assert done.returncode == code, done.stderr
        return done.stdout, done.stderr


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(tmp_path)


def test_on_status_off(person: Person) -> None:
    off = "off: tankful does not start when you log in\n"
    assert person.run("status") == person.run() == (off, "")
    output, errors = person.run("on")
    assert output == "tankful will start when you log in (~/config/autostart/tankful.desktop).\n"
    assert errors in ("", _temporary(person))
    output, errors = person.run("status")
    assert output.startswith("on: ~/config/autostart/tankful.desktop starts /")
    assert output.endswith(" --tray\n")
    assert errors == ""
    removed = "tankful will no longer start when you log in (removed ~/config/autostart/tankful.desktop).\n"
    assert person.run("off") == (removed, "")
    assert person.run("off") == ("tankful does not start when you log in.\n", "")
    assert person.run("status") == (off, "")
    assert list(person.folder.rglob("*.desktop")) == list(person.folder.rglob("*.svg")) == []


def _temporary(person: Person) -> str:
    program = next(line for line in person.file.read_text().splitlines() if line.startswith("Exec=")).split(
        '"'
    )[1]
    place = os.path.dirname(program)
    return f"tankful: this installation is temporary: it cannot start at login once {place} is deleted.\n"


def test_a_temporary_place_is_named(person: Person) -> None:
    script = person.folder / "tankful"
    script.write_text(f"#!{sys.executable}\nfrom tray.cli.main import script\nscript()\n")
    script.chmod(0o755)
    done = subprocess.run(
        [script, "autostart", "on"],
        env={**person.environ, "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert f'Exec="{script}" --tray\n' in person.file.read_text()
    assert done.stderr == (
        f"tankful: this installation is temporary: it cannot start at login once {person.folder} is deleted.\n"
    )


def test_sway_gets_a_line_to_paste(person: Person) -> None:
    output, errors = person.run("on", XDG_CURRENT_DESKTOP="sway")
    assert output.startswith('exec "/')
    assert output.endswith("--tray\n")
    assert errors.splitlines()[0] == (
        "tankful: sway reads no autostart entries. Add this line to ~/.config/sway/config:"
    )
    assert not person.file.exists()
    status, errors = person.run("status", XDG_CURRENT_DESKTOP="sway")
    assert status == (
        f"off: sway reads no autostart entries; add `{output.strip()}` to ~/.config/sway/config\n"
    )
    assert errors == ""


def test_switching_off_in_sway_also_removes_the_entry_of_another_desktop(person: Person) -> None:
    person.run("on")
    output, errors = person.run("off", SWAYSOCK="/run/sway", XDG_CURRENT_DESKTOP="")
    assert "no longer" in output
    assert 'exec "/' in output
    assert errors == "tankful: if you added it, remove this line from ~/.config/sway/config:\n"
    assert not person.file.exists()


def test_what_somebody_else_wrote_stays(person: Person) -> None:
    person.file.parent.mkdir(parents=True)
    person.file.write_text("[Desktop Entry]\nExec=/bin/sh --tray --mine\n")
    place = "~/config/autostart/tankful.desktop"
    for change, remedy in (
        ("on", "Delete it, then switch on again."),
        ("off", "Delete it yourself to stop it from starting at login."),
    ):
        sentence = f"tankful: {place} was not written by tankful, so it is left alone. {remedy}\n"
        assert person.run(change, code=1) == ("", sentence)
    assert person.run("status") == (
        f"changed: {place} was not written by tankful (/bin/sh --tray --mine); it starts at login\n",
        "",
    )


@pytest.mark.parametrize("arguments", [("maybe",), ("on", "off"), ("--on",)])
def test_wrong_arguments(person: Person, arguments: tuple[str, ...]) -> None:
    output, errors = person.run(*arguments, code=64)
    assert output == ""
    assert errors.startswith("usage: tankful autostart ")
