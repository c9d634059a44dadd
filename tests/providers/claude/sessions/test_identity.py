"""Whether a process is the one that wrote a record."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from providers.claude.sessions.identity import Host
from providers.claude.sessions.records import SessionRecord
from providers.domain.processes import Process
from tests.providers.claude.sessions.fakes import BOOT, NOW, make_host

STARTED = NOW.timestamp()


def wrote(host: Host, text: str, started: float, **members: object) -> bool:
    record = SessionRecord(pid=7, session="x", started=text, **members)  # type: ignore[arg-type]
    return host.wrote(Process(7, 1, started, "claude"), record)


@pytest.mark.parametrize(
    ("platform", "text"),
    [
        ("linux", str(round(100 * (STARTED - BOOT)))),
        ("darwin", "Sun Nov 29 15:00:00 2026"),
        ("win32", str(round(1e7 * (STARTED + 11_644_473_600)))),
    ],
)
def test_the_start_as_each_system_writes_it(platform: str, text: str, tmp_path: Path) -> None:
    make_host(tmp_path)
    host = Host(platform, tmp_path / "proc", tmp_path / "etc")
    assert wrote(host, text, STARTED + 0.4)
    assert not wrote(host, text, STARTED + 60)


@pytest.mark.parametrize(
    "text", ["", "7" * 400, "Sun Nev 29 15:00:00 2026", "Sun Nov 39 15:00:00 2026", "-1", "²"]
)
def test_what_is_no_start_proves_nothing(text: str, tmp_path: Path) -> None:
    assert not wrote(make_host(tmp_path), text, STARTED)


def test_who_ran_before_the_record_was_written_wrote_it(tmp_path: Path) -> None:
    """Nobody else can have had its pid."""
    since = NOW + timedelta(seconds=1)
    assert wrote(make_host(tmp_path), "", STARTED, since=since)
    assert not wrote(make_host(tmp_path), "", STARTED + 60, since=since)


def test_a_clock_that_was_set_makes_no_process_another(tmp_path: Path) -> None:
    """The boot, as the kernel shows it, moves with the clock, and so do all starts."""
    host = make_host(tmp_path)
    (tmp_path / "proc/stat").write_text(f"btime {BOOT + 3600}\n")
    assert wrote(host, str(round(100 * (STARTED - BOOT))), STARTED + 3600, since=NOW)


def test_without_a_proc_nothing_is_foreign(tmp_path: Path) -> None:
    host = Host("darwin", tmp_path, tmp_path)
    assert not host.is_foreign(SessionRecord(pid=7, session="x", domain="linux:x:y"))
