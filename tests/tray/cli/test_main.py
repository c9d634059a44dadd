"""The commands as a person runs them, against a backend on loopback, on made-up homes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from providers.ledger.zstd import decompress
from tests.fake_chatgpt import FakeChatGPT, breaks_off, says, usage_now, window
from tests.homes import SECRETS, auth, make_home, write_auth
from tests.programs import started
from tray.cli import cost
from tray.view import format as fmt

FIXTURES = Path(__file__).parents[2] / "fixtures/codex/0.169.0"


class Person:
    """Runs `tankful` in an environment of their own, without a desktop."""

    def __init__(self, folder: Path, server: FakeChatGPT) -> None:
        self.folder = folder
        self.server = server
        self.home = make_home(folder / "codex", base=server.base)
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "CODEX_HOME": str(self.home),
            "TANKFUL_HOME": str(folder / "own"),
            "TZ": "UTC",
            "PYTHONWARNINGS": "error",
        } | {
            name: os.environ[name] for name in ("SYSTEMROOT", "COVERAGE_PROCESS_START") if name in os.environ
        }
        self.outputs: list[str] = []

    def start(self, *arguments: str) -> AbstractContextManager[subprocess.Popen[str]]:
        return started(
            [sys.executable, "-m", "tray.cli", *arguments],
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def run(self, *arguments: str, code: int = 0) -> str:
        with self.start(*arguments) as process:
            output, errors = process.communicate(timeout=60)
        self.outputs += [output, errors]
        assert process.returncode == code, errors
        self.errors = errors
        return output

    def usage(self, *arguments: str, code: int = 0) -> Any:
        return json.loads(self.run("usage", "--json", *arguments, code=code))

    def account(self, *arguments: str, code: int = 0) -> Any:
        (account,) = self.usage(*arguments, code=code)["providers"]
        return account


@pytest.fixture
def person(tmp_path: Path, server: FakeChatGPT) -> Iterator[Person]:
    someone = Person(tmp_path, server)
    yield someone
    everything = "".join(someone.outputs) + "".join(
        path.read_text("utf-8", "replace") for path in (tmp_path / "own").rglob("*") if path.is_file()
    )
    for secret in SECRETS:
        assert secret not in everything, "a token was shown or stored"


def soon(**changes: Any) -> dict[str, Any]:
    """An answer whose windows end in the future of the machine that runs the test."""
    content = usage_now(**changes)
    for number, slot in enumerate(("primary_window", "secondary_window")):
        if content["rate_limit"]:
            content["rate_limit"][slot]["reset_at"] = int(time.time()) + 3600 * (1 + 30 * number)
    return content


def test_usage_as_json(person: Person, server: FakeChatGPT) -> None:
    server.answer = says(soon())
    whole = person.usage()
    (account,) = whole["providers"]
    assert whole["schema"] == "tankful.usage/1"
    assert account["provider"] == "codex"
    assert account["homes"] == [str(Path("~") / "codex")]
    assert len(account["account"].pop("id")) == 8
    assert account["account"] == {"email": "dev@example.com", "plan": "pro"}
    session, weekly = account["windows"]
    assert session["pace"].pop("runs_out_at") is None
    assert session == {
        "id": "session",
        "title": "5h",
        "scope": "account",
        "used_percent": 37.0,
        "remaining_percent": 63.0,
        "window_minutes": 300,
        "resets_at": session["resets_at"],
        "source": "oauth",
        "fetched_at": session["fetched_at"],
        "stale": False,
        "pace": {
            "expected_percent": pytest.approx(80, abs=0.5),
            "delta_percent": pytest.approx(-43, abs=0.5),
            "verdict": "reserve",
            "basis": "window",
        },
    }
    assert session["resets_at"].endswith("Z")
    assert (weekly["id"], weekly["window_minutes"]) == ("weekly", 10080)
    assert account["credits"]["balance"] == "150.5"
    assert (account["spend"], account["cost"], account["error"]) == (None, None, None)
    assert [(attempt["source"], attempt["ok"]) for attempt in account["attempts"]] == [
        ("oauth", True),
        ("rollouts", True),
    ]


def test_usage_as_text(person: Person, server: FakeChatGPT) -> None:
    server.answer = says(soon())
    lines = person.run("usage").splitlines()
    assert lines[0] == "Codex  ·  Pro"
    assert lines[1].startswith("  ━━━━━━━━━─────  63 % left  5h  ·  resets in ")
    assert "  150.50 credits left" in lines
    assert lines[-3:] == [
        "  Cost at API prices: not counted yet",
        f"  dev@example.com  ·  Pro  ·  {Path('~') / 'codex'}",
        "  Updated just now  ·  ChatGPT",
    ]


def test_where_there_is_no_desktop_the_menu_is_printed(person: Person, server: FakeChatGPT) -> None:
    server.answer = says(soon())
    shutil.copytree(FIXTURES / "plain/home/sessions", person.home / "sessions")
    output = person.run()
    assert output.splitlines()[0] == "Codex  ·  Pro"
    assert "in 30 days" in output
    assert "Quit" not in output
    assert "No icon" in person.errors
    assert person.account("--cached")["cost"] is not None


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (says({}, 401), "login_expired"),
        (says({"detail": "no"}, 403), "denied"),
        (says(b"<html>Just a moment</html>", 403, kind="text/html"), "blocked"),
        (says({}, 429), "rate_limited"),
        (says({}, 429, Retry_After="120"), "rate_limited"),
        (says({}, 500), "server_error"),
        (says(b"<html>502</html>", 502, kind="text/html"), "server_error"),
        (says([]), "not_understood"),
        (says({"rate_limit": 5, "credits": 7}), "not_understood"),
        (breaks_off, "offline"),
    ],
)
def test_a_failure_is_reported_and_blanks_nothing(
    person: Person, server: FakeChatGPT, answer: Callable[[Any], None], kind: str
) -> None:
    server.answer = answer
    account = person.account(code=1)
    assert account["windows"] == []
    server.answer = says(soon())
    person.usage("--refresh")
    server.answer = answer
    account = person.account("--refresh")
    assert account["error"]["kind"] == kind
    assert account["error"]["remedy"]
    assert [window["used_percent"] for window in account["windows"]] == [37.0, 62.0]
    assert account["credits"]["balance"] == "150.5"
    assert (account["error"]["retry_at"] is not None) is (
        kind in ("rate_limited", "denied", "blocked", "server_error")
    )


def test_a_partly_understood_answer_keeps_the_rest(person: Person, server: FakeChatGPT) -> None:
    server.answer = says(soon())
    person.usage()
    partly = soon()
    partly["rate_limit"]["primary_window"] = "soon"
    partly["rate_limit"]["secondary_window"]["used_percent"] = 70.0
    partly["credits"] = None
    server.answer = says(partly)
    account = person.account("--refresh")
    assert {window["id"]: window["used_percent"] for window in account["windows"]} == {
        "session": 37.0,
        "weekly": 70.0,
    }
    assert account["credits"] is None
    assert account["attempts"][0]["notes"] == ["rate_limit.primary_window"]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"{torn", "not_understood"),
        ({"OPENAI_API_KEY": "sk-1"}, "not_signed_in"),
        ({"tokens": {}}, "not_signed_in"),
        (None, "not_signed_in"),
    ],
)
def test_a_home_without_a_login_is_an_entry_with_its_error(
    person: Person, server: FakeChatGPT, content: object, kind: str
) -> None:
    if content is None:
        (person.home / "auth.json").unlink()
    else:
        write_auth(person.home, content)
    account = person.account(code=1)
    assert (account["account"], account["windows"]) == (None, [])
    assert account["error"]["kind"] == kind
    assert not server.requests


def test_an_expired_login_is_reported_without_a_request(person: Person, server: FakeChatGPT) -> None:
    from datetime import UTC, datetime, timedelta

    write_auth(person.home, auth(expires=datetime.now(UTC) - timedelta(days=3)))
    account = person.account(code=1)
    assert account["error"]["kind"] == "login_expired"
    assert account["account"]["email"] == "dev@example.com"
    assert not server.requests


def test_a_home_that_does_not_exist(person: Person) -> None:
    shutil.rmtree(person.home)
    account = person.account(code=1)
    assert account["error"]["kind"] == "not_signed_in"
    assert "does not exist" in account["error"]["message"]
    assert person.run("cost", code=1) == ""
    assert "no logs found: " in person.errors


def test_between_two_requests_lie_sixty_seconds_across_processes(person: Person, server: FakeChatGPT) -> None:
    server.answer = says(soon())
    with ExitStack() as stack:
        asking = [stack.enter_context(person.start("usage", "--json")) for _ in range(4)]
        outputs = [process.communicate(timeout=60)[0] for process in asking]
    assert len(server.requests) == 1
    assert all(json.loads(output)["providers"][0]["windows"] for output in outputs)
    person.usage()
    person.run()
    assert len(server.requests) == 1
    person.usage("--refresh")
    assert len(server.requests) == 2


def test_homes_of_one_account_share_it_and_others_stand_apart(person: Person, server: FakeChatGPT) -> None:
    server.answer = says(soon())
    twin = make_home(person.folder / "twin", base=server.base)
    other = make_home(
        person.folder / "other", auth(account="acct-2", email="b@example.com"), base=server.base
    )
    empty = person.folder / "empty"
    empty.mkdir()
    person.environ["CODEX_HOME"] = f"{person.home},{other}, {twin} ,{empty},{person.home}"
    accounts = person.usage()["providers"]
    assert [[Path(home).name for home in account["homes"]] for account in accounts] == [
        ["codex", "twin"],
        ["other"],
        ["empty"],
    ]
    assert len(server.requests) == 2
    assert accounts[2]["account"] is None


def test_another_login_in_the_same_home_is_another_account(person: Person, server: FakeChatGPT) -> None:
    server.answer = says(soon())
    first = person.account()
    write_auth(person.home, auth(account="acct-2", email="b@example.com"))
    server.answer = says({}, 500)
    second = person.account(code=1)
    assert second["account"]["id"] != first["account"]["id"]
    assert second["windows"] == []


def test_one_source_alone(person: Person, server: FakeChatGPT) -> None:
    server.answer = says(soon())
    person.usage()
    account = person.account("--source", "rollouts", code=1)
    assert (account["windows"], [a["source"] for a in account["attempts"]]) == ([], ["rollouts"])
    assert len(server.requests) == 1


@pytest.mark.parametrize("scenario", ["plain", "zstd", "cache_write"])
def test_cost_is_what_was_billed(person: Person, scenario: str) -> None:
    shutil.copytree(FIXTURES / scenario / "home", person.home, dirs_exist_ok=True)
    expected = json.loads((FIXTURES / scenario / "expected.json").read_text())["in_rollouts"]
    days = sorted(expected["by_date_utc"])
    report = json.loads(
        person.run("cost", "--json", "--timezone", "UTC", "--since", days[0], "--until", days[-1])
    )
    assert (report["schema"], report["timezone"], report["complete"]) == ("tankful.cost/1", "UTC", True)
    codex = report["providers"]["codex"]

    def mapped(wire: dict[str, int]) -> dict[str, int]:
        cached, written = wire["cached_input_tokens"], wire["cache_write_input_tokens"]
        return {
            "responses": wire["responses"],
            "input_tokens": wire["input_tokens"] - cached - written,
            "cache_read_tokens": cached,
            "cache_write_tokens": written,
            "cache_write_1h_tokens": 0,
            "output_tokens": wire["output_tokens"],
            "reasoning_tokens": wire["reasoning_output_tokens"],
            "total_tokens": wire["input_tokens"] + wire["output_tokens"],
        }

    def counts(tally: dict[str, Any]) -> dict[str, int]:
        assert tally["usd"] > 0
        return {name: count for name, count in tally.items() if name != "usd"}

    assert counts(codex["totals"]) == mapped(expected["total"])
    assert {model: counts(tally) for model, tally in codex["by_model"].items()} == {
        model: mapped(wire) for model, wire in expected["by_model"].items()
    }
    assert {
        f"{day} {model}": counts(tally)
        for day, models in codex["by_day"].items()
        for model, tally in models.items()
    } == {key: mapped(wire) for key, wire in expected["by_date_model_utc"].items()}
    assert codex["priced"] == "full"
    assert codex["files"] == len(list((FIXTURES / scenario / "home").rglob("rollout-*")))


def test_claudes_transcripts_are_counted_beside(person: Person) -> None:
    shutil.copytree(FIXTURES / "plain/home", person.home, dirs_exist_ok=True)
    corpus = FIXTURES.parents[1] / "claude/2.1.197/fork"
    shutil.copytree(corpus / "home", person.folder / "claude")
    person.environ["CLAUDE_CONFIG_DIR"] = str(person.folder / "claude")
    range_ = ("--timezone", "UTC", "--since", "2026-11-01", "--until", "2026-11-30")
    providers = json.loads(person.run("cost", "--json", *range_))["providers"]
    assert list(providers) == ["codex", "claude"]
    expected = json.loads((corpus / "expected.json").read_text())["recoverable"]["by_model"]
    assert {
        model: (
            tally["input_tokens"],
            tally["cache_write_tokens"],
            tally["cache_read_tokens"],
            tally["output_tokens"],
        )
        for model, tally in providers["claude"]["by_model"].items()
    } == {
        model: (row["input"], row["cc_5m"] + row["cc_1h"], row["cache_read"], row["output"])
        for model, row in expected.items()
    }
    assert providers["claude"]["totals"]["usd"] > 0
    assert list(json.loads(person.run("cost", "--json", "--provider", "claude"))["providers"]) == ["claude"]


def test_a_copied_home_counts_once_in_every_face(person: Person, server: FakeChatGPT) -> None:
    server.answer = says(soon())
    shutil.copytree(FIXTURES / "plain/home", person.home, dirs_exist_ok=True)
    for path in person.home.rglob("*.jsonl"):
        path.write_text(
            path.read_text().replace("2026-11-20T", f"{time.strftime('%Y-%m-%d', time.gmtime())}T")
        )
    shutil.copytree(person.home, person.folder / "copy")
    person.environ["CODEX_HOME"] = f"{person.home},{person.folder / 'copy'}"
    total = json.loads(person.run("cost", "--json"))["providers"]["codex"]["totals"]["total_tokens"]
    person.run()
    (account,) = person.usage("--cached")["providers"]
    assert account["cost"]["days_30_tokens"] == total == 46928


def test_a_damaged_ledger_costs_no_answer(person: Person) -> None:
    shutil.copytree(FIXTURES / "plain/home", person.home, dirs_exist_ok=True)
    person.run("cost")
    (person.folder / "own/state/ledger.sqlite3").write_bytes(
        b"no ledger at all, and long enough to look at" * 99
    )
    report = json.loads(person.run("cost", "--json", "--since", "2026-11-01", "--until", "2026-11-30"))
    assert report["providers"]["codex"]["totals"]["responses"] == 8
    assert "quarantined" in person.errors


def test_what_cost_has_counted_usage_knows(person: Person, server: FakeChatGPT) -> None:
    server.answer = says(soon())
    assert person.account()["cost"] is None
    shutil.copytree(FIXTURES / "plain/home", person.home, dirs_exist_ok=True)
    person.run("cost")
    assert person.account("--cached")["cost"]["complete"] is True


def test_a_provider_that_is_not_here_is_quiet_until_it_is_asked_for(
    person: Person, server: FakeChatGPT
) -> None:
    server.answer = says(soon())
    assert [each["provider"] for each in person.usage()["providers"]] == ["codex"]
    (absent,) = person.usage("--provider", "claude", code=1)["providers"]
    assert (absent["provider"], absent["account"]) == ("claude", None)


def test_settings_switch_off_and_add_homes(person: Person, server: FakeChatGPT) -> None:
    server.answer = says(soon())
    work = make_home(person.folder / "work", auth(account="acct-2", email="b@example.com"), base=server.base)
    shutil.copytree(FIXTURES / "plain/home", work, dirs_exist_ok=True)
    settings = person.folder / "own/settings.toml"
    settings.parent.mkdir()
    settings.write_text(f"[providers.codex]\nhomes = [{str(work)!r}]\nsource = 'rollouts'\n")
    accounts = person.usage()["providers"]
    assert [[Path(home).name for home in account["homes"]] for account in accounts] == [["codex"], ["work"]]
    assert {attempt["source"] for account in accounts for attempt in account["attempts"]} == {"rollouts"}
    assert not server.requests
    range_ = ("--timezone", "UTC", "--since", "2026-11-01", "--until", "2026-11-30")
    assert json.loads(person.run("cost", "--json", *range_))["providers"]["codex"]["files"] > 0
    settings.write_text("[providers.codex]\nenabled = false\n")
    assert person.usage("--provider", "codex", code=1)["providers"] == []
    assert "switched off" in person.errors
    assert person.run("cost", "--provider", "codex", code=1) == ""
    assert "switched off in settings.toml" in person.errors


def test_settings_that_are_wrong_are_named_on_stderr(person: Person, server: FakeChatGPT) -> None:
    server.answer = says(soon())
    settings = person.folder / "own/settings.toml"
    settings.parent.mkdir()
    settings.write_text("[providers.codex]\nenabled = 'no'\n")
    assert person.account()["windows"]
    assert (
        "settings.toml, line 2: `enabled` should be true or false. All other settings apply." in person.errors
    )


def test_more_limits_and_resets_as_json(person: Person, server: FakeChatGPT) -> None:
    content = soon(rate_limit_reset_credits={"available_count": 1})
    content["rate_limit"]["secondary_window"]["used_percent"] = 100
    content["rate_limit"]["limit_reached"] = True
    content["additional_rate_limits"] = [
        {
            "limit_name": "Spark",
            "metered_feature": "codex_bengalfox",
            "rate_limit": {"primary_window": window(20, reset_at=int(time.time()) + 60)},
        }
    ]
    server.answer = says(content)
    server.resets = says(
        {"available_count": 1, "credits": [{"status": "available", "expires_at": "2099-01-01T00:00:00Z"}]}
    )
    account = person.account()
    assert [window["id"] for window in account["windows"]] == [
        "session",
        "weekly",
        "model:codex_bengalfox:session",
    ]
    assert account["blocked"]["by"] == ["weekly"]
    assert (account["resets"]["available"], account["resets"]["expires_at"]) == (1, "2099-01-01T00:00:00Z")
    assert len(server.asked_resets) == 1
    assert "Blocked by Weekly" in person.run("usage", "--cached")


def test_an_early_reset_is_seen_by_the_next_poll(person: Person, server: FakeChatGPT) -> None:
    server.answer = says(soon())
    assert person.account()["early_resets"] == []
    content = soon()
    content["rate_limit"]["secondary_window"] |= {"used_percent": 0, "reset_at": int(time.time()) + 604_000}
    server.answer = says(content)
    (early,) = person.account("--refresh")["early_resets"]
    assert (early["window"], early["refilled"]) == ("weekly", True)
    assert person.account("--cached")["early_resets"] == [early]
    assert "Weekly was reset early" in person.run("usage", "--cached")


def test_cost_as_a_table(person: Person) -> None:
    shutil.copytree(FIXTURES / "plain/home", person.home, dirs_exist_ok=True)
    range_ = ("--timezone", "UTC", "--since", "2026-11-01", "--until", "2026-11-30")
    lines = person.run("cost", "--by", "model", *range_).splitlines()
    # What the last hours and this month came to depends on the day of the test.
    assert [line for line in lines if not line.startswith(("Last ", "This "))] == [
        "2026-11-01 – 2026-11-30  ·  at API prices, not your bill",
        "",
        "Codex by model  input  cache read  cache write  output  tokens  ≈ API price",
        "───────────────────────────────────────────────────────────────────────────",
        "gpt-5.5          18 K        26 K          0     2.0 K    47 K        $0.17",
        "───────────────────────────────────────────────────────────────────────────",
        "Total            18 K        26 K          0     2.0 K    47 K      ≈ $0.17",
    ]
    assert "2026-11-20" in person.run("cost", *range_)
    assert str(Path("~") / "codex") in person.run("cost", "--by", "home", *range_)


@pytest.mark.parametrize("by", ["session", "project", "effort", "account"])
def test_cost_in_other_groups(person: Person, by: str) -> None:
    shutil.copytree(FIXTURES / "plain/home", person.home, dirs_exist_ok=True)
    range_ = ("--timezone", "UTC", "--since", "2026-11-01", "--until", "2026-11-30", "--by", by)
    codex = json.loads(person.run("cost", "--json", *range_))["providers"]["codex"]
    groups = codex[f"by_{by}"]
    tallies = groups if by == "session" else list(groups.values())
    assert sum(tally["total_tokens"] for tally in tallies) == codex["totals"]["total_tokens"]
    assert codex["messages"] == {"total": 5, "by_day": {"2026-11-20": 5}}
    if by == "session":
        assert [(tally["project"], tally["subagents"], tally["models"]) for tally in tallies] == [
            ("/home/dev/project", 0, ["gpt-5.5"]),
            ("/home/dev/project", 0, ["gpt-5.5"]),
        ]
        assert tallies[0]["last_at"] == "2026-11-20T12:20:43Z"
        shown = person.run("cost", *range_)
        assert "2026-11-20 12:20  project" in shown
        assert f"\n  codex resume {tallies[0]['id']}  ·  /home/dev/project\n" in shown
    elif by == "project":
        assert list(groups) == ["/home/dev/project"]
    elif by == "account":  # the login is older than these logs
        signed_in = json.loads(person.run("usage", "--json", "--provider", "codex"))["providers"][0][
            "account"
        ]
        assert list(groups) == [signed_in["id"]]
        assert f"{signed_in['email']}  {signed_in['id']}" in person.run("cost", *range_)
    else:
        assert list(groups) == ["unknown"]


def test_what_claude_code_was_billed_beyond_its_lines(person: Person) -> None:
    claude = person.folder / ".claude"
    shutil.copytree(FIXTURES.parents[1] / "claude/2.1.332/asides/home", claude)
    range_ = ("--provider", "claude", "--timezone", "UTC", "--since", "2026-11-01", "--until", "2026-12-31")
    report = json.loads(person.run("cost", "--json", "--by", "account", *range_))["providers"]["claude"]
    assert (
        report["totals"]["responses"] == sum(sums["responses"] for sums in report["by_account"].values()) == 3
    )
    (account,) = report["by_account"]
    assert len(account) == 8
    assert report["not_on_lines"]["input_tokens"] == 94
    assert report["not_on_lines"].keys() == report["totals"].keys()
    assert report["messages"] == {"total": 0, "by_day": {}}  # in the fixture they are blank
    person.environ["COLUMNS"] = "120"
    lines = [line.split() for line in person.run("cost", *range_).splitlines()]
    at = next(number for number, line in enumerate(lines) if line[:4] == ["not", "in", "the", "logs"])
    beside, what, _, total, *_ = lines[at:]
    assert beside[4:6] == ["–", "94"]
    assert what[0] == "compaction,"
    tokens = report["totals"]["total_tokens"] + report["not_on_lines"]["total_tokens"]
    assert total[:3] == ["Total", "3", str(report["totals"]["input_tokens"] + 94)]
    assert total[-4:-2] == fmt.tokens(tokens).split()


def test_totals_with_what_is_not_in_the_logs_are_explained_once(person: Person) -> None:
    shutil.copytree(FIXTURES.parents[1] / "claude/2.1.332/asides/home", person.folder / ".claude")
    range_ = ("--provider", "claude", "--timezone", "UTC", "--since", "2026-11-01", "--until", "2026-12-31")
    off = ("config", "set", "cost.not_on_lines", "false")
    for arguments in (("cost", "--json", *range_), off, ("cost", *range_)):  # totals of what the logs hold
        assert "not in the logs" not in person.run(*arguments)
        assert "totals include" not in person.errors
    person.run("config", "unset", "cost.not_on_lines")
    assert "not in the logs" in person.run("cost", *range_)
    assert person.errors.count("totals include usage") == 1
    for ledger in (person.folder / "own").rglob("ledger*"):
        ledger.unlink()
    assert "not in the logs" in person.run("cost", *range_)
    assert "totals include" not in person.errors


def test_the_rates_that_were_used(person: Person) -> None:
    shutil.copytree(FIXTURES / "plain/home", person.home, dirs_exist_ok=True)
    range_ = ("--timezone", "UTC", "--since", "2026-11-01", "--until", "2026-11-30", "--rates")
    assert (
        "gpt-5.5: input $5, cache read $0.5, cache write $5, cache write 1h $5, output $30 per million tokens;"
        " $10 per thousand web searches (gpt-5.5, genai-prices "
    ) in person.run("cost", *range_).replace("\n", " ")
    rates = json.loads(person.run("cost", "--json", *range_))["providers"]["codex"]["rates"]
    assert rates["gpt-5.5"]["usd_per_million"]["output"] == 30
    assert rates["gpt-5.5"]["origin"].startswith("genai-prices ")


def test_own_prices_stand_over_all_others(person: Person) -> None:
    shutil.copytree(FIXTURES / "plain/home", person.home, dirs_exist_ok=True)
    range_ = ("--timezone", "UTC", "--since", "2026-11-01", "--until", "2026-11-30")
    own = person.folder / "own/prices.toml"
    own.parent.mkdir()
    own.write_text('[[price]]\nmodel = "gpt-5*"\ninput = 0\ncache_read = 0\noutput = 1000\n')

    def usd() -> float:
        return float(json.loads(person.run("cost", "--json", *range_))["providers"]["codex"]["totals"]["usd"])

    assert usd() == pytest.approx(1.996)
    own.write_text('[[price]]\nmodel = "gpt-5*"\ninput = -1\noutput = 1\n')
    assert usd() == pytest.approx(0.165308)
    assert "prices.toml, line 3" in person.errors


def test_a_log_that_cannot_be_read_is_reported(person: Person) -> None:
    shutil.copytree(FIXTURES / "zstd/home", person.home, dirs_exist_ok=True)
    packed = next((person.home / "sessions").rglob("*.zst"))
    packed.write_bytes(packed.read_bytes()[:100])
    report = json.loads(person.run("cost", "--json"))
    assert report["complete"] is False
    assert report["providers"]["codex"]["unreadable_files"] == [str(packed)]
    assert str(packed) in person.run("cost").replace("\n", "")


def test_what_was_counted_stays_when_logs_are_deleted(person: Person) -> None:
    shutil.copytree(FIXTURES / "plain/home", person.home, dirs_exist_ok=True)
    range_ = ("--timezone", "UTC", "--since", "2026-11-01", "--until", "2026-11-30")
    before = json.loads(person.run("cost", "--json", *range_))["providers"]["codex"]["totals"]
    shutil.rmtree(person.home / "sessions")
    after = json.loads(person.run("cost", "--json", *range_))["providers"]["codex"]
    assert (after["totals"], after["files"]) == (before, 0)


def test_no_word_of_a_conversation_is_kept(person: Person) -> None:
    shutil.copytree(FIXTURES / "plain/home", person.home, dirs_exist_ok=True)
    person.run("cost")
    kept = b"".join(path.read_bytes() for path in (person.folder / "own").rglob("*") if path.is_file())
    with closing(sqlite3.connect(person.folder / "own/state/ledger.sqlite3")) as db:
        for (packed,) in db.execute("SELECT observation FROM observations"):
            kept += decompress(packed)
    assert b"gpt-5.5" in kept
    words = {b"use tools", b"answer 8", b"echo hi", b"ping"}
    assert not [word for word in words if word in kept]


def test_cost_by_week_month_and_block(person: Person) -> None:
    shutil.copytree(FIXTURES / "plain/home", person.home, dirs_exist_ok=True)
    range_ = ("--timezone", "UTC", "--since", "2026-11-01", "--until", "2026-11-30")

    def codex(by: str, *more: str) -> dict[str, Any]:
        printed = json.loads(person.run("cost", "--json", "--by", by, *range_, *more))
        found: dict[str, Any] = printed["providers"]["codex"]
        assert printed["totals"] == found["totals"]
        return found

    day = codex("day")["by_day"]["2026-11-20"]
    assert codex("week")["by_week"] == {"2026-11-16": day}
    assert codex("month")["by_month"] == {"2026-11": day}
    (block,) = codex("block")["by_block"]
    assert (block["started_at"], block["ends_at"]) == ("2026-11-20T12:00:00Z", "2026-11-20T17:00:00Z")
    assert (block["running"], block["burn"], block["projected"]) == (False, None, None)
    assert block["by_model"] == day
    assert block.keys() > day["gpt-5.5"].keys()
    assert "2026-11-20 12:00 – 17:00" in person.run("cost", "--by", "block", *range_)
    assert "2026-11-16 – 22" in person.run("cost", "--by", "week", *range_)


@pytest.mark.parametrize(
    "by", ["day", "week", "month", "block", "session", "project", "effort", "home", "model"]
)
def test_the_models_of_each_row(person: Person, by: str) -> None:
    shutil.copytree(FIXTURES / "plain/home", person.home, dirs_exist_ok=True)
    range_ = ("--timezone", "UTC", "--since", "2026-11-01", "--until", "2026-11-30", "--by", by, "--models")
    shown = person.run("cost", "--chart", *range_)
    assert ("\n  gpt-5.5 " in shown) is (by != "model")
    assert "█" in shown
    report = json.loads(person.run("cost", "--json", *range_))["providers"]["codex"]
    if by in ("session", "project", "effort", "home"):
        groups = report[f"by_{by}"]
        for row in groups if by == "session" else groups.values():
            assert row["by_model"]["gpt-5.5"]["total_tokens"] == row["total_tokens"]


def test_cost_of_days_to_come(person: Person) -> None:
    report = json.loads(person.run("cost", "--json", "--since", "2031-01-01"))
    assert (report["since"], report["until"]) == ("2031-01-01", "2031-01-01")
    assert "Nothing was used in this period." in person.run("cost", "--since", "2031-01-01")


@pytest.mark.parametrize(
    ("today", "by", "first"),
    [
        (date(2026, 11, 28), "day", date(2026, 10, 30)),
        (date(2026, 11, 28), "session", date(2026, 10, 30)),
        (date(2026, 11, 28), "block", date(2026, 11, 22)),
        (date(2026, 11, 28), "week", date(2026, 9, 7)),
        (date(2026, 11, 28), "month", date(2025, 12, 1)),
        (date(2026, 12, 31), "month", date(2026, 1, 1)),
        (date(2028, 2, 29), "month", date(2027, 3, 1)),
    ],
)
def test_weeks_and_months_are_whole_by_default(today: date, by: str, first: date) -> None:
    options = cost.read_plainly(["--by", by])
    assert options is not None
    assert cost.days_of(options, today) == (first, today)


def test_the_table_fits_the_terminal(person: Person) -> None:
    shutil.copytree(FIXTURES / "plain/home", person.home, dirs_exist_ok=True)
    for columns in ("60", "80", "120"):
        person.environ |= {"COLUMNS": columns, "PYTHONIOENCODING": "ascii", "FORCE_COLOR": "0"}
        shown = person.run("cost", "--since", "2026-11-01", "--until", "2026-11-30", "--by", "session")
        assert max(map(len, shown.splitlines())) <= int(columns)
        assert "?" not in shown
        assert "\x1b" not in shown


def test_cost_of_days_without_use(person: Person) -> None:
    report = json.loads(person.run("cost", "--json", "--since", "2031-01-01", "--until", "2031-01-02"))
    codex = report["providers"]["codex"]
    assert (report["since"], report["until"]) == ("2031-01-01", "2031-01-02")
    assert codex["totals"]["responses"] == 0
    assert (codex["totals"]["usd"], codex["by_day"], codex["burn"]) == (0, {}, None)


def test_thirty_days_by_default(person: Person) -> None:
    report = json.loads(person.run("cost", "--json"))
    assert (date.fromisoformat(report["until"]) - date.fromisoformat(report["since"])).days == 29
    report = json.loads(person.run("cost", "--json", "--days", "1"))
    assert report["until"] == report["since"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("cost", "--days", "0"),
        ("cost", "--days", "many"),
        ("cost", "--days", "3", "--since", "2026-11-01"),
        ("cost", "--since", "yesterday"),
        ("cost", "--since", "2026-11-02", "--until", "2026-11-01"),
        ("cost", "--timezone", "Mars/Olympus"),
        ("cost", "--timezone", "../../etc/passwd"),
        ("cost", "--by", "moon"),
        ("usage", "--source", "guess"),
        ("usage", "--cached", "--refresh"),
        ("refuel",),
    ],
)
def test_bad_arguments_are_64_and_a_sentence(person: Person, arguments: tuple[str, ...]) -> None:
    assert person.run(*arguments, code=64) == ""
    assert "Traceback" not in person.errors
    assert person.errors.strip()


def test_a_reader_that_leaves_early_is_no_error(person: Person) -> None:
    shutil.copytree(FIXTURES / "plain/home", person.home, dirs_exist_ok=True)
    with person.start("cost", "--json", "--since", "2026-11-01") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        errors = process.stderr.read()
        assert (process.wait(60), errors) == (0, "")


def test_help_and_version(person: Person) -> None:
    assert "usage" in person.run("--help")
    assert person.run("--version").startswith("tankful ")


def test_a_command_ends_at_once_but_not_before_what_it_began() -> None:
    begun = """
import threading, time
from tray.cli import main as command
def main():
    threading.Thread(target=lambda: (time.sleep(0.3), print("late", flush=True))).start()
    return 3
command.main = main
command.script()
"""
    done = subprocess.run([sys.executable, "-c", begun], capture_output=True, check=False, timeout=30)
    assert (done.returncode, done.stdout, done.stderr) == (3, b"late\n", b"")


def test_a_chosen_source_that_has_nothing_says_why(person: Person) -> None:
    shutil.rmtree(person.home / "sessions", ignore_errors=True)
    account = person.account("--source", "rollouts", code=1)
    assert account["windows"] == []
    assert account["error"] is None
    assert (
        "tankful: Codex in ~/codex: no recent session log of this account has limits;"
        " the next Codex turn will write some.\n"
    ) in person.errors


def test_a_home_of_the_settings_is_corrected_there(person: Person, server: FakeChatGPT) -> None:
    server.answer = says(soon())
    (person.folder / "own").mkdir(exist_ok=True, mode=0o700)
    missing = person.folder / "elsewhere"
    (person.folder / "own" / "settings.toml").write_text(
        f'[providers.codex]\nhomes = ["{missing.as_posix()}"]\n'
    )
    whole = person.usage()
    (error,) = [each["error"] for each in whole["providers"] if each["error"]]
    assert error["message"] == "~/elsewhere does not exist."
    assert error["remedy"].startswith("Install Codex, or correct `providers.codex.homes` in settings.toml.")


def test_days_in_the_future_are_accepted(person: Person) -> None:
    shutil.copytree(FIXTURES / "plain" / "home" / "sessions", person.home / "sessions")
    report = json.loads(person.run("cost", "--json", "--since", "2099-01-01"))
    assert (report["since"], report["until"]) == ("2099-01-01", "2099-01-01")
    assert "tankful: nothing was used from 2099-01-01 to 2099-01-01.\n" in person.errors
    report = json.loads(person.run("cost", "--json", "--until", "2099-01-01"))
    assert report["until"] == "2099-01-01"


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGSTOP")
def test_a_suspended_count_holds_nobody_up(person: Person) -> None:
    shutil.copytree(FIXTURES / "plain" / "home" / "sessions", person.home / "sessions")
    counted = json.loads(person.run("cost", "--json", "--days", "3660"))
    assert counted["complete"] is True
    hold = (
        "import sys; from pathlib import Path; from providers.ledger.scan_lock import alone\n"
        "with alone(Path(sys.argv[1])): print('holds', flush=True); sys.stdin.readline()"
    )
    ledger = person.folder / "own" / "state" / "ledger.sqlite3"
    command = [sys.executable, "-c", hold, str(ledger)]
    with started(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "holds\n"
        holder.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        report = json.loads(person.run("cost", "--json", "--days", "3660"))
        assert time.monotonic() - began < 15
        assert report["complete"] is False
        assert report["providers"]["codex"]["totals"] == counted["providers"]["codex"]["totals"]
        assert "but it is suspended." in person.errors
        assert "These figures are from an earlier count." in person.errors
        table = person.run("cost", "--days", "3660")
        assert "Not all logs could be counted this time" in table
        holder.send_signal(signal.SIGCONT)


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="needs names that are no UTF-8")
def test_no_name_of_a_log_takes_anything_down(person: Person) -> None:
    day = person.home / "sessions/2026/11/20"
    shutil.copytree(FIXTURES / "plain" / "home" / "sessions", person.home / "sessions")
    odd = os.fsencode(day) + b"/rollout-2026-11-20T12-00-00-\xff\xfe\x01.jsonl"
    with open(odd, "wb") as file:
        file.write(b"{}\n\xff\n")
    os.mkfifo(os.fsencode(day) + b"/rollout-2026-11-20T12-00-01-\xfe.jsonl")
    os.mkdir(os.fsencode(day) + b"/rollout-2026-11-20T12-00-02-\xfe.jsonl")
    os.symlink("nowhere", os.fsencode(day) + b"/rollout-2026-11-20T12-00-03-\xfe.jsonl")
    for by in ("day", "session", "project", "home"):
        report = json.loads(person.run("cost", "--json", "--days", "3660", "--by", by))
        assert report["providers"]["codex"]["totals"]["responses"] == 8
        assert person.run("cost", "--days", "3660", "--by", by)
    person.run("usage", "--json")
