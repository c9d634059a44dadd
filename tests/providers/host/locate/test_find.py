from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import psutil
import pytest

from providers.domain.errors import ProgramMissing
from providers.host.locate import login_shell
from providers.host.locate.find import Machine, Program, find

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="makes programs with modes and links")


def program(path: Path, content: str = "#!/bin/sh\n", mode: int = 0o755) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    path.chmod(mode)
    return path


class Desk:
    """A machine of one's own below a folder; its login shell says `login`."""

    def __init__(self, folder: Path, system: str = "linux", login: str | None = None) -> None:
        self.home = folder / "home"
        self.root = folder / "root"
        self.environ: dict[str, str] = {}
        self.login = login
        self.asked = 0
        self.machine = Machine(system=system, home=self.home, root=self.root, login_path=self._login)

    def _login(self, environ: Mapping[str, str]) -> str | None:
        self.asked += 1
        return self.login

    def find(self, *bundles: str, chosen: Path | None = None) -> Program:
        return find(
            "tool", title="Tool", environ=self.environ, chosen=chosen, bundles=bundles, machine=self.machine
        )

    def missing(self, *bundles: str, chosen: Path | None = None) -> ProgramMissing:
        with pytest.raises(ProgramMissing) as caught:
            self.find(*bundles, chosen=chosen)
        return caught.value


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_path_comes_before_all_but_the_persons_choice(desk: Desk, tmp_path: Path) -> None:
    on_path = program(tmp_path / "path/tool")
    in_shell = program(tmp_path / "shell/tool")
    usual = program(desk.home / ".local/bin/tool")
    bundled = program(desk.home / "Tool.app/tool")
    chosen = program(tmp_path / "mine/tool-4")
    desk.login = str(in_shell.parent)
    desk.environ["PATH"] = str(on_path.parent)
    assert desk.find("~/Tool.app/tool").path == on_path
    assert desk.asked == 0
    assert desk.find(chosen=chosen).path == chosen
    on_path.unlink()
    assert desk.find("~/Tool.app/tool").path == in_shell
    in_shell.unlink()
    assert desk.find("~/Tool.app/tool").path == usual
    usual.unlink()
    assert desk.find("~/Tool.app/tool").path == bundled
    bundled.unlink()
    nowhere = desk.missing("~/Tool.app/tool")
    assert nowhere.message == "Tool was not found on this machine."
    assert nowhere.remedy == "Install Tool, or set its path in the settings."


@pytest.mark.parametrize(
    "place",
    [
        "root/opt/homebrew/bin",
        "root/usr/local/bin",
        "root/home/linuxbrew/.linuxbrew/bin",
        "home/.local/bin",
        "home/.npm-global/bin",
        "root/usr/lib/node_modules/.bin",
        "home/.nvm/versions/node/v20.1.0/bin",
        "home/.local/share/fnm/node-versions/v20.1.0/installation/bin",
        "home/.volta/bin",
        "home/.local/share/mise/shims",
        "home/.local/share/mise/installs/node/22/bin",
        "home/.asdf/shims",
        "home/.bun/bin",
        "home/.local/share/pnpm",
        "home/Library/pnpm",
    ],
)
def test_the_usual_places(desk: Desk, tmp_path: Path, place: str) -> None:
    found = program(tmp_path / place / "tool")
    assert desk.find().path == found


@pytest.mark.parametrize(
    ("variable", "below"),
    [
        ("NVM_DIR", "versions/node/v20.1.0/bin"),
        ("FNM_DIR", "node-versions/v20.1.0/installation/bin"),
        ("VOLTA_HOME", "bin"),
        ("MISE_DATA_DIR", "shims"),
        ("ASDF_DATA_DIR", "installs/nodejs/20.1.0/bin"),
        ("BUN_INSTALL", "bin"),
        ("PNPM_HOME", "."),
        ("HOMEBREW_PREFIX", "bin"),
        ("npm_config_prefix", "bin"),
    ],
)
def test_places_that_a_variable_moved(desk: Desk, tmp_path: Path, variable: str, below: str) -> None:
    found = program(tmp_path / "moved [x]" / below / "tool")
    desk.environ[variable] = str(tmp_path / "moved [x]")
    assert desk.find().path == found


def test_npm_says_where_it_installs(desk: Desk, tmp_path: Path) -> None:
    found = program(desk.home / "packages/bin/tool")
    (desk.home / ".npmrc").write_text("registry=https://example.com\nprefix = ${HOME}/packages\n")
    assert desk.find().path == found


@pytest.mark.skipif(sys.platform == "win32", reason="it has no pipes of that kind")
def test_a_pipe_in_the_place_of_npms_settings_keeps_nobody_waiting(desk: Desk) -> None:
    desk.home.mkdir(exist_ok=True)
    os.mkfifo(desk.home / ".npmrc")
    with pytest.raises(ProgramMissing):
        desk.find()


def test_the_newest_version_comes_first(desk: Desk) -> None:
    versions = desk.home / ".nvm/versions/node"
    program(versions / "v9.11.2/bin/tool")
    newest = program(versions / "v22.3.0/bin/tool")
    program(versions / "v22.0.10/bin/tool")
    assert desk.find().path == newest


def test_a_launcher_gets_the_interpreter_it_needs(desk: Desk, tmp_path: Path) -> None:
    found = program(tmp_path / "tools/tool", "#!/usr/bin/env -S node --flag\n")
    desk.environ["PATH"] = str(found.parent)
    broken = desk.missing()
    assert broken.message.endswith("/tools/tool needs node, which was not found.")
    assert broken.remedy == "Reinstall Tool, or set its path in the settings."
    node = program(tmp_path / "shell/node")
    desk.login = str(node.parent)
    assert desk.find() == Program(path=found, search_path=f"{found.parent}:{node.parent}")
    beside = program(found.parent / "node")
    assert desk.find().search_path == str(beside.parent)


def test_what_is_not_on_path_gets_the_shells_too(desk: Desk, tmp_path: Path) -> None:
    """A shim of mise asks for mise."""
    shim = program(desk.home / ".local/share/mise/shims/tool")
    desk.environ["PATH"] = "/usr/bin"
    desk.login = f"{tmp_path / 'mise'}:/usr/bin"
    assert desk.find().search_path == f"{shim.parent}:/usr/bin:{tmp_path / 'mise'}"


def test_what_is_broken_is_not_missing(desk: Desk, tmp_path: Path) -> None:
    desk.environ["PATH"] = str(tmp_path / "path")
    tool = tmp_path / "path/tool"
    tool.parent.mkdir()

    def told() -> str:
        return desk.missing().message.removeprefix(str(tool))

    tool.symlink_to(tmp_path / "gone")
    assert told() == " is a broken link."
    tool.unlink()
    program(tool, mode=0o644)
    assert told() == " is not executable."
    program(tool, "")
    assert told() == " is empty."
    program(tool, "#!/no/such/python\n")
    assert told() == " needs /no/such/python, which does not exist."
    tool.unlink()
    os.mkfifo(tool)
    assert told() == " is not a file."
    elsewhere = program(desk.home / ".local/bin/tool")
    assert desk.find().path == elsewhere
    tool.unlink()
    tool.mkdir()
    assert desk.find().path == elsewhere


def test_a_choice_stands_alone(desk: Desk, tmp_path: Path) -> None:
    program(desk.home / ".local/bin/tool")
    gone = desk.missing(chosen=tmp_path / "gone")
    assert gone.message == f"{tmp_path}/gone, set in the settings, does not exist."
    assert gone.remedy == "Correct the path in the settings."
    folder = desk.missing(chosen=tmp_path)
    assert folder.message.endswith(", set in the settings, is not a file.")


def test_folders_that_depend_on_where_we_stand_are_passed_over(desk: Desk, tmp_path: Path) -> None:
    here = os.path.relpath(program(tmp_path / "path/tool").parent)
    desk.environ["PATH"] = f"{here}::."
    assert desk.missing().message == "Tool was not found on this machine."


def test_bundles_with_versions(desk: Desk) -> None:
    program(desk.home / "extensions/tool-0.9.1/bin/linux/tool")
    newest = program(desk.home / "extensions/tool-0.10.0/bin/linux/tool")
    assert desk.find("~/extensions/tool-*/bin/*/tool").path == newest
    assert desk.find("~/extensions/tool-*/bin/*").path == newest
    assert desk.find("%NOBODY%/tool", "~/extensions/tool-*/bin/*").path == newest


class TestOnWindows:
    @pytest.fixture
    def desk(self, tmp_path: Path) -> Desk:
        return Desk(tmp_path, system="win32")

    def test_npm_and_the_apps(self, desk: Desk, tmp_path: Path) -> None:
        desk.environ |= {"APPDATA": str(tmp_path / "roaming"), "LOCALAPPDATA": str(tmp_path / "local")}
        bundled = program(tmp_path / "local/Programs/Tool/resources/tool.exe", "MZ", 0o644)
        assert desk.find("%LOCALAPPDATA%/Programs/Tool/resources/tool.exe").path == bundled
        program(tmp_path / "roaming/npm/tool", "#!/bin/sh\n")
        shim = r'@"%dp0%\node.exe" "%dp0%\node_modules\tool\bin\tool.js" %*'
        npm = program(tmp_path / "roaming/npm/tool.cmd", shim, 0o644)
        broken = desk.missing()
        assert broken.message.endswith("/npm/tool.cmd points to a program that does not exist.")
        program(tmp_path / "roaming/npm/node_modules/tool/bin/tool.js")
        assert desk.find().path == npm

    def test_endings_on_path(self, desk: Desk, tmp_path: Path) -> None:
        desk.environ["PATH"] = f"{tmp_path / 'one'};{tmp_path / 'two'}"
        found = program(tmp_path / "two/tool.exe", "MZ", 0o644)
        assert desk.find() == Program(path=found, search_path=f"{tmp_path / 'two'};{tmp_path / 'one'}")


class TestLoginShell:
    def shell(self, folder: Path, rc: str) -> dict[str, str]:
        """bash with such a .bashrc, in a home of its own."""
        (folder / ".bash_profile").write_text(". ~/.bashrc\n")
        (folder / ".bashrc").write_text(rc)
        return {"SHELL": "/bin/bash", "HOME": str(folder), "PATH": os.environ["PATH"]}

    def test_noise_does_not_matter(self, tmp_path: Path) -> None:
        environ = self.shell(tmp_path, "echo Welcome; echo --; PATH=/opt/mine:/usr/bin; printf noise")
        assert login_shell.ask(environ) == "/opt/mine:/usr/bin"

    def test_nothing_of_it_stays(self, tmp_path: Path) -> None:
        mark = f"{os.getpid()}.5"
        environ = self.shell(tmp_path, f"PATH=/usr/bin:/bin; sleep {mark} &\nsetsid sleep {mark} &\n")
        assert login_shell.ask(environ) == "/usr/bin:/bin"
        left = [each for each in psutil.process_iter(["cmdline"]) if mark in (each.info["cmdline"] or [])]
        assert left == []
        assert {path.name for path in tmp_path.iterdir()} == {".bash_profile", ".bashrc"}

    def test_a_shell_that_hangs_or_asks_ends_in_time(self, tmp_path: Path) -> None:
        began = time.monotonic()
        assert login_shell.ask(self.shell(tmp_path, "sleep 60"), seconds=0.5) is None
        assert login_shell.ask(self.shell(tmp_path, "exec sleep 60"), seconds=0.5) is None
        assert time.monotonic() - began < 5
        environ = self.shell(tmp_path, "read -r answer; PATH=/asked:/usr/bin")
        assert login_shell.ask(environ) == "/asked:/usr/bin"

    def test_shells_that_are_not_known_are_not_asked(self) -> None:
        assert login_shell.ask({"SHELL": "/usr/bin/python3"}) is None
        assert login_shell.ask({"SHELL": "/no/such/bash"}) is None
        assert login_shell.ask({"SHELL": "bash"}) is None
        assert login_shell.ask({"SHELL": "/bin/bash"}, system="win32") is None
