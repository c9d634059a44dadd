"""What a rollout that grew changes is what resolving all of it finds."""

from __future__ import annotations

from pathlib import Path

from providers.codex.logs.format import ROLLOUTS
from providers.codex.logs.pieces import pieces
from providers.logs import LogChange, Observed
from tests.providers.codex.logs.test_format import THREAD, Line, meta, text, uuid7
from tests.providers.codex.logs.test_messages import HOME, said, started
from tests.providers.codex.logs.test_switch import NEW, OLD, compacted, first_turn, switch

FIRST, SECOND = uuid7(1, 11), uuid7(2, 12)


def observation(folder: Path, lines: list[Line]) -> bytes:
    path = folder / f"rollout-2026-11-20T12-00-00-{THREAD}.jsonl"
    path.write_bytes(text(lines))
    return ROLLOUTS.scanner().scan(str(path)).observation


def test_a_message_that_a_turn_repeats_when_it_goes_on_is_no_new_one(tmp_path: Path) -> None:
    lines = [meta(0, THREAD), started(1, FIRST), said(1), started(2, SECOND), said(2)]
    before = observation(tmp_path, lines)
    now = observation(tmp_path, [*lines, started(3, FIRST), said(3)])
    growth = ROLLOUTS.growth(LogChange(before, now), [])
    assert growth is not None
    changed = [set(ROLLOUTS.resolve([Observed(HOME, each)]).messages) for each in (growth.before, growth.now)]
    whole = [set(ROLLOUTS.resolve([Observed(HOME, each)]).messages) for each in (before, now)]
    assert whole[0] - changed[0] | changed[1] == whole[1] == whole[0]


def test_a_compaction_that_is_logged_twice_is_whole_in_a_piece(tmp_path: Path) -> None:
    lines = [*first_turn(OLD), *switch(NEW, compacted(10.6, "r2", OLD))]
    lines.insert(-2, compacted(10.7, "r2", NEW))
    whole = observation(tmp_path, lines)
    found = pieces(whole, 2)
    assert found is not None
    models = [
        one.context.model for each in found for one in ROLLOUTS.resolve([Observed(HOME, each)]).responses
    ]
    assert models == [each.context.model for each in ROLLOUTS.resolve([Observed(HOME, whole)]).responses]
    assert models == [OLD, OLD, NEW]
