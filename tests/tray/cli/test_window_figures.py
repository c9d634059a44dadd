"""What was logged of the windows, in `usage --json`, and whether a session of a project fits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from providers.domain.limits import Account
from providers.ledger import window_log
from providers.ledger.database import opened, transaction
from providers.ledger.responses import replace_responses
from tests.fake_chatgpt import FakeChatGPT, says, usage_now, window
from tests.tray.cli.test_main import Person, person
from tests.tray.faces.page.ledgers import billed
from tests.tray.faces.page.limit_histories import account, lane

__all__ = ["person"]  # the fixture
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def some_windows(person: Person, ident: str, now: datetime) -> None:
    """Five past windows and the running one, each used by one session for ten percent and a dollar in an hour."""
    folder = Path(person.environ["TANKFUL_HOME"]) / "state"
    running = now.replace(microsecond=0) - 2 * HOUR
    responses = []
    usage = replace(account(ident), account=Account(id=ident))
    for file in folder.glob("ledger.sqlite3*"):
        file.unlink()  # what was read to learn who it is
    with opened(folder / "ledger.sqlite3", repair=True) as db, transaction(db):
        for number in range(5, -1, -1):
            begin = running - number * 6 * HOUR
            for minutes, used in ((0, 1.0), (30, 13.0), (60, 25.0)):
                reading = lane("session", used, begin + 5 * HOUR, begin + minutes * MINUTE)
                window_log.note(db, replace(usage, windows=(reading,)), reading.fetched_at)
                at = begin + (minutes - 10) * MINUTE if minutes else begin + MINUTE
                names: dict[str, Any] = {
                    "session": f"s{number}",
                    "root": f"s{number}",
                    "project": "/work/app",
                    "account": ident,
                }
                responses.append(billed(at, home=person.home, key=10 * number + minutes, tokens=12, **names))
        replace_responses(db, "codex", [([1], responses)], lambda each: each.usage.total_tokens * 10**11)


@pytest.fixture
def windows(person: Person, server: FakeChatGPT) -> datetime:
    server.answer = says(usage_now())
    now = datetime.now(UTC)
    ident = person.account()["account"]["id"]
    limit = {"allowed": True, "limit_reached": False}
    ends = int((now.replace(microsecond=0) + 3 * HOUR).timestamp())
    server.answer = says(usage_now(rate_limit=limit | {"primary_window": window(26.0, 18_000, ends)}))
    some_windows(person, ident, now)
    return now


def of_session(document: dict[str, Any]) -> dict[str, Any]:
    (found,) = (each for each in document["providers"][0]["windows"] if each["id"] == "session")
    return dict(found)


def test_what_was_logged_and_what_one_percent_is_worth(person: Person, windows: datetime) -> None:
    found = of_session(person.usage("--refresh"))
    assert found["logged"]["responses"] == 3
    assert (found["logged"]["output_tokens"], found["logged"]["total_tokens"]) == (36, 36)
    assert found["logged"]["usd"] == pytest.approx(3.6)
    assert found["logged"]["elsewhere_percent"] <= 1  # what was read just now
    worth = found["usd_per_percent"]
    assert worth.pop("by_model") == {"gpt-5.5": worth}
    assert worth == {"median": 0.15, "low": 0.15, "high": 0.15, "windows": 5}
    assert "logged" not in of_session(person.usage("--cached"))


def test_whether_a_session_of_a_project_fits(person: Person, windows: datetime) -> None:
    person.usage("--refresh")
    found = person.usage("--cached", "--project", "app")
    assert found["project"] == "/work/app"
    taken = of_session(found)["session_percent"]
    assert taken == {"median": 24.0, "low": 24.0, "high": 24.0, "sessions": 6, "fits": 3}
    last = person.run("usage", "--cached", "--project", "/work/app").splitlines()[-1]
    assert (
        last == "Codex 5h: a session of this project took 24 % (median of 6, 24 %); 74 % left: fits 3 times"
    )


def test_a_project_that_is_not_logged_is_a_bad_argument(person: Person, windows: datetime) -> None:
    person.run("usage", "--cached", "--project", "none", code=64)
    assert "no session of 'none' is logged" in person.errors
