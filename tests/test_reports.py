"""What people of this field reported, from the file or answer that they had to the figures that must be shown."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from providers.claude.descriptor import find_homes
from providers.claude.keychain import Keychain
from providers.claude.usage_command import text
from tests.fake_anthropic import login
from tests.fake_chatgpt import FakeChatGPT, fake_chatgpt, says, usage_now, window
from tests.homes import ACCESS_MARK, ID_MARK, auth, jwt
from tests.providers.claude.test_keychain import FakeKeyring
from tests.reports import Report, windows

LayOut = Callable[[str], Report]


@pytest.fixture
def server() -> Iterator[FakeChatGPT]:
    with fake_chatgpt() as fake:
        yield fake


@pytest.fixture
def lay_out(tmp_path: Path, server: FakeChatGPT) -> LayOut:
    return lambda name: Report(name, tmp_path, server)


def tokens(figures: Any, *classes: str) -> dict[str, int]:
    return {name: figures["totals"][name] for name in ("responses", *(f"{each}_tokens" for each in classes))}


# --- logs ---------------------------------------------------------------------------------------------------


def test_an_aside_question_repeats_answers_of_its_session(lay_out: LayOut) -> None:
    """/btw writes its parent's answers into its own transcript, under request ids of its own."""
    figures = lay_out("aside-question-replay").cost("claude")
    assert tokens(figures, "input", "cache_read", "output") == {
        "responses": 2,
        "input_tokens": 7,
        "cache_read_tokens": 720,
        "output_tokens": 40,
    }


def test_the_parts_of_a_cache_write_without_the_whole(lay_out: LayOut) -> None:
    figures = lay_out("cache-split-only").cost("claude")
    assert figures["totals"]["cache_write_tokens"] == 30
    assert figures["totals"]["cache_write_1h_tokens"] == 10
    assert figures["totals"]["usd"] == 0.00199


def test_one_project_whatever_the_case_of_its_drive(lay_out: LayOut) -> None:
    """A terminal and VS Code spell it differently, even within one session."""
    by_project = lay_out("drive-letter").cost("claude", "--by", "project")["by_project"]
    assert {name.lower(): sums["responses"] for name, sums in by_project.items()} == {
        "c:\\users\\dev\\proj": 3
    }
    assert set(by_project) <= {"C:\\Users\\dev\\proj", "c:\\Users\\dev\\proj"}


@pytest.mark.parametrize(
    ("provider", "expected"),
    [
        ("claude", {"responses": 5, "input_tokens": 50, "cache_read_tokens": 5_000, "output_tokens": 500}),
        ("codex", {"responses": 3, "input_tokens": 3_000, "cache_read_tokens": 0, "output_tokens": 150}),
    ],
)
def test_a_whole_record_behind_one_that_was_cut(
    lay_out: LayOut, provider: str, expected: dict[str, int]
) -> None:
    """Two writers, or one that was killed."""
    figures = lay_out("spliced-lines").cost(provider)
    assert tokens(figures, "input", "cache_read", "output") == expected
    assert figures["skipped_lines"] == 1


def test_sessions_of_the_desktop_app_are_transcripts_as_all_others(lay_out: LayOut) -> None:
    """Claude Desktop keeps a home for each session of its local agent mode."""
    report = lay_out("cowork-sessions")
    above = report.home / "Library/Application Support/Claude/local-agent-mode-sessions"
    home = above / "app-1/org-1/local_1/.claude"
    figures = report.cost("claude", environ={"CLAUDE_CONFIG_DIR": str(home)})
    assert tokens(figures, "input", "cache_read", "output") == {
        "responses": 2,
        "input_tokens": 20,
        "cache_read_tokens": 2_000,
        "output_tokens": 200,
    }


# --- limits in rollouts -------------------------------------------------------------------------------------


def test_limits_behind_a_session_meta_of_300_kilobytes(lay_out: LayOut) -> None:
    """It holds all instructions and tools."""
    report = lay_out("big-session-meta")
    assert windows(report.account("codex", "--source", "rollouts")) == {
        "session": (37.0, report.at(9_000)),
        "weekly": (20.0, report.at(300_000)),
    }


def test_lengths_and_resets_as_codex_once_logged_them(lay_out: LayOut) -> None:
    """299 and 10079 minutes, and seconds until the reset: those of the session are over."""
    report = lay_out("old-window-lengths")
    assert windows(report.account("codex", "--source", "rollouts")) == {
        "weekly": (41.0, report.at(300_000 - 3_600))
    }


def test_the_same_lengths_from_the_endpoint(lay_out: LayOut, server: FakeChatGPT) -> None:
    report = lay_out("old-window-lengths")
    sent = {
        "primary_window": window(97.0, 17_940, report.now + 3_000),
        "secondary_window": window(41.0, 604_740, report.now + 300_000),
    }
    server.answer = says(usage_now(rate_limit=sent))
    assert windows(report.account("codex", "--source", "oauth")) == {
        "session": (97.0, report.at(3_000)),
        "weekly": (41.0, report.at(300_000)),
    }


# --- answers of ChatGPT -------------------------------------------------------------------------------------


def test_a_personal_cap_at_the_root_with_its_reset(lay_out: LayOut) -> None:
    """There the reset is `resets_at`, elsewhere `reset_at`."""
    report = lay_out("cap-resets-at")
    report.answer()
    found = windows(report.account("codex", "--source", "oauth"))
    used, resets_at = found["individual"]
    assert (round(used, 9), resets_at) == (7.761, report.at(900_000))
    assert found["session"] == (22.0, report.at(9_000))


@pytest.mark.parametrize("file", ["without-percent.json", "under-rate-limit.json"])
def test_a_personal_cap_in_its_other_shapes(lay_out: LayOut, file: str) -> None:
    report = lay_out("individual-limit-shapes")
    report.answer(file)
    used, resets_at = windows(report.account("codex", "--source", "oauth"))["individual"]
    assert (round(used, 9), resets_at) == (68.0, report.at(200_000))


def test_numbers_in_quotes(lay_out: LayOut) -> None:
    report = lay_out("string-numbers")
    report.answer()
    account = report.account("codex")
    assert windows(account) == {"session": (31.0, report.at(5_000)), "weekly": (12.0, report.at(90_000))}
    assert account["error"] is None


def test_a_spent_window_has_no_pace(lay_out: LayOut) -> None:
    report = lay_out("pace-when-spent")
    report.answer()
    (weekly,) = report.account("codex", "--source", "oauth")["windows"]
    assert (weekly["id"], weekly["used_percent"], weekly["pace"]) == ("weekly", 100.0, None)


def test_a_config_in_toml_1_1(lay_out: LayOut) -> None:
    """Codex accepts an inline table over several lines; Python's own reader does not yet."""
    report = lay_out("toml-1-1")
    report.answer()
    account = report.account("codex")
    assert windows(account) == {"session": (31.0, report.at(5_000)), "weekly": (12.0, report.at(90_000))}
    assert {each["source"] for each in account["windows"]} == {"oauth"}


def test_people_of_one_workspace_without_an_address(lay_out: LayOut, server: FakeChatGPT) -> None:
    report = lay_out("same-workspace-no-email")
    server.answer = says(usage_now(email=None, account_id=None, user_id=None))
    for folder, user in (("c1", "user-a"), ("c2", "user-b")):
        who = {"chatgpt_plan_type": "team", "chatgpt_account_id": "ws-1", "chatgpt_user_id": user}
        claims = {"exp": report.now + 864_000, "https://api.openai.com/auth": who}
        login = auth(account="ws-1", id_token=jwt(claims, ID_MARK), access_token=jwt(claims, ACCESS_MARK))
        report.sign_in_codex(report.home / folder, login)
    both = f"{report.home}/c1,{report.home}/c2"
    accounts = report.accounts("codex", environ={"CODEX_HOME": both})
    assert [account["homes"] for account in accounts] == [["~/c1"], ["~/c2"]]
    assert len({account["account"]["id"] for account in accounts}) == 2


@pytest.mark.parametrize(
    ("provider", "file"), [("codex", "chatgpt.json"), ("claude", "anthropic.json")], ids=["codex", "claude"]
)
def test_a_region_that_is_refused_is_not_the_login(lay_out: LayOut, provider: str, file: str) -> None:
    """Behind a VPN, or where the request does not go through the proxy."""
    report = lay_out("region-403")
    report.answer(file, status=403)
    account = report.account(provider, "--source", "oauth", code=1)
    assert account["error"]["kind"] == "blocked"
    assert "HTTPS_PROXY" in account["error"]["remedy"]
    assert "sign in" not in account["error"]["remedy"].lower()


# --- answers of Anthropic -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "credits_left"),
    [("spend-limit-reached.json", False), ("out-of-credits.json", False), ("enabled.json", True)],
)
def test_whether_extra_usage_carries_on(lay_out: LayOut, file: str, credits_left: bool) -> None:
    report = lay_out("claude-extra-usage-state")
    report.answer(file)
    account = report.account("claude", "--source", "oauth")
    assert account["blocked"]["by"] == ["session"]
    assert account["blocked"]["credits_left"] is credits_left


def test_a_list_without_resets_has_those_beside_it(lay_out: LayOut) -> None:
    report = lay_out("list-without-reset")
    report.answer()
    assert windows(report.account("claude", "--source", "oauth")) == {
        "session": (37.0, report.at(9_000)),
        "weekly": (61.0, report.at(300_000)),
    }


def test_the_weeks_of_products(lay_out: LayOut) -> None:
    """Design and Cowork have their own, and one under a code name is at least named."""
    report = lay_out("product-weeks")
    report.answer()
    account = report.account("claude", "--source", "oauth")
    shown = sorted(windows(account).values())
    assert shown[:2] == [(5.0, report.at(7_200)), (10.0, report.at(180_000))]
    assert {(77.0, report.at(180_000)), (12.0, report.at(180_000))} <= set(shown)
    (attempt,) = account["attempts"]
    assert 96.0 in [used for used, _ in shown] or any("iguana_necktie" in note for note in attempt["notes"])


def test_an_empty_list_of_scopes_names_none(lay_out: LayOut) -> None:
    report = lay_out("scopes-empty")
    report.sign_in_claude(report.home / ".claude", scopes=[])
    report.answer()
    assert windows(report.account("claude", "--source", "oauth")) == {"session": (37.0, report.at(9_000))}


def test_a_login_that_is_kept_elsewhere(lay_out: LayOut, server: FakeChatGPT) -> None:
    """Account switchers set this variable; logs and settings stay where they are."""
    report = lay_out("secure-storage-dir")
    report.sign_in_claude(report.home / "secure", accessToken="of-the-secure-folder")
    (report.home / "cfg").mkdir()
    report.answer()
    folders = {
        "CLAUDE_CONFIG_DIR": str(report.home / "cfg"),
        "CLAUDE_SECURESTORAGE_CONFIG_DIR": str(report.home / "secure"),
    }
    account = report.account("claude", "--source", "oauth", environ=folders)
    assert windows(account) == {"session": (33.0, report.at(9_000))}
    assert account["homes"] == ["~/cfg"]
    assert [headers["authorization"] for _, headers in server.requests] == ["Bearer of-the-secure-folder"]


@pytest.mark.skipif(sys.platform == "win32", reason="the paths of a Mac")
@pytest.mark.parametrize(
    ("variable", "item"),
    [
        (None, "Claude Code-credentials"),
        ("/home/dev/.claude", "Claude Code-credentials-cad15b95"),
        ("/home/dev/.claude/", "Claude Code-credentials-4b81328e"),
        ("/home/dev/.claude-work/", "Claude Code-credentials-7250afa2"),
    ],
    ids=["unset", "the default folder", "with a slash", "another folder"],
)
def test_the_keychain_item_is_named_by_the_text_of_the_variable(
    variable: str | None, item: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another text is another login, though it names the same folder."""
    monkeypatch.setenv("HOME", "/home/dev")
    environ = {"HOME": "/home/dev", "USER": "dev"} | (
        {} if variable is None else {"CLAUDE_CONFIG_DIR": variable}
    )
    keyring = FakeKeyring(login())
    Keychain(keyring, environ, here=True).read(find_homes(environ)[0], user_initiated=True)
    assert keyring.asked == [(item, "dev", True)]


def test_money_alone_is_an_answer(lay_out: LayOut) -> None:
    """A seat of an Enterprise has no windows."""
    report = lay_out("spend-alone-exit")
    report.answer()
    printed = report.run("usage", "--provider", "claude", "--source", "oauth")
    assert "7.63 EUR of 20.00 EUR" in printed
    assert "Limits not available yet." not in printed


# --- Claude Code's status line, and its /usage --------------------------------------------------------------


def test_an_epoch_in_place_of_a_percentage_is_not_shown(lay_out: LayOut) -> None:
    """After /clear Claude Code wrote the time of the reset there."""
    report = lay_out("statusline-epoch")
    status = report.read("status.json")
    assert report.run("statusline", "--from-claude", stdin=status) == "week 86 % left\n"
    alone = status.replace(b'"seven_day"', b'"another"')
    assert report.run("statusline", "--from-claude", stdin=alone) == "limits not known yet\n"


@pytest.mark.parametrize(
    ("name", "line", "expected"),
    [
        (
            "statusline-iso-reset",
            "5h 57 % · week 14 % left\n",
            {"session": (42.3, 5_000), "weekly": (85.7, 200_000)},
        ),
        (
            "statusline-text-numbers",
            "5h 58 % · week 85 % left\n",
            {"session": (42.0, 9_000), "weekly": (15.0, 300_000)},
        ),
    ],
)
def test_the_status_line_in_its_other_forms(
    lay_out: LayOut, name: str, line: str, expected: dict[str, tuple[float, int]]
) -> None:
    report = lay_out(name)
    assert report.run("statusline", "--from-claude", stdin=report.read("status.json")) == line
    assert windows(report.account("claude", "--source", "statusline")) == {
        ident: (used, report.at(resets)) for ident, (used, resets) in expected.items()
    }


SESSION = "Current session: 73% used · resets 3pm (UTC)"
LATE_SESSION = "Current session: 73% used · resets 11:59pm (UTC)"
WEEK = "Current week (all models): 3% used · resets Dec 31, 11:59pm (UTC)"


@pytest.mark.parametrize(
    ("line", "now", "possible"),
    [
        (SESSION, datetime(2026, 7, 9, 15, 5, tzinfo=UTC), [datetime(2026, 7, 9, 15, tzinfo=UTC)]),
        (SESSION, datetime(2026, 7, 9, 20, 0, tzinfo=UTC), [None, datetime(2026, 7, 9, 15, tzinfo=UTC)]),
        (LATE_SESSION, datetime(2026, 7, 10, 0, 1, tzinfo=UTC), [datetime(2026, 7, 9, 23, 59, tzinfo=UTC)]),
        (WEEK, datetime(2027, 1, 1, 0, 5, tzinfo=UTC), [datetime(2026, 12, 31, 23, 59, tzinfo=UTC)]),
    ],
    ids=["just past", "long past", "before midnight", "before the new year"],
)
def test_a_reset_that_is_just_past_is_not_a_day_ahead(
    line: str, now: datetime, possible: list[datetime | None]
) -> None:
    """A window of five hours cannot refill in nineteen."""
    (found,) = text.parse(line, now).windows
    assert found.resets_at in possible
