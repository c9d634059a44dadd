"""Whether all logs are read: any process may ask, also after one that was killed."""

from __future__ import annotations

import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from providers.domain.cost import BilledResponse
from providers.ledger import ledger as ledgers
from providers.ledger import refresh as scans
from providers.ledger.changes import Shelf
from providers.ledger.database import LedgerError
from providers.ledger.refresh import ScanListener, ScanProgress, refresh
from tests.providers.ledger.test_refresh import (
    FIXTURES,
    FORMATS,
    Ledger,
    copied,
    days_apart,
    price,
    put,
    rollouts,
)


class Stopped(Exception):
    """In the middle of a scan."""


def is_complete(ledger: Ledger, provider: str = "codex") -> bool | None:
    """As another process has it."""
    return ledgers.Ledger(ledger.path).is_complete(provider)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return copied(FIXTURES / "plain", tmp_path)


@pytest.fixture
def ledger(tmp_path: Path, home: Path) -> Ledger:
    return Ledger(tmp_path, home)


def scan(ledger: Ledger, tell: ScanListener) -> None:
    """In steps of a log each."""
    shelves = [Shelf(provider=name, home=ledger.homes[0], format=fmt) for name, fmt in FORMATS.items()]
    refresh(ledger.path, shelves, price, tell, step_seconds=0)


def append(path: Path) -> None:
    put(path, path.read_bytes() + b"{}\n")


def test_nobody_knows_before_the_first_scan(ledger: Ledger) -> None:
    assert is_complete(ledger) is None
    assert not ledger.path.exists()
    ledger.refresh()
    assert is_complete(ledger) is True
    assert is_complete(ledger, "another") is None


def test_where_there_are_no_logs_all_of_them_are_read(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, tmp_path / "nothing")
    ledger.refresh()
    assert is_complete(ledger) is True


def test_a_log_that_cannot_be_read_leaves_its_provider_incomplete_until_it_can(
    tmp_path: Path, ledger: Ledger, home: Path
) -> None:
    packed = home / "sessions" / rollouts(copied(FIXTURES / "zstd", tmp_path / "other"))[0].name
    packed = packed.with_name(packed.name.removesuffix(".zst") + ".zst")
    put(packed, b"torn")
    for _ in range(2):
        assert ledger.refresh() == (str(packed),)
        assert (is_complete(ledger), is_complete(ledger, "claude")) == (False, True)
    packed.unlink()
    ledger.refresh()
    assert is_complete(ledger) is True


def test_a_scan_is_incomplete_while_it_runs(ledger: Ledger, home: Path) -> None:
    """Of each provider that has something to read, and of no other."""
    ledger.refresh()
    seen: list[tuple[bool | None, bool | None]] = []

    def look(_: ScanProgress) -> None:
        seen.append((is_complete(ledger), is_complete(ledger, "claude")))

    for path in rollouts(home):
        append(path)
    scan(ledger, look)
    assert seen == [(False, True)] * 2
    assert is_complete(ledger) is True


def test_a_scan_that_fails_on_its_way_stays_incomplete_until_the_next(ledger: Ledger, home: Path) -> None:
    ledger.refresh()

    def stop(_: ScanProgress) -> None:
        raise Stopped

    append(rollouts(home)[0])
    with pytest.raises(Stopped):
        scan(ledger, stop)
    assert is_complete(ledger) is False
    ledger.refresh()
    assert is_complete(ledger) is True


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_scan_that_is_killed_stays_incomplete_until_the_next(ledger: Ledger, home: Path) -> None:
    child = os.fork()
    if child == 0:
        try:
            scan(ledger, lambda _: os.kill(os.getpid(), signal.SIGKILL))
        finally:
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert is_complete(ledger) is False
    ledger.refresh()
    assert is_complete(ledger) is True


def test_nothing_is_written_where_nothing_changed(ledger: Ledger) -> None:
    ledger.refresh()
    with closing(sqlite3.connect(ledger.path)) as db:
        before = db.execute("PRAGMA data_version").fetchone()
        ledger.refresh()
        assert db.execute("PRAGMA data_version").fetchone() == before


def test_days_that_are_not_counted_yet_do_not_make_it_incomplete(ledger: Ledger) -> None:
    ledger.refresh(since_ms=2**62)
    assert ledger.rows() == []
    assert is_complete(ledger) is True


def test_a_scan_that_fails_while_it_counts_stays_incomplete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, moments = days_apart(tmp_path)
    ledger = Ledger(tmp_path, home)
    ledger.refresh(since_ms=moments[-1] + 60_000)
    monkeypatch.setattr(scans, "_AT_ONCE", 1)

    def stop(response: BilledResponse) -> int:
        if response.at_ms == moments[0]:
            raise Stopped
        return 0

    with pytest.raises(Stopped):
        refresh(ledger.path, [Shelf(provider="codex", home=home, format=FORMATS["codex"])], stop)
    assert 0 < ledger.total()[0] < len(moments)
    assert is_complete(ledger) is False


def test_a_damaged_ledger_has_no_answer(ledger: Ledger) -> None:
    ledger.path.write_bytes(b"not a database at all, but long enough to look at" * 9)
    with pytest.raises(LedgerError):
        is_complete(ledger)
