"""Compressed logs that are cut off, damaged, or unpack to more than any log holds."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from providers.ledger.scan import TruncatedLog, ZstdStream
from providers.ledger.zstd import compress
from tests.providers.ledger.test_refresh import FIXTURES, Ledger, copied, rollouts


def packed_log(home: Path) -> Path:
    return next(path for path in rollouts(home) if path.suffix == ".zst")


def reads(ledger: Ledger) -> int:
    """How many bytes of logs a refresh finds worth reading."""
    ledger.told.clear()
    ledger.refresh(step_seconds=0)
    return max((told.total for told in ledger.told), default=0)


@pytest.mark.parametrize("is_known", [True, False], ids=["after it was whole", "from the beginning"])
def test_it_is_read_once_until_it_changes(tmp_path: Path, is_known: bool) -> None:
    home = copied(FIXTURES / "zstd", tmp_path)
    ledger, packed = Ledger(tmp_path, home), packed_log(home)
    whole = packed.read_bytes()
    if is_known:
        assert ledger.refresh() == ()
    packed.write_bytes(whole[:200])
    assert ledger.refresh() == (str(packed),)
    rows = ledger.rows()
    for known in (ledger, ledger, Ledger(tmp_path, home)):  # this process, and one that starts
        assert reads(known) == 0
        assert known.refresh() == (str(packed),), "it is reported as long as it is torn"
        assert known.rows() == rows
    packed.write_bytes(whole)
    assert ledger.refresh() == ()
    assert len(ledger.rows()) >= len(rows)
    assert ledger.refresh() == ()


def test_its_deletion_is_seen(tmp_path: Path) -> None:
    home = copied(FIXTURES / "zstd", tmp_path)
    ledger, packed = Ledger(tmp_path, home), packed_log(home)
    ledger.refresh()
    rows = ledger.rows()
    packed.write_bytes(packed.read_bytes()[:200])
    ledger.refresh()
    packed.unlink()
    assert ledger.refresh() == ()
    assert ledger.rows() == rows


def test_a_log_that_unpacks_to_more_than_a_log_holds_is_left_there(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl.zst"
    log.write_bytes(compress(bytes(64 << 20)))
    assert log.stat().st_size < 10_000
    stream = ZstdStream(io.FileIO(log), cap=1 << 20)
    with pytest.raises(TruncatedLog, match="more than"):
        all_of(stream)
    stream.close()


def test_a_log_up_to_the_cap_is_read_whole(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl.zst"
    plain = os.urandom(5000)
    log.write_bytes(compress(plain))
    stream = ZstdStream(io.FileIO(log), cap=5000)
    assert all_of(stream) == plain
    stream.close()


def all_of(stream: ZstdStream) -> bytes:
    room, taken = memoryview(bytearray(1 << 16)), bytearray()
    while count := stream.readinto(room):
        taken += room[:count]
        assert len(taken) <= 1 << 20
    return bytes(taken)
