"""What a home says of itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from providers.source import Home

USUAL = Home(provider="codex", path=Path("/home/dev/.codex"), label="~/.codex")


@pytest.mark.parametrize(
    ("home", "what"),
    [
        (USUAL, "set CODEX_HOME"),
        (replace(USUAL, named="/home/dev/.codex"), "correct CODEX_HOME"),
        (replace(USUAL, in_settings=True), "correct `providers.codex.homes` in settings.toml"),
    ],
)
def test_what_names_a_folder_is_what_to_correct(home: Home, what: str) -> None:
    assert home.to_correct("CODEX_HOME") == what
