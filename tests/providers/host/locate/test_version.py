from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from providers.domain.errors import ProgramMissing
from providers.host.locate import version
from providers.host.locate.find import Program
from providers.host.locate.version import reported_version
from providers.host.process.child import probe_folder
from tests.providers.host.locate.test_find import program

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="its program is a shell script")
PATTERN = re.compile(r"^tool (\d+)", re.MULTILINE)


def asked(path: Path) -> str:
    search_path = os.environ.get("PATH", os.defpath)
    with probe_folder(path.parent) as folder:
        return reported_version(
            Program(path=path, search_path=search_path),
            PATTERN,
            name="tool",
            title="Tool",
            environ={"PATH": search_path},
            folder=folder,
        )[1]


def test_it_is_found_below_a_notice(tmp_path: Path) -> None:
    assert asked(program(tmp_path / "tool", "#!/bin/sh\necho A new version is out.; echo tool 12\n")) == "12"


@pytest.mark.parametrize(
    "line",
    ["echo v20.0.0", "echo tool 12; exit 1", "echo tool 12 >&2", "kill -9 $$", "printf '\\377'", "true"],
)
def test_anything_else_is_no_version(tmp_path: Path, line: str) -> None:
    path = program(tmp_path / "tool", f"#!/bin/sh\n{line}\n")
    with pytest.raises(ProgramMissing) as raised:
        asked(path)
    assert str(raised.value) == f"{path} did not report its version."
    assert raised.value.remedy == "Run `tool --version`. If that fails, reinstall Tool."


def test_one_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(version, "VERSION_SECONDS", 0.3)
    path = program(tmp_path / "tool", "#!/bin/sh\necho tool 12\nexec sleep 60\n")
    with pytest.raises(ProgramMissing, match="did not respond in time"):
        asked(path)
