"""The corpora that the benchmark is run on: always the same, and what we count in them is what was billed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from providers.registry import PROVIDERS
from providers.source import Provider
from tests.bench.corpus import Tokens
from tests.bench.make_logs import make
from tests.counting import count

UNTIL = date(2026, 11, 20)


@pytest.fixture(params=PROVIDERS, ids=lambda provider: provider.id)
def provider(request: pytest.FixtureRequest) -> Provider:
    chosen: Provider = request.param
    return chosen


def test_the_same_arguments_give_the_same_bytes(provider: Provider, tmp_path: Path) -> None:
    for name in ("one", "other"):
        make(provider.id, 300_000, 12, tmp_path / name, seed=5, until=UNTIL, long_line=200_000)
    assert _content(tmp_path / "one") == _content(tmp_path / "other")


def test_our_count_is_what_was_billed(provider: Provider, tmp_path: Path) -> None:
    billed = make(provider.id, 4_000_000, 60, tmp_path, seed=7, until=UNTIL, long_line=1_000_000)
    found = count(provider.logs, [tmp_path])
    by_model: dict[str, Tokens] = {}
    for response in found.responses:
        used = response.usage
        by_model.setdefault(response.context.model or "", Tokens()).add(
            Tokens(
                responses=1,
                input_tokens=used.input_tokens,
                cache_read_tokens=used.cache_read_tokens,
                cache_write_tokens=used.cache_write_tokens,
                cache_write_1h_tokens=used.cache_write_1h_tokens,
                output_tokens=used.output_tokens,
                reasoning_tokens=used.reasoning_tokens,
            )
        )
    assert by_model == billed.by_model
    assert (found.files, found.skipped_lines, found.unreadable_files) == (60, 0, ())
    assert billed.totals.responses > 60


def _content(folder: Path) -> dict[str, tuple[bytes, int]]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns) for path in sorted(files)
    }
