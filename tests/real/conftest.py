"""What the tests of real programs may use."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.real.browser import chromium
from tests.real.clis import INSTALL_SECONDS, NotInstalled, installed, library


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The first test that needs a CLI installs it: that comes on top of the time a test has."""
    longer = pytest.mark.timeout(float(config.getini("timeout")) + INSTALL_SECONDS)
    for item in items:
        if isinstance(item, pytest.Function) and {"cli", "axe"} & set(item.fixturenames):
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


AXE = "4.14.1"


@pytest.fixture(scope="session")
def axe(request: pytest.FixtureRequest) -> str:
    """The source of axe-core, which finds what keeps people out of a page."""
    try:
        return (library("axe-core", AXE) / "axe.min.js").read_text("utf-8")
    except NotInstalled as error:
        if request.config.getoption("--require-real"):
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """Chromium, the same for all tests of a file; each opens a `context` of its own.

    No longer than that: while Playwright runs, its event loop counts as running in this thread, and `asyncio.run`
    of any other test fails.
    """
    if shutil.which("chromium") is None:
        if request.config.getoption("--require-real"):
            pytest.fail("not installed: chromium")
        pytest.skip("not installed: chromium")
    with chromium() as found:
        yield found
