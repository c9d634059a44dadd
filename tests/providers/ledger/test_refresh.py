"""However logs come, grow, move and go, the ledger says what one scan of the end would say."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.claude.logs.format import Transcripts
from providers.codex.logs.format import Rollouts
from providers.domain.cost import BilledResponse
from providers.ledger import refresh as scans
from providers.ledger.changes import Remembered, Shelf
from providers.ledger.database import LedgerError, opened
from providers.ledger.line_scanner import LineFormat
from providers.ledger.log_checksums import SET_JUDGED
from providers.ledger.messages import is_whole, rows_of
from providers.ledger.refresh import ScanProgress, refresh, step_bytes
from providers.ledger.zstd import compress, decompress

FIXTURES = Path(__file__).parents[2] / "fixtures/codex/0.169.0"
SHARED = Path(__file__).parents[4] / "shared"
CODEX, CLAUDE = (
    [SHARED / name / cli for name in ("corpora", "corpora-2026-11")] for cli in ("codex", "claude")
)
FORMATS: dict[str, LineFormat] = {"codex": Rollouts(), "claude": Transcripts()}
Rows = list[tuple[Any, ...]]
MESSAGE = 2


def price(response: BilledResponse) -> int | None:
    return response.usage.total_tokens * 1_000_000


class Ledger:
    """A ledger in a folder of its own, over the logs of some homes, in a process that remembers as the tray does.

    With `worth_two` of 0 two processes read.
    """

    def __init__(self, folder: Path, *homes: Path, worth_two: int = 1 << 40) -> None:
        self.path = folder / "ledger.sqlite3"
        self.homes = homes
        self.told: list[ScanProgress] = []
        self._remembered = Remembered()
        self._worth_two = worth_two

    def refresh(self, step_seconds: float = 2.0, since_ms: int = 0) -> tuple[str, ...]:
        """Each format finds nothing in the other's folders."""
        shelves = [
            Shelf(provider=name, home=home, format=fmt)
            for name, fmt in FORMATS.items()
            for home in self.homes
        ]
        bad = refresh(
            self.path,
            shelves,
            price,
            self.told.append,
            since_ms=since_ms,
            step_seconds=step_seconds,
            remembered=self._remembered,
            worth_two=self._worth_two,
        )
        return tuple(path for paths in bad.values() for path in paths)

    def rows(self) -> Rows:
        """All responses but for the numbers that differ from ledger to ledger; and all messages, as such that used
        nothing, with MESSAGE as their last member.
        """
        self.check()
        context = "session, root, project, model, effort, tier, originator, account"
        with closing(sqlite3.connect(self.path)) as db:
            responses = db.execute(
                "SELECT at_ms, key, input, cache_read, cache_write, cache_write_1h, output, reasoning,"
                f" pico_usd, {context}, not_on_lines FROM responses JOIN contexts ON contexts.id = context"
            ).fetchall()
            of_session = "session, root, project, '', '', '', originator, account"
            contexts = {
                number: tuple(words)
                for number, *words in db.execute(f"SELECT id, {of_session} FROM contexts")
            }
            parts = [row[0] for row in db.execute("SELECT DISTINCT part FROM messages")]
            return sorted(
                [
                    *responses,
                    *(
                        (at_ms, key, 0, 0, 0, 0, 0, 0, 0, *contexts[row.context], MESSAGE)
                        for row in rows_of(db, parts)
                        for at_ms, key in row.messages()
                    ),
                ]
            )

    def check(self) -> None:
        """Every row is where reports look for it, and nothing is there twice."""
        with closing(sqlite3.connect(self.path)) as db:
            stray = "SELECT count(*) FROM responses r LEFT JOIN parts p ON p.id = r.part"
            stray += " WHERE p.id IS NULL OR at_ms < first_ms OR at_ms > last_ms"
            assert db.execute(stray).fetchone() == (0,)
            twice = "SELECT 1 FROM responses JOIN contexts c ON c.id = context GROUP BY key, home"
            assert db.execute(f"{twice} HAVING count(*) > 1").fetchall() == []
            assert is_whole(db)
            homes = dict(db.execute("SELECT id, home FROM contexts"))
            parts = [row[0] for row in db.execute("SELECT DISTINCT part FROM messages")]
            sent = [(homes[row.context], key) for row in rows_of(db, parts) for _, key in row.messages()]
            assert len(sent) == len(set(sent))
            assert set(parts) <= {row[0] for row in db.execute("SELECT part FROM logs")}

    def total(self) -> tuple[int, ...]:
        """Responses, then wire input, cached, cache write, output, reasoning."""
        rows = [row for row in self.rows() if not row[-1]]
        columns = [sum(row[column] for row in rows) for column in range(2, 8)]
        fresh, read, write, _, output, reasoning = columns
        return len(rows), fresh + read + write, read, write, output, reasoning


def expected(corpus: Path) -> tuple[int, ...]:
    total = json.loads((corpus / "expected.json").read_text())["in_rollouts"]["total"]
    names = (
        "responses",
        "input_tokens",
        "cached_input_tokens",
        "cache_write_input_tokens",
        "output_tokens",
        "reasoning_output_tokens",
    )
    return tuple(total[name] for name in names)


def corpora() -> list[Path]:
    """All of them where they are at hand; else the few in the repository."""
    found = sorted(path.parent for folder in CODEX for path in folder.glob("*/*/expected.json"))
    return found or sorted(path.parent for path in FIXTURES.glob("*/expected.json"))


# Codex 0.152.1 restarts its counters at a resume, unmarked; answers of one size look like repeats then.
UNTOLD = {"0.152.1/resume_same_usage"}
# Up to 0.98 a copy has no name by which it could be told that it is one, once nothing is known of its original.
FORKS = {"0.128.0/fork", "0.147.0/fork", "0.169.0/fork", "0.169.0/subagent"}
CORPORA = [path for path in corpora() if f"{path.parent.name}/{path.name}" not in UNTOLD]


def named(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def transcripts() -> list[Path]:
    found = sorted(path.parent for folder in CLAUDE for path in folder.glob("*/expected.json"))
    return found or sorted(path.parent for path in FIXTURES.parents[1].glob("claude/*/*/expected.json"))


def rollouts(home: Path) -> list[Path]:
    return sorted(path for path in home.rglob("*.jsonl*") if path.is_file())


def copied(corpus: Path, folder: Path) -> Path:
    """A home of the corpus' logs that may be written to."""
    home = folder / "home"
    if (corpus / "projects").is_dir():
        shutil.copytree(corpus / "projects", home / "projects", dirs_exist_ok=True)
    else:
        shutil.copytree(corpus / "home", home, dirs_exist_ok=True)
    for path in home.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return home


def once(folder: Path, home: Path) -> Rows:
    """What a new ledger says of the logs as they are now, read in two processes."""
    folder.mkdir()
    fresh = Ledger(folder, home, worth_two=0)
    fresh.refresh()
    return fresh.rows()


@pytest.mark.parametrize("corpus", CORPORA, ids=named)
def test_in_halves_archived_compressed_and_deleted(corpus: Path, tmp_path: Path) -> None:
    home = copied(corpus, tmp_path)
    plain = [path for path in rollouts(home) if path.suffix == ".jsonl"]
    whole = {path: path.read_bytes() for path in plain}
    for path in plain:
        path.write_bytes(whole[path][: len(whole[path]) // 2])
    ledger = Ledger(tmp_path, home)
    ledger.refresh()
    for path in plain:
        path.write_bytes(whole[path])
    ledger.refresh()
    assert ledger.total() == expected(corpus)
    complete = ledger.rows()

    moved = home / "archived_sessions" / plain[0].name
    moved.parent.mkdir(exist_ok=True)
    if not moved.exists():
        plain[0].rename(moved)
        ledger.refresh()
        assert ledger.rows() == complete
    packed = plain[-1] if plain[-1].exists() else moved
    packed.with_name(packed.name + ".zst").write_bytes(zstd.compress(packed.read_bytes()))
    packed.unlink()
    ledger.refresh()
    assert ledger.rows() == complete

    for path in rollouts(home):
        path.unlink()
    ledger.refresh()
    assert ledger.rows() == complete


@pytest.mark.parametrize("corpus", transcripts(), ids=named)
def test_transcripts_in_halves_and_deleted(corpus: Path, tmp_path: Path) -> None:
    home = copied(corpus, tmp_path)
    whole = {path: path.read_bytes() for path in rollouts(home)}
    ledger = Ledger(tmp_path, home)
    for path, content in whole.items():
        put(path, content[: len(content) // 2])
    ledger.refresh()
    for path, content in whole.items():
        put(path, content)
        ledger.refresh()
    complete = ledger.rows()
    assert complete == once(tmp_path / "fresh", home)
    told = json.loads((corpus / "expected.json").read_text())["recoverable"]["by_model"]
    total = sum(
        sum(model[name] for name in ("input", "cc_5m", "cc_1h", "cache_read", "output"))
        for model in told.values()
    )
    _, fresh, _, _, output, _ = ledger.total()
    assert fresh + output == total
    for path in whole:
        path.unlink()
    ledger.refresh()
    assert ledger.rows() == complete


SMALL = [
    path
    for path in CORPORA
    if path.name in ("fork", "subagent", "resume", "compact_auto", "plain", "zstd", "cache_write", "upgrade")
]
SMALL += [
    path for path in transcripts() if path.name in ("fork", "subagents", "slowsub", "compact", "resume")
]


WITH_TOTALS = sorted(path.parent for path in FIXTURES.parents[1].glob("claude/2.1.332/*/expected.json"))


@pytest.mark.timeout(600)  # a hundred histories
@settings(deadline=None, max_examples=100)
@given(data=st.data())
def test_any_history_ends_like_one_scan(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    a_history_ends_like_one_scan(data, SMALL, tmp_path_factory)


@pytest.mark.timeout(600)
@settings(deadline=None, max_examples=50)
@given(data=st.data())
def test_any_history_with_totals_of_sessions_ends_like_one_scan(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """What is on no line is the same in any order, cut and move of the logs, too."""
    assert len(WITH_TOTALS) > 3
    a_history_ends_like_one_scan(data, WITH_TOTALS, tmp_path_factory)


def a_history_ends_like_one_scan(
    data: st.DataObject, corpora: Sequence[Path], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("ledger")
    source = copied(data.draw(st.sampled_from(corpora)), folder)
    home = folder / "live"
    home.mkdir()
    ledger = Ledger(folder, home)
    wholes = {path.relative_to(source): path.read_bytes() for path in rollouts(source)}
    written = dict.fromkeys(wholes, 0)
    places = {name: home / name for name in wholes}
    moments = st.sampled_from([0, *{row[0] for row in once(folder / "moments", source)}, 2**62])
    for step in range(data.draw(st.integers(1, 12))):
        name = data.draw(st.sampled_from(sorted(wholes)))
        place, content = places[name], wholes[name]
        match data.draw(st.sampled_from(["grow", "grow", "grow", "refresh", "move", "truncate", "pack"])):
            case "grow":
                written[name] = data.draw(st.integers(written[name], len(content)))
                put(place, content[: written[name]])
            case "truncate":
                written[name] = data.draw(st.integers(0, written[name]))
                put(place, content[: written[name]])
            # What a log held that was cut, and then went before anybody looked, stays counted: history is kept.
            case "move" if place.exists() and not {"sessions", "archived_sessions"}.isdisjoint(place.parts):
                ledger.refresh()
                places[name] = (
                    home
                    / ("archived_sessions" if "archived_sessions" not in place.parts else "sessions")
                    / place.name
                )
                places[name].parent.mkdir(exist_ok=True)
                place.rename(places[name])
            case "pack" if (
                place.exists()
                and place.suffix == ".jsonl"
                and not {"sessions", "archived_sessions"}.isdisjoint(place.parts)
            ):
                ledger.refresh()
                places[name] = place.with_name(place.name + ".zst")
                put(places[name], zstd.compress(place.read_bytes()))
                place.unlink()
                wholes[name], written[name] = places[name].read_bytes(), places[name].stat().st_size
            case _:
                ledger.refresh(since_ms=data.draw(moments))
        if data.draw(st.booleans(), label="compare"):
            since = data.draw(moments, label="since")
            ledger.refresh(since_ms=since)
            if not gone(ledger):
                fresh = once(folder / f"fresh{step}", home)
                assert asked(ledger.rows(), since) == asked(fresh, since)
    for name, place in places.items():
        put(place, wholes[name])
    ledger.refresh()
    assert ledger.rows() == once(folder / "fresh", home)


def asked(rows: Rows, since_ms: int) -> Rows:
    return [row for row in rows if row[0] >= since_ms]


def gone(ledger: Ledger) -> bool:
    """Whether the ledger remembers a log that is there no more: a new one cannot know of it."""
    with closing(sqlite3.connect(ledger.path)) as db:
        return bool(db.execute("SELECT count(*) FROM logs WHERE gone = 1").fetchone()[0])


def put(path: Path, content: bytes) -> None:
    """Write in place, as a program that appends does: the inode stays, the time moves on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    before = path.stat().st_mtime_ns if path.exists() else 0
    path.write_bytes(content)
    os.utime(path, ns=(before + 1_000_000, before + 1_000_000))


def days_apart(tmp_path: Path) -> tuple[Path, list[int]]:
    """A home with two sessions that have nothing to do with each other, and the times of all responses."""
    home = copied(FIXTURES / "plain", tmp_path)
    old, _ = rollouts(home)
    put(old, old.read_bytes().replace(b"2026-11-", b"2025-11-").replace(b"01a1f8e6-df9c", b"01a0f8e6-df9c"))
    old.rename(old.with_name(old.name.replace("01a1f8e6-df9c", "01a0f8e6-df9c")))
    return home, sorted({row[0] for row in once(tmp_path / "apart", home) if row[-1] != MESSAGE})


def test_days_nobody_asked_for_wait_until_somebody_does(tmp_path: Path) -> None:
    home, moments = days_apart(tmp_path)
    ledger = Ledger(tmp_path, home)
    ledger.refresh(since_ms=moments[-1])
    recent = ledger.rows()
    assert 0 < len(recent) < len(once(tmp_path / "fresh", home))
    ledger.refresh()
    assert ledger.rows() == once(tmp_path / "later", home)


@pytest.mark.parametrize("corpus", [*CORPORA, *transcripts()], ids=named)
def test_what_is_asked_for_is_right_from_its_first_moment_on(corpus: Path, tmp_path: Path) -> None:
    home = copied(corpus, tmp_path)
    whole = once(tmp_path / "fresh", home)
    for number, since in enumerate(sorted({row[0] for row in whole})[:: max(1, len(whole) // 5)]):
        folder = tmp_path / str(number)
        folder.mkdir()
        ledger = Ledger(folder, home)
        ledger.refresh(since_ms=since)
        assert asked(ledger.rows(), since) == asked(whole, since)


def test_the_past_of_a_judged_log_is_never_stale(tmp_path: Path) -> None:
    home, moments = days_apart(tmp_path)
    ledger = Ledger(tmp_path, home)
    ledger.refresh()
    new = rollouts(home)[-1]
    lines = new.read_bytes().replace(b"2026-11-", b"2025-10-").splitlines(keepends=True)
    put(new, b"".join(lines[:-1]))
    ledger.refresh(since_ms=moments[-1])
    assert asked(ledger.rows(), moments[-1]) == []


@pytest.mark.parametrize("since", ["all", "none"])
def test_logs_are_read_anew_by_a_format_of_another_make(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, since: str
) -> None:
    """What waited for somebody to ask can be judged by the old one no more."""
    home, moments = days_apart(tmp_path)
    ledger = Ledger(tmp_path, home)
    ledger.refresh(since_ms=moments[-1] + 60_000 if since == "none" else 0)
    with closing(sqlite3.connect(ledger.path)) as db, db:
        db.execute("UPDATE observations SET observation = ?", (compress(b"of another make"),))
    monkeypatch.setattr(Rollouts, "make", "another")
    monkeypatch.setattr(scans, "_AT_ONCE", 1)
    ledger.refresh()
    assert ledger.rows() == once(tmp_path / "fresh", home)


def test_what_can_be_judged_no_more_is_not_tried_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, moments = days_apart(tmp_path)
    ledger = Ledger(tmp_path, home)
    ledger.refresh(since_ms=moments[-1] + 60_000)
    with closing(sqlite3.connect(ledger.path)) as db, db:
        db.execute("UPDATE observations SET observation = ?", (compress(b"of another make"),))
    monkeypatch.setattr(scans, "_AT_ONCE", 1)
    ledger.refresh()
    assert ledger.rows() == []


@pytest.mark.parametrize("fmt", FORMATS.values(), ids=FORMATS)
def test_an_observation_names_its_make(fmt: LineFormat) -> None:
    assert fmt.make.encode() in fmt.reader("rollout.jsonl").observation()


def test_a_log_that_goes_is_judged_before_a_later_version_cannot(tmp_path: Path) -> None:
    home, moments = days_apart(tmp_path)
    ledger = Ledger(tmp_path, home)
    ledger.refresh(since_ms=moments[-1] + 60_000)
    assert ledger.rows() == []
    whole = once(tmp_path / "fresh", home)
    for path in rollouts(home):
        path.unlink()
    ledger.refresh(since_ms=moments[-1] + 60_000)
    assert ledger.rows() == whole


def test_however_many_wait_all_are_judged_in_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, moments = days_apart(tmp_path)
    ledger = Ledger(tmp_path, home)
    ledger.refresh(since_ms=moments[-1] + 60_000)
    monkeypatch.setattr(scans, "_AT_ONCE", 1)
    ledger.refresh()
    assert ledger.rows() == once(tmp_path / "fresh", home)


def test_a_line_written_byte_by_byte_counts_when_it_is_whole(tmp_path: Path) -> None:
    home = copied(FIXTURES / "cache_write", tmp_path)
    (path,) = rollouts(home)
    whole = path.read_bytes()
    ledger = Ledger(tmp_path, home)
    last = whole.rindex(b"\n", 0, len(whole) - 1) + 1
    for end in range(max(0, last - 40), len(whole) + 1, 7):
        put(path, whole[:end])
        ledger.refresh()
    put(path, whole)
    ledger.refresh()
    assert ledger.rows() == once(tmp_path / "fresh", home)


def test_a_replaced_log_takes_back_what_it_no_longer_holds(tmp_path: Path) -> None:
    home = copied(FIXTURES / "plain", tmp_path)
    ledger = Ledger(tmp_path, home)
    ledger.refresh()
    one, other = rollouts(home)
    one.write_bytes(other.read_bytes())
    ledger.refresh()
    assert ledger.rows() == once(tmp_path / "fresh", home)


def test_nothing_is_read_that_did_not_change(tmp_path: Path) -> None:
    home = copied(FIXTURES / "plain", tmp_path)
    ledger = Ledger(tmp_path, home)
    ledger.refresh()
    rows = ledger.rows()
    for path in rollouts(home):  # the same inode, size and time: as good as unchanged
        stamp = path.stat().st_mtime_ns
        path.write_bytes(b"?" * path.stat().st_size)
        os.utime(path, ns=(stamp, stamp))
    assert ledger.refresh() == ()
    assert ledger.rows() == rows


def test_a_log_that_cannot_be_read_is_named_and_loses_nothing(tmp_path: Path) -> None:
    home = copied(FIXTURES / "zstd", tmp_path)
    ledger = Ledger(tmp_path, home)
    ledger.refresh()
    rows = ledger.rows()
    packed = next(path for path in rollouts(home) if path.suffix == ".zst")
    packed.write_bytes(packed.read_bytes()[:200])
    assert ledger.refresh() == (str(packed),)
    assert ledger.rows() == rows


@pytest.mark.parametrize(
    "damage", [b"not a database at all, but long enough to look at" * 9, b"SQLite format 3\0" * 99]
)
def test_a_damaged_ledger_is_quarantined_and_reported(tmp_path: Path, damage: bytes) -> None:
    home = copied(FIXTURES / "plain", tmp_path)
    ledger = Ledger(tmp_path, home)
    ledger.path.write_bytes(damage)
    with pytest.raises(LedgerError, match=r"quarantined as .*broken"):
        ledger.refresh()
    ledger.refresh()
    assert ledger.total() == expected(FIXTURES / "plain")
    (aside,) = tmp_path.glob("*broken*")
    assert aside.read_bytes() == damage


def test_an_empty_file_is_a_new_ledger(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, copied(FIXTURES / "plain", tmp_path))
    ledger.path.write_bytes(b"")
    ledger.refresh()
    assert ledger.total() == expected(FIXTURES / "plain")


def test_another_programs_database_is_left_as_it_was(tmp_path: Path) -> None:
    home = copied(FIXTURES / "plain", tmp_path)
    ledger = Ledger(tmp_path, home)
    with closing(sqlite3.connect(ledger.path)) as db:
        db.execute("CREATE TABLE theirs(x)")
    with pytest.raises(LedgerError, match="quarantined"):
        ledger.refresh()
    ledger.refresh()
    (aside,) = tmp_path.glob("*broken*")
    with closing(sqlite3.connect(aside)) as db:
        assert db.execute("SELECT count(*) FROM theirs").fetchone() == (0,)
    assert ledger.total() == expected(FIXTURES / "plain")


def test_a_reader_quarantines_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    path.write_bytes(b"not a database at all, but long enough to look at" * 9)
    with pytest.raises(LedgerError, match="The next scan will repair it"), opened(path):
        pass
    assert not list(tmp_path.glob("*broken*"))


@pytest.mark.parametrize("corpus", CORPORA, ids=named)
def test_what_was_judged_together_may_come_apart(corpus: Path, tmp_path: Path) -> None:
    """One log after another is emptied, which leaves the others with less to do with each other."""
    home = copied(corpus, tmp_path)
    ledger = Ledger(tmp_path, home)
    ledger.refresh()
    for number, path in enumerate(path for path in rollouts(home) if path.suffix == ".jsonl"):
        put(path, b"")
        ledger.refresh()
        assert ledger.rows() == once(tmp_path / f"fresh{number}", home)


@pytest.mark.parametrize("corpus", SMALL, ids=named)
def test_a_history_spread_over_two_homes_counts_once(corpus: Path, tmp_path: Path) -> None:
    home, second = copied(corpus, tmp_path), tmp_path / "second"
    ledger = Ledger(tmp_path, home)
    ledger.refresh()
    whole = {row[:9] for row in ledger.rows()}
    newest = rollouts(home)[-1]
    moved = second / newest.relative_to(home)
    moved.parent.mkdir(parents=True)
    newest.rename(moved)
    (tmp_path / "both").mkdir()
    both = Ledger(tmp_path / "both", home, second)
    both.refresh()
    assert {row[:9] for row in both.rows()} == whole


def test_the_ledger_stores_no_conversation(tmp_path: Path) -> None:
    home = copied(FIXTURES / "plain", tmp_path)
    mark = "hunter2-SECRET"
    for path in rollouts(home):
        said = {"timestamp": "2026-11-20T12:30:00.000Z", "type": "response_item", "payload": {"text": mark}}
        put(path, path.read_bytes() + json.dumps(said).encode() + b"\n")
    ledger = Ledger(tmp_path, home)
    ledger.refresh()
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("ledger*"))
    with closing(sqlite3.connect(ledger.path)) as db:
        kept += b"".join(decompress(row[0]) for row in db.execute("SELECT observation FROM observations"))
    assert mark.encode() not in kept


@pytest.mark.parametrize(
    "odd",
    [
        {"ordinal": 2**70},
        {"ordinal": -1},
        {"payload": {"usage": {"input_tokens": 2**53, "output_tokens": 0}, "thread_id": "x"}},
        {"payload": {"usage": {"input_tokens": 10**13, "output_tokens": 10**13}, "thread_id": "x"}},
    ],
)
def test_one_odd_line_does_not_keep_the_rest_from_being_counted(tmp_path: Path, odd: dict[str, Any]) -> None:
    home = copied(FIXTURES / "plain", tmp_path)
    path = rollouts(home)[0]
    line = {"timestamp": "2026-11-20T12:30:00.000Z", "type": "token_usage_record", "payload": {}} | odd
    put(path, path.read_bytes() + json.dumps(line).encode() + b"\n")
    ledger = Ledger(tmp_path, home)
    ledger.refresh()
    assert ledger.total()[0] >= expected(FIXTURES / "plain")[0]


def test_a_name_that_is_no_text_is_a_name(tmp_path: Path) -> None:
    home = copied(FIXTURES / "plain", tmp_path)
    path = rollouts(home)[0]
    path.rename(path.with_name(os.fsdecode(b"rollout-\xff.jsonl")))
    ledger = Ledger(tmp_path, home)
    ledger.refresh()
    ledger.refresh()
    assert ledger.total() == expected(FIXTURES / "plain")


def test_a_path_that_another_log_takes_over_keeps_its_history(tmp_path: Path) -> None:
    home = copied(FIXTURES / "plain", tmp_path)
    one, other = rollouts(home)
    ledger = Ledger(tmp_path, home)
    ledger.refresh()
    complete = ledger.rows()
    content = other.read_bytes()
    one.unlink()
    other.unlink()
    ledger.refresh()
    put(one, content)
    ledger.refresh()
    assert ledger.rows() == complete


@pytest.mark.parametrize("corpus", CORPORA[:3], ids=named)
def test_a_log_whose_observation_is_of_another_make_is_read_again(corpus: Path, tmp_path: Path) -> None:
    """Also one that was gone meanwhile: it is the same log, and counts once."""
    home = copied(corpus, tmp_path)
    ledger = Ledger(tmp_path, home)
    ledger.refresh()
    rows = ledger.rows()
    away = tmp_path / "away"
    home.rename(away)
    ledger.refresh()
    with closing(sqlite3.connect(ledger.path)) as db, db:
        db.execute("UPDATE observations SET observation = ?", (compress(b"of another make"),))
    ledger.refresh()
    assert ledger.rows() == rows
    away.rename(home)
    for log in rollouts(home):
        os.utime(log)
    ledger.refresh()
    assert ledger.rows() == rows
    ledger.check()


@pytest.mark.parametrize("corpus", [path for path in CORPORA if named(path) in FORKS], ids=named)
def test_responses_of_a_log_that_cannot_be_resolved_any_more_count_once(corpus: Path, tmp_path: Path) -> None:
    """Of a part with a log that is gone and of another make, what the others tell anew replaces what was there."""
    home = copied(corpus, tmp_path)
    ledger = Ledger(tmp_path, home)
    ledger.refresh()
    rows = ledger.rows()
    original = min(rollouts(home), key=lambda path: path.name)
    original.unlink()
    ledger.refresh()
    with closing(sqlite3.connect(ledger.path)) as db, db:
        db.create_function("crc", 2, crc32)
        db.execute(
            "UPDATE observations SET observation = ?1, checksum = crc(?1, log)"
            " WHERE log IN (SELECT id FROM logs WHERE gone = 1)",
            (compress(b"of another make"),),
        )
        db.execute(f"UPDATE logs SET {SET_JUDGED.format(judged='0', part='part')}")
    ledger.refresh()
    # With the times and the sessions of the copies, as those of the original are not known any more.
    assert {row[1]: row[2:9] for row in ledger.rows()} == {row[1]: row[2:9] for row in rows}
    assert len(ledger.rows()) == len(rows)


def test_a_ledger_that_is_made_anew_under_a_running_tray_is_taken_for_what_it_is(tmp_path: Path) -> None:
    home = copied(CORPORA[0], tmp_path)
    tray, command = Ledger(tmp_path, home), Ledger(tmp_path, home)
    tray.refresh()
    tray.path.unlink()
    command.refresh()
    tray.refresh()
    assert tray.rows() == once(tmp_path / "new", home)


def test_a_newer_ledger_is_refused_with_a_sentence(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, copied(FIXTURES / "plain", tmp_path))
    ledger.refresh()
    with closing(sqlite3.connect(ledger.path)) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(LedgerError, match="newer version of tankful"):
        ledger.refresh()


def test_progress_is_reported_up_to_the_end(tmp_path: Path) -> None:
    home = copied(FIXTURES / "plain", tmp_path)
    ledger = Ledger(tmp_path, home)
    ledger.refresh(step_seconds=0)
    assert [progress.done for progress in ledger.told] == sorted(progress.done for progress in ledger.told)
    assert (
        ledger.told[-1].done == ledger.told[-1].total == sum(path.stat().st_size for path in rollouts(home))
    )


def test_an_inode_that_is_used_again_does_not_take_history_with_it(tmp_path: Path) -> None:
    home = copied(FIXTURES / "plain", tmp_path)
    ledger = Ledger(tmp_path, home)
    ledger.refresh()
    rows = ledger.rows()
    one = rollouts(home)[0]
    other = one.rename(
        one.with_name("rollout-2026-11-20T13-00-00-01a1f8e6-ffff-7ec2-9a60-628aa134d5f4.jsonl")
    )
    put(other, next(iter(rollouts(copied(FIXTURES / "cache_write", tmp_path / "x")))).read_bytes())
    ledger.refresh()
    assert set(rows) < set(ledger.rows())


@pytest.mark.timeout(600)  # two hundred scans
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_scan_that_is_killed_loses_nothing(tmp_path: Path) -> None:
    """Two hundred times, at any point of a scan that writes after each log."""
    home = tmp_path / "home"
    for corpus in SMALL:
        copied(corpus, tmp_path)
    began = time.monotonic()
    expected_rows = once(tmp_path / "fresh", home)
    length = time.monotonic() - began
    chance = random.Random(20261120)
    for number in range(20):
        folder = tmp_path / f"ledger{number}"
        folder.mkdir()
        ledger = Ledger(folder, home)
        for _ in range(10):
            kill_while_it_scans(ledger, chance.uniform(0, length * 2))
        ledger.refresh()
        assert ledger.rows() == expected_rows


def kill_while_it_scans(ledger: Ledger, seconds: float) -> None:
    child = os.fork()
    if child == 0:
        try:
            ledger.refresh(step_seconds=0)
        finally:
            os._exit(0)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def test_two_at_once_end_with_one_truth(tmp_path: Path) -> None:
    for corpus in SMALL:
        copied(corpus, tmp_path)
    home = tmp_path / "home"
    ledger = Ledger(tmp_path, home)
    with ThreadPoolExecutor(4) as several:
        for done in [several.submit(Ledger(tmp_path, home).refresh, 0.0) for _ in range(4)]:
            done.result()
    assert ledger.rows() == once(tmp_path / "fresh", home)


def test_a_mistake_of_ours_does_not_cost_the_ledger(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, copied(FIXTURES / "plain", tmp_path))
    ledger.refresh()
    rows = ledger.rows()
    with pytest.raises(sqlite3.ProgrammingError), opened(ledger.path) as db:
        db.execute("SELECT ?", ())
    assert ledger.rows() == rows
    assert not list(tmp_path.glob("*broken*"))


def test_damage_inside_is_reported_and_the_next_scan_starts_a_new_ledger(tmp_path: Path) -> None:
    home = tmp_path / "home"
    for corpus in SMALL:
        copied(corpus, tmp_path)
    ledger = Ledger(tmp_path, home)
    ledger.refresh()
    rows = ledger.rows()
    content = bytearray(ledger.path.read_bytes())
    content[8192:] = b"\xff" * (len(content) - 8192)
    for path in tmp_path.glob("ledger.sqlite3-*"):
        path.unlink()
    ledger.path.write_bytes(content)
    put(rollouts(home)[0], rollouts(home)[0].read_bytes() + b"\n")
    with pytest.raises(LedgerError, match="quarantined"):
        ledger.refresh()
    ledger.refresh()
    assert ledger.rows() == rows


def test_steps_grow_with_what_is_stored_within_bounds() -> None:
    sizes = [step_bytes(written) for written in (0, 1 << 20, 2 << 20, 3 << 20, 1 << 40)]
    assert sizes == [256 << 10, 256 << 10, 512 << 10, 768 << 10, 1 << 20]
