"""`tankful usage --with`: limits that other machines exported, beside those here."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.tray.cli.machines import Machines

NEW_LINE = "\n"


@pytest.fixture
def machines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Machines:
    return Machines(tmp_path, monkeypatch, capfdbinary)


def limits_file(machines: Machines, *rows: tuple[str, str, float, timedelta, timedelta]) -> str:
    """A reading of an account's window: percent, so long ago, and the time until its reset."""
    now = datetime.now(UTC).replace(microsecond=0)
    lines = [
        f"{(now - ago).isoformat()},codex,{account},{window},oauth,{used},{(now + ends).isoformat()}"
        for account, window, used, ago, ends in rows
    ]
    file = machines.folder / "limits.csv"
    file.write_text(
        f"time,provider,account,window_id,source,used_percent,resets_at\n{NEW_LINE.join(lines)}\n"
    )
    return str(file)


def test_limits_of_accounts_that_are_not_here(machines: Machines) -> None:
    machines.give("own")
    hour = timedelta(hours=1)
    file = limits_file(
        machines,
        ("a1b2c3d4", "session", 40, hour, hour),
        ("a1b2c3d4", "session", 45.5, hour / 2, hour),
        ("a1b2c3d4", "model:spark:weekly", 9, 48 * hour, hour),
        ("a1b2c3d4", "weekly", 9, 48 * hour, -hour),
    )
    found = json.loads(machines.run("own", "usage", "--cached", "--json", "--with", file))
    account = next(each for each in found["providers"] if each["account"])
    assert account["account"]["id"] == "a1b2c3d4"
    assert [(each["id"], each["used_percent"]) for each in account["windows"]] == [
        ("model:spark:weekly", 9.0),
        ("session", 45.5),
    ]


def test_accounts_that_are_not_here_are_named_and_have_no_cost_here(machines: Machines) -> None:
    machines.give("own")
    hour = timedelta(hours=1)
    file = limits_file(
        machines, ("a1b2c3d4", "weekly", 40, hour, hour), ("0f9e8d7c", "weekly", 20, hour, hour)
    )
    machines.run("own", "config", "set", "budget.week", "50%")
    machines.run("own", "cost")
    text = machines.run("own", "usage", "--cached", "--with", file).decode()
    assert {"Codex  ·  a1b2c3d4", "Codex  ·  0f9e8d7c"} <= set(text.splitlines())
    assert "not counted yet" not in text
    data = json.loads(machines.run("own", "usage", "--cached", "--json", "--with", file))
    assert sorted(each["used"] for each in data["budgets"]) == [20.0, 40.0]
    assert "Codex (a1b2c3d4) 40 of 50 %" in text
    assert "Codex (0f9e8d7c) 20 of 50 %" in text


def test_limits_with_hashes_for_accounts(machines: Machines) -> None:
    machines.give("own")
    file = limits_file(machines, ("a1b2c3d4e5f6", "session", 40, timedelta(), timedelta(hours=1)))
    machines.run("own", "usage", "--cached", "--with", file, code=64)
    assert "was exported with --redact" in machines.err


def test_limits_are_no_responses(machines: Machines) -> None:
    machines.give("own", *machines.logs)
    machines.run("own", "usage", "--cached", "--with", str(machines.export("own")), code=64)
    assert "is an export of responses" in machines.err
    assert "`tankful export --what limits`" in machines.err
