"""A start at login that comes to nothing: there is no icon, and nobody sees stderr."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.programs import ROOT
from tests.tray.desktop.conftest import Bus
from tests.tray.desktop.fake_notices import NoticeServer
from tray.desktop.face import report_no_start


def start(bus: Bus, own: Path) -> subprocess.CompletedProcess[str]:
    own.mkdir(exist_ok=True)
    own.chmod(0o777)
    return subprocess.run(
        [sys.executable, "-m", "tray.cli", "--tray"],
        env={**os.environ, **bus.environ, "TANKFUL_HOME": str(own), "HOME": str(own.parent)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_folder_that_is_refused_is_said_in_a_notice(bus: Bus, tmp_path: Path) -> None:
    server = NoticeServer(bus.environ)
    try:
        done = start(bus, tmp_path / "own")
        asked = server.next()
    finally:
        server.close()
    assert done.returncode == 1
    assert (asked.program, asked.title, asked.actions) == ("tankful", "tankful did not start", [])
    assert asked.body.startswith("Other users can write to ~/own")
    assert asked.body in done.stderr


def test_without_anybody_to_show_it_stderr_says_it(bus: Bus, tmp_path: Path) -> None:
    assert "Other users can write to ~/own" in start(bus, tmp_path / "own").stderr


@pytest.mark.parametrize("environ", [{}, {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"}])
def test_without_a_bus_nothing_is_shown(environ: dict[str, str]) -> None:
    report_no_start("No.", environ, platform="linux")
