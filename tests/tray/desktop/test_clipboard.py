from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest

from tray.desktop.clipboard import CannotCopy, find_clipboard
from tray.desktop.launcher import Launcher

TEXT = "5h 63 % left · größe"


class FakeLauncher(Launcher):
    def __init__(self, code: int | OSError | None = 0) -> None:
        super().__init__({})
        self.code = code
        self.fed: list[tuple[tuple[str, ...], bytes, dict[str, str]]] = []

    def feed(self, command: Sequence[str], data: bytes, extra: Mapping[str, str] = {}) -> int | None:
        self.fed.append((tuple(command), data, dict(extra)))
        if isinstance(self.code, OSError):
            raise self.code
        return self.code


def installed(*names: str) -> Callable[[str, str | None], str | None]:
    return lambda name, _path: f"/bin/{name}" if name in names else None


ALL = installed("wl-copy", "xclip", "xsel", "pbcopy", "clip.exe")


@pytest.mark.parametrize(
    ("platform", "environ", "find", "command", "data"),
    [
        ("linux", {"WAYLAND_DISPLAY": "w", "DISPLAY": ":0"}, ALL, "wl-copy --type text/plain", TEXT.encode()),
        ("linux", {"DISPLAY": ":0"}, ALL, "xclip -selection clipboard -in", TEXT.encode()),
        ("linux", {"DISPLAY": ":0"}, installed("xsel"), "xsel --clipboard --input", TEXT.encode()),
        # XWayland hands it on.
        (
            "linux",
            {"WAYLAND_DISPLAY": "w", "DISPLAY": ":0"},
            installed("xclip"),
            "xclip -selection clipboard -in",
            TEXT.encode(),
        ),
        ("linux", {"WSL_DISTRO_NAME": "Debian"}, ALL, "clip.exe", TEXT.encode("utf-16")),
        ("win32", {}, ALL, "clip.exe", TEXT.encode("utf-16")),
        ("darwin", {}, ALL, "pbcopy", TEXT.encode()),
    ],
)
def test_each_desktop_has_a_tool(
    platform: str,
    environ: dict[str, str],
    find: Callable[[str, str | None], str | None],
    command: str,
    data: bytes,
) -> None:
    launcher = FakeLauncher()
    clipboard = find_clipboard(environ, launcher, platform=platform, find=find)
    assert clipboard is not None
    clipboard.copy(TEXT)
    ((called, given, extra),) = launcher.fed
    assert (" ".join(called), given) == (f"/bin/{command}", data)
    assert extra == ({"LC_CTYPE": "UTF-8"} if platform == "darwin" else {})


@pytest.mark.parametrize("environ", [{}, {"WAYLAND_DISPLAY": "w"}, {"DISPLAY": ""}], ids=str)
def test_without_a_display_or_a_tool_there_is_none(environ: dict[str, str]) -> None:
    assert find_clipboard(environ, FakeLauncher(), platform="linux", find=installed("xclip")) is None


@pytest.mark.parametrize("code", [1, None, OSError(2, "No such file")], ids=str)
def test_a_failure_is_a_sentence(code: int | OSError | None) -> None:
    clipboard = find_clipboard({"DISPLAY": ":0"}, FakeLauncher(code), platform="linux", find=ALL)
    assert clipboard is not None
    with pytest.raises(CannotCopy, match="could not be copied"):
        clipboard.copy(TEXT)


def test_what_is_pasted_is_only_read() -> None:
    launcher = FakeLauncher()
    clipboard = find_clipboard({"DISPLAY": ":0"}, launcher, platform="linux", find=ALL)
    assert clipboard is not None
    clipboard.copy("a\udcffb\x1b[2J\nc\u202ed")
    assert launcher.fed[0][1] == b"a b [2J\nc d"
