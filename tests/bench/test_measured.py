"""What a row is measured with."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from subprocess import CalledProcessError

import pytest

from providers.registry import PROVIDERS
from providers.source import Provider
from tests.bench.appending import Appending
from tests.bench.corpora import CORPORA, by_name, chosen
from tests.bench.make_logs import make
from tests.bench.measured import evict, linked, run, run_json
from tests.bench.tray_rows import NAMES, titles
from tests.counting import count

UNTIL = date(2026, 11, 20)


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.id)
def test_appending_to_a_linked_home_leaves_the_original_alone(provider: Provider, tmp_path: Path) -> None:
    billed = make(provider.id, 300_000, 12, tmp_path / "home", until=UNTIL)
    copy = linked(tmp_path / "home", tmp_path / "copy")
    with Appending(provider.id, copy) as log:
        log.append()
        assert len(count(provider.logs, [copy]).responses) == billed.totals.responses + 1
        assert len(count(provider.logs, [tmp_path / "home"]).responses) == billed.totals.responses
    assert len(count(provider.logs, [copy]).responses) == billed.totals.responses


def test_folders_of_a_linked_home_are_as_old_as_their_logs(tmp_path: Path) -> None:
    make("codex", 300_000, 12, tmp_path / "home", until=UNTIL)
    copy = linked(tmp_path / "home", tmp_path / "copy")
    for day in {log.parent for home in (tmp_path / "home", copy) for log in home.rglob("*.jsonl")}:
        assert day.stat().st_mtime_ns == max(log.stat().st_mtime_ns for log in day.iterdir())


def test_rows_are_chosen_by_name() -> None:
    everything = chosen(["*"])
    assert [corpus for corpus, _ in everything] == [corpus for corpus in CORPORA if corpus.aims]
    assert chosen(["claude332-5000:cold"]) == [(by_name("claude332-5000"), ("cold",))]
    assert chosen(["nothing"]) == []
    assert len(dict(titles())) == len(list(titles())) >= len(NAMES)


def test_a_run_has_what_it_printed_and_took() -> None:
    taken, printed = run_json([sys.executable, "-c", "print(sum(range(10**6)))"], {})
    assert printed == sum(range(10**6))
    assert taken.cpu_ms > 0
    with pytest.raises(CalledProcessError):
        run([sys.executable, "-c", "exit(3)"], {})


def test_its_peak_is_not_that_of_this_process() -> None:
    large = bytearray(b"x" * 100_000_000)
    taken = run([sys.executable, "-c", "pass"], {})
    assert 1 < taken.peak_mb < len(large) / 1e6


@pytest.mark.skipif(sys.platform != "linux", reason="Linux only")
def test_evicted_logs_are_unchanged(tmp_path: Path) -> None:
    log = tmp_path / "a/b.jsonl"
    log.parent.mkdir()
    log.write_bytes(b"{}\n")
    evict(tmp_path)
    assert log.read_bytes() == b"{}\n"
