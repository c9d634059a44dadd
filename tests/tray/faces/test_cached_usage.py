from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from providers.domain.cost import Burn
from providers.domain.cost_summary import CostSummary, DayCost
from providers.domain.limits import Sourced, Spend
from tests.tray.faces.published import ROOT, Folder
from tray.engine import published
from tray.engine.settings import Settings
from tray.engine.single_instance import SingleInstance
from tray.engine.state import State


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path)
    made.publish(made.account(made.window(40)), made.account(made.window(75), provider="claude"))
    return made


def used(printed: str) -> dict[str, float]:
    document = json.loads(printed)
    assert document["schema"] == "tankful.usage/1"
    return {each["provider"]: each["windows"][0]["used_percent"] for each in document["providers"]}


def test_it_answers_from_the_snapshot_alone(folder: Folder) -> None:
    """Nobody is signed in here: what is printed can only be what was published."""
    assert used(folder.run("usage", "--cached", "--json")) == {"codex": 40, "claude": 75}
    assert used(folder.run("usage", "--json", "--cached", "--provider", "claude")) == {"claude": 75}
    assert sorted(os.listdir(folder.state)) == ["snapshot.json"], "a look writes nothing"


def test_money_alone_was_read(folder: Folder) -> None:
    spent = Sourced(value=Spend(used=Decimal("7.63"), currency="EUR"), source="oauth", fetched_at=folder.now)
    folder.publish(folder.account(spend=spent))
    (account,) = json.loads(folder.run("usage", "--cached", "--json"))["providers"]
    assert (account["windows"], account["spend"]["used"]) == ([], "7.63")
    folder.publish(folder.account())
    folder.run("usage", "--cached", "--json", code=1)


@pytest.mark.parametrize(("hours", "known"), [(0, True), (2, True), (3, False), (50, False)])
def test_a_burn_rate_of_hours_that_are_over_is_not_told(folder: Folder, hours: int, known: bool) -> None:
    burn = Burn(usd_per_hour=1.5, tokens_per_hour=1000.0, over_minutes=180)
    cost = CostSummary(
        today_usd=4.5,
        today_tokens=3000,
        days_30_usd=9.0,
        days_30_tokens=6000,
        priced="full",
        complete=True,
        has_logs=True,
        burn=burn,
        last_days=(DayCost(day=folder.now.date(), usd=4.5, tokens=3000),),
    )
    folder.publish(folder.account(folder.window(40), cost=cost), at=folder.now - timedelta(hours=hours))
    (account,) = json.loads(folder.run("usage", "--cached", "--json"))["providers"]
    expected = {"usd_per_hour": 1.5, "tokens_per_hour": 1000, "over_minutes": 180}
    assert account["cost"]["burn"] == (expected if known else None)
    assert account["cost"]["complete"] is (hours == 0)
    assert account["cost"]["last_days"] == [
        {"day": folder.now.date().isoformat(), "usd": 4.5, "tokens": 3000}
    ]


@pytest.mark.parametrize(("minutes", "usd"), [(1, 0.0), (11, None)])
def test_what_a_command_counted_is_known_for_as_long_as_it_is_fresh(
    folder: Folder, minutes: int, usd: float | None
) -> None:
    cost = CostSummary(
        today_usd=0.0,
        today_tokens=0,
        days_30_usd=9.0,
        days_30_tokens=6000,
        priced="full",
        complete=True,
        has_logs=True,
    )
    at = folder.now.replace(hour=12, minute=5)
    document = published_at(folder, cost, at)
    found = published.usage(document, (at + timedelta(minutes=minutes)).timestamp())
    (account,) = found["providers"]
    assert (account["cost"]["today_usd"], account["cost"]["complete"]) == (usd, usd is not None)
    assert account["cost"]["days_30_usd"] == 9.0


def published_at(folder: Folder, cost: CostSummary, at: datetime) -> published.Document:
    folder.publish(folder.account(folder.window(40), cost=cost), at=at, kind="command")
    document = published.read(str(folder.state))
    assert document is not None
    return document


def test_the_shape_is_that_of_the_long_way(folder: Folder) -> None:
    fast = json.loads(folder.run("usage", "--cached", "--json"))["providers"][0]
    slow = json.loads(folder.run("usage", "--json", code=1))["providers"][0]
    assert list(fast) == list(slow)


def test_without_a_snapshot_the_long_way_is_taken(tmp_path: Path) -> None:
    bare = Folder(tmp_path)
    (account, *_) = json.loads(bare.run("usage", "--cached", "--json", code=1))["providers"]
    assert account["error"]["kind"] == "not_signed_in"


@pytest.mark.parametrize(
    "content",
    [b"", b"{}"]
    + [
        b'{"schema": "tankful.snapshot/1", "providers": %b, "settings": %b}' % members
        for members in ((b'[{"windows": 1}]', b"{}"), (b"[1]", b"{}"), (b"[]", b"{}"), (b"[]", b"null"))
    ],
)
def test_a_damaged_snapshot_is_as_none(folder: Folder, content: bytes) -> None:
    (folder.state / "snapshot.json").write_bytes(content)
    (account, *_) = json.loads(folder.run("usage", "--cached", "--json", code=1))["providers"]
    assert account["error"]["kind"] == "not_signed_in"


def test_what_was_saved_since_is_not_overlooked(folder: Folder) -> None:
    saved = folder.state / "account-0123abcd.json"
    saved.write_text("{}")
    later = (folder.state / "snapshot.json").stat().st_mtime + 1
    os.utime(saved, (later, later))
    (account, *_) = json.loads(folder.run("usage", "--cached", "--json", code=1))["providers"]
    assert account["error"]["kind"] == "not_signed_in"


def test_while_somebody_owns_the_engine_their_snapshot_counts(folder: Folder) -> None:
    owner = SingleInstance(folder.state)
    assert owner.acquire()
    saved = folder.state / "account-0123abcd.json"
    saved.write_text("{}")
    later = (folder.state / "snapshot.json").stat().st_mtime + 1
    os.utime(saved, (later, later))
    assert used(folder.run("usage", "--cached", "--json")) == {"codex": 40, "claude": 75}
    owner.release()


def test_invalid_settings_are_reported_nevertheless(folder: Folder) -> None:
    problem = "settings.toml, line 2: `enabled` should be true or false. All other settings apply."
    folder.publish(folder.account(folder.window(41)), state=State(settings=Settings(problem=problem)))
    done = folder.start("usage", "--cached", "--json")
    assert done.stderr == f"tankful: {problem}\n"
    assert used(done.stdout) == {"codex": 41}
    without_stderr = ["sh", "-c", 'exec "$0" -m tray.cli usage --cached --json 2>&-', sys.executable]
    printed = subprocess.check_output(without_stderr, env=folder.environ, cwd=ROOT, text=True, timeout=60)
    assert used(printed) == {"codex": 41}


@pytest.mark.parametrize("arguments", [("--provider", "nobody"), ("--sauce", "x"), ("--provider",)])
def test_arguments_that_cannot_be_meant_go_the_long_way(folder: Folder, arguments: tuple[str, ...]) -> None:
    done = folder.start("usage", "--cached", "--json", *arguments)
    assert (done.returncode, done.stdout) == (64, "")
    assert done.stderr.startswith("usage: tankful usage")
