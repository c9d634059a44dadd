"""The tables of `tankful cost` at the widths of terminals; `cost_sample` writes the files that they are like."""

from __future__ import annotations

import re
from datetime import date

import pytest
from msgspec.structs import replace

from providers.domain.cost import CostReport, Tally, TokenUsage
from providers.registry import PROVIDERS
from tests.tray.view.cost_sample import BERLIN, GOLDEN, NOW, SHOWN, WIDTHS, report, shown, slices, tables
from tray.view import cost_groups, cost_tables
from tray.view.cells import cells_of
from tray.view.output import Paper

NARROW = Paper(width=60)


def of(
    made: CostReport,
    by: str = "day",
    paper: Paper = NARROW,
    resume: tuple[str, ...] = (),
    log_only: tuple[str, ...] = (),
) -> str:
    groups = cost_groups.groups(made, by, BERLIN, NOW, resume, log_only)
    table = cost_tables.CostTable(title="Codex", report=made, groups=groups, notes=cost_tables.notes(made))
    return cost_tables.text([table], paper, by)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", SHOWN)
def test_tables(name: str, width: int) -> None:
    text = shown(name, width)
    assert f"{text}\n" == (GOLDEN / f"cost-{name}-{width}.txt").read_text(encoding="utf-8")
    assert max(map(cells_of, laid_out(text))) <= width


def laid_out(text: str) -> list[str]:
    """Its lines without the commands and folders that stay whole, to be pasted."""
    return [
        line
        for line in text.splitlines()
        if not re.fullmatch(r"  ([A-Z]:\\.*|/.*|(codex|claude) \S+ \S+)", line)
    ]


@pytest.mark.parametrize("width", [40, 50, 60, 70, 80, 100, 200])
@pytest.mark.parametrize("by", cost_groups.GROUPS)
@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1", "cp437"])
def test_no_line_of_a_table_is_too_long(by: str, width: int, encoding: str) -> None:
    for chart in (False, True):
        paper = Paper(width=width, encoding=encoding)
        text = cost_tables.text(tables(by, models=True), paper, by, models=True, chart=chart)
        assert text.encode(encoding).decode(encoding) == text
        assert max(map(cells_of, laid_out(text))) <= width
        commands = re.findall(r"^  (?:codex|claude) \S+ \S+$", text, re.MULTILINE)
        assert max(map(cells_of, commands), default=0) < 60


def test_sums_stand_below_each_other_in_all_tables() -> None:
    *_, last = text = shown("day", 80).splitlines()
    ends = {len(line) for line in text if re.search(r"\$[\d,.]+$", line) and " month: " not in line}
    assert ends == {len(last)}


def test_bold_is_only_that(monkeypatch: pytest.MonkeyPatch) -> None:
    bold = of(report("codex"), paper=Paper(width=60, styled=True))
    assert re.sub(r"\x1b\[[01]m", "", bold) == of(report("codex"))
    assert [line for line in bold.splitlines() if "\x1b" in line] == [
        line for line in bold.splitlines() if line.startswith(("\x1b[1mCodex by", "\x1b[1mTotal"))
    ]


def test_the_newest_time_and_the_highest_cost_are_first() -> None:
    made = report("codex")
    days = [group.name for group in cost_groups.groups(made, "day", BERLIN, NOW)]
    assert days == sorted(days, reverse=True)
    costs = [group.tally.usd for group in cost_groups.groups(made, "model", BERLIN, NOW)]
    assert costs[-1] is None
    assert [usd for usd in costs if usd] == sorted((usd for usd in costs if usd), reverse=True)


def test_what_has_no_price_comes_after_what_costs_nothing() -> None:
    much, little = (TokenUsage(input_tokens=count) for count in (1_000, 1))
    rows = [
        ("unknown", Tally(responses=1, usage=much)),
        ("free", Tally(responses=1, usage=little, usd=0.0)),
        ("some", Tally(responses=1, usage=little, usd=0.5)),
    ]
    assert [name for name, _ in sorted(rows, key=cost_groups.by_cost)] == ["some", "free", "unknown"]


def test_the_grand_total_is_that_of_all_providers() -> None:
    made = [report(name) for name in ("codex", "claude")]
    whole = sum((each.totals.usd or 0) + (each.not_on_lines.tally.usd or 0) for each in made)
    assert shown("day", 80).splitlines()[-1].endswith(f"≥ ${whole:,.2f}")
    assert "All providers" not in of(made[0])


def test_weeks_and_months_name_the_days_that_are_in_the_report() -> None:
    made = report("codex")
    names = [group.name for group in cost_groups.groups(made, "week", BERLIN, NOW)]
    assert names == ["2026-11-23 – 28", "2026-11-16 – 22", "2026-11-12 – 15"]
    assert [group.name for group in cost_groups.groups(made, "month", BERLIN, NOW)] == ["2026-11-12 – 28"]
    whole = replace(made, since=date(2026, 10, 31), until=date(2026, 12, 1))
    assert [group.name for group in cost_groups.groups(whole, "month", BERLIN, NOW)] == ["2026-11"]


def test_weeks_begin_on_monday_also_over_new_year() -> None:
    tally = Tally(responses=1, usd=1.0)
    days = [date(2026, 12, 27), date(2026, 12, 28), date(2027, 1, 3), date(2027, 1, 4)]
    made = replace(
        report("codex"), by_day={day: {"m": tally} for day in days}, since=days[0], until=date(2027, 1, 10)
    )
    weeks = cost_groups.by_week(made)
    assert {monday: models["m"].responses for monday, models in weeks.items()} == {
        date(2026, 12, 21): 1,
        date(2026, 12, 28): 2,
        date(2027, 1, 4): 1,
    }
    assert [group.name for group in cost_groups.groups(made, "week", BERLIN, NOW)] == [
        "2027-01-04 – 10",
        "2026-12-28 – 2027-01-03",
        "2026-12-27",
    ]


def test_no_use_at_all_is_a_sentence() -> None:
    lines = of(report("codex", found=[])).splitlines()
    assert lines[2:] == ["Codex by day", "Nothing was used in this period."]


def test_no_use_is_not_claimed_where_logs_could_not_be_read() -> None:
    unread = tuple(f"/home/dev/{number}.jsonl" for number in range(1007))
    text = of(replace(report("codex", found=[]), unreadable_files=unread))
    assert "Nothing was used" not in text
    assert "No usage is known for this period." in text
    assert " ".join(text.split()).endswith("/home/dev/4.jsonl and 1002 more.")


def test_a_provider_that_was_not_used_is_in_no_grand_total() -> None:
    reports = {"codex": report("codex", found=[]), "claude": report("claude")}
    made = cost_tables.tables(reports, PROVIDERS, "day", BERLIN, NOW)
    text = cost_tables.text(made, NARROW, "day")
    assert "Codex by day\nNothing was used in this period.\n" in text
    assert "All providers" not in text


def test_what_has_no_price_is_no_sum() -> None:
    found = [each for each in slices("codex") if each.model == "house-model"]
    made = report("codex", found=found)
    text = of(made, "model")
    assert re.search(r"^Total .* no price$", text, re.MULTILINE)
    assert "$" not in text
    bars = cost_tables.text(
        [
            cost_tables.CostTable(
                title="Codex", report=made, groups=cost_groups.groups(made, "day", BERLIN, NOW)
            )
        ],
        NARROW,
        "day",
        chart=True,
    )
    assert "█" in bars  # of tokens


def test_an_incomplete_count_is_a_lower_bound() -> None:
    made = replace(report("claude"), unreadable_files=("/home/dev/.claude/projects/x/torn.jsonl",))
    text = of(made)
    assert re.search(r"^Total .* ≥ \$", text, re.MULTILINE)
    assert "Logs that could not be read completely:\n/home/dev/.claude/projects/x/torn.jsonl." in text


def test_the_figures_of_an_earlier_count_are_a_lower_bound() -> None:
    made = report("claude")
    assert re.search(r"^Total .* ≈ \$", of(made), re.MULTILINE)
    assert re.search(r"^Total .* ≥ \$", of(replace(made, up_to_date=False)), re.MULTILINE)


def test_a_session_can_be_resumed_by_its_whole_id() -> None:
    made = report("codex")
    for session in made.by_session:
        shown = of(made, "session", paper=Paper(width=120), resume=("codex", "resume"))
        where = f"  ·  {session.project}" if session.project else ""
        command = f"  codex resume {session.id}  ·  with 1 subagent"
        assert f"\n{command}{where}\n" in shown or f"\n{command}\n  {session.project}\n" in shown


def test_a_session_that_the_cli_cannot_find_has_no_command() -> None:
    made = report("claude")
    (known,) = {session.home for session in made.by_session} - {"~/work/.claude"}
    text = of(made, "session", resume=("claude", "--resume"), log_only=("~/work/.claude",))
    for session in made.by_session:
        if session.id != "s":
            assert (f"claude --resume {session.id}" in text) is (session.home == known)
            assert session.id in text


def test_a_wide_chart_has_responses_too() -> None:
    assert "responses  tokens" in shown("day-chart", 120)
    assert "responses" not in shown("day-chart", 80)


def test_usage_that_no_session_names_is_nothing_to_resume() -> None:
    found = [replace(each, session="", root="") for each in slices("codex")]
    shown = of(report("codex", found=found), "session", resume=("codex", "resume"))
    assert "codex resume" not in shown


def test_one_day_is_named_once() -> None:
    made = replace(report("codex"), since=date(2026, 11, 28))
    assert of(made).startswith("2026-11-28  ·  at API prices")


@pytest.mark.parametrize(
    "name",
    ["x; rm -rf ~", "$(reboot)", "--help", "a\x1b[2Jb", "a\nb", "\u202egnp", "\x9b31m", "a" * 500, ""],
)
def test_no_name_becomes_a_command_or_reaches_the_terminal(name: str) -> None:
    first, *rest = report("codex").by_session
    odd = replace(first, id=name, project=f"/home/{name}/{name}")
    made = replace(report("codex"), by_session=(odd, *rest))
    made = replace(
        made, by_project={name: first.tally}, by_model={name: first.tally}, unpriced_models=(name,)
    )
    made = replace(made, by_effort={name: first.tally}, by_account={name: first.tally})
    for by in ("session", "project", "model", "effort", "account"):
        text = of(made, by, resume=("codex", "resume"))
        assert all(character.isprintable() or character == "\n" for character in text)
        resumed = re.findall(r"codex resume (.*)", text)
        assert set(resumed) <= {session.id for session in rest} | {"a" * 500}


def test_emails_are_shown_beside_their_accounts() -> None:
    made = report("codex")
    named = cost_tables.with_emails({"codex": made}, {"a1b2c3d4": "dev@example.com"})["codex"]
    assert "dev@example.com  a1b2c3d4" in of(named, "account")
