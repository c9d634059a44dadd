"""Real sessions start what `tankful autostart on` wrote, and nothing after `off`."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.real.panel import PROGRAMS, Panel, bare_display, until, xfce_panel

ROOT = Path(__file__).parents[2]
MARKER = """#!{python}
import sys
if sys.argv[1:] == ["--tray"]:
    with open({started!r}, "ab", buffering=0) as file:
        file.write(f"{{sys.argv[0]}}\\n".encode())
else:
    sys.path.insert(0, {root!r})
    from tray.cli.main import script
    script()
"""
CONTROL = """[Desktop Entry]
Type=Application
Name=control
Exec=touch "{file}"
"""
XFCE = """<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-session" version="1.0">
  <property name="general" type="empty">
    <property name="FailsafeSessionName" type="string" value="Failsafe"/>
    <property name="SaveOnExit" type="bool" value="false"/>
  </property>
  <property name="startup" type="empty">
    <property name="ssh-agent" type="empty"><property name="enabled" type="bool" value="false"/></property>
    <property name="gpg-agent" type="empty"><property name="enabled" type="bool" value="false"/></property>
  </property>
  <property name="sessions" type="empty">
    <property name="Failsafe" type="empty">
      <property name="IsFailsafe" type="bool" value="true"/>
      <property name="Count" type="int" value="1"/>
      <property name="Client0_Command" type="array"><value type="string" value="openbox"/></property>
      <property name="Client0_Priority" type="int" value="15"/>
      <property name="Client0_PerScreen" type="bool" value="false"/>
    </property>
  </property>
</channel>
"""  # each client of the usual list that does not register holds the autostart folder up for 8 s
LXQT = "[General]\nwindow_manager=openbox\n"  # else it asks for one
CONFIGURATION = {
    "XFCE": ("xfce4/xfconf/xfce-perchannel-xml/xfce4-session.xml", XFCE),
    "LXQt": ("lxqt/session.conf", LXQT),
}


class Login:
    """A person with a tankful that only notes that it was started."""

    def __init__(self, folder: Path, desktop: str, program: str) -> None:
        self.folder = folder
        self.desktop = desktop
        self.program = folder / program
        self.started = folder / "started"
        self._control = folder / "control"
        self.program.parent.mkdir(parents=True)
        self.program.write_text(
            MARKER.format(python=sys.executable, started=str(self.started), root=str(ROOT))
        )
        self.program.chmod(0o755)

    def session(self, command: str, *changes: str) -> list[str]:
        """What a login starts of ours, after these `tankful autostart` commands."""
        self.started.unlink(missing_ok=True)
        self._control.unlink(missing_ok=True)
        self.folder.joinpath("desk").mkdir(exist_ok=True)
        desk = self.folder / "desk" / "-".join((command, *changes))
        with bare_display(desk) as panel:
            panel.environ["XDG_CURRENT_DESKTOP"] = self.desktop
            panel.environ["XDG_CONFIG_DIRS"] = str(desk / "nothing")  # what this machine starts for everybody
            name, content = CONFIGURATION[self.desktop]
            for path, text in (
                (name, content),
                ("autostart/zz-control.desktop", CONTROL.format(file=self._control)),
            ):
                file = desk / "config" / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
            for change in changes:
                subprocess.run([self.program, "autostart", change], env=panel.environ, check=True, timeout=30)
            panel.start(command)
            until(self._control.exists, "the session read no autostart folder", deadline=60)
            if changes[-1] == "on":
                until(self.starts, "the session did not start the program")
            else:
                time.sleep(1)  # for what it would start after the control
        assert panel.left_behind() == []
        return self.starts()

    def starts(self) -> list[str]:
        """The program's path, once for each time it was started."""
        return self.started.read_text().splitlines() if self.started.exists() else []


@pytest.mark.parametrize(
    ("command", "desktop", "program"),
    [
        ("xfce4-session", "XFCE", "my \"$apps`, 100%f & 'more' \\d/tankful"),
        ("lxqt-session", "LXQt", "my apps & 'more', #1/tankful"),  # see `entry.caveat`
    ],
)
def test_a_login_starts_it_until_it_is_switched_off(
    tmp_path: Path, need: Callable[..., None], command: str, desktop: str, program: str
) -> None:
    need(command, "Xvfb", "dbus-daemon", "openbox")
    login = Login(tmp_path, desktop, program)
    assert login.session(command, "on") == [str(login.program)]
    assert login.session(command, "on", "off") == []


def test_i3_runs_the_line_that_is_pasted(tmp_path: Path, need: Callable[..., None]) -> None:
    need("i3", "Xvfb", "dbus-daemon")
    login = Login(tmp_path, "i3", "my \"$apps` & 'more' \\d/tankful")
    with bare_display(tmp_path / "desk") as panel:
        panel.environ["I3SOCK"] = str(tmp_path / "i3.socket")
        command = [str(login.program), "autostart", "on"]
        done = subprocess.run(
            command, env=panel.environ, check=True, timeout=30, capture_output=True, text=True
        )
        config = tmp_path / "i3.config"
        config.write_text(f"# i3 config file (v4)\nfont pango:monospace 8\n{done.stdout}")
        panel.start("i3", "-c", str(config))
        until(login.starts, "i3 did not start the program")
    assert login.starts() == [str(login.program)]
    assert panel.left_behind() == []


def test_the_toggle_on_a_real_panel(tmp_path: Path, need: Callable[..., None]) -> None:
    need(*PROGRAMS)
    with xfce_panel(tmp_path / "desk") as panel:
        panel.environ |= {
            "XDG_CURRENT_DESKTOP": "XFCE",
            "CODEX_HOME": str(tmp_path / "codex"),
            "CLAUDE_CONFIG_DIR": str(tmp_path / "claude"),
            "TANKFUL_HOME": str(tmp_path / "own"),
        }
        file = tmp_path / "desk/config/autostart/tankful.desktop"
        program = panel.start(sys.executable, "-m", "tray.cli", cwd=ROOT)
        panel.icon()
        time.sleep(1)  # the row comes a moment after the icon
        choose_start_at_login(panel)
        until(file.exists, "the toggle wrote no entry")
        choose_start_at_login(panel)
        until(lambda: not file.exists(), "the toggle removed no entry")
        panel.click_icon()
        panel.key("Up", "Return")  # Quit
        assert program.wait() == 0
        assert program.said == []
    assert panel.left_behind() == []


def choose_start_at_login(panel: Panel) -> None:
    panel.click_icon()
    panel.key("Up", "Up", "Up", "Right")  # Settings
    until(lambda: len(panel.menus()) == 2, "the settings did not open")
    panel.key("Up", "Return")
    until(lambda: not panel.menus(), "the menu stayed open")
