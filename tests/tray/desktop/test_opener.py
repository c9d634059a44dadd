from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tray.desktop.launcher import Launcher
from tray.desktop.opener import CannotOpen, Opener, find_opener


class FakeLauncher(Launcher):
    """Remembers what it should start, and answers with a code."""

    def __init__(self, code: int | OSError | None = 0) -> None:
        super().__init__({})
        self.code = code
        self.started: list[tuple[str, ...]] = []

    def open(self, command: Sequence[str]) -> int | None:
        self.started.append(tuple(command))
        if isinstance(self.code, OSError):
            raise self.code
        return self.code


def installed(*names: str) -> Callable[[str, str | None], str | None]:
    return lambda name, path: f"{path}/{name}" if name in names else None


@pytest.mark.parametrize(
    ("platform", "names", "command"),
    [
        ("linux", ("xdg-open", "gio"), ("/bin/xdg-open", "https://a.example/x?y=1")),
        ("linux", ("gio",), ("/bin/gio", "open", "https://a.example/x?y=1")),
        ("freebsd14", ("xdg-open",), ("/bin/xdg-open", "https://a.example/x?y=1")),
        ("darwin", (), ("/usr/bin/open", "https://a.example/x?y=1")),
    ],
)
def test_each_desktop_has_a_program(platform: str, names: tuple[str, ...], command: tuple[str, ...]) -> None:
    launcher = FakeLauncher()
    opener = find_opener({"PATH": "/bin"}, launcher, platform=platform, find=installed(*names))
    assert opener.works
    opener.page("https://a.example/x?y=1")
    assert launcher.started == [command]


def test_without_a_program_it_says_what_to_open() -> None:
    opener = find_opener({}, FakeLauncher(), platform="linux", find=installed())
    assert not opener.works
    with pytest.raises(CannotOpen, match=r"The page is https://a\.example/$"):
        opener.page("https://a.example/")


@pytest.mark.parametrize(
    "address",
    [
        "http://a.example",
        "file:///etc/passwd",
        "-h",
        "javascript:1",
        "https://a.example/\n",
        "https://ä.example",
    ],
)
def test_only_pages_are_opened_as_pages(address: str) -> None:
    launcher = FakeLauncher()
    with pytest.raises(ValueError, match="not the address of a page"):
        Opener(("xdg-open",), launcher).page(address)
    assert launcher.started == []


@pytest.mark.parametrize("code", [3, OSError(13, "Permission denied")], ids=str)
def test_a_failure_says_what_could_not_be_opened(code: int | OSError, tmp_path: Path) -> None:
    with pytest.raises(CannotOpen, match="No program could open"):
        Opener(("xdg-open",), FakeLauncher(code)).path(tmp_path)


def test_a_program_that_still_runs_has_not_failed(tmp_path: Path) -> None:
    Opener(("xdg-open",), FakeLauncher(None)).path(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="a name that only POSIX can have")
def test_a_path_with_any_name_is_one_argument(tmp_path: Path) -> None:
    launcher, odd = FakeLauncher(), tmp_path / "-a b%20;\n\x1b$(x)"
    odd.mkdir()
    Opener(("xdg-open",), launcher).path(odd)
    assert launcher.started == [("xdg-open", str(odd))]
    with pytest.raises(CannotOpen, match=r"\\n"):
        Opener(("xdg-open",), launcher).path(odd / "gone\n")


def test_what_is_not_there_is_not_opened() -> None:
    launcher = FakeLauncher()
    with pytest.raises(CannotOpen, match=r"/nowhere is not there\."):
        Opener(("xdg-open",), launcher).path(Path("/nowhere"))
    assert launcher.started == []
