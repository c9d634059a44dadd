"""Each in a process of its own: what is loaded once stays loaded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]


def run(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_guesser_is_not_loaded_and_no_stand_in_stays() -> None:
    program = """
import sys
from providers.host.http.load_requests import load_requests
requests = load_requests()
assert requests is load_requests()
names = ("charset_normalizer", "importlib.metadata")
print(requests.__version__, *[name for name in sys.modules if name.startswith(names)])
assert "urllib3.http2" not in sys.modules
import urllib3.http2
assert urllib3.http2.inject_into_urllib3
import charset_normalizer
assert charset_normalizer.from_bytes(b"abc").best()
"""
    assert len(run(program).split()) == 1


@pytest.mark.parametrize("first", ["import requests", "import charset_normalizer"])
def test_what_is_loaded_already_is_left_alone(first: str) -> None:
    program = f"""
{first}
from providers.host.http.load_requests import load_requests
import sys
load_requests()
assert sys.modules["charset_normalizer"].from_bytes
print("ok")
"""
    assert run(program) == "ok\n"
