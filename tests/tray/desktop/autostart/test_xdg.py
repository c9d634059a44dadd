"""The autostart entry and its icon: written, judged, and removed as far as they are ours."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tray.desktop.autostart import entry
from tray.desktop.autostart.login_item import AutostartError, LoginItemStatus
from tray.desktop.autostart.xdg import AutostartEntry

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="desktops of this kind run on Unix")
EDITED = r"was edited since tankful wrote it, so it is left alone\. Delete it"


class Home:
    def __init__(self, folder: Path) -> None:
        self.environ = {
            "HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "XDG_DATA_HOME": str(folder / "data"),
        }
        self.folder = folder
        self.file = folder / "config/autostart/tankful.desktop"
        self.icon = folder / "data/icons/hicolor/scalable/apps/tankful.svg"
        self.program = self.install("bin")
        (folder / "config").mkdir()
        (folder / "data").mkdir()

    def install(self, place: str) -> str:
        program = self.folder / place / "tankful"
        program.parent.mkdir()
        program.touch(0o755)
        return str(program)

    def item(self, program: str | None = None, **environ: str) -> AutostartEntry:
        return AutostartEntry({**self.environ, **environ}, (program or self.program, "--tray"))

    def status(self, **environ: str) -> LoginItemStatus:
        return self.item(None, **environ).status()

    def switch_by_a_desktop(self, line: str) -> None:
        self.file.write_text(self.file.read_text() + f"{line}\n")

    def files(self) -> list[str]:
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*"))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_on_and_off(home: Home) -> None:
    before = home.files()
    assert home.status() == LoginItemStatus("off", starts=False)
    assert home.item().switch_on() == f"tankful will start when you log in ({home.file})."
    assert home.file.read_text().splitlines()[:-2] == [
        "[Desktop Entry]",
        "Type=Application",
        "Name=tankful",
        "Comment=What is left of your Codex and Claude Code limits",
        "Icon=tankful",
        f'Exec="{home.program}" --tray',
        "Terminal=false",
        "StartupNotify=false",
        "Categories=Utility;",
    ]
    assert home.icon.read_bytes().startswith(b"<svg ")
    assert home.status() == LoginItemStatus(
        "on", starts=True, detail=f"{home.file} starts {home.program} --tray"
    )
    removed = f"tankful will no longer start when you log in (removed {home.file})."
    assert home.item().switch_off() == removed
    assert home.files() == before
    assert home.status().kind == "off"


def test_twice_is_once(home: Home) -> None:
    home.item().switch_on()
    first = (home.file.read_bytes(), home.file.stat().st_mtime_ns, home.icon.stat().st_mtime_ns, home.files())
    home.item().switch_on()
    assert first == (
        home.file.read_bytes(),
        home.file.stat().st_mtime_ns,
        home.icon.stat().st_mtime_ns,
        home.files(),
    )
    home.item().switch_off()
    assert home.item().switch_off() == "tankful does not start when you log in."


def test_other_entries_stay(home: Home) -> None:
    other = home.file.with_name("other.desktop")
    other.parent.mkdir()
    other.write_text("[Desktop Entry]\n")
    home.item().switch_on()
    home.item().switch_off()
    assert other.exists()
    assert not home.file.exists()


def test_an_entry_of_an_older_place(home: Home) -> None:
    old = home.install("old place")
    home.item(old).switch_on()
    another = f"{home.file} starts another tankful ({old} --tray)"
    assert home.status() == LoginItemStatus("changed", starts=True, detail=another)
    Path(old).unlink()
    missing = f"{home.file} names a program that is not there ({old} --tray)"
    assert home.status() == LoginItemStatus("changed", starts=False, detail=missing)
    home.item().switch_on()
    assert home.status().kind == "on"
    home.item(old).switch_off()
    assert not home.file.exists()


def test_switched_off_in_the_settings_of_a_desktop(home: Home) -> None:
    home.item().switch_on()
    home.switch_by_a_desktop("Hidden=true")
    assert home.status() == LoginItemStatus(
        "changed", starts=False, detail=f"your desktop's settings switched it off in {home.file}"
    )
    home.item().switch_on()
    assert home.status().kind == "on"
    home.switch_by_a_desktop("Hidden=true")
    home.item().switch_off()
    assert not home.file.exists()


@pytest.mark.parametrize(("desktop", "starts"), [("ubuntu:GNOME", False), ("XFCE", True), ("LXQt", True)])
def test_a_switch_that_some_desktops_ignore(home: Home, desktop: str, starts: bool) -> None:
    home.item().switch_on()
    home.switch_by_a_desktop("X-GNOME-Autostart-enabled=false")
    status = home.status(XDG_CURRENT_DESKTOP=desktop)
    assert (status.kind, status.starts) == ("changed", starts)
    assert ("may ignore" in status.detail) is starts


@pytest.mark.parametrize("line", ["# mine", "OnlyShowIn=XFCE;", "Name[de]=Tank", "[Other]"])
def test_an_edited_entry_stays(home: Home, line: str) -> None:
    home.item().switch_on()
    home.switch_by_a_desktop(line)
    content = home.file.read_bytes()
    assert home.status().kind == "changed"
    assert home.status().starts
    for change in (home.item().switch_off, home.item().switch_on):
        with pytest.raises(AutostartError, match=EDITED):
            change()
    assert home.file.read_bytes() == content
    assert home.icon.exists()


@pytest.mark.parametrize(
    ("content", "starts"),
    [(b"[Desktop Entry]\nExec=sh --tray\n", True), (b"\xff\x00", False), (b"", False), (b"x", False)],
)
def test_an_entry_that_somebody_else_wrote_stays(home: Home, content: bytes, starts: bool) -> None:
    home.file.parent.mkdir()
    home.file.write_bytes(content)
    assert (home.status().kind, home.status().starts) == ("changed", starts)
    assert "was not written by tankful" in home.status().detail
    for change in (home.item().switch_off, home.item().switch_on):
        with pytest.raises(
            AutostartError, match=r"was not written by tankful, so it is left alone\. Delete it"
        ):
            change()
    assert home.file.read_bytes() == content
    assert not home.icon.exists()


def test_an_entry_whose_lines_a_settings_dialog_sorted(home: Home) -> None:
    home.item().switch_on()
    first, *rest = home.file.read_text().splitlines()
    home.file.write_text("\n\n".join((first, *sorted(rest), "Hidden=true")))
    home.item().switch_off()
    assert not home.file.exists()


def test_a_link_stays(home: Home) -> None:
    target = home.folder / "dotfiles.desktop"
    home.item().switch_on()
    home.file.rename(target)
    home.file.symlink_to(target)
    assert home.status() == LoginItemStatus(
        "changed", starts=True, detail=f"{home.file} is a link ({home.program} --tray)"
    )
    for change in (home.item().switch_off, home.item().switch_on):
        with pytest.raises(AutostartError, match="is a link, so it is left alone"):
            change()
    target.unlink()
    with pytest.raises(AutostartError, match="is a broken link"):
        home.item().switch_on()
    assert home.status().kind == "changed"
    assert home.file.is_symlink()


@pytest.mark.parametrize("obstacle", ["folder", "pipe"])
def test_what_is_no_file(home: Home, obstacle: str) -> None:
    home.file.parent.mkdir()
    if obstacle == "folder":
        home.file.mkdir()
    else:
        os.mkfifo(home.file)
    for change in (home.item().switch_off, home.item().switch_on):
        with pytest.raises(AutostartError, match=r"cannot be read: .*\. Check who owns it"):
            change()
    assert (home.status().kind, home.status().starts) == ("changed", False)


def test_a_folder_that_cannot_be_written_leaves_nothing(home: Home) -> None:
    (home.folder / "config").rmdir()
    (home.folder / "config").write_text("a file where a folder should be")
    before = home.files()
    with pytest.raises(AutostartError, match="cannot be written: Not a directory"):
        home.item().switch_on()
    assert home.files() == before


def test_a_folder_that_may_not_be_written(home: Home) -> None:
    home.file.parent.mkdir(mode=0o500)
    if os.access(home.file.parent, os.W_OK):
        pytest.skip("root may write anywhere")
    with pytest.raises(AutostartError, match="cannot be written: Permission denied"):
        home.item().switch_on()
    assert not home.icon.exists()


def test_an_icon_that_somebody_else_put_there_stays(home: Home) -> None:
    home.icon.parent.mkdir(parents=True)
    home.icon.write_text("<svg>mine</svg>")
    home.item().switch_on()
    assert entry.ICON_MARK not in entry.values(home.file.read_bytes())
    home.item().switch_off()
    assert home.icon.read_text() == "<svg>mine</svg>"


def test_an_icon_that_was_changed_since_stays(home: Home) -> None:
    home.item().switch_on()
    home.icon.write_text("<svg>mine</svg>")
    home.item().switch_on()
    home.item().switch_off()
    assert home.icon.read_text() == "<svg>mine</svg>"


def test_an_icon_whose_entry_was_deleted_by_hand(home: Home) -> None:
    home.item().switch_on()
    home.file.unlink()
    home.item().switch_off()
    assert not home.icon.exists()


def test_relative_folders_are_ignored(home: Home) -> None:
    environ = {"HOME": str(home.folder), "XDG_CONFIG_HOME": "here", "XDG_DATA_HOME": ""}
    AutostartEntry(environ, (home.program, "--tray")).switch_on()
    assert (home.folder / ".config/autostart/tankful.desktop").is_file()
    assert (home.folder / ".local/share/icons/hicolor/scalable/apps/tankful.svg").is_file()


def test_a_program_that_no_entry_can_name(home: Home) -> None:
    before = home.files()
    with pytest.raises(AutostartError, match="is not UTF-8"):
        home.item("/opt/\udcff/tankful").switch_on()
    assert home.files() == before
    caveat = "Some desktops cannot start a program with % in its path."
    assert home.item("/opt/100%/tankful").switch_on().endswith(caveat)
