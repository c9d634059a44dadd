"""Fixtures for all tests."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings

# A busy machine makes examples slow, which says nothing of the code.
settings.register_profile(
    "busy", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("busy")

WORKERS = 3


def pytest_configure() -> None:
    """Programs that tests start are to hear signals, which they would inherit as ignored in the background of a
    shell (SIGINT, SIGQUIT) and under nohup (SIGHUP). A handler, other than that, does not survive an exec.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if sys.platform == "win32":
        return
    for each in (signal.SIGHUP, signal.SIGQUIT):
        if signal.getsignal(each) is signal.SIG_IGN:
            signal.signal(each, lambda _number, _frame: None)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """For `-n auto`, whatever the cores: most tests wait for programs. Files that were named run in this process,
    which starts sooner.
    """
    named = all(os.path.isfile(each.partition("::")[0]) for each in config.args)
    return 0 if named else WORKERS


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
