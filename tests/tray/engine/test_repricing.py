"""A preview of other prices says what a count with them then says."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from providers.host.files import own_folders
from providers.registry import PROVIDERS
from tray.engine.costs import Costs
from tray.engine.repricing import Repriced, repriced
from tray.engine.scope import Scope

FIXTURES = Path(__file__).parents[2] / "fixtures"
DAY = date(2026, 11, 20)
FREE = '[[price]]\nmodel = "gpt-5.5"\ninput = 0\noutput = 0\n'
OTHER = '[[price]]\nmodel = "gpt-5.5"\nfrom = 2026-11-20\ninput = 7\noutput = 0.5\ncache_read = 1e-3\n'


class Counted:
    def __init__(self, folder: Path) -> None:
        shutil.copytree(FIXTURES / "codex/0.169.0/plain/home/sessions", folder / "codex/sessions")
        environ = {
            "CODEX_HOME": str(folder / "codex"),
            "CLAUDE_CONFIG_DIR": str(folder / "claude"),
            "TANKFUL_HOME": str(folder / "own"),
        }
        now = datetime(2026, 11, 20, 18, tzinfo=UTC)
        self.scope = Scope(environ, own_folders(environ), ZoneInfo("UTC"), clock=lambda: now)
        self.costs = Costs(self.scope)
        self.costs.count()

    def preview(self, text: str, since: date | None = None, until: date | None = None) -> Repriced:
        homes = {each.id: tuple(home.path for home in self.scope.log_homes_of(each)) for each in PROVIDERS}
        rates = self.scope.rates().with_own(text)
        return repriced(self.costs.ledger, homes, rates, ZoneInfo("UTC"), since, until)

    def usd(self) -> float | None:
        reports, _ = self.costs.report(date(2026, 1, 1), date(2026, 12, 31), ZoneInfo("UTC"))
        return reports["codex"].totals.usd


@pytest.fixture
def counted(tmp_path: Path) -> Counted:
    return Counted(tmp_path)


@pytest.mark.parametrize("text", [FREE, OTHER, '[[price]]\nmodel = "gpt-5.5"\nas = "claude-opus-4-8"\n'])
def test_it_is_what_the_count_then_says(counted: Counted, text: str) -> None:
    found = counted.preview(text)
    assert found.before.usd == pytest.approx(counted.usd())
    assert found.changed == 8
    counted.scope.prices_file.parent.mkdir(parents=True, exist_ok=True)
    counted.scope.prices_file.write_text(text)
    counted.costs.count()
    assert found.after.usd == pytest.approx(counted.usd())
    assert counted.preview(text).changed == 0


def test_only_the_chosen_days_count(counted: Counted) -> None:
    assert counted.preview(FREE, DAY, DAY).changed == 8
    for since, until in ((date(2026, 11, 21), None), (None, date(2026, 11, 19)), (date.max, date.max)):
        assert counted.preview(FREE, since, until).changed == 0
    assert counted.preview(FREE, date.min, date.max).changed == 8


def test_without_a_ledger_nothing_changes(counted: Counted) -> None:
    for file in counted.costs.files:
        file.unlink(missing_ok=True)
    found = Costs(counted.scope).ledger
    assert repriced(found, {}, counted.scope.rates(), UTC, None, None).before.usd == 0
