"""A long log is resolved in pieces: what is there in the end is what it has as a whole."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from providers.claude.logs import pieces as claude_pieces
from providers.codex.logs import pieces as codex_pieces
from providers.logs import Observed
from tests.providers.ledger.test_growth import FORMATS, Family, answer, content, responses, scenarios

PIECES = {"codex": codex_pieces.pieces, "claude": claude_pieces.pieces}


@pytest.mark.parametrize(("provider", "source"), list(scenarios()))
def test_a_log_in_pieces_has_what_it_has_as_a_whole(provider: str, source: Path) -> None:
    fmt = FORMATS[provider]()
    for path in sorted(source.rglob("*.jsonl")):
        observation = fmt.scanner().scan(str(path)).observation
        pieces = PIECES[provider](observation, 2)
        if pieces is None:
            continue
        whole = fmt.resolve([Observed(source, observation)])
        found = [fmt.resolve([Observed(source, piece)]) for piece in pieces]
        assert sorted(map(repr, whole.responses)) == sorted(
            repr(one) for each in found for one in each.responses
        )
        assert sorted(map(repr, whole.messages)) == sorted(
            repr(one) for each in found for one in each.messages
        )


def test_a_long_log_is_resolved_in_pieces(tmp_path: Path) -> None:
    family = Family(tmp_path, agents=0)
    long = family.session.with_name("22222222-2222-4333-8444-555555555555.jsonl")
    at = datetime(2026, 11, 21, tzinfo=UTC)
    lines = (answer(number, at + timedelta(seconds=number)) for number in range(100, 17_100))
    with long.open("w") as log:
        log.writelines(json.dumps(line | {"sessionId": long.stem}) + "\n" for line in lines)
    resolved = family.count()
    assert len(resolved) > 3
    assert set(resolved) == {1}
    assert responses(family.ledger) == 17_001
    once = content(family.ledger)
    family.ledger.unlink()
    family.format.is_divisible = False
    assert len(family.count()) == 2
    assert content(family.ledger) == once
