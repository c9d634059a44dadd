"""A log that grows in a ledger that is kept up to date: what is there in the end is what one count would find."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from _pytest.mark import ParameterSet

from providers.claude.logs.format import Transcripts
from providers.codex.logs.format import Rollouts
from providers.domain.cost import BilledResponse
from providers.ledger import messages, part_checksums
from providers.ledger.changes import Remembered, Shelf
from providers.ledger.database import opened
from providers.ledger.messages import rows_of
from providers.ledger.refresh import refresh
from providers.logs import LogFormat, Observed, Resolved

FIXTURES = Path(__file__).parents[2] / "fixtures"
SHARED = Path(__file__).parents[4] / "shared"
FORMATS: dict[str, type[LogFormat]] = {"codex": Rollouts, "claude": Transcripts}
STEPS = 12


def scenarios() -> Iterator[ParameterSet]:
    for provider in FORMATS:
        for folder in (FIXTURES, SHARED / "corpora", SHARED / "corpora-2026-11"):
            found = sorted((folder / provider).rglob("expected.json"))
            for expected in found if folder == FIXTURES else found[::6]:
                name = f"{provider}/{expected.parent.relative_to(folder / provider).as_posix()}"
                home = expected.parent / "home"
                yield pytest.param(provider, home if home.is_dir() else expected.parent, id=name)


class Growing:
    """A home whose logs are written line by line, side by side, and counted again and again."""

    def __init__(self, provider: str, folder: Path) -> None:
        self.home = folder / "home"
        self.ledger = folder / "ledger.sqlite3"
        self._shelves = [Shelf(provider=provider, home=self.home, format=FORMATS[provider]())]
        self._remembered = Remembered()
        self._folder = folder

    def count(self) -> None:
        refresh(self.ledger, self._shelves, price, remembered=self._remembered)

    def counted_at_once(self) -> object:
        fresh = self._folder / "fresh.sqlite3"
        refresh(fresh, self._shelves, price)
        found = content(fresh)
        fresh.unlink()
        return found


def price(response: BilledResponse) -> int:
    return response.usage.total_tokens * 1_000


_CONTEXT = "h.path, session, root, project, originator, account"


def content(ledger: Path) -> object:
    """Responses and messages, with their contexts in place of numbers; whether its checksums are right."""
    with opened(ledger) as db:
        parts = [row[0] for row in db.execute("SELECT DISTINCT part FROM logs")]
        assert set(part_checksums.stored(db, parts)) == set(part_checksums.actual(db, parts))
        assert part_checksums.is_whole(db)
        assert messages.is_whole(db)
        assert db.execute("SELECT count(*) FROM logs WHERE judged = 0").fetchone() == (0,)
        of_context = f"SELECT c.id, {_CONTEXT} FROM contexts c JOIN homes h ON h.id = home"
        contexts = {number: tuple(words) for number, *words in db.execute(of_context)}
        sent = [
            (*message, *contexts[row.context]) for row in rows_of(db, parts) for message in row.messages()
        ]
        columns = (
            "at_ms, key, input, cache_read, cache_write, cache_write_1h, output, reasoning, web_searches"
        )
        responses = db.execute(
            f"SELECT {columns}, pico_usd, model, effort, tier, not_on_lines, {_CONTEXT} FROM responses"
            " JOIN contexts c ON c.id = context JOIN homes h ON h.id = home"
        ).fetchall()
    return sorted(responses), sorted(sent)


@pytest.mark.parametrize(("provider", "source"), list(scenarios()))
def test_logs_that_grow_side_by_side(provider: str, source: Path, tmp_path: Path) -> None:
    chance = random.Random(source.name)
    growing = Growing(provider, tmp_path)
    left: dict[Path, list[bytes]] = {}
    for path in sorted(path for path in source.rglob("*") if path.is_file()):
        copy = growing.home / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".jsonl":
            left[copy] = path.read_bytes().splitlines(keepends=True)
        else:
            shutil.copy(path, copy)
    most = max(1, 2 * sum(map(len, left.values())) // STEPS)
    while left:
        for path in chance.sample(sorted(left), min(len(left), chance.choice((1, 1, 2)))):
            count = chance.randint(1, most)
            with path.open("ab") as log:
                log.writelines(left[path][:count])
            del left[path][:count]
            if not left[path]:
                del left[path]
        growing.count()
    assert content(growing.ledger) == growing.counted_at_once()


class Counting(Transcripts):
    """How many observations were resolved at once, each time."""

    def __init__(self) -> None:
        self.resolved: list[int] = []
        self.is_divisible = True

    def pieces(self, observation: bytes) -> Iterator[bytes] | None:
        return super().pieces(observation) if self.is_divisible else None

    def resolve(self, observed: Sequence[Observed]) -> Resolved:
        self.resolved.append(len(observed))
        return super().resolve(observed)


SESSION = "11111111-2222-4333-8444-555555555555"


def answer(number: int, at: datetime, agent: str | None = None) -> dict[str, Any]:
    """A line of usage, as Claude Code writes it."""
    line: dict[str, Any] = {
        "type": "assistant",
        "isSidechain": agent is not None,
        "sessionId": SESSION,
        "cwd": "/home/dev/app",
        "uuid": f"uuid-{number}",
        "timestamp": at.isoformat(),
        "requestId": f"req_{number}",
        "message": {
            "id": f"msg_{number}",
            "model": "claude-opus-4-8",
            "stop_reason": "end_turn",
            "usage": {"input_tokens": 10 + number, "output_tokens": 3},
        },
    }
    if agent is not None:
        line["agentId"] = agent
    return line


class Family:
    """A session with subagents, each with an answer."""

    def __init__(self, folder: Path, agents: int = 30) -> None:
        self.format = Counting()
        self.home = folder / "home"
        self.ledger = folder / "ledger.sqlite3"
        self._remembered = Remembered()
        self._at = datetime(2026, 11, 20, tzinfo=UTC)
        self._number = 0
        project = self.home / "projects" / "-home-dev-app"
        (project / SESSION / "subagents").mkdir(parents=True)
        self.session = project / f"{SESSION}.jsonl"
        self.agents = [project / SESSION / "subagents" / f"agent-a{number}.jsonl" for number in range(agents)]
        for log in (self.session, *self.agents):
            self.answers(log)
        self.count()

    def answers(self, log: Path) -> None:
        self._number += 1
        self._at += timedelta(seconds=1)
        agent = None if log == self.session else log.stem.removeprefix("agent-")
        self.write(log, answer(self._number, self._at, agent))

    def write(self, log: Path, line: dict[str, Any]) -> None:
        with log.open("ab") as file:
            file.write(json.dumps(line).encode() + b"\n")

    def count(self) -> list[int]:
        """How many observations were resolved at once, each time."""
        self.format.resolved.clear()
        shelf = Shelf(provider="claude", home=self.home, format=self.format)
        refresh(self.ledger, [shelf], price, remembered=self._remembered)
        return self.format.resolved


@pytest.fixture
def family(tmp_path: Path) -> Family:
    return Family(tmp_path)


def test_one_of_many_subagents_goes_on(family: Family) -> None:
    family.answers(family.agents[7])
    assert family.count() == [1, 1]  # what was there of it before, and what is now
    assert responses(family.ledger) == 32


def test_a_new_subagent_joins_its_session(family: Family) -> None:
    new = family.agents[0].with_name("agent-new.jsonl")
    family.answers(new)
    assert family.count() == [1, 1]
    assert parts(family.ledger) == 1


def test_the_session_and_a_subagent_go_on_at_once(family: Family) -> None:
    family.answers(family.session)
    family.answers(family.agents[3])
    assert family.count() == [1, 1, 1, 1]
    assert responses(family.ledger) == 33


def test_an_answer_that_a_subagent_repeats_is_counted_once(family: Family) -> None:
    """Under another request id, as where it was started with the conversation so far."""
    family.answers(family.session)
    family.count()
    repeated = json.loads(family.session.read_bytes().splitlines()[-1])
    repeated |= {"requestId": "req_other", "isSidechain": True, "agentId": "a5"}
    family.write(family.agents[5], repeated)
    assert max(family.count()) == 31
    assert responses(family.ledger) == 32


def test_a_row_that_is_not_what_it_should_be_has_all_resolved_anew(family: Family) -> None:
    begun = json.loads(family.agents[7].read_bytes())
    begun |= {"requestId": "req_begun", "uuid": "begun"}
    begun["message"] |= {"id": "msg_begun", "stop_reason": None}
    family.write(family.agents[7], begun)
    assert family.count() == [1, 1]
    with closing(sqlite3.connect(family.ledger)) as db:
        db.execute("UPDATE responses SET web_searches = 7")
        db.commit()
    begun["message"]["usage"]["output_tokens"] = 900
    family.write(family.agents[7], begun)
    assert max(family.count()) == 31
    assert responses(family.ledger) == 32


def responses(ledger: Path) -> int:
    with closing(sqlite3.connect(ledger)) as db:
        return int(db.execute("SELECT count(*) FROM responses").fetchone()[0])


def parts(ledger: Path) -> int:
    with closing(sqlite3.connect(ledger)) as db:
        return int(db.execute("SELECT count(DISTINCT part) FROM logs").fetchone()[0])
