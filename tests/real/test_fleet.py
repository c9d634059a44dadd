"""docs/fleet.md on real servers: two machines with node_exporter, Prometheus and its rules, VictoriaMetrics."""

from __future__ import annotations

import json
import re
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from providers.domain.cost import Context, Counter, Tally, TokenUsage
from providers.domain.limits import Attempt
from providers.ledger.rows import Origin, Values
from tests.real.fleet import Store, node_exporter, prometheus, victoria_metrics
from tests.tray.faces.published import ROOT, Folder
from tray.engine.state import State
from tray.view.export import openmetrics
from tray.view.export.redact import Redaction

DOCS = (ROOT / "docs/fleet.md").read_text()
RULES = ROOT / "assets/prometheus/tankful.rules.yml"
COSTS, LIMITS = re.findall(r"```promql\n(.*?)```", DOCS, re.DOTALL)

pytestmark = pytest.mark.timeout(240)


class Machine(Folder):
    """Whose metrics a timer writes, as docs/fleet.md has it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.textfiles = folder / "textfile"
        self.textfiles.mkdir(parents=True)

    def writes(self, *, used: float, age: float, usd: float, epoch: int = 0) -> None:
        """Of the one account that both see, read `age` minutes ago."""
        read_at = self.now - timedelta(minutes=age)
        window = self.window(used)
        account = self.account(
            type(window)(value=window.value, source="oauth", fetched_at=read_at),
            login_ends_at=self.now + timedelta(days=3),
            attempts=(Attempt(source="oauth", ok=True, ms=9),),
        )
        tally = Tally(responses=9, usage=TokenUsage(1, 2, 3, 0, 4, 1), usd=usd)
        counter = Counter(provider="codex", account="a1b2c3d4", model="gpt-5.5", epoch=epoch, tally=tally)
        self.publish(account, state=State(counters=(counter,)))
        self.run("metrics", "--textfile", str(self.textfiles / "tankful.prom"))


@pytest.fixture
def machines(tmp_path: Path, need: Callable[..., None]) -> tuple[Machine, Machine]:
    need("prometheus", "prometheus-node-exporter")
    return Machine(tmp_path / "a"), Machine(tmp_path / "b")


@pytest.fixture
def store(machines: tuple[Machine, Machine], tmp_path: Path) -> Iterator[Store]:
    with ExitStack() as stack:
        ports = [stack.enter_context(node_exporter(machine.textfiles)) for machine in machines]
        yield stack.enter_context(prometheus(tmp_path / "prometheus", RULES, ports))


def dashboard_queries() -> list[str]:
    dashboard = json.loads((ROOT / "assets/grafana/tankful.json").read_text())
    filled = {"$__range": "1m", "$__rate_interval": "1m", "$machine": ".*"}
    queries = []
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            expression = target["expr"]
            for name, value in filled.items():
                expression = expression.replace(name, value)
            queries.append(expression)
    return queries


def test_costs_are_summed_and_limits_are_not(machines: tuple[Machine, Machine], store: Store) -> None:
    one, other = machines
    one.writes(used=97, age=9, usd=5.0)
    other.writes(used=20, age=1, usd=1.0)
    session = ("a1b2c3d4", "codex", "session")
    store.until("count(tankful_usd_total)", lambda found: found == {(): 2})
    store.until(LIMITS, lambda found: found == {session: 0.2})
    assert store.query("sum by (instance) (tankful_usd_total)") == {("machine0",): 5.0, ("machine1",): 1.0}
    assert set(store.query("node_textfile_scrape_error").values()) == {0.0}
    store.until("account:tankful_used_ratio:newest", lambda found: found == {session: 0.2})

    # The first machine looks again: now it is right.
    one.writes(used=95, age=0, usd=7.5)
    store.until(LIMITS, lambda found: found == {session: 0.95})
    store.until("count_over_time(tankful_usd_total[1m])", lambda found: min(found.values(), default=0) > 5)
    grown = store.until(COSTS, lambda found: found.get(("machine0",), 0) > 0)
    assert grown[("machine1",)] == 0

    # It learns that it knew too much. Nothing is counted once more.
    one.writes(used=95, age=0, usd=3.0, epoch=1)
    store.until("sum by (instance) (tankful_usd_total)", lambda found: found.get(("machine0",)) == 3.0)
    corrected = 'sum(count_over_time(tankful_usd_total{epoch="1"}[1m]))'
    store.until(corrected, lambda found: found.get((), 0) > 2)
    grown = store.query("sum by (instance) (increase(tankful_usd_total[1m]))")
    assert 2.0 < grown[("machine0",)] < 4.5, "about the 2.50 that were used, and not 3.00 more"

    (alert,) = store.until("ALERTS", lambda found: found)
    assert {"TankfulWindowNearlySpent", "pending"} <= set(alert)
    for query in dashboard_queries():
        assert store.query(query), query


def test_the_rules_fire_when_they_should(need: Callable[..., None]) -> None:
    need("promtool")
    done = subprocess.run(
        ["promtool", "test", "rules", str(Path(__file__).with_name("tankful.rules.test.yml"))],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


class Year:
    """Of five models on one account: 40 series."""

    START = datetime(2025, 11, 1, tzinfo=UTC)
    END = datetime(2026, 11, 1, tzinfo=UTC)
    MODELS = 5

    def billed(self, start: datetime = START) -> Iterator[tuple[Origin, Values]]:
        """A response each two hours."""
        origins = [
            Origin("codex", Context(home=Path("/home"), model=f"m{number}", account="a1b2c3d4"))
            for number in range(self.MODELS)
        ]
        at, number = start, 0
        while at < self.END:
            model = number % self.MODELS
            values = (
                model,
                1,
                int(at.timestamp() * 1000),
                250_000_000_000,
                10,
                20,
                30,
                5,
                40,
                3,
                100,
                0,
                0.25,
                0,
            )
            yield origins[model], values
            at += timedelta(hours=2)
            number += 1

    def exported(self, start: datetime = START) -> bytes:
        span = (int(start.timestamp()), int(self.END.timestamp()))
        lines = openmetrics.counters(self.billed(start), {}, Redaction(), span)
        return b"".join(lines) + openmetrics.END


def posted(store: Store, path: str, content: bytes) -> None:
    request = urllib.request.Request(f"{store.base}{path}", data=content, method="POST")
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.status == 204
    with urllib.request.urlopen(f"{store.base}/internal/force_flush", timeout=60) as answer:
        assert answer.status == 200


def test_a_year_in_one_request(tmp_path: Path, need: Callable[..., None]) -> None:
    need("victoria-metrics")
    year = Year()
    (path,) = re.findall(r"/api/v1/import/prometheus\?\S+(?=')", DOCS)
    with victoria_metrics(tmp_path / "data") as store:
        posted(store, path, year.exported())
        posted(store, path, year.exported())  # sent again, it is the same
        end = {"time": year.END.isoformat().replace("+00:00", "Z")}
        series = 'count({__name__=~"tankful_.*_total", instance="laptop:9100", job="node"})'
        classes = (("input", 10), ("cache_read", 20), ("cache_write", 30), ("output", 40))
        for query, answer in (  # what was posted is seen within a second or two
            (series, {(): 8.0 * year.MODELS}),
            ("sum by (instance) (increase(tankful_usd_total[1d]))", {("laptop:9100",): 12 * 0.25}),
            ("sum(increase(tankful_usd_total[366d]))", {(): 365 * 12 * 0.25}),
            (
                "sum by (class) (increase(tankful_tokens_total[366d]))",
                {(name,): 365 * 12 * each for name, each in classes},
            ),
            ("sum(count_over_time(tankful_responses_total{model='m0'}[1d]))", {(): 24.0}),
        ):
            store.until(query, lambda found, answer=answer: found == pytest.approx(answer), **end)


def test_prometheus_takes_a_few_days_of_the_past(tmp_path: Path, need: Callable[..., None]) -> None:
    need("promtool", "prometheus")
    year = Year()
    text = tmp_path / "past.txt"
    text.write_bytes(year.exported(year.END - timedelta(days=2)))
    data = tmp_path / "prometheus/data"
    made = subprocess.run(
        ["promtool", "tsdb", "create-blocks-from", "openmetrics", str(text), str(data)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    with prometheus(data.parent, RULES, []) as store:
        end = {"time": year.END.isoformat().replace("+00:00", "Z")}
        found = store.until("sum(increase(tankful_usd_total[1d]))", lambda found: found, **end)
        assert found[()] == pytest.approx(12 * 0.25, rel=0.2)  # Prometheus extrapolates to the ends
