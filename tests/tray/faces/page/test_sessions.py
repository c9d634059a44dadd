"""The sessions equal those of `tankful cost --by session --json`, subagents under theirs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from providers.domain.cost import BilledResponse, TokenUsage
from tests.tray.faces.page.ledgers import NOW, LedgerPage, billed
from tests.tray.faces.page.test_breakdown import HOSTILE
from tray.engine.document_values import as_time
from tray.faces.page.render import Pages
from tray.faces.page.sections import sessions
from tray.faces.page.sections.sessions import SessionEntry

HOUR = timedelta(hours=1)
KEYS = ("cost", "total", "input", "cache_read", "cache_write", "output", "reasoning", "responses")


def figures(entry: SessionEntry) -> dict[str, Any]:
    cells = dict(zip(KEYS, (cell.value for cell in entry.cells), strict=True))
    return {
        "usd": float(cells["cost"]) if cells["cost"] else None,
        "total_tokens": int(cells["total"]),
        "input_tokens": int(cells["input"]),
        "cache_read_tokens": int(cells["cache_read"]),
        "cache_write_tokens": int(cells["cache_write"]),
        "output_tokens": int(cells["output"]),
        "reasoning_tokens": int(cells["reasoning"]),
        "responses": int(cells["responses"]),
    }


def as_json(entry: SessionEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "project": None if entry.project.full == "unknown" else entry.project.full,
        "started_at": entry.started.value,
        "last_at": entry.last.value,
        "models": entry.models.full.split(", "),
        "subagents": entry.subagents,
        **figures(entry),
    }


def expected(session: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in session.items() if key != "cache_write_1h_tokens"}


made = st.lists(
    st.tuples(
        st.integers(0, 40 * 24 * 60),
        st.sampled_from(["one", "two", "three", None]),
        st.sampled_from([None, "one", "two"]),
        st.sampled_from(["gpt-5.5", "mystery", None]),
        st.sampled_from(["/work/one", None]),
        st.tuples(*[st.sampled_from([0, 1, 10**6, 10**12])] * 4),
    ),
    max_size=12,
)


_AT_ONCE = [(0, "two", None, "gpt-5.5", None, (0,) * 4), (0, "two", None, "mystery", "/work/one", (0,) * 4)]


@settings(max_examples=25)
@example([(0, "one", None, "mystery", "/work/one", (0,) * 4), *_AT_ONCE], "7d", "UTC")
@given(made, st.sampled_from(["7d", "30d", "month"]), st.sampled_from(["UTC", "Pacific/Auckland"]))
def test_equal_cost_json(chosen: list[tuple[Any, ...]], days: str, zone: str) -> None:
    with TemporaryDirectory() as folder:
        page = LedgerPage(Path(folder))
        responses: list[BilledResponse] = [
            billed(
                NOW - timedelta(minutes=ago),
                model,
                home=page.codex,
                session=session,
                root=root,
                project=project,
                usage=TokenUsage(fresh, read, written, 0, output, output // 2),
            )
            for ago, session, root, model, project, (fresh, read, written, output) in chosen
        ]
        page.add("codex", responses, lambda each: None if each.context.model in (None, "mystery") else 10**9)
        data = page.data(f"range={days}&zone={zone}")
        shown = sessions.build(data)
        cost = page.cost(data, "session")["codex"]["by_session"]
        assert [as_json(each) for each in shown.entries] == [expected(each) for each in cost]


def a_session_with_subagents(folder: Path) -> LedgerPage:
    page = LedgerPage(folder)
    responses = [
        billed(NOW - 2 * HOUR, home=page.codex, session="main", root="main", project="/p/app", tokens=1),
        billed(NOW - HOUR, "gpt-5.4", home=page.codex, session="sub-a", root="main", project="/q", tokens=20),
        billed(NOW, "mystery", home=page.codex, session="sub-b", root="main", tokens=300, effort="high"),
        billed(NOW - 3 * HOUR, home=page.codex, session="old", project="/p/app", tokens=4000),
        billed(NOW - 4 * HOUR, home=page.codex, tokens=50_000),
    ]
    return page.add("codex", responses)


def test_a_session_opens_to_each_of_its_subagents(tmp_path: Path) -> None:
    page = a_session_with_subagents(tmp_path)
    closed = sessions.build(page.data("range=7d"))
    assert [(entry.id, entry.subagents, entry.project.shown) for entry in closed.entries] == [
        ("main", 2, "app"),
        ("old", 0, "app"),
        ("unknown", 0, "unknown"),
    ]
    assert not any(entry.parts for entry in closed.entries)
    opened = sessions.build(page.data(closed.entries[0].toggle)).entries[0]
    assert [(part.id, part.is_subagent, figures(part)["total_tokens"]) for part in opened.parts] == [
        ("main", False, 1),
        ("sub-a", True, 20),
        ("sub-b", True, 300),
    ]
    assert figures(opened)["total_tokens"] == 321
    assert opened.cells[0].shown == "≥ $21.00"
    assert opened.parts[2].cells[0].shown == "no price"
    assert sessions.build(page.data(opened.toggle)) == closed
    whole = page.rollup.subagents(page.data("range=7d").selection, "main")
    assert [part.tally.usage.total_tokens for part in whole] == [1, 20, 300]
    assert not any(each.is_open for each in sessions.build(page.data("range=7d&open=all")).entries)


def test_a_session_over_midnights_opens_to_the_days_of_the_address(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path)
    page.add(
        "codex",
        [
            billed(NOW - days * 24 * HOUR, home=page.codex, session="sub", root="main", tokens=10**days)
            for days in range(6)
        ],
    )
    for query in (
        "range=custom&from=2026-11-16&to=2026-11-18&zone=Pacific/Auckland",
        "range=all",
        "range=today",
    ):
        closed = sessions.build(page.data(query)).entries[0]
        opened = sessions.build(page.data(closed.toggle)).entries[0]
        assert [figures(part) for part in opened.parts] == [figures(closed)]


def test_the_command_that_goes_on_is_that_of_cost(tmp_path: Path) -> None:
    page = a_session_with_subagents(tmp_path)
    page.add(
        "claude", [billed(home=page.claude, session=name) for name in ("abc-1", "a;rm -rf", "-x", *HOSTILE)]
    )
    found = {entry.id: entry.resume for entry in sessions.build(page.data()).entries}
    assert found["main"] == "codex resume main"
    assert found["abc-1"] == "claude --resume abc-1"
    assert found["unknown"] == ""
    assert {resume for ident, resume in found.items() if ident not in ("main", "old", "abc-1")} == {""}


def test_hostile_names_are_escaped(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path)
    page.add(
        "codex",
        [billed(home=page.codex, session=each, model=each, project=each, effort=each) for each in HOSTILE],
    )
    toggles = [entry.toggle for entry in sessions.build(page.data()).entries]
    idents = ",".join(toggle.partition("open=")[2] for toggle in toggles)
    html = str(Pages().section("sessions", sessions.build(page.data(f"open={idents}"))))
    assert html.count('aria-expanded="true"') == len(HOSTILE)
    assert "<script" not in html
    assert not any(sign in html for sign in "\x00\x1b\u202e\ud800")
    html.encode()


def test_sorted_and_paged_by_the_address(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path)
    page.add(
        "codex",
        [
            billed(NOW - n * HOUR / 4, home=page.codex, session=f"s{n:03}", tokens=n % 7 + 1)
            for n in range(130)
        ],
    )

    def ids(query: str) -> list[str]:
        return [entry.id for entry in sessions.build(page.data(query)).entries]

    assert ids("")[:2] == ["s000", "s001"]
    assert ids("sort=-last")[:2] == ["s129", "s128"]
    tokens = [figures(entry)["total_tokens"] for entry in sessions.build(page.data("sort=cost")).entries]
    assert tokens == sorted(tokens, reverse=True)
    every = [ident for number in (1, 2, 3) for ident in ids(f"sort=total&page={number}")]
    assert len(set(every)) == 130
    assert ids("page=3") == ids("page=99") == ids("page=999999999")
    assert len(ids("page=3")) == 30
    assert ids("page=x") == ids("") == ids("sort=nonsense") == ids("page=0") == ids(f"page={'9' * 5000}")
    built = sessions.build(page.data("page=2"))
    assert (built.count, built.pager.previous, built.pager.next) == (130, "/", "/?page=3")
    assert [(title, cells[1].value) for title, cells in built.more] == [
        ("Total", f"{sum(n % 7 + 1 for n in range(130))}")
    ]


@pytest.mark.parametrize("query", ["", "range=today", "provider=claude", "project=/nowhere"])
def test_nothing_was_used(tmp_path: Path, query: str) -> None:
    built = sessions.build(LedgerPage(tmp_path).data(query))
    assert built.entries == ()
    assert "No sessions in this period." in str(Pages().section("sessions", built))


def test_times_are_local(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path)
    page.add("codex", [billed(NOW, home=page.codex, session="s")])
    entry = sessions.build(page.data("zone=Asia/Kathmandu")).entries[0]
    assert (entry.last.shown, entry.last.value) == ("17:45", as_time(NOW))
