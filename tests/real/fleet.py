"""Real servers of a fleet on loopback: node_exporter, Prometheus, VictoriaMetrics."""

from __future__ import annotations

import json
import socket
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.programs import started

SECONDS = 40.0


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Store:
    """What answers PromQL at `base`."""

    def __init__(self, base: str) -> None:
        self.base = base

    def get(self, path: str, **parameters: str) -> Any:
        query = urllib.parse.urlencode(parameters)
        try:
            with urllib.request.urlopen(f"{self.base}{path}?{query}", timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()) from None

    def query(self, expression: str, **parameters: str) -> dict[tuple[str, ...], float]:
        """The vector that it comes to, by the values of its labels in the order of their names."""
        # VictoriaMetrics remembers answers, also one from before all that was posted could be seen.
        found = self.get("/api/v1/query", query=expression, nocache="1", **parameters)["data"]["result"]
        return {
            tuple(value for name, value in sorted(each["metric"].items()) if name != "__name__"): float(
                each["value"][1]
            )
            for each in found
        }

    def until(self, expression: str, is_so: Any, **parameters: str) -> dict[tuple[str, ...], float]:
        """The first answer of which that is so."""
        ends = time.monotonic() + SECONDS
        while True:
            found = self.query(expression, **parameters)
            if is_so(found):
                return found
            assert time.monotonic() < ends, f"{expression}: {found}"
            time.sleep(0.2)


def _await(url: str) -> None:
    ends = time.monotonic() + SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            assert time.monotonic() < ends, url
            time.sleep(0.1)


@contextmanager
def node_exporter(folder: Path) -> Iterator[int]:
    """One that exports the `.prom` files of a folder and nothing else; its port."""
    port = free_port()
    with started(
        [
            "prometheus-node-exporter",
            f"--web.listen-address=127.0.0.1:{port}",
            "--collector.disable-defaults",
            "--collector.textfile",
            f"--collector.textfile.directory={folder}",
            "--log.level=error",
        ]
    ):
        _await(f"http://127.0.0.1:{port}/metrics")
        yield port


@contextmanager
def prometheus(folder: Path, rules: Path, ports: Sequence[int]) -> Iterator[Store]:
    """One that scrapes these each second, and evaluates these rules as often; its blocks are in `data`."""
    port = free_port()
    targets = [
        {"targets": [f"127.0.0.1:{each}"], "labels": {"instance": f"machine{number}"}}
        for number, each in enumerate(ports)
    ]
    config = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(rules)],
        "scrape_configs": [{"job_name": "node", "static_configs": targets}],
    }
    folder.mkdir(exist_ok=True)
    (folder / "prometheus.yml").write_text(json.dumps(config))  # JSON is YAML
    with started(
        [
            "prometheus",
            f"--config.file={folder}/prometheus.yml",
            f"--storage.tsdb.path={folder}/data",
            "--storage.tsdb.retention.time=10y",
            f"--web.listen-address=127.0.0.1:{port}",
            "--log.level=error",
        ]
    ):
        _await(f"http://127.0.0.1:{port}/-/ready")
        yield Store(f"http://127.0.0.1:{port}")


@contextmanager
def victoria_metrics(folder: Path) -> Iterator[Store]:
    port = free_port()
    with started(
        [
            "victoria-metrics",
            f"-storageDataPath={folder}",
            f"-httpListenAddr=127.0.0.1:{port}",
            "-retentionPeriod=10y",
            "-dedup.minScrapeInterval=1s",
            "-memory.allowedBytes=128MB",
            "-loggerLevel=ERROR",
        ]
    ):
        _await(f"http://127.0.0.1:{port}/health")
        yield Store(f"http://127.0.0.1:{port}")
