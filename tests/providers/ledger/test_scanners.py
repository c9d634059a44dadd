"""The ledger counts logs of any shape: here one JSON document for each thread, and an SQLite file."""

from __future__ import annotations

import json
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Literal, Protocol

import msgspec
import pytest
from msgspec import Struct

from providers.domain.cost import BilledResponse, Context, TokenUsage
from providers.domain.stable_hash import stable_hash
from providers.ledger.changes import Remembered, Shelf
from providers.ledger.refresh import refresh
from providers.logs import (
    Checkpoint,
    LogChange,
    LogFormat,
    LogScanner,
    Observed,
    Resolved,
    ScanResult,
    unpacked,
)

Answers = Mapping[str, int]
"""What a log holds: the output tokens of each response, by its id."""

AT_MS = 1_795_000_000_000


class Kept(Struct, array_like=True):
    make: Literal["fake 1"]
    log: str
    answers: dict[str, int]


_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(Kept)


class Scanner:
    """Reads a log whole, however little of it changed."""

    def __init__(self, fmt: Fake) -> None:
        self._fmt = fmt

    def scan(self, path: str, checkpoint: Checkpoint | None = None) -> ScanResult:
        log, answers = self._fmt.load(path)
        return ScanResult(
            observation=_encode(Kept("fake 1", log, answers)),
            links=_links(answers),
            last_ms=AT_MS,
            offset=Path(path).stat().st_size,
            same_log=checkpoint is None or unpacked(checkpoint.observation, _decoder).log == log,
        )


class Fake(ABC):
    """What both formats have in common."""

    make = "fake 1"
    folders: Sequence[str] = ("threads", "archive")
    files: Sequence[str] = ()
    companions: Sequence[str] = ()
    suffix = ""

    def is_log(self, name: str) -> bool:
        return name.endswith(self.suffix)

    @abstractmethod
    def load(self, path: str) -> tuple[str, dict[str, int]]:
        """The log's id, and the output tokens of each response."""

    def scanner(self) -> LogScanner:
        return Scanner(self)

    def links(self, observation: bytes) -> frozenset[int]:
        return _links(unpacked(observation, _decoder).answers)

    def resolve(self, observed: Sequence[Observed]) -> Resolved:
        best: dict[str, BilledResponse] = {}
        for each in observed:
            kept = unpacked(each.observation, _decoder)
            for id_, output in kept.answers.items():
                context = Context(home=each.home, session=kept.log)
                made = BilledResponse(
                    AT_MS, stable_hash(id_.encode()), context, TokenUsage(output_tokens=output)
                )
                best[id_] = max(best.get(id_, made), made, key=lambda one: one.usage.output_tokens)
        return Resolved(list(best.values()), [])

    def pieces(self, observation: bytes) -> None:
        return None

    def summary(self, observation: bytes) -> None:
        return None

    def growth(self, change: LogChange, others: Sequence[None]) -> None:
        """Always resolved anew."""
        return


def _links(answers: Answers) -> frozenset[int]:
    return frozenset(stable_hash(id_.encode()) for id_ in answers)


class Documents(Fake):
    suffix = ".json"

    def load(self, path: str) -> tuple[str, dict[str, int]]:
        document = json.loads(Path(path).read_bytes())
        return document["thread"], document["answers"]

    def write(self, path: Path, log: str, answers: Answers) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"thread": log, "answers": answers}))


class Databases(Fake):
    suffix = ".db"
    files = ("usage.db",)
    companions = ("-wal",)

    def load(self, path: str) -> tuple[str, dict[str, int]]:
        with closing(sqlite3.connect(f"{Path(path).as_uri()}?mode=ro", uri=True)) as db:
            (log,) = db.execute("SELECT name FROM thread").fetchone()
            return log, dict(db.execute("SELECT id, output FROM answers"))

    def write(self, path: Path, log: str, answers: Answers) -> None:
        with self.opened(path, log) as db, db:
            db.execute("DELETE FROM answers")
            db.executemany("INSERT INTO answers VALUES (?, ?)", answers.items())

    @contextmanager
    def opened(self, path: Path, log: str) -> Iterator[sqlite3.Connection]:
        """As a program has it open that writes: what is new stands in the `-wal` until it is closed."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path)) as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.executescript(
                "CREATE TABLE IF NOT EXISTS thread(name); CREATE TABLE IF NOT EXISTS answers(id, output);"
            )
            with db:
                db.execute("DELETE FROM thread")
                db.execute("INSERT INTO thread VALUES (?)", (log,))
            yield db


class Shape(Protocol):
    suffix: str

    def write(self, path: Path, log: str, answers: Answers) -> None: ...


class Ledger:
    """Over a home with logs of one format, in a process that remembers."""

    def __init__(self, folder: Path, fmt: LogFormat, worth_two: int = 1 << 40) -> None:
        self.home = folder / "home"
        self.path = folder / "ledger.sqlite3"
        self._shelf = Shelf(provider="fake", home=self.home, format=fmt)
        self._remembered = Remembered()
        self._worth_two = worth_two

    def refresh(self) -> list[str]:
        """The names of the logs that could not be read."""
        bad = refresh(
            self.path,
            [self._shelf],
            lambda response: response.usage.output_tokens,
            remembered=self._remembered,
            worth_two=self._worth_two,
        )
        return [Path(path).name for paths in bad.values() for path in paths]

    def outputs(self) -> list[int]:
        """The output of each response, after a refresh that could read everything."""
        assert self.refresh() == []
        return self.rows()

    def rows(self) -> list[int]:
        with closing(sqlite3.connect(self.path)) as db:
            return [row[0] for row in db.execute("SELECT output FROM responses ORDER BY output")]


@pytest.fixture(params=[Documents(), Databases()], ids=["document", "database"])
def fmt(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def shape(fmt: Shape) -> Shape:
    return fmt


@pytest.fixture(params=[1 << 40, 0], ids=["one process", "two"])
def ledger(tmp_path: Path, fmt: LogFormat, request: pytest.FixtureRequest) -> Ledger:
    return Ledger(tmp_path, fmt, request.param)


def test_each_response_of_all_logs_counts_once(ledger: Ledger, shape: Shape) -> None:
    shape.write(ledger.home / f"threads/a{shape.suffix}", "a", {"1": 10, "2": 20})
    shape.write(ledger.home / f"threads/b/b{shape.suffix}", "b", {"2": 20, "3": 30})
    assert ledger.outputs() == [10, 20, 30]


def test_a_log_that_changed_is_read_again(ledger: Ledger, shape: Shape) -> None:
    path = ledger.home / f"threads/a{shape.suffix}"
    shape.write(path, "a", {"1": 10})
    assert ledger.outputs() == [10]
    shape.write(path, "a", {"1": 11, "2": 20, "3": 30})
    assert ledger.outputs() == [11, 20, 30]
    shape.write(path, "a", {"3": 30})
    assert ledger.outputs() == [30], "what it takes back is not counted any more"


def test_what_was_counted_stays_when_the_log_goes(ledger: Ledger, shape: Shape) -> None:
    path = ledger.home / f"threads/a{shape.suffix}"
    shape.write(path, "a", {"1": 10})
    ledger.refresh()
    path.unlink()
    assert ledger.outputs() == [10]
    shape.write(path, "a", {"1": 10, "2": 20})
    assert ledger.outputs() == [10, 20], "it is the same log again"


def test_another_log_under_the_name_of_one_that_went_takes_nothing_from_it(
    ledger: Ledger, shape: Shape
) -> None:
    path = ledger.home / f"threads/a{shape.suffix}"
    shape.write(path, "a", {"1": 10})
    ledger.refresh()
    path.unlink()
    ledger.refresh()
    shape.write(path, "another", {"2": 20})
    assert ledger.outputs() == [10, 20]


def test_a_log_that_moved_is_not_read_again(ledger: Ledger, shape: Shape) -> None:
    path = ledger.home / f"threads/a{shape.suffix}"
    shape.write(path, "a", {"1": 10})
    ledger.refresh()
    moved = ledger.home / "archive" / path.name
    moved.parent.mkdir()
    path.rename(moved)
    assert ledger.outputs() == [10]
    with closing(sqlite3.connect(ledger.path)) as db:
        assert db.execute("SELECT path, gone FROM logs").fetchall() == [(str(moved), 0)]
    shape.write(moved, "a", {"1": 10, "2": 20})
    assert ledger.outputs() == [10, 20]


@pytest.mark.parametrize("known", [False, True])
def test_a_torn_log_is_named_and_costs_nothing(ledger: Ledger, shape: Shape, known: bool) -> None:
    path = ledger.home / f"threads/a{shape.suffix}"
    shape.write(path, "a", {"1": 10})
    shape.write(path.with_name(f"b{shape.suffix}"), "b", {"2": 20})
    whole = path.read_bytes()
    if known:
        ledger.refresh()
    path.write_bytes(whole[: len(whole) // 2].replace(b"SQLite format 3", b"something else!"))
    assert ledger.refresh() == ledger.refresh() == [path.name]
    assert ledger.rows() == ([10, 20] if known else [20])
    path.write_bytes(whole)
    assert ledger.outputs() == [10, 20]


def test_what_a_database_has_not_moved_to_its_file_yet_counts(tmp_path: Path) -> None:
    fmt = Databases()
    ledger = Ledger(tmp_path, fmt)
    with fmt.opened(ledger.home / "usage.db", "a") as db:
        for number in range(1, 4):
            with db:
                db.execute("INSERT INTO answers VALUES (?, ?)", (str(number), number))
            assert ledger.outputs() == list(range(1, number + 1))
    assert ledger.outputs() == [1, 2, 3]
