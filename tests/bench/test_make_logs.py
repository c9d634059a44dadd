"""The corpora that the benchmark is run on: always the same, and what we count in them is what was billed."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from providers.claude.descriptor import CLAUDE
from providers.domain.cost import TokenUsage
from providers.registry import PROVIDERS
from tests.bench.corpus import Tokens
from tests.bench.make_logs import FORM_332, WRITERS, make
from tests.counting import count

UNTIL = date(2026, 11, 20)
REAL_LENGTHS = {"prompt_snapshot": 56_816, "api-request-shape": 38_289, "skill_listing": 14_628}


LOGS = {each.id: each.logs for each in PROVIDERS} | {FORM_332: CLAUDE.logs}


@pytest.mark.parametrize("writer", WRITERS)
def test_the_same_arguments_give_the_same_bytes(writer: str, tmp_path: Path) -> None:
    for name in ("one", "other"):
        make(writer, 300_000, 12, tmp_path / name, seed=5, until=UNTIL, long_line=200_000)
    assert _content(tmp_path / "one") == _content(tmp_path / "other")


@pytest.mark.parametrize("writer", WRITERS)
def test_our_count_is_what_was_billed(writer: str, tmp_path: Path) -> None:
    billed = make(writer, 4_000_000, 60, tmp_path, seed=7, until=UNTIL, long_line=1_000_000)
    found = count(LOGS[writer], [tmp_path])
    by_model: dict[str, Tokens] = {}
    beyond = Tokens()
    for response in found.responses:
        if response.context.not_on_lines:
            beyond.add(_tokens(response.usage, responses=0))
        else:
            of_model = by_model.setdefault(response.context.model or "", Tokens())
            of_model.add(_tokens(response.usage, responses=1))
    assert by_model == billed.by_model
    assert beyond == billed.beyond
    assert (found.files, found.skipped_lines, found.unreadable_files) == (60, 0, ())
    assert billed.totals.responses > 60


def test_a_transcript_of_2_1_332_is_as_long_as_the_programs(tmp_path: Path) -> None:
    """Answered once it had 147 KB, and its subagent's 84 KB; lines of answers were 2 to 3 % of them."""
    billed = make(FORM_332, 12_500_000, 50, tmp_path, until=UNTIL)
    logs = sorted(tmp_path.rglob("*.jsonl"))
    of_subagents = [log for log in logs if log.parent.name == "subagents"]
    assert len(logs) == 50
    assert 10 < len(of_subagents) < 25
    assert abs(billed.bytes / 12_500_000 - 1) < 0.05
    assert sum(log.stat().st_size for log in logs) == billed.bytes
    assert 0.015 < billed.bytes_of_use / billed.bytes < 0.035


def test_the_opening_lines_of_2_1_332_have_the_lengths_of_real_ones(tmp_path: Path) -> None:
    make(FORM_332, 5_000_000, 10, tmp_path, until=UNTIL)
    logs = sorted(tmp_path.rglob("*.jsonl"), key=lambda log: log.stat().st_size)
    session = next(log for log in reversed(logs) if log.parent.name != "subagents")
    lengths = {_kind(line): len(line) for line in session.read_bytes().splitlines()}
    for kind, length in REAL_LENGTHS.items():
        assert lengths[kind] == pytest.approx(length, rel=0.05), kind


def _kind(raw: bytes) -> str:
    line = json.loads(raw)
    return str(line["attachment"]["type"] if "attachment" in line else line["type"])


def _tokens(usage: TokenUsage, *, responses: int) -> Tokens:
    return Tokens(
        responses=responses,
        input_tokens=usage.input_tokens,
        cache_read_tokens=usage.cache_read_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        cache_write_1h_tokens=usage.cache_write_1h_tokens,
        output_tokens=usage.output_tokens,
        reasoning_tokens=usage.reasoning_tokens,
    )


def _content(folder: Path) -> dict[str, tuple[bytes, int]]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns) for path in sorted(files)
    }
