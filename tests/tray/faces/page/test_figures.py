"""The sums of the page while logs are counted, and where they cannot be."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import tzinfo
from pathlib import Path
from typing import Any

from providers.ledger.database import LedgerBusy
from providers.ledger.rollup.rollup import Rollup
from tests.tray.faces.page.asking import posted, request, scope_in, served
from tests.tray.faces.page.ledgers import LedgerPage, billed
from tray.engine.costs import Costs
from tray.faces.page.figures import CountStatus, Figures


class SlowCosts(Costs):
    """A count that goes on when it is allowed to."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.begun, self.goes_on = threading.Event(), threading.Event()
        self.counts = 0

    def count(
        self, progress: Callable[[float], None] | None = None, waiting: Callable[[str], None] | None = None
    ) -> None:
        assert progress is not None
        assert waiting is not None
        self.counts += 1
        progress(0.43)
        waiting("waiting for another tankful.")
        self.begun.set()
        assert self.goes_on.wait(10)
        progress(1.0)


class SlowRollup(Rollup):
    """One that takes as long as it must to be loaded."""

    def __init__(self) -> None:
        super().__init__()
        self.goes_on = threading.Event()
        self.warmed: tzinfo | None = None

    def load(self, *given: Any, **more: Any) -> None:
        assert self.goes_on.wait(10)
        super().load(*given, **more)

    def warm(self, zone: tzinfo) -> None:
        self.warmed = zone
        super().warm(zone)


def test_while_logs_are_counted_the_page_shows_what_there_is_and_how_far_it_is(tmp_path: Path) -> None:
    made = LedgerPage(tmp_path)
    made.add("codex", [billed(home=made.codex, tokens=12_345)])
    costs = SlowCosts(made.scope)
    with served(made.scope, costs) as page:
        assert costs.begun.wait(10)
        text = request(page, "GET", "/?tab=overview&zone=UTC").text
        assert 'value="12345"' in text
        assert "Waiting for another tankful." in text
        assert '<progress max="100" value="0">' in text  # a share within the same half second is not shown
        assert json.loads(request(page, "GET", "/health").body)["counting"] == 0.0
        costs.goes_on.set()
        assert page.figures.wait(1, 10)
        text = request(page, "GET", "/?tab=overview&zone=UTC").text
        assert "Waiting for" not in text
        assert json.loads(request(page, "GET", "/health").body)["counting"] is None


def test_those_who_ask_for_a_count_while_one_is_wanted_share_it(tmp_path: Path) -> None:
    scope = scope_in(tmp_path)
    costs = SlowCosts(scope)
    figures = Figures(scope, costs)
    figures.start()
    assert costs.begun.wait(10)
    asked = [figures.recount() for _ in range(5)]
    assert asked == [2] * 5
    costs.goes_on.set()
    assert figures.wait(2, 10)
    assert costs.counts == 2
    figures.close()


def test_a_page_does_not_wait_for_sums_that_are_made_for_the_first_time(tmp_path: Path) -> None:
    made = LedgerPage(tmp_path)
    made.add("codex", [billed(home=made.codex, tokens=12_345)])
    rollup, changed = SlowRollup(), threading.Event()
    figures = Figures(made.scope, made.costs, changed.set, rollup)
    figures.start()
    assert figures.status.share == 0.0
    assert figures.rollup is not rollup
    assert figures.rollup.tallies(made.data("zone=UTC").selection) == {}
    rollup.goes_on.set()
    assert figures.wait(1, 10)
    assert figures.rollup is rollup
    assert rollup.warmed is made.scope.zone
    assert changed.is_set()
    figures.close()


def test_a_ledger_that_is_damaged_is_a_sentence_and_counted_anew(tmp_path: Path) -> None:
    scope = scope_in(tmp_path)
    ledger = tmp_path / "state" / "ledger.sqlite3"
    ledger.parent.mkdir()
    ledger.write_bytes(b"SQLite format 3\0" + b"nonsense" * 2000)
    with served(scope) as page:
        assert page.figures.wait(1, 10)
        problem = page.figures.status.problem
        assert problem is not None
        assert "damaged" in problem
        answer = request(page, "GET", "/?tab=overview")
        assert answer.status == 200
        assert problem.partition(".")[0] in answer.text
        assert posted(page, "recalculate").status == 303
        assert page.figures.status.problem is None
        assert "damaged" not in request(page, "GET", "/?tab=overview").text


def test_a_count_that_another_process_holds_up_is_a_sentence(tmp_path: Path) -> None:
    class BusyCosts(Costs):
        def count(self, *_given: Any, **_more: Any) -> None:
            raise LedgerBusy("Another tankful is still counting the logs. Try again later, or quit it.")

    scope = scope_in(tmp_path)
    with served(scope, BusyCosts(scope)) as page:
        assert page.figures.wait(1, 10)
        assert "Another tankful is still counting the logs." in request(page, "GET", "/?tab=data").text
        recalc = json.loads(request(page, "GET", "/recalc", cookie=False).body)
        assert (recalc["ok"], recalc["error"]) == (False, "recalc_failed")
        assert "Another" not in json.dumps(recalc)


def test_a_fault_in_a_count_is_not_the_end(tmp_path: Path) -> None:
    class BrokenCosts(Costs):
        def count(self, *_given: Any, **_more: Any) -> None:
            raise KeyError("/home/dev/secret")

    scope = scope_in(tmp_path)
    with served(scope, BrokenCosts(scope)) as page:
        assert page.figures.wait(1, 10)
        text = request(page, "GET", "/?tab=overview").text
        assert "could not be counted because of an internal error" in text
        assert "secret" not in text
        page.figures.recount()
        assert page.figures.wait(2, 10)


def test_what_others_counted_is_shown_without_a_count(tmp_path: Path) -> None:
    made = LedgerPage(tmp_path)
    made.add("codex", [billed(home=made.codex, tokens=5)])
    loaded = threading.Event()
    figures = Figures(made.scope, made.costs, loaded.set)
    figures.start()
    assert figures.wait(1, 10)
    counts, generation = figures.status.counts, figures.generation
    loaded.clear()
    made.add("claude", [billed(home=made.claude, tokens=7)])
    figures.look()
    assert loaded.wait(10)
    assert figures.generation > generation
    assert figures.status.counts == counts
    (found,) = figures.rollup.tallies(made.data("zone=UTC").selection).values()
    assert found.usage.total_tokens == 12
    with closing(figures):
        assert isinstance(figures.status, CountStatus)
