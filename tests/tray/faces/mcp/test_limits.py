"""The answer of the tool `limits`."""

from __future__ import annotations

import json
import os
import sys
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from msgspec.structs import replace

from providers.domain.limits import Account, Credits, Sourced, UsageError
from tests.tray.engine.test_budgets import SAMPLE
from tests.tray.faces.published import Folder
from tray.engine.state import State
from tray.faces.mcp import limits
from tray.faces.mcp.children import Commands
from tray.faces.mcp.schema import ToolFailed

ERROR = UsageError(kind="offline", message="There is no network.", remedy="Connect to one.")


class Programs(Commands):
    """A command that prints this, or runs this code; `asked` are the arguments of those that were run."""

    def __init__(self, prints: str = "", *, code: str = "") -> None:
        self.asked: list[tuple[str, ...]] = []
        program = code or f"import sys; sys.stdout.write({prints!r})"

        def command(*arguments: str) -> list[str]:
            self.asked.append(arguments)
            return [sys.executable, "-c", program]

        super().__init__(command)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def answer(folder: Folder, commands: Commands | None = None, **arguments: Any) -> Any:
    found = limits.call(arguments, commands or Programs(), folder.environ)
    jsonschema.Draft202012Validator(limits.DEFINITION["outputSchema"]).validate(found)
    return found


def test_each_value_has_its_age_and_its_source(folder: Folder) -> None:
    lane = folder.window(40)
    old = replace(lane, fetched_at=folder.now - timedelta(minutes=2))
    credits_ = Sourced(value=Credits(balance=Decimal("12.5")), source="oauth", fetched_at=folder.now)
    folder.publish(folder.account(old, credits=credits_))
    programs = Programs()
    (account,) = answer(folder, programs)["accounts"]
    assert programs.asked == [], "somebody keeps the snapshot up to date"
    (window,) = account["windows"]
    assert 120 <= window.pop("age_seconds") < 180
    assert 7100 < window.pop("resets_in_seconds") <= 7200
    assert window.pop("resets_at").endswith("Z")
    assert window == {
        "id": "session",
        "title": "5h",
        "scope": "account",
        "left_percent": 60.0,
        "used_percent": 40.0,
        "runs_out_at": None,
        "source": "oauth",
        "stale": False,
    }
    assert (account["credits"]["balance"], account["credits"]["source"]) == ("12.5", "oauth")
    assert (account["provider"], account["account"], account["plan"]) == ("codex", "a1b2c3d4", "pro")
    assert (account["blocked"], account["error"]) == (None, None)


def test_a_window_that_has_reset_since_has_no_value(folder: Folder) -> None:
    folder.publish(folder.account(folder.window(97, resets_at=folder.now - timedelta(seconds=5))))
    (window,) = answer(folder)["accounts"][0]["windows"]
    assert (window["left_percent"], window["used_percent"], window["stale"]) == (None, None, True)
    assert window["resets_in_seconds"] == 0


def test_who_is_blocked_and_until_when(folder: Folder) -> None:
    folder.publish(folder.account(folder.window(100), error=ERROR))
    (account,) = answer(folder)["accounts"]
    ends = account["windows"][0]["resets_at"]
    assert account["blocked"] == {"until": ends, "windows": ["session"], "credits_left": False}
    assert account["error"]["remedy"] == "Connect to one."


def test_nothing_private_is_told(folder: Folder) -> None:
    folder.publish(folder.account(folder.window(40), homes=("~/secret-client",)))
    text = json.dumps(answer(folder))
    assert "@" not in text
    assert "secret-client" not in text
    assert str(folder.folder) not in text


def test_one_provider_alone(folder: Folder) -> None:
    folder.publish(folder.account(folder.window(40)), folder.account(folder.window(75), provider="claude"))
    assert [each["provider"] for each in answer(folder)["accounts"]] == ["codex", "claude"]
    assert [each["provider"] for each in answer(folder, provider="claude")["accounts"]] == ["claude"]
    assert len(answer(folder, provider="all")["accounts"]) == 2, "as in the commands"
    with pytest.raises(
        ToolFailed, match=r"^No account of that provider is known; those with accounts are claude, codex\.$"
    ):
        answer(folder, provider="gemini")


def test_budgets_are_told(folder: Folder) -> None:
    state = State(settings=SAMPLE.settings, costs=SAMPLE.costs)
    weekly = folder.window(51, ident="weekly", title="Weekly", duration=timedelta(days=7))
    claude = replace(folder.account(provider="claude"), account=Account(id="0badcafe"))
    folder.publish(folder.account(weekly), claude, state=state)
    budgets = answer(folder)["budgets"]
    assert [(each["period"], each["unit"], each["limit"]) for each in budgets] == [
        ("day", "usd", 20.0),
        ("week", "percent", 50.0),
        ("month", "usd", 400.0),
    ]
    assert (budgets[1]["verdict"], budgets[1]["provider"], budgets[1]["account"]) == (
        "spent",
        "codex",
        "a1b2c3d4",
    )
    assert [each["period"] for each in answer(folder, provider="claude")["budgets"]] == ["day", "month"]


def test_budgets_have_their_source_and_their_age(folder: Folder) -> None:
    state = State(settings=SAMPLE.settings, costs=SAMPLE.costs)
    weekly = folder.window(51, ident="weekly", title="Weekly", duration=timedelta(days=7))
    old = replace(weekly, fetched_at=folder.now - timedelta(minutes=2))
    folder.publish(folder.account(old), state=state)
    dollars, share, _ = answer(folder)["budgets"]
    assert (dollars["source"], dollars["age_seconds"]) == ("local logs, at API prices", None)
    assert share["source"] == "oauth"
    assert 120 <= share["age_seconds"] < 180
    assert share["stale"] is False


def test_a_budget_that_is_a_lower_bound_says_so(folder: Folder) -> None:
    costs = {home: replace(cost, complete=False) for home, cost in SAMPLE.costs.items()}
    folder.publish(folder.account(folder.window(5)), state=State(settings=SAMPLE.settings, costs=costs))
    assert answer(folder)["budgets"][0]["at_least"] is True


# --- nobody keeps the snapshot up to date --------------------------------------------------------------------


def made(used: float) -> str:
    """What a round of our own would print."""
    return json.dumps(
        {
            "schema": "tankful.usage/1",
            "budgets": [],
            "providers": [
                {
                    "provider": "codex",
                    "title": "Codex",
                    "account": None,
                    "credits": None,
                    "blocked": None,
                    "error": None,
                    "windows": [
                        {
                            "id": "session",
                            "title": "5h",
                            "scope": "account",
                            "used_percent": used,
                            "resets_at": None,
                            "pace": None,
                            "source": "oauth",
                            "fetched_at": "2026-11-20T12:00:00Z",
                            "stale": False,
                        }
                    ],
                }
            ],
        }
    )


def left(found: Any) -> list[float]:
    return [window["left_percent"] for account in found["accounts"] for window in account["windows"]]


def test_what_is_too_old_is_read_anew(folder: Folder) -> None:
    folder.publish(folder.account(folder.window(40)), at=folder.now - timedelta(minutes=20))
    programs = Programs(made(90))
    assert left(answer(folder, programs)) == [10.0]
    assert programs.asked == [("usage", "--json")]


def test_what_a_clock_has_dated_ahead_is_read_anew(folder: Folder) -> None:
    folder.publish(folder.account(folder.window(40)), at=folder.now + timedelta(hours=5))
    assert left(answer(folder, Programs(made(90)))) == [10.0]


def test_where_nothing_was_ever_published(folder: Folder) -> None:
    assert left(answer(folder, Programs(made(25)))) == [75.0]
    with pytest.raises(ToolFailed, match="No limits are known yet"):
        answer(folder, Programs("nonsense"))


@pytest.mark.parametrize("prints", ["", "nonsense", "[]", "{}", '{"providers": 5}', "[" * 100_000])
def test_a_round_that_fails_leaves_the_last_values(folder: Folder, prints: str) -> None:
    folder.publish(folder.account(folder.window(40)), at=folder.now - timedelta(minutes=20))
    assert left(answer(folder, Programs(prints))) == [60.0]


def test_a_round_that_hangs_is_ended(folder: Folder) -> None:
    folder.publish(folder.account(folder.window(40)), at=folder.now - timedelta(minutes=20))
    hanging = Programs(code="import time; time.sleep(60)")
    assert left(limits.call({}, hanging, folder.environ, seconds=0.3)) == [60.0]


@pytest.mark.parametrize(
    "content", ["", "{", '{"schema": "tankful.snapshot/1", "providers": [5]}', "[" * 100_000]
)
def test_a_damaged_snapshot(folder: Folder, content: str) -> None:
    folder.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder.state / "snapshot.json").write_text(content)
    assert left(answer(folder, Programs(made(25)))) == [75.0]
    with pytest.raises(ToolFailed, match="No limits are known yet"):
        answer(folder, Programs(""))


@pytest.mark.skipif(sys.platform == "win32", reason="no such modes")
def test_a_folder_that_others_can_write_to_is_not_believed(folder: Folder) -> None:
    folder.publish(folder.account(folder.window(40)))
    os.chmod(folder.folder / "own", 0o777)
    with pytest.raises(ToolFailed, match="cannot be used"):
        answer(folder)


def test_hostile_names_stay_text(folder: Folder) -> None:
    folder.publish(folder.account(folder.window(40, title="5h\x1b[31m\u202e\n& <b>")))
    (window,) = answer(folder)["accounts"][0]["windows"]
    assert window["title"] == "5h\x1b[31m\u202e\n& <b>", "JSON escapes it"
