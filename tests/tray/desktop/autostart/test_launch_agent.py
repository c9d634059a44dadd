"""The launch agent of macOS, as a file on any system."""

from __future__ import annotations

import plistlib
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tray.desktop.autostart import launch_agent
from tray.desktop.autostart.launch_agent import LaunchAgent
from tray.desktop.autostart.login_item import AutostartError

COMMAND = ("/Users/me/a b/tankful", "--tray")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "Library/LaunchAgents/tankful.plist"


def agent(file: Path, command: tuple[str, ...] = COMMAND) -> LaunchAgent:
    return LaunchAgent({"HOME": str(file.parents[2])}, command)


def change(file: Path, **values: Any) -> None:
    file.write_bytes(plistlib.dumps(plistlib.loads(file.read_bytes()) | values))


def test_on_and_off(file: Path) -> None:
    assert agent(file).status().kind == "off"
    assert agent(file).switch_on().startswith("tankful will start when you log in (")
    read = plistlib.loads(file.read_bytes())
    assert read.pop("X-tankful")
    assert read == {
        "Label": "tankful",
        "ProgramArguments": list(COMMAND),
        "RunAtLoad": True,
        "ProcessType": "Interactive",
        "LimitLoadToSessionType": "Aqua",
    }
    written = file.stat().st_mtime_ns
    agent(file).switch_on()
    assert file.stat().st_mtime_ns == written
    assert (agent(file).status().kind, agent(file).status().starts) == ("on", True)
    assert "no longer" in agent(file).switch_off()
    assert not file.exists()
    assert agent(file).switch_off() == "tankful does not start when you log in."


def test_an_agent_of_an_older_place(file: Path) -> None:
    agent(file, ("/old/tankful", "--tray")).switch_on()
    status = agent(file).status()
    assert (status.kind, status.starts) == ("changed", True)
    assert status.detail.endswith("starts another tankful (/old/tankful --tray)")
    agent(file).switch_on()
    assert agent(file).status().kind == "on"


def test_switched_off_by_its_key(file: Path) -> None:
    agent(file).switch_on()
    change(file, Disabled=True)
    assert (agent(file).status().kind, agent(file).status().starts) == ("changed", False)
    agent(file).switch_on()
    assert agent(file).status().kind == "on"


def test_an_edited_one_stays(file: Path) -> None:
    agent(file).switch_on()
    change(file, KeepAlive=True)
    assert agent(file).status().kind == "changed"
    for switch in (agent(file).switch_off, agent(file).switch_on):
        with pytest.raises(AutostartError, match="was edited since tankful wrote it, so it is left alone"):
            switch()
    assert file.exists()


@pytest.mark.parametrize(
    "content", [b"", b"x", b"<plist", plistlib.dumps([1]), plistlib.dumps({"Label": "x"})]
)
def test_one_that_somebody_else_wrote_stays(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    assert (agent(file).status().kind, agent(file).status().starts) == ("changed", False)
    for switch in (agent(file).switch_off, agent(file).switch_on):
        with pytest.raises(AutostartError, match="was not written by tankful"):
            switch()
    assert file.read_bytes() == content


@pytest.mark.skipif(sys.platform == "win32", reason="needs a right to make links there")
def test_a_link_stays(file: Path) -> None:
    agent(file).switch_on()
    target = file.rename(file.parents[2] / "elsewhere.plist")
    file.symlink_to(target)
    assert agent(file).status().kind == "changed"
    with pytest.raises(AutostartError, match="is a link"):
        agent(file).switch_off()


def test_a_folder_that_cannot_be_written(file: Path) -> None:
    file.parents[1].write_text("a file where a folder should be")
    with pytest.raises(AutostartError, match=r"cannot be written: .*\. Check who owns it"):
        agent(file).switch_on()


@given(st.binary())
def test_any_content_is_read(content: bytes) -> None:
    assert isinstance(launch_agent._parse(content), dict)


def test_a_path_that_it_cannot_hold(file: Path) -> None:
    with pytest.raises(AutostartError, match="cannot hold the program's path"):
        agent(file, ("/a\x01b/tankful", "--tray")).switch_on()
    with pytest.raises(AutostartError, match="cannot hold the program's path"):
        agent(file, ("/a\udcff/tankful", "--tray")).switch_on()
    assert not file.exists()
