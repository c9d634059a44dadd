"""What the tab about limits shows, held against the exports and the cost of the same ledger."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from providers.domain.cost import Context, SentMessage
from providers.domain.errors import NotSignedIn
from providers.domain.limits import AccountUsage, UsageSnapshot
from providers.ledger.contexts import Contexts
from providers.ledger.database import LedgerError, opened, transaction
from providers.ledger.messages import replace_messages
from tests.tray.faces.page.ledgers import LedgerPage, billed
from tests.tray.faces.page.limit_histories import (
    DAY,
    FIVE,
    HOUR,
    MINUTE,
    NOW,
    WEEK,
    account,
    lane,
    note,
    published,
    used_up,
    work,
)
from tools.example_states import CODEX
from tray.engine import document
from tray.faces.page import api_rows
from tray.faces.page.render import Pages
from tray.faces.page.sections import (
    limit_cards,
    limit_history,
    limit_summary,
    percent_value,
    window_log,
    window_usage,
)
from tray.view.export.pieces import Pieces, Wanted

BARE = AccountUsage(
    provider="codex",
    title="Codex",
    homes=("~/work",),
    error=NotSignedIn("Not signed in to Codex.").as_data(),
)
ADA, BOB = account("a1b2c3d4"), account("e5f6a7b8", "claude")
ALL = "tab=limits&range=all"
EVERY = f"{ALL}&by=all"


def some_weeks(page: LedgerPage, weeks: int = 4, **more: Any) -> AccountUsage:
    """Each day 9 % of a week, from Monday to Friday."""
    steps = work(weeks, lambda day: 9 if (NOW - weeks * WEEK + day * DAY).weekday() < 5 else 0)
    return used_up(page, more.pop("usage", ADA), steps, model="gpt-5.5", **more)


def exported(page: LedgerPage, what: str) -> list[dict[str, Any]]:
    wanted = Wanted(what=(what,), format="jsonl", zone=UTC)  # type: ignore[arg-type]
    lines = b"".join(Pieces(page.scope, page.costs.ledger, wanted).made()).decode().splitlines()
    return [json.loads(line) for line in lines]


# --- cards --------------------------------------------------------------------------------------------------


def test_cards_say_what_usage_json_says(tmp_path: Path) -> None:
    usage = published(CODEX, BARE)
    built = limit_cards.build(LedgerPage(tmp_path).data("tab=limits", usage))
    shown = [row for card in built.cards for row in (*card.windows, *card.scoped)]
    windows = usage["providers"][0]["windows"]
    assert [float(row.full) for row in shown] == [window["remaining_percent"] for window in windows]
    assert [row.resets_at.replace("+00:00", "Z") for row in shown] == [
        window["resets_at"] for window in windows
    ]
    assert built.cards[1].alerts[0] == "Not signed in to Codex."
    assert built.legend.endswith("Times are in UTC.")


@pytest.mark.parametrize(
    ("address", "titles"),
    [
        ("", ["Codex · Pro", "Claude · Pro"]),
        ("provider=claude", ["Claude · Pro"]),
        ("account=a1b2c3d4", ["Codex · Pro"]),
        ("home=~/.claude", ["Claude · Pro"]),
        ("provider=claude&account=a1b2c3d4", []),
    ],
)
def test_cards_obey_the_filters(tmp_path: Path, address: str, titles: list[str]) -> None:
    data = LedgerPage(tmp_path).data(address, published(ADA, BOB))
    built = limit_cards.build(data)
    assert [card.card.title for card in built.cards] == titles
    assert [card.card.title for card in limit_summary.build(data).cards] == titles
    assert built.empty == ("" if titles else "No account matches these filters.")


def test_before_anything_was_read_there_is_a_sentence_and_what_to_do(tmp_path: Path) -> None:
    built = limit_cards.build(LedgerPage(tmp_path).data())
    assert (built.cards, built.empty) == ((), "No limits have been read yet.")
    assert "while tankful runs" in built.remedy


def test_a_damaged_snapshot_is_a_sentence(tmp_path: Path) -> None:
    usage = published(CODEX)
    usage["providers"][0]["windows"] = None
    data = LedgerPage(tmp_path).data(ALL, usage)
    assert "cannot be read" in limit_cards.build(data).empty
    assert "cannot be read" in Pages().page(data)


def test_what_others_named_is_text_in_the_page(tmp_path: Path) -> None:
    bad = "<script>alert(1)</script>\u202e\x00" + "x" * 10_000
    lanes = (replace(lane("weekly", 30, NOW + DAY, NOW), value=replace(CODEX.windows[0].value, title=bad)),)
    hostile = replace(ADA, windows=lanes, homes=(bad,), title=bad, source_titles={"oauth": bad})
    page = LedgerPage(tmp_path)
    note(page.costs.ledger, hostile, *lanes)
    html = Pages().page(page.data(ALL, published(hostile)))
    assert "<script>alert" not in html
    assert "\u202e" not in html
    assert "\x00" not in html
    assert len(html) < 400_000


# --- history ------------------------------------------------------------------------------------------------


def test_few_windows_are_a_line_and_many_are_columns(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path, now=NOW)
    usage = published(some_weeks(page))
    of_a_week = limit_history.build(page.data("tab=limits&range=7d", usage)).charts
    assert [chart.count("chart-use") for chart in of_a_week] == [1, 1]
    five, week = limit_history.build(page.data(ALL, usage)).charts
    assert "5h, highest use by day" in five
    assert "chart-bars" in five
    assert "chart-use" in week


def test_a_line_ends_as_the_newest_reading_says(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path, now=NOW)
    usage = some_weeks(page)
    week = limit_history.build(page.data("tab=limits&range=7d", published(usage))).charts[1]
    assert f"Used {usage.windows[1].value.used_percent:.0f} % at the end" in week


def test_thresholds_are_those_of_the_notices(tmp_path: Path) -> None:
    settings = "[notify]\nat_10 = false\nat_25 = true\n"
    page = LedgerPage(tmp_path, now=NOW, settings=settings)
    usage = published(some_weeks(page, 1))
    built = limit_history.build(page.data("range=7d", usage))
    assert all("25 % left" in chart and "10 % left" not in chart for chart in built.charts)
    assert built.thresholds


def test_without_notices_there_is_no_threshold(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path, now=NOW, settings="[notify]\nenabled = false\n")
    built = limit_history.build(page.data("range=7d", published(some_weeks(page, 1))))
    assert built.thresholds == ""
    assert "% left" not in "".join(built.charts)


def test_an_early_reset_is_in_the_line_and_in_the_log(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path, now=NOW)
    for at, used, ends in ((4, 40, 1), (3, 60, 1), (2.5, 5, 4.5), (1, 8, 4.5)):
        note(page.costs.ledger, ADA, lane("session", used, NOW + ends * HOUR, NOW - at * HOUR))
    data = page.data("range=today", published(ADA))
    (chart,) = limit_history.build(data).charts
    assert "1 of them early" in chart
    (happened,) = window_log.build(data).rows
    running, early = window_log.build(page.data("range=today&by=all", published(ADA))).rows
    assert (happened.began_at, happened.events) == (early.began_at, early.events)
    assert (early.early, early.events) == (True, ("Reset early at 09:30",))
    assert (running.open, running.used) == (True, "8 %")


def test_a_single_reading_is_no_line(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path, now=NOW)
    usage = some_weeks(page, 1)
    opus = lane("model:opus:weekly", 30, NOW + DAY, NOW)
    note(page.costs.ledger, usage, opus)
    built = limit_history.build(page.data("range=7d", published(usage)))
    assert len(built.charts) == 2
    assert built.more == ("Too few readings for a line: Codex · Pro · Opus Weekly.",)


def test_days_without_readings_are_a_sentence(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path, now=NOW)
    usage = published(some_weeks(page, 1))
    address = "range=custom&from=2024-01-01&to=2024-01-31"
    assert limit_history.build(page.data(address, usage)).charts == ()
    assert window_log.build(page.data(address, usage)).rows == ()
    assert window_usage.build(page.data(address, usage)).tables == ()


# --- the log ------------------------------------------------------------------------------------------------


def test_the_log_is_that_of_the_export(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path, now=NOW)
    some_weeks(page, 3)
    data = page.data(EVERY, published(ADA))
    rows: list[window_log.LoggedWindow] = []
    for number in range(1, 19):
        built = window_log.build(page.data(f"{EVERY}&page={number}", published(ADA)))
        assert built.pager is not None
        if built.pager.number < number:
            break
        rows += built.rows
    export = exported(page, "windows")
    assert len(rows) == window_log.build(data).count == len(export)
    assert [(row.began_at.replace("+00:00", "Z"), float(row.used_full)) for row in rows] == [
        (each["starts_at"], each["used_percent"])
        for each in sorted(export, key=lambda each: (each["starts_at"], each["window_id"]), reverse=True)
    ]
    assert sum(row.open for row in rows) == sum(each["ended_at"] is None for each in export)


def test_the_log_obeys_account_and_range(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path, now=NOW)
    some_weeks(page, 2)
    note(page.costs.ledger, BOB, lane("session", 30, NOW + HOUR, NOW - MINUTE))
    usage = published(ADA, BOB)
    (row,) = window_log.build(page.data(f"{EVERY}&provider=claude", usage)).rows
    assert row.account == "Claude · Pro"
    assert window_log.build(page.data("range=today&by=all&account=e5f6a7b8", usage)).count == 1
    today = window_log.build(page.data("range=today&by=all&account=a1b2c3d4", usage))
    assert 0 < today.count < window_log.build(page.data(f"{EVERY}&account=a1b2c3d4", usage)).count


@pytest.mark.parametrize(
    "address",
    [
        ALL,
        "range=7d",
        "range=today&zone=Pacific/Kiritimati",
        "range=30d&provider=codex",
        "range=30d&account=a1b2c3d4",
        f"{ALL}&home=~/.claude",
        f"{ALL}&home=~/.codex",
        f"{ALL}&home=~/elsewhere",
    ],
)
def test_programs_get_the_windows_of_the_log(tmp_path: Path, address: str) -> None:
    page = LedgerPage(tmp_path, now=NOW)
    some_weeks(page, 2)
    note(page.costs.ledger, BOB, lane("session", 30, NOW + HOUR, NOW - MINUTE))
    usage = published(ADA, BOB)
    answered = api_rows.windows(page.data(address, usage))
    assert answered["total"] == len(answered["windows"])
    assert answered["total"] == window_log.build(page.data(f"{address}&by=all", usage)).count


def test_an_account_that_signed_out_keeps_its_log(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path, now=NOW)
    some_weeks(page, 1)
    built = window_log.build(page.data(EVERY, published(BOB)))
    assert {row.account for row in built.rows} == {"Codex · a1b2c3d4"}


def test_the_log_begins_with_what_happened_and_shows_one_kind_when_asked(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path, now=NOW)
    usage = published(some_weeks(page, 3))
    quiet = window_log.build(page.data(f"{ALL}&range=today", usage))
    every = window_log.build(page.data(EVERY, usage))
    assert [link.title for link in every.choices] == ["With events", "All", "5h", "Weekly"]
    for link in every.choices[2:]:
        built = window_log.build(page.data(link.address.removeprefix("/?"), usage))
        assert {row.window for row in built.rows} == {link.title}
    unknown = window_log.build(page.data(f"{ALL}&by=<b>", usage))
    assert [link.current for link in unknown.choices] == [True, False, False, False]
    assert all(row.events for row in unknown.rows)
    assert quiet.rows or quiet.empty.startswith("Nothing unusual")


# --- what was used in each window ---------------------------------------------------------------------------


def test_weeks_are_those_that_cost_adds_up(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path, now=NOW)
    usage = published(some_weeks(page))
    weeks = window_usage.build(page.data(ALL, usage)).tables[0]
    assert weeks.window == "Weekly"
    assert [row.current for row in weeks.rows] == [True, *([False] * (len(weeks.rows) - 1))]
    for row in weeks.rows:
        first = datetime.fromisoformat(row.began_at).date()
        data = page.data(f"range=custom&from={first}&to={first + timedelta(days=6)}")
        totals = page.cost(data, "day")["codex"]["totals"]
        assert (int(row.tokens.value), float(row.cost.value)) == (totals["total_tokens"], totals["usd"])
        assert int(row.responses.value) == totals["responses"]


def test_the_first_week_is_incomplete_and_compared_with_none(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path, now=NOW)
    weeks = window_usage.build(page.data(ALL, published(some_weeks(page)))).tables[0].rows
    assert [row.incomplete for row in weeks] == [False] * (len(weeks) - 1) + [True]
    assert [row.change for row in weeks] == ["", *["0 %"] * (len(weeks) - 3), "", ""]


def test_a_week_at_the_edge_of_the_range_is_compared_with_the_one_before(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path, now=NOW)
    usage = published(some_weeks(page))
    rows = window_usage.build(page.data("range=14d", usage)).tables[0].rows
    assert rows[-1].change == "0 %"
    assert not rows[-1].incomplete


def test_tokens_obey_the_filters_that_limits_cannot(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path, now=NOW)
    usage = published(some_weeks(page, 2))
    built = window_usage.build(page.data(f"{ALL}&model=gpt-4", usage))
    assert {row.tokens.value for table in built.tables for row in table.rows} == {"0"}
    assert built.notes[0].startswith("Limits are those of whole accounts: the filter by model")


def test_short_windows_are_those_of_the_last_days(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path, now=NOW)
    usage = published(some_weeks(page, 2))
    five = window_usage.build(page.data(ALL, usage)).tables[1]
    assert five.note == "Windows of the last 3 days."
    assert all(datetime.fromisoformat(row.began_at) > NOW - 3 * DAY - FIVE for row in five.rows)
    assert sum(int(row.tokens.value) for row in five.rows) > 0
    assert five.toggle is not None
    every = window_usage.build(page.data(five.toggle.address.removeprefix("/?"), usage)).tables[1]
    assert five.toggle.title == f"Show all {len(every.rows)}"
    assert len(five.rows) == 6 < len(every.rows)
    assert every.rows[:6] == five.rows
    assert every.toggle is not None
    assert (every.toggle.title, every.toggle.address) == ("Show fewer", f"/?{ALL}")


def test_two_accounts_of_one_home_have_their_own_weeks(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path, now=NOW)
    one = some_weeks(page, 2)
    two = used_up(
        page, account("99999999"), work(2, lambda _: 1), home=page.codex, tokens_a_percent=1, model="gpt-5.5"
    )
    tables = window_usage.build(page.data(ALL, published(one, two))).tables
    weeks = {table.account: table.rows for table in tables if table.window == "Weekly"}
    assert len(weeks) == 2
    assert max(int(row.tokens.value) for row in weeks["Codex · Pro · 99999999@example.com"]) < 10


def test_an_account_in_two_homes_has_each_response_once(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path, now=NOW)
    lanes = (lane("weekly", 20, NOW + DAY, NOW - MINUTE),)
    note(page.costs.ledger, ADA, *lanes)
    copies = [
        billed(NOW - number * HOUR, home=home, tokens=10**number, key=number, account="a1b2c3d4")
        for number, homes in ((1, [page.codex]), (2, [page.codex, page.codex_2]), (3, [page.codex_2]))
        for home in homes
    ]
    page.add("codex", copies)
    usage = published(replace(ADA, windows=lanes, homes=tuple(page.homes["codex"].values())))
    (table,) = window_usage.build(page.data("range=7d", usage)).tables
    assert [row.tokens.value for row in table.rows] == ["1110"]
    second = page.homes["codex"][page.codex_2]
    (table,) = window_usage.build(page.data(f"range=7d&home={second}", usage)).tables
    assert [row.tokens.value for row in table.rows] == ["1000"]


def send(page: LedgerPage, times: Sequence[datetime], account: str | None = "a1b2c3d4") -> None:
    """Messages in the logs of the Codex home."""
    context = Context(home=page.codex, session="s", account=account)
    sent = [SentMessage(round(at.timestamp() * 1000), key, context) for key, at in enumerate(times, 1)]
    with opened(page.costs.files[0], repair=True) as db, transaction(db):
        replace_messages(db, Contexts(db, "codex"), [([5], sent)], set())


def test_messages_are_counted_by_window_as_cost_counts_them(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path, now=NOW)
    usage = published(some_weeks(page))
    send(page, [NOW - MINUTE - 30 * HOUR * number for number in range(22)])
    built = window_usage.build(page.data(ALL, usage))
    assert [head.title for head in built.heads].count("Messages") == 1
    for row in built.tables[0].rows:
        first = datetime.fromisoformat(row.began_at).date()
        data = page.data(f"range=custom&from={first}&to={first + timedelta(days=6)}")
        total = page.cost(data, "day")["codex"]["messages"]["total"]
        assert row.messages is not None
        assert row.messages.value == (f"{total}" if total else "")
    assert sum(int(row.messages.value or 0) for row in built.tables[0].rows if row.messages) == 22


def test_the_message_that_began_a_window_counts_in_it(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path, now=NOW)
    begin = NOW - 3 * HOUR + 10 * MINUTE
    lanes = (lane("session", 20, begin + FIVE, NOW - MINUTE),)
    note(page.costs.ledger, ADA, *lanes)
    page.add("codex", [billed(begin + MINUTE, home=page.codex, account="a1b2c3d4")])
    send(page, [begin - 4 * MINUTE, begin - timedelta(seconds=5), NOW - timedelta(seconds=30)])
    (table,) = window_usage.build(page.data("range=7d", published(replace(ADA, windows=lanes)))).tables
    assert [row.messages.value for row in table.rows if row.messages] == ["2"]


def test_messages_of_another_account_count_there(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path, now=NOW)
    usage = published(some_weeks(page, 1))
    send(page, [NOW - HOUR], account="99999999")
    rows = window_usage.build(page.data(ALL, usage)).tables[0].rows
    assert {row.messages.shown for row in rows if row.messages} == {"–"}


def test_messages_name_no_model_so_their_column_is_absent(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path, now=NOW)
    usage = published(some_weeks(page, 1))
    send(page, [NOW - HOUR])
    built = window_usage.build(page.data(f"{ALL}&model=gpt-5.5", usage))
    assert "Messages" not in [head.title for head in built.heads]
    assert {row.messages for table in built.tables for row in table.rows} == {None}
    assert (
        "Messages"
        not in Pages().page(page.data(f"{ALL}&model=gpt-5.5", usage)).split("Value of one percent")[0]
    )


# --- what one percent is worth ------------------------------------------------------------------------------


def test_one_percent_is_worth_what_the_history_was_made_with(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path, now=NOW)
    usage = published(some_weeks(page, tokens_a_percent=1_200_000))
    (card,) = percent_value.build(page.data("range=today&model=other", usage)).cards
    (session, weekly) = card.rows  # one model: no rows of its own
    assert (session.window, weekly.window) == ("5h", "Weekly")
    assert float(weekly.tokens_full) == pytest.approx(1_200_000, rel=0.05)
    assert float(weekly.usd_full) == pytest.approx(1.2, rel=0.05)
    assert float(session.usd_full) == pytest.approx(0.2, rel=0.1)
    assert weekly.windows == "3"  # of the first one 9 % were used
    assert weekly.usd.startswith("≈ $1.")
    html = Pages().page(page.data(ALL, usage))
    assert "Middle 50 %" in html
    assert "% elsewhere" not in html


def test_a_model_has_a_row_where_another_one_was_used_too(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path, now=NOW)
    steps = list(work(9, lambda day: 9 if day % 7 < 5 else 0))
    usage = published(used_up(page, ADA, steps))
    page.add(
        "codex",
        [
            billed(
                at - MINUTE,
                ("gpt-5.5", "gpt-5.4")[at.isocalendar().week % 2],
                home=page.codex,
                tokens=round(used * 1_000_000) * (1 + at.isocalendar().week % 2),
                account="a1b2c3d4",
            )
            for at, used in steps
            if used
        ],
        lambda response: response.usage.total_tokens * 10**6,
    )
    (card,) = percent_value.build(page.data(ALL, usage)).cards
    weekly = [row for row in card.rows[3:] if row.is_model]
    assert [row.window for row in weekly] == ["gpt-5.4", "gpt-5.5"]
    assert [float(row.usd_full) for row in weekly] == pytest.approx([2.0, 1.0], rel=0.05)
    assert "Middle 50 %" in Pages().page(page.data(ALL, usage))


def test_weeks_that_were_used_elsewhere_tell_nothing(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path, now=NOW)
    usage = some_weeks(page, 3, tokens_a_percent=0)
    (card,) = percent_value.build(page.data(ALL, published(usage))).cards
    assert card.rows == ()
    assert card.unknown.startswith("Not known yet")


def test_weeks_that_were_used_on_another_device_too_do_not_count(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path, now=NOW)
    steps = list(work(5, lambda day: 9 if (NOW - 5 * WEEK + day * DAY).weekday() < 5 else 0))
    used = used_up(page, ADA, steps, model="gpt-5.5")
    gone = [at for at, _ in steps if NOW - 12 * DAY < at < NOW - 9 * DAY]
    left = [
        billed(at - MINUTE, home=page.codex, tokens=round(part * 1_000_000), account="a1b2c3d4")
        for at, part in steps
        if part and at not in gone
    ]
    page.add("codex", left, lambda response: response.usage.total_tokens * 10**6)
    data = page.data(ALL, published(used))
    (card,) = percent_value.build(data).cards
    weekly = next(row for row in card.rows if row.window == "Weekly")
    assert float(weekly.tokens_full) == pytest.approx(1_000_000, rel=0.05)
    assert weekly.windows == "3"
    assert "also used on other devices" in card.note
    assert "% elsewhere" in Pages().page(data)


def test_an_account_without_windows_of_its_own_has_no_card(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path, now=NOW)
    only = replace(ADA, windows=(lane("code_review:weekly", 30, NOW + HOUR, NOW),))
    assert percent_value.build(page.data(ALL, published(only))).cards == ()


# --- all of it ----------------------------------------------------------------------------------------------


def test_a_ledger_that_cannot_be_read_is_a_sentence_and_the_cards_stay(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path, now=NOW)
    usage = published(some_weeks(page, 1))
    for file in page.costs.files:
        file.unlink(missing_ok=True)
    page.costs.files[0].write_bytes(b"no ledger" * 1000)
    data = page.data(ALL, usage)
    for section in (limit_history, window_log, window_usage, percent_value):
        with pytest.raises(LedgerError):
            section.build(data)
    assert limit_cards.build(data).cards
    html = Pages().page(data)
    assert html.count('role="alert"') >= 4
    assert "Codex · Pro" in html


def test_no_ledger_at_all(tmp_path: Path) -> None:
    html = Pages().page(LedgerPage(tmp_path).data("tab=limits"))
    assert "No limits have been read yet." in html


@pytest.mark.parametrize(
    "address", [ALL, "tab=limits&range=7d", "tab=limits&range=today&zone=Asia/Tokyo", f"{ALL}&page=999"]
)
def test_the_tab_is_drawn(tmp_path: Path, address: str) -> None:
    page = LedgerPage(tmp_path, now=NOW)
    used = some_weeks(page, 2)
    usage = document.usage(UsageSnapshot(generated_at=NOW, accounts=(used, BARE)), NOW)
    html = Pages().page(page.data(address, usage))
    for title in ("Current limits", "Window log", "Value of one percent"):
        assert title in html
    assert len(html) < 400_000


def test_what_is_left_of_a_week_is_told_in_dollars_too(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path, now=NOW)
    used = some_weeks(page)
    (card,) = limit_cards.build(page.data(ALL, published(used))).cards
    five, week = card.windows
    left = 100 - used.windows[1].value.used_percent
    assert week.notes[-1].startswith(f"Left, by past weeks: about ${left:.2f} at API prices ($")
    assert "API prices" not in " ".join(five.notes)
    (short,) = limit_summary.build(page.data("", published(used))).cards
    assert "API prices" not in " ".join(short.windows[1].notes)
