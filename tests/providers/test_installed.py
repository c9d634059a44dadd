"""The version of a provider's own program, asked in a home to throw away."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from providers.domain.errors import ProgramMissing
from providers.registry import PROVIDERS
from providers.source import Installed, Provider

ANSWERS = {"codex": "codex-cli 0.169.0", "claude": "2.1.329 (Claude Code)"}

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="scripts stand in for the programs")


def installed(provider: Provider, folder: Path, script: str | None) -> Installed:
    path = folder / provider.cli
    if script is not None:
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
    assert provider.find_program is not None
    return provider.find_program({"PATH": "/usr/bin:/bin", "SHELL": "/bin/false"}, path)


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.id)
class TestAProgram:
    def test_that_answers(self, provider: Provider, tmp_path: Path) -> None:
        answer = ANSWERS[provider.id]
        found = installed(provider, tmp_path, f"echo 'a new version is there'; echo '{answer}'")
        assert (found.path, found.error) == (tmp_path / provider.cli, None)
        assert found.version in answer.split()

    @pytest.mark.parametrize("script", ["exit 3", "echo secret", "echo secret >&2"])
    def test_that_does_not_tell_its_version(self, provider: Provider, tmp_path: Path, script: str) -> None:
        found = installed(provider, tmp_path, script)
        assert found.version is None
        assert isinstance(found.error, ProgramMissing)
        assert "did not report its version" in str(found.error)
        assert "secret" not in str(found.error)

    def test_that_is_not_there(self, provider: Provider, tmp_path: Path) -> None:
        with pytest.raises(ProgramMissing):
            installed(provider, tmp_path, None)
