"""What the tests of real programs may use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.real.clis import INSTALL_SECONDS, NotInstalled, installed


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The first test that needs a CLI installs it: that comes on top of the time a test has."""
    longer = pytest.mark.timeout(float(config.getini("timeout")) + INSTALL_SECONDS)
    for item in items:
        if isinstance(item, pytest.Function) and "cli" in item.fixturenames:
            item.add_marker(longer)


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
