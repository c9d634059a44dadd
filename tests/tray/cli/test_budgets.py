"""Budgets as a person sets and sees them."""

from __future__ import annotations

import json
import shutil
import time
from typing import Any

import pytest

from tests.fake_chatgpt import FakeChatGPT, says
from tests.tray.cli.test_main import FIXTURES, Person, person, soon

__all__ = ["person"]


@pytest.fixture
def worked(person: Person, server: FakeChatGPT) -> Person:
    """Somebody whose logs are of today."""
    server.answer = says(soon())
    shutil.copytree(FIXTURES / "plain/home", person.home, dirs_exist_ok=True)
    today = time.strftime("%Y-%m-%d", time.gmtime())
    for path in person.home.rglob("*.jsonl"):
        path.write_text(path.read_text().replace("2026-11-20T", f"{today}T"))
    person.run("cost", "--json")
    return person


def budgets(document: Any) -> list[tuple[str, float, str]]:
    return [(each["period"], each["limit"], each["verdict"]) for each in document["budgets"]]


def test_a_budget_is_set_and_shown(worked: Person) -> None:
    worked.run("config", "set", "budget.day", "0.01")
    worked.run("config", "set", "budget.week", "50%")
    worked.run("config", "set", "budget.month", "500")
    assert worked.run("config", "get", "budget.month").strip() == "500 USD"
    used = worked.account()["windows"][1]["used_percent"]
    assert used == 62
    found = worked.usage()
    assert budgets(found) == [("day", 0.01, "spent"), ("week", 50.0, "spent"), ("month", 500.0, "ok")]
    assert budgets(worked.usage("--cached")) == budgets(found)
    lines = [line for line in worked.run("usage").splitlines() if "budget" in line]
    assert lines[0].startswith("──────────────   0 % left  Daily budget  ·  ≈ $0."), (
        "no log has changed since"
    )
    assert lines[1] == "──────────────   0 % left  Weekly budget  ·  Codex 62 of 50 %  ·  spent"


def test_dollars_are_those_of_all_providers(worked: Person) -> None:
    worked.run("config", "set", "budget.day", "20")
    worked.run("config", "set", "budget.week", "50%")
    assert len(worked.usage()["budgets"]) == 2
    for how in ((), ("--cached",)):
        assert budgets(worked.usage("--provider", "codex", *how)) == [("week", 50.0, "spent")]
        assert budgets(worked.usage("--provider", "claude", *how, code=1)) == []
    lines = [line for line in worked.run("usage", "--provider", "codex").splitlines() if "budget" in line]
    assert len(lines) == 1


def test_a_share_of_the_week_for_a_day(worked: Person, server: FakeChatGPT) -> None:
    worked.run("config", "set", "budget.day", "5%")
    first = worked.usage("--refresh")
    assert budgets(first) == [("day", 5.0, "ok")]
    assert (first["budgets"][0]["used"], first["budgets"][0]["at_least"]) == (0.0, True)
    more = soon()
    more["rate_limit"]["secondary_window"]["used_percent"] = 68
    server.answer = says(more)
    second = worked.usage("--refresh")
    assert second["budgets"][0]["used"] == pytest.approx(6.0, abs=0.5)
    assert budgets(second) == [("day", 5.0, "spent")]
    (line,) = [line for line in worked.run("usage").splitlines() if "budget" in line]
    assert line.endswith("Daily budget  ·  Codex ≥ 6 of 5 %  ·  spent")
    assert budgets(worked.usage("--cached")) == budgets(second)


def test_a_guard_counts_what_usage_has_not(worked: Person) -> None:
    worked.run("config", "set", "budget.day", "20")
    day = worked.usage()["budgets"][0]
    assert (day["verdict"], day["at_least"], day["up_to_date"]) == ("ok", False, True)
    log = next(iter(worked.home.rglob("*.jsonl")))
    text = log.read_text()
    for number in range(40):  # a busy hour, which no tray has seen
        again = text.replace(log.stem[-12:], f"{number:012}")
        log.with_name(f"{log.stem[:-12]}{number:012}.jsonl").write_text(again)
    worked.run("config", "set", "budget.day", "1")
    later = worked.usage()
    assert later["budgets"][0]["used"] == day["used"], "usage never waits for a count"
    assert (later["budgets"][0]["at_least"], later["budgets"][0]["up_to_date"]) == (True, False)
    assert later["providers"][0]["cost"]["complete"] is False
    worked.run("usage")
    assert "run `tankful cost` to include what was used since" in worked.errors
    worked.run("usage", "--provider", "claude", code=1)
    assert "what was used since" not in worked.errors
    found = json.loads(worked.run("guard", "--budget", "--json", code=75))
    assert (found["reason"], found["budget"]) == ("budget", "day")
    kept = json.loads((worked.folder / "own/state/snapshot.json").read_text())["budgets"][0]
    assert (kept["up_to_date"], kept["at_least"]) == (True, False)


def test_what_is_printed_without_a_desktop_has_them(worked: Person) -> None:
    worked.run("config", "set", "budget.day", "20")
    (line,) = [line for line in worked.run().splitlines() if "budget" in line]
    assert line.endswith("Daily budget  ·  ≈ $0.17 of $20.00")


def test_a_wrong_one_is_refused(worked: Person) -> None:
    worked.run("config", "set", "budget.day", "0", code=64)
    assert "an amount in USD, such as 20" in worked.errors
    worked.run("config", "set", "budget.month", "50%", code=64)
    assert "budget.month should be an amount in USD, such as 20, not '50%'" in worked.errors
    assert worked.usage()["budgets"] == []


def test_what_is_published_has_them(worked: Person) -> None:
    worked.run("config", "set", "budget.month", "500")
    worked.usage()
    kept = json.loads((worked.folder / "own/state/snapshot.json").read_text())
    (month,) = kept["budgets"]
    assert (month["period"], month["unit"], month["limit"]) == ("month", "usd", 500.0)
    assert kept["settings"]["budget"]["month"] == "500 USD"
