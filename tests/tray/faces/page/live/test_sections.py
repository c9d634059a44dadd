"""What the page shows of live sessions."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from markupsafe import Markup
from msgspec import Struct
from msgspec.structs import replace

from providers.domain.live import LiveSession, SessionStatus, Task
from tests.tray.faces.page.ledgers import NOW, LedgerPage
from tools.example_sessions import APPROVAL, DONE, EXAMPLES, IDLE, QUESTION, WORKING, look
from tray.faces.page import whole_file
from tray.faces.page.live.facts import LiveEntry
from tray.faces.page.render import Pages
from tray.faces.page.sections import live_card, live_sessions
from tray.faces.page.sections.live_card import LiveCard
from tray.faces.page.sections.live_sessions import LiveList
from tray.view.format import DOT

HOSTILE = '"><script>alert(1)</script>\N{RIGHT-TO-LEFT OVERRIDE}\x1b[31m\udc80'


@pytest.fixture
def ledger(tmp_path: Path) -> LedgerPage:
    return LedgerPage(tmp_path)


def card(ledger: LedgerPage, *sessions: LiveSession, address: str = "") -> LiveCard:
    data = replace(ledger.data(address), look=lambda: look(*sessions, at=NOW))
    found = live_card.build(data)
    assert found is not None
    return found


def listed(
    ledger: LedgerPage, *sessions: LiveSession, address: str = "", can_bring: bool = False
) -> LiveList:
    data = replace(ledger.data(address), look=lambda: look(*sessions, at=NOW), can_bring=can_bring)
    found = live_sessions.build(data)
    assert found is not None
    return found


def values(entry: LiveEntry) -> dict[str, str]:
    return {each.name: each.value for each in (*entry.figures, *entry.details)}


def html(ledger: LedgerPage, *sessions: LiveSession, tab: str = "sessions") -> str:
    data = replace(ledger.data(f"tab={tab}"), look=lambda: look(*sessions, at=NOW), can_bring=True)
    return "".join(Pages().live(data).values())


def test_the_card_has_who_waits_first_and_then_who_works(ledger: LedgerPage) -> None:
    found = card(ledger, WORKING, IDLE, QUESTION, DONE, APPROVAL)
    assert (
        found.headline
        == "2 sessions wait for you (1 approval, 1 question), 1 is working, 1 is idle, 1 is done."
    )
    assert [(each.status, each.name.shown, each.place, each.lasting, each.task) for each in found.rows] == [
        ("approval: Bash", "cleaning", "Claude", "3 min", "Bash: npm run deploy -- --stage"),
        ("question", "billing-api", "Codex", "30 s", ""),
        ("working ?", "tankful", "Codex", "6 min", "exec_command: uv run pytest -q"),
    ]
    assert [each.is_waiting for each in found.rows] == [True, True, False]
    assert found.waiting == (
        "cleaning waits for approval: Bash.",
        "billing-api waits for your answer.",
    )
    assert found.address == "/?tab=sessions"


def test_without_sessions_there_is_one_sentence(ledger: LedgerPage) -> None:
    found = card(ledger)
    assert found.empty.startswith(
        "No live sessions: nothing of Claude or Codex is running"
    ) or found.empty.startswith("No live sessions: nothing of Codex or Claude is running")
    assert (found.headline, found.rows, found.waiting) == ("", (), ())


def test_many_are_counted(ledger: LedgerPage) -> None:
    found = card(ledger, *(replace(WORKING, id=f"{number}") for number in range(20)))
    assert (len(found.rows), found.more) == (12, 8)


def test_a_session_with_all_that_is_known_of_it(ledger: LedgerPage) -> None:
    history = (10, 400, 90)
    (entry,) = listed(ledger, replace(APPROVAL, token_history=history), can_bring=True).sessions
    assert values(entry) == {
        "Context": "43 %",
        "Tokens": "1.2 M",
        "Cost": "$2.36",
        "Share of the week": "6 %",
        "Tokens per minute": "3.4 K",
        "Memory": "312 MB",
        "Status known from": "its program",
        "Model": "claude-opus-5 high",
        "Branch": "release/2.4 +2 ~5",
        "Turns": "14",
        "Compactions": "1",
        "Started": "10:46",
        "Last activity": "11:57",
        "MCP servers": "github",
        "Process": "40121",
        "Version": "2.1.332",
        "Home": "~/.claude",
        "Folder": "/home/dev/src/cleaning",
        "Session": APPROVAL.id,
    }
    notes = {each.name: each.note for each in entry.figures if each.note}
    assert notes == {
        "Context": "84 K of 200 K tokens",
        "Cost": "without subagents $1.84  ·  912 K tokens",
    }
    drawings = {each.name: each.drawing for each in entry.figures if each.drawing}
    assert 'aria-label="Context window: 43 % in use"' in drawings["Context"]
    assert 'aria-label="Tokens of the last 3 responses, at most 400"' in drawings["Tokens"]
    assert entry.processes == (
        "node server.js --port 3000 (pid 40188) listens on 3000  ·  96 MB",
        "npm run watch (pid 40190) 61 MB",
    )
    assert entry.subagents == ("subagent Explore: working  ·  268 K tokens  ·  $0.52",)
    assert entry.can_bring


def test_what_is_not_known_is_not_there(ledger: LedgerPage) -> None:
    bare = LiveSession(provider="codex", id="0199", home="~/.codex", status=SessionStatus(status="unknown"))
    (entry,) = listed(ledger, bare, can_bring=True).sessions
    assert values(entry) == {
        "Status known from": "its log",
        "Process": "unknown",
        "Home": "~/.codex",
        "Session": "0199",
    }
    assert (entry.head.lasting, entry.head.task, entry.title, entry.can_bring) == ("", "", "", False)


def test_a_shared_port_a_blocked_account_and_an_orphan_are_seen_at_once(ledger: LedgerPage) -> None:
    found = listed(ledger, replace(WORKING, rate_limited=True))
    command = "python -m http.server 3000 (pid 41002)"
    assert found.sessions[0].warnings == (
        "its account is blocked by a limit",
        DOT.join((f"{command} listens on 3000", "another session also listens on 3000", "24 MB")),
    )
    assert found.orphans == (
        "vite --host (pid 39001) still listens on 5173; its session in /home/dev/playground has ended.",
    )
    assert found.notes[0] == "MCP server of an unknown session: linear (pid 40202)."


@pytest.mark.parametrize("session", [replace(APPROVAL, owner_certain=False), replace(APPROVAL, pid=None)])
def test_where_it_is_not_certain_whose_a_process_is_nothing_can_be_done(
    ledger: LedgerPage, session: LiveSession
) -> None:
    assert not listed(ledger, session, can_bring=True).sessions[0].can_bring
    assert not listed(ledger, APPROVAL, can_bring=False).sessions[0].can_bring


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        ("provider=codex", [QUESTION.id, WORKING.id]),
        ("home=~/.claude", [APPROVAL.id, IDLE.id, DONE.id]),
        ("project=/home/dev/src/docs", [IDLE.id]),
        ("account=a1b2c3d4", [QUESTION.id, WORKING.id]),
        ("model=gpt-5.5&provider=codex", [WORKING.id]),
        ("model=gpt-5.5&provider=claude", []),
        ("range=today", [APPROVAL.id, QUESTION.id, WORKING.id, IDLE.id, DONE.id]),
    ],
)
def test_filters_apply_and_days_do_not(ledger: LedgerPage, filters: str, ids: list[str]) -> None:
    found = listed(ledger, *EXAMPLES, address=filters)
    assert [values(each)["Session"] for each in found.sessions] == ids
    assert (found.empty == "No live session matches these filters.") == (not ids)


def test_a_context_window_that_is_nearly_full_is_marked() -> None:
    from tray.view.charts.context_bar import context_bar

    def level(percent: float) -> list[str]:
        return re.findall(r"level-(\w+)", context_bar(percent, (75, 90), "x"))

    assert [level(each) for each in (0, 74.9, 75, 90, 130)] == [
        [],
        ["plenty"],
        ["low"],
        ["scarce"],
        ["scarce"],
    ]
    assert context_bar(130, (75, 90), "x").count('width="100%"') == 3
    assert 'x1="75%"' in context_bar(0, (75, 90), "x")


def test_a_curve_of_nothing_but_zeros_is_flat() -> None:
    from tray.view.charts.spark import spark

    found = spark((0, 0, 0), "Tokens")
    assert isinstance(found, Markup)
    assert "M0 22.5L1 22.5L2 22.5" in found


def test_hostile_names_do_nothing(ledger: LedgerPage) -> None:
    hostile = replace(
        APPROVAL,
        id=HOSTILE,
        project=HOSTILE,
        cwd=HOSTILE,
        title=HOSTILE,
        model=HOSTILE,
        version=HOSTILE,
        home=HOSTILE,
        status=SessionStatus(status="approval", task=Task(tool=HOSTILE, argument=HOSTILE)),
        children=(replace(WORKING.children[0], command=HOSTILE),),
        subagents=(replace(APPROVAL.subagents[0], name=HOSTILE),),
    )
    for text in (html(ledger, hostile), html(ledger, hostile, tab="overview")):
        assert "alert(1)" in text
        assert "<script" not in text
        assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in text
        assert "\x1b" not in text
        text.encode()


def test_a_title_is_shown_where_the_look_has_one(ledger: LedgerPage) -> None:
    assert "Fix the login" not in html(ledger, APPROVAL)
    assert "<bdi>Fix the login</bdi>" in html(ledger, replace(APPROVAL, title="Fix the login"))


def test_the_same_look_is_the_same_html(ledger: LedgerPage) -> None:
    """Else each look would change the page."""
    assert html(ledger, *EXAMPLES) == html(ledger, *EXAMPLES)


def test_a_file_has_no_live_sessions(ledger: LedgerPage) -> None:
    assert live_card.build(ledger.data()) is None
    assert "data-live" not in whole_file.whole(Pages(), ledger.data())


def test_a_wait_that_ended_is_not_read_out(ledger: LedgerPage) -> None:
    ended = replace(APPROVAL, status=SessionStatus(status="working", since=NOW - timedelta(seconds=5)))
    assert card(ledger, ended).waiting == ()


def test_what_a_look_finds_as_before_is_not_filled_again(ledger: LedgerPage) -> None:
    class Counted(Pages):
        times = 0

        def section(self, name: str, built: Struct) -> Markup:
            self.times += 1
            return super().section(name, built)

    pages = Counted()

    def shown(session: LiveSession, seconds: float = 0) -> str:
        at = NOW + timedelta(seconds=seconds)
        data = replace(ledger.data("tab=sessions"), look=lambda: look(session, at=at))
        return "".join(pages.live(data).values())

    working = replace(WORKING, status=replace(WORKING.status, since=NOW - timedelta(minutes=5), task=None))
    first = shown(working)
    assert shown(working, 2) == first
    assert pages.times == 1
    assert shown(working, 60) != first
    assert "321 MB" in shown(replace(working, rss=321 << 20))
    assert pages.times == 3
