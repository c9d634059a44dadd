from __future__ import annotations

import os
from pathlib import Path

import pytest

from providers.live.tail import Tail, TailBounds
from tests.providers.live.fakes import FakeSessions, write

SMALL = TailBounds(first=100, most=6400, block=64, line=1000)
MODEL, OPEN, ENDED, COMPACTED = {"model": "m"}, {"turn": "open"}, {"turn": "ended"}, {"compacted": 1}


def tail_of(path: Path, bounds: TailBounds = SMALL) -> tuple[Tail, FakeSessions]:
    finder = FakeSessions()
    return Tail(path, finder, bounds), finder


def test_what_is_appended_is_read_once(tmp_path: Path) -> None:
    log = tmp_path / "log"
    write(log, MODEL, OPEN)
    tail, finder = tail_of(log)
    tail.look()
    write(log, ENDED)
    facts = tail.look()
    assert facts is not None
    assert (facts.turn, tail.turns) == ("ended", 1)
    assert [reader.fed for reader in finder.readers] == [log.read_bytes().splitlines()]


def test_a_log_that_did_not_change_is_not_opened(tmp_path: Path) -> None:
    log = tmp_path / "log"
    write(log, MODEL)
    tail, _ = tail_of(log)
    facts = tail.look()
    log.chmod(0)
    assert tail.look() is facts


def test_a_line_without_its_end_waits(tmp_path: Path) -> None:
    log = tmp_path / "log"
    write(log, MODEL)
    tail, finder = tail_of(log)
    with log.open("ab") as file:
        file.write(b'{"turn": ')
        file.flush()
        tail.look()
        assert tail.facts is not None
        assert tail.facts.turn is None
        file.write(b'"open"}\n')
    tail.look()
    assert tail.facts.turn == "open"
    assert len(finder.readers) == 1


def test_of_a_long_log_only_the_end_is_read(tmp_path: Path) -> None:
    log = tmp_path / "log"
    write(log, *[{"n": number} for number in range(1000)], MODEL, OPEN)
    tail, finder = tail_of(log)
    tail.look()
    assert len(finder.readers) == 1
    fed = finder.readers[0].fed
    assert sum(map(len, fed)) < 100
    assert fed == log.read_bytes().splitlines()[-len(fed) :]


def test_more_is_read_until_the_reader_has_found_enough(tmp_path: Path) -> None:
    log = tmp_path / "log"
    write(log, *[{"n": number} for number in range(1000)], MODEL, *[{"n": number} for number in range(40)])
    tail, finder = tail_of(log)
    facts = tail.look()
    assert facts is not None
    assert facts.model == "m"
    assert len(finder.readers) == 2


def test_it_then_begins_where_the_turn_did(tmp_path: Path) -> None:
    log = tmp_path / "log"
    fill = [{"n": number} for number in range(40)]
    write(log, OPEN, *fill, OPEN, MODEL, *fill, OPEN, *fill)
    tail, finder = tail_of(log)
    facts = tail.look()
    assert facts is not None
    assert facts.model == "m"
    tried = [reader.fed for reader in finder.readers]
    assert [len(fed) for fed in tried[1:]] == [41, 83]
    assert b'"open"' in tried[2][0]
    tail.count_older(10_000)
    assert tail.turns == 3


def test_a_reader_that_needs_a_turn_begins_there_at_once(tmp_path: Path) -> None:
    log = tmp_path / "log"
    fill = [{"n": number} for number in range(40)]
    write(log, MODEL, OPEN, *fill, OPEN, MODEL, *fill)
    tail, finder = tail_of(log)
    finder.needs_turn = True
    tail.look()
    assert [len(reader.fed) for reader in finder.readers] == [42]
    tail.count_older(10_000)
    assert tail.turns == 2


def test_such_a_reader_gets_the_end_where_no_turn_begins_before(tmp_path: Path) -> None:
    log = tmp_path / "log"
    write(log, *[{"n": number} for number in range(40)], MODEL)
    tail, finder = tail_of(log)
    finder.needs_turn = True
    tail.look()
    assert [len(reader.fed) for reader in finder.readers] == [9]
    write(log, OPEN)
    tail, finder = tail_of(log)
    finder.needs_turn = True
    tail.look()
    assert [len(reader.fed) for reader in finder.readers] == [8]


def test_but_never_more_than_the_most(tmp_path: Path) -> None:
    log = tmp_path / "log"
    write(log, MODEL, *[{"n": number} for number in range(2000)])
    tail, finder = tail_of(log)
    facts = tail.look()
    assert facts is not None
    assert not facts.is_settled
    assert 6300 < sum(len(line) + 1 for line in finder.readers[-1].fed) <= 6400


@pytest.mark.parametrize("end", range(60))
def test_turns_and_compactions_of_the_older_part_are_counted_once(tmp_path: Path, end: int) -> None:
    log = tmp_path / "log"
    write(log, *[OPEN, ENDED, COMPACTED] * 50, {"fill": "x" * end}, MODEL, OPEN)
    tail, _ = tail_of(log)
    tail.look()
    assert (tail.turns, tail.compactions) == (None, None)
    while tail.count_older(100):
        pass
    assert (tail.turns, tail.compactions) == (51, 50)
    write(log, OPEN, COMPACTED)
    tail.look()
    assert (tail.turns, tail.compactions) == (52, 51)


def test_a_slice_of_the_older_part_is_no_larger_than_asked(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("wb") as file:
        file.write(b"{}\n" * 1_000_000)
    tail, _ = tail_of(log)
    tail.look()
    assert tail.count_older(1 << 20) == 1 << 20


@pytest.mark.parametrize("in_place", [True, False])
def test_a_log_that_was_replaced_begins_anew(tmp_path: Path, in_place: bool) -> None:
    log, new = tmp_path / "log", tmp_path / "new"
    write(log, MODEL, OPEN, OPEN)
    tail, _ = tail_of(log)
    tail.look()
    write(new, {"model": "other"}, OPEN, *[{"n": number} for number in range(3)])
    if in_place:
        log.write_bytes(new.read_bytes())
    else:
        os.replace(new, log)
    facts = tail.look()
    assert facts is not None
    assert (facts.model, tail.turns) == ("other", 1)


def test_a_log_that_was_cut_off_begins_anew(tmp_path: Path) -> None:
    log = tmp_path / "log"
    write(log, MODEL, OPEN)
    size = log.stat().st_size
    write(log, ENDED, OPEN)
    tail, _ = tail_of(log)
    tail.look()
    os.truncate(log, size)
    tail.look()
    assert tail.turns == 1


def test_a_log_that_is_compressed_or_deleted_has_ended(tmp_path: Path) -> None:
    log = tmp_path / "log"
    write(log, MODEL, OPEN)
    tail, _ = tail_of(log)
    facts = tail.look()
    log.unlink()
    assert tail.look() is facts
    assert tail.modified is None
    write(log, {"model": "other"})
    assert tail.look() != facts


def test_a_log_that_does_not_exist_yet_says_nothing(tmp_path: Path) -> None:
    tail, _ = tail_of(tmp_path / "log")
    assert tail.look() is None
    assert (tail.turns, tail.compactions, tail.count_older(100)) == (None, None, 0)


def test_after_a_failure_of_the_reader_it_begins_anew(tmp_path: Path) -> None:
    log = tmp_path / "log"
    write(log, MODEL, OPEN)

    class Failing(FakeSessions):
        fails = True

        def reader(self, clis=()):  # type: ignore[no-untyped-def]
            if self.fails:
                raise KeyError
            return super().reader(clis)

    finder = Failing()
    tail = Tail(log, finder, SMALL)
    with pytest.raises(KeyError):
        tail.look()
    finder.fails = False
    assert tail.look() is not None
