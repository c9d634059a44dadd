"""The prices used, of many models: those that cost most, and how many there are."""

from __future__ import annotations

from pathlib import Path

from tests.tray.faces.page.ledgers import LedgerPage, billed
from tray.faces.page.render import Pages
from tray.faces.page.sections import rates


def test_of_very_many_models_those_that_cost_most(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path)
    page.add(
        "codex", [billed(home=page.codex, model=f"m{number}", tokens=number) for number in range(1, 131)]
    )
    built = rates.build(page.data("zone=UTC"))
    assert len(built.models) == 100
    assert [each.name.shown for each in built.models[:2]] == ["m130", "m129"]
    assert built.more == "These are the 100 models that cost most, of 130."
    assert built.more in str(Pages().section("rates", built))


def test_of_a_few_models_all(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path)
    page.add("codex", [billed(home=page.codex, model="m")])
    assert rates.build(page.data("zone=UTC")).more == ""
