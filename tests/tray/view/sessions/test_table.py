"""The table of live sessions at the widths of terminals; `sample` writes the files that it is like."""

from __future__ import annotations

import re

import pytest
from msgspec.structs import replace

from providers.domain.live import ChildProcess, LiveSession, SessionsLook, SessionStatus, Status, Task
from tests.tray.hostile import NAMES
from tests.tray.view.sessions.sample import (
    APPROVAL,
    FULL,
    GOLDEN,
    HOMES,
    IDLE,
    LOG_ONLY,
    LOOKS,
    NOW,
    QUESTION,
    TITLES,
    WIDTHS,
    WORKING,
    ago,
    shown,
)
from tray.view.cells import cells_of
from tray.view.output import Paper
from tray.view.sessions import table

STYLES = re.compile(r"\x1b\[\d+m")


def of(*sessions: LiveSession, width: int = 80, styled: bool = False) -> str:
    look = SessionsLook(at=NOW, sessions=sessions, counted_at=NOW)
    return table.text(look, TITLES, HOMES, Paper(width=width, styled=styled))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", LOOKS)
def test_tables(name: str, width: int) -> None:
    assert f"{shown(name, width)}\n" == (GOLDEN / f"{name}-{width}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [40, 50, *range(58, 64), 80, 100, 150, 200, 300])
@pytest.mark.parametrize("name", LOOKS)
@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1", "cp437"])
def test_no_line_is_too_long(name: str, width: int, encoding: str) -> None:
    text = shown(name, width, encoding=encoding)
    assert text.encode(encoding).decode(encoding) == text
    assert max(map(cells_of, text.splitlines())) <= width


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", LOOKS)
def test_colours_are_only_that(name: str, width: int) -> None:
    assert STYLES.sub("", shown(name, width, styled=True)) == shown(name, width)


@pytest.mark.parametrize("height", range(1, 60))
@pytest.mark.parametrize("width", [60, 80, 160])
def test_it_is_as_high_as_the_terminal_and_those_that_wait_stay(width: int, height: int) -> None:
    lines = shown("full", width, height=height).splitlines()
    assert len(lines) <= height
    if height > 10:
        assert sum(line.startswith("! ") for line in lines) == 2


def test_all_rows_are_shown_before_any_detail() -> None:
    lines = shown("full", 160, height=12).splitlines()
    assert len([line for line in lines if re.match(r"(! |  )[a-z]", line)]) == len(FULL.sessions) + 1
    assert not [line for line in lines if line.startswith("    ")]


def test_what_has_no_room_is_counted() -> None:
    assert shown("full", 160, height=6).splitlines()[-1].strip() == "and 5 more"


@pytest.mark.parametrize("text", NAMES.values(), ids=NAMES)
def test_foreign_names_change_nothing(text: str) -> None:
    hostile = replace(
        APPROVAL,
        project=text,
        model=text,
        effort=text,
        home=text,
        title=text,
        status=SessionStatus(status="approval", task=Task(tool=text, argument=text)),
        children=(ChildProcess(pid=1, command=text, ports=(1,)),),
        git=replace(APPROVAL.git, branch=text) if APPROVAL.git else None,
    )
    for width in WIDTHS:
        shown = of(hostile, replace(hostile, home="other"), width=width)
        assert all(line.isprintable() for line in shown.split("\n"))


def test_a_waiting_session_is_marked_without_colours_and_loud_with_them() -> None:
    plain = of(APPROVAL, QUESTION, IDLE)
    assert [line[:2] for line in plain.splitlines() if "tankful" in line or "billing" in line] == ["! ", "! "]
    loud = of(APPROVAL, IDLE, styled=True)
    assert re.search(r"\x1b\[1m\x1b\[33m\x1b\[7mapproval: Bash", loud)
    assert "\x1b[7m" not in of(IDLE, styled=True)


def test_a_status_that_only_the_log_has_is_marked() -> None:
    assert "working ?" in of(LOG_ONLY)
    assert "? marks a status judged by the log alone" in of(LOG_ONLY)
    known = replace(LOG_ONLY, owner_certain=True, status=replace(LOG_ONLY.status, task=None))
    for sure in (WORKING, IDLE, known):
        assert "?" not in of(sure)


@pytest.mark.parametrize(("status", "lines"), [("working", 1), ("approval", 2)])
def test_what_waits_is_shown_whole_and_what_runs_in_one_line(status: Status, lines: int) -> None:
    task = Task(tool="Bash", argument="make " + "target " * 20, since=ago(minutes=3))
    text = of(replace(IDLE, status=SessionStatus(status=status, task=task, evidence="program")))
    found = [line for line in text.splitlines() if "target" in line]
    assert len(found) == lines
    assert found[-1].endswith("…, for 3 min" if status == "working" else "target")


def test_an_unknown_process_is_shown_as_such() -> None:
    assert "process unknown" in of(LOG_ONLY, width=160)
    assert "process unknown" not in of(IDLE, width=160)


@pytest.mark.parametrize(
    ("tokens", "mark"), [(74_000, "74 % "), (75_000, "75 % !"), (90_000, "90 % !!"), (130_000, "100 % !!")]
)
def test_a_context_that_is_almost_full_is_marked(tokens: int, mark: str) -> None:
    session = replace(IDLE, context_tokens=tokens, context_window=100_000)
    assert f"{mark} " in of(session)


def test_a_context_window_of_unknown_size_has_tokens() -> None:
    assert re.search(r" 14 K {2}", of(replace(IDLE, context_window=None)))
    assert "context" not in of(replace(IDLE, context_tokens=None))


def test_further_processes_are_counted() -> None:
    children = tuple(ChildProcess(pid=at, command="sh") for at in range(6))
    assert "5 more processes" in of(replace(IDLE, children=children, more_children=3))
    assert "1 more process" in of(replace(IDLE, more_children=1))


def test_homes_are_named_where_there_are_several() -> None:
    assert "~/.codex" not in of(IDLE, WORKING)
    both = of(IDLE, replace(IDLE, id="other", home="~/work/.codex"), WORKING)
    assert "~/.codex" in both
    assert "~/work/.codex" in both
    assert "~/.claude" not in both


def test_ids_tell_sessions_apart() -> None:
    twin = replace(IDLE, id=f"{IDLE.id[:11]}x")
    text = of(IDLE, twin, width=200)
    assert IDLE.id[:12] in text
    assert twin.id in text


def test_a_time_that_lies_ahead_is_now() -> None:
    assert " 0 s " in of(replace(IDLE, status=replace(IDLE.status, since=ago(seconds=-9))))


def test_cost_of_nothing_counted_is_not_shown() -> None:
    text = of(replace(IDLE, tally=None))
    assert "cost" not in text.splitlines()[2]
    assert "Tokens and cost are not counted yet" in text


def test_titles_stand_below_where_the_person_wants_them() -> None:
    assert "    fix the gauge" in of(replace(IDLE, title="fix the gauge"))
