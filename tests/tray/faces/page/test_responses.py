"""Single responses: each with its own figures, once, newest first, through all pages."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from providers.domain.cost import TokenUsage
from tests.tray.faces.page.ledgers import NOW, LedgerPage, billed
from tests.tray.faces.page.test_breakdown import HOSTILE
from tray.faces.page.render import Pages
from tray.faces.page.sections import responses
from tray.faces.page.sections.responses import ResponseEntry, Responses

KEYS = ("cost", "total", "input", "cache_read", "cache_write", "output", "reasoning")


def values(entry: ResponseEntry) -> dict[str, str]:
    return dict(zip(KEYS, (cell.value for cell in entry.cells), strict=True))


def pages(page: LedgerPage, query: str) -> list[Responses]:
    """All of them, as a person goes through them."""
    found = [responses.build(page.data(query))]
    while found[-1].older:
        assert len(found) < 10
        found.append(responses.build(page.data(found[-1].older)))
    return found


def test_each_has_its_own_figures_and_not_those_of_its_session(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path)
    page.add(
        "codex",
        [
            billed(
                NOW - timedelta(minutes=1),
                home=page.codex,
                usage=TokenUsage(125, 25, 0, 0, 10, 6),
                session="s",
            ),
            billed(
                NOW, home=page.codex, usage=TokenUsage(1000, 150, 7, 3, 20, 1), session="s", effort="high"
            ),
        ],
    )
    newest, oldest = responses.build(page.data()).entries
    assert values(oldest) == {
        "cost": "160.000000",
        "total": "160",
        "input": "125",
        "cache_read": "25",
        "cache_write": "0",
        "output": "10",
        "reasoning": "6",
    }
    assert values(newest)["total"] == "1177"
    assert (newest.effort.shown, oldest.effort.shown) == ("high", "unknown")
    assert (newest.at.value, newest.at.shown) == ("2026-11-20T12:00:00Z", "2026-11-20 12:00:00")


def test_pages_have_each_response_once_and_add_up_to_the_total(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path)
    page.add(
        "codex",
        [
            billed(NOW - timedelta(minutes=n // 3), home=page.codex, tokens=n + 1, key=n + 1)
            for n in range(173)
        ],
    )
    page.add(
        "claude",
        [
            billed(NOW - timedelta(minutes=n), "opus", home=page.claude, tokens=1000, key=n + 1)
            for n in range(40)
        ],
    )
    for query in ("", "provider=codex", "model=opus", "range=today&zone=Asia/Tokyo"):
        found = pages(page, query)
        entries = [entry for each in found for entry in each.entries]
        total = page.data(query).tallies()[()]
        assert len(entries) == found[0].count == total.responses
        assert sum(int(values(entry)["total"]) for entry in entries) == total.usage.total_tokens
        times = [entry.at.value for entry in entries]
        assert times == sorted(times, reverse=True)
        assert all(len(each.entries) == 50 for each in found[:-1])
    assert [each.newest for each in pages(page, "model=opus")] == [""]
    assert [each.newest for each in pages(page, "range=7d")][1] == "/?range=7d"


@pytest.mark.parametrize("cursor", ["2", "1.2", "9999999999999999.1", "1.9999999999999999999"])
def test_a_page_that_is_none_has_a_way_back(tmp_path: Path, cursor: str) -> None:
    page = LedgerPage(tmp_path)
    page.add("codex", [billed(home=page.codex)])
    built = responses.build(page.data(f"page={cursor}"))
    assert built.newest == "/"
    assert bool(built.problem) == (cursor in ("2", "1.9999999999999999999"))
    assert len(built.entries) == (0 if cursor == "1.2" else 1)
    Pages().section("responses", built)


def test_a_response_without_anything_and_one_on_other_terms(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path)
    page.add(
        "codex",
        [
            billed(home=page.codex, model=None, tokens=10**12, key=1),
            billed(home=page.codex, tier="fast", session="sub", root="main", key=2, model="mystery"),
        ],
    )
    other, bare = responses.build(page.data()).entries
    assert (bare.model.shown, bare.project.shown, bare.session.shown) == ("unknown", "unknown", "unknown")
    assert (bare.cells[0].shown, bare.cells[1].shown, bare.cells[1].value) == (
        "no price",
        "1.0 T",
        f"{10**12}",
    )
    assert (other.terms, other.session.full, other.is_subagent) == ("fast", "sub", True)


def test_what_is_on_no_line_is_no_response(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path)
    page.add("claude", [billed(home=page.claude, tokens=4, not_on_lines=True)])
    assert responses.build(page.data()).entries == ()


def test_names_lead_to_their_filters_and_hostile_ones_are_escaped(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path)
    page.add(
        "codex",
        [
            billed(home=page.codex, model=each, project=each, effort=each, session=each, tier=each, key=n + 1)
            for n, each in enumerate(HOSTILE)
        ],
    )
    built = responses.build(page.data())
    html = str(Pages().section("responses", built))
    assert "<script" not in html
    assert not any(sign in html for sign in "\x00\x1b\u202e\ud800")
    html.encode()
    for entry in built.entries:
        only = responses.build(page.data(entry.model.address))
        found = [each.model.full for each in only.entries]
        assert found == [entry.model.full] or len(entry.model.full) > 10_000


def test_a_damaged_ledger_is_a_sentence(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path)
    page.add("codex", [billed(home=page.codex)])
    page.costs.files[0].write_bytes(b"no database at all" * 1000)
    page.costs.files[1].unlink(missing_ok=True)
    built = responses.build(page.data())
    assert (built.entries, "damaged" in built.problem) == ((), True)
    assert built.problem in str(Pages().section("responses", built))
