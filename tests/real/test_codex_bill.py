"""What a real Codex writes while it works, counted, against what its models served."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.left_behind import at_work
from tests.providers.codex.logs.test_corpora import counted
from tests.real.codex_threads import SCENARIOS, bill, threads
from tests.real.test_app_server import NEWEST

PACKAGE = "@openai/codex"


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_count_equals_the_bill(scenario: str, cli: Callable[[str, str], Path], tmp_path: Path) -> None:
    with threads(cli(PACKAGE, NEWEST), tmp_path / "person") as person:
        SCENARIOS[scenario](person)
        assert at_work(person.folder) == []
    count = counted(person.home)
    expected = bill(person.models.served)
    assert {name: count[name] for name in expected} == expected


def test_a_summary_is_made_by_the_old_model(cli: Callable[[str, str], Path], tmp_path: Path) -> None:
    """With the effort of the new turn, which is the one that its lines name."""
    with threads(cli(PACKAGE, NEWEST), tmp_path / "person") as person:
        SCENARIOS["switched"](person)
    assert [(response.model, response.effort) for response in person.models.served] == [
        ("gpt-5.5", "low"),
        ("gpt-5.5", "high"),
        ("gpt-6.2-sol", "high"),
        ("gpt-6-sol", "high"),
        ("gpt-6-sol", "medium"),
        ("gpt-5.5", "medium"),
        ("gpt-5.5", "medium"),
        ("gpt-6.2-sol", "medium"),
        ("gpt-6.2-sol", "medium"),
        ("gpt-5.5", "medium"),
    ]
