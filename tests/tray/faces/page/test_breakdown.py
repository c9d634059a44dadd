"""The tables of sums equal what `tankful cost --json` prints, whatever is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.domain.cost import BilledResponse, TokenUsage
from tests.tray.faces.page.ledgers import NOW, LedgerPage, billed
from tray.faces.page.data import PageData
from tray.faces.page.render import Pages
from tray.faces.page.sections import breakdown, by_account, by_home, by_project
from tray.faces.page.table.columns import COLUMNS
from tray.faces.page.table.table import TallyRow, TallyTable

HOSTILE = [
    "<script>alert(1)</script>",
    "/work/\u202eevil\u202c",
    "/nul\x00/\x1b[31mred",
    "/" + "very-long/" * 1000,
    "/half\ud800surrogate",
    "\"'&amp;",
    "a\nb\tc",
]
DAY = timedelta(days=1)


def values(row: TallyRow) -> dict[str, str]:
    return {column.key: cell.value for column, cell in zip(COLUMNS, row.cells, strict=True)}


def as_json(row: TallyRow) -> dict[str, Any]:
    """The members of a sum in `cost --json` that the table shows."""
    shown = values(row)
    return {
        "responses": int(shown["responses"]),
        "input_tokens": int(shown["input"]),
        "cache_read_tokens": int(shown["cache_read"]),
        "cache_write_tokens": int(shown["cache_write"]),
        "output_tokens": int(shown["output"]),
        "reasoning_tokens": int(shown["reasoning"]),
        "total_tokens": int(shown["total"]),
        "usd": float(shown["cost"]) if shown["cost"] else None,
    }


def expected(tally: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in tally.items() if key not in ("cache_write_1h_tokens", "by_model")}


def by_place(rows: Iterable[TallyRow]) -> dict[str, dict[str, dict[str, Any]]]:
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row.place, {})[row.name.full] = as_json(row)
    return found


TITLES = {"codex": "Codex", "claude": "Claude"}


def of_json(cost: Mapping[str, Any], member: str) -> dict[str, dict[str, Any]]:
    return {
        TITLES[provider]: {name: expected(tally) for name, tally in found[member].items()}
        for provider, found in cost.items()
        if found[member]
    }


responses = st.lists(
    st.tuples(
        st.integers(0, 40 * 24 * 60),  # minutes ago
        st.sampled_from(["gpt-5.5", "gpt-5.4", "mystery", None]),
        st.sampled_from(["/work/one", "/work/two", None]),
        st.sampled_from(["high", "low", None]),
        st.sampled_from(["acct", None]),
        st.sampled_from(["codex", "codex_2", "claude"]),
        st.tuples(*[st.sampled_from([0, 1, 7, 10**6, 10**12])] * 4),
    ),
    max_size=12,
)


def filled(folder: Path, chosen: list[tuple[Any, ...]]) -> LedgerPage:
    page = LedgerPage(folder)
    made: dict[str, list[BilledResponse]] = {"codex": [], "claude": []}
    for ago, model, project, effort, account, home, counts in chosen:
        fresh, read, written, output = counts
        made["claude" if home == "claude" else "codex"].append(
            billed(
                NOW - timedelta(minutes=ago),
                model,
                home=getattr(page, home),
                usage=TokenUsage(fresh, read, written, written // 2, output, output // 3),
                project=project,
                effort=effort,
                account=account,
                session=f"s{ago % 3}",
            )
        )
    for provider, own in made.items():
        page.add(provider, own, lambda each: None if each.context.model in (None, "mystery") else 10**9)
    return page


@settings(max_examples=25)
@given(
    responses,
    st.sampled_from(["7d", "30d", "today", "month", "custom&from=2026-10-15&to=2026-11-19"]),
    st.sampled_from(["UTC", "Asia/Kathmandu", "America/New_York"]),
)
def test_equal_cost_json(chosen: list[tuple[Any, ...]], days: str, zone: str) -> None:
    with TemporaryDirectory() as folder:
        page = filled(Path(folder), chosen)
        data = page.data(f"?range={days}&zone={zone}&open=all")
        models = breakdown.build(data).table
        cost = page.cost(data, "effort", models_of="effort")
        assert by_place(models.rows) == of_json(cost, "by_model")
        for provider, title in TITLES.items():
            efforts: dict[str, int] = {}
            for row in models.rows:
                for part in row.parts if row.place == title else ():
                    efforts[part.name.full] = efforts.get(part.name.full, 0) + as_json(part)["total_tokens"]
            assert efforts == {
                name: each["total_tokens"] for name, each in cost[provider]["by_effort"].items()
            }
        assert by_place(by_home.build(data).table.rows) == of_json(page.cost(data, "home"), "by_home")
        assert by_place(by_account.build(data).table.rows) == of_json(
            page.cost(data, "account"), "by_account"
        )
        projects = by_project.build(data).table
        cost = page.cost(data, "project", models_of="project")
        for provider, title in TITLES.items():
            assert {
                row.name.full: {part.name.full: as_json(part) for part in row.parts if part.place == title}
                for row in projects.rows
                if title in row.place.split(", ")
            } == {
                name: {model: expected(tally) for model, tally in each["by_model"].items()}
                for name, each in cost[provider]["by_project"].items()
            }


@pytest.mark.parametrize("by", ["day", "week", "month"])
def test_times_equal_cost_json(tmp_path: Path, by: str) -> None:
    page = filled(
        tmp_path,
        [
            (60 * hours, "gpt-5.5" if hours % 5 else "mystery", "/p", None, None, "codex", (hours, 1, 2, 3))
            for hours in range(0, 900, 31)
        ],
    )
    data = page.data(f"?range=custom&from=2026-09-01&to=2026-11-30&by={by}&zone=Asia/Tokyo&open=all")
    rows = breakdown.build(data).table.rows
    cost = page.cost(data, by)["codex"][f"by_{by}"]
    models = [{part.name.full: as_json(part) for part in row.parts} for row in rows]
    assert models == [
        {name: expected(tally) for name, tally in found.items()}
        for _, found in sorted(cost.items(), reverse=True)
    ]


BUILDERS: list[Callable[[PageData], Any]] = [
    breakdown.build,
    by_project.build,
    by_account.build,
    by_home.build,
]


@pytest.mark.parametrize("build", BUILDERS)
@pytest.mark.parametrize("query", ["", "provider=claude", "model=mystery", "project=unknown", "home=nowhere"])
def test_filters_hold_for_every_table(tmp_path: Path, build: Callable[[PageData], Any], query: str) -> None:
    page = filled(
        tmp_path,
        [
            (5, "gpt-5.5", "/p", "high", "a", "codex", (1, 2, 3, 4)),
            (6, "mystery", None, None, None, "codex_2", (5, 5, 5, 5)),
            (7, "opus", "/p", None, "b", "claude", (7, 7, 7, 7)),
        ],
    )
    data = page.data(query)
    table: TallyTable = build(data).table
    sums = data.tallies().get(())
    assert sum(as_json(row)["responses"] for row in table.rows) == (sums.responses if sums else 0)
    if sums:
        total = table.more[-1]
        assert (total.name.shown, as_json(total)["total_tokens"]) == ("Total", sums.usage.total_tokens)
        assert as_json(total)["usd"] == (None if sums.usd is None else round(sums.usd, 6))


def test_a_part_without_a_price_is_named_and_makes_lower_bounds(tmp_path: Path) -> None:
    page = filled(
        tmp_path,
        [
            (5, "gpt-5.5", "/p", None, None, "codex", (1, 2, 3, 4)),
            (6, "mystery", "/p", None, None, "codex", (5, 5, 5, 5)),
        ],
    )
    table = by_project.build(page.data()).table
    assert table.notes == ("Not included (no known price): mystery.",)
    row = table.rows[0]
    shown = {column.key: cell.shown for column, cell in zip(COLUMNS, row.cells, strict=True)}
    assert shown["cost"] == "≥ $0.00"
    assert shown["rate"] == "–"
    models = {row.name.shown: row for row in breakdown.build(page.data("open=all")).table.rows}
    assert values(models["mystery"])["cost"] == ""
    assert models["mystery"].cells[0].shown == "no price"
    assert [part.name.shown for part in models["gpt-5.5"].parts] == ["unknown"]


def test_what_is_not_in_the_logs_has_a_row_and_is_in_the_total(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path)
    page.add(
        "claude",
        [
            billed(home=page.claude, tokens=3),
            billed(home=page.claude, tokens=4, not_on_lines=True),
        ],
    )
    more = breakdown.build(page.data()).table.more
    assert [(row.name.shown, values(row)["total"], values(row)["responses"]) for row in more] == [
        ("Not in the logs", "4", ""),
        ("Total", "7", "1"),
    ]


def test_hostile_names_are_escaped_and_shortened_but_whole_in_the_markup(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path)
    page.add("codex", [billed(home=page.codex, project=name, model=name, effort=name) for name in HOSTILE])
    table = by_project.build(page.data()).table
    assert len(table.rows) == len(HOSTILE)
    assert all(len(row.name.shown) <= 48 for row in table.rows)
    assert max(len(row.name.full) for row in table.rows) == 10_001
    for name in ("breakdown", "by_project"):
        built = breakdown.build(page.data()) if name == "breakdown" else by_project.build(page.data())
        html = str(Pages().section(name, built))
        assert "<script" not in html
        assert not any(sign in html for sign in "\x00\x1b\u202e\u202c\ud800")
        assert "very-long/" * 1000 in html
        html.encode()


def test_rows_are_sorted_as_the_address_says_and_ties_are_stable(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path)
    page.add(
        "codex",
        [
            billed(home=page.codex, model=model, tokens=tokens)
            for model, tokens in [("b", 2), ("a", 2), ("C", 9), ("mystery", 50)]
        ],
    )

    def names(query: str) -> list[str]:
        return [row.name.shown for row in breakdown.build(page.data(query)).table.rows]

    assert names("") == ["C", "a", "b", "mystery"]
    assert names("sort=-cost") == ["a", "b", "C", "mystery"]
    assert names("sort=total") == ["mystery", "C", "a", "b"]
    assert names("sort=name") == ["a", "b", "C", "mystery"]
    assert names("sort=-name") == ["mystery", "C", "b", "a"]
    assert names("sort=nonsense") == names("")
    assert names("by=day") == ["2026-11-20 Fri"]
    heads = {each.title: each for each in breakdown.build(page.data("sort=total")).table.heads}
    assert (heads["Tokens"].sorted, heads["Tokens"].address) == ("descending", "/?sort=-total")
    assert (heads["Model"].sorted, heads["Model"].address) == ("", "/?sort=name")
    assert heads["Cost"].address == "/?sort=cost"


def test_fifty_rows_a_page_and_the_total_of_all(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path)
    page.add("codex", [billed(home=page.codex, project=f"/p{n:03}", tokens=n + 1) for n in range(120)])
    first, last = (by_project.build(page.data(query)).table for query in ("", "page=3"))
    assert (len(first.rows), first.count) == (50, 120)
    assert (first.pager.previous, first.pager.next) == ("", "/?page=2")
    assert (len(last.rows), last.pager.next) == (20, "")
    assert [values(table.more[-1])["total"] for table in (first, last)] == [str(sum(range(121)))] * 2
    for odd in ("page=99", "page=-1", "page=x", f"page={'9' * 500}", "page=²"):
        assert by_project.build(page.data(odd)).table.rows


def test_rows_open_and_close_by_their_addresses(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path)
    page.add(
        "codex",
        [billed(home=page.codex, project=f"/p{n}", model=f"m{m}") for n in range(4) for m in range(9)],
    )
    table = by_project.build(page.data("range=7d")).table
    assert not any(row.parts for row in table.rows)
    first = by_project.build(page.data(table.rows[2].toggle)).table
    both = by_project.build(page.data(first.rows[0].toggle)).table
    assert [len(row.parts) for row in both.rows] == [9, 0, 9, 0]
    assert by_project.build(page.data(both.rows[0].toggle)).table == first
    every = by_project.build(page.data(table.toggle_all)).table
    assert [len(row.parts) for row in every.rows] == [9] * 4
    assert by_project.build(page.data(every.toggle_all)).table == table


def test_accounts_are_named_unless_addresses_are_hidden(tmp_path: Path) -> None:
    usage = {"providers": [{"account": {"id": "acct", "email": "dev@example.com"}}, {"account": None}]}
    page = LedgerPage(tmp_path / "a")
    page.add("codex", [billed(home=page.codex, account="acct"), billed(home=page.codex)])
    table = by_account.build(page.data(usage=usage)).table
    assert [row.name.shown for row in table.rows] == ["dev@example.com (acct)", "unknown"]
    assert table.notes
    (tmp_path / "b").mkdir()
    hidden = LedgerPage(tmp_path / "b", settings="[display]\nhide_email = true\n")
    hidden.add("codex", [billed(home=hidden.codex, account="acct")])
    assert [row.name.shown for row in by_account.build(hidden.data(usage=usage)).table.rows] == ["acct"]
