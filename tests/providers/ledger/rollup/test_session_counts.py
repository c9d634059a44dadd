"""How many sessions were used, counted one by one."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from providers.ledger.ledger import Ledger
from providers.ledger.rollup.rollup import Rollup
from providers.ledger.rollup.selection import Dimension, Key, Selection
from tests.providers.ledger.rollup.naive import HOMES, ZONES, Held, Plain, responses, write

BY: list[tuple[Dimension, ...]] = [
    (),
    ("day", "provider"),
    ("week",),
    ("month", "model"),
    ("weekday", "part_of_day"),
    ("home", "account"),
    ("project",),
]


def counted(plain: Plain, selection: Selection, by: tuple[Dimension, ...]) -> dict[Key, int]:
    found: dict[Key, set[object]] = {}
    for key in plain.tallies(selection, (*by, "thread")):
        if key[-1] != "unknown":
            found.setdefault(key[:-1], set()).add(key[-1])
    return {key: len(threads) for key, threads in found.items()}


@given(
    responses(),
    responses(),
    st.sampled_from(ZONES),
    st.sampled_from([None, date(2025, 3, 31), date(2025, 8, 1)]),
    st.sampled_from([None, date(2025, 10, 26), date(2025, 12, 1)]),
    st.sampled_from(["provider", "home", "model", "project", "account"]),
    st.sampled_from([None, "a", "codex", "~/work", "C:\\Work"]),
)
def test_whatever_is_asked_for_and_after_a_change(
    before: Sequence[Held],
    after: Sequence[Held],
    zone: object,
    since: date | None,
    until: date | None,
    filtered: str,
    value: str | None,
) -> None:
    chosen = Selection(zone=zone, since=since, until=until, **{filtered: value})  # type: ignore[arg-type]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ledger.sqlite3"
        rollup = Rollup()
        for held, earlier in ((before, ()), (after, before)):
            write(file, held, earlier)
            Ledger(file).load(rollup, HOMES)
            for by in BY:
                assert rollup.session_counts(chosen, by) == counted(Plain(held), chosen, by)
