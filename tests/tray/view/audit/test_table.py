"""The tables of `tankful audit`; `sample` writes the files that they are like."""

from __future__ import annotations

import pytest

from providers.domain.audit import AuditRow, CountedUse, ReportedUse, UsedTokens, What
from providers.domain.server_count import ServerUse
from providers.registry import PROVIDERS
from tests.tray.view.audit.sample import BERLIN, GOLDEN, NOW, ROWS, SHOWN, WIDTHS, row, shown
from tray.engine.document_values import as_time
from tray.view.audit import table
from tray.view.audit.document import as_data
from tray.view.cells import cells_of
from tray.view.output import Paper


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", SHOWN)
def test_tables(name: str, width: int) -> None:
    text = shown(name, width)
    assert f"{text}\n" == (GOLDEN / f"{name}-{width}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [30, 40, 50, 60, 80, 100, 200])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1", "cp437"])
def test_no_line_is_too_long_and_all_can_be_encoded(width: int, encoding: str) -> None:
    text = shown("audit-all", width, encoding)
    assert text.encode(encoding).decode(encoding) == text
    assert max(map(cells_of, text.splitlines())) <= width


def test_what_has_no_explanation_comes_first() -> None:
    lines = shown("audit", 120).splitlines()[2:]
    assert [line.split()[-1] for line in lines[:3]] == ["unknown", "part", "process"]


def test_the_explanation_stands_below_where_it_has_no_column() -> None:
    assert "\n  killed process\n" in shown("audit", 40)


def test_no_row_at_all_is_a_sentence() -> None:
    text = table.text([], PROVIDERS, BERLIN, NOW, Paper(width=200))
    assert text == table.NOTHING_REPORTED


def test_sessions_whose_price_alone_differs_are_a_line_of_their_own() -> None:
    rows = [row(1, 9_000, 9_000), *(row(number, 5_000, 5_000, usd=0.75) for number in range(2, 5_000))]
    lines = table.text(rows, PROVIDERS, BERLIN, NOW, Paper(width=120)).splitlines()
    assert lines[2].split()[:3] == ["4,998", "equal", "sessions"]
    assert lines[2].split()[-4:] == ["0", "+$3,748.50", "other", "prices"]
    assert lines[3].split()[:3] == ["1", "equal", "session"]
    assert len(lines) == 7


def test_what_is_on_no_line_explains_no_difference() -> None:
    rows = [row(1, 9_000, 5_000, beyond=40, beside=("titles",))]
    text = table.text(rows, PROVIDERS, BERLIN, NOW, Paper(width=120))
    assert text.splitlines()[2].split()[-1] == "unknown"
    (made,) = as_data(rows, NOW)["rows"]
    assert (made["explained"], made["causes"], made["unexplained_tokens"]) == (None, ["titles"], 4_040)


def test_the_document_has_both_parts_and_the_difference() -> None:
    made = as_data(ROWS, NOW)
    assert made["schema"] == "tankful.audit/1"
    by_id = {int(each["id"][:8], 16): each for each in made["rows"]}
    assert by_id[10]["ledger"] == {
        "tokens": 37_088,
        "usd": 0.37088,
        "on_lines": {"tokens": 21_850, "usd": 0.2185},
        "not_on_lines": {"tokens": 15_238, "usd": 0.15238},
    }
    assert by_id[10]["difference"] == {"tokens": 0, "usd": 0.0}
    assert (by_id[10]["explained"], by_id[10]["causes"]) == ("web_search", ["web_search"])
    assert (by_id[9]["explained"], by_id[9]["causes"]) == ("compaction", ["compaction", "titles"])
    assert (by_id[12]["explained"], by_id[12]["unexplained_tokens"]) == ("killed", 0)
    assert (by_id[13]["explained"], by_id[13]["unexplained_tokens"]) == (None, 400)
    assert by_id[15]["difference"]["tokens"] == by_id[15]["unexplained_tokens"] == -500
    assert by_id[17]["reported"] == {"by": "cost-state", "asked_at": None, "tokens": None, "usd": None}
    assert (by_id[17]["difference"], by_id[17]["explained"], by_id[17]["why"]) == (
        None,
        "no_total",
        "older_version",
    )


def test_the_totals_are_those_of_rows_with_both_sums() -> None:
    made = as_data(ROWS, NOW)["totals"]
    stated = [each for each in ROWS if each.reported.used is not None]
    assert (made["rows"], made["not_reported"]) == (20, 4)
    assert made["ledger"]["tokens"] == sum(each.counted.whole.tokens for each in stated)
    assert made["difference"]["tokens"] == made["ledger"]["tokens"] - made["reported"]["tokens"]
    assert made["equal"] == 12
    assert made["unexplained"] == 2


def _of_server(what: What, tokens: int, account: str, use: ServerUse | None = None) -> AuditRow:
    """A row of 100 tokens."""
    counted = CountedUse(on_lines=UsedTokens(100, 0.5), last_at=NOW)
    reported = ReportedUse(by="x", used=UsedTokens(tokens), asked_at=NOW, by_server=use)
    return AuditRow(
        provider="codex", what=what, id="2026-11-20", counted=counted, reported=reported, account=account
    )


def test_each_account_and_kind_has_a_table() -> None:
    rows = [_of_server("thread", 100, "a1"), _of_server("thread", 90, "b2"), _of_server("day", 90, "a1")]
    text = table.text(rows, PROVIDERS, BERLIN, NOW, Paper(width=120))
    titles = [line.split("  ")[0] for line in text.splitlines() if line.startswith("Codex")]
    assert titles == ["Codex a1: threads", "Codex b2: threads", "Codex a1: days"]
    alone = table.text(rows[:1], PROVIDERS, BERLIN, NOW, Paper(width=120))
    assert alone.startswith("Codex: threads")


def test_days_are_in_no_total_but_their_own() -> None:
    use = ServerUse(total_tokens=90, input_tokens=40, cache_read_tokens=45, output_tokens=5, usd=0.25)
    made = as_data([_of_server("thread", 90, "a1", use), _of_server("day", 70, "a1")], NOW)
    assert made["totals"]["ledger"]["tokens"] == 100
    assert made["totals"]["difference"]["tokens"] == 10
    sums = {kind["what"]: kind["difference"]["tokens"] for kind in made["by_kind"]}
    assert sums == {"thread": 10, "day": 30}
    assert made["rows"][0]["reported"] == {
        "by": "x",
        "asked_at": as_time(NOW),
        "tokens": 90,
        "usd": 0.25,
        "usd_is_estimate": False,
        "input_tokens": 40,
        "cache_read_tokens": 45,
        "output_tokens": 5,
    }
    assert "input_tokens" not in made["rows"][1]["reported"]
