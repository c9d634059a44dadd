from __future__ import annotations

import json
import os
import stat
import sys
import threading
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from providers.domain.errors import ServerError
from providers.domain.limits import Credits, Reading, ResetCredits
from providers.polling.account_store import AccountState, AccountStore, SourceState
from tests.homes import NOW

MINUTE = timedelta(minutes=1)


def test_an_account_is_in_a_home_since_it_says_so_or_since_it_replaced_another(tmp_path: Path) -> None:
    memory, home = AccountStore(tmp_path), Path("/h")
    long_ago = NOW - timedelta(days=3)
    assert memory.account_since(home, "a", long_ago, NOW) == long_ago
    assert memory.account_since(home, "a", NOW, NOW + MINUTE) == long_ago
    assert memory.account_since(home, "b", long_ago, NOW + MINUTE) == NOW + MINUTE
    assert memory.account_since(Path("/i"), "b", None, NOW) == NOW
    assert memory.account_since(Path("/j"), "b", NOW + MINUTE, NOW) == NOW


def test_a_home_seen_by_a_clock_that_was_ahead_is_known_since_now(tmp_path: Path) -> None:
    memory, home, ahead = AccountStore(tmp_path), Path("/h"), NOW + timedelta(days=400)
    memory.account_since(home, "a", ahead, ahead)
    assert memory.account_since(home, "a", NOW, NOW) == NOW


def test_a_home_whose_name_is_no_text_is_remembered(tmp_path: Path) -> None:
    memory, home = AccountStore(tmp_path), Path(os.fsdecode(b"/h\xff"))
    since = NOW - timedelta(days=3)
    assert memory.account_since(home, "a", since, NOW) == since
    assert memory.account_since(home, "a", NOW, NOW) == since


def test_homes_that_many_processes_see_at_once_are_all_remembered(tmp_path: Path) -> None:
    """Each has files of its own open, as processes do."""
    since = NOW - timedelta(days=3)
    homes = [Path(f"/{n}") for n in range(12)]
    together = threading.Barrier(len(homes))

    def see(home: Path) -> None:
        memory = AccountStore(tmp_path)
        together.wait()
        memory.account_since(home, "a", since, NOW)

    threads = [threading.Thread(target=see, args=(home,)) for home in homes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    later = [AccountStore(tmp_path).account_since(home, "a", NOW, NOW) for home in homes]
    assert later == [since] * len(homes)


@pytest.mark.skipif(sys.platform == "win32", reason="modes are of no use there")
def test_nobody_else_reads_or_locks_what_is_remembered(tmp_path: Path) -> None:
    memory = AccountStore(tmp_path / "state")
    memory.account_since(Path("/h"), "a", NOW, NOW)
    before = os.umask(0)
    try:
        with memory.asking("k"):
            files = list((tmp_path / "state").iterdir())
            assert len(files) >= 2
            assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    finally:
        os.umask(before)


def test_what_a_clock_that_was_ahead_wrote_of_a_source_does_not_block_it(tmp_path: Path) -> None:
    memory, ahead = AccountStore(tmp_path), NOW + timedelta(days=400)
    error = ServerError("Oh.", retry_at=ahead).as_data()
    wrong = SourceState(asked_at=ahead, retry_at=ahead, refusals=3, error=error)
    right = SourceState(asked_at=NOW - MINUTE, retry_at=NOW + MINUTE)
    memory.save_account("k", AccountState(sources={"oauth": wrong, "status": right}, error=error))
    known = memory.account("k", NOW)
    assert (known.of("oauth").asked_at, known.of("oauth").retry_at, known.retry_at) == (None, None, None)
    assert known.of("status") == right
    assert known.of("nobody") == SourceState()


def test_state_of_an_older_version_is_read(tmp_path: Path) -> None:
    kept = (
        b'{"asked_at": "2026-11-20T11:59:00Z", "retry_at": null, "failures": 1, "refusals": 2, "error": null}'
    )
    (tmp_path / "account-k.json").write_bytes(kept)
    assert AccountStore(tmp_path).account("k", NOW) == AccountState(asked_at=NOW - MINUTE, failures=1)


@pytest.mark.parametrize(
    "damaged",
    [
        '"balance":"1e400"',
        '"balance":"NaN"',
        '"balance":"-Infinity"',
        '"balance":"1' + "0" * 30 + '"',
    ],
)
def test_numbers_that_cannot_be_shown_make_a_stored_state_unreadable(tmp_path: Path, damaged: str) -> None:
    store = AccountStore(tmp_path)
    reading = Reading(source="oauth", fetched_at=NOW, credits=Credits(balance=Decimal("5.25")))
    store.save_account("a", AccountState(readings=(reading,), asked_at=NOW))
    assert store.account("a", NOW).readings == (reading,)
    file = store.file_of("a")
    file.write_text(file.read_text().replace('"balance":"5.25"', damaged))
    assert store.account("a", NOW) == AccountState()


@pytest.mark.parametrize(
    "damaged", ["9999-12-31T23:59:59-23:59", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"]
)
def test_a_time_outside_the_calendar_makes_a_stored_state_unreadable(tmp_path: Path, damaged: str) -> None:
    store = AccountStore(tmp_path)
    resets = ResetCredits(available=1, expires_at=NOW)
    reading = Reading(source="oauth", fetched_at=NOW, resets=resets, speaks_for=frozenset({"resets"}))
    store.save_account("a", AccountState(readings=(reading,), asked_at=NOW))
    assert store.account("a", NOW).readings == (reading,)
    file = store.file_of("a")
    sent = json.loads(file.read_text())
    sent["readings"][0]["resets"]["expires_at"] = damaged
    file.write_text(json.dumps(sent))
    assert store.account("a", NOW) == AccountState()
