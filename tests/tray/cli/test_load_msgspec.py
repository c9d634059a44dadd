"""msgspec takes nothing from a library that costs every process 5 MB."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.tray.faces.published import ROOT

ALONE = """
import sys
from tray.cli.load_msgspec import load_msgspec
load_msgspec()
assert "msgspec" in sys.modules and "typing_extensions" not in sys.modules
import typing_extensions, msgspec
class Point(msgspec.Struct):
    x: typing_extensions.Annotated[int, msgspec.Meta(ge=0)]
assert msgspec.json.decode(b'{"x": 1}', type=Point) == Point(1)
"""
LOADED = """
import sys, typing_extensions
from tray.cli.load_msgspec import load_msgspec
load_msgspec()
assert sys.modules["typing_extensions"] is typing_extensions
"""
COMMAND = """
import sys
from tray.cli.main import main
assert main(["config", "path"]) == 0
assert "msgspec" in sys.modules and "typing_extensions" not in sys.modules
"""


@pytest.mark.parametrize("script", [ALONE, LOADED, COMMAND], ids=["alone", "loaded", "command"])
def test_typing_extensions_is_left_alone(script: str) -> None:
    pytest.importorskip("typing_extensions")
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
