"""That the soak tool finds what grows, and passes what comes and goes."""

from __future__ import annotations

import sys

import psutil
import pytest
from msgspec.structs import replace

from tests.soak.process import Sample, growth, sample

STEADY = Sample(rss=45.0, threads=9, files=12, children=0, cpu=1.0, written=0)


def test_what_comes_and_goes_is_no_growth() -> None:
    busy = replace(STEADY, rss=60.0, threads=14, files=20, children=1)
    assert growth([STEADY, busy, busy] * 30, megabytes=3, count=2) == []


@pytest.mark.parametrize(
    ("member", "by"), [("rss", 0.1), ("threads", 0.1), ("files", 0.1), ("children", 0.05)]
)
def test_what_grows_is_found(member: str, by: float) -> None:
    samples = [
        replace(
            STEADY, **{member: getattr(STEADY, member) + (by * step if member == "rss" else int(by * step))}
        )
        for step in range(90)
    ]
    (found,) = growth(samples, megabytes=2.5, count=2)
    assert found.startswith(f"{member} grew")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_process_is_measured() -> None:
    found = sample(psutil.Process())
    assert found.rss > 1
    assert found.threads >= 1
    assert found.files >= 3
