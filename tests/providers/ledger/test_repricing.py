"""Whatever changes in the prices, and wherever it is interrupted: each response has the price of now."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.domain.cost import BilledResponse, Context, TokenUsage
from providers.ledger import part_checksums
from providers.ledger.database import opened, transaction
from providers.ledger.prices.changed import ALL_TIME, changed_since
from providers.ledger.prices.load import load_rates
from providers.ledger.prices.pricing import Rates
from providers.ledger.repricing import reprice
from providers.ledger.responses import replace_responses

RATES = load_rates(Path("no prices"), Path("none"))
MODELS = ("gpt-5.5", "gpt-5.4", "gpt-5.5-2026-05-01", "mystery", None)
DAYS = ("2026-05-01", "2026-06-30", "2026-11-01")
RULES = st.builds(
    lambda model, days, rate: f'[[price]]\nmodel = "{model}"\n{days}input = {rate}\noutput = 9\n',
    st.sampled_from(["gpt-5.5", "gpt-5.4", "gpt-*", "mystery"]),
    st.sampled_from(["", *(f"{word} = {day}\n" for day in DAYS for word in ("from", "until"))]),
    st.integers(1, 3),
)


def responses(home: Path) -> Iterator[BilledResponse]:
    days = ("2026-04-30T23:59:59.999", *(f"{day}T00:00:00" for day in DAYS), "2026-11-20T12:00:00")
    for number, day in enumerate(days):
        at = round(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp() * 1000)
        for key, model in enumerate(MODELS):
            for tier in (None, "priority"):
                context = Context(home=home, model=model, tier=tier)
                usage = TokenUsage(1000 + number, output_tokens=7)
                yield BilledResponse(at, 100 * number + 10 * key + (tier is None), context, usage)


def filled(file: Path) -> list[BilledResponse]:
    home = file.parent / "home"
    held = list(responses(home))
    with opened(file, repair=True) as db, transaction(db):
        parts = [([1], held[::2]), ([2], held[1::2])]
        replace_responses(db, "codex", parts, RATES.pico_usd)
    return held


def stored(file: Path) -> dict[int, int | None]:
    with closing(sqlite3.connect(file)) as db:
        assert list(part_checksums.stored(db, [1, 2])) == list(part_checksums.actual(db, [1, 2]))
        assert part_checksums.is_whole(db)
        return dict(db.execute("SELECT key, pico_usd FROM responses").fetchall())


class Looked(Rates):
    """Counts what it is asked for; fails after so many."""

    def __init__(self, rates: Rates, most: int = 10**9) -> None:
        self.__dict__.update(rates.__dict__)
        self.asked, self.most = 0, most

    def pico_usd(self, response: BilledResponse) -> int | None:
        self.asked += 1
        if self.asked > self.most:
            raise KeyboardInterrupt
        return super().pico_usd(response)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.lists(RULES, max_size=2, unique=True), st.integers(0, 60)), min_size=1, max_size=4)
)
def test_each_has_the_price_of_now(history: list[tuple[list[str], int]]) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "ledger.sqlite3"
        held = filled(file)
        for rules, most in history:
            rates = Looked(RATES.with_own("".join(rules)), most)
            try:
                with opened(file, repair=True) as db:
                    reprice(db, rates)
            except KeyboardInterrupt:
                continue
            assert stored(file) == {each.key: Rates.pico_usd(rates, each) for each in held}


def test_only_what_may_have_changed_is_looked_at(tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite3"
    held = filled(file)
    rule = '[[price]]\nmodel = "gpt-5.4"\nfrom = 2026-11-01\ninput = 1\noutput = 1\n'
    asked = []
    for own in ("", rule, rule, ""):
        rates = Looked(RATES.with_own(own))
        with opened(file, repair=True) as db:
            reprice(db, rates)
        asked.append(rates.asked)
    assert asked == [len(held), 4, 0, 4]  # two days, with two tiers


def test_a_repricing_that_was_killed_and_taken_back(tmp_path: Path) -> None:
    """Some have the price of the rule, and the prices are those of before again."""
    file = tmp_path / "ledger.sqlite3"
    filled(file)
    with opened(file, repair=True) as db:
        reprice(db, RATES)
    before = stored(file)
    rule = '[[price]]\nmodel = "gpt-5.4"\ninput = 1\noutput = 1\n'
    with pytest.raises(KeyboardInterrupt), opened(file, repair=True) as db:
        reprice(db, Looked(RATES.with_own(rule), 3))
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("UPDATE responses SET pico_usd = 1 WHERE part = 1 AND context = 1")  # what it had done
        part_checksums.set_parts(db, [1])
        part_checksums.set_total(db)
    with opened(file, repair=True) as db:
        reprice(db, RATES)
    assert stored(file) == before


def test_other_prices_than_those_of_the_text_are_no_difference_of_it() -> None:
    other = Rates(b"[]")
    assert changed_since("", other.fingerprint, RATES) is None
    assert changed_since("", "", RATES) is None


def test_the_times_of_a_change() -> None:
    ruled = RATES.with_own(
        '[[price]]\nmodel = "gpt-5.4"\nfrom = 2026-05-01\nuntil = 2026-06-01\ninput = 1\noutput = 1\n'
    )
    changed = changed_since("", RATES.fingerprint, ruled)
    assert changed is not None
    first, end = changed("gpt-5.4", None) or ALL_TIME
    assert datetime.fromtimestamp(first / 1000, UTC).date() == date(2026, 5, 1)
    assert datetime.fromtimestamp(end / 1000, UTC).date() in (date(2026, 6, 1), date(2026, 6, 2))
    assert changed("gpt-5.5", None) is None
    assert changed(None, None) is None
