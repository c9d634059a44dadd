"""The page over HTTP, as its program serves it: how fast it answers, how large it is, what it takes. Prints JSON.

python -m tests.bench.served [RESPONSES] [--folder FOLDER] [--idle SECONDS]

The ledger is the dense one of tests.bench.page. With --folder it is kept there, and used again.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import psutil

from tests.bench.page import HOMES, fill
from tests.programs import started
from tray.faces.page.tab_titles import TABS

FILTERS = (
    "range=today",
    "range=7d",
    "range=30d",
    "range=90d",
    "range=ytd",
    "range=all",
    "range=90d&provider=claude",
    "range=90d&project=/home/dev/customer-3",
    "range=90d&model=gpt-5.5",
    "range=30d&compare=1",
    "range=30d&zone=Asia/Kathmandu",
    "range=30d",
)
TIMES = 5


class BenchedPage:
    """A page that answers, its process, and its cookie."""

    def __init__(self, process: psutil.Process, host: str, cookie: str) -> None:
        self.process, self._host, self._cookie = process, host, cookie
        self._connection = http.client.HTTPConnection(host, timeout=60)

    def get(self, target: str) -> tuple[float, bytes]:
        """Milliseconds until the whole answer is here."""
        began = time.perf_counter()
        self._connection.request("GET", target, headers={"Cookie": self._cookie})
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise ValueError(f"{target}: {answer.status}")
        return (time.perf_counter() - began) * 1000, body

    def hang_up(self) -> None:
        """The next answer comes over another connection."""
        self._connection.close()

    def listen(self, live: str | None = None) -> http.client.HTTPResponse:
        """To what an open tab hears; with `live`, one that shows live sessions as this address asks for them."""
        connection = http.client.HTTPConnection(self._host, timeout=600)
        target = "/events?tab=bench" + (f"&live={quote(live)}" if live is not None else "")
        connection.request("GET", target, headers={"Cookie": self._cookie})
        return connection.getresponse()

    @property
    def private_mb(self) -> float:
        return round(self.process.memory_full_info().uss / 1e6, 1)

    @property
    def busy_ms(self) -> float:
        """Of the page alone; on Linux, where it is counted in nanoseconds."""
        tasks = Path(f"/proc/{self.process.pid}/task").iterdir()
        return sum(int((each / "schedstat").read_text().split()[0]) for each in tasks) / 1e6

    @property
    def cpu_seconds(self) -> float:
        """Of the page and of all that it started."""
        each = [self.process, *self.process.children(recursive=True)]
        return sum(sum(one.cpu_times()[:2]) for one in each)


@contextmanager
def benched(folder: Path, homes: Mapping[str, Iterable[Path]] = HOMES) -> Iterator[tuple[BenchedPage, float]]:
    """The page over these homes, its own files in `folder`; the seconds until it answered for the first time."""
    environ = os.environ | {
        "TANKFUL_HOME": str(folder),
        "HOME": str(folder),
        "CODEX_HOME": ",".join(str(path) for path in homes["codex"]),
        "CLAUDE_CONFIG_DIR": ",".join(str(path) for path in homes["claude"]),
    }
    command = [sys.executable, "-m", "tray.cli", "dashboard", "--no-open", "--port", "0"]
    began = time.perf_counter()
    with started(
        command, text=True, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        address = urlsplit(process.stdout.readline().strip())
        connection = http.client.HTTPConnection(address.netloc, timeout=60)
        connection.request("GET", f"/?{address.query}")
        cookie = (connection.getresponse().getheader("Set-Cookie") or "").partition(";")[0]
        page = BenchedPage(psutil.Process(process.pid), address.netloc, cookie)
        page.get("/?tab=overview")
        yield page, time.perf_counter() - began


def measure(folder: Path, idle: float) -> dict[str, Any]:
    with benched(folder) as (page, first):
        until_counted(page)
        answers, sizes, busy = {}, {}, {}
        for tab in TABS:
            for filters in FILTERS:
                target = f"/?tab={tab}&{filters}"
                before = page.busy_ms
                asked = [page.get(target) for _ in range(TIMES)]
                name = f"{tab} {filters}"
                busy[name] = round((page.busy_ms - before) / TIMES, 1)
                answers[name] = round(statistics.median(ms for ms, _ in asked), 1)
                sizes[name] = len(asked[0][1])
        assets = sum(len(page.get(f"/static/{name}")[1]) for name in ("page.css", "page.js", "live.js"))
        found = {
            "first_answer_s": round(first, 2),
            "slowest_ms": _most(answers),
            "median_ms": round(statistics.median(answers.values()), 1),
            "slowest_processor_ms": _most(busy),
            "median_processor_ms": round(statistics.median(busy.values()), 1),
            "largest_kb": round((max(sizes.values()) + assets) / 1e3, 1),
            "largest": max(sizes, key=lambda each: sizes[each]),
            "private_mb": page.private_mb,
        }
        if idle:
            found |= idle_cost(page, idle)
        return found


def _most(values: dict[str, float]) -> dict[str, float]:
    return dict(sorted(values.items(), key=lambda each: -each[1])[:8])


def until_counted(page: BenchedPage) -> None:
    """The first count at a start is done."""
    while json.loads(page.get("/health")[1])["counting"] is not None:
        time.sleep(0.2)


def idle_cost(page: BenchedPage, seconds: float) -> dict[str, float]:
    """With one tab open."""
    stream = page.listen()
    try:
        time.sleep(5)
        before = page.cpu_seconds
        time.sleep(seconds)
        return {"idle_cpu_percent": round((page.cpu_seconds - before) / seconds * 100, 3)}
    finally:
        stream.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("responses", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--idle", type=float, default=30)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        ledger = folder / "state" / "ledger.sqlite3"
        if not ledger.exists():
            fill(ledger, options.responses, dense=True)
        print(json.dumps(measure(folder, options.idle), indent=2))


if __name__ == "__main__":
    main()
