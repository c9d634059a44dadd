"""How full the windows of the last minutes' sessions are."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from providers.domain.cost import TokenUsage
from tests.tray.faces.page.ledgers import NOW, LedgerPage, billed
from tests.tray.faces.page.test_breakdown import HOSTILE
from tray.faces.page.render import Pages
from tray.faces.page.sections import contexts
from tray.faces.page.sections.contexts import ContextsInUse

MINUTE = timedelta(minutes=1)


def filled(folder: Path) -> LedgerPage:
    """Claude's haiku has a window of 200,000 for certain, that of opus is not known."""
    page = LedgerPage(folder)
    sessions = [
        ("claude-haiku-4-5", "half", 2, 100_000),
        ("claude-haiku-4-5", "low", 3, 150_000),
        ("claude-haiku-4-5", "full", 4, 199_999),
        ("claude-opus-4-8", "guess", 5, 50_000),
        ("claude-opus-4-8", "long", 6, 250_000),
        ("claude-opus-4-8", "old", 100, 10),
    ]
    page.add(
        "claude",
        [
            billed(
                NOW - ago * MINUTE,
                model,
                home=page.claude,
                session=session,
                project=f"/work/{session}",
                usage=TokenUsage(10, tokens - 30, 20, 0, 9_000, 0),
            )
            for model, session, ago, tokens in sessions
        ],
    )
    return page


def uses(built: ContextsInUse) -> list[tuple[str, str, str, str]]:
    return [(row.project.shown, row.shown, row.window.value, row.level) for row in built.rows]


def test_percent_of_the_window_where_it_is_known(tmp_path: Path) -> None:
    built = contexts.build(filled(tmp_path).data())
    assert uses(built) == [
        ("half", "50 %", "200000", ""),
        ("low", "75 %", "200000", "warn"),
        ("full", "99 %", "200000", "bad"),
        ("guess", "–", "", ""),
        ("long", "25 %", "1000000", ""),
    ]
    assert [row.used.value for row in built.rows] == ["100000", "150000", "199999", "50000", "250000"]
    card = built.cards[0]
    assert (card.value, card.note) == ("62 %", "4 of 5 sessions of which the window is known")
    total = (100_000 + 150_000 + 199_999 + 50_000 + 250_000 + 10) / 6
    assert (built.cards[1].full, built.cards[1].note) == (f"{total:.1f}", "over 6 responses")
    assert len(built.notes) == 1


@pytest.mark.parametrize(
    ("query", "sessions"),
    [
        ("minutes=120", 6),
        ("minutes=3", 2),
        ("minutes=0", 5),
        ("minutes=x", 5),
        ("minutes=" + "9" * 500, 6),
        ("model=claude-opus-4-8", 2),
        ("provider=codex", 0),
        ("project=/work/low", 1),
        ("account=nobody", 0),
        ("range=custom&from=2026-01-01&to=2026-01-02", 5),
    ],
)
def test_minutes_and_filters_stand_in_the_address(tmp_path: Path, query: str, sessions: int) -> None:
    page = filled(tmp_path)
    built = contexts.build(page.data(query))
    assert len(built.rows) == sessions
    Pages().section("contexts", built)
    assert sum(choice.current for choice in built.choices) <= 1
    assert [choice.address for choice in contexts.build(page.data()).choices] == [
        "/?minutes=15",
        "/",
        "/?minutes=240",
        "/?minutes=1440",
    ]


def test_a_prompt_larger_than_its_window_is_all_of_it(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path)
    usage = TokenUsage(10**12, 10**12, 0, 0, 0, 0)
    page.add("claude", [billed(home=page.claude, session="s", usage=usage)])
    row = contexts.build(page.data()).rows[0]
    assert (row.percent, row.shown, row.used.value) == (100, "100 %", f"{2 * 10**12}")


def test_hostile_names(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path)
    page.add(
        "claude",
        [billed(home=page.claude, session=each, model=each, project=each, effort=each) for each in HOSTILE],
    )
    html = str(Pages().section("contexts", contexts.build(page.data())))
    assert "<script" not in html
    assert not any(sign in html for sign in "\x00\x1b\u202e\ud800")
    html.encode()


def test_no_ledger_and_a_damaged_one(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path)
    assert contexts.build(page.data()).rows == ()
    page.add("claude", [billed(home=page.claude, session="s")])
    page.costs.files[0].write_bytes(b"no database at all" * 1000)
    page.costs.files[1].unlink(missing_ok=True)
    built = contexts.build(page.data())
    assert (built.rows, "damaged" in built.problem) == ((), True)
    assert built.problem in str(Pages().section("contexts", built))
