"""The submenu of live sessions: who waits, what each does, and what can be done about it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from providers.domain.live import GitState, LiveSession, SessionsLook, SessionStatus, Status, Task
from tests.tray.hostile import NAMES, hostile_sessions
from tests.tray.view.menu.test_any_menu import assert_drawable
from tests.tray.view.test_menu import ZONE
from tools.example_sessions import APPROVAL, AT, DONE, IDLE, QUESTION, WORKING, look, many, tally
from tools.example_states import CLAUDE, CODEX, NOW, state
from tray.view import menu
from tray.view.available import Available
from tray.view.row_icon import SessionMark
from tray.view.rows import Action, Row, lines, validate, walk


def submenu(*sessions: LiveSession, available: Available | None = None) -> Row:
    return submenu_of(SessionsLook(at=AT, sessions=sessions), available)


def submenu_of(found: SessionsLook, available: Available | None = None) -> Row:
    rows = menu.rows(state(CODEX, CLAUDE, sessions=found), NOW, ZONE, available=available)
    validate(rows)
    (row,) = (row for row in rows if row.key == "sessions")
    return row


def texts(row: Row) -> list[str]:
    return [each.text for each in row.children if each.kind != "separator"]


def test_the_submenu() -> None:
    row = submenu_of(look(IDLE, DONE, QUESTION, WORKING, APPROVAL))
    assert row.text == "Sessions: 2 waiting  ·  1 working  ·  1 idle  ·  1 done"
    assert texts(row) == [
        "cleaning: approval for Bash  ·  3 min",
        "billing-api: question  ·  < 1 min",
        "tankful: working  ·  gpt-5.5  ·  42 % context  ·  ≈ $1.20",
        "docs: idle for 22 min  ·  claude-sonnet-5  ·  16 % context  ·  ≈ $0.18",
        "playground: done 4 min ago  ·  ≈ $0.05",
        "Left by playground: vite --host  ·  port 5173  ·  pid 39001",
        "2 MCP servers: github and linear",
    ]
    kinds = ("waiting", "waiting", "working", "resting", "resting")
    assert [each.icon for each in row.children[:5]] == [SessionMark(kind) for kind in kinds]  # type: ignore[arg-type]
    assert row.icon == SessionMark("waiting")


def test_all_that_is_known_of_a_session() -> None:
    (row,) = submenu(APPROVAL).children
    assert list(lines(row.children)) == [
        "Bring to front",
        "Copy resume command",
        "",
        "Approval for Bash  ·  3 min  ·  according to its program",
        "Bash: npm run deploy -- --stage",
        "claude-opus-5 high  ·  Claude 2.1.332",
        "",
        "≈ $1.84  ·  912 K tokens",
        "≈ $2.36  ·  1.2 M tokens  ·  with subagents",
        "Context 84 K of 200 K  ·  42 %",
        "14 turns  ·  1 compaction  ·  3.4 K tokens a minute",
        "6 % of the weekly limit",
        "",
        "/home/dev/src/cleaning",
        "Branch release/2.4  ·  2 new  ·  5 modified",
        "pid 40121  ·  312 MB  ·  started 1 h ago",
        "",
        "node server.js --port 3000  ·  port 3000  ·  96 MB",
        "npm run watch  ·  61 MB",
        "Subagent Explore: working  ·  ≈ $0.52  ·  268 K tokens",
    ]


def test_of_a_session_of_which_little_is_known_nothing_is_made_up() -> None:
    bare = LiveSession(
        provider="codex", id="019a9f30", home="~/.codex", status=SessionStatus(status="unknown")
    )
    (row,) = submenu(bare).children
    assert row.text == "019a9f30: status unknown"
    assert texts(row) == [
        "Bring to front",
        "Copy resume command",
        "Status unknown  ·  according to its log",
        "Codex",
    ]


def test_no_submenu_without_sessions() -> None:
    for found in (None, SessionsLook(at=AT)):
        rows = menu.rows(state(CODEX, CLAUDE, sessions=found), NOW, ZONE)
        assert rows == menu.rows(state(CODEX, CLAUDE), NOW, ZONE)


def test_the_longest_wait_is_first() -> None:
    early = replace(APPROVAL, id="early", project="early", status=waits("approval", minutes=9))
    late = replace(APPROVAL, id="late", project="late", status=waits("approval", minutes=1))
    asks = replace(QUESTION, status=waits("waiting", minutes=30))
    found = texts(submenu(WORKING, late, asks, early))
    assert [text.split(":")[0] for text in found] == ["early", "late", "billing-api", "tankful"]


def waits(status: Status, *, minutes: float) -> SessionStatus:
    return SessionStatus(
        status=status, since=NOW - timedelta(minutes=minutes), task=Task(tool="Bash"), evidence="hook"
    )


def test_what_is_only_inferred_is_said_to_be() -> None:
    inferred = replace(APPROVAL, status=replace(APPROVAL.status, evidence="log"))
    assert texts(submenu(inferred)) == ["cleaning: probably approval for Bash  ·  3 min"]
    nameless = replace(APPROVAL, status=replace(APPROVAL.status, task=None, since=None))
    assert texts(submenu(nameless)) == ["cleaning: approval"]


def test_what_waits_for_its_account() -> None:
    (row,) = submenu(replace(WORKING, rate_limited=True)).children
    assert row.text.startswith("tankful: rate-limited  ·  ")
    assert "Its account is blocked." in texts(row)
    assert texts(submenu(replace(APPROVAL, rate_limited=True))) == ["cleaning: approval for Bash  ·  3 min"]


def test_sessions_of_one_project_are_told_apart() -> None:
    one, other = (replace(WORKING, id=f"0000-{name}") for name in ("aaaa", "bbbb"))
    assert [text.split(":")[0] for text in texts(submenu(one, other))] == ["tankful (aaaa)", "tankful (bbbb)"]
    branched = replace(other, git=GitState(branch="fix/x"))
    found = [text.split(":")[0] for text in texts(submenu(one, branched))]
    assert found == ["tankful (main)", "tankful (fix/x)"]


def test_one_session_in_two_homes_is_two() -> None:
    copied = replace(WORKING, home="~/.codex-2")
    row = submenu(WORKING, copied)
    assert len(row.children) == 2
    assert [texts(each)[4] for each in row.children] == [
        f"gpt-5.5 medium  ·  Codex ({home}) 0.171.0" for home in ("~/.codex", "~/.codex-2")
    ]


@pytest.mark.parametrize(
    "change",
    [{"owner_certain": False}, {"pid": None}, {"kind": "daemon"}, {"kind": "app"}, {"status": DONE.status}],
)
def test_only_a_program_that_is_certainly_its_own_is_brought_to_the_front(change: dict[str, object]) -> None:
    def front(session: LiveSession) -> bool:
        (row,) = (row for row in walk((submenu(session),)) if row.text == "Bring to front")
        assert row.action == Action("front", f"claude:~/.claude:{APPROVAL.id}")
        return row.enabled

    assert front(APPROVAL)
    assert not front(replace(APPROVAL, **change))


def test_no_action_that_this_desktop_does_not_have() -> None:
    bare = submenu(APPROVAL, available=Available(copy=False, front=False))
    assert {row.kind for row in walk(bare.children[0].children)} == {"text", "separator"}


def test_of_many_sessions_the_first_have_submenus() -> None:
    row = submenu_of(many(40))
    rows = [each for each in row.children if each.kind == "submenu"]
    assert [each.text for each in rows[11:]] == ["project-17: question  ·  < 1 min", "28 more"]
    below = rows[-1].children
    assert len(below) == 25
    assert {each.kind for each in below} == {"text"}
    assert below[-1].text == "And 4 more; `tankful sessions` lists all."


def test_what_ended_sessions_left_is_shown_without_any_session() -> None:
    row = submenu_of(replace(look(), mcp_servers=()))
    assert row.text == "Sessions: 1 process left"
    assert texts(row) == ["Left by playground: vite --host  ·  port 5173  ·  pid 39001"]


def test_a_port_that_two_sessions_use_is_marked() -> None:
    (row,) = submenu(WORKING).children
    assert "python -m http.server 3000  ·  port 3000, also taken by another session  ·  24 MB" in texts(row)
    assert "probably pid 40533  ·  118 MB  ·  started 31 min ago" in texts(row)


def test_a_cost_with_unpriced_models_is_a_lower_bound() -> None:
    partial = replace(WORKING, tally=replace(tally(1.2, 100), unpriced=2))
    assert texts(submenu(partial))[0].endswith("≥ $1.20")
    assert texts(submenu(replace(WORKING, tally=tally(None, 100))))[0].endswith("42 % context")


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_whatever_names_others_chose(name: str) -> None:
    for row in walk((submenu_of(hostile_sessions(name)),)):
        assert_drawable(row)
        assert len(row.text) < 160


@pytest.mark.parametrize("folder", ["/home/dev/src/cleaning", "C:\\src\\cleaning\\", "cleaning", None])
def test_a_project_is_the_name_of_its_folder(folder: str | None) -> None:
    (text,) = texts(submenu(replace(APPROVAL, project=folder)))
    assert text == "cleaning: approval for Bash  ·  3 min"
