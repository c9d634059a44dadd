"""Which icon a desktop would get, as a report has it."""

from __future__ import annotations

import pytest

from tray.desktop.survey import survey


class Fake:
    def __init__(self, watcher: bool | None, tray: bool | None) -> None:
        self._found = watcher, tray

    def watcher(self) -> bool | None:
        return self._found[0]

    def tray(self) -> bool | None:
        return self._found[1]


@pytest.mark.parametrize(
    ("watcher", "tray", "display", "backend", "waits"),
    [
        (True, None, False, "status notifier", False),
        (True, True, True, "status notifier", False),
        (False, True, True, "xembed", False),
        (None, True, True, "xembed", False),
        (False, False, True, "status notifier", True),
        (False, None, True, "status notifier", True),
        (None, False, True, "xembed", True),
        (None, None, True, None, False),
        (None, None, False, None, False),
        (False, None, False, None, False),
    ],
)
def test_on_linux(
    watcher: bool | None, tray: bool | None, display: bool, backend: str | None, waits: bool
) -> None:
    environ = {"DISPLAY": ":0", "XDG_CURRENT_DESKTOP": "XFCE"} if display else {}
    found = survey(environ, platform="linux", desktop=Fake(watcher, tray))
    assert (found.backend, found.waits) == (backend, waits)
    assert found.session_bus is (watcher is not None)
    assert found.displays == (("DISPLAY",) if display else ())
    assert found.name == ("XFCE" if display else None)


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_elsewhere(platform: str) -> None:
    assert survey({}, platform=platform).backend == "native"
