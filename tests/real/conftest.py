"""What the tests of real programs may use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.real.clis import NotInstalled, installed


@pytest.fixture
def cli(request: pytest.FixtureRequest) -> Callable[[str, str], Path]:
    """cli("@openai/codex", "0.60.1") is that launcher; it skips the test where npm cannot bring it."""

    def get(package: str, version: str) -> Path:
        try:
            return installed(package, version)
        except NotInstalled as trouble:
            if request.config.getoption("--require-real"):
                pytest.fail(str(trouble))
            pytest.skip(str(trouble))

    return get
