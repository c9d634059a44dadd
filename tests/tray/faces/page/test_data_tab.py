"""How each number was counted: homes and logs, gaps, sources, prices and files."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from providers.domain.cost import TokenUsage
from providers.ledger.quarantine import mark_damaged
from providers.ledger.rollup.rollup import Rollup
from tests.tray.faces.page.ledgers import NOW, LedgerPage, billed
from tray.faces.page.limits.accounts import UNREADABLE
from tray.faces.page.render import Pages
from tray.faces.page.sections import counted_logs, left_out, limit_sources, rates, storage
from tray.faces.page.table.plain import FactTable

FIXTURE = Path(__file__).parents[3] / "fixtures/codex/0.169.0/plain/home/sessions"


def shown(table: FactTable) -> list[tuple[str, ...]]:
    return [tuple(cell.shown for cell in row) for row in table.rows]


@pytest.fixture
def scanned(tmp_path: Path) -> LedgerPage:
    """A home with real logs, one of them with two damaged lines, one deleted since."""
    page = LedgerPage(tmp_path, now=datetime(2026, 11, 20, 18, tzinfo=UTC))
    shutil.copytree(FIXTURE, page.codex / "sessions")
    logs = sorted((page.codex / "sessions").rglob("*.jsonl"))
    with logs[0].open("ab") as file:
        file.write(b'{"broken": \n{"broken": \n')
    page.costs.count()
    logs[1].unlink()
    page.costs.count()
    page.costs.ledger.load(page.rollup, page.homes)
    return page


def test_homes_and_logs_are_those_of_the_count(scanned: LedgerPage) -> None:
    data = scanned.data()
    built = counted_logs.build(data)
    rows = {row[0].hint: row for row in built.table.rows}
    home = rows[str(scanned.codex)]
    report = scanned.cost(data, "day")["codex"]
    assert int(home[2].value) == report["files"] > 0
    size = sum(log.stat().st_size for log in (scanned.codex / "sessions").rglob("*.jsonl"))
    assert int(home[3].value) == size
    assert home[4].value == "1"
    assert int(home[5].value) == report["skipped_lines"] == 2
    assert rows[str(scanned.claude)][2].shown == "does not exist"
    assert "Codex: all logs are counted." in built.lines
    days = sorted(
        scanned.cost(scanned.data("range=custom&from=2025-01-01&to=2027-01-01"), "day")["codex"]["by_day"]
    )
    assert f"First day with use: {days[0]}. Last day: {days[-1]}." in built.lines


def test_a_log_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path)
    shutil.copytree(FIXTURE, page.codex / "sessions")
    log = min((page.codex / "sessions").rglob("*.jsonl"))
    log.unlink()
    log.mkdir()  # as root nothing else fails
    (log / "rollout-inner.jsonl").symlink_to(log / "rollout-inner.jsonl")
    page.costs.incomplete_logs = {"codex": (f"{log}\x00\u202e", *(f"/log/{n}" for n in range(30)))}
    named = counted_logs.build(page.data()).named
    assert named[0] == f"{log}  "
    assert (len(named), named[-1]) == (21, "and 11 more")


def test_nothing_counted_yet_is_said(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path)
    page.codex.mkdir()
    built = counted_logs.build(page.data())
    assert [row[2] for row in shown(built.table)][:2] == ["no logs yet", "does not exist"]
    assert built.lines == ("Codex: not counted yet.", "Claude: not counted yet.")
    assert storage.build(page.data()).states == ("Nothing was counted yet: there is no ledger.",)
    for name, section in (("counted_logs", counted_logs), ("storage", storage), ("left_out", left_out)):
        Pages().section(name, section.build(page.data()))


def test_unpriced_models_with_what_they_came_to(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path)
    fast = billed(home=page.codex, usage=TokenUsage(1, 2, 3, 0, 4, 0), tier="fast")
    page.add(
        "codex",
        [
            billed(home=page.codex, model="mystery", tokens=10**12),
            billed(home=page.codex, model="mystery", tokens=5),
            billed(home=page.codex, model="half", tokens=7),
            billed(home=page.codex, tokens=7, not_on_lines=True),
            fast,
        ],
        lambda each: None if each.context.model == "mystery" else 1,
    )
    built = left_out.build(page.data())
    assert [(row[0].shown, row[1].shown, row[2].value, row[3].value) for row in built.unpriced.rows] == [
        ("mystery", "Codex", "2", f"{10**12 + 5}")
    ]
    assert [row[2].value for row in built.beyond.rows] == ["7"]
    cost = page.cost(page.data(), "model")["codex"]
    assert cost["not_on_lines"]["total_tokens"] == 7
    assert cost["unpriced_models"] == ["mystery"]


def test_a_model_priced_in_part_says_so(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path)
    page.add(
        "codex",
        [billed(home=page.codex, tokens=3), billed(home=page.codex, tokens=4, tier="odd")],
        lambda each: None if each.context.tier else 1,
    )
    assert shown(left_out.build(page.data()).unpriced) == [("gpt-5.5", "Codex", "1", "a part")]


ACCOUNT: dict[str, Any] = {
    "provider": "codex",
    "title": "Codex",
    "homes": ["~/.codex"],
    "source_titles": {"oauth": "ChatGPT"},
    "account": {"id": "a1b2", "email": "dev@example.com", "plan": "pro"},
    "windows": [
        {"title": "5h", "source": "oauth", "fetched_at": "2026-11-20T11:58:00Z", "stale": False},
        {"title": "Opus Weekly", "source": "oauth", "fetched_at": "2026-11-20T11:58:00Z", "stale": False},
        {"title": "Weekly", "source": "rollouts", "fetched_at": "2026-11-19T12:00:00Z", "stale": True},
    ],
    "credits": {"source": "oauth", "fetched_at": "2026-11-20T12:00:30Z", "stale": False},
    "attempts": [
        {"source": "oauth", "ok": True, "error": None, "ms": 212},
        {
            "source": "app-server",
            "ok": False,
            "error": {
                "kind": "offline",
                "message": "No network.",
                "remedy": "Connect <b>it</b>.",
                "retry_at": None,
            },
            "ms": 1034,
        },
    ],
}


def test_sources_ages_and_attempts(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path)
    built = limit_sources.build(page.data(usage={"providers": [ACCOUNT]}))
    whose = "Codex dev@example.com"
    assert shown(built.values) == [
        (whose, "5h, Opus Weekly", "ChatGPT", "2 min ago", "current"),
        (whose, "Weekly", "rollouts", "24 h ago", "out of date"),
        (whose, "Credits", "ChatGPT", "just now", "current"),
    ]
    assert shown(built.attempts) == [
        (whose, "ChatGPT", "ok", "212 ms"),
        (whose, "app-server", "No network. Connect <b>it</b>.", "1,034 ms"),
    ]
    assert "&lt;b&gt;it" in str(Pages().section("limit_sources", built))


@pytest.mark.parametrize("damage", [{"windows": None}, {"attempts": [3]}, {"windows": [{"title": "5h"}]}])
def test_damaged_limits_cost_no_page(tmp_path: Path, damage: dict[str, Any]) -> None:
    page = LedgerPage(tmp_path)
    built = limit_sources.build(page.data(usage={"providers": [ACCOUNT | damage, ACCOUNT]}))
    assert built.problem == UNREADABLE
    assert len(built.attempts.rows) >= 2


def test_no_limits_were_published(tmp_path: Path) -> None:
    built = limit_sources.build(LedgerPage(tmp_path).data())
    assert built.problem == "No source of limits has been asked yet."


def test_the_ledger_and_where_it_lies(scanned: LedgerPage) -> None:
    built = storage.build(scanned.data())
    assert built.problems == ()
    assert built.states[0].startswith("The ledger takes ")
    paths = {row[0].shown: (row[1].hint, row[2].shown) for row in built.paths.rows}
    assert paths["Ledger"] == (str(scanned.costs.files[0]), "")
    assert paths["Settings"] == (str(scanned.scope.settings_file), "not created yet")


def test_damage_and_quarantine_are_said(scanned: LedgerPage) -> None:
    path = scanned.costs.files[0]
    mark_damaged(path)
    path.with_name("ledger.broken-20261119T120000000000.sqlite3").touch()
    problems = storage.build(scanned.data()).problems
    assert "The next scan checks the whole file and repairs it." in problems[0]
    assert "ledger.broken-20261119T120000000000.sqlite3" in problems[1]


def test_a_destroyed_ledger_costs_no_page(scanned: LedgerPage) -> None:
    scanned.costs.files[0].write_bytes(b"no database at all" * 1000)
    for suffix in ("-wal", "-shm"):
        Path(f"{scanned.costs.files[0]}{suffix}").unlink(missing_ok=True)
    assert "damaged" in counted_logs.build(scanned.data()).problem
    assert any("damaged" in each for each in storage.build(scanned.data()).problems)


def test_an_emptied_ledger_is_said(scanned: LedgerPage) -> None:
    scanned.costs.files[0].write_bytes(b"")
    assert any("empty" in each for each in storage.build(scanned.data()).problems)


def test_a_ledger_in_memory_is_said(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file in the place of the folder")
    page = LedgerPage(tmp_path)
    shutil.copytree(FIXTURE, page.codex / "sessions")
    page.costs.count()
    page.costs.ledger.load(page.rollup, page.homes)
    assert any("kept in memory only" in each for each in storage.build(page.data()).problems)
    home = counted_logs.build(page.data()).table.rows[0]
    assert int(home[2].value) > 0


def test_nothing_of_the_sums_is_needed(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path)
    page.rollup = Rollup()
    assert left_out.build(page.data()).unpriced.rows == ()
    assert page.data().now == NOW


def test_the_tab_of_prices_says_how_many_responses_have_none(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path)
    models = ("mystery", "gpt-5.5", "gpt-5.5")
    page.add("codex", [billed(home=page.codex, model=model) for model in models])
    built = rates.build(page.data())
    assert {each.name.shown: each.responses for each in built.unpriced} == {"mystery": "1 response"}
    assert {each.responses for each in built.models} == {"1 response", "2 responses"}
