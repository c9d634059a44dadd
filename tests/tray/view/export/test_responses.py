"""Rows of responses and of days."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from providers.domain.cost import Context
from providers.ledger.rows import Origin, Values
from tray.view.export import responses
from tray.view.export.redact import Redaction
from tray.view.export.responses import Naming
from tray.view.export.table import Table

HOME = Path("/home/dev/.codex")
ORIGIN = Origin("codex", Context(home=HOME, model="gpt-5.5", project="/src/app"))
KATHMANDU = ZoneInfo("Asia/Kathmandu")  # 5:45 ahead


def at(text: str, pico: int | None = 10**12) -> tuple[Origin, Values]:
    ms = int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)
    return ORIGIN, (1, 1, ms, pico, 1, 2, 3, 0, 4, 0, 10, 0, None if pico is None else pico / 1e12, 1)


def naming(redaction: Redaction | None = None) -> Naming:
    return Naming(KATHMANDU, {HOME: "~/.codex"}, redaction or Redaction())


def rows(table: Table) -> list[dict[str, Any]]:
    return [
        dict(zip((*table.shared, *table.lead, *table.tail), (*shared, *own), strict=True))
        for shared, own in table.rows
    ]


def test_times_and_local_days() -> None:
    billed = [at("2026-11-20T18:14:59.999"), at("2026-11-20T18:15:00.001"), at("2026-11-20T19:59:59.500")]
    assert [(row["time"], row["day"]) for row in rows(responses.responses(billed, naming()))] == [
        ("2026-11-20T18:14:59.999Z", "2026-11-20"),
        ("2026-11-20T18:15:00.001Z", "2026-11-21"),
        ("2026-11-20T19:59:59.500Z", "2026-11-21"),
    ]


def test_a_day_counts_those_without_a_price() -> None:
    billed = [at("2026-11-20T01:00"), at("2026-11-20T02:00", None), at("2026-11-21T02:00", None)]
    assert [
        (row["day"], row["responses"], row["total_tokens"], row["usd"], row["unpriced"])
        for row in rows(responses.days(billed, naming()))
    ] == [("2026-11-20", 2, 20, 1.0, 1), ("2026-11-21", 1, 10, None, 1)]


def test_all_spellings_of_a_project_have_one_name_and_one_hash() -> None:
    names = {"C:\\app": "c:/app", "c:/app": "c:/app"}
    for salt in (None, bytes(32)):
        redaction = Redaction(names, salt)
        assert len({redaction.project(name) for name in names}) == 1
    assert Redaction(names).project("C:\\app") == "c:/app"


def test_a_subagents_thread_is_the_session_of_the_person() -> None:
    of_session, (_, values) = [], at("2026-11-20T01:00")
    for number, root in enumerate((None, "root")):
        origin = Origin("codex", Context(home=HOME, model="gpt-5.5", session="own", root=root))
        of_session.append((origin, (number, *values[1:])))
    found = rows(responses.responses(of_session, naming()))
    assert [(row["session"], row["thread"]) for row in found] == [("own", "own"), ("own", "root")]


def test_the_rows_of_a_day_are_in_the_order_of_their_names() -> None:
    """Whichever of them came first, and without a name too."""
    for models in ((None, "a", "b"), ("b", "a", None), ("a", "b", None)):
        billed = [
            (Origin("codex", Context(home=HOME, model=model)), (number, *at("2026-11-20T01:00")[1][1:]))
            for number, model in enumerate(models)
        ]
        assert [row["model"] for row in rows(responses.days(billed, naming()))] == [None, "a", "b"]


def test_a_hash_says_what_kind_of_name_it_is_of_and_is_long_enough() -> None:
    hidden = Redaction(salt=bytes(32))
    hashes = [
        each("name") for each in (hidden.account, hidden.home, hidden.project, hidden.session, hidden.program)
    ]
    assert len(set(hashes)) == 5
    assert {len(each or "") for each in hashes} == {12}
