"""A few rounds of the refresh tool; `tests/refreshes/README.md` has the figures of long runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.real import test_app_server, test_claude
from tests.refreshes.__main__ import CLAUDE, CODEX, SOURCES, refresh


@pytest.mark.parametrize("source", SOURCES)
def test_nothing_is_left_of_several_refreshes(
    source: str, cli: Callable[[str, str], Path], tmp_path: Path
) -> None:
    package, version = (
        (CLAUDE, test_claude.NOTES) if source == "usage-command" else (CODEX, test_app_server.NEWEST)
    )
    cli(package, version)
    outcome = refresh(source, 8, 20.0, tmp_path)
    assert outcome.is_clean, outcome
