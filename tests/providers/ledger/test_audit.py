"""An audit says the same however the logs were read, moved and deleted."""

from __future__ import annotations

import os
import random
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.claude.descriptor import reported_sessions
from providers.claude.logs.format import TRANSCRIPTS
from providers.domain.audit import AuditRow, audited
from providers.ledger.changes import Shelf
from providers.ledger.ledger import Ledger
from providers.ledger.prices.load import load_rates
from providers.ledger.prices.pricing import Rates
from tests.providers.claude.logs.test_corpora import FIXTURES

REAL = FIXTURES / "2.1.332"
SCENARIOS = sorted(path.name for path in REAL.iterdir())


@pytest.fixture(scope="module")
def rates(tmp_path_factory: pytest.TempPathFactory) -> Rates:
    folder = tmp_path_factory.mktemp("prices")
    return load_rates(folder / "prices.toml", folder / "fetched.json")


class AuditedHomes:
    """Homes of Claude Code, and a ledger of them."""

    def __init__(self, folder: Path, rates: Rates, *homes: Path) -> None:
        self.homes, self._rates = homes, rates
        self._ledger = Ledger(folder / "ledger.sqlite3")

    def count(self, since: datetime | None = None) -> None:
        shelves = [Shelf(provider="claude", home=home, format=TRANSCRIPTS) for home in self.homes]
        self._ledger.refresh(shelves, self._rates, since=since)

    def rows(self) -> list[AuditRow]:
        """By their ids."""
        found = self._ledger.audit_sessions("claude", self.homes, reported_sessions)
        return sorted(audited("claude", "session", *found), key=lambda row: row.id)


def logs_of(home: Path) -> dict[Path, bytes]:
    return {log.relative_to(home): log.read_bytes() for log in sorted(home.rglob("*.jsonl"))}


def put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def worked(data: st.DataObject, live: AuditedHomes, wholes: dict[Path, bytes]) -> None:
    """Some of the time in which the logs are written."""
    written = dict.fromkeys(wholes, 0)
    for _ in range(data.draw(st.integers(0, 8))):
        name = data.draw(st.sampled_from(sorted(wholes)))
        match data.draw(st.sampled_from(["grow", "grow", "grow", "count", "audit", "copy"])):
            case "grow":
                written[name] = data.draw(st.integers(written[name], len(wholes[name])))
                put(live.homes[0] / name, wholes[name][: written[name]])
            case "count":
                live.count()
            case "audit":
                live.rows()
            case "copy":
                put(live.homes[1] / name, wholes[name][: written[name]])


@pytest.mark.timeout(600)  # many histories
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_any_history_of_the_logs_ends_in_the_same_rows(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory, rates: Rates
) -> None:
    """Split anywhere, read in any order, copied to another home, moved and deleted."""
    folder = tmp_path_factory.mktemp("audit")
    wholes: dict[Path, bytes] = {}
    for scenario in data.draw(st.lists(st.sampled_from(SCENARIOS), min_size=1, max_size=3, unique=True)):
        wholes |= logs_of(REAL / scenario / "home")
    once = AuditedHomes(folder / "once", rates, folder / "whole")
    for name, content in wholes.items():
        put(folder / "whole" / name, content)
    once.count()
    expected = once.rows()
    live = AuditedHomes(folder / "live", rates, folder / "home", folder / "copy")
    for home in live.homes:
        home.mkdir()
    worked(data, live, wholes)
    order = data.draw(st.permutations(sorted(wholes)))
    for name in order:
        put(live.homes[0] / name, wholes[name])
        if data.draw(st.booleans()):
            live.count()
    live.count()
    assert live.rows() == expected
    for name in data.draw(st.lists(st.sampled_from(order), unique=True)):
        (live.homes[0] / name).unlink()
        shutil.rmtree(live.homes[1], ignore_errors=True)
    live.count()
    assert live.rows() == expected


def test_a_session_whose_folder_was_renamed_is_the_same(tmp_path: Path, rates: Rates) -> None:
    home = tmp_path / "home"
    shutil.copytree(REAL / "asides/home", home)
    audit = AuditedHomes(tmp_path, rates, home)
    audit.count()
    before = audit.rows()
    (folder,) = (home / "projects").iterdir()
    folder.rename(folder.with_name("-home-user-elsewhere"))
    audit.count()
    assert audit.rows() == before


def test_the_order_of_two_homes_changes_no_row(tmp_path: Path, rates: Rates) -> None:
    homes = tmp_path / "one", tmp_path / "other"
    for home in homes:
        for scenario in ("forked", "killed"):
            shutil.copytree(REAL / scenario / "home", home, dirs_exist_ok=True)
    logs = sorted(homes[1].rglob("*.jsonl"))
    random.Random(3).choice(logs).unlink()
    found = []
    for number, order in enumerate((homes, homes[::-1], homes[:1])):
        audit = AuditedHomes(tmp_path / str(number), rates, *order)
        audit.count()
        found.append(audit.rows())
    assert found[0] == found[1] == found[2]


def test_what_was_counted_since_a_day_alone_is_counted_whole_for_an_audit(
    tmp_path: Path, rates: Rates
) -> None:
    audit = AuditedHomes(tmp_path, rates, tmp_path / "home")
    shutil.copytree(REAL / "asides/home", tmp_path / "home")
    audit.count(datetime(2026, 12, 1, tzinfo=UTC))
    audit.count()
    (row,) = audit.rows()
    assert row.is_equal


def test_an_audit_without_a_ledger_has_no_rows(tmp_path: Path, rates: Rates) -> None:
    audit = AuditedHomes(tmp_path, rates, tmp_path / "home")
    assert audit.rows() == []
    assert os.listdir(tmp_path) == []
