"""What tokens would cost at API prices and what is billed are told apart wherever there is a dollar sign."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC

import pytest

from providers.registry import PROVIDERS
from tests.tray.hostile import report
from tools.example_states import CLAUDE, CODEX, NOW, STATES, state
from tray.view import cost_tables, menu, output, tooltip
from tray.view.rows import Row

API = re.compile(r"(?:≈ |≥ )(?:< )?\$[\d,]+\.\d\d")


def _lines(rows: tuple[Row, ...]) -> Iterator[str]:
    for row in rows:
        yield row.text
        yield from _lines(row.children)


FACES: dict[str, Callable[[], str]] = {
    "menu": lambda: "\n".join(_lines(menu.rows(state(CODEX, CLAUDE), NOW, UTC))),
    "tankful": lambda: output.as_text(menu.status_rows(state(CODEX, CLAUDE), NOW, UTC)),
    "summary": lambda: menu.summary(state(CODEX, CLAUDE), NOW, UTC),
}


@pytest.mark.parametrize("face", FACES.values(), ids=FACES)
def test_each_amount_says_what_it_is(face: Callable[[], str]) -> None:
    text = face()
    amounts = [line.strip() for line in text.splitlines() if "$" in line]
    assert any(API.search(line) for line in amounts)
    for line in amounts:
        if "illed" in line and "not billed" not in line:
            assert "≈" not in line
        else:
            assert len(API.findall(line)) == line.count("$"), line
    assert re.search(r"at API prices", text, re.IGNORECASE)


def test_the_billed_amount_says_so() -> None:
    assert "Billed extra usage: $12.34 of $50.00" in FACES["menu"]()
    assert "Billed extra usage: $12.34 of $50.00" in FACES["tankful"]()


def test_the_cost_table_says_it_in_its_heading_and_its_sum() -> None:
    tables = cost_tables.tables(report("gpt-5.5"), PROVIDERS, "model", UTC, NOW)
    text = cost_tables.text(tables, output.Paper(), "model")
    assert "at API prices, not your bill" in text.splitlines()[0]
    assert "≈ API price" in text
    (total,) = (line for line in text.splitlines() if line.strip().startswith("Total"))
    assert API.search(total)


@pytest.mark.parametrize("name", STATES)
def test_a_tooltip_has_no_money(name: str) -> None:
    known = STATES[name]()
    assert "$" not in tooltip.title(known, NOW) + tooltip.text(known, NOW)
