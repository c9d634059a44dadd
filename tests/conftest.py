"""Fixtures for all tests."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable

import pytest


def pytest_configure() -> None:
    """A shell starts what runs in its background with SIGINT ignored, and programs that tests start inherit
    that.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--require-real",
        action="store_true",
        help="fail, rather than skip, where a program that a test drives is missing",
    )


@pytest.fixture
def need(request: pytest.FixtureRequest) -> Callable[..., None]:
    """need("Xvfb", "xdotool") skips the test where one of these programs is missing."""

    def check(*programs: str) -> None:
        missing = [program for program in programs if shutil.which(program) is None]
        if not missing:
            return
        reason = f"not installed: {', '.join(missing)}"
        if request.config.getoption("--require-real"):
            pytest.fail(reason)
        pytest.skip(reason)

    return check
