"""A section that fails costs no other one."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from providers.ledger.database import LedgerQuarantined
from tests.tray.faces.page.ledgers import LedgerPage, billed
from tray.faces.page.coded import coded
from tray.faces.page.render import FAULT, Pages
from tray.faces.page.sections import totals

SECRET = "sk-secret-in-a-value"


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            LedgerQuarantined("The ledger was damaged and <moved> away."),
            "The ledger was damaged and &lt;moved&gt; away.",
        ),
        (KeyError(SECRET), str(coded(FAULT))),
    ],
)
def test_in_its_place_is_why(
    error: Exception,
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    made = LedgerPage(tmp_path)
    made.add("codex", [billed(home=made.codex, tokens=5)])

    def fails(_data: object) -> None:
        raise error

    monkeypatch.setattr(totals, "build", fails)
    with caplog.at_level(logging.ERROR):
        text = Pages().page(made.data("tab=overview"))
    assert sentence in text
    assert SECRET not in text + caplog.text
    assert text.count("<section") > 2
    assert text.count(sentence) == 1


def test_commands_in_a_sentence_are_code_and_the_rest_is_escaped() -> None:
    assert coded("Run `tankful <doctor>` & go on.") == "Run <code>tankful &lt;doctor&gt;</code> &amp; go on."
    assert coded("A lone ` stays.") == "A lone ` stays."
