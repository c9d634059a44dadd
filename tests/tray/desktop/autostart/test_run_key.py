"""The Run key of Windows, in a registry that is a dictionary."""

from __future__ import annotations

import pytest

from tray.desktop.autostart.login_item import AutostartError
from tray.desktop.autostart.run_key import APPROVED, NAME, RUN, RunKey

COMMAND = (r"C:\Users\A B\tool\pythonw.exe", "-P", "-m", "tray.cli", "--tray")
LINE = r'"C:\Users\A B\tool\pythonw.exe" -P -m tray.cli --tray'


class FakeRegistry:
    def __init__(self, **values: object) -> None:
        self.values: dict[tuple[str, str], object] = {}
        self.refuses: OSError | None = None

    def get(self, key: str, name: str) -> object:
        return self.values.get((key, name))

    def set_text(self, key: str, name: str, text: str) -> None:
        self._check()
        self.values[key, name] = text

    def delete(self, key: str, name: str) -> None:
        self._check()
        del self.values[key, name]

    def _check(self) -> None:
        if self.refuses is not None:
            raise self.refuses


@pytest.fixture
def registry() -> FakeRegistry:
    return FakeRegistry()


def test_on_and_off(registry: FakeRegistry) -> None:
    item = RunKey(registry, COMMAND)
    assert item.status().kind == "off"
    assert item.switch_on() == item.switch_on() == "tankful will start when you log in."
    assert registry.values == {(RUN, NAME): LINE}
    assert (item.status().kind, item.status().starts) == ("on", True)
    assert item.switch_off() == "tankful will no longer start when you log in."
    assert registry.values == {}
    assert item.switch_off() == "tankful does not start when you log in."


def test_switched_off_in_the_task_manager(registry: FakeRegistry) -> None:
    item = RunKey(registry, COMMAND)
    item.switch_on()
    registry.values[APPROVED, NAME] = bytes([3, *[0] * 11])
    assert (item.status().kind, item.status().starts) == ("changed", False)
    item.switch_on()
    assert item.status().kind == "on"
    registry.values[APPROVED, NAME] = bytes([2, *[0] * 11])
    assert item.status().kind == "on"
    item.switch_off()
    assert registry.values == {}


@pytest.mark.parametrize(
    "line",
    [
        r'"C:\old\Scripts\tankful.exe" --tray',
        r'"D:\x\pythonw.exe" -P -m tray.cli --tray',
        r'"D:\x\python.exe" -P -m tray.cli --tray',
    ],
)
def test_a_value_of_an_older_place(registry: FakeRegistry, line: str) -> None:
    registry.values[RUN, NAME] = line
    item = RunKey(registry, COMMAND)
    assert (item.status().kind, item.status().starts) == ("changed", True)
    assert f"starts another tankful ({line})" in item.status().detail
    item.switch_on()
    assert registry.values == {(RUN, NAME): LINE}
    registry.values[RUN, NAME] = line
    item.switch_off()
    assert registry.values == {}


@pytest.mark.parametrize("value", [f"{LINE} --debug", "notepad.exe", f'"C:\\x.exe" {LINE}', 5, b"x"])
def test_a_value_that_somebody_else_wrote_stays(registry: FakeRegistry, value: object) -> None:
    registry.values[RUN, NAME] = value
    item = RunKey(registry, COMMAND)
    assert item.status().kind == "changed"
    for switch in (item.switch_off, item.switch_on):
        with pytest.raises(
            AutostartError, match=r"was not written by tankful, so it is left alone\. Delete it"
        ):
            switch()
    assert registry.values == {(RUN, NAME): value}


def test_a_registry_that_refuses(registry: FakeRegistry) -> None:
    registry.refuses = PermissionError(13, "Access is denied")
    item = RunKey(registry, COMMAND)
    with pytest.raises(AutostartError, match=r"cannot be written: Access is denied\.$"):
        item.switch_on()
    registry.values[RUN, NAME] = LINE
    with pytest.raises(AutostartError, match=r"cannot be removed: Access is denied\.$"):
        item.switch_off()
    assert item.status().kind == "on"
