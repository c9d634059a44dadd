"""The report of a real process of our own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tray.engine.doctor.child import NoReport, report_text


def environ(folder: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    return {
        **kept,
        "HOME": str(folder),
        "TANKFUL_HOME": str(folder / "own"),
        "CODEX_HOME": str(folder / "codex"),
    }


def test_it_is_what_the_command_prints(tmp_path: Path) -> None:
    text = report_text(environ(tmp_path)).decode()
    assert str(tmp_path / "codex") in text or "~/codex" in text
    assert "problems found:" in text
    assert "\x1b" not in text


def test_one_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    with pytest.raises(NoReport, match="could not be made"):
        report_text(environ(tmp_path), seconds=0.0)
