"""Which command a login is given."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tray.desktop.autostart.program import StartCommand, this_program

Make = Callable[[str], str]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """make("bin/tankful") is an executable of that path."""

    def made(name: str) -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
        path.chmod(0o755)
        return str(path)

    return made


def found(folder: Path, script: str, on_path: str | None = None, **more: str) -> StartCommand:
    python = more.pop("python", str(folder / "lasting/bin/python"))
    return this_program(
        {},
        script=script,
        python=python,
        platform=more.pop("platform", "linux"),
        which=lambda _name: on_path,
        temporary_folders=(folder / "tmp",),
    )


def test_the_script_that_runs(tmp_path: Path, make: Make) -> None:
    script = make("bin/tankful")
    assert found(tmp_path, script, make("other/tankful")) == StartCommand((script,))


def test_a_link_stays_a_link(tmp_path: Path, make: Make) -> None:
    link = tmp_path / "bin/tankful"
    link.parent.mkdir()
    link.symlink_to(make("tools/tankful/bin/tankful"))
    assert found(tmp_path, str(link)) == StartCommand((str(link),))


def test_a_relative_path_becomes_absolute(
    tmp_path: Path, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = make("bin/tankful")
    monkeypatch.chdir(tmp_path)
    assert found(tmp_path, "bin/tankful") == StartCommand((script,))


def test_without_a_script_python_runs_the_module(tmp_path: Path, make: Make) -> None:
    python = make("lasting/bin/python")
    module = str(tmp_path / "site-packages/tray/cli/__main__.py")
    assert found(tmp_path, module) == StartCommand((python, "-P", "-m", "tray.cli"))
    assert found(tmp_path, module, make("bin/tankful")) == StartCommand((str(tmp_path / "bin/tankful"),))


@pytest.mark.parametrize("place", ["tmp/x/bin", ".cache/uv/archive-v0/x/bin", "checkout/.venv/bin"])
def test_a_temporary_place(tmp_path: Path, make: Make, place: str) -> None:
    make("checkout/pyproject.toml")
    make("checkout/.venv/pyvenv.cfg")
    script, python = make(f"{place}/tankful"), make(f"{place}/python")
    assert found(tmp_path, script, script, python=python) == StartCommand((script,), temporary=True)
    module = StartCommand((python, "-P", "-m", "tray.cli"), temporary=True)
    assert found(tmp_path, "-c", python=python) == module
    lasting = make("bin/tankful")
    assert found(tmp_path, script, lasting, python=python) == StartCommand((lasting,))


def test_a_link_into_a_temporary_place(tmp_path: Path, make: Make) -> None:
    link = tmp_path / "bin/tankful"
    link.parent.mkdir()
    link.symlink_to(make("tmp/x/tankful"))
    python = make("tmp/x/python")
    assert found(tmp_path, str(link), python=python) == StartCommand((str(link),), temporary=True)


def test_an_environment_of_its_own_is_lasting(tmp_path: Path, make: Make) -> None:
    make("tools/tankful/pyvenv.cfg")
    script = make("tools/tankful/bin/tankful")
    assert found(tmp_path, script) == StartCommand((script,))


def test_windows_opens_no_console(tmp_path: Path, make: Make) -> None:
    python, script = make("tool/Scripts/python.exe"), make("tool/Scripts/tankful.exe")
    assert found(tmp_path, script, python=python, platform="win32").command[0] == python
    windowless = make("tool/Scripts/pythonw.exe")
    assert found(tmp_path, script, script, python=python, platform="win32") == StartCommand(
        (windowless, "-P", "-m", "tray.cli")
    )
